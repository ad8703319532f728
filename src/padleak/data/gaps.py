"""Values missing within sequences: where the gaps are, and what a network is told of them.

To add a pattern or a way of telling, write one decorated function in a file of this folder.
"""

import numpy as np

from padleak.arguments import check_kind
from padleak.data.missingness import check_rate
from padleak.data.sequences import Sequences
from padleak.errors import InputError
from padleak.registry import Registry

gap_patterns = Registry("gap pattern", package="padleak.data")
"""Functions `(offsets, share, generator) -> missing (step,)`, True = missing: all channels of a step at once, as where a sensor
is silent, so that a mask could skip it."""

tellings = Registry("telling", package="padleak.data")
"""Functions `(Gapped) -> values (step, channel or more)`, none missing."""


class Gapped:
    """Sequences with gaps, as one stretch of steps.

    Args:
        values: `(step, channel)`; what is missing is not looked at.
        missing: `(step,)`, True = missing.
        offsets: Where sequences begin and end, `(sequence + 1,)`.

    Attributes:
        missing: `(step, 1)`.
        zeroed: Values, 0 where missing.
        last: The last values seen, 0 before there are any.
        since: Steps since then, `(step, 1)`: 0 where values are there; since the beginning, before there are any.
    """

    def __init__(self, values: np.ndarray, missing: np.ndarray, offsets: np.ndarray):
        self.missing = missing[:, None]
        self.zeroed = np.where(self.missing, 0, values).astype(values.dtype)
        steps, first = np.arange(len(values)), np.repeat(offsets[:-1], np.diff(offsets))
        seen = np.maximum.accumulate(np.where(missing, -1, steps))
        has_seen = seen >= first
        self.last = np.where(has_seen[:, None], self.zeroed[np.maximum(seen, 0)], 0)
        self.since = (steps - np.where(has_seen, seen, first - 1))[:, None]


@gap_patterns.add
def scattered(offsets: np.ndarray, share: float, generator: np.random.Generator) -> np.ndarray:
    """Each step by itself."""
    return generator.random(offsets[-1]) < share


@gap_patterns.add
def block(offsets: np.ndarray, share: float, generator: np.random.Generator) -> np.ndarray:
    """One hole in the middle of each sequence; its first and last step stay, where there are three."""
    lengths = np.diff(offsets)
    size = np.minimum(np.round(share * lengths).astype(int), np.maximum(lengths - 2, 0))
    start = 1 + np.floor(generator.random(len(lengths)) * (lengths - 1 - size)).astype(int)
    place = np.arange(offsets[-1]) - np.repeat(offsets[:-1], lengths)
    return (place >= np.repeat(start, lengths)) & (place < np.repeat(start + size, lengths))


@tellings.add
def zero(gapped: Gapped) -> np.ndarray:
    """A missing value is zero; of data from files, which are scaled, that is the mean."""
    return gapped.zeroed


@tellings.add
def last(gapped: Gapped) -> np.ndarray:
    """A missing value is the last one seen."""
    return gapped.last


@tellings.add
def flag(gapped: Gapped) -> np.ndarray:
    """As `zero`, and beside it a 1 for what is missing."""
    return np.concatenate([gapped.zeroed, gapped.missing], axis=1)


@tellings.add
def timed(gapped: Gapped) -> np.ndarray:
    """As `flag`, and how long ago a value was seen; time as a logarithm."""
    return np.concatenate([gapped.zeroed, gapped.missing, np.log1p(gapped.since)], axis=1)


@tellings.add
def since(gapped: Gapped) -> np.ndarray:
    """As `last`, and beside it a 1 for what is missing and how long ago it was seen, in the way of GRU-D (Che et al. 2018,
    arXiv:1606.01865); time as a logarithm."""
    return np.concatenate([gapped.last, gapped.missing, np.log1p(gapped.since)], axis=1)


def with_gaps(
    sequences: Sequences, share: float, pattern: str, telling: str, generator: np.random.Generator
) -> Sequences:
    """Sequences of features with values removed, as a network is told of them.

    Args:
        sequences: Of features.
        share: Of values that go missing.
        pattern: A name of `gap_patterns`.
        telling: A name of `tellings`.
        generator: Of the gaps.

    Raises:
        InputError: Tokens, or a share that is not one.
    """
    check_kind("sequences", sequences, Sequences, "Sequences")
    check_kind("generator", generator, np.random.Generator, "a numpy Generator")
    if not sequences.has_features:
        raise InputError("sequences", "of features", "tokens", "Values can only be missing where there are numbers.")
    check_rate(share, "share of gaps")
    missing = gap_patterns[pattern](sequences.offsets, share, generator)
    told = tellings[telling](Gapped(sequences.values, missing, sequences.offsets))
    return sequences.with_values(told.astype(np.float32))
