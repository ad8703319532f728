"""The sequence trial: train a network once, then look at it under many paddings."""

import time
from collections.abc import Hashable
from dataclasses import dataclass, replace
from typing import ClassVar, NamedTuple

import numpy as np

from padleak.data.dataset import Dataset, Split, load, source_of
from padleak.data.gaps import gap_patterns, tellings, with_gaps
from padleak.data.missingness import check_rate
from padleak.data.padding import Padded, pad, paddings
from padleak.data.sequences import Sequences
from padleak.errors import InputError
from padleak.measures.shift import measures
from padleak.models import backend
from padleak.models.network import Network, models, why_not
from padleak.models.rows import EqualLengthRows, Rows, batchings
from padleak.models.training import History, Program, Schedule, program_for
from padleak.study.cell import Cell, Outcome
from padleak.study.trials.examination import Examination
from padleak.study.trials.probe import Probe, probe_grid

_FEED_FORWARD_SHARE = 0.2
"""About what a feed-forward network takes of the time of an LSTM, for estimates."""


@dataclass(frozen=True)
class SequenceCell(Cell):
    """One training of one network on one data set, and the probes it is put to.

    Attributes:
        data: Source of the data, as `padleak.data.load` takes it.
        rows, validation, test: Rows drawn for training and validation, and rows of the test pool.
        collides: Give the first word the fill id, as a vocabulary that starts at 0 does.
        length: Steps of a training row.
        padding, truncating: Where training rows are filled, and which end of longer ones is cut.
        masking, model, units, layers, bidirectional, readout, embedding: As in `Network`.
        batch, epochs, patience, learning_rate: As in `Schedule`.
        batching: How rows are put into batches, a name of `batchings`.
        gaps: Share of values that are missing within sequences of features; 0 for none.
        gap_pattern, gap_telling: Where, and what the network is told of them: names of `gap_patterns` and `tellings`.
        probe_rows: Test sequences that the probes by pad count use.
        probes: The conditions; training's own layout is always added.
    """

    kind: ClassVar[str] = "sequence"
    revision: ClassVar[int] = 6
    applies = (measures,)

    data: str = "docstrings"
    rows: int = 2048
    validation: int = 512
    test: int = 1024
    collides: bool = False
    length: int = 48
    padding: str = "post"
    truncating: str = "post"
    masking: str = "embedding"
    model: str = "lstm"
    units: int = 32
    layers: int = 1
    bidirectional: bool = False
    readout: str = "last"
    embedding: int = 16
    batch: int = 64
    epochs: int = 8
    patience: int = 2
    learning_rate: float = 0.003
    probe_rows: int = 200
    probes: tuple[Probe, ...] = probe_grid()
    batching: str = "rectangle"
    gaps: float = 0.0
    gap_pattern: str = "scattered"
    gap_telling: str = "zero"

    def why_not(self) -> str | None:
        """Names are checked on the way: an unknown one is an error, not a skip."""
        for probe in self.probes:
            paddings[probe.layout]
        if self.padding not in paddings or self.padding == "unpadded":
            layouts = [name for name in paddings if name != "unpadded"]
            raise InputError(
                "padding", f"one of {', '.join(layouts)}", self.padding,
                "For no padding, choose masking=unpadded.",
            )  # fmt: skip
        gap_patterns[self.gap_pattern], tellings[self.gap_telling]
        if self.gaps:
            check_rate(self.gaps, "gaps")
        if self.gaps and source_of(self.data).holds == "tokens":
            return "token ids have no values that could be missing"
        if self.batching != "rectangle" and self.masking == "unpadded":
            return f"masking unpadded leaves no fill that the batching {self.batching} could spare"
        if batchings.facts(self.batching).get("packs") and not self.network().packs:
            return f"the batching {self.batching} needs a network that runs one way and answers at the last step alone"
        if not self._one_shape and not self.network().takes_any_length:
            return f"the readout {self.readout} needs one length, and {self.batching} batches have several"
        return why_not(self.network(), source_of(self.data).holds, self.collides)

    def shape(self) -> Hashable:
        """Cells that share data sizes and the network share its compiled program."""
        told = self.gap_telling if self.gaps else ""
        return (self.data, self.collides, self.rows, self.epochs, self.batch, self.batching, told, self.network())

    def effort(self) -> float:
        """Training, and looks that cost a third of it."""
        trained = self.rows * self.epochs * self.length
        looked = self.epochs * self.validation * self.length + 2 * self.test * self.length
        probed = sum(self.probe_rows * (self.length + (probe.count or 0)) for probe in self.probes)
        weight = 1 if models.facts(self.model).get("bidirectional") else _FEED_FORWARD_SHARE
        return weight * self.layers * (1 + self.bidirectional) * (trained + (looked + probed) / 3)

    def programs(self) -> float:
        """One."""
        return 1.0 if models.facts(self.model).get("bidirectional") else 0.5

    def surroundings(self) -> dict[str, str]:
        """The version of the data, and the backend."""
        return {"data_version": source_of(self.data).version, "backend": backend.name()}

    def run(self) -> Outcome:
        """Train, probe, measure."""
        start = time.perf_counter()
        program, split, history, data = self.train()
        trained = time.perf_counter()
        examination = Examination(self, program, split.test)
        table = examination.measure(min(history.validation_loss))
        facts = {
            "epochs": len(history.validation_loss),
            "steps": history.steps,
            "seconds_per_step": history.seconds_per_step,
            "seconds_training": trained - start,
            "seconds_probing": time.perf_counter() - trained,
            "validation_loss": history.validation_loss,
            "parameters": int(program.model.count_params()),
            "train_padded_share": history.padded_share,
            "skipped_rows": data.skipped,
        }
        weights = {variable.path: np.asarray(variable) for variable in program.model.weights}
        return Outcome(table, facts, {"states": examination.sample(), "weights": weights})

    def train(self) -> "Trained":
        """Load the data, set the program back and train it."""
        backend.start()
        data = self.load()
        split = self.draw(data)
        weights_seed, order_seed = np.random.SeedSequence(self.seed).generate_state(2)
        # Batches of many shapes would be compiled for each.
        steps = self.epochs * self.rows // self.batch if self._one_shape else 0
        program = program_for(self.network(data), steps)
        program.reset(int(weights_seed), self.learning_rate)
        schedule = Schedule(self.batch, self.epochs, self.patience, self.learning_rate)
        history = program.train(
            self.batches_of(split.train), self.batches_of(split.validation), schedule, int(order_seed)
        )
        return Trained(program, split, history, data)

    def probes_of(self, network: Network) -> tuple[Probe, ...]:
        """Training's own layout first; what the network or the layout rules out is left out."""
        own = Probe(self.padding)
        others = (probe for probe in self.probes if (probe.layout, probe.count) != (own.layout, own.count))
        return (own, *(probe for probe in others if probe.count is None or network.takes_any_length))

    def network(self, data: Dataset | None = None) -> Network:
        """The network; its sizes follow from the data, and are stand-ins where those are not read yet."""
        holds = source_of(self.data).holds
        return Network(
            self.model, self.masking, self.readout, self.units, self.layers, self.bidirectional, self.embedding,
            words=(data.words if data else 1) if holds == "tokens" else 0,
            features=(data.train.values.shape[1] if data else 1) if holds == "features" else 0,
            length=self.length,
            outputs=max(1, len(data.classes)) if data else 2,
            classifies=bool(data.classes) if data else True,
        )  # fmt: skip

    def load(self) -> Dataset:
        """The data set, with gaps if it is to have any."""
        data = load(self.data)
        if self.gaps:
            train, test = (
                with_gaps(pool, self.gaps, self.gap_pattern, self.gap_telling, np.random.default_rng(seed))
                for pool, seed in ((data.train, [self.seed, 1]), (data.test, [0, 2]))
            )
            data = replace(data, train=train, test=test)
        return data.collided() if self.collides else data

    def draw(self, data: Dataset) -> Split:
        """The rows that are trained, validated and tested on, cut to the cell's length."""
        split = data.draw(self.seed, self.rows, self.validation, self.test)
        return Split(
            *(part.truncate(self.length, self.truncating) for part in (split.train, split.validation, split.test))
        )

    def pad(self, sequences: Sequences) -> Padded:
        """Sequences as training lays them out."""
        return pad(sequences, self.length, self.padding, self.truncating, seed=self.seed)

    @property
    def _one_shape(self) -> bool:
        return batchings.facts(self.batching).get("one_shape", False)

    def batches_of(self, sequences: Sequences) -> Rows:
        """Sequences in the batches that this cell trains on."""
        if self.masking == "unpadded":
            return EqualLengthRows(sequences, at_ends=self.network().packs)
        return batchings[self.batching](sequences, self.pad)


class Trained(NamedTuple):
    """A program that has been trained, on what, and how that went."""

    program: Program
    split: Split
    history: History
    data: Dataset
