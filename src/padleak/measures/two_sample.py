"""Two-sample tests: do two sets of states come from one distribution?

A test gives a statistic for the observed labelling and for every relabelling of an `Exchange`, from one matrix product; its
p-value is exact in what the exchange assumes. To add one, write a function `(rows, weights, relations) -> (relabelling,)` or
`(relabelling, unit)` and decorate it. Facts beside the registration: `unit` (of the statistic), `what` (in words), and
`in_state_units` (it grows with the states).
"""

from dataclasses import dataclass

import numpy as np

from padleak.arguments import array_of, check_kind, check_name, say
from padleak.errors import InputError
from padleak.measures.permutation import Exchange, p_value
from padleak.registry import Registry

two_sample_tests = Registry("two-sample test", package="padleak.measures")

_FOLDS = 5
_RIDGE = 1.0
_NEWTON_STEPS = 8
_NOTHING = 1e-9
"""Of a scale: what is as little is rounding."""

_AT_ONCE = 256
"""Relabellings taken at a time, for memory."""


@dataclass(frozen=True, eq=False)
class TwoSample:
    """What a two-sample test found.

    Attributes:
        statistic: Observed; larger is further apart. Of tests by unit, that of the unit furthest apart.
        p_value: Share of relabellings that are at least as far apart.
        null: The statistic of each relabelling, `(permutation,)`; of tests by unit, the largest of all units, each divided by
            the spread of its own null.
        by_unit: Of tests by unit, p-values `(unit,)` adjusted for their number: shares of relabellings in which any unit is as
            far apart as this one (Westfall & Young 1993), since Holm's method would ask for more permutations than there are
            units; else None.
    """

    statistic: float
    p_value: float
    null: np.ndarray
    by_unit: np.ndarray | None = None


def compare(
    test: str,
    x: np.ndarray,
    y: np.ndarray,
    generator: np.random.Generator,
    exchange: Exchange | None = None,
) -> TwoSample:
    """Test whether two samples differ in distribution.

    Args:
        test: A name of `two_sample_tests`.
        x, y: The samples, `(n_x, unit)` and `(n_y, unit)`.
        generator: Draws the relabellings, and the folds of classifiers.
        exchange: Which rows may be exchanged; all, if not given.

    Raises:
        InputError: Samples of different width, with fewer than two rows, or with what is not a number.

    >>> generator = np.random.default_rng(0)
    >>> x, y = generator.normal(size=(2, 100, 3))
    >>> compare("energy", x, y + 1, generator).p_value
    0.001
    """
    check_name("two-sample test", test, two_sample_tests)
    check_kind("generator", generator, np.random.Generator, "a numpy Generator")
    check_kind("exchange", exchange, Exchange | None, "an Exchange")
    x, y = (array_of("samples", sample, "numbers (row, unit)") for sample in (x, y))
    if not {x.dtype.kind, y.dtype.kind} <= set("biuf"):
        raise InputError("samples", "numbers (row, unit)", f"{say(x)} and {say(y)}")
    x, y = x.astype(np.float64), y.astype(np.float64)
    if x.ndim != 2 or y.ndim != 2 or x.shape[1] != y.shape[1]:
        raise InputError("samples", "two arrays (row, unit) with as many units", f"shapes {x.shape} and {y.shape}")
    rows = np.concatenate([x, y])
    if not rows.size or not np.isfinite(rows).all():
        raise InputError("samples", "of one or more units, finite throughout", "none, or some that are not")
    exchange = exchange or Exchange()
    weights = exchange.weights(len(x), len(y), generator)
    statistics = two_sample_tests[test](rows, weights, _Relations.of(exchange, len(x), len(rows), generator))
    scale = float(rows.std()) if two_sample_tests.facts(test).get("in_state_units") else 1.0
    if statistics.ndim == 1:
        return TwoSample(float(statistics[0]), float(p_value(statistics, scale)), statistics[1:])
    # Whether any unit differs: the largest of all, each in its own null's spread.
    spread = statistics.std(axis=0)
    standard = statistics / np.where(spread > 1000 * _NOTHING * scale, spread, np.inf)
    joint = standard.max(axis=1)
    any_as_far = np.concatenate([standard[:1], np.broadcast_to(joint[1:, None], (len(joint) - 1, rows.shape[1]))])
    return TwoSample(float(statistics[0].max()), float(p_value(joint)), joint[1:], p_value(any_as_far))


@dataclass(frozen=True, eq=False)
class _Relations:
    """What ties rows together: `kin` `(row,)` is the same for rows that must not teach about each other, `folds` `(row,)` keeps
    kin together."""

    kin: np.ndarray
    folds: np.ndarray

    @classmethod
    def of(cls, exchange: Exchange, n_x: int, rows: int, generator: np.random.Generator) -> "_Relations":
        kin = np.arange(rows) if exchange.groups is None else np.unique(exchange.groups, return_inverse=True)[1]
        if exchange.paired:
            kin = np.concatenate([kin[:n_x], kin[:n_x]])
        fold_of_kin = generator.permutation(np.arange(kin.max() + 1) % _FOLDS)
        return cls(kin, fold_of_kin[kin])


@two_sample_tests.add(unit="distance", what="energy distance", in_state_units=True)
def energy(rows: np.ndarray, weights: np.ndarray, relations: _Relations) -> np.ndarray:
    """Twice the mean distance between the samples less the mean distances within them (Székely & Rizzo 2004)."""
    return _quadratic(-np.sqrt(_squared_distances(rows)), weights)


