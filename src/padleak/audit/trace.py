"""What happens to values and masks while a model runs: every call of a layer, in order.

Symbolic masks are wrong both ways (kept where the run loses them, missing where nested models carry them), so the model is run,
and the calls are watched. Keras's own layers are leaves; models and layers of other packages are looked into.
"""

import contextlib
import threading
import warnings
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from padleak.models import backend
from padleak.models.backend import keras

_ONE_AT_A_TIME = threading.RLock()


@dataclass(frozen=True, eq=False)
class Tensor:
    """A tensor that went into or came out of a call.

    Attributes:
        value: Its numbers.
        mask: The mask attached to it, True = real; None where there is none.
        source: Position of the call that gave it in the trace; None for inputs of the model and for what came from other code.
    """

    value: np.ndarray
    mask: np.ndarray | None
    source: int | None = None


@dataclass(eq=False)
class Call:
    """One call of a layer, or of an operation of a functional model.

    Attributes:
        path: Names from the outermost model down, joined by `/`.
        kind: Name of its class.
        layer: The layer.
        parent: Position of the enclosing call; None for the model itself.
        inputs: Tensors that went in, their masks as they were before the call.
        masks_after: The masks of the same tensors after the call.
        masks_given: Masks handed over as arguments, by name, as the layer's `call` got them.
        outputs: Tensors that came out.
        warnings: What was warned of meanwhile, in this call and not in one within.
        is_leaf: Whether it is not looked into.
    """

    path: str
    kind: str
    layer: Any
    parent: int | None
    inputs: list[Tensor]
    masks_after: list[np.ndarray | None] = field(default_factory=list)
    masks_given: dict[str, np.ndarray] = field(default_factory=dict)
    outputs: list[Tensor] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)
    is_leaf: bool = True

    @property
    def mask_in(self) -> np.ndarray | None:
        """The mask that the call got: handed over, or attached to its first masked input."""
        attached = (tensor.mask for tensor in self.inputs)
        return next((mask for mask in (*self.masks_given.values(), *attached) if mask is not None), None)

    @property
    def mask_out(self) -> np.ndarray | None:
        """The mask on what came out."""
        return next((tensor.mask for tensor in self.outputs if tensor.mask is not None), None)

    @property
    def is_about_masks(self) -> bool:
        """Whether all that comes out is true or false: arithmetic of masks, not of values."""
        return bool(self.outputs) and all(tensor.value.dtype == bool for tensor in self.outputs)

    @property
    def deletes_mask(self) -> bool:
        """Whether a mask that was attached to an input is not there any more."""
        return any(tensor.mask is not None and after is None for tensor, after in zip(self.inputs, self.masks_after))


@dataclass(frozen=True, eq=False)
class Trace:
    """A run of a model.

    Attributes:
        calls: In the order in which they began; the first is the model itself.
    """

    calls: list[Call]

    @classmethod
    def of_outputs(cls, name: str, outputs: list[np.ndarray]) -> "Trace":
        """Of a function that cannot be looked into."""
        return cls([Call(name, "function", None, None, [], outputs=[Tensor(value, None) for value in outputs])])


def trace(model: Any, inputs: Any) -> Trace:
    """Run a model and watch.

    Keras's classes are patched meanwhile, for this thread alone, and set back whatever happens.

    Args:
        model: A Keras model.
        inputs: A batch as the model takes it.
    """
    watcher = _Watcher()
    tensors = keras.tree.map_structure(keras.ops.convert_to_tensor, inputs)
    with watcher.watching(), _eagerly():
        model(tensors)
    return Trace(watcher.calls)


@contextlib.contextmanager
def _eagerly() -> Iterator[None]:
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
        call.warnings = [str(warning.message) for warning in caught]
        call.masks_after = [_mask_of(tensor) for tensor in going_in]
        coming_out = _tensors(result)
        self._kept_alive += [*going_in, *coming_out]
        # What a model hands through from within keeps the inner call as its source.
        for tensor in coming_out:
            self._source.setdefault(id(tensor), position)
        call.outputs = [self._note(tensor) for tensor in coming_out]
        return result

    def _note(self, tensor: Any) -> Tensor:
        return Tensor(_number(tensor), _mask_of(tensor), self._source.get(id(tensor)))


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


def _mask_of(tensor: Any) -> np.ndarray | None:
    from keras.src.backend import get_keras_mask  # no public way to it

    mask = get_keras_mask(tensor)
    return None if mask is None else _number(mask).astype(bool)


def _mask_value(value: Any) -> np.ndarray | None:
    """A mask among arguments; of several the first."""
    found = _tensors(value)
    return _number(found[0]).astype(bool) if found else None


def _number(tensor: Any) -> np.ndarray:
    value = keras.ops.convert_to_numpy(tensor)
    return value.astype(np.float64) if value.dtype.kind not in "iub" else value
