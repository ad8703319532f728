"""Bad data files of every format that is read, through the library and through `padleak run`."""

import csv
import functools
import io
import json
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import urlencode

import numpy as np
import pandas as pd
from bad_calls import call, misspelt
from fuzz import Attempt
from hypothesis import strategies as st

from padleak.data import Corpus, Dataset, Pairs, Table, load_corpus, load_pairs, load_table
from padleak.data.dataset import Source
from padleak.data.vocabulary import FILL

DOOR = "data file"
_WORDS = ("blue", "cyan", "green", "red", "sea", "sky", "snow", "tree")


class Bad(NamedTuple):
    """A bad file.

    Attributes:
        kind: What is bad about it.
        source: How it is read: a name of the data sets, tables, corpora or pairs.
        files: Name -> content; the first is the one that is named, or all of them where a source reads several.
        options: Of the source.
        rows: How many rows it holds, where that is known and every one must be used or counted.
        must_refuse, says: As of an `Attempt`.
    """

    kind: str
    source: str
    files: dict[str, bytes]
    options: dict[str, str] = {}  # noqa: RUF012
    rows: int | None = None
    must_refuse: bool = True
    says: tuple[str, ...] = ()

    @property
    def name(self) -> str:
        """The source as a user writes it; by its whole path, since what was read is kept by its name."""
        files = [str(Path(name).resolve()) for name in self.files]
        path = ",".join(files) if self.source == "lines" else files[0]
        query = urlencode(self.options)
        return f"{self.source}:{path}" + (f"?{query}" if query else "")


def bad_files() -> st.SearchStrategy[Attempt]:
    """Files of every kind, read in either way."""
    bad = st.one_of(
        _texts(), _texts(), _arrays(), _series(), _lines(), _corpora(), _pairs(), _tables(), _tables(), _torn()
    )
    return st.builds(_attempt, bad, st.sampled_from(["library", "command"]))


def _attempt(bad: Bad, way: str) -> Attempt:
    def throw() -> Any:
        for name, content in bad.files.items():
            Path(name).write_bytes(content)
        # A message here, one on the screen there: a warning of pandas's is neither.
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            return read(bad) if way == "library" else call(["run", "-p", "smoke", "--dataset", bad.name])

    told = f"{bad.source} {bad.options} with { ({name: content[:400] for name, content in bad.files.items()})!r}"
    check = functools.partial(what_is_wrong, bad) if way == "library" else lambda result: "it came to its end"
    return Attempt(f"{DOOR} ({way})", bad.kind, told, throw, bad.must_refuse, bad.says, check)


def read(bad: Bad) -> Any:
    """As the library reads it."""
    if bad.source == "text":
        return load_corpus(bad.name)
    if bad.source == "pairs":
        return load_pairs(bad.name)
    if "target" in bad.options:
        return load_table(bad.name)
    return Source.parse(bad.name).read()


def what_is_wrong(bad: Bad, found: Dataset | Table | Corpus | Pairs) -> str | None:
    """Of data that were read from a file with something bad in it."""
    if isinstance(found, Table):
        return _wrong_in_table(bad, found)
    pools = (found.train, found.test)
    if not all(map(len, pools)):
        return "an empty pool"
    values = np.concatenate([pool.values for pool in pools])
    if not np.isfinite(values).all():
        return "values that are not finite"
    if not pools[0].has_features and not (values.min() > FILL and values.max() < found.words):
        return f"ids from {values.min()} to {values.max()} of {found.words}"
    used = sum(map(len, pools))
    left_out = sum(getattr(found, "skipped", {}).values())
    if bad.rows is not None and used + left_out != bad.rows:
        return f"of {bad.rows} rows {used} are used and {left_out} counted as left out"
    return None


def _wrong_in_table(bad: Bad, found: Table) -> str | None:
    if np.isinf(found.values).any() or not np.isfinite(found.targets).all():
        return "values that are not finite"
    left_out = sum(int(note.split()[0]) for note in found.notes if note.split()[1:2] == ["rows"])
    if bad.rows is not None and len(found) + left_out != bad.rows:
        return f"of {bad.rows} rows {len(found)} are used and {left_out} counted as left out"
    return None


