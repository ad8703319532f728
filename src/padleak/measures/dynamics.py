"""The fill step of a recurrent network as a map of its state to itself: where it leads, how fast, and what it forgets.

Under constant input a trained recurrence is an autonomous map (Sussillo & Barak 2013). If all states reached from real
sequences end in one attractor, what they held is forgotten at the pace of the map's slowest mode there; if they end in several,
which one they end in is held for ever.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from padleak.errors import InputError

_TINY = 1e-30
"""Imaginary step of a derivative; any number so small gives all digits (Squire & Trapp 1998)."""

_NEWTON_STEPS = 20
_ORBIT = 64
"""Steps that an attractor is followed for, and so the longest period told from none."""

_SAME = 1e-3
"""Of the root mean square norm of states: what is nearer counts as one place."""

_AT_REST = 1e-10
"""Of the same: what moves less a step has come to rest."""

_STEPS_OF_GROWTH = 1024
_PATIENCE, _LOOKS_FOR_REST = 4096, 16

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


def follow(step: Map, states: np.ndarray, counts: np.ndarray) -> np.ndarray:
    """States after given numbers of steps.

    Args:
        step: The map.
        states: Where it starts, `(n, state)`.
        counts: Numbers of steps, rising; 0 is the start.

    Returns:
        `(count, n, state)`.
    """
    kept, done = [], 0
    for count in counts:
        for _ in range(count - done):
            states = step(states)
        kept.append(states)
        done = count
    return np.stack(kept)


def jacobian(step: Map, states: np.ndarray) -> np.ndarray:
    """Derivatives of the map at states `(n, state)`: `(n, state, state)`, row by output, exact to rounding."""
    n, size = states.shape
    nudged = states[:, None] + 1j * _TINY * np.eye(size)
    after = step(nudged.reshape(n * size, size)).reshape(n, size, size)
    return after.imag.transpose(0, 2, 1) / _TINY


@dataclass(frozen=True, eq=False)
class Attractor:
    """Where states end.

    Attributes:
        orbit: The states it runs through, `(period, state)`; of one that never comes back, as far as it was followed.
        rates: Absolute eigenvalues of the map along the orbit, a step, falling, `(state,)`; below 1 what differs dies out. Of
            one that never comes back, the growth of a difference alone (its largest Lyapunov exponent, as a factor).
        is_settled: Whether it comes back to itself.
    """

    orbit: np.ndarray
    rates: np.ndarray
    is_settled: bool

    @property
    def period(self) -> int:
        """1 for a fixed point."""
        return len(self.orbit)


@dataclass(frozen=True, eq=False)
class Census:
    """The attractors that states end in. What has not settled counts as one.

    Attributes:
        attractors: Each once.
        ends_in: Index of that in which each state ends, `(n,)`.
        places: The state of its orbit that is next to where each state came to, `(n, state)`.
    """

    attractors: tuple[Attractor, ...]
    ends_in: np.ndarray
    places: np.ndarray

    @property
    def largest(self) -> Attractor:
        """The one that most end in."""
        return self.attractors[int(np.bincount(self.ends_in).argmax())]

    @property
    def settled(self) -> int:
        """Number of attractors that come back to themselves."""
        return sum(one.is_settled for one in self.attractors)

    @property
    def unsettled_share(self) -> float:
        """Share of states that end in none."""
        return float(np.mean([not self.attractors[index].is_settled for index in self.ends_in]))

    def latched_share(self, starts: np.ndarray) -> float:
        """Mean distance between the places of two states on their attractors, as a share of that between the states at the
        start: what is left of their difference for ever, if they settle."""
        return mean_gap(self.places) / mean_gap(starts)


def find_attractors(step: Map, ends: np.ndarray, scale: float) -> Census:
    """Where a map leads.

    One state of each cluster of ends is followed until it moves no more, or for 4,096 steps, brought to the stable fixed point
    beside it by Newton's method, if there is one, and followed for 64 steps else, to tell cycles from what has not settled.

    Args:
        step: The map.
        ends: States after many steps, `(n, state)`.
        scale: Root mean square norm of states, the measure of closeness.
    """
    near = _SAME * scale
    cluster = _cluster(ends, near)
    states = _come_to_rest(step, ends[np.unique(cluster, return_index=True)[1]], _AT_REST * scale)
    found: list[Attractor] = []
    goes_to = []
    for state in states:
        attractor = _settle(step, state[None], near)
        known = [index for index, other in enumerate(found) if _are_one(attractor, other, near)]
        goes_to.append(known[0] if known else len(found))
        found += [] if known else [attractor]
    ends_in = np.array(goes_to)[cluster]
    return Census(tuple(found), ends_in, np.stack([_place(found[i], end) for i, end in zip(ends_in, ends)]))


def _place(attractor: Attractor, end: np.ndarray) -> np.ndarray:
    """The state of an orbit that is next to an end; one place where there is no orbit to speak of."""
    if not attractor.is_settled:
        return attractor.orbit.mean(axis=0)
    return attractor.orbit[np.linalg.norm(attractor.orbit - end, axis=1).argmin()]


def _cluster(states: np.ndarray, near: float) -> np.ndarray:
    """Number of the chain of near neighbours that each state belongs to, `(n,)` from 0."""
    from scipy.cluster.hierarchy import fcluster, linkage  # takes a second to import

    if len(states) == 1:
        return np.zeros(1, int)
    return fcluster(linkage(states, "single"), near, "distance") - 1


def _come_to_rest(step: Map, states: np.ndarray, at_rest: float) -> np.ndarray:
    for _ in range(_LOOKS_FOR_REST):
        after = step(states)
        if np.linalg.norm(after - states, axis=1).max() <= at_rest:
            break
        states = follow(step, after, np.array([_PATIENCE // _LOOKS_FOR_REST]))[0]
    return states


def _are_one(attractor: Attractor, other: Attractor, near: float) -> bool:
    if attractor.is_settled and other.is_settled:
        return bool(np.linalg.norm(other.orbit - attractor.orbit[0], axis=1).min() <= 2 * near)
    return attractor.is_settled == other.is_settled


def _settle(step: Map, state: np.ndarray, near: float) -> Attractor:
    """The attractor beside a state `(1, state)`."""
    point = _fixed_point(step, state)
    if np.linalg.norm(point - state) <= 10 * near:
        rates = _rates(step, point)
        if rates[0] < 1:
            return Attractor(point, rates, True)
    orbit = follow(step, state, np.arange(_ORBIT + 1))[:, 0]
    back = np.linalg.norm(orbit[1:] - orbit[0], axis=1) <= near
    period = int(np.argmax(back)) + 1 if back.any() else _ORBIT
    if back.any() and period > 1:
        return Attractor(orbit[:period], _rates(step, orbit[:period]), True)
    # What hardly moves in a step is slow, not back.
    return Attractor(orbit[:-1], np.array([_growth(step, state)]), False)


def _fixed_point(step: Map, state: np.ndarray) -> np.ndarray:
    for _ in range(_NEWTON_STEPS):
        slope = np.eye(state.shape[1]) - jacobian(step, state)[0]
        state = state + np.linalg.lstsq(slope, (step(state) - state)[0], rcond=1e-12)[0]
        if not np.isfinite(state).all():
            return np.full_like(state, np.inf)
    return state


def _rates(step: Map, orbit: np.ndarray) -> np.ndarray:
    """Absolute eigenvalues of going round once, a step."""
    whole = np.eye(orbit.shape[1])
    for slope in jacobian(step, orbit):
        whole = slope @ whole
    return np.sort(np.abs(np.linalg.eigvals(whole)))[::-1] ** (1 / len(orbit))


def _growth(step: Map, state: np.ndarray) -> float:
    """Factor a step by which a small difference grows in the long run (Benettin et al. 1980)."""
    nudge = np.full(state.shape, 1 / np.sqrt(state.size))
    logarithms = np.zeros(_STEPS_OF_GROWTH)
    for index in range(_STEPS_OF_GROWTH):
        after = step(state + 1j * _TINY * nudge)
        state, nudge = after.real, after.imag / _TINY
        length = max(np.linalg.norm(nudge), _TINY)
        logarithms[index], nudge = np.log(length), nudge / length
    return float(np.exp(logarithms[_STEPS_OF_GROWTH // 4 :].mean()))


def predicted_half_life(rate: float, latched: float = 0.0) -> float:
    """Steps until the difference of two states has halved, if it falls as `latched + (1 - latched) * rate ** steps`.

    >>> round(predicted_half_life(0.953), 1)
    14.4
    """
    if latched >= 0.5 or rate >= 1:
        return float("inf")
    return float(np.log((0.5 - latched) / (1 - latched)) / np.log(max(rate, 1e-12)))


def measured_half_life(counts: np.ndarray, left: np.ndarray) -> float:
    """Steps after which the share left first falls to a half, between counts along a straight line of its logarithm.

    Args:
        counts: Numbers of steps, rising from 0.
        left: What is left after each, 1 at the start.

    Returns:
        Steps; infinite where half is left after the last count, not a number where there was nothing to lose.

    >>> counts = np.array([0, 4, 16])
    >>> round(measured_half_life(counts, 0.9**counts), 2)
    6.58
    """
    left = np.asarray(left, dtype=float)
    if not np.isfinite(left).all():
        return float("nan")
    below = np.flatnonzero(left <= 0.5)
    if not len(below):
        return float("inf")
    after = below[0]
    high, low = np.log(left[after - 1]), np.log(max(left[after], 1e-12))
    return float(counts[after - 1] + (counts[after] - counts[after - 1]) * (high - np.log(0.5)) / (high - low))


def separations(trajectory: np.ndarray) -> np.ndarray:
    """Mean distance between the states of different sequences after each count, as a share of the first, `(count,)`.

    Args:
        trajectory: `(count, n, unit)`.
    """
    gaps = np.array([mean_gap(states) for states in trajectory])
    return gaps / gaps[0] if gaps[0] > 0 else np.full(len(gaps), np.nan)


def mean_gap(states: np.ndarray) -> float:
    """Mean distance of all pairs of rows `(n, unit)`."""
    from scipy.spatial.distance import pdist

    return float(pdist(states).mean())
