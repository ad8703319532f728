"""Tables drawn from a known law."""

import numpy as np
from scipy.special import ndtri

from padleak.data.table import Table, tables
from padleak.errors import InputError
from padleak.measures.gaussian import LinearTruth
from padleak.memory import check_fits


@tables.add(synthetic=True)
def gaussian(seed: int, rows: int, *, columns: int = 10, signal_to_noise: float = 10.0) -> Table:
    """Correlated normal predictors and a linear response, as NeuMiss was tried on (Le Morvan et al. 2020, arXiv:2007.01627).

    Means and covariances are drawn as the paper's published code draws them, from the same generator, so that a seed has
    the same ones here and there.
    """
    if columns < 2:
        raise InputError("columns", "at least 2", columns)
    check_fits("columns", columns, (columns, columns), np.float64)
    check_fits("rows", rows, (rows, columns), np.float64)
    _check_signal(signal_to_noise)
    law = np.random.RandomState(seed)
    factors = law.randn(columns, columns // 2)
    covariance = factors @ factors.T + np.diag(law.uniform(0.01, 0.1, size=columns))
    truth = LinearTruth(law.randn(columns), covariance, np.ones(columns), 1.0)
    generator = np.random.default_rng(seed)
    values = truth.mean + generator.normal(size=(rows, columns)) @ np.linalg.cholesky(covariance).T
    noise = np.sqrt(truth.weights @ covariance @ truth.weights / signal_to_noise)
    targets = truth.intercept + values @ truth.weights + noise * generator.normal(size=rows)
    return Table(values, targets, _names(columns), (0,) * columns, truth=truth)


@tables.add(synthetic=True)
def mixed(
    seed: int, rows: int, *, numbers: int = 5, factors: int = 5, levels: int = 4, signal_to_noise: float = 10.0
) -> Table:
    """Numbers and categories that hang together, and a response that every one of them adds to.

    A category is where a normal number falls between quantiles; its effect on the response is drawn and follows no order.
    """
    for name, value in (("numbers", numbers), ("factors", factors)):
        if value < 1:
            raise InputError(name, "at least 1", value)
    if levels < 2:
        raise InputError("levels", "at least 2", levels)
    _check_signal(signal_to_noise)
    columns = numbers + factors
    check_fits(
        "numbers, factors and levels", f"{numbers}, {factors} and {levels}", (columns, columns + levels), np.float64
    )
    check_fits("rows", rows, (rows, columns), np.float64)
    generator = np.random.default_rng(seed)
    loadings = generator.normal(size=(columns, max(1, columns // 2)))
    shift, effects = generator.normal(size=numbers), generator.normal(size=(factors, levels))
    hidden = generator.normal(size=(rows, loadings.shape[1])) @ loadings.T + 0.5 * generator.normal(
        size=(rows, columns)
    )
    hidden /= np.sqrt((loadings**2).sum(axis=1) + 0.25)
    values = np.concatenate([hidden[:, :numbers] + shift, _between_quantiles(hidden[:, numbers:], levels)], axis=1)
    added = effects[np.arange(factors), values[:, numbers:].astype(int)].sum(axis=1)
    signal = values[:, :numbers].sum(axis=1) + added
    targets = signal + signal.std() / np.sqrt(signal_to_noise) * generator.normal(size=rows)
    return Table(values, targets, _names(columns), (0,) * numbers + (levels,) * factors)


def _between_quantiles(values: np.ndarray, levels: int) -> np.ndarray:
    """Number of the quantile interval that each value lies in, of a standard normal, `(row, column)`."""
    return np.searchsorted(ndtri(np.arange(1, levels) / levels), values).astype(float)


def _check_signal(signal_to_noise: float) -> None:
    if not signal_to_noise > 0:
        raise InputError("signal_to_noise", "above 0", signal_to_noise)


def _names(columns: int) -> tuple[str, ...]:
    return tuple(f"x{number + 1}" for number in range(columns))
