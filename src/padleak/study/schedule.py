"""Cells onto workers: a local Dask cluster, one process a core, or this process."""

import logging
from collections import defaultdict
from collections.abc import Callable, Iterable

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
    backend.start()
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

    environment = backend.QUIET | backend.ONE_THREAD | {"KERAS_BACKEND": backend.name()}
    with (
        dask.config.set({"distributed.nanny.pre-spawn-environ": environment, "distributed.admin.log-format": ""}),
        LocalCluster(
            n_workers=workers, threads_per_worker=1, processes=True, host="127.0.0.1", dashboard_address=None,
            silence_logs=logging.CRITICAL, memory_limit=0,
        ) as cluster,
        Client(cluster) as client,
    ):  # fmt: skip
        client.subscribe_topic(_TOPIC, lambda event: tell(*event[1]))
        # The largest groups first, so that the last ones to finish are short.
        groups = sorted(groups, key=len, reverse=True)
        futures = client.map(_run_group_on_worker, groups, store=store, pure=False, retries=2)
        client.gather(futures, errors="skip")
        for group, future in zip(groups, futures):
            lost = str(future.exception()) if future.status == "error" else None
            for cell in group:
                if lost and cell.key not in store and store.failure(cell.key) is None:
                    store.write_failure(cell, RuntimeError(f"the worker was lost: {lost}"))
                failure = store.failure(cell.key) if cell.key not in store else None
                tell(cell.key, failure and failure["error"])
