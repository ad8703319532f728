"""How much of the fill comes through, at every call of a layer and at the outputs of the model.

The same sequences go through the same weights with and without fill. What differs at real steps is leakage, told as a share of
what exchanging one real step does at the same place; what a batch of another size does by rounding is the measure of nothing.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from padleak.audit.feed import Condition, Feed, View
from padleak.audit.trace import Call, Tensor, Trace
from padleak.errors import InputError

_LEAST = 1e-4
_ROUNDINGS = 8
_TIMES_NOISE = 30
AS_GIVEN = "as given"
ROUNDS_OTHERWISE = 0.01
"""A batch of one goes through other routines, which round otherwise than those that the tolerance is measured with."""
EPSILON = {"bfloat16": 2.0**-7, "float16": 2.0**-10, "float32": 2.0**-23, "float64": 2.0**-52}
"""Relative rounding by number type, the least exact first."""
_CURE_OF_FAILURE = "Give inputs as it takes them, with ids and values that occur."

Run = Callable[[Any], Trace]
"""From a batch to the trace of a run."""


@dataclass(frozen=True, eq=False)
class Leaks:
    """What fill does under one condition, in shares of what one exchanged step does.

    Attributes:
        condition: The way to fill; None for a sequence alone in its batch, without fill.
        trace: The run.
        view: Where the sequences are in it.
        into: By call, the largest leak of its inputs.
        out_of: By call, the largest leak of its outputs.
        outputs: The largest leak of the model's outputs.
    """

    condition: Condition | None
    trace: Trace
    view: View
    into: list[float]
    out_of: list[float]
    outputs: float


@dataclass(frozen=True, eq=False)
class Examination:
    """All conditions, with one set of weights.

    Attributes:
        weights: `as given` or `drawn`.
        reference: The run without fill.
        home: Where the sequences are in it.
        leaks: One for each condition.
        controls: Fill on a side that was not asked for, to tell what hangs on the side.
        alone: What differs where a sequence has its batch for itself, or the batch holds all of them twice, whichever is more;
            None for what insists on a number of rows.
        tolerance: Leaks up to it are rounding.
    """

    weights: str
    reference: Trace
    home: View
    leaks: tuple[Leaks, ...]
    controls: tuple[Leaks, ...]
    alone: Leaks | None
    tolerance: float


def examine(
    run: Run, feed: Feed, sides: tuple[str, ...], precision: str, seed: int = 0, weights: str = AS_GIVEN
) -> Examination:
    """Run something without fill, with one step exchanged, in batches of other sizes, and under every condition.

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
    inputs, home = feed.lay()
    reference = _attempt(run, inputs, "without fill")
    if weights == AS_GIVEN:
        _check_numbers(reference)
    changed = _attempt(run, feed.exchanged().lay()[0], "without fill")
    asked, leaks, controls = feed.conditions(sides), [], []
    for condition in (*asked, *feed.controls(sides)):
        inputs, view = feed.lay(condition, seed)
        # Something may insist on a number of rows.
        is_optional = condition.beside_longer or condition not in asked
        filled = _attempt(run, inputs, f"filled {condition.name}", is_optional)
        if filled is not None:
            to = leaks if condition in asked else controls
            to.append(_compare(condition, reference, changed, filled, view, home))
    every = list(range(feed.height))
    again, twice, alone = (_with_rows(run, feed, rows, reference, changed, home) for rows in (every, every * 2, [0]))
    others = [one for one in (alone, twice) if one is not None]
    alone = max(others, key=lambda one: _finite(one.outputs), default=None)
    if alone is not None and alone.outputs > ROUNDS_OTHERWISE:
        # Where rows hang on one another, what longer ones beside do is not the fill's.
        leaks = [one for one in leaks if not one.condition.beside_longer]
    # What rows make of one another is no noise; what the same batch gives a second time is, and so is rounding.
    # Drawn weights may make a chaos of rounding, which is no more than that.
    is_rounding = twice is not None and (twice.outputs <= ROUNDS_OTHERWISE or weights != AS_GIVEN)
    noise = max(_finite(again.outputs) if again else 0.0, _finite(twice.outputs) if is_rounding else 0.0)
    tolerance = max(_LEAST, _ROUNDINGS * EPSILON[precision], _TIMES_NOISE * noise)
    return Examination(weights, reference, home, tuple(leaks), tuple(controls), alone, tolerance)


def _check_numbers(reference: Trace) -> None:
    """Raises an `InputError` where a model gives what is no number without any fill: nothing could be told of it."""
    for tensor in reference.calls[0].outputs:
        if tensor.value.dtype.kind == "f" and np.isnan(tensor.value).any():
            inner = next((call.path for call in reference.calls[1:] if call.is_leaf and _gives_nan(call)), "")
            raise InputError(
                "model", "one that gives numbers where nothing is filled",
                f"nan in {np.isnan(tensor.value).mean():.0%} of its output" + (f", first behind {inner}" if inner else ""),
                "Look for weights that are nan, a division by zero, or numbers too large for float16.",
            )  # fmt: skip


def _gives_nan(call: Call) -> bool:
    return any(tensor.value.dtype.kind == "f" and np.isnan(tensor.value).any() for tensor in call.outputs)


