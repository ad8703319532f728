"""Tables of predictors read from files; what is missing in them is missing for reasons of its own.

Columns of numbers are numbers, others are categories; `categorical` names those whose numbers are codes. A target of up to ten
whole numbers, or of words, is a class.
"""

import shlex
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd

from padleak.data.files import one_file, parse, read_separated
from padleak.data.table import Table, tables
from padleak.errors import InputError, unknown_name
from padleak.reading.tables import read_parquet

_MOST_CATEGORIES = 50
_MOST_CLASSES = 10
_FEWEST_OF_A_CLASS = 10
_MOSTLY = 0.5
"""Share of a column's fields that are numbers, from which on words among them are taken for marks of missing values."""


@tables.add(files=one_file)
def csv(path: str, *, target: str = "", missing: str = "", categorical: str = "", header: str = "auto") -> Table:
    """A comma-separated table.

    Args:
        path: Of the file.
        target: Column to predict.
        missing: Marks of missing values between commas: `?` for every column, `glucose=0` for one. An empty field is one.
        categorical: Columns whose numbers are codes, between commas.
        header: `yes`, `no`, or `auto`: there is one unless the first row holds nothing but numbers and marks. Without one,
            columns are called by their number from 1.
    """
    return _read(path, lambda: _read_text(path, ",", missing, header), target, missing, categorical)


@tables.add(files=one_file)
def tsv(path: str, *, target: str = "", missing: str = "", categorical: str = "", header: str = "auto") -> Table:
    """A tab-separated table; options as for `csv`."""
    return _read(path, lambda: _read_text(path, "\t", missing, header), target, missing, categorical)


@tables.add(files=one_file)
def parquet(path: str, *, target: str = "", missing: str = "", categorical: str = "") -> Table:
    """A Parquet table; options as for `csv`."""

    def read() -> pd.DataFrame:
        found = read_parquet(path)
        return found.astype(object).where(found.notna(), "").astype(str)

    return _read(path, read, target, missing, categorical)


def _read_text(path: str, separator: str, missing: str, header: str) -> pd.DataFrame:
    """All fields as text, under their names."""
    if header not in ("auto", "yes", "no"):
        raise InputError("header", "auto, yes or no", header)
    found = read_separated(path, separator, skipinitialspace=True).fillna("")
    first = [str(field).strip() for field in found.iloc[0]]
    marks = {mark.rpartition("=")[2] for mark in _split(missing)} | {""}
    if header == "no" or (header == "auto" and all(_is_number(field) or field in marks for field in first)):
        found.columns = [str(number + 1) for number in range(found.shape[1])]
        return found
    found.columns = first
    return found.iloc[1:].reset_index(drop=True)


def _is_number(field: str) -> bool:
    try:
        return bool(np.isfinite(float(field)))
    except ValueError:
        return False


def _split(names: str) -> list[str]:
    return [name.strip() for name in names.split(",") if name.strip()]


def _read(path: str, read: Callable[[], pd.DataFrame], target: str, missing: str, categorical: str) -> Table:
    found = parse(Path(path), read)
    if found.empty:
        raise InputError(path, "a table with rows", "none")
    found.columns = [str(name).strip() for name in found.columns]
    found = found.apply(lambda column: column.str.strip())
    _check_names(path, found, target, categorical)
    found = _blank(path, found, missing)
    notes: list[str] = []
    labelled = _with_target(path, found, target, missing, notes)
    targets, classes = _target(labelled[target])
    values, names, categories = [], [], []
    for name in labelled.columns.drop(target):
        column, count = _predictor(path, labelled[name], name in _split(categorical), missing)
        reason = _why_leave_out(name, column, count)
        if reason:
            notes.append(f"column {name} ({reason})")
        else:
            values.append(column)
            names.append(name)
            categories.append(count)
    if len(names) < 2:
        raise InputError(
            path, "a table with at least two predictors", f"{len(names)}; left out: {', '.join(notes) or 'none'}"
        )
    return Table(np.stack(values, axis=1), targets, tuple(names), tuple(categories), classes, notes=tuple(notes))


