"""Permutation tests: which rows may be exchanged if nothing differs, and what p-value follows.

Every way of exchanging rows becomes a matrix of weights, a row for each relabelling, so that a statistic of all relabellings is
a matrix product.
"""

from dataclasses import dataclass
from numbers import Integral

import numpy as np

from padleak.errors import InputError
from padleak.memory import check_fits

_ROUNDING = 1e-6
"""Statistics so little apart, in their scale, count as equal: relabellings that say the same may differ in the last bits."""


@dataclass(frozen=True, eq=False)
class Exchange:
    """Which rows of two samples are exchangeable where both come from one distribution.

    Attributes:
        permutations: Relabellings drawn, beside the observed one.
        paired: Rows `i` of both samples belong together (a sequence with fill and without), and are swapped or not.
        groups: Rows with the same entry go together: `(n,)` of pairs, or `(n_x + n_y,)` of rows, where a group lies in one
            sample (the steps of a sequence). Groups count as drawn alike, their sizes included.
        strata: Rows change their label with others of the same entry alone, `(n_x + n_y,)` (the rows of a seed); not with
            `paired` or `groups`.
    """

    permutations: int = 999
    paired: bool = False
    groups: np.ndarray | None = None
    strata: np.ndarray | None = None

    def weights(self, n_x: int, n_y: int, generator: np.random.Generator) -> np.ndarray:
        """Relabellings: `1 / size` where a row counts as of the first sample, `-1 / size` where as of the second.

        Args:
            n_x, n_y: Rows of the samples.
            generator: Draws the relabellings.

        Returns:
            `(permutations + 1, n_x + n_y)` float32; the first row is what was observed.

        Raises:
            InputError: Pairs of samples of different size, or groups and strata that do not fit.
        """
        self._check(n_x, n_y)
        observed = np.arange(n_x + n_y) < n_x
        if self.paired:
            is_first = self._swap_pairs(n_x, generator)
        elif self.groups is not None:
            is_first = _relabel_groups(observed, self.groups, self.permutations, generator)
        elif self.strata is not None:
            is_first = _relabel_within(observed, self.strata, self.permutations, generator)
        else:
            is_first = generator.permuted(np.tile(observed, (self.permutations, 1)), axis=1)
        is_first = np.concatenate([observed[None], is_first])
        firsts = is_first.sum(axis=1, keepdims=True)
        return np.where(is_first, 1 / firsts, -1 / (n_x + n_y - firsts)).astype(np.float32)

    def _check(self, n_x: int, n_y: int) -> None:
        if not isinstance(self.permutations, Integral) or self.permutations < 1:
            raise InputError("permutations", "at least 1", str(self.permutations))
        check_fits("permutations", self.permutations, (self.permutations, n_x + n_y), np.float64)
        if min(n_x, n_y) < 2:
            raise InputError("samples", "at least two rows each", f"{n_x} and {n_y}")
        if self.paired and n_x != n_y:
            raise InputError("samples", "of one size where they are paired", f"{n_x} and {n_y} rows")
        if self.strata is not None and (self.paired or self.groups is not None):
            raise InputError("strata", "given without pairs and groups", "both")
        wanted = n_x if self.paired else n_x + n_y
        for name, codes in (("groups", self.groups), ("strata", self.strata)):
            if codes is not None and np.shape(codes) != (wanted,):
                raise InputError(name, f"{wanted} entries", f"shape {np.shape(codes)}")

    def _swap_pairs(self, n: int, generator: np.random.Generator) -> np.ndarray:
        codes = np.arange(n) if self.groups is None else np.unique(self.groups, return_inverse=True)[1]
        stays = generator.integers(2, size=(self.permutations, codes.max() + 1), dtype=bool)[:, codes]
        return np.concatenate([stays, ~stays], axis=1)


def _relabel_groups(
    observed: np.ndarray, groups: np.ndarray, permutations: int, generator: np.random.Generator
) -> np.ndarray:
    _, codes = np.unique(groups, return_inverse=True)
    share = np.bincount(codes, weights=observed) / np.bincount(codes)
    if not np.isin(share, (0, 1)).all():
        raise InputError("groups", "within one sample each", "one with rows of both", "Those are strata, or pairs.")
    labels = generator.permuted(np.tile(share == 1, (permutations, 1)), axis=1)
    return labels[:, codes]


def _relabel_within(
    observed: np.ndarray, strata: np.ndarray, permutations: int, generator: np.random.Generator
) -> np.ndarray:
    _, codes = np.unique(strata, return_inverse=True)
    by_stratum = np.argsort(codes, kind="stable")
    shuffled = np.argsort(codes + generator.random((permutations, len(codes))), axis=1)
    labels = np.empty(shuffled.shape, bool)
    np.put_along_axis(labels, shuffled, np.broadcast_to(observed[by_stratum], shuffled.shape), axis=1)
    return labels


def p_value(statistics: np.ndarray, scale: float = 0.0) -> np.ndarray:
    """Share of relabellings whose statistic is at least the observed one, which counts itself (Phipson & Smyth 2010).

    Args:
        statistics: `(permutations + 1, ...)`, the observed one first.
        scale: How large statistics can be, where rounding alone makes them; the largest of all, if that is larger.

    >>> float(p_value(np.array([3.0, 1.0, 2.0, 4.0])))
    0.5
    """
    tolerance = _ROUNDING * np.maximum(scale, np.abs(statistics).max(axis=0))
    return (statistics >= statistics[0] - tolerance).mean(axis=0)
