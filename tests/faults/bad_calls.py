"""Bad command lines, made from the verbs and options that the application has registered: a new option is thrown at, too."""

import contextlib
import inspect
import io
import json
import os
import sys
import types
import typing
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple
from unittest.mock import patch

from fuzz import Attempt, Refused, Started, files_here
from hypothesis import strategies as st

from padleak import bench, cli
from padleak.study.experiment import find_experiments
from padleak.study.grid import PROFILES

DOOR = "command line"


class Parameter(NamedTuple):
    """An argument or option of a verb.

    Attributes:
        option: As it is typed; "" for an argument.
        kind: Of its value; bool for a flag.
        low: The least number that it takes, or None.
        required: Whether the verb insists on it.
    """

    option: str
    kind: type
    low: float | None
    required: bool


@cache
def verbs() -> dict[str, tuple[Parameter, ...]]:
    """All verbs with what they take, as they were registered."""
    return {
        command.name or command.callback.__name__: tuple(map(_parameter, _signature(command.callback)))
        for command in cli.app.registered_commands
    }


def _signature(callback: Any) -> list[inspect.Parameter]:
    return list(inspect.signature(callback, eval_str=True).parameters.values())


def _parameter(parameter: inspect.Parameter) -> Parameter:
    kind, about = typing.get_args(parameter.annotation)[:2]
    if isinstance(kind, types.UnionType):
        kind = typing.get_args(kind)[0]
    kind = (typing.get_args(kind) or [kind])[0]  # of a list, what it holds
    named = (about.default, *(about.param_decls or ()))  # typer takes the first for a default, until it looks
    declared = next((name for name in named if isinstance(name, str) and name.startswith("--")), None)
    is_option = type(about).__name__ == "OptionInfo"
    option = (declared or "--" + parameter.name.replace("_", "-")) if is_option else ""
    return Parameter(option, kind, about.min, parameter.default is inspect.Parameter.empty)


def bad_calls() -> st.SearchStrategy[Attempt]:
    """Command lines of every kind."""
    return st.one_of(
        _unknown_verbs(), _unknown_options(), _bad_numbers(), _no_value(), _wrong_names(), _bad_sources(),
        _anything(), _bad_places(), _odd_results(), _broken_experiments(), _bad_models(), _far_too_many(),
    )  # fmt: skip


def attempt(kind: str, argv: list[str], **facts: Any) -> Attempt:
    """An attempt that calls the application."""
    return Attempt(DOOR, kind, "padleak " + " ".join(map(ascii, argv)), lambda: call(argv), **facts)


def call(argv: list[str]) -> tuple[int, str]:
    """Call the application in this process: exit code and stdout.

    Raises:
        Refused: Exit code 2, with its message.
        Started: Work would have begun.
    """
    out, err = (io.TextIOWrapper(io.BytesIO(), "utf-8", errors) for errors in ("strict", "backslashreplace"))
    before = files_here()
    with patch.object(sys, "argv", ["padleak", *argv]), _nothing_starts():
        try:
            with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
                cli.main()
            code = 0
        except SystemExit as end:
            code = end.code if isinstance(end.code, int) else int(end.code is not None)
    said, told = (stream.buffer.getvalue().decode() for stream in (_flushed(out), _flushed(err)))
    if code != 2:
        return code, said
    lines = told.rstrip("\n").split("\n")
    messages = [line for line in lines if line.startswith(("padleak: ", "Error: "))]
    if said or len(messages) != 1 or messages[0] != lines[-1]:
        raise AssertionError(f"not one message at the end: stdout {said!r}, stderr {told!r}")
    if left := files_here() - before:
        raise AssertionError(f"refused, and left {left} behind: {messages[0]}")
    raise Refused(messages[0])


def _flushed(stream: io.TextIOWrapper) -> io.TextIOWrapper:
    stream.flush()
    return stream


