"""The cost trial: what a step of training and a look at a batch cost in time and memory, by steps of fill."""

import dataclasses
from collections.abc import Callable, Hashable
from dataclasses import dataclass
from functools import partial
from typing import Any, ClassVar, NamedTuple

import numpy as np
import pandas as pd

from padleak.models import backend
from padleak.models.network import Network, why_not
from padleak.models.rows import Batch
from padleak.models.training import Program, program_for
from padleak.study.cell import Cell, Outcome
from padleak.study.trials import elsewhere
from padleak.study.trials.stopwatch import time_in_turns

ARMS = {"unmasked": "none", "masked": "embedding"}
"""Arms of the comparison, and the masking of each. Really shorter rows are either arm without fill."""

_STEPS = 2


@dataclass(frozen=True)
class CostCell(Cell):
    """Times of one network on rows of one real length, post-padded to several.

    Unlike other cells it measures the machine: run again, it gives other numbers.

    Attributes:
        backend: Where it runs, in a process of its own if that is not this one's.
        model, readout, units, embedding: As in `Network`.
        words: Size of the vocabulary.
        batch: Rows of a batch.
        real: Real steps of every row.
        lengths: Steps that the rows are padded to.
        repeats: Rounds in which every arm is timed once.
    """

    kind: ClassVar[str] = "cost"
    revision: ClassVar[int] = 3
    is_timed: ClassVar[bool] = True

    backend: str = "tensorflow"
    model: str = "lstm"
    readout: str = "last"
    units: int = 32
    embedding: int = 16
    words: int = 1000
    batch: int = 64
    real: int = 32
    lengths: tuple[int, ...] = (32, 64, 128)
    repeats: int = 5

    def why_not(self) -> str | None:
        """Names are checked on the way."""
        return why_not(_network(self, ARMS["masked"]), "tokens")

    def shape(self) -> Hashable:
        """Cells that differ in the seed alone share their programs."""
        return dataclasses.replace(self, seed=0)

    def effort(self) -> float:
        """Every arm in every round: two steps of training and a look."""
        return len(ARMS) * (self.repeats + 2) * self.batch * sum(self.lengths) * (_STEPS + 1 / 3)

    def programs(self) -> float:
        """Training and, half as large, inference for every arm and length."""
        return 1.5 * len(ARMS) * len(self.lengths)

    def run(self) -> Outcome:
        """Time all arms in turns."""
        rows = elsewhere.call(self.backend, f"{__name__}:measure", settings=self.settings)
        return Outcome(pd.DataFrame(rows).astype({"count": "Int64", "value": "float64"}), {}, {})


def measure(settings: dict[str, Any]) -> list[dict[str, Any]]:
    """The measurements of a `CostCell`, in a process of its backend."""
    backend.start()
    cell = CostCell(**settings | {"lengths": tuple(settings["lengths"])})
    generator = np.random.default_rng(cell.seed)
    runs = {
        (phase, arm, length): work
        for arm, masking in ARMS.items()
        for program in [_program(cell, masking, generator)]
        for length in cell.lengths
        for phase, work in _runs(cell, program, length, generator).items()
    }
    seconds = time_in_turns(
        {f"{phase} {arm} {length}": work.run for (phase, arm, length), work in runs.items()}, cell.repeats, generator
    )
    rows = []
    for (phase, arm, length), work in runs.items():
        rounds = _STEPS if phase == "training" else 1
        passes = 3 if phase == "training" else 1
        values = {
            "milliseconds_per_sequence": 1000 * seconds[f"{phase} {arm} {length}"] / rounds / cell.batch,
            # A backward pass takes the products of a forward pass twice.
            "megaflops_per_sequence": passes * _network(cell, ARMS[arm]).flops(length) / 1e6,
        }
        if (memory := work.memory()) is not None:
            values["mebibytes_per_step"] = memory / 2**20
        about = {"probe": f"{arm}@{length}", "layout": arm, "count": length - cell.real, "reference": "clock"}
        rows += [about | {"layer": phase, "metric": metric, "value": value} for metric, value in values.items()]
    return rows


def _network(cell: CostCell, masking: str) -> Network:
    return Network(cell.model, masking, cell.readout, cell.units, embedding=cell.embedding, words=cell.words, outputs=4)


def _program(cell: CostCell, masking: str, generator: np.random.Generator) -> Program:
    program = program_for(_network(cell, masking), steps=1000)
    program.reset(int(generator.integers(2**31)), learning_rate=0.001)
    return program


class _Work(NamedTuple):
    """Something to be timed, and how to learn in how many bytes it works."""

    run: Callable[[], Any]
    memory: Callable[[], int | None]


def _runs(cell: CostCell, program: Program, length: int, generator: np.random.Generator) -> dict[str, _Work]:
    """Some steps of training, and one look, at post-padded rows."""
    inputs = np.zeros((cell.batch, length), "int32")
    inputs[:, : cell.real] = generator.integers(2, cell.words, size=(cell.batch, cell.real))
    labels = generator.integers(4, size=cell.batch)
    batches = [Batch(inputs, inputs != 0, labels)] * _STEPS
    return {
        "training": _Work(partial(program.take_steps, batches), partial(program.memory_of_steps, batches)),
        "inference": _Work(
            partial(program.read, inputs, inputs != 0), partial(program.memory_of_reading, inputs, inputs != 0)
        ),
    }
