"""Bad arguments for everything public: what `__all__` of the packages names, and the methods that a user calls.

A `Call` is a function with good arguments, and for each of them values that are bad. `test_fuzz.py` holds that nothing public
is left out.
"""

import importlib
import tempfile
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple
from unittest.mock import patch

import numpy as np
import pandas as pd
from fuzz import Attempt, Started
from hypothesis import strategies as st

from padleak import bench, data, measures, models, study, testing
from padleak.audit import audit, audit_callable
from padleak.data.corpus import Corpus
from padleak.measures.permutation import Exchange
from padleak.study.trials.noop import NoopCell

DOOR = "public function"
PUBLIC = ("padleak", "padleak.data", "padleak.measures", "padleak.models", "padleak.study", "padleak.audit")
GIVEN = {
    "AuditReport", "Finding", "InputError", "Split", "Padded", "Pairs", "Corpus", "Results", "Dataset", "OURS",
    "THREAD", "FILL",
}  # fmt: skip
"""What a user is given and does not call: made inside, of what was checked; and words and numbers."""

BadValue = tuple[str, Any]
"""What is bad about a value, and the value."""


class Call(NamedTuple):
    """A function, and what is good and bad for it.

    Attributes:
        name: As a user finds it.
        function: Called with all arguments by name.
        good: Argument -> a value that is good.
        bad: Argument -> values that are not.
    """

    name: str
    function: Callable[..., Any]
    good: dict[str, Any]
    bad: dict[str, list[BadValue]]


class _Odd:
    """Of no use to anybody."""

    def __repr__(self) -> str:
        return "something odd"


_NO_TEXTS: list[BadValue] = [
    ("wrong type", value) for value in (None, 3, 2.5, b"x", ["a"], {"a": 1}, _Odd(), np.ones(2))
]
_NO_NUMBERS: list[BadValue] = [("wrong type", value) for value in ("x", b"", [1], {}, _Odd(), 1j, np.ones(2), "3")]
_NO_OBJECTS: list[BadValue] = [("wrong type", value) for value in (None, 3, "x", [1, 2], {}, _Odd(), np.ones((2, 2)))]


def _names(*wrong: str) -> list[BadValue]:
    return _NO_TEXTS + [("wrong name", name) for name in ("", " ", "no such thing", "\0", "x" * 10_000, *wrong)]


def _whole(low: int, *odd: BadValue) -> list[BadValue]:
    no_wholes = [("wrong type", value) for value in (None, 1.5, np.nan, np.inf, True, np.float64(2.0))]
    return _NO_NUMBERS + no_wholes + [("zero length", low - 1), ("zero length", -(10**20)), *odd]


def _number(*odd: Any) -> list[BadValue]:
    return [*_NO_NUMBERS, ("wrong type", None), *(("not finite", value) for value in (np.nan, np.inf, -np.inf)), *odd]


def _numbers(good: np.ndarray, least: int = 2) -> list[BadValue]:
    """Of an array `(row, unit)` of finite numbers."""
    spoilt = [good.astype(float) for _ in range(3)]
    for array, value in zip(spoilt, (np.nan, np.inf, -np.inf)):
        array[-1, 0] = value
    return [
        *(("wrong type", value) for value in (None, "x", {}, _Odd(), good.astype(str), [[1], [1, 2]])),
        ("wrong type", good.astype(complex)), ("wrong type", np.array([[None, 1]] * 9)), ("wrong type",
        good.astype("M8[s]")),
        *(("not finite", array) for array in spoilt),
        *(("wrong shape", array) for array in (good[0], good[:, :, None], good[0, 0], good[:, None, :])),
        ("empty", good[:0]), ("empty", good[:, :0]), ("empty", []), *([("one row", good[:1])] if least > 1 else []),
    ]  # fmt: skip


_LONG = ("length over memory", 10**13)
_GENERATORS: list[BadValue] = [("wrong type", value) for value in (None, 3, "x", np.random, _Odd())]


@cache
def calls() -> tuple[Call, ...]:
    """All of them."""
    return (*_of_data(), *_of_measures(), *_of_models(), *_of_study(), *_of_the_auditor(), *_of_registries())


