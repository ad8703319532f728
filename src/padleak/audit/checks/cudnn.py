"""Would the model run on a GPU with fill as it is? cuDNN takes a mask only if it is right-padded and leaves no row empty."""

from collections.abc import Iterator
from typing import Any

from padleak.audit.checks.case import Case
from padleak.audit.diagnosis import Finding, make_finding
from padleak.models import backend
from padleak.models.backend import keras

_KINDS = "LSTM", "GRU"


def findings(case: Case) -> Iterator[Finding]:
    """Layers that cuDNN would run, with a mask that it does not take; where fill in front was asked for or is in the batch."""
    in_front = case.sides == ("pre",) or "pre" in case.feed.sides_seen
    if backend.name() != "tensorflow" or not (in_front or case.feed.had_empty_row):
        return
    what = "fill in front" if in_front else "rows that are all fill"
    for call in case.given.leaks[0].trace.calls:
        if call.mask_in is not None and any(_is_for_cudnn(layer) for layer in _within(call.layer)):
            yield make_finding("CUDNN_NEEDS_RIGHT_PADDING", call, 0.0, "warning", what)
            return


def _within(layer: Any) -> list[Any]:
    """A recurrent layer, or the two of a bidirectional one."""
    if isinstance(layer, keras.layers.Bidirectional):
        return [layer.forward_layer, layer.backward_layer]
    return [layer]


def _is_for_cudnn(layer: Any) -> bool:
    """Keras's conditions, but for the GPU (`LSTM`, section on cuDNN in its documentation)."""
    if type(layer).__name__ not in _KINDS or layer.use_cudnn not in ("auto", True):
        return False
    return (
        layer.activation is keras.activations.tanh
        and layer.recurrent_activation is keras.activations.sigmoid
        and not layer.recurrent_dropout
        and not layer.unroll
        and layer.use_bias
        and getattr(layer, "reset_after", True)
    )
