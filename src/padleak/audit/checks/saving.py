"""Is the model that is loaded the one that was saved?"""

import json
from collections.abc import Iterator
from typing import Any

import numpy as np

from padleak.audit.checks.case import Case
from padleak.audit.diagnosis import Finding, make_finding
from padleak.audit.model import trace_of
from padleak.audit.probe import leak_of
from padleak.audit.trace import Call, Trace
from padleak.models.backend import keras


def findings(case: Case) -> Iterator[Finding]:
    """The first call whose mask is another in the model made anew from its configuration, where its answers are others."""
    if case.is_stateful:
        return
    inputs, view = case.feed.lay(case.condition)
    again = _made_anew(case.model, case.trusted)
    try:
        after = None if again is None else trace_of(again)(inputs)
    except Exception:  # a model that cannot be loaded says so itself
        return
    if after is None:
        return
    before = case.filled.trace
    changed, _ = case.feed.exchanged().lay(case.condition)
    moved = case.run(changed)
    three = zip(before.calls[0].outputs, moved.calls[0].outputs, after.calls[0].outputs)
    leak = max((leak_of(a.value, b.value, c.value, view, view) or 0.0 for a, b, c in three), default=0.0)
    are_numbers = all(np.isfinite(tensor.value).all() for tensor in before.calls[0].outputs)
    if are_numbers and leak > case.given.tolerance:
        yield make_finding("SAVED_OTHERWISE", _first_other(before, after), leak, "warning")


def _made_anew(model: Any, trusted: bool) -> Any:
    """From what a `.keras` file holds, in memory; None where the model cannot be saved, or not loaded without trust."""
    own = {type(layer).__name__: type(layer) for layer in model._flatten_layers()}
    try:
        written = json.loads(json.dumps(keras.saving.serialize_keras_object(model)))
        again = keras.saving.deserialize_keras_object(written, custom_objects=own, safe_mode=not trusted)
        again.set_weights(model.get_weights())
    except Exception:  # Keras raises many kinds
        return None
    return again


def _first_other(before: Trace, after: Trace) -> Call:
    """The first call that gives a mask where it gave none, or none where it gave one; else the model."""
    has_mask = {call.layer.name: call.mask_out is not None for call in after.calls}
    for call in before.calls[1:]:
        if call.layer.name in has_mask and has_mask[call.layer.name] != (call.mask_out is not None):
            return call
    return before.calls[0]