def _of_data() -> list[Call]:
    texts = data.Sequences.from_rows([[5, 6, 7], [8], [9, 3]], [0, 1, 0])
    series = data.Sequences.from_rows([np.ones((3, 2)), np.zeros((2, 2))], [0, 1])
    corpus = Corpus(texts, texts, 10, ("a",))
    pairs = data.Pairs(texts, texts, texts, texts, 10, 10, ("a",))
    generator = np.random.default_rng(0)
    rows = [
        *_NO_OBJECTS[:3], ("empty", []), ("negative ids", [[5, -3], [4, 2]]), ("ids over the vocabulary", [[5, 2**31],
        [4, 2]]),
        ("wrong type", [["a", "b"], ["c", "d"]]), ("wrong type", [[1, None], [2, 3]]), ("wrong shape", [[[1, 2], [3]],
        [[4]]]),
        ("wrong shape", [np.ones((2, 3)), np.ones((2, 4))]), ("wrong shape", [np.ones((2, 3, 4))] * 2),
        ("wrong shape", [5, 6]),
        ("wrong shape", [np.ones((2, 3)), [1, 2]]), ("not finite", [[1.0, np.nan], [2, 3]]), ("wrong type", [[1.5, 2],
        [3, 4]]),
        ("wrong shape", [[1, 2]]),
    ]  # fmt: skip
    labels = [
        *_NO_OBJECTS[:3], ("wrong shape", [0]), ("wrong shape", [[0, 1]]), ("empty", []), ("label in another type",
        ["a", None]),
        ("label in another type", [{}, {}]), ("label in another type", [1j, 2]), ("label in another type", [[1], [2,
        3]]),
        ("not finite", [0.5, np.nan]), ("negative ids", [-1, 0]),
    ]  # fmt: skip
    offsets = [*_NO_OBJECTS, ("wrong shape", np.array([])), ("wrong shape", np.array([0, 9, 4, 6])), ("wrong shape",
    np.array([1, 6])),
               ("wrong type", np.array([0.0, 3, 4, 6])), ("wrong type", np.array(list("0346"))), ("negative ids",
               np.array([-1, 3, 4, 6]))]  # fmt: skip
    values = [("wrong type", None), ("wrong type", "x"), ("wrong type", [1, 2]), ("wrong shape", np.ones((6, 2, 2))),
              ("wrong shape", np.array(3)), ("wrong type", np.array(list("abcdef"))), ("wrong type",
              np.array([None] * 6)), ("wrong shape", np.ones(5))]  # fmt: skip
    numbers = generator.normal(size=(40, 3))
    table = {"values": numbers, "targets": numbers[:, 0], "columns": ("a", "b", "c"), "categories": (0, 0, 0)}
    small = data.Table(**table)
    dataset = data.Dataset(texts, texts, ("a", "b"), 10)
    return [
        Call("data.Sequences", data.Sequences, {"values": texts.values, "offsets": texts.offsets,
        "labels": texts.labels},
             {"values": values, "offsets": offsets, "labels": [*_NO_OBJECTS, ("wrong shape", np.zeros(2)),
             ("wrong shape", np.zeros((3, 1)))]}),
        Call("data.Sequences.from_rows", data.Sequences.from_rows, {"rows": [[5, 6], [4, 2]], "labels": [0, 1]},
        {"rows": rows, "labels": labels}),
        Call("data.Sequences.truncate", texts.truncate, {"length": 2, "side": "post"}, {"length": _whole(1),
        "side": _names("pots")}),
        Call("data.Sequences.take", texts.take, {"rows": np.array([0, 1])},
             {"rows": [("wrong type", "x"), ("wrong type", np.array(["a"])), ("wrong type", np.array([0.5])),
             ("wrong shape", np.array([9])),
                       ("wrong shape", np.ones(7, bool)), ("wrong type", None), ("wrong shape", np.zeros((2, 2),
                       int))]}),
        Call("data.pad", data.pad, {"sequences": texts, "length": 4, "padding": "pre", "truncating": "post",
        "value": 0, "seed": 0},
             {"sequences": _NO_OBJECTS, "length": _whole(1, _LONG, ("length over memory", 10**30)),
             "padding": _names("prae", "unpadded"),
              "truncating": _names("pots"), "value": [*_number(), ("wrong type", 0.5), ("ids over the vocabulary",
              2**31)], "seed": _whole(0)}),
        Call("data.with_gaps", data.with_gaps, {"sequences": series, "share": 0.3, "pattern": "block",
        "telling": "zero", "generator": generator},
             {"sequences": [*_NO_OBJECTS, ("wrong type", texts)], "share": _number(("zero length", 0), ("zero length",
             1), ("zero length", -3)),
              "pattern": _names("blok"), "telling": _names("zro"), "generator": _GENERATORS}),
        Call("data.Vocabulary", data.Vocabulary, {"words": ("a", "b")}, {"words": [*_NO_OBJECTS[:3], ("wrong type",
        (1, 2)), ("wrong names", ("a", "a"))]}),
        Call("data.Vocabulary.of", data.Vocabulary.of, {"texts": [["a", "b"]], "size": 5},
             {"texts": [*_NO_OBJECTS[:3], ("wrong type", [3]), ("wrong type", [[1, 2]]), ("wrong type", ["ab"])],
             "size": _whole(3)}),
        Call("data.Vocabulary.encode", data.Vocabulary(("a", "b")).encode, {"text": ["a"]},
        {"text": [*_NO_OBJECTS[:3], ("wrong type", [3, {}])]}),
        Call("data.Dataset.draw", dataset.draw, {"seed": 0, "rows": 1, "validation": 1, "test": 1},
             {"seed": _whole(0), "rows": _whole(1), "validation": _whole(0), "test": _whole(1)}),
        Call("data.Corpus.windows", corpus.windows, {"length": 8}, {"length": _whole(8)}),
        Call("data.Pairs.openings", pairs.openings, {"length": 2}, {"length": _whole(1)}),
        Call("data.Table", data.Table, table,
             {"values": [*_NO_OBJECTS, ("wrong shape", numbers[:5]), ("wrong shape", numbers[:, :2]), ("wrong type",
             numbers.astype(str)),
                         ("not finite", np.full((40, 3), np.inf))],
              "targets": [*_NO_OBJECTS, ("wrong shape", numbers[:7, 0]), ("not finite", numbers[:, 0] * np.nan),
              ("wrong type", numbers[:, 0].astype(str))],
              "columns": [*_NO_OBJECTS[:3], ("wrong shape", ("a", "b")), ("wrong type", (1, 2, 3))],
              "categories": [*_NO_OBJECTS[:3], ("wrong shape", (0, 0)), ("wrong type", ("a", 0, 0)), ("negative ids",
              (0, -1, 0))]}),
        Call("data.Table.split", small.split, {"seed": 0, "rows": 20, "validation": 10, "test": 10},
             {"seed": _whole(0), "rows": _whole(1), "validation": _whole(1), "test": _whole(1)}),
        *(Call(f"data.{load.__name__}", load, {"source": good}, {"source": _names("docstring", "csv:",
        "csv:nowhere.csv", "wine?x=1", "?", ":")})
          for load, good in ((data.load, "keyword?length=8"), (data.load_corpus, "cloze?texts=100"), (data.load_pairs,
          "docstrings"), (data.load_table, "wine"))),
        Call("data.load_table", data.load_table, {"source": "gaussian", "seed": 0, "rows": 50},
             {"source": _names("gausian"), "seed": _whole(0, ("ids over the vocabulary", 2**32)), "rows": _whole(1,
             _LONG)}),
    ]  # fmt: skip


