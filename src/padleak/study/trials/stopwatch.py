"""Seconds and megabytes of things that are compared: taken in turns, in one process."""

import contextlib
import ctypes
import gc
import re
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np

_STATUS = Path("/proc/self/status")
_CLEAR = Path("/proc/self/clear_refs")


def time_in_turns(
    arms: dict[str, Callable[[], object]], repeats: int, generator: np.random.Generator
) -> dict[str, float]:
    """Median seconds of every arm, each run once before and then once a round, in a new order every round.

    Args:
        arms: Name -> what to time; it must be done when it returns.
        repeats: Rounds.
        generator: Of the orders.
    """
    for run in arms.values():
        run()
    seconds = {name: [] for name in arms}
    for _ in range(repeats):
        for name in generator.permutation(list(arms)):
            start = time.perf_counter()
            arms[name]()
            seconds[name].append(time.perf_counter() - start)
    return {name: float(np.median(taken)) for name, taken in seconds.items()}


def peak_megabytes(run: Callable[[], object]) -> float:
    """By how much the resident memory of this process rises at most while `run` runs; NaN where only Linux could tell."""
    gc.collect()
    with contextlib.suppress(OSError, AttributeError):
        ctypes.CDLL(None).malloc_trim(0)
    try:
        _CLEAR.write_text("5")
    except OSError:
        return float("nan")
    before = _kilobytes("VmRSS")
    run()
    return (_kilobytes("VmHWM") - before) / 1024


def _kilobytes(field: str) -> int:
    return int(re.search(rf"^{field}:\s+(\d+)", _STATUS.read_text(), re.MULTILINE)[1])
