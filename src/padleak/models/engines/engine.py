"""What an engine must do."""

from abc import ABC, abstractmethod
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

if TYPE_CHECKING:
    import keras

Inputs = np.ndarray | list[np.ndarray]
"""A batch as the model takes it."""


class Lesson(NamedTuple):
    """One training step's data.

    Attributes:
        inputs: As the model takes them.
        labels, weights: Of each answer; no weights weigh all alike.
        places: Rows and steps, `(answer,)` each, where the answers are read; what follows them has no part in them. None: the
            model says.
    """

    inputs: Inputs
    labels: np.ndarray
    weights: np.ndarray | None
    places: tuple[np.ndarray, np.ndarray] | None = None


class Engine(ABC):
    """Trains a model and reads views of it; what it compiles serves every later batch of the same shape.

    Args:
        model: Built.
        at_places: A view of the model that takes places behind its inputs, and answers there; None where there is none.
        optimizer: Built for the model's variables.
        loss: Called with labels, predictions and weights, as Keras's losses are.
        compiles: Whether steps are worth compiling to machine code; engines that always do take no notice.
        loops: Whether steps may run within a compiled loop.

    Attributes:
        traces: Programs traced (and compiled) so far: none are, once every shape was seen.
    """

    def __init__(
        self,
        model: "keras.Model",
        at_places: "keras.Model | None",
        optimizer: "keras.Optimizer",
        loss: "keras.Loss",
        compiles: bool,
        loops: bool,
    ):
        self.model, self.at_places, self.optimizer, self.loss = model, at_places, optimizer, loss
        self.compiles, self.loops = compiles, loops
        self.traces = 0

    @abstractmethod
    def train(self, lessons: list[Lesson]) -> None:
        """Take the steps in order. Model and optimiser then hold the result."""

    def memory_of_training(self, lessons: list[Lesson]) -> int | None:
        """Bytes that taking these steps works in, beside what goes in and comes out; None where the backend does not say."""
        return None

    def memory_of_look(self, view: "keras.Model", inputs: Inputs) -> int | None:
        """The same of a look."""
        return None

    def taught(self, lesson: Lesson) -> tuple["keras.Model", Inputs]:
        """The view of the model that answers a lesson, and what it takes."""
        if lesson.places is None:
            return self.model, lesson.inputs
        inputs = lesson.inputs if isinstance(lesson.inputs, list) else [lesson.inputs]
        return self.at_places, [*inputs, *lesson.places]

    @abstractmethod
    def look(self, view: "keras.Model", inputs: Inputs) -> list[np.ndarray]:
        """The outputs of a view of the model for one rectangle."""

    def look_whole(self, view: "keras.Model", inputs: Inputs) -> list[np.ndarray]:
        """The same for inputs that come in one shape, again and again."""
        return self.look(view, inputs)

    def look_in_blocks(self, view: "keras.Model", inputs: list[np.ndarray], rows: int = 64) -> list[np.ndarray]:
        """The same for many rows, in blocks of one shape; the last block is filled up with the last row."""
        whole = len(inputs[0])
        places = np.arange(-(-whole // rows) * rows).clip(max=whole - 1).reshape(-1, rows)
        look = self.look_whole if self.compiles else self.look
        looks = [look(view, [part[block] for part in inputs]) for block in places]
        return [np.concatenate(parts)[:whole] for parts in zip(*looks)]


def stack(lessons: list[Lesson]) -> Lesson | None:
    """Lessons of one shape as one, with the steps in front; None where they have several."""
    leaves = [_leaves(lesson) for lesson in lessons]
    if len({tuple(leaf.shape for leaf in parts) for parts in leaves}) > 1:
        return None
    stacked = iter([np.stack(parts) for parts in zip(*leaves)])
    first = lessons[0]
    return Lesson(
        [next(stacked) for _ in first.inputs] if isinstance(first.inputs, list) else next(stacked),
        next(stacked),
        None if first.weights is None else next(stacked),
        None if first.places is None else (next(stacked), next(stacked)),
    )


def _leaves(lesson: Lesson) -> list[np.ndarray]:
    inputs = lesson.inputs if isinstance(lesson.inputs, list) else [lesson.inputs]
    return [*inputs, lesson.labels, *([] if lesson.weights is None else [lesson.weights]), *(lesson.places or ())]