def _of_measures() -> list[Call]:
    generator = np.random.default_rng(0)
    x, y = generator.normal(size=(2, 20, 3))
    shapes = [("wrong shape", x[:5]), ("wrong shape", x[:, :2]), *_numbers_of_any_kind(x)]
    whole = measures.Comparison(x, y)
    return [
        Call("measures.similarity", measures.similarity, {"name": "linear_cka", "x": x, "y": y},
             {"name": _names("liner_cka"), "x": [*_numbers(x), ("wrong shape", x[:3])], "y": [*_numbers(y),
             ("wrong shape", y[:9])]}),
        Call("measures.compare", measures.compare, {"test": "energy", "x": x, "y": y, "generator": generator,
        "exchange": Exchange(9)},
             {"test": _names("enrgy"), "x": _numbers(x), "y": [*_numbers(y), ("wrong shape", y[:, :2])],
             "generator": _GENERATORS,
              "exchange": [("wrong type", 3), ("wrong type", "x"), ("wrong type", _Odd()), ("wrong shape", Exchange(9,
              groups=np.arange(3))),
                           ("wrong shape", Exchange(9, strata=np.arange(3))), ("zero length", Exchange(0)),
                           ("wrong type", Exchange("9")),
                           ("length over memory", Exchange(10**12)), ("wrong type", Exchange(9, groups="ab"))]}),
        Call("measures.Comparison", measures.Comparison, {"reference": x, "probed": y, "changed": y,
        "labels": np.arange(20) % 3},
             {"reference": shapes, "probed": shapes, "changed": [bad for bad in shapes if bad[1] is not None],
             "labels": [("wrong type", "x"),
             ("wrong shape", np.arange(3)), ("label in another type", np.array(["a"] * 20))]}),
        Call("measures.measures[...]", lambda name, comparison: measures.measures[name](comparison),
        {"name": "absolute_shift", "comparison": whole},
             {"name": _names("absolut_shift")}),
        Call("measures.measures['accuracy_drop']", measures.measures["accuracy_drop"],
        {"comparison": measures.Comparison(x, y, labels=np.arange(20) % 3)},
             {"comparison": [("label in another type", whole)]}),
    ]  # fmt: skip


