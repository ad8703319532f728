"""Does fill reach the weights, where it does not reach the outputs?

A value that is masked away may still have a gradient that is no number: the gradient of a square root at zero is infinite, and
zero times that is none.
"""

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from padleak.audit.checks.case import Case, share
from padleak.audit.diagnosis import Finding, make_finding
from padleak.audit.feed import View
from padleak.models import backend
from padleak.models.backend import keras
from padleak.models.compilation import quick_jit


def findings(case: Case) -> Iterator[Finding]:
    """The last layer on the way whose weights get another gradient of the same answers, with fill than without."""
    compute = _BY_BACKEND.get(backend.name())
    if compute is None or case.plain_leak > case.given.tolerance or not case.model.trainable_variables:
        return
    inputs, home, view = case.three
    bare, filled = _weigher(home, case), _weigher(view, case)
    found = compute(case.model, list(zip(inputs, (bare, bare, filled))))
    floor = max(_ROUGH, case.given.tolerance) * max(float(np.linalg.norm(gradient)) for gradient in found[0])
    affected = [
        (case.owner(variable), leak)
        for variable, three in zip(case.model.trainable_variables, zip(*found))
        if (leak := share(*three, floor)) > case.given.tolerance
    ]
    if affected:
        position = max(position for position, _ in affected)
        leak = max(leak for _, leak in affected)
        yield make_finding("FILL_IN_GRADIENTS", case.given.reference.calls[position], leak, "warning")


_ROUGH = 1e-3
"""Of the largest gradient: sums over more steps round otherwise, and some gradients are zero but for that."""


def _weigher(view: View, case: Case) -> Callable[[Any], list[np.ndarray]]:
    """Weights for every output: the same numbers at the same real steps, nothing at fill."""

    def weights(outputs: Any) -> list[np.ndarray]:
        generator = np.random.default_rng(case.seed)
        return [_weights(tuple(output.shape), view, generator) for output in keras.tree.flatten(outputs)]

    return weights


def _weights(shape: tuple[int, ...], view: View, generator: np.random.Generator) -> np.ndarray:
    if len(shape) < 2 or shape[1] != view.width:
        return generator.normal(size=shape)
    laid = np.zeros(shape)
    laid[:, view.places] = generator.normal(size=(shape[0], len(view.places), *shape[2:]))
    return laid


def _weighed(outputs: Any, weigh: Callable) -> Any:
    pairs = zip(keras.tree.flatten(outputs), weigh(outputs))
    return sum(keras.ops.sum(keras.ops.cast(output, "float32") * weight.astype("float32")) for output, weight in pairs)


def _on_tensorflow(model: Any, cases: list[tuple[Any, Callable]]) -> list[list[np.ndarray]]:
    import tensorflow as tf

    variables, found = [variable.value for variable in model.trainable_variables], []
    for inputs, weigh in cases:
        with tf.GradientTape() as tape:
            answer = _weighed(model(inputs, training=False), weigh)
        gradients = tape.gradient(answer, variables, unconnected_gradients="zero")
        found.append([tf.convert_to_tensor(gradient).numpy().astype(float) for gradient in gradients])
    return found


def _on_jax(model: Any, cases: list[tuple[Any, Callable]]) -> list[list[np.ndarray]]:
    import jax

    def answer(trainable: list[Any], others: list[Any], inputs: Any, weigh: Callable) -> Any:
        outputs, _ = model.stateless_call(trainable, others, inputs, training=False)
        return _weighed(outputs, weigh)

    gradients = quick_jit(jax.grad(answer), runs_rarely=True, static_argnames="weigh")
    values = [
        [variable.value for variable in some] for some in (model.trainable_variables, model.non_trainable_variables)
    ]
    return [
        [np.asarray(gradient, dtype=float) for gradient in gradients(*values, inputs, weigh)] for inputs, weigh in cases
    ]


_BY_BACKEND = {"tensorflow": _on_tensorflow, "jax": _on_jax}
