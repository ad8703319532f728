"""Convolution over time: a control for the recurrent networks."""

from padleak.models.backend import keras
from padleak.models.masking import Stream
from padleak.models.network import Encoded, Network, models
from padleak.models.readout import readouts

KERNEL_STEPS = 5


def _flops(network: Network, steps: int) -> int:
    widths = [network.width] + [network.units] * (network.layers - 1)
    return sum(2 * steps * KERNEL_STEPS * width * network.units for width in widths)


# On processors XLA's convolutions are ten times as slow within a loop.
@models.add(flops=_flops, loops=False)
def conv1d(stream: Stream, network: Network) -> Encoded:
    """Stacked `Conv1D` of five steps, same length, rectified; Keras's layer drops the mask."""
    for depth in range(network.layers):
        stream = stream.through(
            keras.layers.Conv1D(
                network.units, KERNEL_STEPS, padding="same", activation="relu", name=f"encoder_{depth + 1}"
            )
        )
    return Encoded(stream.values, readouts[network.readout](stream))
