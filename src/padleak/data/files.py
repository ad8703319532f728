"""Data sets read from files: tables of texts, lines of text, arrays, UEA/UCR time series, and Keras's own.

Rows that cannot be used are left out, counted and reported; a file without usable rows, or with a single class, is an error.
"""

import contextlib
import hashlib
import lzma
import os
import shlex
import sys
import zlib
from collections import Counter
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from padleak.data.dataset import Dataset, datasets
from padleak.data.sequences import Sequences
from padleak.data.vocabulary import FILL, FIRST_WORD, Vocabulary, split_words
from padleak.errors import InputError, first_line, unknown_name
from padleak.reading.arrays import read_arrays
from padleak.reading.tables import compression_of, read_parquet

_TEST_SHARE = 0.3
_KERAS_FILES = "https://storage.googleapis.com/tensorflow/tf-keras-datasets/"
_MOST_IDS = 10**7
_FEWEST_ROWS_A_CLASS = 2
_LARGEST = np.finfo(np.float32).max
"""Of a feature: they are kept as float32."""


def one_file(path: str) -> list[Path]:
    """The file that a path names."""
    return [Path(path)]


def comma_separated(path: str) -> list[Path]:
    """The files that a path names, between commas."""
    return [Path(part) for part in path.split(",")]


@datasets.add(holds="tokens", files=one_file)
def csv(path: str, *, text: str = "text", label: str = "label", words: int = 2000) -> Dataset:
    """A comma-separated table with a column of texts and a column of labels."""
    return _read_table(path, lambda: _read_named(path, ","), text, label, words)


@datasets.add(holds="tokens", files=one_file)
def tsv(path: str, *, text: str = "text", label: str = "label", words: int = 2000) -> Dataset:
    """A tab-separated table with a column of texts and a column of labels."""
    return _read_table(path, lambda: _read_named(path, "\t"), text, label, words)


@datasets.add(holds="tokens", files=one_file)
def jsonl(path: str, *, text: str = "text", label: str = "label", words: int = 2000) -> Dataset:
    """One JSON object a line, with a text and a label."""
    return _read_table(path, lambda: _read_json_lines(path), text, label, words)


@datasets.add(holds="tokens", files=one_file)
def parquet(path: str, *, text: str = "text", label: str = "label", words: int = 2000) -> Dataset:
    """A Parquet table with a column of texts and a column of labels."""
    return _read_table(path, lambda: read_parquet(path), text, label, words)


@datasets.add(holds="tokens", files=comma_separated)
def lines(path: str, *, words: int = 2000) -> Dataset:
    """Plain text files between commas, one class a file, one text a line: `lines:bad.txt,good.txt`."""
    files = comma_separated(path)
    if len(files) < 2:
        raise InputError("data set lines", "given one file a class, between commas", path)
    texts, labels = [], []
    for file in files:
        rows = parse(file, lambda file=file: file.read_text(encoding="utf-8").splitlines())
        texts += rows
        labels += [file.name] * len(rows)
    return _from_texts(path, texts, labels, words)


def _npz_holds(path: str) -> str:
    found = _read_npz(path)
    return "features" if found.get("values", found.get("inputs", np.array(0))).dtype.kind == "f" else "tokens"


@datasets.add(holds=_npz_holds, files=one_file)
def npz(path: str, *, fill: float = FILL) -> Dataset:
    """Arrays: `values`, `offsets`, `labels` (ragged), or `inputs`, `mask` (True = real), `labels` (padded).

    Token ids are integers, `(steps,)` or `(n, time)`; features are floats with one more axis. Class labels are integers,
    numbers to predict are floats. Without `mask`, a step that equals `fill` everywhere counts as fill.
    """
    found = _read_npz(path)
    if "labels" not in found or not ({"values", "offsets"} <= set(found) or "inputs" in found):
        raise InputError(path, "holding values, offsets, labels or inputs, mask, labels", ", ".join(found) or "nothing")
    labels = found["labels"]
    if labels.dtype.kind not in "biufU":
        raise InputError(
            f"labels of {path}", "integers or words (classes), or floats (numbers to predict)", labels.dtype
        )
    rows = _cut_rectangle(path, found, fill) if "inputs" in found else _cut_ragged(path, found)
    if labels.shape != (len(rows),):
        raise InputError(f"labels of {path}", f"of shape ({len(rows)},), one a sequence", labels.shape)
    if labels.dtype.kind == "f":
        return _from_arrays(path, rows, labels, classes=())
    names, codes = np.unique(labels, return_inverse=True)
    return _from_arrays(path, rows, codes, tuple(map(str, names)))


def _read_npz(path: str) -> dict[str, np.ndarray]:
    return parse(Path(path), lambda: read_arrays(path))


