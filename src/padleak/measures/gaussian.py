"""Normal vectors with missing entries: what the others say of them, what a best prediction is, and how to fit them.

Rows that miss the same entries share all matrices, so that work grows with the number of such patterns and not of rows.
Missing entries are NaN.
"""

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from padleak.measures.bisection import reach

_TRACE = 1e-10


class Conditional(NamedTuple):
    """What is known of missing entries from the others.

    Attributes:
        means: `(row, entry)`: observed entries as they are, missing ones as expected.
        covariances: `(pattern, entry, entry)` of what is missing; zero at observed entries.
        pattern: Which pattern a row has, `(row,)`.
    """

    means: np.ndarray
    covariances: np.ndarray
    pattern: np.ndarray


@dataclass(frozen=True)
class SelfMasking:
    """Entries go missing according to their own value: with probability `exp(-(x - centre)^2 / (2 width^2))`.

    Attributes:
        centres, widths: Of each entry, `(entry,)`.
    """

    centres: np.ndarray
    widths: np.ndarray

    @classmethod
    def at_rate(cls, values: np.ndarray, rate: float, distance: float = 2.0) -> "SelfMasking":
        """Centres `distance` deviations above the mean, and widths such that a share `rate` of each column is missing.

        Source: Le Morvan et al. 2020, arXiv:2007.01627, who give the width for normal columns.
        """
        deviation = values.std(axis=0) + 1e-12
        centres = values.mean(axis=0) + distance * deviation

        def share(logarithm: np.ndarray) -> np.ndarray:  # of widths, in deviations
            return cls(centres, deviation * np.exp(logarithm)).probability(values).mean(axis=0)

        return cls(centres, deviation * np.exp(reach(rate, share, -7, 14, values.shape[1])))

    def probability(self, values: np.ndarray) -> np.ndarray:
        """Of being missing, `(row, entry)`."""
        return np.exp(-0.5 * ((values - self.centres) / self.widths) ** 2)


@dataclass(frozen=True)
class LinearTruth:
    """Normal predictors and a linear response, as drawn.

    Attributes:
        mean, covariance: Of the predictors, `(entry,)` and `(entry, entry)`.
        weights, intercept: Of the response.
    """

    mean: np.ndarray
    covariance: np.ndarray
    weights: np.ndarray
    intercept: float

    def best_prediction(self, values: np.ndarray, masking: SelfMasking | None = None) -> np.ndarray:
        """The Bayes predictor: the expected response, `(row,)`, given what is observed and what is not.

        Args:
            values: `(row, entry)`, missing ones NaN.
            masking: How entries went missing; None where that says nothing of their values beyond those observed.

        Source: Le Morvan et al. 2020, arXiv:2007.01627.
        """
        known = condition(values, self.mean, self.covariance)
        means = known.means
        if masking is not None:
            # That an entry is missing weighs it by a normal density of its own: two normal densities are multiplied.
            missing = np.isnan(values)
            spread = known.covariances + np.diag(masking.widths**2)
            pull = np.linalg.solve(spread, known.covariances).swapaxes(1, 2)
            towards = np.where(missing, masking.centres - means, 0)
            means = means + np.einsum("rij,rj->ri", pull[known.pattern], towards)
        return self.intercept + means @ self.weights


def condition(values: np.ndarray, mean: np.ndarray, covariance: np.ndarray) -> Conditional:
    """Means and covariances of missing entries given those observed.

    >>> known = condition(np.array([[1.0, np.nan]]), np.zeros(2), np.array([[1.0, 0.5], [0.5, 1.0]]))
    >>> known.means.round(6).tolist(), known.covariances[0, 1, 1].round(6).item()
    ([[1.0, 0.5]], 0.75)
    """
    patterns, pattern = np.unique(np.isnan(values), axis=0, return_inverse=True)
    maps, covariances = _maps(patterns, covariance)
    missing = np.isnan(values)
    centred = np.where(missing, 0, values - mean)
    expected = mean + np.einsum("rij,rj->ri", maps[pattern], centred)
    return Conditional(np.where(missing, expected, values), covariances, pattern)


def _maps(patterns: np.ndarray, covariance: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Of each pattern, the matrix from observed to missing entries and the covariance that stays."""
    missing = patterns[:, :, None].astype(float)
    observed = 1 - missing
    seen = observed * covariance * observed.swapaxes(1, 2)
    # What is missing stands apart; entries that are copies of each other are told apart by a trace of noise.
    seen += (missing + _TRACE * np.diag(covariance)) * np.eye(len(covariance))
    inverse = np.linalg.inv(seen) * observed * observed.swapaxes(1, 2)
    maps = (missing * covariance) @ inverse
    return maps, missing * (covariance - maps @ covariance) * missing.swapaxes(1, 2)


class Fitted(NamedTuple):
    """Mean `(entry,)` and covariance `(entry, entry)` of greatest likelihood."""

    mean: np.ndarray
    covariance: np.ndarray


def fit(values: np.ndarray, tolerance: float = 1e-4, steps: int = 1000) -> Fitted:
    """Expectation maximisation for normal rows with missing entries (Dempster, Laird & Rubin 1977).

    Sums and products of what is observed are taken once for each pattern; a step costs nothing that grows with the rows.

    Args:
        values: `(row, entry)`, missing ones NaN.
        tolerance: Largest change of a step at which it ends, in deviations.
        steps: At most.
    """
    centre, scale = np.nanmean(values, axis=0), np.nanstd(values, axis=0) + 1e-12
    scaled = (values - centre) / scale
    patterns, pattern = np.unique(np.isnan(scaled), axis=0, return_inverse=True)
    order = np.argsort(pattern, kind="stable")
    starts = np.searchsorted(pattern[order], np.arange(len(patterns)))
    seen = np.nan_to_num(scaled)[order]
    counts = np.bincount(pattern).astype(float)
    sums = np.add.reduceat(seen, starts)
    products = np.add.reduceat(seen[:, :, None] * seen[:, None, :], starts)
    fitted = Fitted(np.zeros(len(centre)), np.eye(len(centre)))
    for _ in range(steps):
        before, fitted = fitted, _step(fitted, patterns, counts, sums, products)
        if max(np.abs(new - old).max() for new, old in zip(fitted, before)) < tolerance:
            break
    return Fitted(centre + scale * fitted.mean, fitted.covariance * np.outer(scale, scale))


def _step(now: Fitted, patterns: np.ndarray, counts: np.ndarray, sums: np.ndarray, products: np.ndarray) -> Fitted:
    """Expected sums and products of whole rows, and the mean and covariance that they make."""
    maps, left = _maps(patterns, now.covariance)
    # A whole row is `offset + reach @ observed`.
    reach = maps + np.eye(len(now.mean)) * ~patterns[:, None, :]
    offset = np.where(patterns, now.mean, 0) - maps @ now.mean
    reached = np.einsum("pij,pj->pi", reach, sums)
    n = counts.sum()
    mean = (counts @ offset + reached.sum(axis=0)) / n
    crossed = np.einsum("pi,pj->ij", offset, reached)
    whole = np.einsum("p,pi,pj->ij", counts, offset, offset) + crossed + crossed.T
    whole += (reach @ products @ reach.swapaxes(1, 2)).sum(axis=0) + np.einsum("p,pij->ij", counts, left)
    return Fitted(mean, whole / n - np.outer(mean, mean))
