"""How much of the fill comes through, at every call of a layer and at the outputs of the model.

The same sequences go through the same weights with and without fill. What differs at real steps is leakage, told as a share of
what exchanging one real step does at the same place; what a batch of another size does by rounding is the measure of nothing.
"""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from padleak.audit.feed import Feed
from padleak.audit.trace import Call, Tensor, Trace
from padleak.errors import InputError

_LEAST = 1e-4
_ROUNDINGS = 8
_TIMES_NOISE = 30
EPSILON = {"bfloat16": 2.0**-7, "float16": 2.0**-10, "float32": 2.0**-23, "float64": 2.0**-52}
"""Relative rounding by number type, the least exact first."""
_CURE_OF_FAILURE = "Give inputs as it takes them, with ids and values that occur."

Run = Callable[[Any], Trace]
"""From a batch to the trace of a run."""


@dataclass(frozen=True)
class Condition:
    """A way to fill: the side, and whether the fill holds what real steps could hold (`poison`)."""

    side: str
    poison: bool = False

    @property
    def name(self) -> str:
        """Short: `post`, `pre`, `post, other content`."""
        return self.side + (", other content" if self.poison else "")


@dataclass(frozen=True, eq=False)
class Leaks:
    """What fill does under one condition, in shares of what one exchanged step does.

    Attributes:
        condition: The way to fill.
        trace: The run with fill.
        places: Where the real steps are, `(step,)`.
        steps: Steps of a filled row.
        into: By call, the largest leak of its inputs.
        out_of: By call, the largest leak of its outputs.
        outputs: The largest leak of the model's outputs.
    """

    condition: Condition
    trace: Trace
    places: np.ndarray
    steps: int
    into: list[float]
    out_of: list[float]
    outputs: float

    @property
    def truth(self) -> np.ndarray:
        """Which steps are real, `(step,)`."""
        return np.isin(np.arange(self.steps), self.places)


@dataclass(frozen=True, eq=False)
class Examination:
    """All conditions, with one set of weights.

    Attributes:
        weights: `as given` or `drawn`.
        reference: The run without fill.
        leaks: One for each condition.
        tolerance: Leaks up to it are rounding.
    """

    weights: str
    reference: Trace
    leaks: tuple[Leaks, ...]
    tolerance: float


def examine(
    run: Run, feed: Feed, sides: tuple[str, ...], precision: str, seed: int = 0, weights: str = "as given"
) -> Examination:
    """Run something without fill, with one step exchanged, in a batch of another size, and under every condition.

    Args:
        run: From a batch to the trace of a run.
        feed: Sequences.
        sides: `post`, `pre` or both.
        precision: The least exact number type within.
        seed: Of the other content of fill.
        weights: What to call the weights.

    Raises:
        InputError: It fails on a batch that is filled, or not.
    """
    count = feed.fill
    plain = _Lay(feed, count, run)
    reference, changed = plain.run(None), _Lay(feed.exchanged(), count, run).run(None)
    try:
        again = _Lay(feed.rows(list(range(len(feed.parts[0].values))) * 2), count, run).run(None)
    except InputError:  # a model may insist on a number of rows
        again = plain.run(None)
    leaks = []
    for condition in _conditions(feed, sides):
        filled = plain.run(condition, np.random.default_rng(seed))
        _, places = feed.padded(condition.side, count)
        leaks.append(_compare(condition, reference, changed, filled, places, feed.steps + count, plain.home))
    noise = _compare(Condition("post"), reference, changed, again, plain.home, plain.width, plain.home)
    rounding = _ROUNDINGS * EPSILON[precision]
    return Examination(weights, reference, tuple(leaks), max(_LEAST, rounding, _TIMES_NOISE * _finite(noise.outputs)))


def _conditions(feed: Feed, sides: tuple[str, ...]) -> Iterator[Condition]:
    for side in sides:
        if feed.fixed is None or side != "post":
            yield Condition(side)
        if feed.has_mask_input:
            yield Condition(side, poison=True)


