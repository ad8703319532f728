"""Where rising functions reach a level, many at once."""

from collections.abc import Callable

import numpy as np


def reach(
    level: float, function: Callable[[np.ndarray], np.ndarray], low: float, high: float, count: int
) -> np.ndarray:
    """The points at which functions that rise from below a level to above it reach it.

    Args:
        level: The same for all.
        function: From `count` points to as many values.
        low, high: Where all are below and above.
        count: How many functions.

    >>> reach(9.0, lambda x: x**2 * [1, 4], low=0, high=10, count=2).round(6).tolist()
    [3.0, 1.5]
    """
    below, above = np.full(count, float(low)), np.full(count, float(high))
    for _ in range(60):
        middle = (below + above) / 2
        is_below = function(middle) < level
        below, above = np.where(is_below, middle, below), np.where(is_below, above, middle)
    return above
