"""What a worker does with the cells it is given."""

import dataclasses
import functools
import os
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from padleak.errors import InputError
from padleak.study import unfinished
from padleak.study.cell import Cell
from padleak.study.limit import TimeLimit
from padleak.study.pack import pack
from padleak.study.parcel import Parcel
from padleak.study.store import Store

UNDER_WAY = "padleak cells under way"
"""Topic of the events by which workers say how far a cell is: its key and the share that is done."""
GIVEN_UP = "padleak cells given up"
"""Topic of the events by which workers say, before they end themselves, which cell they could not stop: its key."""
Progress = Callable[[str, str | None], None]
"""Called with the key of each cell done, and what went wrong or None."""
UnderWay = Callable[[str, float], None]
"""Called with the key of a cell and the share of its work that is done."""
_SECONDS_BETWEEN_EVENTS = 1.0
_SECONDS_FOR_LAST_WORDS = 3.0


def nobody(key: str, share: float) -> None:
    """Hear that a cell is under way, and take no notice."""


_SLICE_SECONDS = 0.5
"""After so long a worker reports and hands back what it did not come to: progress is told, and others can help."""


class Keeper(Protocol):
    """Keeps results: a `Store`, or a `Parcel` on its way to one.

    Attributes:
        folder: Where results are, if that is on this machine.
    """

    folder: Path | None

    def __contains__(self, key: str) -> bool: ...

    def put(self, key: str, files: Mapping[str, bytes]) -> None: ...

    def write_failure(self, cell: Cell, error: BaseException) -> None: ...


@dataclass(frozen=True)
class Report:
    """What came of some of the cells that a worker was given.

    Attributes:
        worker: Its address.
        done: Key -> what went wrong, or None.
        parcel: The results, where the worker could not put them into the store itself.
    """

    worker: str
    done: dict[str, str | None]
    parcel: Parcel | None


def run_cell(
    cell: Cell,
    keeper: Keeper,
    under_way: UnderWay = nobody,
    limit: TimeLimit | None = None,
    give_up: Callable[[], None] = lambda: None,
) -> str | None:
    """Run a cell and keep what comes of it.

    Args:
        cell: What to run.
        keeper: Where the outcome goes.
        under_way: Told how far a cell is that says so.
        limit: How long it may take.
        give_up: Called when it can be stopped by nothing else.

    Returns:
        What went wrong, or None.
    """
    if cell.key in keeper:  # a worker that was lost had finished it
        return None
    try:
        start = time.perf_counter()
        with unfinished.at_hand(keeper.folder, functools.partial(under_way, cell.key)):
            outcome = limit.hold(cell.run, give_up) if limit else cell.run()
        seconds = {"seconds": time.perf_counter() - start}
        files = pack(cell, dataclasses.replace(outcome, facts=outcome.facts | seconds))
    except Exception as caught:  # whatever a cell does wrong, it is kept with its reason
        keeper.write_failure(cell, caught)
        return f"{type(caught).__name__}: {caught}"
    keeper.put(cell.key, files)
    return None


def run_slice(cells: list[Cell], store: Store, probe: Path, limit: TimeLimit | None = None) -> Report:
    """Run the first of the cells, for some seconds, but at least one.

    Args:
        cells: All of one shape.
        store: The client's.
        probe: A file that holds its own name; who reads that sees the client's store.
        limit: How long a cell may take.
    """
    from distributed import get_worker

    keeper = store if sees(probe) else Parcel()
    done, tell = {}, get_worker().log_event
    under_way = _seldom(lambda *event: tell(UNDER_WAY, event))
    until = time.monotonic() + _SLICE_SECONDS
    for cell in cells:
        _refuse_another_key(cell)
        done[cell.key] = run_cell(cell, keeper, under_way, limit, functools.partial(_end_worker, tell, cell.key))
        if time.monotonic() > until:
            break
    return Report(get_worker().address, done, keeper if isinstance(keeper, Parcel) else None)


def _end_worker(tell: Callable[[str, str], None], key: str) -> None:
    """What cannot be stopped ends with its process; somebody starts another."""
    tell(GIVEN_UP, key)
    time.sleep(_SECONDS_FOR_LAST_WORDS)
    os._exit(1)


def sees(probe: Path) -> bool:
    """Whether the client's results folder is here, too, and not another one of the same name."""
    try:
        return probe.read_text() == probe.name
    except OSError:
        return False


def _refuse_another_key(cell: Cell) -> None:
    """The key came with the cell. Made here, it must be the same, or the result would be kept under a wrong name."""
    try:
        differs = f"another key for {cell}" if dataclasses.replace(cell).key != cell.key else ""
    except InputError as error:  # the worker lacks a file, or a name that the client knows
        differs = f"no key for a cell of kind {cell.kind} ({error})"
    if differs:
        raise InputError("workers of the cluster", "with the same data files, code and KERAS_BACKEND as here", differs)


def _seldom(tell: UnderWay) -> UnderWay:
    """The same, but called no more than once in a while."""
    told = -_SECONDS_BETWEEN_EVENTS

    def tell_seldom(key: str, share: float) -> None:
        nonlocal told
        if time.monotonic() - told >= _SECONDS_BETWEEN_EVENTS:
            told = time.monotonic()
            tell(key, share)

    return tell_seldom
