"""Traps where the mask is made: not at all, or another one."""

from typing import Any

from padleak.audit.catalogue.parts import classifier, embed, features, lstm, tokens
from padleak.audit.catalogue.trap import trap
from padleak.models.backend import keras


@trap("NO_MASK", "lstm", seen="keras#20898")
def no_mask_at_all(mended: bool) -> Any:
    """`Embedding` makes no mask unless it is told to, and every layer takes fill for words."""
    ids = tokens()
    return classifier(ids, lstm()(embed(ids, mask_zero=mended)))


@trap("NO_MASK", "lstm", seen="pytorch#517")
def backwards_without_a_mask(mended: bool) -> Any:
    """Read from its end, a row that is filled at the end begins with the fill."""
    ids = tokens()
    return classifier(ids, keras.layers.Bidirectional(lstm(), name="lstm")(embed(ids, mask_zero=mended)))


@trap("MASK_WRONG", "masking", seen="LSTM article (2025)")
def masking_behind_an_embedding(mended: bool) -> Any:
    """`Masking(0.)` compares vectors with zero; that of id 0 is not zero, so a right mask gives way to an empty one."""
    ids = tokens()
    x = embed(ids)
    if not mended:
        x = keras.layers.Masking(0.0, name="masking")(x)
    return classifier(ids, lstm()(x))


@trap("MASK_WRONG", "masking", seen="utae-paps#32")
def masking_behind_a_scaling(mended: bool) -> Any:
    """After a normalisation fill is the mask value no more."""
    x = inputs = features()
    scaling, masking = keras.layers.Rescaling(2.0, offset=1.0), keras.layers.Masking(0.0, name="masking")
    for layer in (masking, scaling) if mended else (scaling, masking):
        x = layer(x)
    return classifier(inputs, lstm()(x))


@trap("MASK_WRONG", "masking", pad_value=0.1)
def a_mask_value_that_is_rounded(mended: bool) -> Any:
    """`Masking` compares exactly: 0.1 is another number after a change of scale and back."""
    x = inputs = features()
    there, back = keras.layers.Rescaling(1 / 3, offset=1.0), keras.layers.Rescaling(3.0, offset=-3.0)
    masking = keras.layers.Masking(0.1, name="masking")
    for layer in (masking, there, back) if mended else (there, back, masking):
        x = layer(x)
    return classifier(inputs, lstm()(x))


@trap("MASK_WRONG", "masking", seen="keras#2819", pad_value=float("nan"), cured_value=-9.0)
def a_mask_value_that_is_no_number(mended: bool) -> Any:
    """NaN equals nothing, not even itself: `Masking(nan)` masks nothing, and everything becomes NaN."""
    inputs = features()
    return classifier(inputs, lstm()(keras.layers.Masking(-9.0 if mended else float("nan"), name="masking")(inputs)))


@trap("MASK_WRONG", "embedding", seen="keras-contrib#553", pad_value=1, cured_value=0)
def filled_with_another_id(mended: bool) -> Any:
    """`mask_zero=True` masks id 0 and no other; a tokenizer that fills with 1 goes unmasked. The cure is to fill with 0."""
    ids = tokens()
    return classifier(ids, lstm()(embed(ids)))


@trap("MASK_SHAPE", "masking", seen="keras#18104, keras#7695")
def masking_before_an_embedding(mended: bool) -> Any:
    """Of ids `(row, time)` `Masking` takes time for features, and makes one answer a row; `Embedding` drops it."""
    x = ids = tokens()
    if not mended:
        x = keras.layers.Masking(0, name="masking")(x)
    return classifier(ids, lstm()(embed(x, mask_zero=mended)))
