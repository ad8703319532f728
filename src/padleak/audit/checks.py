"""What comparing outputs does not show: real steps that a mask hides, batch statistics, empty rows, loss and metrics."""

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from padleak.audit.diagnosis import Finding, make_finding
from padleak.audit.feed import Feed
from padleak.audit.probe import Leaks
from padleak.audit.trace import Call, Trace, trace
from padleak.models.backend import keras


def check(model: Any, feed: Feed, reference: Trace, leaks: Leaks | None) -> Iterator[Finding]:
    """Findings beside the leaks.

    Args:
        model: A Keras model.
        feed: Its sequences.
        reference: A run without fill.
        leaks: A comparison with a run with fill; None where there is none.
    """
    yield from _hidden_steps(reference, feed)
    if leaks is not None:
        yield from _batch_statistics(leaks)
    if feed.had_empty_row:
        yield from _empty_rows(model, feed)
    if getattr(model, "compiled", False):
        yield from _loss_and_metrics(model, feed)


def _hidden_steps(reference: Trace, feed: Feed) -> Iterator[Finding]:
    """The first mask that calls a real step fill."""
    for call in reference.calls:
        mask = call.mask_out
        if call.is_leaf and mask is not None and mask.ndim == 2 and mask.shape[1] >= feed.steps:
            hidden = float(1 - mask[:, : feed.steps].mean())
            if hidden > 0:
                yield make_finding("REAL_STEP_HIDDEN", call, hidden, "warning")
                return


def _batch_statistics(leaks: Leaks) -> Iterator[Finding]:
    for call in leaks.trace.calls:
        has_time = call.inputs and call.inputs[0].value.ndim > 2 and call.inputs[0].value.shape[1] == leaks.steps
        if call.kind == "BatchNormalization" and has_time:
            mask = call.masks_given.get("mask")
            if mask is None or (mask != leaks.truth).any():
                share = float(1 - leaks.truth.mean())
                yield make_finding("FILL_IN_BATCH_STATISTICS", call, share, "warning")


def _empty_rows(model: Any, feed: Feed) -> Iterator[Finding]:
    """The first call that makes of a row that is all fill what is no number, where the others have numbers."""
    inputs, _ = feed.padded("post", feed.fill, empty_row=True)
    try:
        run = trace(model, inputs)
    except Exception:  # the model says itself that it takes none
        return
    for call in run.calls:
        for tensor in call.outputs:
            value = tensor.value
            if call.is_leaf and value.dtype.kind == "f" and value.ndim > 1 and len(value) > 1:
                finite = np.isfinite(value).reshape(len(value), -1).all(axis=1)
                if not finite[0] and finite[1:].all():
                    yield make_finding("EMPTY_ROW", call, float("inf"), "warning")
                    return


def _loss_and_metrics(model: Any, feed: Feed) -> Iterator[Finding]:
    """Whether labels at fill steps count, in a model that answers at every step."""
    count = feed.fill
    inputs, places = feed.padded("post", count)
    prediction = model(keras.tree.map_structure(keras.ops.convert_to_tensor, inputs))
    if not keras.ops.is_tensor(prediction) or len(prediction.shape) < 2 or prediction.shape[1] != feed.steps + count:
        return
    fill = np.setdiff1d(np.arange(feed.steps + count), places)
    call = Call(model.name, type(model).__name__, model, None, [])
    for code, compute in (("LOSS_COUNTS_FILL", _loss), ("METRIC_COUNTS_FILL", _metrics)):
        first, other = (_try(compute, model, prediction, fill, is_right) for is_right in (True, False))
        changed = [name for name in first if name in other and not np.isclose(first[name], other[name], rtol=1e-5)]
        if changed:
            yield make_finding(code, call, float(len(fill) / (feed.steps + count)), "warning", ", ".join(changed))


def _try(compute: Callable, model: Any, prediction: Any, fill: np.ndarray, is_right: bool) -> dict[str, float]:
    """Numbers by name, with labels at fill steps that the prediction gets right or not; none where labels do not fit."""
    answers = keras.ops.convert_to_numpy(prediction).astype(float)
    classes, numbers = np.zeros(answers.shape[:2], "int32"), np.zeros(answers.shape, "float32")
    if answers.ndim == 3:
        classes[:, fill] = (answers.argmax(axis=2) if is_right else answers.argmin(axis=2))[:, fill]
    numbers[:, fill] = answers.round()[:, fill] if is_right else 1 - answers.round()[:, fill]
    for labels in (classes, numbers):
        try:
            return compute(model, keras.ops.convert_to_tensor(labels), prediction)
        except Exception:  # wrong form of labels for this loss
            continue
    return {}


def _loss(model: Any, labels: Any, prediction: Any) -> dict[str, float]:
    return {"loss": float(keras.ops.convert_to_numpy(model.compute_loss(None, labels, prediction)))}


def _metrics(model: Any, labels: Any, prediction: Any) -> dict[str, float]:
    model.reset_metrics()
    try:
        return {
            name: float(value)
            for name, value in model.compute_metrics(None, labels, prediction).items()
            if name != "loss"
        }
    finally:
        model.reset_metrics()