def _rows(draw: st.DrawFn) -> list[list[str]]:
    """Texts and labels, good ones."""
    generator = np.random.default_rng(draw(st.integers(0, 10**6)))
    texts = [" ".join(generator.choice(_WORDS, size=generator.integers(3, 9))) for _ in range(40)]
    return [[f"{text} {number}", ("no", "yes")[number % 2]] for number, text in enumerate(texts)]


def _separated(rows: list[list[str]], separator: str) -> bytes:
    stream = io.StringIO()
    csv.writer(stream, delimiter=separator, lineterminator="\n").writerows(rows)
    return stream.getvalue().encode()


_SEPARATORS = {"csv": ",", "tsv": "\t"}


def _write(kind: str, rows: list[list], columns: list[str]) -> bytes:
    if kind in _SEPARATORS:
        return _separated([columns, *rows], _SEPARATORS[kind])
    if kind == "jsonl":
        return "".join(json.dumps(dict(zip(columns, row))) + "\n" for row in rows).encode()
    stream = io.BytesIO()
    pd.DataFrame(rows, columns=columns).to_parquet(stream)
    return stream.getvalue()


@st.composite
def _texts(draw: st.DrawFn) -> Bad:
    """A table with a column of texts and one of labels."""
    kind = draw(st.sampled_from(["csv", "tsv", "jsonl", "parquet"]))
    rows, columns = _rows(draw), ["text", "label"]
    place = draw(st.integers(0, len(rows) - 1))
    name = f"a.{kind}"

    def bad(what: str, content: bytes | None = None, **facts: Any) -> Bad:
        return Bad(what, kind, {name: _write(kind, rows, columns) if content is None else content}, **facts)

    how = draw(
        st.sampled_from(
            ["empty", "one", "class", "label", "text", "bytes", "huge", "ragged", "option", "words", "twice"]
        )
    )
    if how == "empty":
        nothing = [b"", b"\n", b" ", _write(kind, [], columns) if kind != "jsonl" else b"{}", b"\n\n\n"]
        return bad("empty", draw(st.sampled_from(nothing)))
    if how == "one":
        rows = rows[:1]
        return bad("one row")
    if how == "class":
        rows = [[text, "yes"] for text, _ in rows]
        return bad("only one class")
    if how in ("label", "text"):
        column = how == "label"
        return _of_another_type(draw, kind, rows, place, int(column), bad)
    if how == "bytes":
        return _not_utf8(draw, bad)
    if how == "huge":
        rows[place][0] = draw(st.sampled_from(["x" * 400_000, "word " * 60_000, '"' * 10_000, "\U0001f600" * 50_000]))
        rows[place][0] += " red"
        return bad("huge field", rows=len(rows), must_refuse=False)
    if how == "ragged" and kind in _SEPARATORS:
        return _ragged(draw, rows, place, bad)
    if how == "words":
        value = draw(st.sampled_from(["-1", "0", "2", "two", "1.5", "", "nan"]))
        return bad("wrong option", options={"words": value})
    if how == "twice" and kind in _SEPARATORS:
        columns = draw(st.sampled_from([["text", "text"], ["label", "label"], ["", ""], ["text", "Label"]]))
        return bad("wrong names")
    wrong, right = draw(misspelt(["text", "label", "words"]))
    return bad("wrong name", options={wrong: "x"}, says=("Did you mean", right) if len(right) > 4 else ())


def _of_another_type(draw: st.DrawFn, kind: str, rows: list[list], place: int, column: int, bad: Callable) -> Bad:
    """Labels and texts that are something else: used if one can, or else counted."""
    odd = (
        [None, "", "nan", "NaN"]
        if kind in _SEPARATORS
        else [None, 3, 2.5, float("nan"), True, [1, 2], {"a": 1}, "", []]
    )
    value = draw(st.sampled_from(odd))
    for row in rows if kind == "parquet" and value is not None else [rows[place]]:  # a column of Parquet has one type
        row[column] = value
    if kind == "parquet" and isinstance(value, float | int | list | dict) and column == 1:
        for row, other in zip(rows, [3, 4] * len(rows)):
            row[column] = [other] if isinstance(value, list) else {"a": other} if isinstance(value, dict) else other
    what = "label in another type" if column else "text in another type"
    return bad(what, rows=len(rows), must_refuse=False)


