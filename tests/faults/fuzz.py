"""Throw bad inputs at every door: is each refused with one clear message, before any work?

    python tests/faults/fuzz.py --inputs 10000 --seed 1

The doors are the command line (`bad_calls.py`), the public functions (`bad_arguments.py`) and data files (`bad_files.py`).
An input is refused with an `InputError`, or with exit code 2 and one message. Whatever else is raised counts as a traceback.
Where work would begin, `bad_calls.py` has put a `Started` instead: nothing is trained here.
"""

import argparse
import contextlib
import faulthandler
import os
import resource
import shutil
import signal
import sys
import tempfile
import time
import traceback
import warnings
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import hypothesis
import psutil
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from rich.console import Console
from rich.table import Table

from padleak.errors import InputError

OUTCOMES = ("refused", "accepted", "traceback", "hang", "wrong result")
FAULTS = OUTCOMES[2:]
PATIENCE = 20
"""Seconds for one input."""
_MEMORY = 8 * 2**30
"""What the inputs may take beside what the process has: an array for a length that no memory holds fails here, and at once."""


class Refused(Exception):
    """A command line ended with exit code 2; its words are the message."""


class Started(BaseException):
    """Stands where work would begin. No `except Exception` holds it."""


class _TooLong(BaseException):
    """An input took longer than is waited for."""


@dataclass(frozen=True)
class Attempt:
    """One bad input.

    Attributes:
        door: What it is thrown at.
        kind: What is bad about it.
        told: The input in words, to throw it again.
        throw: Called in an empty folder, the working directory.
        must_refuse: Whether it is bad for certain; where it may happen to be good, `check` looks at what came of it.
        says: What the message must hold.
        check: What is wrong with the result of an input that was accepted; None if nothing.
    """

    door: str
    kind: str
    told: str
    throw: Callable[[], Any]
    must_refuse: bool = True
    says: tuple[str, ...] = ()
    check: Callable[[Any], str | None] = lambda result: None


@dataclass
class Tally:
    """What became of the inputs.

    Attributes:
        counts: (kind, outcome) -> inputs.
        doors: (door, outcome) -> inputs.
        faults: Outcome, input and what was seen, of all that should not be.
        slowest: Seconds of the slowest input, and which it was.
    """

    counts: Counter = field(default_factory=Counter)
    doors: Counter = field(default_factory=Counter)
    faults: list[tuple[str, Attempt, str]] = field(default_factory=list)
    slowest: tuple[float, str] = (0.0, "")

    def add(self, attempt: Attempt) -> None:
        """Throw an input and note what became of it."""
        start = time.monotonic()
        outcome, seen = throw(attempt)
        self.slowest = max(self.slowest, (time.monotonic() - start, attempt.told[:200]))
        self.counts[attempt.kind, outcome] += 1
        self.doors[attempt.door, outcome] += 1
        if outcome in FAULTS:
            self.faults.append((outcome, attempt, seen))

    @property
    def inputs(self) -> int:
        """Inputs of all kinds."""
        return self.counts.total()

    def of(self, outcome: str) -> int:
        """Inputs with an outcome."""
        return sum(count for (_, seen), count in self.counts.items() if seen == outcome)

    def tables(self) -> Iterator[Table]:
        """Outcomes by kind, and by door."""
        for title, counts in (("kind", self.counts), ("door", self.doors)):
            table = Table(title_justify="left")
            for heading in (title, "inputs", *OUTCOMES):
                table.add_column(heading, justify="left" if heading == title else "right")
            for name in sorted({name for name, _ in counts}):
                row = [counts[name, outcome] for outcome in OUTCOMES]
                table.add_row(name, *map(str, (sum(row), *row)))
            row = [self.of(outcome) for outcome in OUTCOMES]
            table.add_row("all", *map(str, (sum(row), *row)), style="bold")
            yield table


def fuzz(inputs: int, seed: int, attempts: st.SearchStrategy[Attempt] | None = None) -> Tally:
    """Throw so many inputs, drawn by Hypothesis."""
    tally = Tally()
    drawn = all_attempts() if attempts is None else attempts

    @hypothesis.seed(seed)
    @settings(
        max_examples=inputs, database=None, deadline=None, derandomize=False, phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )  # fmt: skip
    @hypothesis.given(drawn)
    def throw_each(attempt: Attempt) -> None:
        tally.add(attempt)

    throw_each()
    return tally