@contextlib.contextmanager
def _nothing_starts() -> Iterator[None]:
    """A `Started` in place of training, reading networks, measuring speed and asking a cluster."""

    def start(*_: Any, **__: Any) -> None:
        raise Started

    idle = [bench.Benchmark("idle", "", start)]
    choose = bench.choose_benchmarks
    with contextlib.ExitStack() as stack:
        for place in (
            "padleak.cli.running.run_plan",
            "padleak.study.estimate.calibrate",
            "padleak.study.reproduce.schedule.run",
            "padleak.audit.examine",
        ):
            stack.enter_context(patch(place, start))
        stack.enter_context(patch("padleak.bench.choose_benchmarks", lambda names: choose(names) and idle))
        yield


@st.composite
def misspelt(draw: st.DrawFn, names: list[str]) -> tuple[str, str]:
    """A name with two letters exchanged, one left out or one more; and the name itself."""
    name = draw(st.sampled_from([name for name in names if len(name) > 3]))
    place = draw(st.integers(1, len(name) - 2))
    wrong = draw(
        st.sampled_from(
            [
                name[:place] + name[place + 1] + name[place] + name[place + 2 :],
                name[:place] + name[place + 1 :],
                name[:place] + "q" + name[place:],
            ]
        )
    )
    return (wrong if wrong not in names else name + "q"), name


def text() -> st.SearchStrategy[str]:
    """What a shell can hand over: any bytes but NUL; never out of the working directory."""
    words = st.binary(max_size=20).map(lambda raw: os.fsdecode(raw.replace(b"\0", b"")))
    return words.map(lambda word: word.lstrip("/-").replace("..", "_"))


def _a_verb() -> st.SearchStrategy[str]:
    return st.sampled_from(sorted(verbs()))


def _needed(verb: str) -> list[str]:
    """Arguments without which the verb says that one is missing."""
    return ["model.keras" for parameter in verbs()[verb] if parameter.required]


@st.composite
def _unknown_verbs(draw: st.DrawFn) -> Attempt:
    wrong, _ = draw(misspelt(sorted(verbs())))
    return attempt("wrong name", [wrong], says=("No such command",))


@st.composite
def _unknown_options(draw: st.DrawFn) -> Attempt:
    verb = draw(_a_verb())
    wrong, _ = draw(misspelt([parameter.option[2:] for parameter in verbs()[verb] if parameter.option]))
    return attempt("wrong name", [verb, *_needed(verb), f"--{wrong}"], says=("No such option",))


@st.composite
def _no_value(draw: st.DrawFn) -> Attempt:
    asked = [(verb, p.option) for verb in verbs() for p in verbs()[verb] if p.option and p.kind is not bool]
    verb, option = draw(st.sampled_from(asked))
    return attempt("no value", [verb, *_needed(verb), option], says=("requires an argument",))


_NO_NUMBERS = ("two", "", " ", "1,5", "0x", "1e", "None", "٣..", "--", "nan?", "½")


@st.composite
def _bad_numbers(draw: st.DrawFn) -> Attempt:
    asked = [(verb, p) for verb in verbs() for p in verbs()[verb] if p.kind in (int, float)]
    verb, parameter = draw(st.sampled_from(asked))
    wrong = list(_NO_NUMBERS)
    if parameter.kind is int:
        wrong += ["1.5", "nan", "inf", "1e3"]
    if parameter.low is not None:
        wrong += [str(parameter.low - 1), "-9" * 9, "nan", "-inf"]
    value = draw(st.sampled_from(wrong))
    return attempt("wrong type", [verb, *_needed(verb), f"{parameter.option}={value}"])


@st.composite
def _wrong_names(draw: st.DrawFn) -> Attempt:
    calls = {
        "profile": (["run", "--profile"], sorted(PROFILES)),
        "listed": (["list", "-p"], sorted(PROFILES)),
        "experiment": (["run"], _experiments()),
        "benchmark": (["bench"], _benchmarks()),
        "data set": (["run", "--dataset"], ["docstrings", "keyword", "majority", "diabetes", "breast_cancer", "pairs",
        "parquet"]),
    }  # fmt: skip
    before, names = calls[draw(st.sampled_from(sorted(calls)))]
    wrong, name = draw(misspelt(names))
    return attempt("wrong name", [*before, wrong], says=("Did you mean", name) if len(name) > 5 else ())


@cache
def _experiments() -> list[str]:
    return sorted(find_experiments())


