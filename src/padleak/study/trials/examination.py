"""The examination of a trained network: every measure of every probe."""

from collections.abc import Callable, Hashable, Iterator
from typing import Any, Protocol, TypeVar

import numpy as np
import pandas as pd

from padleak.data.padding import Padded
from padleak.data.sequences import Sequences
from padleak.measures.shift import Comparison, macro_f1, measures, score
from padleak.models.masking import trace_mask
from padleak.models.network import Network
from padleak.models.training import Program
from padleak.study.trials.probe import Probe
from padleak.study.trials.views import Condition, View, Views

T = TypeVar("T")

_PROBE_LENGTHS = (0.1, 0.5, 0.9)
_SAMPLED_ROWS = 64


class Examined(Protocol):
    """What a cell tells of itself where its network is looked at; `SequenceCell` says what each is."""

    seed: int
    length: int
    padding: str
    model: str
    probe_rows: int

    def probes_of(self, network: Network) -> tuple[Probe, ...]: ...

    def pad(self, sequences: Sequences) -> Padded: ...


class Examination:
    """Views of the test sequences through one trained program, each taken once."""

    def __init__(self, cell: Examined, program: Program, test: Sequences):
        self._cell, self._program, self._test = cell, program, test
        self._probes = cell.probes_of(program.network)
        self._few = stratify(test, cell.probe_rows)
        self._conditions = [
            Condition(probe.layout, probe.count)
            for probe in self._probes
            if probe.reference == "unpadded" or probe.count is not None
        ]
        most = max((condition.count or 0 for condition in self._conditions), default=0)
        self._views = Views(program, cell.length, cell.seed, int(max(cell.length, self._few.lengths.max() + most)))
        self._taken: dict[Hashable, Any] = {}

    def measure(self, validation_loss: float) -> pd.DataFrame:
        """All measurements of all probes, as `Outcome` describes them; beside them the loss that training ended with."""
        rows: list[dict[str, Any]] = [*self._training_rows(validation_loss), *self._mask_rows()]
        for probe in self._probes:
            rows += self._probe_rows(probe)
        table = pd.DataFrame(rows).astype({"count": "Int64", "value": "float64"})
        return table[["probe", "layout", "count", "reference", "layer", "metric", "value"]]

    def pairs(self) -> dict[str, tuple[View, View]]:
        """Views of all of the few sequences without fill and with it, by the name of every probe by pad count."""
        return {probe.name: self._pair(probe) for probe in self._probes if probe.count is not None}

    def few(self) -> dict[str, View]:
        """Views of all of the few sequences: `unpadded`, and by the name of every probe by pad count."""
        return {"unpadded": self._bare()[0]} | {name: filled for name, (_, filled) in self.pairs().items()}

    def sample(self) -> dict[str, np.ndarray]:
        """Summary states of some of the few sequences, of all lengths, by probe; their labels and lengths."""
        chosen = np.linspace(0, len(self._few) - 1, min(_SAMPLED_ROWS, len(self._few))).astype(int)
        named = {"labels": self._few.labels[chosen], "lengths": self._few.lengths[chosen]}
        if self._program.network.takes_any_length:
            named |= {name: view.summary[chosen] for name, view in self.few().items()}
        return named

    def _probe_rows(self, probe: Probe) -> Iterator[dict[str, Any]]:
        about = {"probe": probe.name, "layout": probe.layout, "count": probe.count, "reference": probe.reference}
        for layer, metric, value in (*self._accuracies(probe), *self._shifts(probe)):
            yield about | {"layer": layer, "metric": metric, "value": value}

    def _accuracies(self, probe: Probe) -> Iterator[tuple[str, str, float]]:
        """Accuracy with and without the padding: by pad count on the few, else on all test sequences at once."""
        by_count = probe.count is not None
        sequences = self._few if by_count else self._test
        reference, probed = self._pair(probe) if by_count else (None, self._rectangle(probe.layout))
        yield "input", "padded_share", probed.padded_share
        yield "prediction", "accuracy", score(probed.prediction, sequences.labels)
        if self._program.network.classifies:
            yield "prediction", "macro_f1", macro_f1(probed.prediction, sequences.labels)
        if probe.reference == "trained":
            reference = self._rectangle(self._cell.padding)
        elif not self._program.network.takes_any_length:
            return
        else:
            reference = reference or self._bare_test()
        yield "prediction", "accuracy_of_reference", score(reference.prediction, sequences.labels)

    def _shifts(self, probe: Probe) -> Iterator[tuple[str, str, float]]:
        """Every measure, on pairs of batches of the same rows, so that nothing differs but the padding.

        The same row may come out differently in a batch of another size: by some 1e-6, without any padding.
        """
        if probe.reference == "trained":
            reference, probed, changed = self._rectangle(self._cell.padding), self._rectangle(probe.layout), None
            labels = self._test.labels
        elif self._program.network.takes_any_length:
            reference, probed = self._pair(probe)
            changed, labels = self._changed(), self._few.labels
        else:
            return
        for layer, of in (("states", "states"), ("summary", "states"), ("prediction", "prediction")):
            comparison = Comparison(
                getattr(reference, layer), getattr(probed, layer), getattr(changed, layer, None),
                labels if layer == "prediction" else None,
            )  # fmt: skip
            for metric in measures:
                facts = measures.facts(metric)
                if facts["of"] == of and (self._program.network.classifies or not facts.get("classes")):
                    yield layer, metric, measures[metric](comparison)

    def _pair(self, probe: Probe) -> tuple[View, View]:
        """The few sequences without fill, and under a probe."""
        index = self._conditions.index(Condition(probe.layout, probe.count))
        return self._bare()[index], self._filled()[index]

    def _filled(self) -> list[View]:
        return self._once("filled", lambda: self._views.filled(self._few, self._conditions))

    def _rectangle(self, layout: str) -> View:
        return self._once(("rectangle", layout), lambda: self._views.rectangle(self._test, layout))

    def _bare(self) -> list[View]:
        return self._once("bare", lambda: self._views.bare(self._few, copies=len(self._conditions)))

    def _bare_test(self) -> View:
        return self._once("bare test", lambda: self._views.bare_at_once(self._test))

    def _changed(self) -> View:
        """The few without fill, one real step of every sequence exchanged for another of the data."""
        return self._once("changed", lambda: self._views.bare(exchange_one(self._few, self._cell.seed))[0])

    def _once(self, key: Hashable, take: Callable[[], T]) -> T:
        if key not in self._taken:
            self._taken[key] = take()
        return self._taken[key]

    @property
    def _as_trained(self) -> dict[str, Any]:
        padding = self._cell.padding
        return {"probe": padding, "layout": padding, "count": None, "reference": "truth"}

    def _training_rows(self, validation_loss: float) -> Iterator[dict[str, Any]]:
        """What rows that were not trained on say of the choice of settings."""
        yield self._as_trained | {"layer": "prediction", "metric": "validation_loss", "value": validation_loss}

    def _mask_rows(self) -> Iterator[dict[str, Any]]:
        """What share of fill steps the first encoder layer takes for real, and of real steps for fill."""
        padded = self._cell.pad(self._test)
        seen = self._mask_seen(padded)
        fill, real = ~padded.mask, padded.mask
        if fill.any():
            yield self._as_trained | {"layer": "encoder", "metric": "fill_taken_for_real", "value": seen[fill].mean()}
        yield self._as_trained | {"layer": "encoder", "metric": "real_taken_for_fill", "value": 1 - seen[real].mean()}

    def _mask_seen(self, padded: Padded) -> np.ndarray:
        if self._cell.model == "mlp":
            return np.ones_like(padded.mask)
        inputs = self._program.network.feed(padded.inputs, padded.mask)
        mask = trace_mask(self._program.model, "encoder_1", inputs)
        return np.ones_like(padded.mask) if mask is None else mask


def stratify(sequences: Sequences, rows: int) -> Sequences:
    """Sequences at three lengths only (quantiles of all), so that probing by pad count needs few shapes."""
    lengths = np.unique(np.quantile(sequences.lengths, _PROBE_LENGTHS, method="nearest"))
    groups = sequences.by_length()
    return sequences.take(np.concatenate([groups[length][: rows // len(lengths)] for length in lengths.tolist()]))


def exchange_one(sequences: Sequences, seed: int) -> Sequences:
    """Exchange one step of every sequence, at a place drawn at random, for a step of the data that differs."""
    generator = np.random.default_rng(seed)
    places = sequences.offsets[:-1] + generator.integers(sequences.lengths)
    values = sequences.values.copy()
    others = values[generator.integers(len(values), size=(16, len(places)))]
    same = others == values[places]
    same = same.all(axis=-1) if sequences.has_features else same
    values[places] = others[np.argmin(same, axis=0), np.arange(len(places))]
    return sequences.with_values(values)