def _cut_ragged(path: str, found: dict[str, np.ndarray]) -> list[np.ndarray]:
    values, offsets = found["values"], found["offsets"]
    _check_axes(f"values of {path}", values, axes=1)
    if offsets.dtype.kind not in "iu" or offsets.ndim != 1 or not len(offsets):
        raise InputError(f"offsets of {path}", "integers (n + 1,)", f"{offsets.dtype} of shape {offsets.shape}")
    if offsets[0] != 0 or offsets[-1] != len(values) or np.any(np.diff(offsets) < 0):
        raise InputError(f"offsets of {path}", f"rising from 0 to {len(values)} (the number of steps)", offsets)
    return np.split(values, offsets[1:-1])


def _cut_rectangle(path: str, found: dict[str, np.ndarray], fill: float) -> list[np.ndarray]:
    inputs = found["inputs"]
    _check_axes(f"inputs of {path}", inputs, axes=2)
    real = found.get("mask", _differs_from_fill(inputs, fill))
    if real.shape != inputs.shape[:2]:
        raise InputError(f"mask of {path}", f"of shape {inputs.shape[:2]}", real.shape)
    if real.dtype.kind not in "biuf" or not np.isin(real, (0, 1)).all():
        raise InputError(f"mask of {path}", "True or False, or 1 or 0", f"{real.dtype} that holds something else")
    return [row[keep] for row, keep in zip(inputs, real.astype(bool))]


def _check_axes(name: str, array: np.ndarray, axes: int) -> None:
    """Integers have `axes` axes, floats one more for the features."""
    if array.dtype.kind not in "iuf" or array.ndim != axes + (array.dtype.kind == "f"):
        rule = f"integers with {axes} axes (token ids) or floats with {axes + 1} (features)"
        raise InputError(name, rule, f"{array.dtype} with {array.ndim}")
    if array.dtype.kind != "f" and array.size and array.max() >= _MOST_IDS:
        cure = "Number them anew: every id up to the largest has a row in the embedding."
        raise InputError(f"ids among {name}", f"below {_MOST_IDS}", int(array.max()), cure)


def _differs_from_fill(inputs: np.ndarray, fill: float) -> np.ndarray:
    differs = ~np.isnan(inputs) if np.isnan(fill) else inputs != fill
    return differs.any(axis=2) if differs.ndim == 3 else differs


def _train_and_test(path: str) -> list[Path]:
    file = Path(path)
    partner = file.with_name(file.name.replace("_TRAIN", "_TEST"))
    return [file, partner] if partner != file and partner.is_file() else [file]


@datasets.add(holds="features", files=_train_and_test)
def ts(path: str) -> Dataset:
    """A UEA/UCR `.ts` file, lengths may differ; `NAME_TEST.ts` beside `NAME_TRAIN.ts` is the test pool."""
    files = _train_and_test(path)
    parsed = [_parse_ts(file) for file in files]
    classes = tuple(sorted({label for _, labels in parsed for label in labels}))
    coded = [(rows, np.array([classes.index(label) for label in labels])) for rows, labels in parsed]
    return _from_arrays(path, *coded[0], classes, test=coded[1] if len(coded) == 2 else None)


def _parse_ts(file: Path) -> tuple[list[np.ndarray], list[str]]:
    rows, labels, in_data = [], [], False
    for number, line in enumerate(parse(file, lambda: file.read_text(encoding="utf-8").splitlines()), start=1):
        if line.lower().startswith("@data"):
            in_data = True
        elif in_data and line.strip() and not line.startswith("#"):
            *channels, label = line.strip().split(":")
            if not label.strip():
                raise InputError(f"{file}, line {number}", "ending in a label", "none")
            rows.append(_parse_channels(f"{file}, line {number}", channels, rows))
            labels.append(label)
    return rows, labels


def _parse_channels(place: str, channels: list[str], before: list[np.ndarray]) -> np.ndarray:
    if before and channels and len(channels) != before[0].shape[1]:
        raise InputError(place, f"of {before[0].shape[1]} channels, as the lines before", f"{len(channels)}")
    try:
        columns = [np.array([float(value) for value in channel.split(",")]) for channel in channels]
        return np.stack(columns, axis=1)
    except ValueError as error:
        cure = (
            "Missing values (?) are not read: fill them first." if any("?" in channel for channel in channels) else ""
        )
        raise InputError(
            place, "numbers between commas, channels of one length between colons", str(error), cure
        ) from None


