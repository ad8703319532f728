"""Packing: several sequences one after another in a row, so that hardly any fill is left.

Keras's recurrent layers do not start afresh within a row: a sequence begins in the state in which the one before it ended.
"""

from collections.abc import Iterator

import numpy as np

from padleak.data.padding import Padded
from padleak.data.sequences import Sequences
from padleak.models.rows import Batch, Fill, Places, Rows, batchings

_ROWS = 4
"""Batches are a multiple of so many rows high, so that there are few shapes."""


class PackedRows(Rows):
    """Labelled sequences packed into rows, each answered at its end. A batch holds the sequences that one of `Rows` holds.

    Args:
        padded: The sequences in one rectangle, as wide as the rows shall be.
        labels: `(n,)`.
    """

    def __init__(self, padded: Padded, labels: np.ndarray):
        super().__init__(padded, labels)
        self._lengths = padded.mask.sum(axis=1)

    def batches(self, size: int, generator: np.random.Generator) -> Iterator[Batch]:
        """One epoch in random order; a last incomplete batch is left out."""
        size = min(size, len(self._lengths))
        order = generator.permutation(len(self._lengths))
        chosen = order[: len(order) // size * size].reshape(-1, size)
        longest_first = np.argsort(-self._lengths[chosen], axis=1, kind="stable")
        chosen = np.take_along_axis(chosen, longest_first, axis=1)
        rows, starts = first_fit(self._lengths[chosen], self._all.mask.shape[1])
        height = -(-(rows.max() + 1) // _ROWS) * _ROWS
        for batch in zip(chosen, rows, starts):
            yield self._lay_out(*batch, height)

    def rectangles(self) -> Iterator[Batch]:
        """All sequences, a row each."""
        everyone = np.arange(len(self._lengths))
        yield self._lay_out(everyone, everyone, np.zeros_like(everyone), len(everyone))

    def _lay_out(self, chosen: np.ndarray, rows: np.ndarray, starts: np.ndarray, height: int) -> Batch:
        """The chosen sequences from `starts` on in `rows` of a rectangle."""
        inputs, mask = self._all.inputs[chosen], self._all.mask[chosen]
        lengths, width = self._lengths[chosen], mask.shape[1]
        before = np.cumsum(lengths) - lengths
        places = np.repeat(rows * width + starts - before, lengths) + np.arange(lengths.sum())
        packed = np.zeros((height * width, *inputs.shape[2:]), inputs.dtype)
        packed[places] = inputs[mask]
        real = np.zeros(height * width, bool)
        real[places] = True
        ends = Places(rows.astype("int32"), (starts + lengths - 1).clip(min=0).astype("int32"))
        return Batch(
            packed.reshape(height, width, *inputs.shape[2:]),
            real.reshape(height, width),
            self._all.labels[chosen],
            ends,
        )


def first_fit(lengths: np.ndarray, width: int) -> tuple[np.ndarray, np.ndarray]:
    """Put each sequence into the first row that has room for it, for many batches at once.

    Args:
        lengths: `(batch, sequence)`, none above `width`; long ones first leave the least room.
        width: Steps of a row.

    Returns:
        The row of each sequence and the step it starts at, both `(batch, sequence)`.

    >>> rows, starts = first_fit(np.array([[6, 5, 4, 3]]), 10)
    >>> rows.tolist(), starts.tolist()
    ([[0, 1, 0, 1]], [[0, 0, 6, 5]])
    """
    batches = np.arange(len(lengths))
    used = np.zeros((len(lengths), lengths.shape[1]), int)
    rows, starts = np.empty_like(lengths), np.empty_like(lengths)
    for sequence in range(lengths.shape[1]):
        taken = lengths[:, sequence]
        rows[:, sequence] = np.argmax(used + taken[:, None] <= width, axis=1)
        starts[:, sequence] = used[batches, rows[:, sequence]]
        used[batches, rows[:, sequence]] += taken
    return rows, starts


@batchings.add(one_shape=True, packs=True)
def packed(sequences: Sequences, fill: Fill) -> Rows:
    """Several sequences one after another in a row, each read at its end; the state is carried over from one to the next."""
    return PackedRows(fill(sequences), sequences.labels)