def _with_rows(run: Run, feed: Feed, rows: list[int], reference: Trace, changed: Trace, home: View) -> Leaks | None:
    """What differs in a batch of other rows, without fill; the first of them are the same as in the reference."""
    inputs, view = feed.of_rows(rows).lay()
    trace = _attempt(run, inputs, "of another size", is_optional=True)
    if trace is None:
        return None
    first = np.arange(min(len(rows), feed.height))
    return _compare(None, reference, changed, trace, replace(view, rows=first), replace(home, rows=first))


def _attempt(run: Run, inputs: Any, name: str, is_optional: bool = False) -> Any:
    try:
        return run(inputs)
    except Exception as error:
        if is_optional:
            return None
        raise InputError("model", f"able to take a batch {name}", say_error(error), _CURE_OF_FAILURE) from error


def say_error(error: Exception) -> str:
    """The kind of an error and the line that says what went wrong; Keras puts where it did in front."""
    lines = [re.sub("\x1b[^m]*m", "", line).strip() for line in str(error).splitlines()]
    told = [line for line in lines if line and not line.startswith("Exception encountered when calling")]
    notes = getattr(error, "__notes__", [])
    return "; ".join([f"{type(error).__name__}: {(told or [''])[0].rstrip('.')}", *notes])


def _compare(
    condition: Condition | None, reference: Trace, changed: Trace, filled: Trace, view: View, home: View
) -> Leaks:
    lined_up = [call.path for call in reference.calls] == [call.path for call in filled.calls]
    calls = list(zip(reference.calls, changed.calls, filled.calls)) if lined_up else []
    into = [_largest(three, "inputs", home, view) for three in calls]
    out_of = [_largest(three, "outputs", home, view) for three in calls]
    models = reference.calls[0], changed.calls[0], filled.calls[0]
    return Leaks(condition, filled, view, into, out_of, _largest(models, "outputs", home, view, counts_labels=True))


def _largest(calls: tuple[Call, Call, Call], which: str, home: View, view: View, counts_labels: bool = False) -> float:
    """The largest leak of the tensors that three runs of a call have in the same place; of whole numbers where they count."""
    tensors: list[tuple[Tensor, ...]] = list(zip(*(getattr(call, which) for call in calls)))
    values = [[tensor.value.astype(float) if counts_labels else tensor.value for tensor in three] for three in tensors]
    found = [leak_of(*three, home, view) for three in values]
    return max((leak for leak in found if leak is not None), default=0.0)


def leak_of(reference: np.ndarray, changed: np.ndarray, filled: np.ndarray, home: View, view: View) -> float | None:
    """How far fill moves the values at real steps, as a share of how far one exchanged step moves them.

    Args:
        reference: Without fill, `(row, ...)`.
        changed: The same with one step exchanged.
        filled: With fill; axes that are as long as its batch is wide are time.
        home: Where the sequences are in the reference.
        view: Where they are with fill.

    Returns:
        Mean distance over mean distance; None where the shapes do not line up, for integers (ids, positions), and where there
        are no numbers even without fill.
    """
    if reference.dtype.kind in "iub" or reference.ndim != filled.ndim or not reference.ndim:
        return None
    here, moved, there = reference, changed, filled
    has_rows = (len(here), len(there)) == (home.height, view.height)
    if has_rows:
        here, moved, there = here[home.rows], moved[home.rows], there[view.rows]
    # What has no rows (positions, one for all) has time in front. Of batches of one width the last axis may be units.
    last = reference.ndim - (home.width == view.width)
    for axis in range(int(has_rows), last):
        if (here.shape[axis], there.shape[axis]) == (home.width, view.width):
            here, moved = (np.take(part, home.places, axis=axis) for part in (here, moved))
            there = np.take(there, view.places, axis=axis)
        elif here.shape[axis] > home.width or there.shape[axis] > view.width:
            if here.shape[axis] != there.shape[axis]:
                return None
        elif here.shape[axis] != there.shape[axis]:
            # Pooled or cut steps: as many as there were, from the side where the real ones are.
            shorter = min(here.shape[axis], there.shape[axis])
            start = 0 if view.places[0] == 0 else there.shape[axis] - shorter
            here, moved = (np.take(part, np.arange(shorter), axis=axis) for part in (here, moved))
            there = np.take(there, start + np.arange(shorter), axis=axis)
    if np.isnan(here).any():
        return None
    infinite = np.isinf(here)
    if (here[infinite] != there[infinite]).any():
        return float("inf")
    # What is infinite with fill and without does not move; a step that makes it so is no yardstick.
    here, there = (np.where(infinite, 0, part) for part in (here, there))
    moved = np.where(infinite | ~np.isfinite(moved), here, moved)
    distance, yardstick = _distance(here, there), _distance(here, moved)
    if not np.isfinite(distance):
        return float("inf")
    if yardstick <= 1e-12 * _distance(here, np.zeros_like(here)):
        yardstick = _distance(here, np.zeros_like(here))
    return distance / yardstick if yardstick > 0 else float(distance > 0)


def _finite(value: float) -> float:
    return value if np.isfinite(value) else 0.0


def _distance(a: np.ndarray, b: np.ndarray) -> float:
    return float(np.linalg.norm((a - b).reshape(len(a), -1), axis=1).mean())
