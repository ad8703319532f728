"""Recurrent layers in numpy: the network's own step, in double precision, and open to complex numbers."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from padleak.errors import InputError

Map = Callable[[np.ndarray], np.ndarray]
"""From states `(n, state)` to the states a step later."""


@dataclass(frozen=True, eq=False)
class RecurrentLayer:
    """Weights of one layer, as Keras holds them.

    Attributes:
        kind: `lstm`, `gru` (reset after the product, Keras's default) or `simple_rnn`.
        kernel: `(width, gates * unit)`.
        recurrent: `(unit, gates * unit)`.
        bias: `(gates * unit,)`, of a GRU `(2, gates * unit)`.
    """

    kind: str
    kernel: np.ndarray
    recurrent: np.ndarray
    bias: np.ndarray

    def __post_init__(self) -> None:
        if self.kind not in _STEPS:
            raise InputError("kind of a recurrent layer", f"one of {', '.join(_STEPS)}", self.kind)

    @property
    def units(self) -> int:
        """Units of the output."""
        return len(self.recurrent)

    @property
    def size(self) -> int:
        """Numbers in the state: an LSTM's holds its output and its memory."""
        return self.units * (2 if self.kind == "lstm" else 1)

    def advance(self, state: np.ndarray, inputs: np.ndarray) -> np.ndarray:
        """The state a step later, `(n, size)`; its first `units` numbers are the output."""
        return _STEPS[self.kind](self, state, inputs)


@dataclass(frozen=True, eq=False)
class Recurrence:
    """Recurrent layers on top of each other, in numpy.

    A state is `(n, size)`: the states of all layers side by side, the first layer's first.

    Attributes:
        layers: From the input up.
    """

    layers: tuple[RecurrentLayer, ...]

    @property
    def size(self) -> int:
        """Numbers in a state."""
        return sum(layer.size for layer in self.layers)

    def advance(self, states: np.ndarray, inputs: np.ndarray) -> np.ndarray:
        """One step of every row, with inputs `(n, width)` or `(width,)`."""
        parts = np.split(states, np.cumsum([layer.size for layer in self.layers])[:-1], axis=1)
        after = []
        for layer, part in zip(self.layers, parts):
            after.append(layer.advance(part, inputs))
            inputs = after[-1][:, : layer.units]
        return np.concatenate(after, axis=1)

    def output(self, states: np.ndarray) -> np.ndarray:
        """What the last layer gives, `(..., unit)`."""
        last = self.layers[-1]
        start = self.size - last.size
        return states[..., start : start + last.units]

    def read(self, inputs: np.ndarray, mask: np.ndarray) -> np.ndarray:
        """States after sequences, from zero.

        Args:
            inputs: `(n, time, width)`.
            mask: `(n, time)`, True = real; other steps are skipped.
        """
        states = np.zeros((len(inputs), self.size))
        for step in range(inputs.shape[1]):
            states = np.where(mask[:, step, None], self.advance(states, inputs[:, step]), states)
        return states

    def fill_step(self, fill: np.ndarray) -> Map:
        """The map that one step of fill is, with the vector `(width,)` that fill holds."""
        return lambda states: self.advance(states, fill)


def _lstm(layer: RecurrentLayer, state: np.ndarray, inputs: np.ndarray) -> np.ndarray:
    output, memory = np.split(state, 2, axis=1)
    gates = inputs @ layer.kernel + output @ layer.recurrent + layer.bias
    admit, keep, candidate, show = np.split(gates, 4, axis=1)
    memory = _sigmoid(keep) * memory + _sigmoid(admit) * np.tanh(candidate)
    return np.concatenate([_sigmoid(show) * np.tanh(memory), memory], axis=1)


def _gru(layer: RecurrentLayer, state: np.ndarray, inputs: np.ndarray) -> np.ndarray:
    bias = np.broadcast_to(layer.bias, (2, layer.kernel.shape[1]))
    keep_in, reset_in, candidate_in = np.split(inputs @ layer.kernel + bias[0], 3, axis=-1)
    keep, reset, candidate = np.split(state @ layer.recurrent + bias[1], 3, axis=1)
    keep = _sigmoid(keep_in + keep)
    candidate = np.tanh(candidate_in + _sigmoid(reset_in + reset) * candidate)
    return keep * state + (1 - keep) * candidate


def _simple_rnn(layer: RecurrentLayer, state: np.ndarray, inputs: np.ndarray) -> np.ndarray:
    return np.tanh(inputs @ layer.kernel + state @ layer.recurrent + layer.bias)


_STEPS = {"lstm": _lstm, "gru": _gru, "simple_rnn": _simple_rnn}

KINDS = tuple(_STEPS)
"""Kinds of layers."""


def _sigmoid(x: np.ndarray) -> np.ndarray:
    return 0.5 * (1 + np.tanh(0.5 * x))
