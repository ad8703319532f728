"""Similarity of representations: how much of the geometry of the same rows two sets of states share; 1 is all of it.

A similarity declares what it does not see, for its first and its second argument; tests hold it to that. To add one, write a
function of two arrays `(row, unit)` with as many rows, and decorate it. Facts: `first`, `second` (names of `INVARIANCES`).
"""

import numpy as np

from padleak.arguments import array_of, check_name, say
from padleak.errors import InputError
from padleak.registry import Registry

similarities = Registry("similarity", package="padleak.measures")

INVARIANCES = ("translation", "scaling", "rotation", "linear")
"""Adding a vector to all rows; one factor for all units; an orthogonal map; any invertible linear map."""

_ALL_BUT_LINEAR = ("translation", "scaling", "rotation")
_VARIANCE_KEPT = 0.99


def similarity(name: str, x: np.ndarray, y: np.ndarray) -> float:
    """Similarity of two sets of states of the same rows.

    Args:
        name: Of `similarities`.
        x, y: `(row, unit)`, row by row of the same step or sequence; more rows than units.

    Raises:
        InputError: Rows that do not line up, fewer than four, no units, or what is not a number.

    >>> x = np.random.default_rng(0).normal(size=(50, 3))
    >>> round(similarity("linear_cka", x, 2 * x + 1), 3)
    1.0
    """
    check_name("similarity", name, similarities)
    x, y = (_states(array_of("states", states, "numbers (row, unit)")) for states in (x, y))
    if x.ndim != 2 or y.ndim != 2 or len(x) != len(y) or len(x) < 4:
        raise InputError(
            "states", "two arrays (row, unit) of the same four or more rows", f"shapes {x.shape}, {y.shape}"
        )
    if not x.size or not y.size or not (np.isfinite(x).all() and np.isfinite(y).all()):
        raise InputError("states", "of one or more units, finite throughout", "none, or some that are not")
    return float(similarities[name](x - x.mean(axis=0), y - y.mean(axis=0)))


def _states(array: np.ndarray) -> np.ndarray:
    if array.dtype.kind not in "biuf":
        raise InputError("states", "numbers (row, unit)", say(array))
    return array.astype(np.float64)


@similarities.add(first=_ALL_BUT_LINEAR, second=_ALL_BUT_LINEAR)
def linear_cka(x: np.ndarray, y: np.ndarray) -> float:
    """Centred kernel alignment, linear kernel, debiased (Kornblith et al. 2019, arXiv:1905.00414; Song et al. 2012)."""
    return _alignment(x @ x.T, y @ y.T)


@similarities.add(first=_ALL_BUT_LINEAR, second=_ALL_BUT_LINEAR)
def rbf_cka(x: np.ndarray, y: np.ndarray) -> float:
    """Centred kernel alignment, Gaussian kernel as wide as the median distance, debiased."""
    return _alignment(_gaussian(x), _gaussian(y))


@similarities.add(first=_ALL_BUT_LINEAR, second=_ALL_BUT_LINEAR)
def procrustes(x: np.ndarray, y: np.ndarray) -> float:
    """What is left after the best rotation, as 1 less half the squared distance of both at norm 1 (Williams et al. 2021)."""
    return _over(np.linalg.norm(x.T @ y, "nuc"), np.linalg.norm(x) * np.linalg.norm(y))


@similarities.add(first=_ALL_BUT_LINEAR, second=_ALL_BUT_LINEAR)
def svcca(x: np.ndarray, y: np.ndarray) -> float:
    """Mean canonical correlation of the principal directions that hold 99 % of the variance (Raghu et al. 2017,
    arXiv:1706.05806)."""
    u, v = _principal(x, _VARIANCE_KEPT), _principal(y, _VARIANCE_KEPT)
    correlations = np.linalg.svd(u.T @ v, compute_uv=False)
    return correlations.mean() if len(correlations) else 0.0


@similarities.add(first=("translation", "scaling"), second=("translation", "scaling", "rotation", "linear"))
def pwcca(x: np.ndarray, y: np.ndarray) -> float:
    """Canonical correlations, weighted by how much of the first argument each direction holds (Morcos et al. 2018,
    arXiv:1806.05759). Not symmetric."""
    u, v = _principal(x), _principal(y)
    rotation, correlations, _ = np.linalg.svd(u.T @ v, full_matrices=False)
    held = np.abs((u @ rotation).T @ x).sum(axis=1)
    return _over((held * correlations).sum(), held.sum())


def _alignment(k: np.ndarray, m: np.ndarray) -> float:
    return _over(_hsic(k, m), np.sqrt(max(0.0, _hsic(k, k) * _hsic(m, m))))


def _hsic(k: np.ndarray, m: np.ndarray) -> float:
    """The unbiased estimate of the Hilbert-Schmidt independence criterion (Song et al. 2012, eq. 5)."""
    n = len(k)
    k, m = (kernel - np.diag(np.diag(kernel)) for kernel in (k, m))
    sums_k, sums_m = k.sum(axis=1), m.sum(axis=1)
    total = (k * m).sum() + sums_k.sum() * sums_m.sum() / ((n - 1) * (n - 2)) - 2 * (sums_k @ sums_m) / (n - 2)
    return total / (n * (n - 3))


def _gaussian(x: np.ndarray) -> np.ndarray:
    norms = (x**2).sum(axis=1)
    squared = (norms[:, None] + norms - 2 * x @ x.T).clip(min=0)
    width = np.median(squared[np.triu_indices(len(x), 1)])
    return np.exp(-squared / (2 * width if width > 0 else 1))


def _principal(x: np.ndarray, kept: float = 1.0) -> np.ndarray:
    """Left singular vectors: those that are not nothing, and hold `kept` of the variance."""
    u, s, _ = np.linalg.svd(x, full_matrices=False)
    real = s > 1e-10 * s[0] if s[0] > 0 else np.zeros(len(s), bool)
    share = np.cumsum(s**2) / max((s**2).sum(), np.finfo(float).tiny)
    count = min(int(real.sum()), int(np.searchsorted(share, kept - 1e-12)) + 1)
    return u[:, :count]


def _over(numerator: float, denominator: float) -> float:
    return float(numerator / denominator) if denominator > 0 else 0.0
