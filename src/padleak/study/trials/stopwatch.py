"""Seconds of things that are compared: taken in turns, in one process."""

import time
from collections.abc import Callable

import numpy as np


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
