"""Labelled rows, in the batches that training takes: how much fill is computed.

A batching takes sequences and how they are filled, and gives `Rows`. To add one, write one function here
(or in a new file of this folder) and decorate it. Facts: `one_shape` (every batch, or nearly, has the same shape), `packs`
(rows hold several sequences, so that only networks that read prefixes can be trained on them).
"""

from collections.abc import Callable, Iterator
from typing import NamedTuple

import numpy as np

from padleak.data.padding import Padded, pad
from padleak.data.sequences import Sequences
from padleak.registry import Registry

batchings = Registry("batching", package="padleak.models")

Fill = Callable[[Sequences], Padded]
"""How sequences become one rectangle of training's length."""

_WIDTHS = 8
"""Trimmed batches are a multiple of so many steps wide, so that there are few shapes."""

_BUCKETS = 4


class Places(NamedTuple):
    """Where sequences end: their rows and steps, `(sequence,)` each. What follows has no part in what is read there."""

    rows: np.ndarray
    steps: np.ndarray


class Batch(NamedTuple):
    """Sequences of one rectangle.

    Attributes:
        inputs, mask: The rectangle; True = real.
        labels: `(sequence,)`.
        places: Where the answer to each label is read; None where rows are sequences, and the readout says where.
    """

    inputs: np.ndarray
    mask: np.ndarray
    labels: np.ndarray
    places: Places | None = None

    def take(self, rows: np.ndarray) -> "Batch":
        """The rows given, of a batch without places."""
        return Batch(self.inputs[rows], self.mask[rows], self.labels[rows])

    def at_ends(self) -> "Batch":
        """The same rows, each to be read at its last real step."""
        last = self.mask.shape[1] - 1 - np.argmax(self.mask[:, ::-1], axis=1)
        return self._replace(places=Places(np.arange(len(last), dtype="int32"), last.astype("int32")))

    def trim(self) -> "Batch":
        """Without the steps at either end that are fill in every row, as far as the widths allow."""
        real = np.flatnonzero(self.mask.any(axis=0))
        first, end = (real[0], real[-1] + 1) if len(real) else (0, 1)
        steps = self.mask.shape[1]
        width = min(-(-(end - first) // _WIDTHS) * _WIDTHS, steps)
        # The steps more than needed are taken where the fill is: in front, or else at the end.
        first = end - width if end >= width and first > 0 else min(first, steps - width)
        kept = slice(first, first + width)
        return Batch(self.inputs[:, kept], self.mask[:, kept], self.labels)


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
            yield self._all.take(order[start : start + size])

    def rectangles(self) -> Iterator[Batch]:
        """All rows at once."""
        yield self._all


class TrimmedRows(Rows):
    """Labelled rows in random batches, each as wide as its longest row asks for."""

    def batches(self, size: int, generator: np.random.Generator) -> Iterator[Batch]:
        """One epoch: the batches of `Rows`, trimmed."""
        for batch in super().batches(size, generator):
            yield batch.trim()


class BucketedRows(Rows):
    """Labelled rows in batches of similar length, each bucket as wide as its longest row asks for."""

    def __init__(self, padded: Padded, labels: np.ndarray):
        super().__init__(padded, labels)
        by_length = np.argsort(padded.mask.sum(axis=1), kind="stable")
        self._buckets = [self._all.take(rows).trim() for rows in np.array_split(by_length, _BUCKETS) if len(rows)]

    def batches(self, size: int, generator: np.random.Generator) -> Iterator[Batch]:
        """One epoch: every bucket in batches of `size`, in random order; rows are taken twice where the last is short."""
        batches = []
        for bucket in self._buckets:
            order = generator.permutation(len(bucket.labels))
            filled = np.resize(order, -(-len(order) // size) * size)
            batches += [(bucket, rows) for rows in filled.reshape(-1, size)]
        for index in generator.permutation(len(batches)):
            bucket, rows = batches[index]
            yield bucket.take(rows)


class EqualLengthRows(Rows):
    """Labelled rows in batches of equal length, nothing padded.

    Args:
        sequences: Ragged.
        at_ends: Whether rows may be read at their ends, so that whatever takes the batches may fill them up.
    """

    def __init__(self, sequences: Sequences, at_ends: bool = False):
        self._sequences, self._at_ends = sequences, at_ends
        self._groups = [
            _rectangle(sequences.take(rows), length, at_ends) for length, rows in sequences.by_length().items()
        ]

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
            batch = group.take(rows)
            yield batch.at_ends() if self._at_ends else batch

    def rectangles(self) -> Iterator[Batch]:
        """One rectangle a length; or a single one, where rows are read at their ends."""
        if self._at_ends:
            yield _rectangle(self._sequences, int(self._sequences.lengths.max()), at_ends=True)
        else:
            yield from self._groups


@batchings.add(one_shape=True)
def rectangle(sequences: Sequences, fill: Fill) -> Rows:
    """Every row as long as training's length."""
    return Rows(fill(sequences), sequences.labels)


@batchings.add
def batch_maximum(sequences: Sequences, fill: Fill) -> Rows:
    """Random batches, each as long as its longest row."""
    return TrimmedRows(fill(sequences), sequences.labels)


@batchings.add
def bucketed(sequences: Sequences, fill: Fill) -> Rows:
    """Rows of similar length together: four buckets, each as long as its longest row."""
    return BucketedRows(fill(sequences), sequences.labels)


def _rectangle(sequences: Sequences, length: int, at_ends: bool) -> Batch:
    padded = pad(sequences, length, "post" if at_ends else "unpadded")
    batch = Batch(padded.inputs, padded.mask, sequences.labels)
    return batch.at_ends() if at_ends else batch
