"""Engines: how each backend runs the same training and the same reading, fast."""

from padleak.models import backend
from padleak.models.engines.engine import Engine


def choose() -> type[Engine]:
    """The engine of the running backend."""
    if backend.name() == "jax":
        from padleak.models.engines.jax import JaxEngine as chosen
    elif backend.name() == "tensorflow":
        from padleak.models.engines.tensorflow import TensorflowEngine as chosen
    else:
        from padleak.models.engines.plain import PlainEngine as chosen
    return chosen