@datasets.add(holds="tokens", files=lambda path: [])
def keras(path: str, *, words: int = 2000) -> Dataset:
    """Keras's own texts, downloaded on first use: `keras:imdb` or `keras:reuters`."""
    if path not in ("imdb", "reuters"):
        raise InputError("data set keras", "keras:imdb or keras:reuters", path)
    import keras as library

    _say_what_is_fetched(f"{path}.npz")
    try:
        train, test = getattr(library.datasets, path).load_data(
            num_words=words, start_char=None, oov_char=1, index_from=FIRST_WORD - 1
        )
    except Exception as error:  # urllib's, the file system's and Keras's own, according to what is missing
        raise InputError(
            f"data set keras:{path}", "there or within reach of a download", str(error), "Connect to a network once."
        ) from None
    classes = tuple(map(str, range(int(train[1].max()) + 1)))
    return _from_arrays(path, list(train[0]), train[1], classes, words=words, test=(list(test[0]), test[1]))


def _say_what_is_fetched(name: str) -> None:
    """Nothing else of padleak goes to the network, so it is said before this does."""
    kept = Path(os.environ.get("KERAS_HOME", "~/.keras")).expanduser() / "datasets" / name
    if not kept.exists():
        print(f"Keras fetches {name} from {_KERAS_FILES} and keeps it as {kept}", file=sys.stderr, flush=True)


def parse(file: Path, read: Callable):
    """Run a reader; what it says about a broken file becomes an error that names the file."""
    try:
        return read()
    except InputError:
        raise
    except (ValueError, OSError, KeyError, EOFError, TypeError, lzma.LZMAError, zlib.error) as error:
        told = f"{type(error).__name__}: {first_line(error)}"
        raise InputError(str(file), "a readable file of its format", told, _cure_of(file, error)) from None


def _cure_of(file: Path, error: Exception) -> str:
    """What to do about a file that is often given for another."""
    with contextlib.suppress(OSError), file.open("rb") as stream:
        if stream.read(2) == b"PK" and file.suffix != ".npz":
            return "It is a workbook or an archive: save the table as CSV."
    if isinstance(error, UnicodeDecodeError):
        return (
            f"It is not UTF-8: `iconv -f latin1 -t utf-8 {shlex.quote(file.name)} > NEW` makes it so, if it is Latin-1."
        )
    if isinstance(error, pd.errors.ParserError):
        return "Are fields parted by something else? Save it with commas, or with tabs as tsv:FILE; quote what holds commas."
    return ""


def read_separated(path: str, separator: str, **settings: Any) -> pd.DataFrame:
    """All fields as text, without names: so two columns of one name are seen, and rows longer than the first are an error.

    Only an empty field is missing: "None" and "NA" are words, and may be labels.
    """
    return pd.read_csv(
        path, sep=separator, header=None, dtype=str, index_col=False, keep_default_na=False, na_values=[""],
        compression=compression_of(path), **settings,
    )  # fmt: skip


def _read_json_lines(path: str) -> pd.DataFrame:
    return pd.read_json(path, lines=True, dtype=False, compression=compression_of(path))


def _read_named(path: str, separator: str) -> pd.DataFrame:
    """All fields as text, under the names of the first row."""
    found = read_separated(path, separator)
    names = found.iloc[0].fillna("")
    if names.duplicated().any():
        raise InputError(f"columns of {path}", "named differently", names[names.duplicated()].iloc[0])
    return found.iloc[1:].set_axis(names, axis=1).reset_index(drop=True)


def _read_table(path: str, read: Callable[[], pd.DataFrame], text: str, label: str, words: int) -> Dataset:
    table = parse(Path(path), read)
    if table.empty:
        raise InputError(path, "a table with rows below its header", "none")
    for option, column in (("text", text), ("label", label)):
        if column not in table:
            also = f"Name the column of {option}s with --{option} (in a source, ?{option}=COLUMN)."
            raise unknown_name(f"{option} column of {path}", map(str, table.columns), column, also)
    return _from_texts(path, table[text].tolist(), table[label].tolist(), words)


def _from_texts(path: str, texts: list, labels: list, words: int) -> Dataset:
    """Split into words, drop and count what cannot be used, number the words, divide into pools."""
    skipped: Counter[str] = Counter()
    rows, kept = [], []
    for text, label in zip(texts, labels):
        tokens = split_words(text) if isinstance(text, str) else []
        reason = _why_skip_text(tokens, label)
        if reason:
            skipped[reason] += 1
        else:
            rows.append(tokens)
            kept.append(str(label))
    classes = _check_classes(path, kept, skipped)
    testing = choose_test_rows(" ".join(tokens).encode() for tokens in rows)
    vocabulary = Vocabulary.of((tokens for tokens, out in zip(rows, testing) if not out), words)
    sequences = Sequences.from_rows(vocabulary.encode_all(rows), [classes.index(label) for label in kept])
    train, test = _divide(path, sequences, testing)
    return Dataset(train, test, classes, vocabulary.size, dict(skipped)).shuffled()


