"""Transformers: every step looks at every other."""

from padleak.models.backend import keras
from padleak.models.masking import Stream
from padleak.models.network import Encoded, Network, models
from padleak.models.readout import readouts

_HEADS = 2
_WIDENING = 2


def _flops(network: Network, steps: int) -> int:
    weights = (4 + 2 * _WIDENING) * network.units**2
    block = 2 * steps * weights + 4 * steps**2 * network.units
    return 2 * steps * network.width * network.units + network.layers * block


@models.add(flops=_flops)
def transformer(stream: Stream, network: Network) -> Encoded:
    """Pre-norm blocks of self-attention and Dense layers (Vaswani et al. 2017, arXiv:1706.03762); two heads, no positions."""
    stream = stream.through(keras.layers.Dense(network.units, name="encoder_1"))
    for depth in range(1, network.layers + 1):
        stream = _add(stream, _attend(stream, network, depth), depth, "attended")
        stream = _add(stream, _widen(stream, network, depth), depth, "widened")
    return Encoded(stream.values, readouts[network.readout](stream))


def _attend(stream: Stream, network: Network, depth: int) -> Stream:
    normed = stream.through(keras.layers.LayerNormalization(name=f"norm_{depth}"))
    layer = keras.layers.MultiHeadAttention(_HEADS, network.units // _HEADS, name=f"attention_{depth}")
    told = {} if stream.mask is None else {"query_mask": stream.mask, "value_mask": stream.mask}
    return normed.holding(layer(normed.values, normed.values, **told))


def _widen(stream: Stream, network: Network, depth: int) -> Stream:
    for name, units, activation in (("wide", _WIDENING * network.units, "relu"), ("narrow", network.units, None)):
        stream = stream.through(keras.layers.Dense(units, activation=activation, name=f"{name}_{depth}"))
    return stream


def _add(stream: Stream, change: Stream, depth: int, name: str) -> Stream:
    return stream.holding(keras.layers.Add(name=f"{name}_{depth}")([stream.values, change.values]))
