"""The cells that are still to be done, in groups for workers to take."""

from collections import deque
from dataclasses import dataclass

from padleak.study.cell import Cell
from padleak.study.estimate import by_shape, compiling, effort

_LONGEST_GROUP = 100


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
