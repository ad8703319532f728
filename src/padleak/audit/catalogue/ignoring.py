"""Traps at layers that get the right mask, or none would help: they mix fill in."""

from typing import Any

from padleak.audit.catalogue.parts import UNITS, classifier, embed, is_real, lstm, mean, tokens, zero_fill
from padleak.audit.catalogue.trap import trap
from padleak.models.backend import keras


@trap("MASK_IGNORED", "conv", seen="keras#12475, keras#16622")
def a_convolution(mended: bool) -> Any:
    """A convolution mixes real steps with the fill beside them, and hands no mask on."""
    ids = tokens()
    x, mask = embed(ids), is_real(ids)
    conv = keras.layers.Conv1D(UNITS, 3, padding="same", name="conv")
    return classifier(ids, mean(conv(zero_fill(x, mask)), mask) if mended else mean(conv(x)))


@trap("MASK_IGNORED", "flatten", seen="keras#4978, keras#13189", has_cure=False)
def flattened(mended: bool) -> Any:
    """`Flatten` gives every step a weight of its own, fill too; what moves in the row meets other weights."""
    ids = keras.Input((12,), dtype="int32", name="ids")
    return classifier(ids, keras.layers.Flatten(name="flatten")(embed(ids)))


@trap("MASK_IGNORED", "largest", seen="keras#3777")
def the_largest_over_time(mended: bool) -> Any:
    """`GlobalMaxPooling1D` takes no mask; a masked LSTM starts with zeros, which may be the largest."""
    ids = tokens()
    x = lstm(return_sequences=True)(embed(ids))
    if mended:
        x = keras.ops.where(is_real(ids)[..., None], x, -1e4)
    return classifier(ids, keras.layers.GlobalMaxPooling1D(name="largest")(x))


@trap("MASK_IGNORED", "mean", seen="sentence-transformers#230, transformers#8148")
def a_mean_by_arithmetic(mended: bool) -> Any:
    """`ops.mean` knows nothing of masks: the longer the row, the more fill in the mean."""
    ids = tokens()
    x = embed(ids)
    return classifier(ids, mean(x) if mended else keras.ops.mean(x, axis=1))


@trap("MASK_IGNORED", "pool", seen="tf-keras#585")
def pooled_over_neighbours(mended: bool) -> Any:
    """Pooling over windows mixes the last real step with fill, and hands no mask on."""
    ids = tokens()
    x, mask = embed(ids), is_real(ids)
    pool = keras.layers.AveragePooling1D(2, strides=1, padding="same", name="pool")
    if mended:
        x, weight = pool(zero_fill(x, mask)), pool(keras.ops.cast(mask, "float32")[..., None])
        return classifier(ids, lstm()(x / keras.ops.maximum(weight, 0.5), mask=mask))
    return classifier(ids, lstm()(pool(x)))


@trap("POSITIONS_SHIFT", "positions", seen="nnsight#672, keras-hub#571")
def positions_counted_from_the_row(mended: bool) -> Any:
    """Fill in front moves every word to another position."""
    ids = tokens()
    mask = is_real(ids)
    counted = keras.ops.cast(mask if mended else keras.ops.ones_like(mask), "int32")
    places = keras.ops.maximum(keras.ops.cumsum(counted, axis=1) - 1, 0)
    positions = keras.layers.Embedding(64, UNITS, name="positions")(places)
    return classifier(ids, mean(embed(ids, mask_zero=False) + positions, mask))


@trap("ROWS_MIXED", "first_rows_mask", seen="castor#176")
def the_mask_of_one_row_for_all(mended: bool) -> Any:
    """Lengths are taken from the first row of the batch: right as long as all are equal, as in most tests."""

    class FirstRowsMask(keras.Layer):
        def call(self, values: Any, mask: Any = None) -> Any:
            mask = mask if mended else keras.ops.logical_and(mask[:1], keras.ops.ones_like(mask))
            mask = keras.ops.cast(mask, values.dtype)
            return keras.ops.sum(values * mask[..., None], axis=1) / keras.ops.sum(mask, axis=1, keepdims=True)

    ids = tokens()
    return classifier(ids, FirstRowsMask(name="first_rows_mask")(embed(ids)))


@trap("STEP_READ_BY_PLACE", "last", seen="tensorflow#1830, practical-torchtext#5")
def the_last_step_of_the_row(mended: bool) -> Any:
    """The last step of the row is fill where fill is at the end; that of a bidirectional layer holds zeros there."""
    ids = tokens()
    x = keras.layers.Bidirectional(lstm(return_sequences=True))(embed(ids))
    if mended:
        last = keras.ops.argmax(keras.ops.cumsum(keras.ops.cast(is_real(ids), "int32"), axis=1), axis=1)
        return classifier(ids, keras.ops.take_along_axis(x, last[:, None, None], axis=1)[:, 0])
    return classifier(ids, keras.layers.Lambda(lambda states: states[:, -1], name="last")(x))


@trap("STEP_READ_BY_PLACE", "first", seen="sentence-transformers#3208, sentence-transformers#3767")
def the_first_step_of_the_row(mended: bool) -> Any:
    """A first step that stands for the whole, as BERT's does, is fill where fill is in front."""
    ids = tokens()
    x = embed(ids)
    x = keras.layers.MultiHeadAttention(2, 4)(x, x)
    if mended:
        first = keras.ops.argmax(keras.ops.cast(is_real(ids), "int32"), axis=1)
        return classifier(ids, keras.ops.take_along_axis(x, first[:, None, None], axis=1)[:, 0])
    return classifier(ids, keras.layers.Lambda(lambda states: states[:, 0], name="first")(x))
