"""Labelled rows, in the batches that training takes."""

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np

from padleak.data.padding import Padded, pad
from padleak.data.sequences import Sequences


class Batch(NamedTuple):
    """Rows of one rectangle: inputs, mask (True = real) and labels."""

    inputs: np.ndarray
    mask: np.ndarray
    labels: np.ndarray


class Rows:
    """Labelled rows of one rectangle, for training in batches of one size.

    Args:
        padded: The rectangle.
        labels: `(n,)`.
    """

    def __init__(self, padded: Padded, labels: np.ndarray):
        self._all = Batch(padded.inputs, padded.mask, labels)

    def batches(self, size: int, generator: np.random.Generator) -> Iterator[Batch]:
        """One epoch in random order; a last incomplete batch is left out, so that every batch has one shape."""
        size = min(size, len(self._all.labels))
        order = generator.permutation(len(self._all.labels))
        for start in range(0, len(order) - size + 1, size):
            rows = order[start : start + size]
            yield Batch(*(part[rows] for part in self._all))

    def rectangles(self) -> Iterator[Batch]:
        """All rows at once."""
        yield self._all


class EqualLengthRows(Rows):
    """Labelled rows in batches of equal length, nothing padded."""

    def __init__(self, sequences: Sequences):
        self._groups = [_rectangle(sequences.take(rows), length) for length, rows in sequences.by_length().items()]

    def batches(self, size: int, generator: np.random.Generator) -> Iterator[Batch]:
        """One epoch: every length in batches of at most `size`, all in random order."""
        chunks = [
            (group, rows)
            for group in self._groups
            for order in [generator.permutation(len(group.labels))]
            for rows in np.split(order, range(size, len(order), size))
        ]
        for index in generator.permutation(len(chunks)):
            group, rows = chunks[index]
            yield Batch(*(part[rows] for part in group))

    def rectangles(self) -> Iterator[Batch]:
        """One rectangle a length."""
        yield from self._groups


def _rectangle(group: Sequences, length: int) -> Batch:
    padded = pad(group, length, "unpadded")
    return Batch(padded.inputs, padded.mask, group.labels)