@cache
def _benchmarks() -> list[str]:
    return sorted(
        file.stem for file in bench.benchmarks_folder().glob("[!_]*.py") if "BENCHMARK = " in file.read_text()
    )


@st.composite
def _bad_sources(draw: st.DrawFn) -> Attempt:
    """Data sources without their file, with options that are none, or options that do not go together."""
    value = draw(text()) or "x"
    source, *more = draw(
        st.sampled_from(
            [
                [f"csv:{value}.csv"], ["csv"], ["csv:"], ["lines:a,b"], ["lines:"], ["npz:none.npz?fill=x"],
                ["keras:imbd"],
                ["keyword:file"], ["keyword?length=0"], ["keyword?length=-5"], ["keyword?length=two"],
                ["keyword?lenght=5"],
                ["keyword?words=1"], ["majority?margin=nan"], ["majority?margin=2"], ["frequency?noise=inf"],
                ["frequency?noise=-1"], ["frequency?classes=1000"], ["first_token?classes=0"], ["docstrings?text=half"],
                ["docstrings?words=-1"], ["docstrings?words=2"], ["cloze?texts=0"], ["cloze?texts=-3"],
                ["cloze?length=0"],
                ["cloze?texts=1"], ["wine?target=y"], ["gaussian"], ["mixed"], ["wine", "--text", value], ["wine",
                "--label", "a"],
                ["docstrings", "--missing", "?"], ["docstrings", "--target", "y"], ["cloze", "--text", value],
                ["keyword?length=1000000000000"], ["first_token?length=99999999999", "-p", "smoke"],
                ["cloze?length=10000000000"], ["cloze?texts=1000000000000"], ["", "--text", value], ["",
                "--categorical", "x"],
                ["keyword?length=1e3"], ["keyword?" + "length=9&" * 3 + "x=1"], ["majority?words=-9"],
                ["adding?length=7"],
            ]
        )
    )  # fmt: skip
    kind = "length over memory" if "0000000" in source or "99999" in source else "wrong source"
    says = ("GiB",) if kind == "length over memory" else ()
    return attempt(kind, ["run", *more, f"--dataset={source}"], says=says)


@st.composite
def _far_too_many(draw: st.DrawFn) -> Attempt:
    """Seeds whose cells no memory holds."""
    seeds = draw(st.integers(10**7, 10**15))
    return attempt("length over memory", ["run", "--seeds", str(seeds)], says=("seeds",))


@st.composite
def _bad_places(draw: st.DrawFn) -> Attempt:
    """Files and folders that are not there, or are the other of the two."""
    value = draw(text()) or "x"
    argv = draw(
        st.sampled_from(
            [
                ["report", value], ["check", value], ["report", value, "--into", value], ["audit", value],
                ["audit", "model.keras"], ["audit", "."], ["audit", "model.keras", "--json", "no/folder.json"],
                ["audit", "model.keras", "--html", "."], ["bench", "--json", "."], ["bench", "--json", "no/where.json"],
                ["run", "--scheduler", "a b"], ["run", "--scheduler", "tcp://host"], ["run", "--resource", "GPU=1"],
                ["run", "--scheduler", "a:1", "--resource", value], ["run", "--scheduler", "a:1", "--resource",
                "GPU=0"],
                ["run", "--scheduler", "a:1", "--resource", "GPU=nan"], ["run", "--scheduler", "a:1", "--resource",
                "GPU=inf"],
                ["run", "--scheduler", "a:1", "--workers", "2"], ["run", "--wait", "3"],
                ["run", "--scheduler", "a:1", "--wait", "nan"], ["list", value], ["check", "a", "b"],
            ]
        )
    )  # fmt: skip
    return attempt("wrong place", argv)


@st.composite
def _anything(draw: st.DrawFn) -> Attempt:
    """Any verb with any text for any of its options: some of it may happen to be good."""
    verb = draw(_a_verb())
    argv = [verb]
    for parameter in draw(st.lists(st.sampled_from(verbs()[verb]), min_size=1, max_size=4)):
        value = draw(
            st.one_of(text(), st.integers(-3, 30).map(str), st.sampled_from(["smoke", "both", "nan", "1e9", "."]))
        )
        argv += (
            [parameter.option] if parameter.kind is bool else [parameter.option, value] if parameter.option else [value]
        )
    return attempt("any text", argv, must_refuse=False, check=_ended_well)


