"""Feed-forward networks: controls that read the embedded steps at once."""

from padleak.models.backend import keras
from padleak.models.masking import Stream
from padleak.models.network import Encoded, Network, models
from padleak.models.readout import readouts


def _flops(network: Network, steps: int) -> int:
    first = network.width * (steps if network.readout == "flatten" else 1)
    widths = [first] + [network.units] * (network.layers - 1)
    return sum(2 * width * network.units for width in widths)


@models.add(flops=_flops)
def mlp(stream: Stream, network: Network) -> Encoded:
    """The read-out (`mean` or `flatten`) of the inputs themselves, then rectified Dense layers."""
    summary = readouts[network.readout](stream)
    for depth in range(network.layers):
        summary = keras.layers.Dense(network.units, activation="relu", name=f"encoder_{depth + 1}")(summary)
    return Encoded(stream.values, summary)
