"""Ctrl-C is heard even where Python drops it."""

import gc
import os
import signal

import pytest

from padleak.study.interrupts import no_interrupt_lost

pytestmark = pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")


@pytest.fixture(autouse=True)
def hearing():
    """Whoever started the tests may have made them deaf: background jobs of scripts are."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


def interrupt(*_) -> None:
    os.kill(os.getpid(), signal.SIGINT)
    for _ in range(1000):  # the handler runs between two instructions of Python
        pass


def test_an_interrupt_within_a_callback_of_the_collector_is_dropped_by_python_and_heeded_by_us():
    with no_interrupt_lost() as heed:
        gc.callbacks.append(interrupt)
        try:
            gc.collect()
        finally:
            gc.callbacks.remove(interrupt)
        with pytest.raises(KeyboardInterrupt):
            heed()


def test_elsewhere_it_is_raised_at_once():
    with pytest.raises(KeyboardInterrupt), no_interrupt_lost():
        interrupt()


def test_without_one_nothing_is_raised_and_the_handler_is_set_back():
    before = signal.getsignal(signal.SIGINT)
    with no_interrupt_lost() as heed:
        heed()
    assert signal.getsignal(signal.SIGINT) is before


def test_a_process_that_was_started_deaf_stays_so():
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        with no_interrupt_lost() as heed:
            interrupt()
            heed()
    finally:
        signal.signal(signal.SIGINT, before)
