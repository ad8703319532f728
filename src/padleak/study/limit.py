"""The time limit of a cell: one that does not come to an end is stopped, and the others go on."""

import ctypes
import threading
from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar

from padleak.errors import InputError

T = TypeVar("T")


class _Over(BaseException):
    """Raised in the thread of a cell whose time is over; no `Exception`, lest the cell catch it."""


@dataclass(frozen=True)
class TimeLimit:
    """How long a cell may take.

    Attributes:
        seconds: After which it is stopped between two steps of Python.
        grace: Seconds more after which a process is given up where no such step comes, in compiled code that does not end.
    """

    seconds: float
    grace: float = 30.0

    def __post_init__(self) -> None:
        if not 0 < self.seconds <= threading.TIMEOUT_MAX:
            minutes = f"{self.seconds / 60:g}"
            raise InputError(
                "--time-limit", f"minutes up to {threading.TIMEOUT_MAX / 60:.0f}, or 0 for no limit", minutes
            )

    def hold(self, work: Callable[[], T], give_up: Callable[[], None] = lambda: None) -> T:
        """Do some work in this thread, within the limit.

        Args:
            work: What is done. Not a block of `with`: between its last step and the end of the block it could still be stopped,
                where nobody would take it for what it is.
            give_up: Called from another thread when the grace is over, too.

        Raises:
            TimeoutError: The time is over.
        """
        watch = _Watch(self, give_up)
        try:
            try:
                watch.start()
                return work()
            finally:
                watch.end()
        except _Over:  # which may have come while the watch was being ended
            watch.ended.set()
            raise TimeoutError(f"stopped after {self.seconds / 60:g} minutes (--time-limit)") from None


class _Watch:
    """A thread that waits until the time is over or the work has ended."""

    def __init__(self, limit: TimeLimit, give_up: Callable[[], None]):
        self.ended = threading.Event()
        self._limit, self._give_up = limit, give_up
        self._worker, self._one_at_a_time = threading.get_ident(), threading.Lock()

    def start(self) -> None:
        """From here on time counts."""
        threading.Thread(target=self._wait, daemon=True, name="time limit").start()

    def end(self) -> None:
        """From here on nothing is stopped any more."""
        with self._one_at_a_time:
            self.ended.set()

    def _wait(self) -> None:
        if self.ended.wait(self._limit.seconds):
            return
        with self._one_at_a_time:
            if self.ended.is_set():
                return
            ctypes.pythonapi.PyThreadState_SetAsyncExc(ctypes.c_ulong(self._worker), ctypes.py_object(_Over))
        if not self.ended.wait(self._limit.grace):
            self._give_up()
