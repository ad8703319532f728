"""Keras layers for predictors that may be missing. They take values with 0 where one is missing, and a mask, 1 = observed."""

import functools
from typing import Any

from padleak.models.backend import keras


def learned_fill(**settings: Any) -> Any:
    """`[values, present] -> values`: what is missing is replaced by a number that is learned, one for each entry."""
    return _learned_fill_class()(**settings)


def masked_dense(units: int, **settings: Any) -> Any:
    """`[values, present] -> (batch, units)`: a Dense layer that leaves missing entries out and scales the rest up, as if those
    observed stood for all (as partial convolutions do, Liu et al. 2018, arXiv:1804.07723)."""
    return _masked_dense_class()(units, **settings)


def neumiss(depth: int, **settings: Any) -> Any:
    """`[values, present] -> values`: missing entries from observed ones by a truncated Neumann series of learned matrices, each
    followed by the mask (Le Morvan et al. 2020, arXiv:2007.01627), with the residual connections of its authors' code.

    Args:
        depth: Terms of the series.
        settings: Of every Keras layer.
    """
    return _neumiss_class()(depth, **settings)


@functools.cache
def _learned_fill_class() -> type:
    @keras.saving.register_keras_serializable("padleak")
    class LearnedFill(keras.layers.Layer):
        def build(self, shapes: Any) -> None:
            self.fill = self.add_weight((shapes[0][-1],), "zeros", name="fill")

        def call(self, inputs: Any) -> Any:
            values, present = inputs
            return values + (1 - present) * self.fill

    return LearnedFill


@functools.cache
def _masked_dense_class() -> type:
    ops = keras.ops

    @keras.saving.register_keras_serializable("padleak")
    class MaskedDense(keras.layers.Layer):
        def __init__(self, units: int, seed: int | None = None, **settings: Any):
            super().__init__(**settings)
            self.units, self.seed = units, seed

        def build(self, shapes: Any) -> None:
            initial = keras.initializers.GlorotUniform(self.seed)
            self.kernel = self.add_weight((shapes[0][-1], self.units), initial, name="kernel")
            self.bias = self.add_weight((self.units,), "zeros", name="bias")

        def call(self, inputs: Any) -> Any:
            values, present = inputs
            observed = ops.maximum(ops.mean(present, axis=-1, keepdims=True), 1 / present.shape[-1])
            return ops.matmul(values * present, self.kernel) / observed + self.bias

        def get_config(self) -> dict:
            return super().get_config() | {"units": self.units, "seed": self.seed}

    return MaskedDense


@functools.cache
def _neumiss_class() -> type:
    ops = keras.ops

    @keras.saving.register_keras_serializable("padleak")
    class NeuMiss(keras.layers.Layer):
        def __init__(self, depth: int, seed: int | None = None, **settings: Any):
            super().__init__(**settings)
            self.depth, self.seed = depth, seed

        def build(self, shapes: Any) -> None:
            entries = shapes[0][-1]
            matrices = [f"matrix_{step + 1}" for step in range(self.depth)] + ["mix"]
            initial = keras.initializers.GlorotNormal
            self.matrices = [
                self.add_weight(
                    (entries, entries), initial(None if self.seed is None else self.seed + place), name=name
                )
                for place, name in enumerate(matrices)
            ]
            self.mean = self.add_weight((entries,), "zeros", name="mean")

        def call(self, inputs: Any) -> Any:
            values, present = inputs
            centred = present * (values - self.mean)
            *series, mix = self.matrices
            state = centred
            for matrix in series:
                state = ops.matmul(state, matrix) * present + centred
            return present * values + (1 - present) * (self.mean + ops.matmul(state, mix))

        def get_config(self) -> dict:
            return super().get_config() | {"depth": self.depth, "seed": self.seed}

    return NeuMiss