def all_attempts() -> st.SearchStrategy[Attempt]:
    """Of every door about as many."""
    from bad_arguments import bad_arguments
    from bad_calls import bad_calls
    from bad_files import bad_files

    doors = (bad_calls(), bad_arguments(), bad_files())
    return st.sampled_from(range(len(doors))).flatmap(
        lambda door: doors[door]
    )  # one_of would count the kinds behind a door


def throw(attempt: Attempt) -> tuple[str, str]:
    """Throw one input from an empty folder; the outcome, and what was seen."""
    try:
        with _in_an_empty_folder(), _no_longer_than(PATIENCE), warnings.catch_warnings():
            warnings.simplefilter("error")  # a warning on a screen says of a bad input what a message should
            warnings.filterwarnings("ignore", category=DeprecationWarning)
            result = attempt.throw()
            if attempt.must_refuse:
                return "wrong result", f"was taken for good and gave {repr(result)[:500]}"
            wrong = attempt.check(result)
            return ("wrong result", wrong) if wrong else ("accepted", "")
    except (InputError, Refused) as error:
        return _judge(attempt, str(error))
    except Started:
        return ("wrong result", "work would have begun") if attempt.must_refuse else ("accepted", "")
    except _TooLong:
        return "hang", f"after {PATIENCE} s: {traceback.format_exc()[-1500:]}"
    except Exception:
        return "traceback", traceback.format_exc()


def _judge(attempt: Attempt, message: str) -> tuple[str, str]:
    """A refusal must say what it has to, in few words, and leave nothing behind."""
    missing = [words for words in attempt.says if words not in message]
    if missing:
        return "wrong result", f"says nothing of {missing}: {message}"
    if len(message) > 3000:
        return "wrong result", f"a message of {len(message)} characters: {message[:500]}"
    return "refused", message


@contextlib.contextmanager
def _in_an_empty_folder() -> Iterator[None]:
    before = os.getcwd()
    folder = tempfile.mkdtemp()
    os.chdir(folder)
    try:
        yield
    finally:
        os.chdir(before)
        shutil.rmtree(folder, ignore_errors=True)


@contextlib.contextmanager
def _no_longer_than(seconds: float) -> Iterator[None]:
    """Ends what takes longer; what does not even listen to signals ends the process, and says where it was."""

    def stop(*_: object) -> None:
        raise _TooLong

    before = signal.signal(signal.SIGALRM, stop)
    signal.setitimer(signal.ITIMER_REAL, seconds, 1)  # again, should a callback swallow it
    faulthandler.dump_traceback_later(6 * seconds, exit=True, file=sys.__stderr__)
    try:
        yield
    finally:
        faulthandler.cancel_dump_traceback_later()
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)


def files_here() -> set[str]:
    """Names of all that is in the working directory."""
    return {path.as_posix() for path in Path().rglob("*")}


def main() -> None:
    """The command: exit code 1 if anything is not as it should be."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--inputs", type=int, default=10_000)
    parser.add_argument("--seed", type=int, default=0)
    asked = parser.parse_args()
    limit = psutil.Process().memory_info().vms + _MEMORY
    resource.setrlimit(resource.RLIMIT_DATA, (limit, resource.RLIM_INFINITY))
    start = time.monotonic()
    tally = fuzz(asked.inputs, asked.seed)
    console = Console(width=160)
    for table in tally.tables():
        console.print(table)
    for outcome, attempt, seen in tally.faults:
        print(f"\n{outcome}: {attempt.door}, {attempt.kind}: {attempt.told}\n{seen}", file=sys.stderr)
    print(
        f"seed {asked.seed}: {tally.inputs} bad inputs, {', '.join(f'{tally.of(name)} {name}' for name in OUTCOMES)}; "
        f"{time.monotonic() - start:.0f} s, the slowest input {tally.slowest[0]:.1f} s"
    )
    sys.exit(bool(tally.faults))


if __name__ == "__main__":
    from fuzz import main as start  # the doors raise what is defined there, not here

    start()
