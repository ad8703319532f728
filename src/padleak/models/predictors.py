"""Tables as networks and estimators take them: numbers scaled, a column for each category, and what is missing beside them."""

import warnings
from dataclasses import dataclass, fields

import numpy as np

from padleak.data.table import Table


@dataclass(frozen=True, eq=False)
class Predictors:
    """Rows of a table. Entries are the numbers, then one for each category of each other column.

    Attributes:
        values: `(row, entry)`: numbers in deviations from the mean of those observed, categories as 0 and 1; 0 where missing.
        present: `(row, entry)`: 1 where observed, 0 where missing.
        missing: `(row, column)`: 1 where missing; columns of numbers first.
        zero: `(row, entry)`: what a 0 of the table is here; for categories, none of them.
        typical: `(row, entry)`: the mean, and the most frequent category.
        imputed: `(row, entry)`: missing entries as the others foretell them.
        complete: `(row, entry)`: what `values` would be had nothing been removed.
    """

    values: np.ndarray
    present: np.ndarray
    missing: np.ndarray
    zero: np.ndarray
    typical: np.ndarray
    imputed: np.ndarray
    complete: np.ndarray

    def take(self, rows: np.ndarray) -> list[np.ndarray]:
        """All arrays, of some rows, in the order of the attributes."""
        return [getattr(self, name)[rows] for name in NAMES]


_LEAST_SPREAD = 1e-9
_MANY_ENTRIES = 50
"""With more, each is imputed from so many others that go with it the most."""

NAMES = tuple(field.name for field in fields(Predictors))


class Encoder:
    """Learns from training rows how to scale, and how to impute.

    Args:
        train: With what is missing in it.
    """

    def __init__(self, train: Table):
        sizes = np.array(train.categories)
        self._numbers, self._factors = np.flatnonzero(sizes == 0), np.flatnonzero(sizes > 0)
        self._sizes = sizes[self._factors]
        numbers = train.values[:, self._numbers]
        is_seen = ~np.isnan(numbers)
        counts = np.maximum(is_seen.sum(axis=0), 1)
        self._mean = np.where(is_seen, numbers, 0).sum(axis=0) / counts
        spread = np.sqrt((np.where(is_seen, numbers - self._mean, 0) ** 2).sum(axis=0) / counts)
        # What is constant tells nothing, and other values of it later would be out of all proportion: it is 0 throughout.
        self._scale = np.where(spread > _LEAST_SPREAD * np.maximum(1, np.abs(self._mean)), spread, np.inf)
        frequent = [
            np.bincount(_codes(train.values[:, at]), minlength=size).argmax() for at, size in self._each_factor()
        ]
        self._zero = np.concatenate([-self._mean / self._scale, np.zeros(self._sizes.sum())])
        self._typical = np.concatenate([np.zeros(len(self._numbers)), *map(_one_hot_of, frequent, self._sizes)])
        self._imputer = _fit_imputer(self._entries(train.values))

    @property
    def numbers(self) -> int:
        """Columns of numbers."""
        return len(self._numbers)

    @property
    def entries(self) -> int:
        """Entries of a row."""
        return len(self._zero)

    def encode(self, table: Table, complete: Table) -> Predictors:
        """Rows as they are known, and as they would be had nothing been removed."""
        entries, whole = self._entries(table.values), self._entries(complete.values)
        missing = np.isnan(table.values)[:, [*self._numbers, *self._factors]]
        arrays = {
            "values": np.nan_to_num(entries),
            "present": ~np.isnan(entries),
            "missing": missing,
            "zero": np.broadcast_to(self._zero, entries.shape),
            "typical": np.broadcast_to(self._typical, entries.shape),
            "imputed": self._imputer.transform(entries),
            "complete": np.nan_to_num(whole),
        }
        return Predictors(**{name: array.astype("float32") for name, array in arrays.items()})

    def _entries(self, values: np.ndarray) -> np.ndarray:
        """`(row, entry)`, missing ones NaN."""
        parts = [(values[:, self._numbers] - self._mean) / self._scale]
        for at, size in self._each_factor():
            column = values[:, at]
            one_hot = (column[:, None] == np.arange(size)).astype(float)
            parts.append(np.where(np.isnan(column)[:, None], np.nan, one_hot))
        return np.concatenate(parts, axis=1)

    def _each_factor(self) -> list[tuple[int, int]]:
        return list(zip(self._factors.tolist(), self._sizes.tolist()))


def _codes(column: np.ndarray) -> np.ndarray:
    return column[~np.isnan(column)].astype(int)


def _one_hot_of(category: int, size: int) -> np.ndarray:
    return (np.arange(size) == category).astype(float)


def _fit_imputer(entries: np.ndarray):
    """Each entry by ridge regression on the others, in rounds (van Buuren & Groothuis-Oudshoorn 2011)."""
    from sklearn.exceptions import ConvergenceWarning
    from sklearn.experimental import enable_iterative_imputer  # noqa: F401
    from sklearn.impute import IterativeImputer

    nearest = _MANY_ENTRIES if entries.shape[1] > _MANY_ENTRIES else None
    imputer = IterativeImputer(n_nearest_features=nearest, keep_empty_features=True, random_state=0)
    with warnings.catch_warnings():
        # Ten rounds are what its users get, too.
        warnings.simplefilter("ignore", ConvergenceWarning)
        return imputer.fit(entries)
