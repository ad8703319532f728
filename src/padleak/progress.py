"""Progress on stderr: a bar with the time left on a terminal, plain lines elsewhere."""

import sys
import time
from datetime import timedelta
from typing import Self

from rich.console import Console
from rich.progress import BarColumn, TaskID, TaskProgressColumn, TextColumn, TimeRemainingColumn
from rich.progress import Progress as Bar

_SECONDS_BETWEEN_LINES = 15
_LONGEST_NAME = 36
_LEAST = 0.01
"""Share of the work that must be done before the time left is reckoned by it."""


class Progress:
    """Counts cells; the time left goes by the work in them.

    Args:
        work: Key -> share of the whole work that the cell is.
        names: Key -> what to call a cell that fails.
    """

    def __init__(self, work: dict[str, float], names: dict[str, str]):
        self._total, self._work, self._names = len(work), work, names
        self._done = self._failed = 0
        self._worked = 0.0
        self._open, self._under_way = set(work), dict[str, float]()
        self._start = self._last_line = time.monotonic()
        self._bar = None
        if sys.stderr.isatty() and work:
            columns = (
                TextColumn("{task.description}", markup=False), BarColumn(20), TaskProgressColumn(),
                TimeRemainingColumn(), TextColumn("left"),
            )  # fmt: skip
            self._bar = Bar(*columns, console=Console(stderr=True), speed_estimate_period=600)
            self._task = self._bar.add_task(self._count(), total=1)
            self._tasks = dict[str, TaskID]()

    def __enter__(self) -> Self:
        if self._bar:
            self._bar.start()
        return self

    def __exit__(self, *exception: object) -> None:
        if self._bar:
            self._bar.stop()

    def advance(self, key: str, error: str | None) -> None:
        """One more cell is done; say so if it failed."""
        self._done += 1
        self._open.discard(key)
        if self._bar and key in self._tasks:
            self._bar.remove_task(self._tasks.pop(key))
        self._under_way.pop(key, None)
        self._worked += self._work[key]
        if error:
            self._failed += 1
            self.say(f"failed: {self._names.get(key, key)}: {error}")
        self._show()

    def under_way(self, key: str, share: float) -> None:
        """A cell has done a share of its work."""
        if key in self._open:  # of a cluster that others use, too, their cells may be told of
            self._under_way[key] = share * self._work[key]
            if self._bar:
                self._show_under_way(key, share)
            self._show()

    def say(self, line: str) -> None:
        """Print a line above the bar."""
        if self._bar:
            self._bar.console.print(line, highlight=False, markup=False)
        else:
            print(line, file=sys.stderr, flush=True)

    def _show_under_way(self, key: str, share: float) -> None:
        """A bar for a cell that takes long."""
        if key not in self._tasks:
            name = self._names.get(key, key)[:_LONGEST_NAME]
            self._tasks[key] = self._bar.add_task(f"  {name}", total=1)
        self._bar.update(self._tasks[key], completed=share)

    def _show(self) -> None:
        if self._bar:
            self._bar.update(self._task, completed=self._finished(), description=self._count())
        elif self._done == self._total or self._is_due():
            self._last_line = time.monotonic()
            self.say(f"{self._count()}, {self._left()} left")

    def _is_due(self) -> bool:
        """Whether it is time for a line, and there is something to reckon the time left by."""
        return time.monotonic() - self._last_line > _SECONDS_BETWEEN_LINES and self._finished() > 0

    def _finished(self) -> float:
        """Share of the whole work; none, as long as it is too little to reckon by."""
        share = self._worked + sum(self._under_way.values())
        return share if share >= _LEAST else 0.0

    def _count(self) -> str:
        failed = f", {self._failed} failed" if self._failed else ""
        return f"{self._done} of {self._total} cells{failed}"

    def _left(self) -> str:
        spent = time.monotonic() - self._start
        return str(timedelta(seconds=round(spent * max(0.0, 1 / self._finished() - 1))))