def _ended_well(result: tuple[int, str]) -> str | None:
    """`list` comes to its end, and so does help; nothing else may."""
    code, said = result
    return None if code in (0, 1) and said else f"exit code {code} and {said!r}"


_RUNS = (
    "", "[]", "{}", "null", "3", '{"experiments": 3}', '{"experiments": {}}', '{"profile": {}, "experiments": {}}', "{",
    '{"profile": {"name": "smoke"}, "experiments": {"a": {}}}', '{"profile": 3, "experiments": []}', '\xff"',
    '"\\ud800"',
    '{"profile": {"nmae": "smoke"}, "experiments": {}}',
)  # fmt: skip
_OTHERS = ("", "[]", "{}", '[{"id": 3}]', "[3]", "null", '[{"id": "C1", "verdict": "maybe"}]')


@st.composite
def _odd_results(draw: st.DrawFn) -> Attempt:
    """Folders that look like results, and hold something else."""
    run, verdicts = draw(st.sampled_from(_RUNS)), draw(st.sampled_from(_OTHERS))
    extra = draw(st.sampled_from([[], ["--json"], ["--reproduce", "2"], ["--against", "odd"]]))
    reports = [["report", "odd", *more] for more in ([], ["--watch"], ["--into", "README.md"])]
    argv = draw(st.sampled_from([*reports, ["check", "odd", *extra], ["compare", "odd", "odd"]]))
    readme = draw(st.sampled_from([b"", b"\xff\xfe", b"<!-- results -->" * 2, b"<!-- results -->"]))

    def throw() -> Any:
        Path("odd").mkdir()
        Path("odd/run.json").write_bytes(run.encode("latin-1"))
        Path("odd/verdicts.json").write_text(verdicts)
        Path("README.md").write_bytes(readme)
        return call(argv)

    told = f"padleak {' '.join(argv)} where run.json is {run!r}, verdicts.json {verdicts!r}, README.md {readme!r}"
    return Attempt(DOOR, "torn file", told, throw, must_refuse=False, check=_ended_well)


_GOOD = '''"""A question."""
from padleak.study import Design, Experiment, factorial
from padleak.study.trials.noop import NoopCell

def design(profile):
    cells = factorial(NoopCell, number=[1, 2])
    return cells

EXPERIMENT = Experiment("asked", "Why?", design, (), ())
'''
_ERRORS = {
    3: ["from padleak.study.trials.noop import NopCell", "import no_such_module", "from padleak import *, x", "1 / 0",
    "def f("],
    6: ["    cells = factorial(NoopCell, nubmer=[1])", "    cells = factorial(NoopCell, number=[1]) + 1",
        "    cells = factorial(NoopCell, number=profile.sedes)", "    cells = undefined", "    raise SystemError",
        "    cells = [",
        "    cells = profile.pick(1)", "    raise KeyError('x')"],
    9: ["EXPERIMENT = Experiment('asked')", "EXPERIMENT = Experiment('asked', 'Why?', dsign, (), ())",
    "raise ValueError('a\\nb')"],
}  # fmt: skip
_NO_EXPERIMENTS = (
    "", "EXPERIMENT = 3", "\0", "\xff", "EXPERIMENT = None", _GOOD.replace('"asked"', '"other"'),
    _GOOD.replace("return cells", "return 3"), _GOOD.replace("return cells", "return None"), 
    _GOOD.replace("design, ()", "3, ()"),
)  # fmt: skip


