"""Cells onto workers: a local Dask cluster, one process a core, or this process."""

import contextlib
import logging
import signal
import threading
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator

from padleak.models import backend
from padleak.study.cell import Cell
from padleak.study.store import Store

_TOPIC = "padleak-cell"
_LONGEST_GROUP = 10

Progress = Callable[[str, str | None], None]
"""Called with the key of each cell done, and what went wrong or None."""


def run(cells: Iterable[Cell], store: Store, workers: int, progress: Progress) -> None:
    """Run the cells that the store lacks.

    Args:
        cells: What is wanted; what the store has is left alone.
        store: Where each result goes as soon as it is there.
        workers: Processes; 0 runs everything in this one.
        progress: Told of every cell done. A cell that fails is kept with its error and does not stop the others.
    """
    todo = [cell for cell in cells if cell.key not in store]
    if not todo:
        return
    groups = _group_by_shape(todo)
    if workers == 0:
        for group in groups:
            _run_group(group, store, progress)
    else:
        _run_on_cluster(groups, store, min(workers, len(groups)), progress)


def _group_by_shape(cells: list[Cell]) -> list[list[Cell]]:
    """Cells of one shape together, in groups short enough that no worker is left with the rest alone."""
    shapes = defaultdict(list)
    for cell in cells:
        shapes[cell.shape()].append(cell)
    return [
        group[start : start + _LONGEST_GROUP]
        for group in shapes.values()
        for start in range(0, len(group), _LONGEST_GROUP)
    ]


def _run_group(cells: list[Cell], store: Store, progress: Progress) -> None:
    for cell in cells:
        error = None
        try:
            store.write(cell, cell.run())
        except Exception as caught:  # whatever a cell does wrong, it is kept with its reason
            error = f"{type(caught).__name__}: {caught}"
            store.write_failure(cell, caught)
        progress(cell.key, error)


def _run_group_on_worker(cells: list[Cell], store: Store) -> None:
    from distributed import get_worker

    worker = get_worker()
    _run_group(cells, store, lambda key, error: worker.log_event(_TOPIC, (key, error)))


@contextlib.contextmanager
def _children_deaf_to_interrupts() -> Iterator[None]:
    """Processes started meanwhile do not hear Ctrl-C: the terminal sends it to all, and this process ends them in order."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)


def _run_on_cluster(groups: list[list[Cell]], store: Store, workers: int, progress: Progress) -> None:
    import dask
    from distributed import Client, LocalCluster

    for name in ("distributed", "tornado", "asyncio"):
        logging.getLogger(name).setLevel(logging.CRITICAL)
    told: set[str] = set()

    def tell(key: str, error: str | None) -> None:
        if key not in told:
            told.add(key)
            progress(key, error)

    with dask.config.set({"distributed.nanny.pre-spawn-environ": backend.environment()}):
        with _children_deaf_to_interrupts():
            cluster = LocalCluster(
                n_workers=workers,
                threads_per_worker=1,
                host="127.0.0.1",
                dashboard_address="127.0.0.1:0",
                silence_logs=logging.CRITICAL,
                memory_limit=0,
            )
        with cluster, Client(cluster) as client:
            client.subscribe_topic(_TOPIC, lambda event: tell(*event[1]))
            # The largest groups first, so that the last ones to finish are short.
            groups = sorted(groups, key=len, reverse=True)
            futures = client.map(_run_group_on_worker, groups, store=store, pure=False, retries=2)
            client.gather(futures, errors="skip")
            errors = [str(future.exception()) if future.status == "error" else None for future in futures]
    for group, error in zip(groups, errors):
        for cell in group:
            if error and cell.key not in store and store.failure(cell.key) is None:
                store.write_failure(cell, RuntimeError(f"the worker was lost: {error}"))
            failure = None if cell.key in store else store.failure(cell.key)
            tell(cell.key, failure and failure["error"])
