"""What the models of the catalogue are made of."""

from typing import Any

from padleak.models.backend import keras

WORDS, UNITS = 50, 8


def tokens() -> Any:
    """Ids `(row, time)`."""
    return keras.Input((None,), dtype="int32", name="ids")


def features() -> Any:
    """Numbers `(row, time, feature)`."""
    return keras.Input((None, 3), name="features")


def embed(ids: Any, mask_zero: bool = True) -> Any:
    """Vectors of ids, with a mask."""
    return keras.layers.Embedding(WORDS, UNITS, mask_zero=mask_zero, name="embedding")(ids)


def is_real(ids: Any) -> Any:
    """The mask, for those who hand it on themselves."""
    return keras.ops.not_equal(ids, 0)


def lstm(**settings: Any) -> Any:
    """The layer that all this is about."""
    return keras.layers.LSTM(UNITS, name="lstm", **settings)


def mean(values: Any, mask: Any = None) -> Any:
    """Mean over the steps, of the real ones where a mask arrives."""
    return keras.layers.GlobalAveragePooling1D(name="mean")(values, mask=mask)


def zero_fill(values: Any, mask: Any) -> Any:
    """Zero where there is fill."""
    return values * keras.ops.cast(mask, values.dtype)[..., None]


def classifier(inputs: Any, values: Any) -> Any:
    """A model that ends in two classes."""
    return keras.Model(inputs, keras.layers.Dense(2, name="head")(values))
