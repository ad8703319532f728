"""The sequence trial: train a network once, then look at it under many paddings."""

import functools
import time
from collections.abc import Hashable, Iterator
from dataclasses import dataclass
from typing import Any, ClassVar, NamedTuple

import numpy as np
import pandas as pd

from padleak.data.dataset import Dataset, Source, Split, load
from padleak.data.padding import Padded, pad, paddings
from padleak.data.sequences import Sequences
from padleak.errors import InputError
from padleak.measures.shift import Comparison, measures, score
from padleak.models import backend
from padleak.models.masking import trace_mask
from padleak.models.network import Network, why_not
from padleak.models.training import EqualLengthRows, Program, Rows, Schedule, program_for
from padleak.study.cell import Cell, Outcome

_PROBE_LENGTHS = (0.1, 0.5, 0.9)
_SAMPLED_ROWS = 64
_FILL_UP = "up to training's length"


@dataclass(frozen=True)
class Probe:
    """One condition under which a trained network is looked at.

    Attributes:
        layout: Where the fill goes, a name of `paddings`.
        count: Fill steps that every sequence gets; None fills up to the length of training.
        reference: What it is held against: the same sequences `unpadded`, or as in training (`trained`).
    """

    layout: str
    count: int | None = None
    reference: str = "unpadded"

    @property
    def name(self) -> str:
        """Short and unique: `post+16`, `pre@trained`."""
        return f"{self.layout}{'' if self.count is None else f'+{self.count}'}" + (
            "@trained" if self.reference == "trained" else ""
        )


SIDES = ("pre", "post")
LAYOUTS = ("both", "middle", "scattered", "random", "stretched")


