"""What an engine must do."""

from abc import ABC, abstractmethod
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

if TYPE_CHECKING:
    import keras

Inputs = np.ndarray | list[np.ndarray]
"""A batch as the model takes it."""


class Lesson(NamedTuple):
    """One training step's data: inputs as the model takes them, labels, and the weight of each answer or None."""

    inputs: Inputs
    labels: np.ndarray
    weights: np.ndarray | None


class Engine(ABC):
    """Trains a model and reads views of it; what it compiles serves every later batch of the same shape.

    Args:
        model: Built.
        optimizer: Built for the model's variables.
        loss: Called with labels, predictions and weights, as Keras's losses are.
        compiles: Whether steps are worth compiling to machine code; engines that always do take no notice.
        loops: Whether steps may run within a compiled loop.

    Attributes:
        traces: Programs traced (and compiled) so far: none are, once every shape was seen.
    """

    def __init__(
        self, model: "keras.Model", optimizer: "keras.Optimizer", loss: "keras.Loss", compiles: bool, loops: bool
    ):
        self.model, self.optimizer, self.loss = model, optimizer, loss
        self.compiles, self.loops = compiles, loops
        self.traces = 0

    @abstractmethod
    def train(self, lessons: list[Lesson]) -> None:
        """Take the steps in order. Model and optimiser then hold the result."""

    @abstractmethod
    def look(self, view: "keras.Model", inputs: Inputs) -> list[np.ndarray]:
        """The outputs of a view of the model for one rectangle."""


def stack(lessons: list[Lesson]) -> Lesson | None:
    """Lessons of one shape as one, with the steps in front; None where they have several."""
    inputs = [lesson.inputs if isinstance(lesson.inputs, list) else [lesson.inputs] for lesson in lessons]
    if len({parts[0].shape for parts in inputs}) > 1:
        return None
    stacked = [np.stack(parts) for parts in zip(*inputs)]
    labels = np.stack([lesson.labels for lesson in lessons])
    weights = None if lessons[0].weights is None else np.stack([lesson.weights for lesson in lessons])
    return Lesson(stacked if isinstance(lessons[0].inputs, list) else stacked[0], labels, weights)
