"""The layers that people put behind a padded input, one at a time, to see what each makes of fill.

To add one, decorate a function `values -> values`, `(batch, time, unit)` both, built of Keras's layers: masks travel as Keras
carries them. Facts beside the registration: `takes_ids` (it begins with ids `(batch, time)`, and may make the mask), `mixes`
(it looks across time, or at statistics of the batch, so that real steps may see fill).
"""

from typing import Any

from padleak.models.backend import keras
from padleak.registry import Registry

WORDS, UNITS = 40, 16
_HEADS, _GROUPS = 2, 4

blocks = Registry("block")


def _add_layer(name: str, mixes: bool = False, summary: str = "", **settings: Any) -> None:
    """A block of one layer of Keras."""

    def build(values: Any) -> Any:
        return getattr(keras.layers, name)(**settings)(values)

    build.__doc__ = summary
    blocks.add(build, name=name, mixes=mixes, takes_ids=False)


@blocks.add(name="Embedding", takes_ids=True, mixes=False)
def embedding(ids: Any, mask_zero: bool = False) -> Any:
    """Vectors of ids; that of the fill id is like any other."""
    return keras.layers.Embedding(WORDS, UNITS, mask_zero=mask_zero)(ids)


_add_layer("Dense", summary="A product and a bias.", units=UNITS)
_add_layer("BatchNormalization", mixes=True, summary="Minus the mean of the batch, over its spread.")
_add_layer("LayerNormalization", summary="Minus the mean of the step, over its spread; then scale and bias.")
_add_layer("RMSNormalization", summary="Over the root of the mean square of the step; then scale.")
_add_layer(
    "GroupNormalization",
    mixes=True,
    summary="Mean and spread of groups of units, over all steps of the row.",
    groups=_GROUPS,
)
_add_layer("Dropout", summary="Nothing, in inference.", rate=0.2)
_add_layer(
    "Conv1D",
    mixes=True,
    summary="A product over three steps, and a bias.",
    filters=UNITS,
    kernel_size=3,
    padding="same",
)
_add_layer("AveragePooling1D", mixes=True, summary="The mean of two steps.", pool_size=2, strides=1, padding="same")
_add_layer("SimpleRNN", mixes=True, summary="One gate-less state, step by step.", units=UNITS, return_sequences=True)
_add_layer("GRU", mixes=True, summary="A gated state, step by step.", units=UNITS, return_sequences=True)
_add_layer("LSTM", mixes=True, summary="A gated state and a memory, step by step.", units=UNITS, return_sequences=True)


@blocks.add(name="Bidirectional", mixes=True, takes_ids=False)
def bidirectional(values: Any) -> Any:
    """An LSTM from either end."""
    return keras.layers.Bidirectional(keras.layers.LSTM(UNITS // 2, return_sequences=True))(values)


@blocks.add(name="MultiHeadAttention", mixes=True, takes_ids=False)
def attention(values: Any) -> Any:
    """Every step looks at every other."""
    return keras.layers.MultiHeadAttention(_HEADS, UNITS // _HEADS)(values, values)


@blocks.add(name="feed-forward", mixes=False, takes_ids=False)
def feed_forward(values: Any) -> Any:
    """Two Dense layers, the first with ReLU, as behind attention."""
    return keras.layers.Dense(UNITS)(keras.layers.Dense(2 * UNITS, activation="relu")(values))


@blocks.add(name="residual", mixes=True, takes_ids=False)
def residual(values: Any) -> Any:
    """Pre-norm attention and the sum with what went in."""
    normed = keras.layers.LayerNormalization()(values)
    return keras.layers.Add()([values, keras.layers.MultiHeadAttention(_HEADS, UNITS // _HEADS)(normed, normed)])
