"""Recurrent networks: any depth, either or both directions."""

from padleak.models.backend import keras
from padleak.models.masking import Stream
from padleak.models.network import Encoded, Network, models
from padleak.models.readout import readouts


@models.add(bidirectional=True)
def lstm(stream: Stream, network: Network) -> Encoded:
    """Long short-term memory (Hochreiter & Schmidhuber 1997)."""
    return _stack("LSTM", stream, network)


@models.add(bidirectional=True)
def gru(stream: Stream, network: Network) -> Encoded:
    """Gated recurrent unit (Cho et al. 2014, arXiv:1406.1078)."""
    return _stack("GRU", stream, network)


@models.add(bidirectional=True)
def simple_rnn(stream: Stream, network: Network) -> Encoded:
    """Elman's network: no gates."""
    return _stack("SimpleRNN", stream, network)


def _stack(kind: str, stream: Stream, network: Network) -> Encoded:
    for depth in range(network.layers):
        layer = getattr(keras.layers, kind)(
            network.units, return_sequences=True, name=f"encoder_{depth + 1}_cell" if network.bidirectional else None
        )
        if network.bidirectional:
            layer = keras.layers.Bidirectional(layer)
        layer.name = f"encoder_{depth + 1}"
        stream = stream.through(layer)
    stream = Stream(stream.values, stream.mask, stream.keep, network.units if network.bidirectional else 0)
    return Encoded(stream.values, readouts[network.readout](stream))
