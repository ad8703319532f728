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
    """Steps of one shape are scanned by one compiled program; else each is a program of its shape."""

    def __init__(self, *args: Any, **kwargs: Any):
        super().__init__(*args, **kwargs)
        self._epoch = jax.jit(self._take_steps)
        self._step = jax.jit(self._take_step)
        self._looks: dict[int, Callable] = {}

    def train(self, lessons: list[Lesson]) -> None:
        """All steps in one call where they can be."""
        state = tuple([variable.value for variable in part] for part in self._parts())
        if self.loops and (whole := stack(lessons)):
            state = self._epoch(state, whole)
        else:
            for lesson in _of_one_size(lessons):
                state = self._step(state, lesson)
        state = jax.block_until_ready(state)
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
        return jax.lax.scan(lambda state, lesson: (self._take_step(state, lesson), None), state, lessons)[0]

    def _take_step(self, state: tuple, lesson: Lesson) -> tuple:
        self.traces += 1
        trainable, fixed, optimizer = state

        def loss_of(trainable: list, fixed: list) -> tuple:
            prediction, fixed = self.model.stateless_call(trainable, fixed, lesson.inputs, training=True)
            return self.loss(lesson.labels, prediction, sample_weight=lesson.weights), fixed

        gradients, fixed = jax.grad(loss_of, has_aux=True)(trainable, fixed)
        trainable, optimizer = self.optimizer.stateless_apply(optimizer, gradients, trainable)
        return trainable, fixed, optimizer

    def _count_traces(self, view: Any) -> Callable:
        def look(trainable: list, fixed: list, inputs: Any) -> Any:
            self.traces += 1
            return view.stateless_call(trainable, fixed, inputs, training=False)[0]

        return look


def _of_one_size(lessons: list[Lesson]) -> list[Lesson]:
    """Lessons of as many rows each: the last row is repeated and the repetitions weigh nothing."""
    sizes = {len(lesson.labels) for lesson in lessons}
    return lessons if len(sizes) == 1 else [_fill_up(lesson, max(sizes)) for lesson in lessons]


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