def _not_utf8(draw: st.DrawFn, bad: Callable) -> Bad:
    """Bytes that no UTF-8 text holds, in the middle of it."""
    content = bad("").files
    (name, whole), bytes_ = (
        next(iter(content.items())),
        draw(st.sampled_from([b"\xff", b"\xe9t\xe9", b"\xc3(", b"\xed\xa0\x80"])),
    )
    middle = whole.index(b"red" if b"red" in whole else b"blue") if name != "a.parquet" else len(whole) // 2
    if name != "a.parquet" and draw(st.booleans()):
        return bad("not UTF-8", whole.decode().encode("utf-16"))
    return bad("not UTF-8", whole[:middle] + bytes_ + whole[middle:], must_refuse=name != "a.parquet")


def _ragged(draw: st.DrawFn, rows: list[list], place: int, bad: Callable) -> Bad:
    """A row with fields too many or too few."""
    if draw(st.booleans()):
        every = draw(st.booleans())
        for row in rows if every else [rows[place]]:
            row.insert(1, "x")
        # Where the file is, and in which line: the header is the first.
        return bad("ragged row", says=("line 2",) if every else (f"line {place + 2}",))
    rows[place] = rows[place][:1]
    return bad("ragged row", rows=len(rows), must_refuse=False)


def _npz(**arrays: Any) -> bytes:
    stream = io.BytesIO()
    np.savez(stream, **arrays)
    return stream.getvalue()