class _Lay:
    """Runs a feed: without fill, or with fill at the end where the model insists on a length."""

    def __init__(self, feed: Feed, count: int, run: Run):
        self._feed, self._count, self._run = feed, count, run
        self.home = np.arange(feed.steps)
        self.width = feed.steps if feed.fixed is None else feed.fixed

    def run(self, condition: Condition | None, generator: np.random.Generator | None = None) -> Trace:
        if condition is not None:
            inputs, _ = self._feed.padded(condition.side, self._count, generator if condition.poison else None)
        elif self._feed.fixed is None:
            inputs = self._feed.bare()
        else:
            inputs, _ = self._feed.padded("post", self._count)
        try:
            return self._run(inputs)
        except Exception as error:
            reason = say_error(error)
            name = "without fill" if condition is None else f"filled {condition.name}"
            raise InputError("model", f"able to take a batch {name}", reason, _CURE_OF_FAILURE) from error


def say_error(error: Exception) -> str:
    """The kind of an error and the line that says what went wrong; Keras puts where it did in front."""
    lines = [re.sub("\x1b[^m]*m", "", line).strip() for line in str(error).splitlines()]
    told = [line for line in lines if line and not line.startswith("Exception encountered when calling")]
    return f"{type(error).__name__}: {(told or [''])[0].rstrip('.')}"


def _compare(
    condition: Condition,
    reference: Trace,
    changed: Trace,
    filled: Trace,
    places: np.ndarray,
    steps: int,
    home: np.ndarray,
) -> Leaks:
    lined_up = [call.path for call in reference.calls] == [call.path for call in filled.calls]
    calls = list(zip(reference.calls, changed.calls, filled.calls)) if lined_up else []
    at = (places, steps, home)
    into = [_largest(three, "inputs", *at) for three in calls]
    out_of = [_largest(three, "outputs", *at) for three in calls]
    whole = out_of[0] if calls else _largest((reference.calls[0], changed.calls[0], filled.calls[0]), "outputs", *at)
    return Leaks(condition, filled, places, steps, into, out_of, whole)


def _largest(calls: tuple[Call, Call, Call], which: str, places: np.ndarray, steps: int, home: np.ndarray) -> float:
    """The largest leak of the tensors that three runs of a call have in the same place."""
    tensors: list[tuple[Tensor, ...]] = list(zip(*(getattr(call, which) for call in calls)))
    found = [leak_of(*(tensor.value for tensor in three), places, steps, home) for three in tensors]
    return max((leak for leak in found if leak is not None), default=0.0)


def leak_of(
    reference: np.ndarray, changed: np.ndarray, filled: np.ndarray, places: np.ndarray, steps: int, home: np.ndarray
) -> float | None:
    """How far fill moves the values at real steps, as a share of how far one exchanged step moves them.

    Args:
        reference: Without fill, `(row, ...)`.
        changed: The same with one step exchanged.
        filled: With fill; axes that are longer by the fill are time.
        places: Where the real steps are in it.
        steps: Its length.
        home: Where they are in the reference.

    Returns:
        Mean distance over mean distance; None where the shapes do not line up, or for integers (ids, positions).
    """
    if reference.dtype.kind in "iub" or reference.ndim != filled.ndim or not reference.ndim:
        return None
    here, moved, there = reference, changed, filled
    if len(filled) == 2 * len(reference):
        there = filled[: len(reference)]
    # What has no rows (positions, one for all) has time in front.
    for axis in range(int(len(reference) in (len(filled), len(filled) / 2)), reference.ndim):
        if there.shape[axis] == steps and here.shape[axis] in (len(home), steps) and here.shape[axis] >= len(home):
            here, moved = (np.take(part, home, axis=axis) for part in (here, moved))
            there = np.take(there, places, axis=axis)
        elif here.shape[axis] != there.shape[axis]:
            # Pooled or cut steps: as many as there were, from the side where the real ones are.
            shorter = min(here.shape[axis], there.shape[axis])
            start = 0 if places[0] == 0 else there.shape[axis] - shorter
            here, moved = (np.take(part, np.arange(shorter), axis=axis) for part in (here, moved))
            there = np.take(there, start + np.arange(shorter), axis=axis)
    distance, yardstick = _distance(here, there), _distance(here, moved)
    if not np.isfinite(distance):
        return float("inf")
    if yardstick <= 1e-12 * _distance(here, np.zeros_like(here)):
        yardstick = _distance(here, np.zeros_like(here))
    return distance / yardstick if yardstick > 0 else float(distance > 0)


def _distance(a: np.ndarray, b: np.ndarray) -> float:
    return float(np.linalg.norm((a - b).reshape(len(a), -1), axis=1).mean())


def _finite(value: float) -> float:
    return value if np.isfinite(value) else 0.0
