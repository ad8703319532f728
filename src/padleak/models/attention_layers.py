"""Layers of Transformers that Keras does not have: attention that masks elsewhere than before the softmax, and positions."""

import functools
from typing import Any

import numpy as np

from padleak.models.backend import keras

_LONGEST = 512
"""Steps for which positions are learned; later ones share the last."""
_BASE = 10_000.0


def masked_attention(
    heads: int, scores: str = "before", is_rotary: bool = False, is_causal: bool = False, **settings: Any
) -> Any:
    """Self-attention that takes a mask `(batch, time)`.

    Args:
        heads: How many; they share the units.
        scores: Where the mask works: `before` the softmax, weights `zeroed` after it, or zeroed and `renormalised`.
        is_rotary: Whether queries and keys are turned by their position (Su et al. 2021, arXiv:2104.09864).
        is_causal: Whether a step sees itself and those before it alone; for masks that work before the softmax.
        settings: Of every Keras layer.
    """
    return _masked_attention_class()(heads, scores, is_rotary, is_causal, **settings)


def positions(kind: str, **settings: Any) -> Any:
    """Adds what stands for a step's position to its values.

    Args:
        kind: `learned`; `counted`, which are learned, and begin at the first real step; or `sinusoidal` (Vaswani et al. 2017).
        settings: Of every Keras layer.
    """
    return _positions_class()(kind, **settings)


@functools.cache
def _masked_attention_class() -> type:
    ops = keras.ops

    @keras.saving.register_keras_serializable("padleak")
    class MaskedAttention(keras.layers.Layer):
        def __init__(
            self,
            heads: int,
            scores: str,
            is_rotary: bool,
            is_causal: bool = False,
            seed: int | None = None,
            **settings: Any,
        ):
            super().__init__(**settings)
            self.heads, self.scores, self.is_rotary, self.seed = heads, scores, is_rotary, seed
            self.is_causal = is_causal
            self.supports_masking = True

        def build(self, shape: tuple) -> None:
            first, second = np.random.SeedSequence(self.seed).generate_state(2).tolist()
            drawn = keras.initializers.GlorotUniform
            self.project = keras.layers.Dense(3 * shape[-1], kernel_initializer=drawn(first), name="project")
            self.combine = keras.layers.Dense(shape[-1], kernel_initializer=drawn(second), name="combine")
            self.project.build(shape)
            self.combine.build(shape)

        def call(self, values: Any, mask: Any = None) -> Any:
            batch, time, units = ops.shape(values)[0], ops.shape(values)[1], values.shape[-1]
            split = ops.reshape(self.project(values), (batch, time, 3, self.heads, units // self.heads))
            query, key, value = (ops.transpose(split[:, :, part], (0, 2, 1, 3)) for part in range(3))
            if self.is_rotary:
                query, key = _turned(query), _turned(key)
            weights = self._weights(query, key, None if mask is None else ops.cast(mask, values.dtype)[:, None, None])
            seen = ops.transpose(ops.matmul(weights, value), (0, 2, 1, 3))
            return self.combine(ops.reshape(seen, (batch, time, units)))

        def _weights(self, query: Any, key: Any, mask: Any) -> Any:
            scores = ops.matmul(query, ops.transpose(key, (0, 1, 3, 2))) / float(np.sqrt(query.shape[-1]))
            if self.is_causal:
                places = ops.arange(ops.shape(query)[2])
                scores = scores - 1e9 * ops.cast(places[None, :] > places[:, None], scores.dtype)
            if mask is None:
                return ops.softmax(scores)
            if self.scores == "before":
                return ops.softmax(scores - 1e9 * (1 - mask))
            weights = ops.softmax(scores) * mask
            if self.scores == "zeroed":
                return weights
            return weights / ops.maximum(ops.sum(weights, axis=-1, keepdims=True), 1e-9)

        def get_config(self) -> dict:
            own = {"heads": self.heads, "scores": self.scores, "is_rotary": self.is_rotary, "is_causal": self.is_causal}
            return super().get_config() | own | {"seed": self.seed}

    return MaskedAttention


@functools.cache
def _positions_class() -> type:
    ops = keras.ops

    @keras.saving.register_keras_serializable("padleak")
    class Positions(keras.layers.Layer):
        def __init__(self, kind: str, seed: int | None = None, **settings: Any):
            super().__init__(**settings)
            self.kind, self.seed = kind, seed
            self.supports_masking = True

        def build(self, shape: tuple) -> None:
            if self.kind != "sinusoidal":
                drawn = keras.initializers.RandomUniform(-0.05, 0.05, self.seed)
                self.table = keras.layers.Embedding(_LONGEST, shape[-1], embeddings_initializer=drawn, name="table")
                self.table.build()

        def call(self, values: Any, mask: Any = None) -> Any:
            places = ops.arange(ops.shape(values)[1])[None]
            if self.kind == "sinusoidal":
                angles = _angles(places, values.shape[-1])
                return values + ops.cast(ops.concatenate([ops.sin(angles), ops.cos(angles)], axis=-1), values.dtype)
            if self.kind == "counted" and mask is not None:
                places = ops.maximum(ops.cumsum(ops.cast(mask, "int32"), axis=1) - 1, 0)
            return values + self.table(ops.minimum(places, _LONGEST - 1))

        def get_config(self) -> dict:
            return super().get_config() | {"kind": self.kind, "seed": self.seed}

    return Positions


def _angles(places: Any, units: int) -> Any:
    """Position times frequency, `(1, time, units / 2)`."""
    frequencies = _BASE ** (-np.arange(0, units, 2) / units)
    return keras.ops.cast(places, "float32")[..., None] * frequencies.astype("float32")


def _turned(values: Any) -> Any:
    """Pairs of units `(batch, head, time, unit)` turned by the angle of their step."""
    ops = keras.ops
    angles = _angles(ops.arange(ops.shape(values)[2])[None, None], values.shape[-1])
    cosine, sine = ops.cast(ops.cos(angles), values.dtype), ops.cast(ops.sin(angles), values.dtype)
    half = values.shape[-1] // 2
    first, second = values[..., :half], values[..., half:]
    return ops.concatenate([first * cosine - second * sine, second * cosine + first * sine], axis=-1)