@st.composite
def _arrays(draw: st.DrawFn) -> Bad:
    """Arrays that do not fit together, or hold what cannot be."""
    generator = np.random.default_rng(draw(st.integers(0, 10**6)))
    n = 30
    ids = generator.integers(1, 50, size=(n, 6))
    features = generator.normal(size=(n, 6, 2)).astype(draw(st.sampled_from(["float32", "float64"])))
    labels, offsets = np.arange(n) % 2, np.arange(n + 1) * 6
    place = draw(st.integers(0, n - 1))
    odd = draw(st.sampled_from([np.nan, np.inf, -np.inf]))
    spoilt, huge = features.copy(), features.astype("float64")
    spoilt[place, 1, 0], huge[place, 1, 0] = odd, 1e300
    negative, over = ids.copy(), ids.astype("int64")
    negative[place, 2] = draw(st.integers(-9, -1))
    over[place, 2] = draw(st.sampled_from([2**31, 2**32 + 5, 2**40, 2**62]))
    flat, ragged = ids.reshape(-1), {"values": ids.reshape(-1), "labels": labels}
    cases = {
        "not finite": [
            ({"inputs": spoilt, "labels": labels}, {"rows": n, "must_refuse": False}),
            ({"inputs": huge, "labels": labels}, {"rows": n, "must_refuse": False}),
            ({"inputs": np.full_like(features, odd), "labels": labels}, {}),
            ({"inputs": features, "labels": np.full(n, odd)}, {}),
            ({"inputs": ids, "labels": np.where(np.arange(n) == place, odd, 1.5 * labels)}, {"rows": n,
            "must_refuse": False}),
        ],
        "negative ids": [({"inputs": negative, "labels": labels}, {}), ({**ragged, "values": -flat,
        "offsets": offsets}, {})],
        "ids over the vocabulary": [
            ({"inputs": over, "labels": labels}, {}),
            ({"inputs": over.astype("uint64"), "labels": labels}, {}),
            ({**ragged, "values": over.reshape(-1), "offsets": offsets}, {}),
        ],
        "wrong shape": [
            ({"inputs": ids, "labels": labels[:-1]}, {}), ({"inputs": ids, "labels": labels[:, None]}, {}),
            ({"inputs": ids[0], "labels": labels}, {}), ({"inputs": ids[:, :, None], "labels": labels}, {}),
            ({"inputs": features[:, :, :0], "labels": labels}, {}), ({"inputs": np.array(3), "labels": np.array(1)},
            {}),
            ({"inputs": ids, "mask": np.ones((n, 5), bool), "labels": labels}, {}),
            ({"inputs": ids, "mask": np.array(True), "labels": labels}, {}),
            ({**ragged, "offsets": offsets[:-1]}, {}), ({**ragged, "offsets": np.array([], int)}, {}),
            ({**ragged, "offsets": offsets[::-1]}, {}), ({**ragged, "offsets": np.array(0)}, {}),
            ({**ragged, "offsets": offsets * 2}, {}), ({**ragged, "values": features, "offsets": offsets}, {}),
        ],
        "wrong type": [
            ({"inputs": ids.astype(str), "labels": labels}, {}), ({"inputs": ids > 3, "labels": labels}, {}),
            ({"inputs": ids.astype(float), "labels": labels}, {}), ({"inputs": features.astype(complex),
            "labels": labels}, {}),
            ({**ragged, "offsets": offsets.astype(float)}, {}), ({**ragged, "offsets": offsets.astype(str)}, {}),
            ({"inputs": ids, "mask": np.full(ids.shape, "x"), "labels": labels}, {}),
            ({"inputs": ids, "mask": np.full(ids.shape, np.nan), "labels": labels}, {}),
        ],
        "label in another type": [
            ({"inputs": ids, "labels": labels.astype(complex)}, {}), ({"inputs": ids, "labels": np.array(["a", "b"])},
            {}),
            ({"inputs": ids, "labels": labels.astype("M8[s]")}, {}),
            ({"inputs": ids, "labels": labels.astype(bytes)}, {"rows": n, "must_refuse": False}),
            ({"inputs": ids, "labels": labels.astype(bool)}, {"rows": n, "must_refuse": False}),
        ],
        "only one class": [({"inputs": ids, "labels": labels * 0}, {}), ({"inputs": features, "labels": labels * 0},
        {})],
        "one row": [({"inputs": ids[:1], "labels": labels[:1]}, {}), ({**ragged, "offsets": np.array([0, n * 6]),
        "labels": labels[:1]}, {})],
        "empty": [
            ({"inputs": ids[:0], "labels": labels[:0]}, {}), ({"inputs": ids[:, :0], "labels": labels}, {}), ({}, {}),
            ({**ragged, "values": flat[:0], "offsets": np.zeros(n + 1, int)}, {}), ({"inputs": ids * 0,
            "labels": labels}, {}),
            ({"inputs": ids, "mask": np.zeros(ids.shape, bool), "labels": labels}, {}),
        ],
        "wrong name": [({"input": ids, "labels": labels}, {}), ({"inputs": ids, "label": labels}, {}),
        ({"labels": labels}, {})],
        "wrong option": [({"inputs": ids, "labels": labels}, {"options": {"fill": "x"}})],
    }  # fmt: skip
    kind = draw(st.sampled_from(sorted(cases)))
    arrays, facts = draw(st.sampled_from(cases[kind]))
    return Bad(kind, "npz", {"a.npz": _npz(**arrays)}, **facts)


@st.composite
def _series(draw: st.DrawFn) -> Bad:
    """Time series in the UEA format."""
    lines = [f"{number}.5,2,{number}:1,0,3:{'ab'[number % 2]}" for number in range(30)]
    place = draw(st.integers(0, 29))

    def of(*lines: str) -> bytes:
        return "\n".join(["@problemName x", "@data", *lines]).encode()

    def with_line(line: str) -> bytes:
        return of(*lines[:place], line, *lines[place + 1 :])

    number = (f"a.ts, line {place + 3}",)
    odd = number if place else ("a.ts, line",)  # where the first line is the odd one, the next is told
    cases = {
        "empty": [(b"", {}), (of(), {}), (b"@data", {}), ("\n".join(lines).encode(), {})],
        "one row": [(of(lines[0]), {})],
        "only one class": [(of(*(line[:-1] + "a" for line in lines)), {})],
        "ragged row": [(with_line(line), {"says": odd}) for line in ("1,2:1:a", "1,2,3:a", "1,2:1,2:1,2:a", "a",
        "")[:4]],
        "wrong type": [(with_line(line), {"says": number}) for line in ("1,two:1,2:a", "1,,2:1,2,3:a", ":1:a", "1:2:")],
        "not finite": [(with_line(f"1,{odd},2:1,2,3:a"), {"rows": 30, "must_refuse": False}) for odd in ("nan", "inf",
        "1e400", "1e300")],
        "not UTF-8": [(of(*lines) + b"\xff", {}), (of(*lines).decode().encode("utf-16"), {})],
        "label in another type": [(with_line("1,2:1,2:"), {"says": number}), (with_line("1,2:1,2: "),
        {"says": number})],
    }  # fmt: skip
    kind = draw(st.sampled_from(sorted(cases)))
    content, facts = draw(st.sampled_from(cases[kind]))
    if kind == "wrong type" and draw(st.booleans()):  # the other half of a data set does not fit
        other = draw(st.sampled_from([of("1,2:a", "3,4:b"), of("1,2:1,2:1,2:a"), b"", b"\xff", of("1,2:1,2:c")]))
        bad_for_sure = b":c" not in other
        return Bad("wrong shape", "ts", {"a_TRAIN.ts": of(*lines), "a_TEST.ts": other}, must_refuse=bad_for_sure)
    return Bad(kind, "ts", {"a.ts": content}, **facts)


