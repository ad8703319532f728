"""Traps in the data: real steps that look like fill, and rows with nothing else in them."""

from typing import Any

import numpy as np

from padleak.audit.catalogue.parts import UNITS, classifier, embed, features, is_real, lstm, mean, tokens
from padleak.audit.catalogue.trap import trap
from padleak.models.backend import keras


def words_from_zero(mended: bool) -> np.ndarray:
    """Ids that begin at 0, for which the vocabulary has a word; or at 1."""
    return np.array([[3, 0, 4, 1, 5], [2, 5, 1, 3, 4]]) + mended


@trap("REAL_STEP_HIDDEN", "embedding", leaks=False, batch=words_from_zero, seen="gensim#1900, keras#2062")
def a_word_with_the_id_of_fill(mended: bool) -> Any:
    """Where ids begin at 0, `mask_zero=True` hides a word wherever it stands."""
    ids = tokens()
    return classifier(ids, lstm()(embed(ids)))


def silent_sensors(mended: bool) -> np.ndarray:
    """Readings, of which one step is zero throughout, as when nothing happens."""
    values = np.random.default_rng(0).normal(size=(4, 8, 3)).astype("float32")
    values[1, 3] = 0
    return values


@trap("REAL_STEP_HIDDEN", "masking", leaks=False, batch=silent_sensors, cured_value=-9.0, seen="keras#85, wtte-rnn#16")
def a_step_that_is_zero(mended: bool) -> Any:
    """`Masking(0.)` hides real steps in which all features are zero. Fill with, and mask, what cannot occur."""
    inputs = features()
    return classifier(inputs, lstm()(keras.layers.Masking(-9.0 if mended else 0.0, name="masking")(inputs)))


def small_numbers(mended: bool) -> np.ndarray:
    """Prices, made level by `pad_sequences`, whose default is whole numbers."""
    rows = [[[0.4], [1.7], [0.3], [2.2], [1.1]], [[1.5], [0.2], [3.1], [0.7], [1.9], [2.4]]]
    kind = {"dtype": "float32"} if mended else {}
    return keras.utils.pad_sequences(rows, padding="post", **kind)


@trap(
    "REAL_STEP_HIDDEN",
    "masking",
    leaks=False,
    batch=small_numbers,
    seen="qiita.com/shinochin/items/59310516324c6cbf943c",
)
def cut_to_whole_numbers(mended: bool) -> Any:
    """`pad_sequences` makes whole numbers of what it gets unless told otherwise: 0.4 becomes 0, and is masked."""
    inputs = keras.Input((None, 1), name="prices")
    return classifier(inputs, lstm()(keras.layers.Masking(0.0, name="masking")(inputs)))


def with_an_empty_row(mended: bool) -> np.ndarray:
    """Ids, and a row without any."""
    return np.array([[3, 1, 4, 1, 5, 0], [9, 2, 6, 0, 0, 0], [0, 0, 0, 0, 0, 0]])


@trap("EMPTY_ROW", "mean", leaks=False, batch=with_an_empty_row, seen="keras#18152, transformers#38690")
def a_row_of_nothing_but_fill(mended: bool) -> Any:
    """The mean of no steps is no number, and one such row makes the loss of its whole batch none."""
    ids = tokens()
    x, mask = embed(ids), is_real(ids)
    if not mended:
        return classifier(ids, mean(x))
    weights = keras.ops.cast(mask, "float32")[..., None]
    return classifier(ids, keras.ops.sum(x * weights, axis=1) / keras.ops.maximum(keras.ops.sum(weights, axis=1), 1.0))


def rows_of_unequal_length(mended: bool) -> list[list[int]]:
    """Ragged rows; `padleak` makes them level, as `RaggedTensor.to_tensor` does."""
    return [[5, 6, 7], [4, 3, 2, 1, 9], [8, 7, 6, 5, 4, 3]]


@trap("NO_MASK", "gru", batch=rows_of_unequal_length, seen="keras#20073, tensorflow#62332")
def made_level_from_ragged_rows(mended: bool) -> Any:
    """Keras 3 has few layers for ragged tensors; made level, they are filled rows, and nothing says so."""
    ids = tokens()
    return classifier(ids, keras.layers.GRU(UNITS, name="gru")(embed(ids, mask_zero=mended)))