def _numbers_of_any_kind(good: np.ndarray) -> list[BadValue]:
    """States may be nan, of a training that diverged; nothing else may be wrong with them."""
    return [bad for bad in _numbers(good) if bad[0] in ("wrong type", "wrong shape", "empty")]


def _of_models() -> list[Call]:
    sizes = ("units", "layers", "embedding", "length", "outputs")
    kinds = {"model": _names("lsmt"), "masking": _names("nune"), "readout": _names("lsat")}
    flags = {
        name: [("wrong type", value) for value in (None, 2, "yes", [])] for name in ("bidirectional", "classifies")
    }
    return [
        Call("models.Network", models.Network, {"words": 10, "model": "lstm", "masking": "none", "readout": "last"},
             kinds | flags | {name: _whole(1) for name in sizes} | {name: _whole(0) for name in ("words", "features")}),
        Call("models.Network.assemble", lambda **settings: models.Network(**settings).assemble(0), {"words": 10},
             {"words": [_LONG, ("empty", 0)], "units": [_LONG], "embedding": [_LONG]}),
    ]  # fmt: skip


def _of_study() -> list[Call]:
    frame = pd.DataFrame(
        {"seed": [0, 1], "layer": ["a", "b"], "metric": ["m", "validation_loss"], "value": [0.1, 0.2],
        "data": "docstrings",
         "layout": "pre", "padding": "pre", "cell": ["c", "d"], "task": "t"}
    )  # fmt: skip
    frames = [*_NO_OBJECTS, ("empty", pd.DataFrame()), ("wrong names", frame.add_suffix("s"))]
    part = {"what": "w", "effect": lambda table: table, "unit": "u"}
    bad_part = {"what": _NO_TEXTS, "effect": _NO_OBJECTS, "unit": _NO_TEXTS}
    claim = {"id": "X1", "statement": "s", "source": "s", "parts": (study.Above(**part),), "figure": "f"}
    profile = {"name": "smoke", "seeds": 2, "rows": 9, "validation": 9, "test": 9, "epochs": 1}
    experiment = {
        "name": "n",
        "question": "q",
        "design": lambda profile: None,
        "claims": (study.Claim(**claim),),
        "figures": ("f",),
    }
    texts = lambda *names: {name: _NO_TEXTS for name in names}  # noqa: E731
    folders = [
        *_NO_OBJECTS[:2],
        ("wrong type", _Odd()),
        ("wrong place", "nowhere"),
        ("wrong place", ""),
        ("wrong place", "\0"),
    ]
    positive = [*_NO_NUMBERS, ("not finite", np.nan), ("zero length", -1.0)]
    return [
        Call("study.load", study.load, {"folder": Path(__file__).parents[2] / "results/reference"},
        {"folder": folders}),
        Call("study.where", lambda table, **values: study.where(table, **values), {"table": frame, "metric": "m"},
             {"table": frames, "metrc": [("wrong name", "m")]}),
        Call("study.per_seed", study.per_seed, {"table": frame, "metric": "m", "layer": "a"}, {"table": frames,
        "metric": _NO_TEXTS, "layer": _NO_TEXTS}),
        Call("study.at_best_layer", study.at_best_layer, {"table": frame, "by": ["task"]},
             {"table": frames, "by": [*_NO_OBJECTS[:3], ("wrong name", ["tsak"]), ("empty", [])]}),
        Call("study.with_fresh_seeds", study.with_fresh_seeds, {"table": frame, "seen": 1}, {"table": frames,
        "seen": _whole(0)}),
        *(Call(f"study.{of.__name__}", of, {"table": frame}, {"table": frames}) for of in (study.on_real_data,
        study.on_own_side, study.least_loss)),
        Call("study.Above", study.Above, part | {"bound": 0.0, "margin": 1.0}, bad_part | {"bound": _number(),
        "margin": positive}),
        *(Call(f"study.{kind.__name__}", kind, part | {"bound": 0.0},
        bad_part | {"bound": _number()}) for kind in (study.Below, study.AtMost)),
        Call("study.Within", study.Within, part | {"margin": 0.1}, bad_part | {"margin": positive}),
        Call("study.Claim", study.Claim, claim, texts("statement", "source", "figure") | {
            "id": [*_NO_TEXTS, *(("wrong name", name) for name in ("", "X", "1", "Xa", "X1.5"))],
            "parts": [*_NO_OBJECTS[:3], ("empty", ()), ("wrong type", (3,)), ("wrong type", ("a", "b"))]}),
        Call("study.Experiment", study.Experiment, experiment, texts("name", "question") | {
            "design": _NO_OBJECTS, "claims": [*_NO_OBJECTS[:3], ("wrong type", (3,))], "figures": [*_NO_OBJECTS[:3],
            ("wrong type", (3,))],
            "reads": _names("tabels")}),
        Call("study.Profile", study.Profile, profile, texts("name", "data", "table", "corpus", "pairs") | {
            "seeds": _whole(1, ("length over memory", 10**9))} | {size: _whole(1) for size in ("rows", "validation",
            "test", "epochs")}),
        Call("study.Design", study.Design, {"cells": (NoopCell(),)}, {"cells": [*_NO_OBJECTS[:3], ("wrong type",
        (3,))], "skipped": [("wrong type", 3), ("wrong type", "x")]}),
        Call("study.factorial", study.factorial, {"kind": NoopCell, "number": [1, 2]},
             {"kind": [*_NO_OBJECTS, ("wrong type", int), ("wrong type", pd.DataFrame)], "nubmer": [("wrong name",
             [1])],
              "seed": [("length over memory", list(range(10**6)) * 3)]}),
        Call("bench.choose_benchmarks", bench.choose_benchmarks, {"names": ["engine"]},
             {"names": [("wrong type", 3), ("wrong type", [3]), ("wrong name", ["engin"]), ("wrong name", [""]),
             ("wrong type", "engine")]}),
        Call("bench.Figure.of", bench.Figure.of, {"name": "a.b", "values": [1.0, 2], "unit": "s"},
             texts("name", "unit") | {"values": [*_NO_OBJECTS[:2], ("empty", []), ("wrong type", ["a"]),
             ("not finite", [np.nan])]}),
    ]  # fmt: skip


