"""Do labels at fill steps count, in loss and metrics of a model that answers at every step?

A model that was compiled with weighted metrics is taken to get the mask as sample weights in `fit`.
"""

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from padleak.audit.checks.case import Case
from padleak.audit.diagnosis import Finding, make_finding, where_lost
from padleak.audit.feed import Condition, View
from padleak.audit.trace import Call, Tensor
from padleak.models.backend import keras

_CODES = {"loss": "LOSS_COUNTS_FILL", "metrics": "METRIC_COUNTS_FILL"}


def findings(case: Case) -> Iterator[Finding]:
    """What of them changes with the labels at fill steps; and whether zero weights of those still thin the loss out."""
    compiled, feed = case.original, case.feed
    if not getattr(compiled, "compiled", False):
        return
    inputs, view = feed.lay(Condition("post", feed.counts[-1]))
    answers = case.run(inputs).calls[0].outputs
    if len(answers) != 1 or not case.has_time[0] or answers[0].value.shape[1] != view.width:
        return
    answer = answers[0]
    weights = (
        np.broadcast_to(view.truth, (view.height, view.width)).astype("float32") if _is_weighted(compiled) else None
    )
    share = float(1 - view.truth.mean())
    for name, compute in (("loss", _loss), ("metrics", _metrics)):
        if name == "loss" and _ignores_a_class(compiled):
            continue
        first, other = (_try(compute, compiled, answer, view, is_other, weights) for is_other in (False, True))
        changed = [key for key in first if key in other and not np.isclose(first[key], other[key], rtol=1e-5)]
        if changed:
            yield make_finding(_CODES[name], _to_blame(case, answer), share, "warning", ", ".join(changed))
    if weights is not None and feed.fixed is None:
        home, unfilled = case.given.home, case.given.reference.calls[0].outputs[0]
        whole = _try(_loss, compiled, unfilled, home, False, np.ones((home.height, home.width), "float32"))
        thin = _try(_loss, compiled, answer, view, False, weights)
        if whole and thin and thin["loss"] < 0.99 * whole["loss"]:
            yield make_finding("LOSS_THINNED_BY_FILL", case.itself, 1 - thin["loss"] / whole["loss"], "warning")


def _to_blame(case: Case, answer: Tensor) -> Call:
    """The layer that lost the mask on the way to the answer; the model where it has one, or never had."""
    if answer.mask is not None or answer.source is None:
        return case.itself
    calls = case.given.reference.calls
    last = calls[answer.source]
    code, lost = ("MASK_LOST", last) if last.mask_in is not None else where_lost(calls, answer.source)
    return case.itself if code == "NO_MASK" else lost


def _is_weighted(model: Any) -> bool:
    metrics = getattr(model, "_compile_metrics", None)  # Keras has no public way to it
    return getattr(metrics, "_user_weighted_metrics", None) is not None


def _ignores_a_class(model: Any) -> bool:
    """Whether the loss leaves out a label, which is what fill has then."""
    return any(getattr(loss, "ignore_class", None) is not None for loss in keras.tree.flatten(model.loss))


def _try(
    compute: Callable, model: Any, answer: Tensor, view: View, is_other: bool, weights: np.ndarray | None
) -> dict[str, float]:
    """Numbers by name, with labels at fill steps one way or the other; none where labels do not fit."""
    shape = answer.value.shape
    has_classes = len(shape) == 3 and shape[2] > 1
    shares = _drawn(shape, view, seed=0)
    shares = shares / shares.sum(axis=-1, keepdims=True) if has_classes else shares
    fill = ~view.truth & is_other
    numbers = _drawn(shape, view, seed=1).round()
    numbers[:, fill] = 1 - numbers[:, fill]
    forms = [numbers.astype("float32")]
    if has_classes:
        classes = (_drawn(shape[:2], view, seed=2) * shape[2]).astype("int32")
        classes[:, fill] = (classes[:, fill] + 1) % shape[2]
        forms.insert(0, classes)
    drawn = _with_mask(shares, answer.mask)
    for labels in forms:
        try:
            return compute(model, keras.ops.convert_to_tensor(labels), drawn, weights)
        except Exception:  # wrong form of labels for this loss
            continue
    return {}


def _drawn(shape: tuple[int, ...], view: View, seed: int) -> np.ndarray:
    """Numbers between 0 and 1; at real steps the same whatever the fill."""
    generator = np.random.default_rng(seed)
    real = generator.uniform(0.05, 0.95, size=(shape[0], len(view.places), *shape[2:]))
    drawn = generator.uniform(0.05, 0.95, size=shape)
    drawn[:, view.places] = real
    return drawn


def _with_mask(values: np.ndarray, mask: np.ndarray | None) -> Any:
    """A tensor in place of the model's answer, which may be the same everywhere."""
    from keras.src.backend import set_keras_mask  # no public way to it

    tensor = keras.ops.convert_to_tensor(values, dtype="float32")
    if mask is not None:
        set_keras_mask(tensor, keras.ops.convert_to_tensor(mask))
    return tensor


def _loss(model: Any, labels: Any, answer: Any, weights: Any) -> dict[str, float]:
    return {"loss": float(keras.ops.convert_to_numpy(model.compute_loss(None, labels, answer, weights)))}


def _metrics(model: Any, labels: Any, answer: Any, weights: Any) -> dict[str, float]:
    model.reset_metrics()
    try:
        found = model.compute_metrics(None, labels, answer, weights)
        return {name: float(value) for name, value in found.items() if name != "loss"}
    finally:
        model.reset_metrics()
