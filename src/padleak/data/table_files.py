"""Tables of predictors read from files; what is missing in them is missing for reasons of its own.

Columns of numbers are numbers, others are categories; `categorical` names those whose numbers are codes. A target of up to ten
whole numbers, or of words, is a class.
"""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd

from padleak.data.files import one_file, parse, read_separated
from padleak.data.table import Table, tables
from padleak.errors import InputError, unknown_name

_MOST_CATEGORIES = 50
_MOST_CLASSES = 10


@tables.add(files=one_file)
def csv(path: str, *, target: str = "", missing: str = "", categorical: str = "") -> Table:
    """A comma-separated table. `target` names the column to predict, `missing` the marks of missing values between commas: `?`
    for every column, `glucose=0` for one; an empty field is always one. Without a header, columns are called by their number
    from 1."""
    return _read(path, lambda: _read_text(path, ",", missing), target, missing, categorical)


@tables.add(files=one_file)
def tsv(path: str, *, target: str = "", missing: str = "", categorical: str = "") -> Table:
    """A tab-separated table; options as for `csv`."""
    return _read(path, lambda: _read_text(path, "\t", missing), target, missing, categorical)


@tables.add(files=one_file)
def parquet(path: str, *, target: str = "", missing: str = "", categorical: str = "") -> Table:
    """A Parquet table; options as for `csv`."""

    def read() -> pd.DataFrame:
        found = pd.read_parquet(path)
        return found.astype(object).where(found.notna(), "").astype(str)

    return _read(path, read, target, missing, categorical)


def _read_text(path: str, separator: str, missing: str) -> pd.DataFrame:
    """All fields as text; the first row is a header unless it holds nothing but numbers and marks of missing values."""
    first = read_separated(path, separator, header=None, nrows=1).fillna("").iloc[0].astype(str)
    marks = {mark.rpartition("=")[2] for mark in _split(missing)} | {""}
    if all(_is_number(field) or field in marks for field in first):
        found = read_separated(path, separator, header=None)
        found.columns = [str(number + 1) for number in range(found.shape[1])]
    else:
        found = read_separated(path, separator)
    return found.fillna("").apply(lambda column: column.str.strip())


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
    _check_names(path, found, target, categorical)
    found = _blank(path, found, missing)
    notes = []
    labelled = found[found[target] != ""]
    if len(labelled) < len(found):
        notes.append(f"{len(found) - len(labelled)} rows (target missing)")
    targets, classes = _target(labelled[target])
    values, names, categories = [], [], []
    for name in labelled.columns.drop(target):
        column, count = _predictor(labelled[name], name in _split(categorical))
        reason = _why_leave_out(column, count)
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


def _predictor(column: pd.Series, is_code: bool) -> tuple[np.ndarray, int]:
    """Values, missing ones NaN, and how many categories there are; 0 for numbers."""
    is_missing = (column == "").to_numpy()
    numbers = pd.to_numeric(column, errors="coerce").to_numpy(dtype=float)
    if not is_code and (np.isfinite(numbers) | is_missing).all():
        return numbers, 0
    names, codes = np.unique(column[~is_missing].to_numpy(dtype=str), return_inverse=True)
    values = np.full(len(column), np.nan)
    values[~is_missing] = codes
    return values, len(names)


def _why_leave_out(values: np.ndarray, categories: int) -> str | None:
    seen = values[~np.isnan(values)]
    if not len(seen):
        return "all missing"
    if np.ptp(seen) == 0 and len(seen) == len(values):
        return "the same in every row"
    return f"over {_MOST_CATEGORIES} categories" if categories > _MOST_CATEGORIES else None
