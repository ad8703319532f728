"""Any backend, by Keras's own methods."""

from typing import Any

import numpy as np

from padleak.models.backend import keras
from padleak.models.engines.engine import Engine, Inputs, Lesson


class PlainEngine(Engine):
    """Keras's `train_on_batch` and `predict_on_batch`: slow, and right by definition."""

    def __init__(self, *args: Any, **kwargs: Any):
        super().__init__(*args, **kwargs)
        for model in filter(None, (self.model, self.at_places)):
            model.compile(self.optimizer, self.loss, jit_compile=False)

    def train(self, lessons: list[Lesson]) -> None:
        """One call of Keras a step."""
        for lesson in lessons:
            model, inputs = self.taught(lesson)
            model.train_on_batch(inputs, lesson.labels, sample_weight=lesson.weights)

    def look(self, view: Any, inputs: Inputs) -> list[np.ndarray]:
        """One call of Keras."""
        return keras.tree.flatten(view.predict_on_batch(inputs))
