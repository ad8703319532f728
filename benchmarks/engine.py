"""What the engine itself costs: cells that do nothing, and what a second worker brings."""

import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable

import psutil

from padleak.bench import Benchmark, Figure
from padleak.models import backend
from padleak.study import cluster
from padleak.study.cluster import Crew
from padleak.study.schedule import Backlog
from padleak.study.store import Store
from padleak.study.trials.noop import NoopCell

_CELLS = 20_000


def measure(repeats: int, say: Callable[[str], None]) -> list[Figure]:
    """Twenty thousand cells that do nothing, and one worker against two."""
    say(f"engine: {_CELLS} cells that do nothing")
    costs = cost_of_noop_cells(_CELLS)
    say("engine: two workers against one")
    return [*costs, two_workers_vs_one(max(3, repeats)), _machine(max(3, repeats))]


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


def two_workers_vs_one(repeats: int = 5, cells: int = 300, work: int = 5) -> Figure:
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
    return Figure.of("engine.two_workers_vs_one", ratios, "times")


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


def _machine(repeats: int) -> Figure:
    """What two processes get done against one, of pure arithmetic: the limit that the machine sets."""
    code = "import numpy as np; a = np.random.rand(256, 256)\nfor _ in range(600): a @ a"

    def burn(processes: int) -> float:
        start = time.perf_counter()
        running = [
            subprocess.Popen([sys.executable, "-c", code], env=os.environ | backend.ONE_THREAD)
            for _ in range(processes)
        ]
        for process in running:
            process.wait()
        return time.perf_counter() - start

    return Figure.of("machine.two_processes_vs_one", [2 * burn(1) / burn(2) for _ in range(repeats)], "times")


BENCHMARK = Benchmark("engine", "What does the engine itself cost, and what does a second worker bring?", measure)
