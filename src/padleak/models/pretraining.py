"""Training a language model: one compiled program serves every seed, and training can be left and taken up again."""

import functools
from collections.abc import Iterator
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from scipy.special import log_softmax

from padleak.models import engines
from padleak.models.backend import keras
from padleak.models.engines.engine import Lesson
from padleak.models.language import LanguageModel
from padleak.models.objectives import Asking, Texts, objectives

STEPS_AT_ONCE = 20
"""Steps that go through in one call; the number of steps is a multiple of it."""
STEPS_THAT_PAY = 200
"""From so many on, compiling to machine code saves more than it takes."""
_WARM_UP = 0.1
"""Share of the steps in which the learning rate rises; then it falls to nothing."""


@dataclass(frozen=True)
class Course:
    """How to train.

    Attributes:
        objective: A name of `objectives`.
        asking: What it needs beside the texts.
        steps, batch: Optimiser steps, and rows of each.
        learning_rate: Of Adam, at its highest.
        seed: Of the order of texts and of what is masked.
    """

    objective: str
    asking: Asking
    steps: int
    batch: int
    learning_rate: float
    seed: int

    def lessons(self, texts: Texts, start: int) -> list[Lesson]:
        """The lessons of the steps from `start` on. They hang on the step alone: nothing need be kept of the way there."""
        return [self._lesson(texts, step) for step in range(start, start + STEPS_AT_ONCE)]

    def rate(self, start: int) -> float:
        """Learning rate of the steps from `start` on."""
        done = (start + STEPS_AT_ONCE / 2) / self.steps
        return self.learning_rate * min(done / _WARM_UP, (1 - done) / (1 - _WARM_UP))

    def _lesson(self, texts: Texts, step: int) -> Lesson:
        epoch, place = divmod(step, max(1, len(texts.ids) // self.batch))
        order = _order(self.seed, epoch, len(texts.ids))
        rows = np.take(order, np.arange(place * self.batch, (place + 1) * self.batch), mode="wrap")
        generator = np.random.default_rng([self.seed, 1, step])
        return objectives[self.objective](texts.take(rows), self.asking, generator)


@functools.lru_cache(maxsize=2)
def _order(seed: int, epoch: int, rows: int) -> np.ndarray:
    return np.random.default_rng([seed, 0, epoch]).permutation(rows)


class Score(NamedTuple):
    """How well words are told: mean negative logarithm of the right one's probability (nats), and share of right answers."""

    loss: float
    accuracy: float


class Pretrainer:
    """A compiled language model whose weights and optimiser can be set back, kept and restored.

    Args:
        language: What to build.
        compiles: Whether there are steps enough to make up for compiling them to machine code.
    """

    def __init__(self, language: LanguageModel, compiles: bool = True):
        self._language = language
        self.model, self._at_places, self.encoder = language.assemble(seed=0)
        self._optimizer = keras.optimizers.Adam(global_clipnorm=1.0)
        self._optimizer.build(self.model.trainable_variables)
        self._fresh = [np.array(keras.ops.convert_to_numpy(variable)) for variable in self._optimizer.variables]
        loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
        self._engine = engines.choose()(
            self.model, self._at_places, self._optimizer, loss, compiles=compiles, loops=True
        )

    def reset(self, seed: int) -> None:
        """Weights as a model freshly built with this seed has them, and the optimiser's first state."""
        fresh = self._language.assemble(seed).model
        self.restore([variable.numpy() for variable in fresh.variables] + self._fresh)

    def keep(self) -> list[np.ndarray]:
        """All that training hangs on."""
        return [np.array(keras.ops.convert_to_numpy(variable)) for variable in self._variables]

    def restore(self, kept: list[np.ndarray]) -> None:
        """Take up training where it was left."""
        for variable, value in zip(self._variables, kept, strict=True):
            variable.assign(value)

    def fits(self, kept: list[np.ndarray]) -> bool:
        """Whether what was kept is of a model like this one."""
        return [tuple(value.shape) for value in kept] == [tuple(variable.shape) for variable in self._variables]

    def train(self, texts: Texts, course: Course, start: int = 0) -> Iterator[int]:
        """Take the steps from `start` on; after each call of the program, the number of steps taken."""
        for first in range(start, course.steps, STEPS_AT_ONCE):
            self._optimizer.learning_rate = course.rate(first)
            self._engine.train(course.lessons(texts, first))
            yield first + STEPS_AT_ONCE

    def score(self, lessons: list[Lesson]) -> Score:
        """How well words are told, all lessons of one shape."""
        losses, hits = [], []
        for lesson in lessons:
            view, inputs = self._engine.taught(lesson)
            # Places have another length than rows, which a look may go through in blocks.
            in_blocks = lesson.places is None and not self._engine.compiles
            look = self._engine.look if in_blocks else self._engine.look_whole
            logits = look(view, inputs)[0]
            told = np.take_along_axis(log_softmax(logits, axis=-1), lesson.labels[..., None].astype(int), axis=-1)
            counts = (lesson.weights > 0).ravel()
            losses.append(-told.ravel()[counts])
            hits.append((logits.argmax(axis=-1) == lesson.labels).ravel()[counts])
        return Score(float(np.concatenate(losses).mean()), float(np.concatenate(hits).mean()))

    def states(self, ids: np.ndarray, real: np.ndarray) -> list[np.ndarray]:
        """States of each layer, from the embedded words on, `(row, step, unit)`."""
        return self._engine.look_in_blocks(self.encoder, [ids, real])

    @property
    def _variables(self) -> list:
        return [*self.model.variables, *self._optimizer.variables]


@functools.lru_cache(maxsize=2)
def pretrainer_for(language: LanguageModel, compiles: bool) -> Pretrainer:
    """The compiled program of a language model, kept while the cells of its shape are run."""
    return Pretrainer(language, compiles)
