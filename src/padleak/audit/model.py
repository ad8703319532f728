"""The model under audit: how it is run, opened to any length, given other weights, and left as it was."""

import contextlib
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import numpy as np

from padleak.audit.feed import Feed
from padleak.audit.probe import EPSILON, Run
from padleak.audit.trace import Trace
from padleak.audit.watch import watched
from padleak.models.backend import keras


def trace_of(model: Any) -> Run:
    """From a batch to the trace of a model's run, from the first state of layers that keep one."""
    watch = watched(model)

    def run(batch: Any) -> Trace:
        for layer in model._flatten_layers():
            if getattr(layer, "stateful", False) and getattr(layer, "states", None) is not None:
                layer.reset_state()
        return watch(batch)

    return run


def opened_in_time(model: Any, feed: Feed) -> Any:
    """The same model for any length, with copies of the weights; None where it hangs on its length."""
    try:
        inputs = [
            keras.Input((None, *tensor.shape[2:]) if len(tensor.shape) > 1 else tensor.shape[1:], dtype=tensor.dtype,
                        name=tensor.name)
            for tensor in model.inputs
        ]  # fmt: skip
        single = isinstance(model, keras.Sequential) or len(inputs) == 1
        structure = inputs[0] if single else keras.tree.pack_sequence_as(model._inputs_struct, inputs)
        opened = keras.models.clone_model(model, input_tensors=structure)
        opened.set_weights(model.get_weights())
        run = trace_of(opened)(replace(feed, fixed=None).lay()[0])
        outputs = [trace_of(one)(feed.lay()[0]).calls[0].outputs for one in (model, opened)]
    except Exception:  # Keras raises many kinds where layers hang on a length
        return None
    shapes = [tensor.value.shape for call in run.calls for tensor in call.outputs]
    hangs_on_length = any(len(shape) > 2 and shape[1] == feed.fixed for shape in shapes)
    is_the_same = all(np.allclose(one.value, other.value, equal_nan=True) for one, other in zip(*outputs, strict=True))
    return opened if is_the_same and not hangs_on_length else None


def precision_of(model: Any) -> str:
    """The least exact number type that a layer of the model works in."""
    types = {str(getattr(layer, "compute_dtype", "float32")) for layer in model._flatten_layers()}
    return next((name for name in EPSILON if name in types), "float32")


@contextlib.contextmanager
def left_as_it_was(model: Any) -> Iterator[None]:
    """All variables of the model are set back after the block, whatever happens: weights, states, seeds, metrics."""
    # Keras does not count states among a layer's variables.
    states = [layer.states for layer in model._flatten_layers() if getattr(layer, "stateful", False)]
    held = [state for state in keras.tree.flatten(states) if isinstance(state, keras.Variable)]
    variables = {id(variable): variable for variable in (*model.variables, *model.metrics_variables, *held)}.values()
    before = [(variable, keras.ops.convert_to_numpy(variable)) for variable in variables]
    try:
        yield
    finally:
        for variable, value in before:
            variable.assign(value)


def draw_weights(model: Any, seed: int) -> None:
    """Give the model weights drawn anew, large enough to show what fresh ones hide."""
    generator = np.random.default_rng(seed)
    for variable in model.variables:
        if "float" in str(variable.dtype):
            variable.assign(_draw(variable.name, variable.shape, generator))


def _draw(name: str, shape: tuple, generator: np.random.Generator) -> np.ndarray:
    if len(shape) > 1:
        return generator.normal(size=shape) / np.sqrt(max(1, np.prod(shape[:-1]) if "embedding" not in name else 1))
    drawn = 0.5 * generator.normal(size=shape)
    if "variance" in name:
        return 0.5 + np.abs(drawn)
    return drawn + 1 if "gamma" in name or "scale" in name else drawn
