"""A trace: what happened to values and masks while a model ran, every call of a layer, in order."""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np


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

    @property
    def misfits(self) -> bool:
        """Whether its mask is not one of its rows and steps."""
        mask, value = self.mask, self.value
        return mask is not None and value.ndim > 1 and (mask.ndim < 2 or mask.shape[:2] != value.shape[:2])


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


@dataclass(frozen=True, eq=False)
class Trace:
    """A run of a model.

    Attributes:
        calls: In the order in which they began; the first is the model itself.
    """

    calls: list[Call]

    def mapped(self, function: Callable[[Any], Any]) -> "Trace":
        """The same with every array, values and masks in a fixed order, given to a function."""

        def one(array: Any) -> Any:
            return None if array is None else function(array)

        def of(tensor: Tensor) -> Tensor:
            return replace(tensor, value=one(tensor.value), mask=one(tensor.mask))

        return Trace(
            [
                replace(
                    call,
                    inputs=[of(tensor) for tensor in call.inputs],
                    masks_after=[one(mask) for mask in call.masks_after],
                    masks_given={name: one(mask) for name, mask in call.masks_given.items()},
                    outputs=[of(tensor) for tensor in call.outputs],
                )
                for call in self.calls
            ]
        )

    @classmethod
    def of_outputs(cls, name: str, outputs: list[np.ndarray]) -> "Trace":
        """Of a function that cannot be looked into."""
        return cls([Call(name, "function", None, None, [], outputs=[Tensor(value, None) for value in outputs])])
