"""Networks that learn one task from the same rows, each with another filling, side by side in one compiled program.

Each has a loss, a learning rate and an end of its own: none knows of the others.
"""

import functools
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
from scipy.special import logsumexp

from padleak.models import engines
from padleak.models.backend import keras
from padleak.models.divergence import insist_finite
from padleak.models.engines.engine import Lesson
from padleak.models.fillings import Given, fillings
from padleak.models.predictors import NAMES, Predictors
from padleak.models.seeding import from_plan

_SLOWER = 0.2
_PATIENCE = 2
_SLOWEST = 5e-6
_STEPS_AT_ONCE = 10
"""Epochs of many steps go through in parts, so that tables of several sizes share a compiled program."""
_LEAST_GAIN = 1e-4
"""Of the loss, as a share; less counts as none."""


@dataclass(frozen=True)
class Shape:
    """What fixes a program.

    Attributes:
        fillings: Names, one network each.
        numbers, columns, entries: Of the predictors.
        outputs: Classes; 1 for a number to predict.
        width: Units of the hidden layer.
    """

    fillings: tuple[str, ...]
    numbers: int
    columns: int
    entries: int
    outputs: int
    width: int


class Learnt(NamedTuple):
    """How training went.

    Attributes:
        epochs: Until the last network came to its end.
        losses: Least validation loss of each network, `(network,)`.
    """

    epochs: int
    losses: np.ndarray


def build(shape: Shape) -> Any:
    """All networks in one model: `arrays of Predictors -> (batch, network, output)`. Layers are called after their filling."""
    inputs = [keras.Input((shape.columns if name == "missing" else shape.entries,), name=name) for name in NAMES]
    answers = [_answer(Given(*inputs, shape.numbers, shape.width, name), shape) for name in shape.fillings]
    return keras.Model(inputs, keras.ops.stack(answers, axis=1))


def _answer(given: Given, shape: Shape) -> Any:
    """What one network makes of the inputs."""
    facts = fillings.facts(given.filling)
    hidden = fillings[given.filling](given)
    if facts.get("enters"):
        hidden = keras.ops.relu(hidden)
    elif not facts.get("is_linear"):
        hidden = keras.layers.Dense(shape.width, activation="relu", name=given.called("hidden"))(hidden)
    return keras.layers.Dense(shape.outputs, name=given.called("head"))(hidden)


def _owned(model: Any, filling: str) -> list[Any]:
    """The trainable variables of one network."""
    layers = [layer for layer in model.layers if layer.name.partition("-")[0] == filling]
    return [variable for layer in layers for variable in layer.trainable_variables]