def _divide(path: str, sequences: Sequences, testing: np.ndarray) -> tuple[Sequences, Sequences]:
    """The rows to train on and those to test on; neither may be empty."""
    if testing.all() or not testing.any():
        raise InputError(path, "of enough different rows to test on some", f"{len(testing)} usable rows", "Add rows.")
    return sequences.take(~testing), sequences.take(testing)


def _why_skip_text(tokens: list[str], label: object) -> str | None:
    if not tokens:
        return "empty text"
    if isinstance(label, list | dict | np.ndarray | bytes):
        return "label neither word nor number"
    if label is None or label is pd.NA or str(label).strip().lower() in ("", "nan"):
        return "label missing"
    return "length 1" if len(tokens) == 1 else None


def _from_arrays(
    path: str,
    rows: list[np.ndarray],
    labels: np.ndarray,
    classes: tuple[str, ...],
    words: int = 0,
    test: tuple[list[np.ndarray], np.ndarray] | None = None,
) -> Dataset:
    """Drop and count what cannot be used, bring features to mean 0 and deviation 1, divide into pools."""
    skipped: Counter[str] = Counter()
    train = _usable(path, rows, labels, skipped)
    if test is None:
        testing = choose_test_rows(row.tobytes() for row in train)
        train, held_out = _divide(path, train, testing)
    else:
        held_out = _usable(path, *test, skipped)
    if classes and len(np.unique(train.labels)) < 2:
        raise InputError(path, "of at least two classes", f"{len(np.unique(train.labels))}")
    if train.has_features:
        if train.values.shape[1:] != held_out.values.shape[1:]:
            widths = f"{train.values.shape[1]} and {held_out.values.shape[1]}"
            raise InputError(path, "of as many channels to test on as to train on", widths)
        whole = train.values.astype(np.float64)
        mean, deviation = whole.mean(axis=0), whole.std(axis=0) + 1e-8
        train, held_out = (
            part.with_values(((part.values - mean) / deviation).astype(np.float32)) for part in (train, held_out)
        )
        return Dataset(train, held_out, classes, 0, dict(skipped)).shuffled()
    largest = int(max(train.values.max(), held_out.values.max()))
    if words and largest >= words:
        raise InputError(f"token ids of {path}", f"below {words}, the size of the vocabulary", largest)
    return Dataset(train, held_out, classes, words or largest + 1, dict(skipped)).shuffled()


def _usable(path: str, rows: list, labels: np.ndarray, skipped: Counter[str]) -> Sequences:
    rows = [np.asarray(row) for row in rows]
    reasons = [_why_skip_array(row, label) for row, label in zip(rows, labels)]
    skipped.update(reason for reason in reasons if reason)
    keep = np.array([reason is None for reason in reasons])
    if not keep.any():
        raise InputError(path, "holding at least one usable row", f"none; left out: {dict(skipped)}")
    usable = [row for row, ok in zip(rows, keep) if ok]
    lowest = min(row.min() for row in usable if row.size) if usable[0].ndim == 1 else FILL + 1
    if lowest <= FILL:
        raise InputError(f"token ids of {path}", f"above {FILL}, the id of fill", int(lowest), "Add 1 to all ids.")
    return Sequences.from_rows(usable, np.asarray(labels)[keep])


def _why_skip_array(row: np.ndarray, label: object) -> str | None:
    if isinstance(label, float | np.floating) and not np.isfinite(label):
        return "label missing"
    if len(row) == 0:
        return "all fill"
    if len(row) == 1:
        return "length 1"
    if not np.isfinite(row).all():
        return "not a number"
    return None if (np.abs(row) <= _LARGEST).all() else "too large a number"


def _check_classes(path: str, labels: list[str], skipped: Counter[str]) -> tuple[str, ...]:
    classes = tuple(sorted(set(labels)))
    if len(classes) < 2:
        left_out = ", ".join(f"{count} ({reason})" for reason, count in skipped.items()) or "nothing"
        seen = f"{', '.join(classes) or 'none'} in {len(labels)} usable rows; left out: {left_out}"
        raise InputError(path, "of at least two classes", seen)
    if len(classes) > len(labels) / _FEWEST_ROWS_A_CLASS:
        raise InputError(
            f"labels of {path}", f"classes of {_FEWEST_ROWS_A_CLASS} rows or more, on average",
            f"{len(classes)} classes in {len(labels)} usable rows",
            "Name another column with --label, or put numbers into classes: in tables of texts, numbers are not predicted.",
        )  # fmt: skip
    return classes


def choose_test_rows(contents: Iterable[bytes]) -> np.ndarray:
    """A hash of the content decides, so that equal rows stand on the same side."""
    numbers = [int.from_bytes(hashlib.sha256(content).digest()[:4]) for content in contents]
    return np.array(numbers) / 2**32 < _TEST_SHARE
