"""Running a model while every call of a layer is watched.

Symbolic masks are wrong both ways (kept where the run loses them, missing where nested models carry them), so the model is run,
and the calls are watched. Keras's own layers are leaves; models and layers of other packages are looked into.
"""

import contextlib
import functools
import threading
import warnings
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from padleak.audit.trace import Call, Tensor, Trace
from padleak.models import backend
from padleak.models.backend import keras
from padleak.models.compilation import quick_jit

_ONE_AT_A_TIME = threading.RLock()


def watched(model: Any) -> Callable[[Any], Trace]:
    """From a batch to the trace of a run; on JAX compiled once for every shape.

    Keras's classes are patched meanwhile, for this thread alone, and set back whatever happens.

    Args:
        model: A Keras model.
    """
    run = _CompiledRun(model) if backend.name() == "jax" else functools.partial(_run_eagerly, model)

    def watch(inputs: Any) -> Trace:
        tensors = keras.tree.map_structure(keras.ops.convert_to_tensor, inputs)
        if not model.built:  # which runs its layers, too
            model(tensors)
        return run(tensors)

    return watch


def _run_eagerly(model: Any, tensors: Any) -> Trace:
    with _step_by_step():
        return _run(model, tensors).mapped(_number)


def _run(model: Any, tensors: Any) -> Trace:
    """The trace of a run, of tensors of the backend."""
    watcher = _Watcher()
    try:
        with watcher.watching():
            model(tensors)
    except Exception as error:
        for path, tensor in ((call.path, tensor) for call in watcher.calls for tensor in call.outputs):
            if tensor.misfits:
                error.add_note(
                    f"{path} had given a mask {tuple(tensor.mask.shape)} for values {tuple(tensor.value.shape)}"
                )
                break
        raise
    return Trace(watcher.calls)


class _CompiledRun:
    """A run on JAX: all that is watched is an output of the compiled program, and what it belongs to is kept from compiling."""

    def __init__(self, model: Any):
        self._model = model
        self._traces: dict[tuple, Trace] = {}
        self._program = quick_jit(self._watch, runs_rarely=True)

    def __call__(self, tensors: Any) -> Trace:
        import jax

        try:
            arrays = iter(self._program([variable.value for variable in self._model.variables], tensors))
        except (jax.errors.JAXTypeError, jax.errors.JAXIndexError):  # code that looks at numbers
            return _run_eagerly(self._model, tensors)
        return self._traces[_shapes(tensors)].mapped(lambda _: _number(next(arrays)))

    def _watch(self, values: list[Any], tensors: Any) -> list[Any]:
        with keras.StatelessScope(state_mapping=list(zip(self._model.variables, values))):
            trace = _run(self._model, tensors)
        arrays: list[Any] = []
        trace.mapped(arrays.append)
        self._traces[_shapes(tensors)] = trace.mapped(lambda _: True)
        return arrays


def _shapes(tensors: Any) -> tuple:
    return tuple((tuple(tensor.shape), str(tensor.dtype)) for tensor in keras.tree.flatten(tensors))


@contextlib.contextmanager
def _step_by_step() -> Iterator[None]:
    """On TensorFlow, functions that a model compiled itself run step by step meanwhile, so that values can be seen."""
    if backend.name() != "tensorflow":
        yield
        return
    import tensorflow as tf

    before = tf.config.functions_run_eagerly()
    tf.config.run_functions_eagerly(True)
    try:
        yield
    finally:
        tf.config.run_functions_eagerly(before)


