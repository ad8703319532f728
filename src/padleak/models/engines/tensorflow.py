"""TensorFlow: an epoch is one program compiled by XLA, where there are enough steps to make up for compiling it."""

from collections.abc import Callable
from typing import Any

import numpy as np
import tensorflow as tf

from padleak.models.engines.engine import Engine, Inputs, Lesson, stack


class TensorflowEngine(Engine):
    """The steps of an epoch, compiled for each shape; single steps and looks, traced for the first shapes and then for any.

    There are a hundred shapes where batches have equal lengths.
    """

    def __init__(self, *args: Any, **kwargs: Any):
        super().__init__(*args, **kwargs)
        self._epoch = tf.function(self._take_steps, autograph=False, jit_compile=True)
        self._step = tf.function(
            self._take_step, autograph=False, jit_compile=self.compiles, reduce_retracing=not self.compiles
        )
        self._looks: dict[tuple, Callable] = {}

    def train(self, lessons: list[Lesson]) -> None:
        """All steps in one call where they can be: calling a compiled step costs as much as taking a short one."""
        if self.compiles and self.loops and (whole := stack(lessons)):
            self._epoch(*whole)
        else:
            for lesson in lessons:
                self._step(*lesson)

    def look(self, view: Any, inputs: Inputs) -> list[np.ndarray]:
        """A traced graph; compiling one for so few calls would not pay."""
        return self._call(view, inputs, reduce_retracing=True)

    def look_whole(self, view: Any, inputs: Inputs) -> list[np.ndarray]:
        """A compiled program."""
        return self._call(view, inputs, jit_compile=True)

    def _call(self, view: Any, inputs: Inputs, **settings: bool) -> list[np.ndarray]:
        key = id(view), *settings
        if key not in self._looks:
            self._looks[key] = tf.function(self._count_traces(view), autograph=False, **settings)
        return [output.numpy() for output in tf.nest.flatten(self._looks[key](inputs))]

    def _take_steps(self, *whole: Any) -> None:
        def take(index: tf.Tensor) -> tf.Tensor:
            self._take_step(*tf.nest.map_structure(lambda part: None if part is None else part[index], whole))
            return index + 1

        steps = tf.nest.flatten(whole)[0].shape[0]
        tf.while_loop(lambda index: index < steps, take, [tf.constant(0)])

    def _take_step(self, *parts: Any) -> None:
        self.traces += 1
        lesson = Lesson(*parts)
        model, inputs = self.taught(lesson)
        variables = self.model.trainable_variables
        with tf.GradientTape() as tape:
            loss = self.loss(lesson.labels, model(inputs, training=True), sample_weight=lesson.weights)
        self.optimizer.apply(tape.gradient(loss, [variable.value for variable in variables]), variables)

    def _count_traces(self, view: Any) -> Callable:
        def look(inputs: Any) -> Any:
            self.traces += 1
            return view(inputs, training=False)

        return look