def probe_grid(counts: tuple[int, ...] = (1, 4, 16, 32, 64), layouts: tuple[str, ...] = LAYOUTS) -> tuple[Probe, ...]:
    """Either side by pad count, and the other layouts at 16 fill steps."""
    by_count = [Probe(side, count) for side in SIDES for count in counts]
    return (*by_count, *(Probe(layout, 16) for layout in layouts))


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
        probe_rows: Test sequences that the probes by pad count use.
        probes: The conditions; training's own layout is always added.
    """

    kind: ClassVar[str] = "sequence"
    revision: ClassVar[int] = 3

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
        return why_not(self._network(), _source(self.data).holds, self.collides)

    def shape(self) -> Hashable:
        """Cells that share data sizes and the network share its compiled program."""
        return (self.data, self.collides, self.rows, self.epochs, self.batch, self._network())

    def surroundings(self) -> dict[str, str]:
        """The version of the data, and the backend."""
        return {"data_version": _source(self.data).version, "backend": backend.name()}

    def run(self) -> Outcome:
        """Train, probe, measure."""
        backend.start()
        start = time.perf_counter()
        data = load(self.data)
        data = data.collided() if self.collides else data
        split = self._draw(data)
        weights_seed, order_seed = np.random.SeedSequence(self.seed).generate_state(2)
        program = program_for(self._network(data), steps=self.epochs * self.rows // self.batch)
        program.reset(int(weights_seed), self.learning_rate)
        schedule = Schedule(self.batch, self.epochs, self.patience, self.learning_rate)
        history = program.train(self._rows(split.train), self._rows(split.validation), schedule, int(order_seed))
        trained = time.perf_counter()
        examination = _Examination(self, program, split.test, data.words)
        table = examination.measure()
        facts = {
            "epochs": len(history.validation_loss),
            "steps": history.steps,
            "seconds_per_step": history.seconds_per_step,
            "seconds_training": trained - start,
            "seconds_probing": time.perf_counter() - trained,
            "validation_loss": history.validation_loss,
            "parameters": int(program.model.count_params()),
            "train_padded_share": self._pad(split.train).padded_share if self.masking != "unpadded" else 0.0,
            "skipped_rows": data.skipped,
        }
        weights = {variable.path: np.asarray(variable) for variable in program.model.weights}
        return Outcome(table, facts, {"states": examination.sample(), "weights": weights})

    def _network(self, data: Dataset | None = None) -> Network:
        """The network; its sizes follow from the data, and are stand-ins where those are not read yet."""
        holds = _source(self.data).holds
        return Network(
            self.model, self.masking, self.readout, self.units, self.layers, self.bidirectional, self.embedding,
            words=(data.words if data else 1) if holds == "tokens" else 0,
            features=(data.train.values.shape[1] if data else 1) if holds == "features" else 0,
            length=self.length,
            outputs=max(1, len(data.classes)) if data else 2,
            classifies=bool(data.classes) if data else True,
        )  # fmt: skip

    def _draw(self, data: Dataset) -> Split:
        split = data.draw(self.seed, self.rows, self.validation, self.test)
        return Split(
            *(part.truncate(self.length, self.truncating) for part in (split.train, split.validation, split.test))
        )

    def _pad(self, sequences: Sequences, layout: str = "") -> Padded:
        return pad(sequences, self.length, layout or self.padding, self.truncating, seed=self.seed)

    def _rows(self, sequences: Sequences) -> Rows:
        if self.masking == "unpadded":
            return EqualLengthRows(sequences)
        return Rows(self._pad(sequences), sequences.labels)


@functools.lru_cache(maxsize=64)
def _source(text: str) -> Source:
    return Source.parse(text)


class _View(NamedTuple):
    """What a model gives for ragged sequences: states of real steps `(steps, unit)`, summary and prediction `(n, ...)`."""

    states: np.ndarray
    summary: np.ndarray
    prediction: np.ndarray
    padded_share: float


class _Examination:
    """Views of the test sequences through one trained program, each taken once."""

    def __init__(self, cell: SequenceCell, program: Program, test: Sequences, words: int):
        self._cell, self._program, self._test, self._words = cell, program, test, words
        self._few = _stratify(test, cell.probe_rows)
        self._views: dict[tuple, _View] = {}

    def measure(self) -> pd.DataFrame:
        """All measurements of all probes, as `Outcome` describes them."""
        rows: list[dict[str, Any]] = list(self._mask_rows())
        for probe in self._probes():
            rows += self._probe_rows(probe)
        table = pd.DataFrame(rows).astype({"count": "Int64", "value": "float64"})
        return table[["probe", "layout", "count", "reference", "layer", "metric", "value"]]

    def sample(self) -> dict[str, np.ndarray]:
        """Summary states of the first probe sequences, by probe; their labels and lengths."""
        chosen = np.arange(min(_SAMPLED_ROWS, len(self._few)))
        named = {"labels": self._few.labels[chosen], "lengths": self._few.lengths[chosen]}
        if self._program.network.takes_any_length:
            named["unpadded"] = self._view(self._few, None, 0).summary[chosen]
        for probe in self._probes():
            if probe.count is not None:
                named[probe.name] = self._view(self._few, probe.layout, probe.count).summary[chosen]
        return named

    def _probes(self) -> Iterator[Probe]:
        """Training's own layout first; what the network or the layout rules out is left out."""
        own = Probe(self._cell.padding)
        yield own
        for probe in self._cell.probes:
            is_own = probe.layout == own.layout and probe.count is None
            if not is_own and (probe.count is None or self._program.network.takes_any_length):
                yield probe

    def _probe_rows(self, probe: Probe) -> Iterator[dict[str, Any]]:
        about = {"probe": probe.name, "layout": probe.layout, "count": probe.count, "reference": probe.reference}
        for layer, metric, value in (*self._accuracies(probe), *self._shifts(probe)):
            yield about | {"layer": layer, "metric": metric, "value": value}

    def _accuracies(self, probe: Probe) -> Iterator[tuple[str, str, float]]:
        """Accuracy with and without the padding: by pad count on the few, else on all test sequences at once."""
        sequences = self._test if probe.count is None else self._few
        probed = self._view(sequences, probe.layout, probe.count)
        yield "input", "padded_share", probed.padded_share
        yield "prediction", "accuracy", score(probed.prediction, sequences.labels)
        if (reference := self._reference(probe, sequences)) is not None:
            yield "prediction", "accuracy_of_reference", score(reference.prediction, sequences.labels)

    def _shifts(self, probe: Probe) -> Iterator[tuple[str, str, float]]:
        """Every measure, on pairs of batches of the same rows, so that nothing differs but the padding.

        The same row may come out differently in a batch of another size: by some 1e-6, without any padding.
        """
        moved = probe.reference == "trained"
        sequences = self._test if moved else self._few
        reference = self._reference(probe, sequences)
        if reference is None:
            return
        probed = self._view(sequences, probe.layout, probe.count if moved or probe.count is not None else _FILL_UP)
        changed = None if moved else self._changed(sequences)
        for layer, of in (("states", "states"), ("summary", "states"), ("prediction", "prediction")):
            comparison = Comparison(
                getattr(reference, layer), getattr(probed, layer), getattr(changed, layer, None),
                sequences.labels if layer == "prediction" else None,
            )  # fmt: skip
            for metric in measures:
                facts = measures.facts(metric)
                if facts["of"] == of and (self._program.network.classifies or not facts.get("classes")):
                    yield layer, metric, measures[metric](comparison)

    def _reference(self, probe: Probe, sequences: Sequences) -> _View | None:
        if probe.reference == "trained":
            return self._view(sequences, self._cell.padding, None)
        return self._view(sequences, None, 0) if self._program.network.takes_any_length else None

    def _changed(self, sequences: Sequences) -> _View:
        """The unpadded view with one real step of every sequence exchanged for another of the data."""
        key = (id(sequences), "changed")
        if key not in self._views:
            self._views[key] = self._look(_exchange_one(sequences, self._cell.seed), None, 0)
        return self._views[key]

    def _view(self, sequences: Sequences, layout: str | None, count: int | str | None) -> _View:
        key = (id(sequences), layout, count)
        if key not in self._views:
            self._views[key] = self._look(sequences, layout, count)
        return self._views[key]

    def _look(self, sequences: Sequences, layout: str | None, count: int | str | None) -> _View:
        """Run the model: on one rectangle of training's length (None), or on one for each length of sequence, where each
        sequence gets `count` fill steps or is filled up to training's length."""
        everyone = {self._cell.length: np.arange(len(sequences))}
        groups = everyone if count is None else sequences.by_length()
        row_of_step = np.repeat(np.arange(len(sequences)), sequences.lengths)
        parts, fill_steps, all_steps = [], 0, 0
        for length, rows in groups.items():
            target = self._cell.length if count in (None, _FILL_UP) else length + count
            padded = pad(sequences.take(rows), target, layout or "unpadded", seed=self._cell.seed)
            reading = self._program.read(padded.inputs, padded.mask)
            parts.append((np.flatnonzero(np.isin(row_of_step, rows)), rows, reading.states[padded.mask], *reading[1:]))
            fill_steps += (~padded.mask).sum()
            all_steps += padded.mask.size
        steps, rows, states, summary, prediction = (np.concatenate(part) for part in zip(*parts))
        by_step, by_row = np.argsort(steps), np.argsort(rows)
        return _View(states[by_step], summary[by_row], prediction[by_row], float(fill_steps / all_steps))

    def _mask_rows(self) -> Iterator[dict[str, Any]]:
        """What share of fill steps the first encoder layer takes for real, and of real steps for fill."""
        about = {"probe": self._cell.padding, "layout": self._cell.padding, "count": None, "reference": "truth"}
        padded = self._cell._pad(self._test)
        seen = self._mask_seen(padded)
        fill, real = ~padded.mask, padded.mask
        if fill.any():
            yield about | {"layer": "encoder", "metric": "fill_taken_for_real", "value": seen[fill].mean()}
        yield about | {"layer": "encoder", "metric": "real_taken_for_fill", "value": 1 - seen[real].mean()}

    def _mask_seen(self, padded: Padded) -> np.ndarray:
        if self._cell.model == "mlp":
            return np.ones_like(padded.mask)
        inputs = self._program.network.feed(padded.inputs, padded.mask)
        mask = trace_mask(self._program.model, "encoder_1", inputs)
        return np.ones_like(padded.mask) if mask is None else mask


def _stratify(sequences: Sequences, rows: int) -> Sequences:
    """Sequences at three lengths only (quantiles of all), so that probing by pad count needs few shapes."""
    lengths = np.unique(np.quantile(sequences.lengths, _PROBE_LENGTHS, method="nearest"))
    groups = sequences.by_length()
    return sequences.take(np.concatenate([groups[length][: rows // len(lengths)] for length in lengths.tolist()]))


def _exchange_one(sequences: Sequences, seed: int) -> Sequences:
    """Exchange one step of every sequence, at a place drawn at random, for a step of the data that differs."""
    generator = np.random.default_rng(seed)
    places = sequences.offsets[:-1] + generator.integers(sequences.lengths)
    values = sequences.values.copy()
    others = values[generator.integers(len(values), size=(16, len(places)))]
    same = others == values[places]
    same = same.all(axis=-1) if sequences.has_features else same
    values[places] = others[np.argmin(same, axis=0), np.arange(len(places))]
    return sequences.with_values(values)
