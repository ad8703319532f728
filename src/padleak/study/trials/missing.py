"""The missing trial: networks with every filling, and estimators, on one table with values removed."""

import time
from collections.abc import Hashable, Iterator
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import pandas as pd

from padleak.data.dataset import source_of
from padleak.data.missingness import Removal, check_rate, mechanisms
from padleak.data.table import Parts, Table, load_table, tables
from padleak.errors import InputError
from padleak.models import backend
from padleak.models.estimators import Known, estimators
from padleak.models.fillings import fillings
from padleak.models.predictors import Encoder
from padleak.models.side_by_side import Shape, program_for
from padleak.study.cell import Cell, Outcome

AS_FOUND = "as_found"
"""In place of a mechanism: nothing is removed; what is missing was missing."""

_ROWS_OF_A_FOUND_TABLE = 500


@dataclass(frozen=True)
class MissingCell(Cell):
    """One table, one mechanism, one rate, and all that can be done about it.

    Attributes:
        data: Source of the table, as `padleak.data.table.load_table` takes it.
        mechanism: A name of `mechanisms`, or `as_found`.
        rate: Share of values removed from each column that loses any.
        rows, validation, test: Rows of each part; a table with fewer is divided in this proportion.
        width: Hidden units of each network.
        batch, epochs, learning_rate: Of training; see `SideBySide.train`.
        without: Fillings that are left out, names of `fillings`; all that make a difference are tried if none.
    """

    kind: ClassVar[str] = "missing"
    applies = (estimators, fillings)

    data: str = "gaussian"
    mechanism: str = "mcar"
    rate: float = 0.5
    rows: int = 2000
    validation: int = 1000
    test: int = 5000
    width: int = 100
    batch: int = 200
    epochs: int = 200
    learning_rate: float = 0.001
    without: tuple[str, ...] = ()

    def why_not(self) -> str | None:
        """Names are checked on the way: an unknown one is an error, not a skip."""
        source_of(self.data, tables)
        if self.mechanism != AS_FOUND:
            mechanisms[self.mechanism]
            check_rate(self.rate)
        elif self._is_drawn:
            return "nothing is missing in a table that is drawn"
        for name in self.without:
            fillings[name]
        for name in ("rows", "validation", "test", "width", "batch", "epochs"):
            if getattr(self, name) < 1:
                raise InputError(name, "at least 1", getattr(self, name))
        return None

    def shape(self) -> Hashable:
        """Cells on one table with networks of one size share their program."""
        return self.kind, self.data, self.width, self.batch, self.without, self.mechanism == AS_FOUND

    def effort(self) -> float:
        """Some ten small networks for half of the epochs, and the estimators. Tables that are found are small, mostly."""
        rows = self.rows if self._is_drawn else min(self.rows, _ROWS_OF_A_FOUND_TABLE)
        return 1e6 + 2.5 * rows * self.epochs

    def programs(self) -> float:
        """As large as three."""
        return 3.0

    @property
    def _is_drawn(self) -> bool:
        return tables.facts(source_of(self.data, tables).name).get("synthetic", False)

    def surroundings(self) -> dict[str, str]:
        """The version of the table, and the backend."""
        return {"data_version": source_of(self.data, tables).version, "backend": backend.name()}

    def run(self) -> Outcome:
        """Remove, train, predict, score; scikit-learn on one thread, lest those of several workers wait for each other."""
        from threadpoolctl import threadpool_limits

        backend.start()
        with threadpool_limits(limits=1):
            return self._run()

    def _run(self) -> Outcome:
        start = time.perf_counter()
        complete = load_table(self.data, self.seed, self.rows + self.validation + self.test)
        removal = self._remove(complete)
        holed, whole = (self._split(table) for table in (complete.without(removal.missing), complete))
        encoder = Encoder(holed.train)
        parts = [
            Known(seen, encoder.encode(seen, all_), removal.masking) for seen, all_ in zip(holed, whole, strict=True)
        ]
        predictions, epochs = self._of_networks(encoder, parts)
        trained = time.perf_counter()
        predictions |= {name: estimators[name](parts[0], parts[2]) for name in estimators if _suits(name, complete)}
        scores = [
            {"probe": "test", "layer": name, "metric": metric, "value": float(value)}
            for name, prediction in predictions.items()
            for metric, value in score(prediction, parts[2].table).items()
        ]
        about = {"probe": "test", "layer": "table", "metric": "missing_share", "value": parts[2].table.missing_share}
        facts = {
            "epochs": epochs, "rows_trained_on": len(holed.train), "rows_tested_on": len(holed.test),
            "seconds_training": trained - start, "seconds_estimators": time.perf_counter() - trained,
        }  # fmt: skip
        return Outcome(pd.DataFrame([*scores, about]), facts, {})

    def _remove(self, table: Table) -> Removal:
        if self.mechanism == AS_FOUND:
            return Removal(np.zeros(table.values.shape, dtype=bool))
        known = np.where(np.isnan(table.values), np.nanmean(table.values, axis=0), table.values)
        return mechanisms[self.mechanism](known, self.rate, np.random.default_rng([self.seed, 1]))

    def _split(self, table: Table) -> Parts:
        return table.split(self.seed, self.rows, self.validation, self.test)

    def _of_networks(self, encoder: Encoder, parts: list[Known]) -> tuple[dict[str, np.ndarray], int]:
        """Predictions by filling, numbers in the units of the target."""
        train, validation, test = parts
        names = tuple(name for name in _fillings(train.table, self.mechanism) if name not in self.without)
        centre, scale = _scale(train.table)
        shape = Shape(
            names,
            encoder.numbers,
            len(train.table.columns),
            encoder.entries,
            max(1, len(train.table.classes)),
            self.width,
        )
        program = program_for(shape)
        learnt = program.train(
            *((rows.predictors, (rows.table.targets - centre) / scale) for rows in (train, validation)),
            max(1, min(self.batch, len(train.table) // 4)),
            self.epochs,
            self.learning_rate,
            self.seed,
        )
        outputs = program.predict(test.predictors)
        if not train.table.classes:
            outputs = centre + scale * outputs[:, :, 0]
        return {name: outputs[:, place] for place, name in enumerate(names)}, learnt.epochs


def _fillings(table: Table, mechanism: str) -> Iterator[str]:
    """Those that make a difference on this table."""
    is_mixed = any(table.categories) and not all(table.categories)
    needless = {"mixed_only": not is_mixed, "bends": table.truth is not None, "hides_nothing": mechanism == AS_FOUND}
    for name in fillings:
        if not any(needless.get(fact) for fact, holds in fillings.facts(name).items() if holds):
            yield name


def _suits(name: str, table: Table) -> bool:
    """Whether an estimator can be asked of a table."""
    facts = estimators.facts(name)
    return (
        (table.is_numeric or not facts.get("numbers_only"))
        and (table.truth is not None or not facts.get("needs_truth"))
        and len(table.columns) <= facts.get("most_columns", np.inf)
    )


def _scale(table: Table) -> tuple[float, float]:
    """What to take off targets and to divide them by."""
    return (0, 1) if table.classes else (table.targets.mean(), table.targets.std() + 1e-12)


def score(prediction: np.ndarray, table: Table) -> dict[str, float]:
    """How good predictions are.

    Args:
        prediction: Numbers `(row,)`, or `(row, class)`: the largest is the answer.
        table: With the targets.

    Returns:
        `r2`, the share of the target's variance that is explained, or `accuracy`.
    """
    if table.classes:
        return {"accuracy": np.mean(prediction.argmax(axis=1) == table.targets)}
    return {"r2": 1 - np.mean((prediction - table.targets) ** 2) / table.targets.var()}
