"""The epoch trial: what an epoch on real rows costs, by the way of batching them."""

import dataclasses
from collections.abc import Hashable
from dataclasses import dataclass
from functools import partial
from typing import Any, ClassVar

import numpy as np
import pandas as pd

from padleak.data import load, pad
from padleak.data.dataset import Source
from padleak.models import backend
from padleak.models.network import Network, why_not
from padleak.models.rows import Batch, batchings
from padleak.models.training import Program, program_for
from padleak.study.cell import Cell, Outcome
from padleak.study.trials import elsewhere
from padleak.study.trials.stopwatch import time_in_turns


@dataclass(frozen=True)
class Strategy:
    """A way to deal with fill.

    Attributes:
        name: What people call it.
        masking, batching: Names of their registries.
        length: Steps of a row.
    """

    name: str
    masking: str
    batching: str
    length: int


@dataclass(frozen=True)
class EpochCell(Cell):
    """Times of an LSTM's epoch under several strategies, on the same rows. It measures the machine, as `CostCell` does.

    Attributes:
        backend: Where it runs, in a process of its own if that is not this one's.
        data: Source of the rows, token ids.
        rows: Rows of an epoch.
        batch: Rows of a batch.
        units, embedding: As in `Network`.
        strategies: What is compared.
        repeats: Rounds in which every strategy is timed once.
    """

    kind: ClassVar[str] = "epoch"

    backend: str = "tensorflow"
    data: str = "docstrings"
    rows: int = 768
    batch: int = 64
    units: int = 32
    embedding: int = 16
    strategies: tuple[Strategy, ...] = ()
    repeats: int = 5

    def why_not(self) -> str | None:
        """Names are checked on the way."""
        for strategy in self.strategies:
            batchings.facts(strategy.batching)
            if reason := why_not(Network("lstm", strategy.masking), Source.parse(self.data).holds):
                return f"the clock needs every strategy, and {reason}"
        return None

    def surroundings(self) -> dict[str, str]:
        """The version of the data."""
        return {"data_version": Source.parse(self.data).version}

    def shape(self) -> Hashable:
        """Cells that differ in the seed alone share their programs."""
        return dataclasses.replace(self, seed=0)

    def effort(self) -> float:
        """Every strategy in every round."""
        return (self.repeats + 1) * self.rows * sum(strategy.length for strategy in self.strategies)

    def programs(self) -> float:
        """One for every strategy, a few more for those with several shapes."""
        return 2.0 * len(self.strategies)

    def run(self) -> Outcome:
        """Time all strategies in turns."""
        rows = elsewhere.call(self.backend, f"{__name__}:measure", settings=self.settings)
        return Outcome(pd.DataFrame(rows).astype({"count": "Int64", "value": "float64"}), {}, {})


def measure(settings: dict[str, Any]) -> list[dict[str, Any]]:
    """The measurements of an `EpochCell`, in a process of its backend."""
    backend.start()
    strategies = tuple(Strategy(**strategy) for strategy in settings["strategies"])
    cell = EpochCell(**settings | {"strategies": strategies})
    runs, steps = {}, {}
    for strategy in cell.strategies:
        batches, program = _prepare(cell, strategy)
        runs[strategy.name] = partial(_take_singly, program, batches)
        steps[strategy.name] = (
            sum(b.mask.size for b in batches),
            sum(int(b.mask.sum()) for b in batches),
            len(batches),
        )
    seconds = time_in_turns(runs, cell.repeats, np.random.default_rng(cell.seed))
    rows = []
    for strategy in cell.strategies:
        computed, real, batches = steps[strategy.name]
        values = {
            "milliseconds_per_sequence": 1000 * seconds[strategy.name] / (batches * cell.batch),
            "padded_share": 1 - real / computed,
        }
        about = {"probe": strategy.name, "layout": "pre", "count": None, "reference": "clock", "layer": "training"}
        rows += [about | {"metric": metric, "value": value} for metric, value in values.items()]
    return rows


def _take_singly(program: Program, batches: list[Batch]) -> None:
    """A call a step, so that strategies of one shape have no advantage over those of several."""
    for batch in batches:
        program.take_steps([batch])


def _prepare(cell: EpochCell, strategy: Strategy) -> tuple[list[Batch], Program]:
    """The batches of one epoch, and the program that takes them."""
    data = load(cell.data)
    train = data.draw(cell.seed, cell.rows, 1, 1).train.truncate(strategy.length, "post")
    rows = batchings[strategy.batching](train, lambda rows: pad(rows, strategy.length, "pre"))
    network = Network(
        "lstm", strategy.masking, "last", cell.units, embedding=cell.embedding,
        words=data.words, outputs=max(1, len(data.classes)), classifies=bool(data.classes),
    )  # fmt: skip
    program = program_for(network, steps=1000)
    program.reset(cell.seed, learning_rate=0.001)
    return list(rows.batches(cell.batch, np.random.default_rng(cell.seed))), program