class SideBySide:
    """A compiled program for networks of one shape.

    Args:
        shape: What to build.
    """

    def __init__(self, shape: Shape):
        self.shape = shape
        self._plan = build(shape).get_config()
        self.model = from_plan(self._plan, seed=0)
        # In the model's own order: JAX pairs variables and gradients by their places.
        variables = self.model.trainable_variables
        self._owned = [_owned(self.model, name) for name in shape.fillings]
        owners = {id(variable): place for place, owned in enumerate(self._owned) for variable in owned}
        self._optimizer = _adam_class()(variables, [owners[id(variable)] for variable in variables])
        self._fresh = [np.array(keras.ops.convert_to_numpy(variable)) for variable in self._optimizer.variables]
        loss = _crossentropy if shape.outputs > 1 else _squared_error
        self._engine = engines.choose()(self.model, None, self._optimizer, loss, compiles=True, loops=True)

    def train(
        self,
        train: tuple[Predictors, np.ndarray],
        validation: tuple[Predictors, np.ndarray],
        batch: int,
        epochs: int,
        learning_rate: float,
        seed: int,
    ) -> Learnt:
        """Train all networks from fresh weights. Of each, those with the least validation loss stay.

        A network's learning rate is cut to a fifth at the third epoch in a row without a gain; under 5e-6 it is at its end.

        Args:
            train, validation: Predictors and targets.
            batch: Rows of a step; what is left of an epoch is left out.
            epochs: At most.
            learning_rate: At first.
            seed: Of weights and order.
        """
        weights_seed, order_seed = np.random.SeedSequence(seed).generate_state(2)
        self._reset(int(weights_seed))
        generator = np.random.default_rng(order_seed)
        rates = learning_rate * np.array([fillings.facts(name).get("pace", 1) for name in self.shape.fillings])
        waited, least = np.zeros(len(rates), int), np.full(len(rates), np.inf)
        best = [[] for _ in rates]
        for epoch in range(1, epochs + 1):  # noqa: B007
            self._optimizer.set_rates(np.where(rates >= _SLOWEST, rates, 0))
            lessons = _lessons(*train, batch, generator)
            for start in range(0, len(lessons), _STEPS_AT_ONCE):
                self._engine.train(lessons[start : start + _STEPS_AT_ONCE])
            losses = self.losses(*validation)
            for place in np.flatnonzero(losses < least):
                best[place] = [keras.ops.convert_to_numpy(variable) for variable in self._owned[place]]
            waited = np.where(losses < least * (1 - _LEAST_GAIN), 0, waited + 1)
            least = np.minimum(losses, least)
            has_stalled = waited > _PATIENCE
            rates, waited = np.where(has_stalled, rates * _SLOWER, rates), np.where(has_stalled, 0, waited)
            if not (rates >= _SLOWEST).any():
                break
        insist_finite(least, f"after {epoch} epochs")
        for variables, values in zip(self._owned, best):
            for variable, value in zip(variables, values):
                variable.assign(value)
        return Learnt(epoch, least)

    def predict(self, predictors: Predictors) -> np.ndarray:
        """Outputs of every network, `(row, network, output)`; of classes, logarithms of odds."""
        rows = np.arange(len(predictors.values))
        return self._engine.look_whole(self.model, predictors.take(rows))[0]

    def losses(self, predictors: Predictors, targets: np.ndarray) -> np.ndarray:
        """Mean loss of each network, `(network,)`."""
        outputs = self.predict(predictors)
        if self.shape.outputs == 1:
            return ((outputs[:, :, 0] - targets[:, None]) ** 2).mean(axis=0)
        chosen = np.take_along_axis(outputs, targets[:, None, None].astype(int), axis=-1)[:, :, 0]
        return (logsumexp(outputs, axis=-1) - chosen).mean(axis=0)

    def _reset(self, seed: int) -> None:
        fresh = from_plan(self._plan, seed)
        for old, new in zip(self.model.variables, fresh.variables, strict=True):
            old.assign(new)
        for variable, value in zip(self._optimizer.variables, self._fresh, strict=True):
            variable.assign(value)


@functools.lru_cache(maxsize=2)
def program_for(shape: Shape) -> SideBySide:
    """The compiled program of a shape, kept while the cells of its shape are run."""
    return SideBySide(shape)


def _lessons(predictors: Predictors, targets: np.ndarray, batch: int, generator: np.random.Generator) -> list[Lesson]:
    order = generator.permutation(len(targets))
    batch = min(batch, len(order))
    kept = order[: len(order) // batch * batch]
    arrays = [array.reshape(-1, batch, array.shape[1]) for array in predictors.take(kept)]
    targets = targets[kept].reshape(-1, batch)
    return [Lesson([array[step] for array in arrays], targets[step], None) for step in range(len(targets))]


def _squared_error(targets: Any, outputs: Any, sample_weight: None = None) -> Any:
    """Sum over networks of their means over rows."""
    errors = (outputs[:, :, 0] - keras.ops.expand_dims(keras.ops.cast(targets, outputs.dtype), 1)) ** 2
    return keras.ops.sum(keras.ops.mean(errors, axis=0))


def _crossentropy(targets: Any, outputs: Any, sample_weight: None = None) -> Any:
    """Sum over networks of their means over rows."""
    chosen = keras.ops.one_hot(keras.ops.cast(targets, "int32"), outputs.shape[-1])
    logarithms = keras.ops.sum(keras.ops.log_softmax(outputs, axis=-1) * keras.ops.expand_dims(chosen, 1), axis=-1)
    return -keras.ops.sum(keras.ops.mean(logarithms, axis=0))


@functools.cache
def _adam_class() -> type:
    class AdamByOwner(keras.optimizers.Adam):
        """Adam with a learning rate for each owner of variables; `owners` says whose each of them is."""

        def __init__(self, variables: list[Any], owners: list[int]):
            super().__init__(1.0)
            self._owners = owners
            self._rates = self.add_variable((max(owners) + 1,), name="rates")
            self.build(variables)

        def set_rates(self, rates: np.ndarray) -> None:
            self._rates.assign(rates)

        def update_step(self, gradient: Any, variable: Any, learning_rate: Any) -> None:
            owner = self._owners[self._get_variable_index(variable)]
            super().update_step(gradient, variable, learning_rate * self._rates[owner])

    return AdamByOwner