@st.composite
def _lines(draw: st.DrawFn) -> Bad:
    """A file for each class."""
    good = "\n".join(row[0] for row in _rows(draw)).encode()
    cases = {
        "empty": {"a.txt": good, "b.txt": draw(st.sampled_from([b"", b"\n\n", b"?!\n", b"word\n"]))},
        "not UTF-8": {"a.txt": good, "b.txt": draw(st.sampled_from([good + b"\xff", good.decode().encode("utf-16")]))},
        "only one class": {"a.txt": good},
        "one row": {"a.txt": b"one text", "b.txt": b"two texts"},
    }
    kind = draw(st.sampled_from(sorted(cases)))
    return Bad(kind, "lines", cases[kind], must_refuse=kind != "one row")


@st.composite
def _corpora(draw: st.DrawFn) -> Bad:
    """A book that is none."""
    lines = [f"{number} " + " ".join(_WORDS) for number in range(80)]
    cases = {
        "empty": ([b"", b"\n" * 99], {}),
        "one row": ([lines[0].encode(), " ".join(lines).encode(), "\n".join(lines[:1] * 99).encode()], {}),
        "not UTF-8": (["\n".join(lines).encode() + b"\xff", "\n".join(lines).encode("utf-16")], {}),
        "wrong option": (["\n".join(lines).encode()], {"options": {"words": draw(st.sampled_from(["1", "x", "-3"]))}}),
        "huge field": (["\n".join([*lines, "x" * 10**6]).encode()], {"must_refuse": False}),
    }
    kind = draw(st.sampled_from(sorted(cases)))
    contents, facts = cases[kind]
    return Bad(kind, "text", {"a.txt": draw(st.sampled_from(contents))}, **facts)


@st.composite
def _pairs(draw: st.DrawFn) -> Bad:
    """Pairs that are none."""
    rows = [[f"{' '.join(_WORDS)} {number}", f"wort {number}"] for number in range(80)]
    whole, place = _separated(rows, "\t"), draw(st.integers(1, 79))
    cut, long = [list(row) for row in rows], [list(row) for row in rows]
    cut[place], long[place] = cut[place][:1], [*long[place], "x"]
    cases = {
        "empty": ([b"", b"\n", b"\t\n"], {}),
        "one row": ([_separated(rows[:1], "\t"), _separated(rows[:1] * 80, "\t")], {}),
        "wrong shape": ([_separated([row[:1] for row in rows], "\t")], {}),
        "ragged row": ([_separated(long, "\t")], {"says": (f"line {place + 1}",)}),
        "not UTF-8": ([whole + b"a b\t\xff\n", whole.decode().encode("utf-16")], {}),
        "empty fields": ([_separated(cut, "\t")], {"rows": 80, "must_refuse": False}),
        "wrong option": ([whole], {"options": {draw(st.sampled_from(["words",
        "target_words"])): draw(st.sampled_from(["1", "x"]))}}),
    }  # fmt: skip
    kind = draw(st.sampled_from(sorted(cases)))
    contents, facts = cases[kind]
    return Bad(kind, "pairs", {"a.tsv": draw(st.sampled_from(contents))}, **facts)


