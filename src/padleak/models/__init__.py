"""What is trained: Keras 3 models on any backend. Keras itself is imported when the first model is built."""

from padleak.models.estimators import estimators
from padleak.models.fillings import fillings
from padleak.models.masking import maskings
from padleak.models.network import Network, models
from padleak.models.objectives import objectives
from padleak.models.readout import readouts
from padleak.models.rows import batchings

__all__ = ["Network", "batchings", "estimators", "fillings", "maskings", "models", "objectives", "readouts"]
