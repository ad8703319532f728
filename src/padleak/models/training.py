"""Training and reading a network: one compiled program serves every seed."""

import functools
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np

from padleak.data.padding import Padded, pad
from padleak.data.sequences import Sequences
from padleak.models import backend
from padleak.models.backend import keras
from padleak.models.network import Network

_STEPS_THAT_PAY = 50


class Batch(NamedTuple):
    """Rows of one rectangle: inputs, mask (True = real) and labels."""

    inputs: np.ndarray
    mask: np.ndarray
    labels: np.ndarray


class Reading(NamedTuple):
    """What a model gives for one rectangle: states `(n, time, unit)`, summary `(n, unit)`, prediction `(n, output)`."""

    states: np.ndarray
    summary: np.ndarray
    prediction: np.ndarray


@dataclass(frozen=True)
class Schedule:
    """How to train: rows a batch, epochs at most, epochs without a better validation loss, Adam's learning rate."""

    batch: int = 64
    epochs: int = 8
    patience: int = 2
    learning_rate: float = 0.003


@dataclass
class History:
    """What happened: validation loss by epoch, optimiser steps, and seconds a step once compiled."""

    validation_loss: list[float] = field(default_factory=list)
    steps: int = 0
    seconds_per_step: float = float("nan")

    def should_stop(self, patience: int) -> bool:
        """Whether the best epoch lies more than `patience` epochs back."""
        return len(self.validation_loss) - 1 - int(np.argmin(self.validation_loss)) >= patience

    @property
    def is_best(self) -> bool:
        """Whether the last epoch was the best so far."""
        return int(np.argmin(self.validation_loss)) == len(self.validation_loss) - 1


class Program:
    """A compiled model whose weights and optimiser can be set back, so that the next seed needs no compilation.

    Args:
        network: What to build.
        steps: Training steps to expect of one seed; where they are few, compiling to machine code does not pay.
    """

    def __init__(self, network: Network, steps: int):
        self.network = network
        self.model, self.view = network.assemble(seed=0)
        loss = "sparse_categorical_crossentropy" if network.classifies else "mean_squared_error"
        # Steps get 2 to 3 times faster for 2 seconds of compilation; batches of many lengths would compile for each.
        pays = steps >= _STEPS_THAT_PAY and not network.fact.get("equal_lengths")
        compiles = pays and backend.name() != "torch"
        self.model.compile(keras.optimizers.Adam(), loss, jit_compile=compiles)
        self.model.optimizer.build(self.model.trainable_variables)
        self._fresh_optimizer = [keras.ops.convert_to_numpy(v) for v in self.model.optimizer.variables]

    def reset(self, seed: int, learning_rate: float) -> None:
        """Give the model the weights that a model freshly built with this seed has, and the optimiser its first state."""
        fresh, _ = self.network.assemble(seed)
        for old, new in zip(self.model.variables, fresh.variables):
            old.assign(new)
        for variable, value in zip(self.model.optimizer.variables, self._fresh_optimizer):
            variable.assign(value)
        self.model.optimizer.learning_rate = learning_rate

    def train(self, train: "Rows", validation: "Rows", schedule: Schedule, seed: int) -> History:
        """Train with early stopping; the weights of the best epoch stay.

        Args:
            train: Rows to learn from.
            validation: Rows whose loss decides when to stop.
            schedule: How long and how fast.
            seed: Of the data order.
        """
        generator, history, best = np.random.default_rng(seed), History(), None
        seconds = []
        while len(history.validation_loss) < schedule.epochs:
            for batch in train.batches(schedule.batch, generator):
                start = time.perf_counter()
                self._step(batch)
                seconds.append(time.perf_counter() - start)
            history.validation_loss.append(self.loss(validation))
            if history.is_best:
                best = self.model.get_weights()
            if history.should_stop(schedule.patience):
                break
        self.model.set_weights(best)
        history.steps, history.seconds_per_step = len(seconds), float(np.median(seconds))
        return history

    def read(self, inputs: np.ndarray, mask: np.ndarray) -> Reading:
        """States, summary and prediction of one rectangle; of answers at every step, the one at the last real step."""
        states, summary, prediction = self.view.predict_on_batch(self.network.feed(inputs, mask))
        if self.network.answers_every_step:
            end = mask.shape[1] - 1 - np.argmax(mask[:, ::-1], axis=1)
            rows = np.arange(len(mask))
            summary, prediction = summary[rows, end], prediction[rows, end]
        return Reading(states, summary, prediction)

    def loss(self, rows: "Rows") -> float:
        """Mean loss over the rows."""
        losses = []
        for batch in rows.rectangles():
            prediction = self.read(batch.inputs, batch.mask).prediction
            if self.network.classifies:
                losses.append(-np.log(prediction[np.arange(len(prediction)), batch.labels] + 1e-7))
            else:
                losses.append((prediction[:, 0] - batch.labels) ** 2)
        return float(np.concatenate(losses).mean())

    def _step(self, batch: Batch) -> None:
        labels, weights = batch.labels, None
        if self.network.answers_every_step:
            labels = np.repeat(labels[:, None], batch.mask.shape[1], axis=1)
            weights = batch.mask.astype("float32") if self.network.fact.get("weighs_loss") else None
        self.model.train_on_batch(self.network.feed(batch.inputs, batch.mask), labels, sample_weight=weights)


class Rows:
    """Labelled rows of one rectangle, for training in batches of one size.

    Args:
        padded: The rectangle.
        labels: `(n,)`.
    """

    def __init__(self, padded: Padded, labels: np.ndarray):
        self._all = Batch(padded.inputs, padded.mask, labels)

    def batches(self, size: int, generator: np.random.Generator) -> Iterator[Batch]:
        """One epoch in random order; a last incomplete batch is left out, so that every batch has one shape."""
        size = min(size, len(self._all.labels))
        order = generator.permutation(len(self._all.labels))
        for start in range(0, len(order) - size + 1, size):
            rows = order[start : start + size]
            yield Batch(*(part[rows] for part in self._all))

    def rectangles(self) -> Iterator[Batch]:
        """All rows at once."""
        yield self._all


class EqualLengthRows(Rows):
    """Labelled rows in batches of equal length, nothing padded."""

    def __init__(self, sequences: Sequences):
        self._groups = [_rectangle(sequences.take(rows), length) for length, rows in sequences.by_length().items()]

    def batches(self, size: int, generator: np.random.Generator) -> Iterator[Batch]:
        """One epoch: every length in batches of at most `size`, all in random order."""
        chunks = [
            (group, rows)
            for group in self._groups
            for order in [generator.permutation(len(group.labels))]
            for rows in np.split(order, range(size, len(order), size))
        ]
        for index in generator.permutation(len(chunks)):
            group, rows = chunks[index]
            yield Batch(*(part[rows] for part in group))

    def rectangles(self) -> Iterator[Batch]:
        """One rectangle a length."""
        yield from self._groups


def _rectangle(group: Sequences, length: int) -> Batch:
    padded = pad(group, length, "unpadded")
    return Batch(padded.inputs, padded.mask, group.labels)


@functools.lru_cache(maxsize=2)
def program_for(network: Network, steps: int) -> Program:
    """The compiled program of a network, kept while the cells of its shape are run."""
    return Program(network, steps)
