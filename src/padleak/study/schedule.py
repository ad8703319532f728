"""Which cells run where: in this process, on processes started here, or on a Dask cluster that somebody else started."""

from collections.abc import Iterable

from padleak.study import cluster
from padleak.study.backlog import Backlog
from padleak.study.cell import Cell
from padleak.study.cluster import Remote
from padleak.study.limit import TimeLimit
from padleak.study.store import Store
from padleak.study.work import Progress, UnderWay, nobody, run_cell


def run(
    cells: Iterable[Cell],
    store: Store,
    workers: int | Remote,
    progress: Progress,
    under_way: UnderWay = nobody,
    limit: TimeLimit | None = None,
) -> None:
    """Run the cells that the store lacks.

    Args:
        cells: What is wanted; what the store has is left alone.
        store: Where each result goes as soon as it is there.
        workers: Processes to start; 0 runs everything in this one; or a cluster that is there.
        progress: Told of every cell done. A cell that fails is kept with its error and does not stop the others.
        under_way: Told how far a long cell is.
        limit: How long a cell may take. In this process, compiled code that does not end is waited for.

    Raises:
        InputError: The cluster cannot be reached, has no workers, or its workers cannot do the work.
    """
    finished = store.finished()
    todo = [cell for cell in cells if cell.key not in finished]
    if not todo:
        return
    backlog = Backlog(todo)
    if workers == 0:
        while backlog:
            for cell in backlog.take(1)[0].cells:
                progress(cell.key, run_cell(cell, store, under_way, limit))
        return
    with cluster.join(workers) if isinstance(workers, Remote) else cluster.start(min(workers, len(todo))) as crew:
        crew.run(backlog, store, progress, under_way, limit)