@st.composite
def _tables(draw: st.DrawFn) -> Bad:
    """A table of predictors."""
    kind = draw(st.sampled_from(["csv", "tsv", "parquet"]))
    generator = np.random.default_rng(draw(st.integers(0, 10**6)))
    columns = ["height", "weight", "colour", "target"]
    numbers = generator.normal(size=(60, 2)).round(3).astype(str)
    rows = [[*pair, _WORDS[number % 4], str(number % 2)] for number, pair in enumerate(numbers.tolist())]
    place, option = draw(st.integers(0, 59)), {"target": "target"}
    how = draw(st.sampled_from(["empty", "one", "class", "ragged", "bytes", "finite", "target", "twice", "missing",
    "words", "one column", "huge"]))  # fmt: skip
    facts: dict[str, Any] = {}
    if how == "empty":
        rows, what = [], "empty"
    elif how == "one":
        rows, what = rows[: draw(st.integers(1, 29))], "one row"
    elif how == "class":
        rows, what = [[*row[:3], "1"] for row in rows], "only one class"
    elif how == "ragged" and kind in _SEPARATORS:
        rows[place], what, facts = [*rows[place], "x"], "ragged row", {"says": (f"line {place + 2}",)}
    elif how == "finite":
        value = draw(st.sampled_from(["inf", "-inf", "nan", "1e400", "NaN", "1e308"]))
        rows[place][draw(st.sampled_from([0, 3]))], what = value, "not finite"
        facts = {"rows": 60, "must_refuse": value not in ("1e308", "nan", "NaN")}
    elif how == "words":
        rows[place][0], what, facts = (
            draw(st.sampled_from(["?", "n/a", "-", "low"])),
            "wrong type",
            {"says": ("--missing",)},
        )
    elif how == "missing":
        wrong, right = draw(misspelt(columns[:3]))
        option |= draw(st.sampled_from([{"missing": f"{wrong}=0"}, {"categorical": wrong}]))
        what, facts = "wrong name", {"says": ("Did you mean", right)}
    elif how == "one column":
        rows, columns, what = [row[2:] for row in rows], columns[2:], "wrong shape"
    elif how == "huge":
        rows[place][2], what, facts = "x" * 300_000, "huge field", {"rows": 60, "must_refuse": False}
    elif how == "twice" and kind in _SEPARATORS:
        columns, what = ["height", "height", "colour", "target"], "wrong names"
    else:
        wrong, right = draw(misspelt(["target"]))
        option, what, facts = {"target": wrong}, "wrong name", {"says": ("Did you mean", right)}
    content = _write(kind, rows, columns)
    if how == "bytes" and kind in _SEPARATORS:
        option, what, facts = {"target": "target"}, "not UTF-8", {}
        content = draw(st.sampled_from([content + b"\xff\xff", content.decode().encode("utf-16")]))
    return Bad(what, kind, {f"a.{kind}": content}, option, **facts)


@st.composite
def _torn(draw: st.DrawFn) -> Bad:
    """A good file, cut short or with some bytes exchanged; it may happen to be good still."""
    kind = draw(st.sampled_from(["csv", "tsv", "jsonl", "parquet", "npz", "table"]))
    if kind == "npz":
        whole = _npz(inputs=np.random.default_rng(0).integers(1, 50, size=(30, 6)), labels=np.arange(30) % 2)
    elif kind == "table":
        whole = _write("csv", [[str(row), str(row * 2 % 7), str(row % 2)] for row in range(60)], ["a", "b", "target"])
    else:
        whole = _write(kind, _rows(draw), ["text", "label"])
    content = bytearray(whole[: draw(st.integers(0, len(whole)))] if draw(st.booleans()) else whole)
    for place, byte in draw(st.lists(st.tuples(st.integers(0, len(whole)), st.integers(0, 255)), max_size=6)):
        if place < len(content):
            content[place] = byte
    options = {"target": "target"} if kind == "table" else {}
    kind = "csv" if kind == "table" else kind
    return Bad("torn file", kind, {f"a.{kind}": bytes(content)}, options, must_refuse=False)
