"""What every check is given."""

import contextlib
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from padleak.audit.feed import Condition, Feed, View
from padleak.audit.probe import Examination, Leaks, Run
from padleak.audit.trace import Call, Tensor
from padleak.models.backend import keras


@dataclass(frozen=True)
class Case:
    """A model under audit, and what is known of it so far.

    Attributes:
        model: A Keras model.
        original: The same as the user gave it; another where that insists on a length and could be opened to any.
        feed: Its sequences.
        sides: Of fill, as asked for.
        run: From a batch to the trace of a run.
        given: The examination with the weights as given.
        seed: Of whatever is drawn.
        trusted: Whether code that the model holds may be run when it is made anew from its configuration.
    """

    model: Any
    original: Any
    feed: Feed
    sides: tuple[str, ...]
    run: Run
    given: Examination
    seed: int
    trusted: bool

    @cached_property
    def condition(self) -> Condition:
        """Fill at the end, if there is a choice."""
        return self.feed.conditions(self.sides)[0]

    @cached_property
    def three(self) -> tuple[tuple[Any, Any, Any], View, View]:
        """Tensors without fill, with one step exchanged, and with fill; where the sequences are in the first and the last."""
        (bare, home), (changed, _) = self.feed.lay(), self.feed.exchanged().lay()
        filled, view = self.feed.lay(self.condition)
        return (tensors(bare), tensors(changed), tensors(filled)), home, view

    @property
    def filled(self) -> Leaks:
        """What that fill does."""
        return next(leaks for leaks in self.given.leaks if leaks.condition == self.condition)

    @property
    def is_stateful(self) -> bool:
        """Whether a layer keeps its state from batch to batch."""
        return any(getattr(layer, "stateful", False) for layer in self.model._flatten_layers())

    @property
    def itself(self) -> Call:
        """The model, as a call to blame."""
        return self.given.reference.calls[0]

    @property
    def has_time(self) -> list[bool]:
        """Which outputs have an axis of time, the second: as long as the batch is wide, with fill and without."""
        home, leaks = self.given.home, self.given.leaks[0]
        pairs = zip(self.given.reference.calls[0].outputs, leaks.trace.calls[0].outputs)
        return [_has_time(bare, home) and _has_time(filled, leaks.view) for bare, filled in pairs]

    def owner(self, variable: Any) -> int:
        """Position of the innermost call of a layer that has a variable; 0, the model, if none was seen."""
        found = 0
        for position, call in enumerate(self.given.reference.calls):
            if any(variable is own for own in getattr(call.layer, "variables", ())):
                found = position
        return found


def _has_time(tensor: Tensor, view: View) -> bool:
    """Of two axes the second may be classes, where batches have one width; a mask says that it is not."""
    shape = tensor.value.shape
    return len(shape) > 1 and shape[1] == view.width


def tensors(inputs: Any) -> Any:
    """Arrays as the backend's tensors."""
    return keras.tree.map_structure(keras.ops.convert_to_tensor, inputs)


def share(reference: np.ndarray, changed: np.ndarray, filled: np.ndarray, floor: float) -> float:
    """How far fill moves something, in times how far one exchanged step moves it; infinite where it is no number.

    Moves up to `floor` are rounding.
    """
    moved, yardstick = np.linalg.norm(filled - reference), np.linalg.norm(changed - reference)
    if not np.isfinite(moved):
        return float("inf") if np.isfinite(reference).all() else 0.0
    return float(moved / max(yardstick, floor)) if moved > floor else 0.0


_RATES = "rate", "dropout", "recurrent_dropout"


@contextlib.contextmanager
def without_dropout(model: Any) -> Iterator[None]:
    """Nothing is dropped meanwhile."""
    before = []
    try:
        for layer in model._flatten_layers():
            for name in _RATES:
                value = getattr(layer, name, None)
                if isinstance(value, float) and name in vars(layer):
                    before.append((layer, name, value))
                    setattr(layer, name, 0.0)
        yield
    finally:
        for layer, name, value in before:
            setattr(layer, name, value)
