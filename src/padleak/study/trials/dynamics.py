"""The dynamics trial: the fill step of a trained recurrent network as a map, and how fast it forgets."""

import dataclasses
from collections.abc import Hashable, Iterator
from dataclasses import dataclass, field
from typing import Any, ClassVar

import numpy as np
import pandas as pd

from padleak.data.padding import pad
from padleak.data.sequences import Sequences
from padleak.measures.dynamics import (
    Census,
    Map,
    Recurrence,
    find_attractors,
    follow,
    measured_half_life,
    predicted_half_life,
    separations,
)
from padleak.measures.linear_probe import probe_accuracy
from padleak.models.recurrent import embed, fill_vector, has_fill_step, recurrence_of
from padleak.models.training import Program
from padleak.study.cell import Cell, Outcome
from padleak.study.select import where
from padleak.study.trials.examination import Examination
from padleak.study.trials.sequence import SequenceCell, Trained

HORIZON = 1024
"""Fill steps; what lasts longer counts as that."""

_SHORTEST = 0.25
"""Fill steps; what lasts less counts as that."""

COUNTS = (0, 1, 2, 4, 8, 16, 32, 64, 128, 256, 512, HORIZON)
_DRAWN_STEPS, _DRAWN_ROWS = 64, 40
_LEAST_TO_LOSE = 0.05
"""Accuracy above chance; of less there is no half-life."""


@dataclass(frozen=True)
class DynamicsCell(Cell):
    """One trained recurrent network, and its fill step followed from the states after real sequences.

    Where layers skip fill, there is no map, and the shift by steps of fill alone is measured.

    Attributes:
        network: What is trained; its probes by pad count give the shift.
        sequences: Test sequences whose states are followed.
    """

    kind: ClassVar[str] = "dynamics"

    network: SequenceCell = field(default_factory=SequenceCell)
    sequences: int = 192

    def why_not(self) -> str | None:
        """What rules the network out."""
        if not self.network.network().takes_any_length:
            return f"the readout {self.network.readout} needs one length, so there is no view without fill"
        return self.network.why_not()

    def shape(self) -> Hashable:
        """As the network."""
        return self.kind, self.network.shape()

    def effort(self) -> float:
        """Training, and the map; a step of it in numpy costs about two of an LSTM."""
        return self.network.effort() + 2 * self.sequences * COUNTS[-1] * self.network.layers

    def programs(self) -> float:
        """As the network."""
        return self.network.programs()

    def surroundings(self) -> dict[str, Any]:
        """As the network."""
        return self.network.surroundings()

    @property
    def factors(self) -> dict[str, Any]:
        """Those of the network, too."""
        return self.network.factors | super().factors

    def run(self) -> Outcome:
        """Train, follow, measure."""
        trained = self.network.train()
        rows, arrays = list(self._shifts(trained)), {}
        if has_fill_step(trained.program.network):
            few = trained.split.test.take(np.arange(min(self.sequences, len(trained.split.test))))
            fall = Fall.of(trained.program, few, self.network.length)
            read = self._read(fall) if trained.program.network.classifies else np.full(len(COUNTS), np.nan)
            rows += [*_forgetting(fall, read), *_whole(fall, _above_chance(read, fall.labels))]
            arrays = {"states": fall.portrait()}
        table = pd.DataFrame(rows).astype({"count": "Int64", "value": "float64"})
        return Outcome(table, {"epochs": len(trained.history.validation_loss)}, arrays)

    def _shifts(self, trained: Trained) -> Iterator[dict[str, Any]]:
        views = Examination(self.network, trained.program, trained.split.test).few()
        bare = views["unpadded"].summary
        for probe in self.network.probes:
            if probe.name in views:
                moved = np.linalg.norm(views[probe.name].summary - bare, axis=1).mean()
                share = moved / np.linalg.norm(bare, axis=1).mean()
                yield _row(probe.layout, probe.count, "summary", "relative_shift", share)

    def _read(self, fall: "Fall") -> np.ndarray:
        return probe_accuracy(fall.outputs, fall.labels, np.random.default_rng(self.seed))


