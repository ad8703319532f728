"""Gradients of a number that follows from a model's outputs, by its weights and by its inputs; on TensorFlow and JAX."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from padleak.models import backend
from padleak.models.backend import keras
from padleak.models.compilation import quick_jit

BACKENDS = "tensorflow", "jax"


@dataclass(frozen=True, eq=False)
class Gradients:
    """What one number hangs on.

    Attributes:
        weights: One array for each trainable variable of the model, in their order.
        inputs: One array for each input in flat order; None for those of whole numbers.
    """

    weights: list[np.ndarray]
    inputs: list[np.ndarray | None]


def gradients_of(model: Any, objective: Callable[[Any], Any], inputs: Any) -> Gradients:
    """Gradients of `objective(model(inputs))`, the model in inference.

    Args:
        model: A Keras model, built.
        objective: From its outputs to a number, in Keras's operations.
        inputs: Tensors, as the model takes them.

    Raises:
        NotImplementedError: The backend is not one of `BACKENDS`.
    """
    if backend.name() not in BACKENDS:
        raise NotImplementedError(f"gradients on {backend.name()}")
    leaves = keras.tree.flatten(inputs)
    is_float = ["float" in str(leaf.dtype) for leaf in leaves]

    def answer(floats: list[Any], call: Callable) -> Any:
        rest = iter(floats)
        laid = [next(rest) if is_one else leaf for leaf, is_one in zip(leaves, is_float)]
        return objective(call(keras.tree.pack_sequence_as(inputs, laid)))

    floats = [leaf for leaf, is_one in zip(leaves, is_float) if is_one]
    compute = _on_tensorflow if backend.name() == "tensorflow" else _on_jax
    weights, found = compute(model, answer, floats)
    rest = iter(found)
    return Gradients(weights, [next(rest) if is_one else None for is_one in is_float])


def _on_tensorflow(model: Any, answer: Callable, floats: list[Any]) -> tuple[list[np.ndarray], list[np.ndarray]]:
    import tensorflow as tf

    variables = [variable.value for variable in model.trainable_variables]
    with tf.GradientTape() as tape:
        tape.watch(floats)
        number = answer(floats, lambda inputs: model(inputs, training=False))
    found = tape.gradient(number, [variables, floats], unconnected_gradients="zero")
    return tuple([tf.convert_to_tensor(gradient).numpy().astype(float) for gradient in part] for part in found)


def _on_jax(model: Any, answer: Callable, floats: list[Any]) -> tuple[list[np.ndarray], list[np.ndarray]]:
    import jax

    others = [variable.value for variable in model.non_trainable_variables]

    def number(trainable: list[Any], floats: list[Any], others: list[Any]) -> Any:
        return answer(floats, lambda inputs: model.stateless_call(trainable, others, inputs, training=False)[0])

    program = quick_jit(jax.grad(number, argnums=(0, 1)), runs_rarely=True)
    found = program([variable.value for variable in model.trainable_variables], floats, others)
    return tuple([np.asarray(gradient, dtype=float) for gradient in part] for part in found)
