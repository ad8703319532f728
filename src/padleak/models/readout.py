"""From the states at every step to one vector: what the downstream layers see."""

from typing import TYPE_CHECKING

from padleak.models.backend import keras
from padleak.models.masking import Stream
from padleak.registry import Registry

if TYPE_CHECKING:
    from keras import KerasTensor

readouts = Registry("readout", package="padleak.models")
"""Functions `Stream -> (batch, unit)`. Facts: `every_step` (keeps the time axis), `fixed_length` (needs one length),
`last_step` (what counts is the state at the last step)."""


@readouts.add(last_step=True)
def last(stream: Stream) -> "KerasTensor":
    """The state after the whole sequence; of layers without a memory, the one at the last step."""
    return stream.values[:, -1] if stream.final is None else stream.final


@readouts.add
def first(stream: Stream) -> "KerasTensor":
    """The state at the first step of the row, as a token that stands for the whole has it."""
    return stream.values[:, 0]


@readouts.add
def mean(stream: Stream) -> "KerasTensor":
    """Mean over the steps (of the real ones, where a mask arrives)."""
    return stream.call(keras.layers.GlobalAveragePooling1D(name="mean"), stream.values)


@readouts.add(name="max")
def max_(stream: Stream) -> "KerasTensor":
    """Largest value of each unit over the steps; Keras's layer takes no mask."""
    return stream.call(keras.layers.GlobalMaxPooling1D(name="max"), stream.values)


@readouts.add(fixed_length=True)
def flatten(stream: Stream) -> "KerasTensor":
    """All steps side by side; Keras's layer drops the mask."""
    return keras.layers.Flatten(name="flatten")(stream.values)


@readouts.add
def attention(stream: Stream) -> "KerasTensor":
    """Additive attention without a query: steps weighted by their own keys (after Bahdanau et al. 2014, arXiv:1409.0473).

    Keras's layer takes a mask. Its scale is left out: it is drawn without a seed.
    """
    values = stream.values
    keys = keras.layers.Dense(values.shape[-1], name="attention_keys")(values)
    query = keras.ops.zeros_like(keys[:, :1])
    layer = keras.layers.AdditiveAttention(use_scale=False, name="attention")
    mask = None if stream.mask is None else [None, stream.mask, stream.mask]
    pooled = layer([query, values, keys]) if mask is None else layer([query, values, keys], mask=mask)
    return pooled[:, 0]


@readouts.add
def stacked(stream: Stream) -> "KerasTensor":
    """The state after the whole sequence through one rectified Dense layer more."""
    seen = last(stream)
    return keras.layers.Dense(seen.shape[-1], activation="relu", name="stacked")(seen)


@readouts.add(every_step=True, last_step=True)
def every(stream: Stream) -> "KerasTensor":
    """Every step keeps its state and answers for itself; the answer at the last real step counts."""
    return stream.values
