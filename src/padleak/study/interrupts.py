"""Ctrl-C: heard by this process, always, and by this process alone."""

import contextlib
import signal
import threading
from collections.abc import Callable, Iterator


@contextlib.contextmanager
def no_interrupt_lost() -> Iterator[Callable[[], None]]:
    """Within the block Ctrl-C is remembered: an interrupt that falls into a destructor or into a callback of the garbage
    collector (Dask has one) is reported by Python and dropped.

    Yields:
        A function to call now and then; it raises the `KeyboardInterrupt` that was dropped, if one was.
    """
    arrived = threading.Event()

    def heed() -> None:
        if arrived.is_set():
            raise KeyboardInterrupt

    # Who started this process may want it deaf, as nohup and background jobs of scripts do.
    deaf = signal.getsignal(signal.SIGINT) is signal.SIG_IGN
    if deaf or threading.current_thread() is not threading.main_thread():
        yield heed
        return

    def remember(number, frame) -> None:
        arrived.set()
        raise KeyboardInterrupt

    before = signal.signal(signal.SIGINT, remember)
    try:
        yield heed
    finally:
        signal.signal(signal.SIGINT, before)


@contextlib.contextmanager
def children_deaf_to_interrupts() -> Iterator[None]:
    """Processes started meanwhile do not hear Ctrl-C: the terminal sends it to all, and this process ends them in order."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)
