"""JAX: a whole epoch is one program."""

import functools
from collections.abc import Callable
from typing import Any

import jax
import numpy as np

from padleak.models.engines.engine import Engine, Inputs, Lesson, stack

_ROWS_OF_A_BLOCK = 72
"""A bit over the rows that a probe has for each length (a third of 200)."""


class JaxEngine(Engine):
    """Steps are scanned by one compiled program; where batches differ in shape, each is an epoch of one step."""

    def __init__(self, *args: Any, **kwargs: Any):
        super().__init__(*args, **kwargs)
        self._epoch = jax.jit(self._take_steps)
        self._looks: dict[int, Callable] = {}

    def train(self, lessons: list[Lesson]) -> None:
        """All steps at once where they have one shape."""
        state = tuple([variable.value for variable in part] for part in self._parts())
        whole = stack(lessons)
        for stacked in [whole] if whole else _stack_each(lessons):
            state = jax.block_until_ready(self._epoch(state, stacked))
        for part, values in zip(self._parts(), state):
            for variable, value in zip(part, values):
                variable.assign(value)

    def look(self, view: Any, inputs: Inputs) -> list[np.ndarray]:
        """A program for each shape but for the number of rows: those go through in blocks of one size."""
        if id(view) not in self._looks:
            self._looks[id(view)] = jax.jit(self._count_traces(view))
        variables = [[v.value for v in part] for part in (view.trainable_variables, view.non_trainable_variables)]
        rows = len(jax.tree.leaves(inputs)[0])
        looks = [
            self._looks[id(view)](*variables, jax.tree.map(functools.partial(_block, start=start), inputs))
            for start in range(0, rows, _ROWS_OF_A_BLOCK)
        ]
        return [np.concatenate(parts)[:rows] for parts in zip(*looks)]

    def _parts(self) -> tuple[list, list, list]:
        return self.model.trainable_variables, self.model.non_trainable_variables, self.optimizer.variables

    def _take_steps(self, state: tuple, lessons: Lesson) -> tuple:
        self.traces += 1

        def loss_of(trainable: list, fixed: list, lesson: Lesson) -> tuple:
            prediction, fixed = self.model.stateless_call(trainable, fixed, lesson.inputs, training=True)
            return self.loss(lesson.labels, prediction, sample_weight=lesson.weights), fixed

        def step(state: tuple, lesson: Lesson) -> tuple:
            trainable, fixed, optimizer = state
            gradients, fixed = jax.grad(loss_of, has_aux=True)(trainable, fixed, lesson)
            trainable, optimizer = self.optimizer.stateless_apply(optimizer, gradients, trainable)
            return (trainable, fixed, optimizer), None

        return jax.lax.scan(step, state, lessons)[0]

    def _count_traces(self, view: Any) -> Callable:
        def look(trainable: list, fixed: list, inputs: Any) -> Any:
            self.traces += 1
            return view.stateless_call(trainable, fixed, inputs, training=False)[0]

        return look


def _stack_each(lessons: list[Lesson]) -> list[Lesson]:
    """Each lesson by itself, all of as many rows: the last row is repeated and the repetitions weigh nothing."""
    sizes = {len(lesson.labels) for lesson in lessons}
    if len(sizes) == 1:
        return [stack([lesson]) for lesson in lessons]
    most = max(sizes)
    return [stack([_fill_up(lesson, most)]) for lesson in lessons]


def _fill_up(lesson: Lesson, rows: int) -> Lesson:
    """More rows, the same loss: Keras divides the weighted sum by the number of rows."""
    real = len(lesson.labels)
    taken = np.arange(rows).clip(max=real - 1)
    weights = np.ones(lesson.labels.shape, "float32") if lesson.weights is None else lesson.weights
    weights = np.where((np.arange(rows) < real).reshape(-1, *[1] * (weights.ndim - 1)), weights[taken], 0) * (
        rows / real
    )
    inputs = jax.tree.map(lambda part: part[taken], lesson.inputs)
    return Lesson(inputs, lesson.labels[taken], weights.astype("float32"))


def _block(part: np.ndarray, start: int) -> np.ndarray:
    """Rows from `start` on, the last one repeated where they run out."""
    rows = np.arange(start, start + _ROWS_OF_A_BLOCK).clip(max=len(part) - 1)
    return part[rows]
