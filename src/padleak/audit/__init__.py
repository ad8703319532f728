"""The auditor: does padding leak into a model, where, how much, and how to mend it."""

from collections.abc import Callable
from dataclasses import replace
from os import PathLike
from typing import Any

import numpy as np

from padleak.arguments import check_kind, check_name, check_whole
from padleak.audit.batch import feed_of_batch
from padleak.audit.checks import check
from padleak.audit.checks.case import Case
from padleak.audit.diagnosis import Finding, diagnose
from padleak.audit.feed import LONGEST_FILL, MOST_FILL
from padleak.audit.made_up import feed_of_model
from padleak.audit.model import draw_weights, left_as_it_was, opened_in_time, precision_of, trace_of
from padleak.audit.probe import examine
from padleak.audit.report import AuditReport
from padleak.audit.trace import Trace
from padleak.errors import InputError
from padleak.models import backend
from padleak.models.backend import keras

__all__ = ["AuditReport", "Finding", "audit", "audit_callable"]

SIDES = {"both": ("post", "pre"), "post": ("post",), "pre": ("pre",)}


def audit(
    model: Any,
    inputs: Any = None,
    pad_value: float | None = None,
    side: str = "both",
    time_axis: int | None = None,
    seed: int = 0,
    trusted: bool = True,
    fill: int = MOST_FILL,
) -> AuditReport:
    """Show a model the same sequences with and without fill, and say what differs, where it got in, and how to mend it.

    The model is run with its weights and with drawn ones, in inference and, where it keeps statistics, in training; it is left
    as it was.

    Args:
        model: A Keras 3 model; of any kind.
        inputs: A batch as the model takes it, padded or not, or rows of unequal lengths; made up from the model's signature if
            not given.
        pad_value: What fill holds. If not given: what lies under a mask among the inputs, what rows end or begin with and hold
            nowhere else, what the model's first `Masking` masks, or 0.
        side: Where fill goes: `post`, `pre` or `both`.
        time_axis: Axis of time in inputs; where the model leaves an axis open, or 1, if not given.
        seed: Of made-up inputs and drawn weights.
        fill: Steps of fill at most; one step is tried, too. Where the model insists on a length, that decides.
        trusted: False for a stranger's model: what saving loses is then told without running code that its configuration holds.

    Raises:
        InputError: Something that is no Keras model, inputs without a time axis, or none where the model does not say what it
            takes.
    """
    backend.start()
    if not isinstance(model, keras.Model):
        is_path = isinstance(model, str | PathLike)
        cure = "Load it: keras.models.load_model(path)." if is_path else "For other functions, use audit_callable."
        raise InputError("model", "a Keras 3 model", type(model).__name__, cure)
    check_side(side)
    check_whole("seed", seed, 0)
    check_whole("fill", fill, 2, LONGEST_FILL)
    feed = replace(feed_of_model(model, inputs, pad_value, time_axis, seed), fill=fill)
    original = model
    if feed.fixed is not None and (opened := opened_in_time(model, feed)) is not None:
        model, feed = opened, replace(feed, fixed=None)
    if feed.fixed is not None and side == "post":
        raise InputError(
            "side", "`both` or `pre` for a model that insists on a length", side,
            "Fill at the end is what others are held against there, since the model cannot be run without.",
        )  # fmt: skip
    sides, precision = SIDES[side], precision_of(model)

    run = trace_of(model)
    with left_as_it_was(model):
        given = examine(run, feed, sides, precision, seed)
        others = list(check(Case(model, original, feed, sides, run, given, seed, trusted)))
        # A model that was not built before is now.
        with left_as_it_was(model):
            draw_weights(model, seed)
            drawn = examine(run, feed, sides, precision, seed, "drawn")
    return AuditReport(
        original.name, feed.pad_value, (*diagnose([given, drawn]), *others), (given, drawn), _note(original, time_axis)
    )


def audit_callable(
    function: Callable[[Any], Any],
    inputs: Any,
    pad_value: float | None = None,
    side: str = "both",
    time_axis: int = 1,
    fill: int = MOST_FILL,
) -> AuditReport:
    """The empirical half, for anything that maps a batch to an array: PyTorch, Hugging Face, ONNX, a service.

    Args:
        function: From a batch as `inputs` is one, of any length, to an array, a list or a dict of arrays, of numpy or what
            numpy understands.
        inputs: A batch, padded or not: an array, or a list or dict of arrays; a mask is known by its name or by being boolean.
        pad_value: What fill holds; looked for in the batch if not given, else 0.
        side: Where fill goes: `post`, `pre` or `both`.
        time_axis: Axis of time in inputs.
        fill: Steps of fill at most; one step is tried, too.

    Raises:
        InputError: Inputs without a time axis, or a function that fails on them.
    """
    check_kind("function", function, Callable, "a function of a batch")
    check_side(side)
    name = getattr(function, "__name__", type(function).__name__)

    def run(batch: Any) -> Trace:
        parts = list(batch.values()) if isinstance(batch, dict) else batch if isinstance(batch, list) else [batch]
        return Trace.of_outputs(name, _numbers_by_row(function(batch), len(parts[0])))

    check_whole("fill", fill, 2, LONGEST_FILL)
    feed = replace(feed_of_batch(inputs, pad_value, time_axis), fill=fill)
    examination = examine(run, feed, SIDES[side], "float32")
    return AuditReport(name, feed.pad_value, tuple(diagnose([examination])), (examination,))


def _note(model: Any, time_axis: int | None) -> str:
    """Axes that may be time, too."""
    shapes = [tuple(tensor.shape) for tensor in getattr(model, "inputs", None) or []]
    others = sorted(
        {axis for shape in shapes for axis in range(2, len(shape)) if shape[1] is None and shape[axis] is None}
    )
    if time_axis is not None or not others:
        return ""
    return f"along axis 1 alone (for fill along the other, which is open, too: time_axis={others[0]})"


def check_side(side: str) -> None:
    """Raises an `InputError` for what is none of `SIDES`."""
    check_name("side", side, SIDES)


def _numbers_by_row(result: Any, rows: int) -> list[np.ndarray]:
    """What a function gave, as arrays of numbers, one row for each of the batch."""
    parts = list(result.values()) if isinstance(result, dict) else result
    if not isinstance(parts, list | tuple) or all(np.ndim(part) == 0 for part in parts):
        parts = [parts]
    arrays = [np.asarray(part) for part in parts]
    for array in arrays:
        if array.dtype.kind not in "iufb" or array.ndim < 1 or len(array) != rows:
            given = f"{array.dtype} of shape {array.shape}"
            raise InputError("function", f"one that gives numbers, a row for each of the {rows} of the batch", given)
    return [array.astype(float) for array in arrays]
