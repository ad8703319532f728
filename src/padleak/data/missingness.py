"""Why values are missing: mechanisms that remove them.

To add one, write one decorated function in a file of this folder.
"""

from numbers import Real
from typing import NamedTuple

import numpy as np
from scipy.special import expit

from padleak.arguments import say
from padleak.errors import InputError
from padleak.measures.bisection import reach
from padleak.measures.gaussian import SelfMasking
from padleak.registry import Registry

mechanisms = Registry("mechanism", package="padleak.data")
"""Functions `(values, rate, generator) -> Removal`: `values` `(row, column)`, at least two columns, none missing; of each
column that loses any, a share `rate` is to be missing."""

_ALWAYS_SEEN = 0.1
"""Share of columns that stay whole where the others' absence hangs on them."""


class Removal(NamedTuple):
    """What goes missing.

    Attributes:
        missing: `(row, column)`, True = missing.
        masking: The law, where absence hangs on the absent value.
    """

    missing: np.ndarray
    masking: SelfMasking | None = None


@mechanisms.add
def mcar(values: np.ndarray, rate: float, generator: np.random.Generator) -> Removal:
    """Completely at random."""
    return Removal(generator.random(values.shape) < rate)


@mechanisms.add
def mar(values: np.ndarray, rate: float, generator: np.random.Generator) -> Removal:
    """At random: a tenth of the columns stay whole, and the absence of the others hangs on them by a logistic law."""
    columns = values.shape[1]
    order = generator.permutation(columns)
    seen, lost = np.split(order, [max(1, int(_ALWAYS_SEEN * columns))])
    scaled = (values - values.mean(axis=0)) / (values.std(axis=0) + 1e-12)
    scores = scaled[:, seen] @ generator.normal(size=(len(seen), len(lost)))
    scores /= (scores.std(axis=0) + 1e-12) * generator.uniform(0.1, 0.5, size=len(lost))
    missing = np.zeros(values.shape, dtype=bool)
    intercepts = reach(rate, lambda at: expit(scores + at).mean(axis=0), -200, 200, len(lost))
    missing[:, lost] = generator.random(scores.shape) < expit(scores + intercepts)
    return Removal(missing)


@mechanisms.add
def self_masking(values: np.ndarray, rate: float, generator: np.random.Generator) -> Removal:
    """Not at random: large values are the likeliest to be missing (Gaussian self-masking)."""
    masking = SelfMasking.at_rate(values, rate)
    return Removal(generator.random(values.shape) < masking.probability(values), masking)


def check_rate(rate: float, name: str = "rate") -> None:
    """A rate is a share above 0 and below 1.

    Raises:
        InputError: It is not.
    """
    if not isinstance(rate, Real) or not 0 < rate < 1:
        raise InputError(name, "above 0 and below 1", say(rate))