@two_sample_tests.add(unit="squared discrepancy", what="maximum mean discrepancy")
def mmd(rows: np.ndarray, weights: np.ndarray, relations: _Relations) -> np.ndarray:
    """Squared maximum mean discrepancy, Gaussian kernel as wide as the median distance (Gretton et al. 2012)."""
    squared = _squared_distances(rows)
    width = np.median(squared[np.triu_indices(len(rows), 1)])
    return _quadratic(np.exp(-squared / (2 * width if width > 0 else 1)), weights)


@two_sample_tests.add(unit="log odds", what="logistic classifier")
def logistic(rows: np.ndarray, weights: np.ndarray, relations: _Relations) -> np.ndarray:
    """How far apart a cross-validated logistic regression holds the samples (after Cheng & Cloninger 2022, arXiv:1909.11298).

    The mean held-out log odds of the one sample minus those of the other, without the intercept, which tells folds apart and
    not samples; ridge penalty 1 on standardised units.
    """
    spread = rows.std(axis=0)
    standard = (rows - rows.mean(axis=0)) / np.where(spread > 0, spread, 1)
    design = np.concatenate([np.ones((len(rows), 1)), standard], axis=1)
    statistics = np.zeros(len(weights))
    for fold in np.unique(relations.folds):
        held_out = relations.folds == fold
        for start in range(0, len(weights), _AT_ONCE):
            now = slice(start, start + _AT_ONCE)
            beta = _fit_logistic(design[~held_out], weights[now][:, ~held_out])
            statistics[now] += (weights[now][:, held_out] * (beta[:, 1:] @ standard[held_out].T)).sum(axis=1)
    return statistics


@two_sample_tests.add(unit="share of votes", what="nearest neighbours")
def nearest_neighbours(rows: np.ndarray, weights: np.ndarray, relations: _Relations) -> np.ndarray:
    """How much more a row's nearest neighbours are of its own sample than of the other (after Lopez-Paz & Oquab 2017,
    arXiv:1610.06545).

    As many neighbours as the root of the number of rows, left out itself and what belongs to it; where several are equally
    far, they share the last places.
    """
    squared = _squared_distances(rows)
    squared[relations.kin[:, None] == relations.kin] = np.inf
    count = max(1, int(np.sqrt(len(rows))))
    last = np.partition(squared, count - 1, axis=1)[:, count - 1, None]
    rounding = _NOTHING * np.where(np.isfinite(last), last + rows.var(), 0)
    nearer, level = squared < last - rounding, np.abs(squared - last) <= rounding
    places = (count - nearer.sum(axis=1, keepdims=True)) / np.maximum(1, level.sum(axis=1, keepdims=True))
    votes = (len(rows) / (4 * count) * (nearer + places * level)).astype(np.float32)
    return ((weights @ votes.T) * weights).sum(axis=1)


@two_sample_tests.add(unit="difference of distribution functions", what="Kolmogorov-Smirnov by unit")
def kolmogorov_smirnov(rows: np.ndarray, weights: np.ndarray, relations: _Relations) -> np.ndarray:
    """The largest difference of the two distribution functions, by unit."""
    return np.stack([np.abs(gaps[:, places]).max(axis=1) for gaps, _, places in _gaps(rows, weights)], axis=1)


@two_sample_tests.add(unit="state units", what="Wasserstein distance by unit", in_state_units=True)
def wasserstein(rows: np.ndarray, weights: np.ndarray, relations: _Relations) -> np.ndarray:
    """The area between the two distribution functions, by unit."""
    return np.stack([np.abs(gaps[:, :-1]) @ steps for gaps, steps, _ in _gaps(rows, weights)], axis=1)


def _quadratic(kernel: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """`w' K w` for every row of weights. The kernel is centred, which changes nothing, as weights add up to 0, but keeps
    digits."""
    kernel = kernel - kernel.mean(axis=0) - kernel.mean(axis=1)[:, None] + kernel.mean()
    return ((weights @ kernel.astype(np.float32)) * weights).sum(axis=1, dtype=np.float64)


def _squared_distances(rows: np.ndarray) -> np.ndarray:
    rows = rows - rows.mean(axis=0)
    norms = (rows**2).sum(axis=1)
    squared = norms[:, None] + norms - 2 * rows @ rows.T
    np.fill_diagonal(squared, 0)
    return squared.clip(min=0)


def _gaps(rows: np.ndarray, weights: np.ndarray):
    """For each unit, the difference of the distribution functions behind each sorted row, the distances to the next row, and
    the rows that are the last of their value."""
    for unit in rows.T:
        order = np.argsort(unit)
        steps = np.diff(unit[order])
        yield np.cumsum(weights[:, order], axis=1), steps.astype(np.float32), np.flatnonzero(np.append(steps > 0, True))


def _fit_logistic(design: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """Ridge-penalised logistic regressions of many labellings at once, by Newton's method; both labels weigh alike.

    Args:
        design: `(row, unit)`, the first unit is the intercept, which is not penalised.
        weights: `(labelling, row)`; the sign is the label.

    Returns:
        Coefficients `(labelling, unit)`.
    """
    units = design.shape[1]
    label, size = (
        (weights > 0).astype(float),
        np.abs(weights) * design.shape[0] / np.abs(weights).sum(axis=1, keepdims=True),
    )
    products = (design[:, :, None] * design[:, None]).reshape(len(design), -1)
    penalty = _RIDGE * np.diag(np.arange(units) > 0)
    beta = np.zeros((len(weights), units))
    for _ in range(_NEWTON_STEPS):
        chance = 1 / (1 + np.exp(-np.clip(beta @ design.T, -30, 30)))
        slope = (size * (label - chance)) @ design - beta @ penalty
        bend = ((size * chance * (1 - chance)) @ products).reshape(-1, units, units) + penalty
        beta = beta + np.linalg.solve(bend + 1e-9 * np.eye(units), slope[..., None])[..., 0]
    return beta
