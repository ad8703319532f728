"""Which cells run where: in this process, on processes started here, or on a Dask cluster that somebody else started."""

from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass

from padleak.study import cluster
from padleak.study.cell import Cell
from padleak.study.cluster import Progress, Remote
from padleak.study.estimate import by_shape, compiling, effort
from padleak.study.limit import TimeLimit
from padleak.study.store import Store
from padleak.study.work import UnderWay, nobody, run_cell

_LONGEST_GROUP = 100


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


@dataclass(frozen=True)
class Group:
    """Cells for one worker to run one after another.

    Attributes:
        cells: All of one shape.
        worker: Address of the worker that has set up their shape already, or "".
        alone: Nothing else may run meanwhile, so that a worker's death is this group's doing.
    """

    cells: list[Cell]
    worker: str = ""
    alone: bool = False

    def is_worth_halving(self) -> bool:
        """Whether half of the work is more than compiling for it again."""
        half = self.cells[: len(self.cells) // 2]
        return bool(half) and effort(half) >= compiling(half)

    def halves(self) -> list["Group"]:
        """The first half stays on its worker."""
        half = (len(self.cells) + 1) // 2
        return [Group(self.cells[:half], self.worker), Group(self.cells[half:])]


class Backlog:
    """The cells that no worker has in hand, those of a shape together, the longest work first.

    Args:
        cells: What is to be run.
    """

    def __init__(self, cells: list[Cell]):
        self._groups = deque(Group(group) for group in by_shape(cells))
        self._suspects: deque[Cell] = deque()

    def __bool__(self) -> bool:
        return bool(self._groups or self._suspects)

    def take(self, idle: int, busy: int = 0) -> list[Group]:
        """Groups for idle workers; suspects come last, alone.

        Where there are fewer groups than workers, groups are halved, if half of the work is more than compiling for it again.
        """
        taken = [self._cut(self._groups.popleft()) for _ in range(min(idle, len(self._groups)))]
        while len(taken) < idle and (worthy := [group for group in taken if group.is_worth_halving()]):
            longest = max(worthy, key=lambda group: len(group.cells))
            taken.remove(longest)
            taken += longest.halves()
        if self._suspects and idle and not taken and not busy:
            taken.append(Group([self._suspects.popleft()], alone=True))
        return taken

    def give_back(self, cells: list[Cell], worker: str) -> None:
        """What a worker did not come to: it is next, on the same worker, which has the shape set up."""
        if cells:
            self._groups.appendleft(Group(cells, worker))

    def suspect(self, cells: list[Cell]) -> None:
        """Cells of which one may have killed its workers."""
        self._suspects.extend(cells)

    def _cut(self, group: Group) -> Group:
        """As much of a group as is sent at once; the rest stays here."""
        rest = group.cells[_LONGEST_GROUP:]
        if rest:
            self._groups.append(Group(rest))
        return Group(group.cells[:_LONGEST_GROUP], group.worker)
