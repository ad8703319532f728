"""Traps in training, which leave the answers of the model alone: loss, metrics, statistics, gradients, saving, cuDNN."""

from typing import Any

import numpy as np

from padleak.audit.catalogue.parts import UNITS, WORDS, classifier, embed, is_real, lstm, mean, tokens
from padleak.audit.catalogue.trap import trap
from padleak.models.backend import keras

CROSSENTROPY = "sparse_categorical_crossentropy"


def tagger(ids: Any, values: Any, classes: int = 3) -> Any:
    """A model that answers at every step."""
    return keras.Model(
        ids,
        keras.layers.Dense(classes, activation="softmax" if classes > 1 else "sigmoid", name="tags")(values),
        name="tagger",
    )


@trap("LOSS_COUNTS_FILL", "multiply", leaks=False, seen="tensorflow#34491, keras#19311")
def a_loss_that_no_mask_reaches(mended: bool) -> Any:
    """Answers at real steps are right, but the mask is lost behind them, so that labels at fill steps are learnt."""
    ids = tokens()
    x = lstm(return_sequences=True)(embed(ids))
    model = tagger(ids, keras.layers.Rescaling(2.0)(x) if mended else 2.0 * x)
    model.compile("adam", CROSSENTROPY)
    return model


@trap("LOSS_COUNTS_FILL", "tagger", leaks=False, seen="keras#8342")
def a_loss_of_ones_own(mended: bool) -> Any:
    """Keras masks what a loss gives for each step; one that takes the mean itself leaves nothing to mask."""

    def squares(labels: Any, answers: Any) -> Any:
        return keras.ops.mean(keras.ops.square(labels - answers), axis=-1 if mended else None)

    ids = tokens()
    model = tagger(ids, lstm(return_sequences=True)(embed(ids)))
    model.compile("adam", squares)
    return model


@trap("LOSS_THINNED_BY_FILL", "tagger", leaks=False, seen="tensorflow#34305, tensorflow#26784")
def weights_that_leave_the_fill_in_the_mean(mended: bool) -> Any:
    """Weights of zero take fill out of the sum, not out of what it is divided by: the more fill, the smaller the loss."""
    ids = tokens()
    model = tagger(ids, lstm(return_sequences=True)(embed(ids)) * 1.0)
    reduction = "mean_with_sample_weight" if mended else "sum_over_batch_size"
    loss = keras.losses.SparseCategoricalCrossentropy(reduction=reduction)
    model.compile("adam", loss, weighted_metrics=["accuracy"])
    return model


def metric(name: str) -> Any:
    """A trap for a metric that takes weights, and no mask."""

    def build(mended: bool) -> Any:
        ids = tokens()
        model = tagger(ids, lstm(return_sequences=True)(embed(ids)), classes=1)
        found = [getattr(keras.metrics, name)()]
        loss = keras.losses.BinaryCrossentropy(reduction="mean_with_sample_weight")
        model.compile("adam", loss, **{"weighted_metrics" if mended else "metrics": found})
        return model

    return build


@trap("METRIC_COUNTS_FILL", "tagger", leaks=False, seen="keras#4575, keras#5572")
def precision_without_weights(mended: bool) -> Any:
    """`Precision` counts by itself, and does not look at the mask that reaches the output."""
    return metric("Precision")(mended)


@trap("METRIC_COUNTS_FILL", "tagger", leaks=False)
def area_under_the_curve_without_weights(mended: bool) -> Any:
    """Nor does `AUC`: fill, which is easily told, flatters it."""
    return metric("AUC")(mended)


@trap("METRIC_COUNTS_FILL", "tagger", leaks=False)
def root_mean_square_without_weights(mended: bool) -> Any:
    """Nor does `RootMeanSquaredError`, which is a mean and yet takes no mask."""
    return metric("RootMeanSquaredError")(mended)


@trap("FILL_IN_BATCH_STATISTICS", "norm", leaks=False, seen="tensorflow#30161, keras#18759")
def batch_statistics_behind_a_lost_mask(mended: bool) -> Any:
    """`BatchNormalization` takes a mask, if there is one; behind arithmetic its means and variances are also those of fill."""
    ids = tokens()
    x = embed(ids)
    x = keras.layers.BatchNormalization(name="norm")(keras.layers.Rescaling(2.0)(x) if mended else 2.0 * x)
    return classifier(ids, lstm()(x, mask=is_real(ids)))


@trap("FILL_IN_GRADIENTS", "dense", leaks=False, seen="tensorflow#38349, tensorflow#12071")
def a_gradient_that_is_no_number(mended: bool) -> Any:
    """A vector of zeros divided by its length has a gradient that is no number; nor is zero times that, as a mask makes it."""
    ids = tokens()
    mask = is_real(ids)[..., None]
    x = keras.layers.Dense(UNITS, use_bias=False, name="dense")(embed(ids) * keras.ops.cast(mask, "float32"))
    squares = keras.ops.sum(x * x, axis=-1, keepdims=True)
    length = keras.ops.sqrt(keras.ops.where(mask, squares, 1.0) if mended else squares)
    return classifier(ids, mean(keras.ops.where(mask, x / length, 0.0), is_real(ids)))


@trap("SAVED_OTHERWISE", "doubled", leaks=False, seen="tf-keras#240, keras#15510")
def support_for_masks_that_is_not_saved(mended: bool) -> Any:
    """`supports_masking` set on a layer is not in its configuration: the model that is loaded drops the mask."""

    class Doubled(keras.Layer):
        def __init__(self, **settings: Any):
            super().__init__(**settings)
            self.supports_masking = mended

        def call(self, values: Any) -> Any:
            return 2 * values

    doubled = Doubled(name="doubled")
    doubled.supports_masking = True
    embedding = keras.layers.Embedding(WORDS, UNITS, mask_zero=True)
    return keras.Sequential([tokens(), embedding, doubled, lstm(), keras.layers.Dense(2)])


def padded_by_keras(mended: bool) -> np.ndarray:
    """Rows of 5 and 8 ids, made level by `pad_sequences`, which fills in front unless told otherwise."""
    rows = [list(range(1, 6)), list(range(9, 17))]
    return keras.utils.pad_sequences(rows, padding="post" if mended else "pre")


@trap(
    "CUDNN_NEEDS_RIGHT_PADDING",
    "lstm",
    leaks=False,
    only_on="tensorflow",
    batch=padded_by_keras,
    seen="tensorflow#48702, tensorflow#30745",
)
def padded_in_front_for_a_gpu(mended: bool) -> Any:
    """`pad_sequences` fills in front by default; on a GPU the LSTM runs on cuDNN, which takes only masks of fill at the end."""
    ids = tokens()
    return keras.Sequential([ids, keras.layers.Embedding(WORDS, UNITS, mask_zero=True), lstm(), keras.layers.Dense(2)])
