"""Training and reading a network: one compiled program serves every seed."""

import functools
import time
from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np

from padleak.models import engines
from padleak.models.backend import keras
from padleak.models.divergence import insist_finite
from padleak.models.engines.engine import Inputs, Lesson
from padleak.models.network import Network
from padleak.models.rows import Batch, Rows

_STEPS_THAT_PAY = 50


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
    """What happened: validation loss by epoch, optimiser steps, seconds a step (median over epochs), and the share of fill in
    the steps computed."""

    validation_loss: list[float] = field(default_factory=list)
    steps: int = 0
    seconds_per_step: float = float("nan")
    padded_share: float = float("nan")

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
        reads_states = network.reads_prefixes or network.answers_every_step
        self._reader = network.reader(self.view) if reads_states else None
        loss = keras.losses.SparseCategoricalCrossentropy() if network.classifies else keras.losses.MeanSquaredError()
        # Steps get 2 to 3 times faster for 2 seconds of compilation; batches of many lengths would compile for each.
        pays = steps >= _STEPS_THAT_PAY and not network.fact.get("equal_lengths")
        self.optimizer = keras.optimizers.Adam()
        self.optimizer.build(self.model.trainable_variables)
        self._fresh_optimizer = [
            np.array(keras.ops.convert_to_numpy(variable)) for variable in self.optimizer.variables
        ]
        at_places = network.reader_at_places(self.view) if network.packs else None
        self._engine = engines.choose()(self.model, at_places, self.optimizer, loss, compiles=pays, loops=network.loops)

    @property
    def traces(self) -> int:
        """Programs traced so far; a later cell of the same shape adds none."""
        return self._engine.traces

    def reset(self, seed: int, learning_rate: float) -> None:
        """Give the model the weights that a model freshly built with this seed has, and the optimiser its first state."""
        fresh, _ = self.network.assemble(seed)
        for old, new in zip(self.model.variables, fresh.variables):
            old.assign(new)
        for variable, value in zip(self.optimizer.variables, self._fresh_optimizer):
            variable.assign(value)
        self.optimizer.learning_rate = learning_rate

    def train(self, train: Rows, validation: Rows, schedule: Schedule, seed: int) -> History:
        """Train with early stopping; the weights of the best epoch stay.

        Args:
            train: Rows to learn from.
            validation: Rows whose loss decides when to stop.
            schedule: How long and how fast.
            seed: Of the data order.
        """
        generator, history, best = np.random.default_rng(seed), History(), None
        seconds, real, computed = [], 0, 0
        while len(history.validation_loss) < schedule.epochs:
            batches = list(train.batches(schedule.batch, generator))
            start = time.perf_counter()
            self.take_steps(batches)
            seconds.append((time.perf_counter() - start) / len(batches))
            history.steps += len(batches)
            real += sum(int(batch.mask.sum()) for batch in batches)
            computed += sum(batch.mask.size for batch in batches)
            history.validation_loss.append(self.loss(validation))
            insist_finite(history.validation_loss[-1], f"after {len(history.validation_loss)} epochs")
            if history.is_best:
                best = self.model.get_weights()
            if history.should_stop(schedule.patience):
                break
        self.model.set_weights(best)
        history.seconds_per_step, history.padded_share = float(np.median(seconds)), 1 - real / computed
        return history

    def take_steps(self, batches: list[Batch]) -> None:
        """Take a step with each batch."""
        self._engine.train([self._lesson(batch) for batch in batches])

    def memory_of_steps(self, batches: list[Batch]) -> int | None:
        """Bytes that steps of one shape work in; None where the backend does not say."""
        return self._engine.memory_of_training([self._lesson(batch) for batch in batches])

    def memory_of_reading(self, inputs: np.ndarray, mask: np.ndarray) -> int | None:
        """The same of `read`."""
        return self._engine.memory_of_look(*self._look(inputs, mask))

    def read(self, inputs: np.ndarray, mask: np.ndarray) -> Reading:
        """States, summary and prediction of one rectangle; of answers at every step, the one at the last real step."""
        states, summary, prediction = self._engine.look(*self._look(inputs, mask))
        return Reading(states, *(part if self._reader is None else part[:, 0] for part in (summary, prediction)))

    def ends(self, mask: np.ndarray) -> np.ndarray:
        """The step that the head sees of each row, `(n,)`: the last; of answers at every step, the last real one."""
        last = mask.shape[1] - 1
        return last - np.argmax(mask[:, ::-1], axis=1) if self.network.answers_every_step else np.full(len(mask), last)

    def read_at(self, inputs: np.ndarray, mask: np.ndarray, ends: np.ndarray) -> list[Reading]:
        """Read every row as if it ended at given steps: one pass for many lengths of fill.

        Args:
            inputs, mask: One rectangle.
            ends: Last steps `(n, k)`; of a network that reads prefixes, the steps after them are as good as not there.

        Returns:
            `k` readings. All have the states of the whole rectangle.
        """
        states, summary, prediction = self._engine.look(*self._look_at(inputs, mask, ends))
        return [Reading(states, summary[:, k], prediction[:, k]) for k in range(ends.shape[1])]

    def _look(self, inputs: np.ndarray, mask: np.ndarray) -> tuple["keras.Model", Inputs]:
        """The view that `read` takes, and its inputs."""
        if self._reader is None:
            return self.view, self.network.feed(inputs, mask)
        return self._look_at(inputs, mask, self.ends(mask)[:, None])

    def _look_at(self, inputs: np.ndarray, mask: np.ndarray, ends: np.ndarray) -> tuple["keras.Model", Inputs]:
        feed = self.network.feed(inputs, mask)
        return self._reader, [*(feed if isinstance(feed, list) else [feed]), ends.astype("int32")]

    def loss(self, rows: Rows) -> float:
        """Mean loss over the rows."""
        losses = []
        for batch in rows.rectangles():
            if batch.places is None:
                prediction = self.read(batch.inputs, batch.mask).prediction
            else:
                prediction = self.read_at(batch.inputs, batch.mask, batch.places.steps[:, None])[0].prediction
            if self.network.classifies:
                losses.append(-np.log(prediction[np.arange(len(prediction)), batch.labels] + 1e-7))
            else:
                losses.append((prediction[:, 0] - batch.labels) ** 2)
        return float(np.concatenate(losses).mean())

    def _lesson(self, batch: Batch) -> Lesson:
        labels, weights = batch.labels, None
        if self.network.answers_every_step:
            labels = np.repeat(labels[:, None], batch.mask.shape[1], axis=1)
            weights = batch.mask.astype("float32") if self.network.fact.get("weighs_loss") else None
        return Lesson(self.network.feed(batch.inputs, batch.mask), labels, weights, batch.places)


@functools.lru_cache(maxsize=2)
def program_for(network: Network, steps: int) -> Program:
    """The compiled program of a network, kept while the cells of its shape are run."""
    return Program(network, steps)