@dataclass(frozen=True, eq=False)
class Fall:
    """What becomes of the states after real sequences, step of fill after step of fill.

    Attributes:
        recurrence: The trained layers.
        step: Its fill step.
        states: After each of `COUNTS`, `(count, n, state)`.
        labels: Of the sequences, `(n,)`.
        census: Where they end.
        error: Largest difference of an output between this map in numpy and the network itself, padded to training's length.
    """

    recurrence: Recurrence
    step: Map
    states: np.ndarray
    labels: np.ndarray
    census: Census
    error: float

    @classmethod
    def of(cls, program: Program, sequences: Sequences, length: int) -> "Fall":
        """Follow the states of sequences through the map of a trained program."""
        recurrence = recurrence_of(program.model, program.network)
        padded = pad(sequences, length, "post")
        inputs = embed(program.model, program.network, padded.inputs)
        step = recurrence.fill_step(fill_vector(program.model, program.network))
        states = follow(step, recurrence.read(inputs, padded.mask), np.array(COUNTS))
        scale = float(np.sqrt((states[0] ** 2).sum(axis=1).mean()))
        mine = recurrence.output(recurrence.read(inputs, np.ones_like(padded.mask)))
        error = np.abs(mine - program.read(padded.inputs, padded.mask).states[:, length - 1]).max()
        return cls(recurrence, step, states, sequences.labels, find_attractors(step, states[-1], scale), float(error))

    @property
    def outputs(self) -> np.ndarray:
        """What the head sees, `(count, n, unit)`."""
        return self.recurrence.output(self.states)

    @property
    def separations(self) -> np.ndarray:
        """Mean distance of different sequences, as a share of that without fill, `(count,)`."""
        return separations(self.outputs)

    def portrait(self) -> dict[str, np.ndarray]:
        """For a picture: outputs of some sequences step by step, `(step, n, unit)`, and of the attractors' orbits."""
        steps = follow(self.step, self.states[0, :_DRAWN_ROWS], np.arange(_DRAWN_STEPS + 1))
        orbits = np.concatenate([attractor.orbit for attractor in self.census.attractors])
        return {
            "trajectory": self.recurrence.output(steps).astype("float32"),
            "attractors": self.recurrence.output(orbits).astype("float32"),
            "labels": self.labels[:_DRAWN_ROWS],
        }


def _forgetting(fall: Fall, read: np.ndarray) -> Iterator[dict[str, Any]]:
    """By steps of fill: how far apart different texts are, and what share of them a linear reader gets right."""
    for count, apart, right in zip(COUNTS, fall.separations, read):
        yield _row("post", count, "summary", "separation", apart)
        yield _row("post", count, "linear_probe", "accuracy", right)


def _above_chance(read: np.ndarray, labels: np.ndarray) -> np.ndarray:
    """Accuracy above that of always naming the most frequent class, as a share of what it is without fill."""
    above = read - np.unique(labels, return_counts=True)[1].max() / len(labels)
    return above / above[0] if above[0] >= _LEAST_TO_LOSE else np.full(len(read), np.nan)


def _whole(fall: Fall, above_chance: np.ndarray) -> Iterator[dict[str, Any]]:
    """One number a network."""
    counts, largest = np.array(COUNTS), fall.census.largest
    latched = fall.census.latched_share(fall.states[0])
    numbers = {
        "attractors": fall.census.settled,
        "unsettled_share": fall.census.unsettled_share,
        "period": largest.period,
        "leading_rate": largest.rates[0],
        "latched_share": latched,
        "half_life_predicted": predicted_half_life(largest.rates[0], latched),
        "half_life_of_distance": measured_half_life(counts, fall.separations),
        "half_life_of_probe": measured_half_life(counts, above_chance),
        "map_error": fall.error,
    }
    for metric, value in numbers.items():
        yield _row("post", None, "map", metric, value)


def _row(layout: str, count: int | None, layer: str, metric: str, value: float) -> dict[str, Any]:
    return {
        "probe": layout if count is None else f"{layout}+{count}", "layout": layout, "count": count,
        "reference": "unpadded", "layer": layer, "metric": metric, "value": float(value),
    }  # fmt: skip


def dynamics_of(cells: tuple[Cell, ...], **settings: Any) -> tuple[DynamicsCell, ...]:
    """A dynamics cell for each of the networks, of the same seed."""
    return tuple(DynamicsCell(seed=cell.seed, network=dataclasses.replace(cell), **settings) for cell in cells)


_NETWORK = ["cell", "seed", "model", "layers", "masking", "padding", "data"]


def half_lives(table: pd.DataFrame) -> pd.DataFrame:
    """From measurements to one row a network that fill moves.

    Returns:
        `predicted`, `distance` and `probe`: half-lives in fill steps, clipped to the horizon; `attractors`; `unsettled`; and
        the columns that say what the network is.
    """
    rows = where(table, layer="map").set_index([*_NETWORK, "metric"]).value.unstack()  # noqa: PD010
    named = {"predicted": "half_life_predicted", "distance": "half_life_of_distance", "probe": "half_life_of_probe"}
    lives = pd.DataFrame({name: rows[column].clip(_SHORTEST, HORIZON) for name, column in named.items()})
    return lives.assign(attractors=rows.attractors, unsettled=rows.unsettled_share).reset_index()
