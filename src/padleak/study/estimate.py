"""How much work a study is: a rough count for each cell, and a short calibration of how long that takes here."""

import time
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from padleak.study.cell import Cell

_EFFORT_OF_A_PROGRAM = 3e6
"""Effort (see `Cell.effort`) that could be made in the two or three seconds in which a program is compiled."""

_EFFORT_OF_A_CELL = 5e4
"""What every cell takes beside that: building, loading, writing."""


def effort(cells: Sequence[Cell]) -> float:
    """Of running cells whose programs are compiled."""
    return sum(_EFFORT_OF_A_CELL + cell.effort() for cell in cells)


def compiling(cells: Sequence[Cell]) -> float:
    """Effort of compiling for cells of one shape."""
    return _EFFORT_OF_A_PROGRAM * cells[0].programs()


def by_shape(cells: Iterable[Cell]) -> list[list[Cell]]:
    """Cells that share programs, together; the longest work first."""
    shapes = defaultdict(list)
    for cell in cells:
        shapes[cell.shape()].append(cell)
    return sorted(shapes.values(), key=lambda group: effort(group) + compiling(group), reverse=True)


def weigh(cells: Iterable[Cell]) -> dict[str, float]:
    """Key -> share of the whole work that a cell is; compiling is spread over the cells of a shape."""
    work = {cell.key: effort([cell]) + compiling(group) / len(group) for group in by_shape(cells) for cell in group}
    whole = sum(work.values())
    return {key: part / whole for key, part in work.items()}


@dataclass(frozen=True)
class Speed:
    """What this machine takes, one process on its own.

    Attributes:
        program: Seconds to set up and compile a program.
        work: Seconds for a step of a row of an LSTM in training.
        cell: Seconds that every cell takes beside that.
        start: Seconds until a worker process has imported everything.
    """

    program: float
    work: float
    cell: float
    start: float


def calibrate() -> Speed:
    """Run small cells here, in this process: about half a minute, most of it imports and one compilation."""
    from padleak.models import backend
    from padleak.study.trials.sequence import SequenceCell, probe_grid

    start = time.perf_counter()
    backend.start()
    imported = time.perf_counter() - start
    common = {"data": "keyword?length=20", "rows": 640, "validation": 64, "test": 64, "length": 24, "epochs": 6}
    # Those of the core grid in kind; patience, so that every epoch is trained.
    small, large = (
        SequenceCell(**common | sizes, patience=99, probe_rows=30, probes=probe_grid((4,)))
        for sizes in ({}, {"rows": 2560})
    )
    # Each twice: the sizes have programs of their own, and the second of each compiles nothing.
    first, second, _, fourth = (_seconds(cell) for cell in (small, small, large, large))
    work = max(1e-9, (fourth - second) / (large.effort() - small.effort()))
    return Speed(max(0.0, first - second), work, max(0.0, second - work * small.effort()), imported)


def seconds(cells: Iterable[Cell], speed: Speed, workers: int) -> float:
    """About how many seconds the cells take on so many worker processes."""
    cells = list(cells)
    shapes = {cell.shape(): cell.programs() for cell in cells}
    busy = (
        speed.program * sum(shapes.values())
        + speed.work * sum(cell.effort() for cell in cells)
        + speed.cell * len(cells)
    )
    workers = max(1, min(workers, len(cells)))
    return speed.start + busy / workers if cells else 0.0


def _seconds(cell: Cell) -> float:
    start = time.perf_counter()
    cell.run()
    return time.perf_counter() - start
