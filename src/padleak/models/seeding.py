"""Weights that hang on a seed and on nothing else.

Left alone, Keras seeds every initialiser from Python's global generator, which any thread of the process may draw from in
between: Dask's do, and one cell in twenty came out different.
"""

from typing import Any

import numpy as np

from padleak.models.backend import keras


def seeded(model: Any, seed: int) -> Any:
    """A functional model built anew, its open seeds drawn.

    Args:
        model: A functional model.
        seed: Of the initial weights and of whatever else draws.
    """
    return from_plan(model.get_config(), seed)


def from_plan(config: dict, seed: int) -> Any:
    """The same from the model's configuration, which can be kept: `seeded(model, seed)` for one seed after another.

    Args:
        config: As `get_config` of a functional model gives it; left as it is.
        seed: Of the initial weights and of whatever else draws.
    """
    return keras.Model.from_config(_with_seeds(config, np.random.default_rng(seed)))


def _with_seeds(config: Any, generator: np.random.Generator) -> Any:
    """A Keras configuration in which every open seed is drawn."""
    if isinstance(config, dict):
        return {
            name: int(generator.integers(2**31)) if name == "seed" and value is None else _with_seeds(value, generator)
            for name, value in config.items()
        }
    if isinstance(config, list | tuple):
        return type(config)(_with_seeds(value, generator) for value in config)
    return config
