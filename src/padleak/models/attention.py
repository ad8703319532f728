"""Transformers: every step looks at every other. They differ in where they normalise, in positions, in where the mask works."""

from dataclasses import dataclass

from padleak.models.attention_layers import masked_attention, positions
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


@dataclass(frozen=True)
class _Kind:
    """What Transformers differ in.

    Attributes:
        normalises: `before` attention and Dense layers, so that what is added goes round them, or `after` the sum.
        positions: `none`, `learned`, `counted`, `sinusoidal` or `rotary`.
        scores: Where the mask works, as in `masked_attention`.
    """

    normalises: str = "before"
    positions: str = "none"
    scores: str = "before"

    def encode(self, stream: Stream, network: Network) -> Encoded:
        """Blocks of self-attention and Dense layers."""
        stream = stream.through(keras.layers.Dense(network.units, name="encoder_1"))
        if self.positions not in ("none", "rotary"):
            stream = stream.through(positions(self.positions, name="positions"))
        for depth in range(1, network.layers + 1):
            stream = self._block(stream, depth, network, ("norm", self._attend, "attended"))
            stream = self._block(stream, depth, network, ("norm_wide", _widen, "widened"))
        return Encoded(stream.values, readouts[network.readout](stream))

    def _block(self, stream: Stream, depth: int, network: Network, names: tuple) -> Stream:
        name, work, added = names
        norm = keras.layers.LayerNormalization(name=f"{name}_{depth}")
        add = keras.layers.Add(name=f"{added}_{depth}")
        if self.normalises == "before":
            # The Dense layers of the plain Transformer go without; its weights and results stay as they were.
            seen = stream.through(norm) if name == "norm" else stream
            return stream.holding(add([stream.values, work(seen, network, depth).values]))
        return stream.holding(add([stream.values, work(stream, network, depth).values])).through(norm)

    def _attend(self, stream: Stream, network: Network, depth: int) -> Stream:
        name = f"attention_{depth}"
        if self.scores != "before" or self.positions == "rotary":
            return stream.through(masked_attention(_HEADS, self.scores, self.positions == "rotary", name=name))
        layer = keras.layers.MultiHeadAttention(_HEADS, network.units // _HEADS, name=name)
        told = {} if stream.mask is None else {"query_mask": stream.mask, "value_mask": stream.mask}
        return stream.holding(layer(stream.values, stream.values, **told))


def _widen(stream: Stream, network: Network, depth: int) -> Stream:
    for name, units, activation in (("wide", _WIDENING * network.units, "relu"), ("narrow", network.units, None)):
        stream = stream.through(keras.layers.Dense(units, activation=activation, name=f"{name}_{depth}"))
    return stream


@models.add(flops=_flops)
def transformer(stream: Stream, network: Network) -> Encoded:
    """Pre-norm blocks of self-attention and Dense layers (Vaswani et al. 2017, arXiv:1706.03762); two heads, no positions."""
    return _Kind().encode(stream, network)


@models.add(flops=_flops)
def transformer_post_norm(stream: Stream, network: Network) -> Encoded:
    """The same, normalised after each sum, as the first ones were."""
    return _Kind(normalises="after").encode(stream, network)


@models.add(flops=_flops)
def transformer_learned(stream: Stream, network: Network) -> Encoded:
    """Pre-norm, with learned positions counted from the start of the row."""
    return _Kind(positions="learned").encode(stream, network)


@models.add(flops=_flops)
def transformer_counted(stream: Stream, network: Network) -> Encoded:
    """Pre-norm, with learned positions counted from the first real step, where a mask says which that is."""
    return _Kind(positions="counted").encode(stream, network)


@models.add(flops=_flops)
def transformer_sinusoidal(stream: Stream, network: Network) -> Encoded:
    """Pre-norm, with sines and cosines of the position in the row."""
    return _Kind(positions="sinusoidal").encode(stream, network)


@models.add(flops=_flops)
def transformer_rotary(stream: Stream, network: Network) -> Encoded:
    """Pre-norm, with queries and keys turned by their position, so that scores know distances alone."""
    return _Kind(positions="rotary").encode(stream, network)


@models.add(flops=_flops)
def transformer_zeroed(stream: Stream, network: Network) -> Encoded:
    """Pre-norm, with attention weights at fill set to zero after the softmax."""
    return _Kind(scores="zeroed").encode(stream, network)


@models.add(flops=_flops)
def transformer_renormalised(stream: Stream, network: Network) -> Encoded:
    """Pre-norm, with attention weights at fill set to zero after the softmax, and the others made to sum to one again."""
    return _Kind(scores="renormalised").encode(stream, network)
