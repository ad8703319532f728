"""From one number a seed to a statement: intervals, tests, equivalence, multiplicity, shares of variance."""

from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy import special  # its t distribution; scipy.stats takes a second to import


@dataclass(frozen=True)
class Estimate:
    """A mean over replicates with its two-sided interval."""

    mean: float
    low: float
    high: float
    n: int


def estimate_mean(values: np.ndarray, level: float = 0.95) -> Estimate:
    """Mean and Student interval.

    Args:
        values: One value a replicate (a seed), `(n,)`. The interval assumes independent, roughly normal replicates, and is
            unbounded for n = 1.
        level: Coverage.

    >>> estimate_mean(np.array([1.0, 2.0, 3.0])).mean
    2.0
    """
    values = np.asarray(values, dtype=float)
    mean, n = float(values.mean()), len(values)
    if n < 2:
        return Estimate(mean, -np.inf, np.inf, n)
    half = special.stdtrit(n - 1, (1 + level) / 2) * values.std(ddof=1) / np.sqrt(n)
    return Estimate(mean, mean - half, mean + half, n)


def p_above(values: np.ndarray, bound: float) -> float:
    """One-sided p-value of Student's test that the mean lies above `bound` (null: at or below).

    Replicates without any spread give 0 or 1: a deterministic quantity needs no test. One replicate gives 1.
    """
    values = np.asarray(values, dtype=float)
    if len(values) < 2:
        return 1.0
    if _is_flat(values):
        return 0.0 if values.mean() > bound else 1.0
    distance = (values.mean() - bound) / (values.std(ddof=1) / np.sqrt(len(values)))
    return float(special.stdtr(len(values) - 1, -distance))


def _is_flat(values: np.ndarray) -> bool:
    """Whether the spread is below rounding: none to divide by."""
    return bool(np.ptp(values) <= 1e-12 * max(1.0, abs(float(values.mean()))))


def p_below(values: np.ndarray, bound: float) -> float:
    """One-sided p-value that the mean lies below `bound`."""
    return p_above(-np.asarray(values, dtype=float), -bound)


def p_within(values: np.ndarray, margin: float) -> float:
    """p-value of equivalence: two one-sided tests that the mean lies within `margin` of 0 (Schuirmann 1987)."""
    return max(p_above(values, -margin), p_below(values, margin))


def p_outside(values: np.ndarray, margin: float) -> float:
    """p-value that the mean lies outside `margin` of 0, on either side."""
    return min(1.0, 2 * min(p_above(values, margin), p_below(values, -margin)))


def standardised(values: np.ndarray, bound: float = 0.0) -> float:
    """Distance of the mean from a bound in standard deviations of a replicate, corrected for their number (Hedges 1981).

    Paired differences go in as differences. Not a number for fewer than two replicates or none that differ.
    """
    values = np.asarray(values, dtype=float)
    if len(values) < 2 or _is_flat(values):
        return float("nan")
    freedom = len(values) - 1
    correction = np.exp(special.gammaln(freedom / 2) - special.gammaln((freedom - 1) / 2)) / np.sqrt(freedom / 2)
    return float((values.mean() - bound) / values.std(ddof=1) * (correction if freedom > 1 else 1))


def detectable(values: np.ndarray, power: float = 0.8, alpha: float = 0.025) -> float:
    """How far from its bound a mean must lie for Student's one-sided test to see it with a given power.

    Args:
        values: Replicates, whose number and spread the next study is taken to share.
        power: Chance of seeing it.
        alpha: Level of the test; as either direction is tested, half of the level of both.

    Returns:
        A distance in units of the values; not a number for fewer than two.

    >>> round(detectable(np.array([-1.0, 0.0, 1.0])), 2)
    3.26
    """
    values = np.asarray(values, dtype=float)
    if len(values) < 2:
        return float("nan")
    freedom = len(values) - 1
    noncentrality = special.nctdtrinc(freedom, 1 - power, special.stdtrit(freedom, 1 - alpha))
    return float(noncentrality * values.std(ddof=1) / np.sqrt(len(values)))


def holm(p_values: np.ndarray) -> np.ndarray:
    """p-values adjusted for their number (Holm 1979); the family-wise error stays at alpha."""
    from statsmodels.stats.multitest import multipletests  # takes a second to import

    if len(p_values) == 0:
        return np.array([])
    return multipletests(p_values, method="holm")[1]


def variance_shares(table: pd.DataFrame, response: str, factors: list[str], replicate: str) -> pd.DataFrame:
    """Share of the variance of a response that each factor explains on average, with intervals over replicates.

    The main-effect sum of squares of each factor in a balanced factorial design (functional ANOVA, first order; Hooker
    2007), divided by the total; what is left is interactions and noise. The interval is Student's over the jackknife's
    pseudo-values, each replicate left out once, of the arcsine of the root of the share (Efron & Stein 1981), widened to the
    share itself where it lies outside. Of factors that explain next to nothing it covers less than it should.

    Args:
        table: One row a cell and replicate.
        response: Column explained.
        factors: Columns of the design.
        replicate: Column that numbers the replicates (the seeds).

    Returns:
        One row a factor: `factor`, `share`, `low`, `high` (95 %).
    """
    designs = [table[factor].astype("category").cat.codes.to_numpy() for factor in factors]
    values = table[response].to_numpy(dtype=float)
    codes, names = pd.factorize(table[replicate])
    everyone = np.ones((1, len(names)))
    weights = np.concatenate([everyone, 1 - np.eye(len(names))]) if len(names) > 1 else everyone
    shares = [_explained(weights[:, codes], values, design) for design in designs]
    intervals = [_jackknife(np.arcsin(np.sqrt(share.clip(0, 1)))) for share in shares]
    low, high = ([np.sin(np.clip(bound, 0, np.pi / 2)) ** 2 for bound in bounds] for bounds in zip(*intervals))
    whole = [share[0] for share in shares]
    return pd.DataFrame(
        {"factor": factors, "share": whole, "low": np.minimum(low, whole), "high": np.maximum(high, whole)}
    )


def _jackknife(statistics: np.ndarray) -> tuple[float, float]:
    """Interval from a statistic of all replicates, followed by those that leave one out."""
    whole, n = statistics[0], len(statistics) - 1
    estimate = estimate_mean(n * whole - (n - 1) * statistics[1:]) if n else Estimate(whole, -np.inf, np.inf, 1)
    return estimate.low, estimate.high


def _explained(weights: np.ndarray, values: np.ndarray, codes: np.ndarray) -> np.ndarray:
    """Between-level over total sum of squares for each row of weights: `(draw,)`."""
    levels = np.eye(codes.max() + 1)[codes]
    count = weights @ levels
    sums = (weights * values) @ levels
    total = weights.sum(axis=1)
    grand = (weights * values).sum(axis=1) / total
    spread = (weights * (values - grand[:, None]) ** 2).sum(axis=1)
    level_means = np.divide(sums, count, out=np.zeros_like(sums), where=count > 0)
    between = (count * (level_means - grand[:, None]) ** 2).sum(axis=1)
    return np.divide(between, spread, out=np.zeros_like(spread), where=spread > 0)
