"""What the engine itself costs: cells that do nothing, and what a second worker brings.

python benchmarks/engine.py --cells 20000 --repeats 5
"""

import argparse
import os
import statistics
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

import psutil

from padleak.bench import Figure
from padleak.study import cluster
from padleak.study.cluster import Crew
from padleak.study.schedule import Backlog
from padleak.study.store import Store
from padleak.study.trials.noop import NoopCell


def measure(cells: int = 20_000, repeats: int = 5) -> list[Figure]:
    """All figures of the engine.

    Args:
        cells: How many cells that do nothing.
        repeats: How often one worker and two are compared.
    """
    return [*cost_of_noop_cells(cells), two_workers_vs_one(repeats)]


def cost_of_noop_cells(count: int, workers: int = 2) -> list[Figure]:
    """Cells that do nothing, from their making to the table of all, on worker processes started for them.

    Args:
        count: Cells, at least 4.
        workers: Processes.
    """
    with tempfile.TemporaryDirectory() as folder:
        store = Store(folder)
        store.prepare()
        memory = _Memory()
        before = time.perf_counter()
        with cluster.start(workers) as crew:
            started = time.perf_counter()
            cells = [NoopCell(number=number) for number in range(count)]
            crew.run(Backlog(cells), store, memory.look)
            done = time.perf_counter()
        _insist(len(store.finished()) == count, "not all cells were kept")
        loading = time.perf_counter()
        table = store.measurements(cells)
        loaded = time.perf_counter()
        _insist(table.value.tolist() == list(range(count)), "the table is not what the cells gave")
    return [
        Figure("engine.seconds_per_noop_cell", (done - started) / count, "s"),
        Figure("engine.seconds_to_start_cluster", started - before, "s"),
        Figure("engine.seconds_to_load", loaded - loading, "s"),
        Figure("engine.client_memory_growth", memory.growth(), "MiB"),
    ]


def two_workers_vs_one(repeats: int = 5, cells: int = 80, work: int = 10) -> Figure:
    """How many times as fast two workers are on cells that compute, cluster's start left out; taken in turns.

    Args:
        repeats: Pairs of measurements.
        cells: Cells in each measurement.
        work: Rounds of arithmetic in each cell.
    """
    ratios = []
    with cluster.start(1) as one, cluster.start(2) as two:
        for crew in (one, two):  # the first cells of a process import what they need
            _seconds(crew, cells, work)
        for _ in range(repeats):
            ratios.append(_seconds(one, cells, work) / _seconds(two, cells, work))
    return _figure("engine.two_workers_vs_one", ratios, "times")


def _seconds(crew: Crew, count: int, work: int) -> float:
    with tempfile.TemporaryDirectory() as folder:
        store = Store(folder)
        store.prepare()
        backlog = Backlog([NoopCell(number=number, work=work) for number in range(count)])
        start = time.perf_counter()
        crew.run(backlog, store, lambda key, error: None)
        return time.perf_counter() - start


class _Memory:
    """Resident memory of this process, looked at whenever a cell is told done. Dask's scheduler is in this process, too."""

    def __init__(self) -> None:
        self._process = psutil.Process(os.getpid())
        self._sizes: list[float] = []

    def look(self, key: str, error: str | None) -> None:
        _insist(error is None, f"{key}: {error}")
        self._sizes.append(self._process.memory_info().rss / 2**20)

    def growth(self) -> float:
        """Peak of the last quarter less that of the first, in MiB."""
        quarter = max(1, len(self._sizes) // 4)
        return max(self._sizes[-quarter:]) - max(self._sizes[:quarter])


def _insist(fine: bool, complaint: str) -> None:
    if not fine:
        raise RuntimeError(complaint)


def _figure(name: str, values: Sequence[float], unit: str) -> Figure:
    return Figure(name, statistics.median(values), unit, min(values), max(values), len(values))


def main() -> None:
    """Print all figures."""
    parser = argparse.ArgumentParser(description=f"What the engine itself costs ({Path(__file__).name}).")
    parser.add_argument("--cells", type=int, default=20_000)
    parser.add_argument("--repeats", type=int, default=5)
    chosen = parser.parse_args()
    for figure in measure(chosen.cells, chosen.repeats):
        print(figure, flush=True)


if __name__ == "__main__":
    main()