def _function(batch: np.ndarray) -> np.ndarray:
    raise Started


def _of_the_auditor() -> list[Call]:
    batch = np.array([[3, 4, 5, 0], [1, 2, 0, 0]])
    inputs = [
        ("wrong type", "x"), ("wrong type", {}), ("wrong type", _Odd()), ("wrong type", [["a", "b"]]), ("wrong type",
        {"a": None}),
        ("wrong type", np.array([[None, 1]])), ("wrong shape", 3), ("wrong shape", [1, 2]), ("wrong shape",
        np.ones((2, 1))),
        ("wrong shape", np.ones(4)), ("empty", []), ("empty", batch[:0]), ("empty", batch[:, :0]), ("zero length",
        batch * 0),
        ("not finite", np.where(batch == 4, np.nan, batch)), ("not finite", np.where(batch == 4, np.inf, batch)),
        ("wrong type", batch.astype(complex)), ("wrong shape", {"a": batch, "b": batch[:1]}),
    ]  # fmt: skip
    more = {
        "pad_value": [("wrong type", value) for value in ("x", [1], {}, 1j)],
        "side": _names("pots"),
        "time_axis": [*_NO_NUMBERS, ("wrong type", 1.5), ("wrong shape", 0), ("wrong shape", 9), ("wrong shape", -1)],
        "fill": _whole(2),
    }
    return [
        Call("audit_callable", audit_callable, {"function": _function, "inputs": batch},
             {"function": _NO_OBJECTS, "inputs": [*inputs, ("wrong type", None)], **more}),
        *(Call(f"{of.__name__}", of, {"model": _model(), "inputs": batch}, {
            "model": [*_NO_OBJECTS, ("wrong type", _function)], "inputs": [*inputs, ("ids over the vocabulary",
            batch * 9), ("negative ids", -batch)],
            **more,
            "pad_value": [*more["pad_value"], ("ids over the vocabulary", 10), ("negative ids", -1)],
            "seed": _whole(0)}) for of in (audit, testing.assert_padding_invariant)),
    ]  # fmt: skip


