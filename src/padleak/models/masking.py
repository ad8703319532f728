"""How the network is told which steps are fill.

A masking takes the front of a network (its inputs) and gives the stream that the layers work on. To add one, write one
function here (or in a new file of this folder) and decorate it. Facts beside the registration: `takes` (what kinds of data
it works on), `mask_input` (whether the true mask is a second input of the model), `weighs_loss` (padded steps weigh nothing
in the loss), `equal_lengths` (trained on batches without fill), `fill` (what a fill step holds where layers take it for a step:
`embedded`, the vector of the fill id, or `zero`; none where they skip or undo it).
"""

import inspect
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from padleak.data.vocabulary import FILL
from padleak.models.backend import keras
from padleak.registry import Registry

if TYPE_CHECKING:
    from keras import KerasTensor, Layer

BOTH_KINDS = ("tokens", "features")

maskings = Registry("masking", package="padleak.models")


@dataclass(frozen=True)
class Front:
    """The inputs of a network.

    Attributes:
        inputs: Token ids `(batch, time)` or features `(batch, time, feature)`.
        mask: The true mask `(batch, time)`, True = real; only where the strategy asks for `mask_input`.
        words: Size of the vocabulary; 0 for features.
        width: Units of the embedding.
    """

    inputs: "KerasTensor"
    mask: "KerasTensor | None"
    words: int
    width: int

    def values(self, mask_zero: bool = False) -> "KerasTensor":
        """Embedded tokens, or the features as they are: `(batch, time, unit)`."""
        if not self.words:
            return self.inputs
        return keras.layers.Embedding(self.words, self.width, mask_zero=mask_zero, name="embedding")(self.inputs)


@dataclass(frozen=True)
class Stream:
    """What flows from layer to layer.

    Attributes:
        values: `(batch, time, unit)`, with Keras's own mask attached where Keras is to carry it.
        mask: Handed to each layer that takes one, `(batch, time)`.
        keep: Multiplied in after each layer, `(batch, time, 1)`, 0 at fill.
        final: The state after the whole sequence, `(batch, unit)`, where the last layer is recurrent.
    """

    values: "KerasTensor"
    mask: "KerasTensor | None" = None
    keep: "KerasTensor | None" = None
    final: "KerasTensor | None" = None

    def through(self, layer: "Layer") -> "Stream":
        """The stream after a layer that keeps the time axis."""
        return self.holding(self.call(layer, self.values))

    def holding(self, values: "KerasTensor") -> "Stream":
        """The stream with other values, of the same steps."""
        return replace(self, values=values if self.keep is None else values * self.keep)

    def call(self, layer: "Layer", inputs: Any) -> "KerasTensor":
        """Call a layer, with the explicit mask if there is one and the layer takes it."""
        if self.mask is not None and "mask" in inspect.signature(layer.call).parameters:
            return layer(inputs, mask=self.mask)
        return layer(inputs)


@maskings.add(takes=BOTH_KINDS, fill="embedded")
def none(front: Front) -> Stream:
    """The model sees the fill as data."""
    return Stream(front.values())


@maskings.add(takes=("tokens",))
def embedding(front: Front) -> Stream:
    """`Embedding(mask_zero=True)`: Keras derives the mask from the ids and carries it."""
    return Stream(front.values(mask_zero=True))


@maskings.add(takes=("features",))
def masking_layer(front: Front) -> Stream:
    """`Masking(0.)` on float features: a step that is zero throughout counts as fill."""
    return Stream(keras.layers.Masking(0.0, name="masking")(front.values()))


@maskings.add(takes=("tokens",), fill="embedded")
def embedding_then_masking(front: Front) -> Stream:
    """`Embedding(mask_zero=True)` followed by `Masking(0.)`, as tutorials print it."""
    return Stream(keras.layers.Masking(0.0, name="masking")(front.values(mask_zero=True)))


@maskings.add(takes=BOTH_KINDS, mask_input=True)
def explicit(front: Front) -> Stream:
    """The true mask is a second model input, handed to each layer that takes one."""
    return Stream(front.values(), mask=front.mask)


@maskings.add(takes=BOTH_KINDS, mask_input=True)
def zero_states(front: Front) -> Stream:
    """Padded inputs and hidden states are multiplied by zero after every layer; no mask."""
    keep = keras.ops.expand_dims(keras.ops.cast(front.mask, "float32"), -1)
    return Stream(front.values() * keep, keep=keep)


@maskings.add(takes=("tokens",), fill="zero")
def zero_vector(front: Front) -> Stream:
    """The fill id's embedding is held at zero (PyTorch's `padding_idx`); no mask."""
    is_word = keras.ops.cast(keras.ops.not_equal(front.inputs, FILL), "float32")
    return Stream(front.values() * keras.ops.expand_dims(is_word, -1))


@maskings.add(takes=BOTH_KINDS, weighs_loss=True, fill="embedded")
def loss_only(front: Front) -> Stream:
    """Padded steps weigh nothing in the loss; the layers see no mask."""
    return Stream(front.values())


@maskings.add(takes=BOTH_KINDS, equal_lengths=True, fill="embedded")
def unpadded(front: Front) -> Stream:
    """The oracle: trained on batches of equal length, nothing padded, no mask."""
    return Stream(front.values())


def trace_mask(model: "keras.Model", layer_name: str, inputs: Any) -> np.ndarray | None:
    """The mask that reaches a layer when the model runs; Keras's symbolic mask is not to be trusted.

    Args:
        model: A functional model; it is run up to the layer.
        layer_name: Name of a layer that takes a mask.
        inputs: A batch, as the model takes it.

    Returns:
        `(batch, time)` boolean, True = real, or None where no mask arrives.
    """
    layer, seen = model.get_layer(layer_name), []
    original = layer.call

    def stop(*args: Any, **kwargs: Any) -> Any:
        # Keras copies exceptions on their way up, so the mask cannot travel in this one.
        seen.append(kwargs.get("mask"))
        raise _Arrived

    layer.call = stop
    try:
        model(inputs)
    except _Arrived:
        return None if seen[0] is None else keras.ops.convert_to_numpy(seen[0])
    finally:
        layer.call = original
    raise ValueError(f"layer {layer_name} was not reached")


class _Arrived(Exception):
    """The mask has reached the layer; the rest of the model need not run."""