def _with_target(path: str, found: pd.DataFrame, target: str, missing: str, notes: list[str]) -> pd.DataFrame:
    """Rows whose target is there, and of a class that has enough of them."""
    labelled = found[found[target] != ""]
    if len(labelled) < len(found):
        notes.append(f"{len(found) - len(labelled)} rows (target missing)")
    if labelled.empty:
        raise InputError(f"target {target} of {path}", "known in some rows", f"missing in all {len(found)}")
    _check_words(path, labelled[target], missing)
    if not _target(labelled[target])[1]:
        return labelled
    counts = labelled[target].map(labelled[target].value_counts())
    if (counts < _FEWEST_OF_A_CLASS).any():
        rare = labelled[target][counts < _FEWEST_OF_A_CLASS]
        notes.append(
            f"{len(rare)} rows (classes of fewer than {_FEWEST_OF_A_CLASS} rows: {', '.join(rare.unique()[:5])})"
        )
        labelled = labelled[counts >= _FEWEST_OF_A_CLASS]
    if not len(labelled):
        rule = f"a number, or classes of at least {_FEWEST_OF_A_CLASS} rows each"
        raise InputError(f"target {target} of {path}", rule, f"{rare.nunique()} classes of fewer")
    return labelled


def _check_words(path: str, column: pd.Series, missing: str) -> None:
    """Words in a column that is numbers otherwise are marks that nobody named."""
    is_word = (column != "") & ~column.map(_is_number)
    if is_word.any() and is_word.mean() < 1 - _MOSTLY:
        words = ", ".join(column[is_word].unique()[:3])
        marks = ",".join([*_split(missing), column[is_word].iloc[0]])
        cure = (
            f"If {words} marks what is missing, say --missing {shlex.quote(marks)}; if the numbers are codes, name the"
        )
        raise InputError(
            f"column {column.name} of {path}",
            "numbers or categories",
            f"{words} among numbers",
            f"{cure} column with --categorical.",
        )


def _check_names(path: str, found: pd.DataFrame, target: str, categorical: str) -> None:
    if found.columns.duplicated().any():
        twice = found.columns[found.columns.duplicated()][0]
        raise InputError(f"columns of {path}", "named differently", twice)
    for option, name in (("target", target), *(("categorical", name) for name in _split(categorical))):
        if name not in found:
            raise unknown_name(f"{option} column of {path}", found.columns, name)


def _blank(path: str, found: pd.DataFrame, missing: str) -> pd.DataFrame:
    """The table with its marks of missing values as empty fields."""
    found = found.copy()
    for mark in _split(missing):
        column, is_of_column, value = mark.partition("=")
        if not is_of_column:
            found = found.mask(_same(found, mark), "")
        elif column in found:
            found[column] = found[column].mask(_same(found[[column]], value)[column], "")
        else:
            raise unknown_name(f"column of {path} in the mark {mark}", found.columns, column)
    return found


def _same(found: pd.DataFrame, mark: str) -> pd.DataFrame:
    """Where fields are the mark; of numbers, where they are the same number."""
    same = found == mark
    if _is_number(mark):
        same |= found.apply(pd.to_numeric, errors="coerce") == float(mark)
    return same


def _target(column: pd.Series) -> tuple[np.ndarray, tuple[str, ...]]:
    numbers = pd.to_numeric(column, errors="coerce").to_numpy(dtype=float)
    if np.isfinite(numbers).all():
        distinct = np.unique(numbers)
        if len(distinct) > _MOST_CLASSES or np.any(distinct != np.round(distinct)):
            return numbers, ()
        return np.searchsorted(distinct, numbers), tuple(f"{number:g}" for number in distinct)
    names, codes = np.unique(column.to_numpy(dtype=str), return_inverse=True)
    return codes, tuple(map(str, names))


def _predictor(path: str, column: pd.Series, is_code: bool, missing: str) -> tuple[np.ndarray, int]:
    """Values, missing ones NaN, and how many categories there are; 0 for numbers."""
    if not is_code:
        _check_words(path, column, missing)
    is_missing = (column == "").to_numpy()
    numbers = pd.to_numeric(column, errors="coerce").to_numpy(dtype=float)
    if not is_code and (np.isfinite(numbers) | is_missing).all():
        return numbers, 0
    names, codes = np.unique(column[~is_missing].to_numpy(dtype=str), return_inverse=True)
    values = np.full(len(column), np.nan)
    values[~is_missing] = codes
    return values, len(names)


def _why_leave_out(name: str, values: np.ndarray, categories: int) -> str | None:
    if not name or name.startswith("Unnamed:"):
        return "without a name: the numbers of rows, most likely"
    seen = values[~np.isnan(values)]
    if not len(seen):
        return "all missing"
    if np.ptp(seen) == 0 and len(seen) == len(values):
        return "the same in every row"
    return f"over {_MOST_CATEGORIES} categories" if categories > _MOST_CATEGORIES else None
