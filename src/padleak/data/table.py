"""Tables: predictors, some of which may be missing, and what is to be predicted.

A table is named as a data set is: `wine`, `gaussian?columns=20`, `csv:heart.csv?target=num&missing=?`. To add one, write one
decorated function in a file of this folder.
"""

import functools
from dataclasses import dataclass, replace
from numbers import Integral
from typing import NamedTuple

import numpy as np

from padleak.arguments import check_whole, say
from padleak.data.dataset import Source
from padleak.errors import InputError
from padleak.measures.gaussian import LinearTruth
from padleak.registry import Registry

tables = Registry("table", package="padleak.data")
"""Functions `(path?, **options) -> Table`, or `(seed, rows, **options) -> Table` where the fact `synthetic` says that each
seed has its own. Facts: `synthetic`, and those of data sets."""

FEWEST_ROWS = 30


class Parts(NamedTuple):
    """Disjoint rows of one table."""

    train: "Table"
    validation: "Table"
    test: "Table"


@dataclass(frozen=True, eq=False)
class Table:
    """Predictors and targets.

    Attributes:
        values: `(row, column)`, missing ones NaN; a category is its number, from 0.
        targets: `(row,)`: numbers, or numbers of classes.
        columns: Names of the predictors.
        categories: How many categories each column has; 0 for numbers.
        classes: Names of the classes; empty when targets are numbers to predict.
        truth: How the rows were drawn, where that is known.
        notes: What was left out, in words.
    """

    values: np.ndarray
    targets: np.ndarray
    columns: tuple[str, ...]
    categories: tuple[int, ...]
    classes: tuple[str, ...] = ()
    truth: LinearTruth | None = None
    notes: tuple[str, ...] = ()

    def __post_init__(self):
        for name, axes, rule in (("values", 2, "numbers (row, column)"), ("targets", 1, "numbers (row,)")):
            array = getattr(self, name)
            if not isinstance(array, np.ndarray) or array.dtype.kind not in "biuf" or array.ndim != axes:
                raise InputError(name, rule, say(array))
            if np.isinf(array).any() or (axes == 1 and np.isnan(array).any()):
                raise InputError(name, f"finite {rule}" + ("; NaN is missing" if axes == 2 else ""), say(array))
        if len(self.values) != len(self.targets):
            raise InputError("targets", f"of length {len(self.values)}, one a row", len(self.targets))
        for name, kind, rule in (("columns", str, "names"), ("categories", Integral, "counts")):
            given = getattr(self, name)
            if not isinstance(given, tuple | list) or not all(isinstance(entry, kind) for entry in given):
                raise InputError(name, f"a tuple of {rule}", say(given))
            if len(given) != self.values.shape[1]:
                raise InputError(name, f"of length {self.values.shape[1]}, one a column", len(given))
        if min(self.categories, default=0) < 0:
            raise InputError("categories", "0 for numbers, else how many there are", min(self.categories))

    def __len__(self) -> int:
        return len(self.targets)

    @property
    def missing_share(self) -> float:
        """Share of values that are missing."""
        return float(np.isnan(self.values).mean())

    @property
    def is_numeric(self) -> bool:
        """Whether predictors and target are all numbers."""
        return not any(self.categories) and not self.classes

    def take(self, rows: np.ndarray) -> "Table":
        """Some rows."""
        return replace(self, values=self.values[rows], targets=self.targets[rows])

    def without(self, missing: np.ndarray) -> "Table":
        """The table with more values missing: where `missing`, `(row, column)`, is True."""
        return replace(self, values=np.where(missing, np.nan, self.values))

    def split(self, seed: int, rows: int, validation: int, test: int) -> Parts:
        """Rows drawn for each part; a smaller table is divided in the proportion asked for, and so is each class.

        Raises:
            InputError: A part would be empty.
        """
        check_whole("seed", seed, 0)
        for name, value in (("rows", rows), ("validation", validation), ("test", test)):
            check_whole(name, value, 1)
        asked = rows + validation + test
        whole = min(len(self), asked)
        ends = np.cumsum([rows, validation, test]) * whole // asked
        if np.diff(ends, prepend=0).min() < 1:
            raise InputError(
                "rows, validation and test", f"a row each of {len(self)}", f"{rows}, {validation} and {test}"
            )
        order = self._spread_out(np.random.default_rng([seed, 2]))
        return Parts(*(self.take(part) for part in np.split(order, ends)[:3]))

    def _spread_out(self, generator: np.random.Generator) -> np.ndarray:
        """All rows in random order; every stretch of them holds classes in their proportion."""
        order = generator.permutation(len(self))
        if not self.classes:
            return order
        places = np.empty(len(self))
        for label in range(len(self.classes)):
            of_class = order[self.targets[order] == label]
            places[of_class] = (np.arange(len(of_class)) + generator.random()) / max(1, len(of_class))
        return np.argsort(places, kind="stable")


def load_table(source: str, seed: int = 0, rows: int = 0) -> Table:
    """Read a table, or draw one.

    Args:
        source: As described at the head of this module.
        seed, rows: Of a table that is drawn; one that is read is what it is.

    Raises:
        InputError: Unknown name or option, missing file, or too few usable rows.
    """
    parsed = Source.parse(source, tables)
    check_whole("seed", seed, 0, 2**32 - 1)
    check_whole("rows", rows, 0)
    if tables.facts(parsed.name).get("synthetic"):
        check_whole("rows", rows, 1)
        return parsed.read(seed, rows)
    return _read(source)


@functools.lru_cache(maxsize=8)
def _read(source: str) -> Table:
    table = Source.parse(source, tables).read()
    if len(table) < FEWEST_ROWS:
        raise InputError(f"table {source}", f"of at least {FEWEST_ROWS} usable rows", f"{len(table)}")
    if len(table.classes) == 1 or np.ptp(table.targets) == 0:
        raise InputError(
            f"target of {source}", "of at least two classes or numbers", f"the same in all {len(table)} rows"
        )
    for array in (table.values, table.targets):
        array.flags.writeable = False  # it is shared by all who load it
    return table
