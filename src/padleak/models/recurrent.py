"""Recurrent networks: any depth, either or both directions."""

from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from padleak.data.vocabulary import FILL
from padleak.measures.recurrence import KINDS, Recurrence, RecurrentLayer
from padleak.models.backend import keras
from padleak.models.masking import Stream
from padleak.models.network import Encoded, Network, models
from padleak.models.readout import readouts

if TYPE_CHECKING:
    from keras import KerasTensor, Layer


def _flops_with(gates: int) -> Callable[[Network, int], int]:
    def flops(network: Network, steps: int) -> int:
        directions = 1 + network.bidirectional
        widths = [network.width] + [network.units * directions] * (network.layers - 1)
        return sum(2 * steps * directions * gates * network.units * (width + network.units) for width in widths)

    return flops


@models.add(bidirectional=True, causal=True, flops=_flops_with(gates=4))
def lstm(stream: Stream, network: Network) -> Encoded:
    """Long short-term memory (Hochreiter & Schmidhuber 1997)."""
    return _stack("LSTM", stream, network)


@models.add(bidirectional=True, causal=True, flops=_flops_with(gates=3))
def gru(stream: Stream, network: Network) -> Encoded:
    """Gated recurrent unit (Cho et al. 2014, arXiv:1406.1078)."""
    return _stack("GRU", stream, network)


@models.add(bidirectional=True, causal=True, flops=_flops_with(gates=1))
def simple_rnn(stream: Stream, network: Network) -> Encoded:
    """Elman's network: no gates."""
    return _stack("SimpleRNN", stream, network)


def _stack(kind: str, stream: Stream, network: Network) -> Encoded:
    for depth in range(1, network.layers):
        stream = stream.through(_layer(kind, network, depth))
    values, *states = stream.call(_layer(kind, network, network.layers, return_state=True), stream.values)
    if stream.keep is None:
        stream = replace(stream, values=values, final=_join(states, network))
    else:
        # Zeroed at fill, the states that the layer keeps to itself are none that the strategy would hand on.
        stream = replace(stream, values=values * stream.keep, final=_ends(values * stream.keep, network))
    return Encoded(stream.values, readouts[network.readout](stream))


def _layer(kind: str, network: Network, depth: int, return_state: bool = False) -> "Layer":
    name = f"encoder_{depth}"
    inner_name = f"{name}_inner" if network.bidirectional else name
    layer = getattr(keras.layers, kind)(
        network.units, return_sequences=True, return_state=return_state, name=inner_name
    )
    return keras.layers.Bidirectional(layer, name=name) if network.bidirectional else layer


def _join(states: list, network: Network) -> "KerasTensor":
    """The hidden state, of both directions side by side; an LSTM's cell state is left out."""
    if not network.bidirectional:
        return states[0]
    return keras.ops.concatenate([states[0], states[len(states) // 2]], axis=-1)


def _ends(values: "KerasTensor", network: Network) -> "KerasTensor":
    """The last step, of the units that run backwards the first.

    Not the final state of a masked layer: where a mask arrives, Keras's Bidirectional puts zeros at the masked steps.
    """
    if not network.bidirectional:
        return values[:, -1]
    return keras.ops.concatenate([values[:, -1, : network.units], values[:, 0, network.units :]], axis=-1)


def has_fill_step(network: Network) -> bool:
    """Whether fill moves the state of the network, and nothing but the state: then a step of fill is a map."""
    return network.model in KINDS and not network.bidirectional and "fill" in network.fact


def recurrence_of(model: "keras.Model", network: Network) -> Recurrence:
    """The recurrent layers of a trained model, in numpy."""
    weights = (model.get_layer(f"encoder_{depth}").get_weights() for depth in range(1, network.layers + 1))
    return Recurrence(tuple(RecurrentLayer(network.model, *map(np.float64, layer)) for layer in weights))


def embed(model: "keras.Model", network: Network, inputs: np.ndarray) -> np.ndarray:
    """What the first layer takes for inputs as they were padded, `(n, time, width)`."""
    if not network.words:
        return inputs.astype(np.float64)
    (table,) = map(np.float64, model.get_layer("embedding").get_weights())
    if network.fact.get("fill") == "zero":
        table[FILL] = 0
    return table[inputs]


def fill_vector(model: "keras.Model", network: Network) -> np.ndarray:
    """What the first layer takes for a step of fill, `(width,)`."""
    fill = np.full((1, 1), FILL) if network.words else np.zeros((1, 1, network.features))
    return embed(model, network, fill)[0, 0]
