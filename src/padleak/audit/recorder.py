"""A Keras callback that watches the leak while a model trains. Importing this imports Keras."""

from typing import Any

from padleak.audit import SIDES, check_side
from padleak.audit.made_up import feed_of_model
from padleak.audit.model import left_as_it_was, precision_of, trace_of
from padleak.audit.probe import Run, examine
from padleak.models import backend
from padleak.models.backend import keras

backend.start()


class LeakRecorder(keras.callbacks.Callback):
    """Adds `padding_leak` to the logs of every epoch: how far fill moves the output, in times one exchanged step.

    Args:
        inputs: A batch as the model takes it; made up if not given.
        pad_value: What fill holds; found as `padleak.audit` does if not given.
        side: Where fill goes: `post`, `pre` or `both`.
    """

    def __init__(self, inputs: Any = None, pad_value: float | None = None, side: str = "both"):
        super().__init__()
        check_side(side)
        self._inputs, self._pad_value, self._sides = inputs, pad_value, SIDES[side]
        self._run: Run | None = None
        self.leaks: list[float] = []

    def on_epoch_end(self, epoch: int, logs: dict | None = None) -> None:
        """Look, with the weights as they are."""
        feed = feed_of_model(self.model, self._inputs, self._pad_value)
        self._run = self._run or trace_of(self.model)
        with left_as_it_was(self.model):
            seen = examine(self._run, feed, self._sides, precision_of(self.model))
        self.leaks.append(max((leaks.outputs for leaks in seen.leaks), default=0.0))
        if logs is not None:
            logs["padding_leak"] = self.leaks[-1]