class _Watcher:
    """Collects the calls of one run."""

    def __init__(self):
        self.calls: list[Call] = []
        self._open: list[int] = []
        self._within_leaf = 0
        self._source: dict[int, int] = {}
        self._kept_alive: list[Any] = []
        self._thread = threading.get_ident()

    @contextlib.contextmanager
    def watching(self) -> Iterator[None]:
        operation = _operation_class()
        with _ONE_AT_A_TIME:
            before = keras.Layer.__call__, operation.__call__
            watcher = self

            def call_layer(layer: Any, *args: Any, **kwargs: Any) -> Any:
                return watcher.see(layer, before[0], args, kwargs)

            def call_operation(layer: Any, *args: Any, **kwargs: Any) -> Any:
                return watcher.hear(layer, before[1], args, kwargs)

            keras.Layer.__call__, operation.__call__ = call_layer, call_operation
            try:
                yield
            finally:
                keras.Layer.__call__, operation.__call__ = before

    def see(self, layer: Any, original: Any, args: tuple, kwargs: dict) -> Any:
        """A layer is called, from outside."""
        if not self._is_watched(args, kwargs):
            return original(layer, *args, **kwargs)
        return self._record(layer, original, args, kwargs)

    def hear(self, layer: Any, original: Any, args: tuple, kwargs: dict) -> Any:
        """A layer's own code is about to run, its masks filled in; or an operation of a functional model is called."""
        if isinstance(layer, keras.Layer):
            if self._open and self.calls[self._open[-1]].layer is layer and self._is_mine():
                given = {name: _mask_value(value) for name, value in kwargs.items() if "mask" in name}
                self.calls[self._open[-1]].masks_given = {k: v for k, v in given.items() if v is not None}
            return original(layer, *args, **kwargs)
        if not self._is_watched(args, kwargs):
            return original(layer, *args, **kwargs)
        return self._record(layer, original, args, kwargs)

    def _is_mine(self) -> bool:
        return threading.get_ident() == self._thread

    def _is_watched(self, args: tuple, kwargs: dict) -> bool:
        tensors = _tensors((args, kwargs))
        return (
            self._is_mine() and not self._within_leaf and bool(tensors)
            and not any(isinstance(tensor, keras.KerasTensor) for tensor in tensors)
        )  # fmt: skip

    def _record(self, layer: Any, original: Any, args: tuple, kwargs: dict) -> Any:
        going_in = _tensors((args, {name: value for name, value in kwargs.items() if "mask" not in name}))
        parent = self._open[-1] if self._open else None
        above = f"{self.calls[parent].path}/" if parent is not None else ""
        call = Call(
            above + layer.name, type(layer).__name__, layer, parent, [self._note(tensor) for tensor in going_in]
        )
        call.is_leaf = not _is_looked_into(layer)
        position = len(self.calls)
        self.calls.append(call)
        self._open.append(position)
        self._within_leaf += call.is_leaf
        try:
            with warnings.catch_warnings(record=True) as caught:
                warnings.simplefilter("always")
                result = original(layer, *args, **kwargs)
        finally:
            self._open.pop()
            self._within_leaf -= call.is_leaf
        call.warnings = [str(warning.message) for warning in caught if warning.category is UserWarning]
        call.masks_after = [_mask_of(tensor) for tensor in going_in]
        coming_out = _tensors(result)
        self._kept_alive += [*going_in, *coming_out]
        # What a model hands through from within keeps the inner call as its source.
        for tensor in coming_out:
            self._source.setdefault(id(tensor), position)
        call.outputs = [self._note(tensor) for tensor in coming_out]
        return result

    def _note(self, tensor: Any) -> Tensor:
        return Tensor(tensor, _mask_of(tensor), self._source.get(id(tensor)))


def _is_looked_into(layer: Any) -> bool:
    """Models, and layers that Keras did not write."""
    return isinstance(layer, keras.Model) or (
        isinstance(layer, keras.Layer) and not type(layer).__module__.startswith("keras.")
    )


def _operation_class() -> type:
    """The class above Keras's layers, whose `__call__` gets their arguments with all masks filled in."""
    return next(base for base in keras.Layer.__mro__ if base.__name__ == "Operation")


def _tensors(tree: Any) -> list[Any]:
    """The tensors of nested arguments."""
    return [
        leaf
        for leaf in keras.tree.flatten(tree)
        if keras.ops.is_tensor(leaf) or isinstance(leaf, keras.KerasTensor | np.ndarray)
    ]


def _mask_of(tensor: Any) -> Any:
    from keras.src.backend import get_keras_mask  # no public way to it

    mask = get_keras_mask(tensor)
    return None if mask is None else keras.ops.cast(mask, "bool")


def _mask_value(value: Any) -> Any:
    """A mask among arguments; of several the first."""
    found = _tensors(value)
    return keras.ops.cast(found[0], "bool") if found else None


def _number(tensor: Any) -> np.ndarray:
    value = keras.ops.convert_to_numpy(tensor)
    return value.astype(np.float64) if value.dtype.kind not in "iub" else value