@st.composite
def _broken_experiments(draw: st.DrawFn) -> Attempt:
    """A file of the experiments' folder with an error in one of its lines."""
    number = draw(st.sampled_from(sorted(_ERRORS)))
    line = draw(st.sampled_from(_ERRORS[number]))
    lines = _GOOD.split("\n")
    lines[number - 1] = line
    code, says = "\n".join(lines), (f"asked.py, line {number}",)
    if line.rstrip().endswith(("[", "(")):  # Python may find out later that a bracket is open
        says = ("asked.py, line",)
    if draw(st.integers(0, 3)) == 0:
        code, says = draw(st.sampled_from(_NO_EXPERIMENTS)), ("asked.py",)
    argv = draw(st.sampled_from([["run"], ["list"], ["run", "asked", "-p", "smoke"], ["list", "--json"]]))

    def throw() -> Any:
        Path("questions").mkdir()
        Path("questions/asked.py").write_bytes(code.encode("latin-1"))
        with patch.dict(os.environ, PADLEAK_EXPERIMENTS="questions"):
            return call(argv)

    return Attempt(DOOR, "experiment with an error", f"padleak {' '.join(argv)} with {code!r}", throw, says=says)


_BATCHES = (
    "missing",
    "folder",
    "empty",
    "text",
    "zip",
    "torn",
    "objects",
    "names",
    "few",
    "ids",
    "nan",
    "ragged",
    "static",
)


@st.composite
def _bad_models(draw: st.DrawFn) -> Attempt:
    """What is no model, and batches that are none for it."""
    model = draw(st.sampled_from(["good", "good", "text", "zip", "torn", "folder"]))
    batch = draw(st.sampled_from(_BATCHES)) if model == "good" else ""
    more = draw(st.sampled_from([[], ["--side", "left"], ["--time-axis", "9"], ["--custom", ""], ["--custom", ".x"],
                                 ["--custom", "no.such.module"], ["--pad-value", "nan"], ["--pad-value",
                                 "99"]]))  # fmt: skip
    argv = ["audit", "model.keras", *(["--inputs", "batch.npz"] if batch else []), *more]

    def throw() -> Any:
        lay_model(Path("model.keras"), model)
        if batch:
            lay_batch(Path("batch.npz"), batch)
        return call(argv)

    kind = {"ids": "ids over the vocabulary", "nan": "not finite", "few": "one row", "empty": "empty"}.get(
        batch, "torn file"
    )
    return Attempt(DOOR, kind, f"padleak {' '.join(argv)} where the model is {model}, the batch {batch}", throw)


def lay_model(path: Path, how: str) -> None:
    """A small model with a vocabulary of ten, or something that is none."""
    if how == "folder":
        path.mkdir()
        return
    whole = small_model()
    content = {
        "good": whole,
        "torn": whole[: len(whole) // 2],
        "text": b"no model",
        "zip": _zipped("config.json", "{}"),
    }
    path.write_bytes(content[how])


@cache
def small_model() -> bytes:
    """A Keras file."""
    import tempfile

    from padleak.models import backend

    backend.start()
    import keras

    inputs = keras.Input((None,), dtype="int32")
    values = keras.layers.Embedding(10, 3, mask_zero=True)(inputs)
    model = keras.Model(inputs, keras.layers.SimpleRNN(2)(values))
    with tempfile.TemporaryDirectory() as folder:
        model.save(Path(folder) / "model.keras")
        return (Path(folder) / "model.keras").read_bytes()


def _zipped(name: str, content: str) -> bytes:
    import zipfile

    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as archive:
        archive.writestr(name, content)
    return stream.getvalue()


def lay_batch(path: Path, how: str) -> None:
    """A batch that `small_model` cannot take."""
    import numpy as np

    arrays = {
        "objects": {"inputs": np.array([None, 3])},
        "names": {"inputs": np.array([["a", "b"]])},
        "few": {"inputs": np.array([[3, 0, 0]])},
        "ids": {"inputs": np.array([[3, 4, 12], [1, 2, 0]])},
        "nan": {"inputs": np.array([[3, 4, np.nan], [1, 2, 0]])},
        "ragged": {"inputs": np.array([3, 4, 5])},
        "static": {"inputs": np.ones((0, 4))},
    }
    if how in arrays:
        np.savez(path, **arrays[how])
    elif how == "folder":
        path.mkdir()
    elif how == "torn":
        np.savez(path, inputs=np.ones((4, 5)))
        path.write_bytes(path.read_bytes()[:60])
    elif how != "missing":
        path.write_bytes({"empty": b"", "text": b"no batch", "zip": _zipped("a.txt", json.dumps(3))}[how])
