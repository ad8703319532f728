"""The dynamics trial: the fill step of a trained recurrent network as a map, and how fast it forgets."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
import pandas as pd

from padleak.data.padding import pad
from padleak.data.sequences import Sequences
from padleak.measures.dynamics import (
    Census,
    find_attractors,
    follow,
    mean_gap,
    measured_half_life,
    predicted_half_life,
    separations,
    what_stays,
)
from padleak.measures.linear_probe import probe_accuracy
from padleak.measures.recurrence import Map, Recurrence
from padleak.measures.shift import Comparison, measures
from padleak.models.recurrent import embed, fill_vector, has_fill_step, recurrence_of
from padleak.models.training import Program
from padleak.study.cell import Outcome
from padleak.study.select import where
from padleak.study.trials.examination import Examination
from padleak.study.trials.network import NetworkCell
from padleak.study.trials.sequence import Trained

HORIZON = 1024
"""Fill steps; what lasts longer counts as that."""

_SHORTEST = 0.25
"""Fill steps; what lasts less counts as that."""

COUNTS = (0, 1, 2, 4, 8, 16, 32, 64, 128, 256, 512, HORIZON)
_DRAWN_STEPS, _DRAWN_ROWS = 64, 40
_FEWEST_TO_READ = 20
_LEAST_TO_LOSE = 0.05
"""Accuracy above chance; of less there is no half-life."""


@dataclass(frozen=True)
class DynamicsCell(NetworkCell):
    """One trained recurrent network, and its fill step followed from the states after real sequences.

    Where layers skip fill, there is no map, and the shift by steps of fill alone is measured.

    Attributes:
        network: What is trained; its probes by pad count give the shift.
        sequences: Test sequences whose states are followed.
    """

    kind: ClassVar[str] = "dynamics"
    revision: ClassVar[int] = 2

    sequences: int = 192

    def why_not(self) -> str | None:
        """What rules the network out."""
        if self.network.readout != "last":
            return f"the readout {self.network.readout} shows the head something else than the state that fill moves"
        return self.network.why_not()

    def effort(self) -> float:
        """Training, and the map; a step of it in numpy costs about two of an LSTM."""
        return self.network.effort() + 2 * self.sequences * COUNTS[-1] * self.network.layers

    def run(self) -> Outcome:
        """Train, follow, measure."""
        trained = self.network.train()
        rows, arrays = list(self._shifts(trained)), {}
        if has_fill_step(trained.program.network):
            few = trained.split.test.take(np.arange(min(self.sequences, len(trained.split.test))))
            fall = Fall.of(trained.program, few, self.network.length)
            rows += fall.measure(trained.program.network.classifies, self.seed)
            arrays = {"states": fall.portrait()}
        table = pd.DataFrame(rows).astype({"count": "Int64", "value": "float64"})
        return Outcome(table, {"epochs": len(trained.history.validation_loss)}, arrays)

    def _shifts(self, trained: Trained) -> Iterator[dict[str, Any]]:
        pairs = Examination(self.network, trained.program, trained.split.test).pairs()
        for probe in self.network.probes:
            if probe.name in pairs:
                comparison = Comparison(*(view.summary for view in pairs[probe.name]))
                yield _row(
                    probe.layout, probe.count, "summary", "relative_shift", measures["relative_shift"](comparison)
                )


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

    @property
    def latched_share(self) -> float:
        """Mean distance between the places on attractors that two sequences end in, as a share of that without fill; not a
        number where one of them never settles."""
        return mean_gap(self.recurrence.output(self.census.places)) / mean_gap(self.outputs[0])

    def measure(self, classifies: bool, seed: int) -> list[dict[str, Any]]:
        """Rows by steps of fill, and one number each for the whole."""
        counts, rate = np.array(COUNTS), float(self.census.largest.rates[0])
        foretold = what_stays(rate, np.nan_to_num(self.latched_share), counts)
        shrunk = _shrink(self.outputs[0], foretold)
        can_be_read = classifies and len(self.labels) >= _FEWEST_TO_READ
        read, read_of_shrunk = (
            probe_accuracy(states, self.labels, np.random.default_rng(seed))
            if can_be_read
            else np.full(len(counts), np.nan)
            for states in (self.outputs, shrunk)
        )
        whole = {
            "attractors": self.census.settled,
            "unsettled_share": self.census.unsettled_share,
            "period": self.census.largest.period if self.census.largest.is_settled else np.nan,
            "leading_rate": rate,
            "latched_share": self.latched_share,
            "distance_predicted": predicted_half_life(rate, np.nan_to_num(self.latched_share)),
            "distance_measured": measured_half_life(counts, self.separations),
            "probe_predicted": measured_half_life(counts, _above_chance(read_of_shrunk, self.labels), decays=False),
            "probe_measured": measured_half_life(counts, _above_chance(read, self.labels), decays=False),
            "map_error": self.error,
        }
        by_count = {("summary", "separation"): self.separations, ("linear_probe", "accuracy"): read,
                    ("foretold", "separation"): foretold}  # fmt: skip
        rows = [
            _row("post", count, *of, value) for of, values in by_count.items() for count, value in zip(COUNTS, values)
        ]
        return rows + [_row("post", None, "map", metric, value) for metric, value in whole.items()]

    def portrait(self) -> dict[str, np.ndarray]:
        """For a picture: outputs of some sequences step by step, `(step, n, unit)`; of the attractors' orbits, `(state, unit)`;
        and whether those come back, `(state,)`."""
        steps = follow(self.step, self.states[0, :_DRAWN_ROWS], np.arange(_DRAWN_STEPS + 1))
        attractors = self.census.attractors
        return {
            "trajectory": self.recurrence.output(steps).astype("float32"),
            "attractors": self.recurrence.output(np.concatenate([one.orbit for one in attractors])).astype("float32"),
            "is_settled": np.concatenate([np.full(one.period, one.is_settled) for one in attractors]),
            "labels": self.labels[:_DRAWN_ROWS],
        }


def _shrink(states: np.ndarray, left: np.ndarray) -> np.ndarray:
    """States whose differences are what is foretold to be left of them, `(count, n, unit)`."""
    centre = states.mean(axis=0)
    return centre + left[:, None, None] * (states - centre)


def _above_chance(read: np.ndarray, labels: np.ndarray) -> np.ndarray:
    """Accuracy above that of always naming the most frequent class, as a share of what it is without fill."""
    above = read - np.unique(labels, return_counts=True)[1].max() / len(labels)
    return above / above[0] if above[0] >= _LEAST_TO_LOSE else np.full(len(read), np.nan)


def _row(layout: str, count: int | None, layer: str, metric: str, value: float) -> dict[str, Any]:
    return {
        "probe": layout if count is None else f"{layout}+{count}", "layout": layout, "count": count,
        "reference": "unpadded", "layer": layer, "metric": metric, "value": float(value),
    }  # fmt: skip


_HALF_LIVES = ("distance_predicted", "distance_measured", "probe_predicted", "probe_measured")
_NETWORK = ["cell", "seed", "model", "layers", "masking", "padding", "data"]


def half_lives(table: pd.DataFrame) -> pd.DataFrame:
    """From measurements to one row a network that fill moves.

    Returns:
        `distance_predicted`, `distance_measured`, `probe_predicted`, `probe_measured`: half-lives in fill steps, clipped to the
        horizon; `attractors`; `unsettled_share`; and the columns that say what the network is.
    """
    rows = where(table, layer="map").set_index([*_NETWORK, "metric"]).value.unstack()  # noqa: PD010
    rows = rows.reindex(columns=[*_HALF_LIVES, "attractors", "unsettled_share"])
    return rows.assign(**{name: rows[name].clip(_SHORTEST, HORIZON) for name in _HALF_LIVES}).reset_index()
