"""A pre-trained encoder trained further on a task, with a head on the mean of its real steps."""

import functools
from typing import TYPE_CHECKING

import numpy as np

from padleak.models import engines
from padleak.models.backend import keras
from padleak.models.engines.engine import Lesson
from padleak.models.language import LanguageModel

if TYPE_CHECKING:
    from keras import KerasTensor

STEPS_AT_ONCE = 10
STEPS_THAT_PAY = 100
"""From so many on, compiling to machine code saves more than it takes."""
_LEARNING_RATE = 0.003


class FineTuner:
    """An encoder with a head on the mean of its real steps; one compiled program serves every task and seed.

    Args:
        language: The encoder.
        classes: Of the tasks, at most.
        compiles: Whether there are steps enough to make up for compiling them to machine code.
    """

    def __init__(self, language: LanguageModel, classes: int, compiles: bool = True):
        self._encoder = language.assemble(seed=0).states
        self._head = keras.layers.Dense(classes, name="head")
        self._model = keras.Model(self._encoder.inputs, self._head(_mean(self._encoder)))
        self._optimizer = keras.optimizers.Adam(_LEARNING_RATE, global_clipnorm=1.0)
        self._optimizer.build(self._model.trainable_variables)
        self._fresh = [np.array(keras.ops.convert_to_numpy(variable)) for variable in self._optimizer.variables]
        loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
        self._engine = engines.choose()(self._model, None, self._optimizer, loss, compiles=compiles, loops=True)

    def train(
        self,
        weights: list[np.ndarray],
        inputs: tuple[np.ndarray, np.ndarray],
        labels: np.ndarray,
        steps: int,
        batch: int,
        seed: int,
    ) -> None:
        """Train all weights on a task, from those of an encoder and a fresh head.

        Args:
            weights: Of the encoder, as `get_weights` gives them.
            inputs: Ids and which are real, `(row, step)`.
            labels: Classes, `(row,)`.
            steps: Optimiser steps, a multiple of 10.
            batch: Rows of each.
            seed: Of the head and of the order.
        """
        self._encoder.set_weights(weights)
        shape = self._head.kernel.shape
        self._head.set_weights([np.array(keras.initializers.GlorotUniform(seed)(shape)), np.zeros(shape[-1:])])
        for variable, value in zip(self._optimizer.variables, self._fresh, strict=True):
            variable.assign(value)
        generator = np.random.default_rng(seed)
        epochs = -(-steps * batch // len(labels))
        order = np.concatenate([generator.permutation(len(labels)) for _ in range(epochs)])
        for start in range(0, steps, STEPS_AT_ONCE):
            chosen = order[start * batch : (start + STEPS_AT_ONCE) * batch].reshape(-1, batch)
            self._engine.train([Lesson([part[rows] for part in inputs], labels[rows], None) for rows in chosen])

    def answer(self, inputs: tuple[np.ndarray, np.ndarray]) -> np.ndarray:
        """The likeliest class of each row, `(row,)`."""
        return self._engine.look_in_blocks(self._model, list(inputs))[0].argmax(axis=-1)


def _mean(encoder: "keras.Model") -> "KerasTensor":
    """Of the last states at real steps, `(row, unit)`."""
    weights = keras.ops.expand_dims(keras.ops.cast(encoder.inputs[1], "float32"), -1)
    return keras.ops.sum(encoder.outputs[-1] * weights, axis=1) / keras.ops.sum(weights, axis=1)


@functools.lru_cache(maxsize=2)
def fine_tuner_for(language: LanguageModel, classes: int, compiles: bool) -> FineTuner:
    """The compiled program of an encoder, kept while the cells of its shape are run."""
    return FineTuner(language, classes, compiles)
