"""Intervals by drawing again: plain, clustered, or of clusters within clusters.

A draw is a row of weights, how often each row of the data was drawn, so that all draws are one matrix and a statistic of all of
them a matrix product.
"""

from collections.abc import Callable, Sequence

import numpy as np
from scipy import special

from padleak.errors import InputError
from padleak.measures.inference import Estimate

Statistic = Callable[[np.ndarray], np.ndarray]
"""From weights `(draw, row)` to one number a draw, `(draw,)`."""


def bootstrap(
    statistic: Statistic,
    levels: Sequence[np.ndarray],
    generator: np.random.Generator,
    draws: int = 4000,
    level: float = 0.95,
) -> Estimate:
    """A statistic with its bootstrap interval.

    Percentiles of the draws, spread as Student's distribution asks for the number of clusters on top (Hesterberg 2015,
    arXiv:1411.5279), since few clusters draw too little.

    Args:
        statistic: A function of weights. For pairs, one of rows that are pairs.
        levels: What is drawn, from the top: codes `(row,)` of clusters (the seeds; or the data sets, then the seeds within
            each). Rows of one code at the last level stay together; `[np.arange(rows)]` is the plain bootstrap.
        generator: Draws.
        draws: Number of draws.
        level: Coverage.

    Raises:
        InputError: No levels, or of different lengths.

    >>> values = np.array([1.0, 2.0, 3.0, 4.0, 5.0])
    >>> bootstrap(mean_of(values), [np.arange(5)], np.random.default_rng(0)).mean
    3.0
    """
    if not levels or len({len(codes) for codes in levels}) > 1:
        raise InputError(
            "levels", "one or more arrays of as many entries", f"lengths {[len(codes) for codes in levels]}"
        )
    clusters = len(np.unique(levels[0]))
    whole = float(statistic(np.ones((1, len(levels[0]))))[0])
    if clusters < 2:
        return Estimate(whole, -np.inf, np.inf, clusters)
    drawn = statistic(draw_weights(levels, draws, generator))
    tail = special.ndtr(special.stdtrit(clusters - 1, (1 - level) / 2) * np.sqrt(clusters / (clusters - 1)))
    low, high = np.nanquantile(drawn, [tail, 1 - tail])
    return Estimate(whole, float(low), float(high), clusters)


def draw_weights(levels: Sequence[np.ndarray], draws: int, generator: np.random.Generator) -> np.ndarray:
    """How often each row is drawn: `(draw, row)`.

    Of every cluster that was drawn `k` times, `k` times as many parts are drawn as it has.
    """
    return _draw(list(levels), np.arange(len(levels[0])), np.ones(draws, int), generator)


def _draw(levels: list, rows: np.ndarray, times: np.ndarray, generator: np.random.Generator) -> np.ndarray:
    """Weights of some rows, whose cluster was drawn `times` `(draw,)`."""
    if not levels:
        return np.repeat(times[:, None], len(rows), axis=1)
    _, codes = np.unique(levels[0][rows], return_inverse=True)
    parts = codes.max() + 1
    counts = generator.multinomial(times * parts, np.full(parts, 1 / parts))
    weights = np.empty((len(times), len(rows)), int)
    for part in range(parts):
        inside = codes == part
        weights[:, inside] = _draw(levels[1:], rows[inside], counts[:, part], generator)
    return weights


def mean_of(values: np.ndarray) -> Statistic:
    """The mean of values `(row,)`."""
    return lambda weights: weights @ values / weights.sum(axis=1)


def rank_correlation_of(x: np.ndarray, y: np.ndarray) -> Statistic:
    """Spearman's rank correlation of `x` and `y`, `(row,)` each; equal values share their ranks."""

    def above(values: np.ndarray) -> np.ndarray:
        return (values[:, None] > values) + 0.5 * (values[:, None] == values)

    def statistic(weights: np.ndarray) -> np.ndarray:
        total = weights.sum(axis=1, keepdims=True)
        ranks = [weights @ above(values).T for values in (x, y)]
        first, second = (rank - (weights * rank).sum(axis=1, keepdims=True) / total for rank in ranks)
        shared = (weights * first * second).sum(axis=1)
        spread = np.sqrt((weights * first**2).sum(axis=1) * (weights * second**2).sum(axis=1))
        return np.divide(shared, spread, out=np.full(len(weights), np.nan), where=spread > 0)

    return statistic
