"""The fill step of a recurrent network as a map of its state to itself: where it leads, how fast, and what it forgets.

Under constant input a trained recurrence is an autonomous map (Sussillo & Barak 2013). If all states reached from real
sequences end in one attractor, what they held is forgotten at the pace of the map's slowest mode there; if they end in several,
which one they end in is held for ever.
"""

from dataclasses import dataclass

import numpy as np

from padleak.measures.recurrence import Map

_TINY = 1e-30
"""Imaginary step of a derivative; any number so small gives all digits (Squire & Trapp 1998)."""

_NEWTON_STEPS = 20
_ORBIT = 64
"""Steps that an attractor is followed for, and so the longest period told from none."""

_SAME = 1e-3
"""Of the root mean square norm of states: what is nearer counts as one place."""

_AT_REST = 1e-10
"""Of the same: what moves less a step has come to rest."""

_STEPS_OF_GROWTH, _ROOM_FOR_TURNS = 1024, 5.0
"""Steps, and how far the logarithm of a difference comes and goes in turning."""

_PATIENCE, _LOOKS_FOR_REST = 4096, 16


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
        places: The state of its orbit that is next to where each state came to, `(n, state)`; of orbits that do not come back,
            not a number.
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
    if not attractor.is_settled:
        return np.full(len(end), np.nan)
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
    """Factor a step by which a small difference grows in the long run (Benettin et al. 1980); 1 where it cannot be told from
    that, since turning for ever neither shrinks nor grows it."""
    nudge = np.full(state.shape, 1 / np.sqrt(state.size))
    logarithms = np.zeros(_STEPS_OF_GROWTH)
    for index in range(_STEPS_OF_GROWTH):
        after = step(state + 1j * _TINY * nudge)
        state, nudge = after.real, after.imag / _TINY
        length = max(np.linalg.norm(nudge), _TINY)
        logarithms[index], nudge = np.log(length), nudge / length
    settled = logarithms[_STEPS_OF_GROWTH // 4 :]
    return 1.0 if abs(settled.sum()) < _ROOM_FOR_TURNS else float(np.exp(settled.mean()))


def predicted_half_life(rate: float, latched: float = 0.0) -> float:
    """Steps until the difference of two states has halved, if it falls as `latched + (1 - latched) * rate ** steps`.

    >>> round(predicted_half_life(0.953), 1)
    14.4
    """
    if latched >= 0.5 or rate >= 1:
        return float("inf")
    return float(np.log((0.5 - latched) / (1 - latched)) / np.log(max(rate, 1e-12)))


def what_stays(rate: float, latched: float, counts: np.ndarray) -> np.ndarray:
    """Share of a difference that is foretold to be left after each count: what attractors hold apart, the rest at a pace."""
    return latched + max(0.0, 1 - latched) * min(rate, 1.0) ** np.asarray(counts, dtype=float)


def measured_half_life(counts: np.ndarray, left: np.ndarray, decays: bool = True) -> float:
    """Steps after which the share left first falls to a half.

    Args:
        counts: Numbers of steps, rising from 0.
        left: What is left after each, 1 at the start.
        decays: Between counts along a straight line of its logarithm, which is right for what decays; else of the share itself.

    Returns:
        Steps; infinite where half is left after the last count, not a number where there was nothing to lose.

    >>> counts = np.array([0, 4, 16])
    >>> round(measured_half_life(counts, 0.9**counts), 2)
    6.58
    >>> measured_half_life(counts, np.array([1, 0.9, 0.1]), decays=False)
    10.0
    """
    left = np.asarray(left, dtype=float)
    if not np.isfinite(left).all():
        return float("nan")
    below = np.flatnonzero(left <= 0.5)
    if not len(below):
        return float("inf")
    after = below[0]
    high, half, low = left[after - 1], 0.5, left[after]
    if decays:
        high, half, low = np.log([high, half, max(low, 1e-12)])
    return float(counts[after - 1] + (counts[after] - counts[after - 1]) * (high - half) / (high - low))


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