@cache
def _model() -> Any:
    """A small Keras model with a vocabulary of ten."""
    from bad_calls import small_model

    from padleak.models import backend

    content = small_model()
    backend.start()
    import keras

    with tempfile.NamedTemporaryFile(suffix=".keras") as file:
        file.write(content)
        file.flush()
        return keras.saving.load_model(file.name)


def registries() -> dict[str, Any]:
    """All registries that are public, by name."""
    from padleak.registry import Registry

    found = {}
    for package in PUBLIC:
        module = importlib.import_module(package)
        found |= {name: getattr(module, name) for name in module.__all__ if isinstance(getattr(module, name), Registry)}
    return found


def _of_registries() -> list[Call]:
    return [
        Call(name, registry.__getitem__, {"name": registry.names()[0]}, {"name": _names(registry.names()[0] + "q")})
        for name, registry in registries().items()
    ]


def public_names() -> set[str]:
    """All names that the packages offer."""
    return {name for package in PUBLIC for name in importlib.import_module(package).__all__}


def bad_arguments() -> st.SearchStrategy[Attempt]:
    """Public functions, one or two of whose arguments are bad."""
    return _with_bad_arguments(calls())


@st.composite
def _with_bad_arguments(draw: st.DrawFn, calls: tuple[Call, ...]) -> Attempt:
    call = draw(st.sampled_from(calls))
    chosen = draw(st.lists(st.sampled_from(sorted(call.bad)), min_size=1, max_size=2, unique=True))
    return attempt(call, {name: draw(st.sampled_from(call.bad[name])) for name in chosen})


def attempt(call: Call, bad: dict[str, BadValue]) -> Attempt:
    """A function with bad values for some of its arguments; with none it must be taken for good."""
    given = {name: value for name, (_, value) in bad.items()}

    def throw() -> Any:
        def start(*_: Any, **__: Any) -> None:
            raise Started

        with patch("padleak.audit.examine", start):
            return call.function(**(call.good | given))

    told = ", ".join(f"{name}={repr(value)[:80]}" for name, value in given.items())
    kind = next((what for what, _ in bad.values()), "nothing")
    one = len(bad) == 1
    says = ("GiB",) if kind == "length over memory" and one and call.name in ("data.pad", "data.load_table") else ()
    # Two of wrong shape may fit each other.
    fit = len(bad) == 2 and all(what == "wrong shape" for what, _ in bad.values())
    return Attempt(DOOR, kind, f"{call.name}({told})", throw, must_refuse=bool(bad) and not fit, says=says)
