"""JAX: a whole epoch is one program."""

import functools
from collections.abc import Callable
from typing import Any

import jax
import numpy as np

from padleak.models.compilation import quick_jit
from padleak.models.engines.engine import Engine, Inputs, Lesson, stack

_ROWS_OF_A_BLOCK = 72
"""A bit over the rows that a probe has for each length (a third of 200)."""

_NARROWEST = 16
"""Steps; narrower rows are widened where that changes nothing."""


class JaxEngine(Engine):
    """Steps of one shape are scanned by one compiled program; else each is a program of its shape."""

    def __init__(self, *args: Any, **kwargs: Any):
        super().__init__(*args, **kwargs)
        self._epoch = quick_jit(self._take_steps)
        self._step = quick_jit(self._take_step)
        self._looks: dict[int, Callable] = {}

    def train(self, lessons: list[Lesson]) -> None:
        """All steps in one call where they can be."""
        state = self._state()
        if self.loops and (whole := stack(lessons)):
            state = self._epoch(state, whole)
        else:
            for lesson in _of_few_shapes(lessons):
                state = self._step(state, lesson)
        state = jax.block_until_ready(state)
        for part, values in zip(self._parts(), state):
            for variable, value in zip(part, values):
                variable.assign(value)

    def look(self, view: Any, inputs: Inputs) -> list[np.ndarray]:
        """A program for each shape but for the number of rows: those go through in blocks of one size."""
        program, variables = self._look_of(view)
        rows = len(jax.tree.leaves(inputs)[0])
        looks = [
            program(*variables, jax.tree.map(functools.partial(_block, start=start), inputs))
            for start in range(0, rows, _ROWS_OF_A_BLOCK)
        ]
        return [np.concatenate(parts)[:rows] for parts in zip(*looks)]

    def look_whole(self, view: Any, inputs: Inputs) -> list[np.ndarray]:
        """One program for the shape."""
        program, variables = self._look_of(view)
        return [np.asarray(part) for part in program(*variables, inputs)]

    def memory_of_training(self, lessons: list[Lesson]) -> int:
        """What the compiler set aside for the program that takes these steps, all of one shape."""
        program, argument = (self._epoch, stack(lessons)) if self.loops else (self._step, lessons[0])
        return _memory(program, self._state(), argument)

    def memory_of_look(self, view: Any, inputs: Inputs) -> int:
        """The same, for a block of rows."""
        program, variables = self._look_of(view)
        return _memory(program, *variables, jax.tree.map(functools.partial(_block, start=0), inputs))

    def _look_of(self, view: Any) -> tuple[Callable, list[list]]:
        """The program of a view, and the variables it takes."""
        if id(view) not in self._looks:
            self._looks[id(view)] = quick_jit(self._count_traces(view))
        variables = [[v.value for v in part] for part in (view.trainable_variables, view.non_trainable_variables)]
        return self._looks[id(view)], variables

    def _state(self) -> tuple[list, list, list]:
        return tuple([variable.value for variable in part] for part in self._parts())

    def _parts(self) -> tuple[list, list, list]:
        return self.model.trainable_variables, self.model.non_trainable_variables, self.optimizer.variables

    def _take_steps(self, state: tuple, lessons: Lesson) -> tuple:
        return jax.lax.scan(lambda state, lesson: (self._take_step(state, lesson), None), state, lessons)[0]

    def _take_step(self, state: tuple, lesson: Lesson) -> tuple:
        self.traces += 1
        trainable, fixed, optimizer = state

        def loss_of(trainable: list, fixed: list) -> tuple:
            model, inputs = self.taught(lesson)
            prediction, fixed = model.stateless_call(trainable, fixed, inputs, training=True)
            return self.loss(lesson.labels, prediction, sample_weight=lesson.weights), fixed

        gradients, fixed = jax.grad(loss_of, has_aux=True)(trainable, fixed)
        trainable, optimizer = self.optimizer.stateless_apply(optimizer, gradients, trainable)
        return trainable, fixed, optimizer

    def _count_traces(self, view: Any) -> Callable:
        def look(trainable: list, fixed: list, inputs: Any) -> Any:
            self.traces += 1
            return jax.tree.leaves(view.stateless_call(trainable, fixed, inputs, training=False)[0])

        return look


def _memory(program: Any, *arguments: Any) -> int:
    """Bytes, of a program that has run: it is not compiled again."""
    return program.lower(*arguments).compile().memory_analysis().temp_size_in_bytes


def _of_few_shapes(lessons: list[Lesson]) -> list[Lesson]:
    """Lessons of as many rows each, and, where answers are read at places, of widths that double."""
    sizes = {(len(jax.tree.leaves(lesson.inputs)[0]), len(lesson.labels)) for lesson in lessons}
    if len(sizes) > 1:
        rows, answers = (max(counts) for counts in zip(*sizes))
        lessons = [_fill_up(lesson, rows, answers) for lesson in lessons]
    return [lesson if lesson.places is None else _widen(lesson) for lesson in lessons]


def _fill_up(lesson: Lesson, rows: int, answers: int) -> Lesson:
    """More rows and answers, the last ones repeated, and the same loss: repetitions weigh nothing, and Keras divides the
    weighted sum by the number of answers."""
    real = len(lesson.labels)
    weights = np.ones(lesson.labels.shape, "float32") if lesson.weights is None else lesson.weights
    counts = (np.arange(answers) < real).reshape(-1, *[1] * (weights.ndim - 1))
    weights = np.where(counts, _repeat_last(weights, answers), 0) * (answers / real)
    return Lesson(
        jax.tree.map(lambda part: _repeat_last(part, rows), lesson.inputs),
        _repeat_last(lesson.labels, answers),
        weights.astype("float32"),
        jax.tree.map(lambda part: _repeat_last(part, answers), lesson.places),
    )


def _repeat_last(part: np.ndarray, count: int) -> np.ndarray:
    return part[np.arange(count).clip(max=len(part) - 1)]


def _widen(lesson: Lesson) -> Lesson:
    """The same lesson with steps behind those it has, which have no part in it."""

    def pad(part: np.ndarray) -> np.ndarray:
        width = max(_NARROWEST, 2 ** (part.shape[1] - 1).bit_length())
        return np.pad(part, [(0, 0), (0, width - part.shape[1]), *[(0, 0)] * (part.ndim - 2)])

    return lesson._replace(inputs=jax.tree.map(pad, lesson.inputs))


def _block(part: np.ndarray, start: int) -> np.ndarray:
    """Rows from `start` on, the last one repeated where they run out."""
    return _repeat_last(part[start : start + _ROWS_OF_A_BLOCK], _ROWS_OF_A_BLOCK)
