"""Ragged sequences: one flat array of values, cut by offsets."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

import numpy as np

from padleak.errors import InputError


@dataclass(frozen=True, eq=False)
class Sequences:
    """`n` sequences of any lengths and their labels, without any fill.

    Attributes:
        values: Token ids `(steps,)` int32 or features `(steps, feature)` float32; `steps` is the sum of the lengths.
        offsets: `(n + 1,)` int64; sequence `i` is `values[offsets[i]:offsets[i + 1]]`.
        labels: `(n,)`, class numbers (integer) or targets (float).
    """

    values: np.ndarray
    offsets: np.ndarray
    labels: np.ndarray

    def __post_init__(self):
        if self.offsets[0] != 0 or self.offsets[-1] != len(self.values) or np.any(np.diff(self.offsets) < 0):
            raise InputError("offsets", f"rising from 0 to {len(self.values)} (the number of steps)", self.offsets)
        if len(self.labels) != len(self):
            raise InputError("labels", f"of length {len(self)}, one a sequence", len(self.labels))

    @classmethod
    def from_rows(cls, rows: Iterable, labels: Iterable) -> "Sequences":
        """Gather rows: lists of token ids, or arrays `(time, feature)`.

        >>> Sequences.from_rows([[5, 6], [7]], [0, 1]).lengths
        array([2, 1])
        """
        arrays = [np.asarray(row) for row in rows]
        if not arrays:
            raise InputError("rows", "at least one sequence", "none")
        offsets = np.concatenate([[0], np.cumsum([len(row) for row in arrays])]).astype(np.int64)
        features = next((row.shape[1:] for row in arrays if row.ndim == 2), ())
        values = np.concatenate([row.reshape(-1, *features) for row in arrays])
        return cls(values.astype(np.float32 if features else np.int32), offsets, np.asarray(labels))

    def __len__(self) -> int:
        return len(self.offsets) - 1

    def __getitem__(self, index: int) -> np.ndarray:
        if not 0 <= index < len(self):
            raise IndexError(index)
        return self.values[self.offsets[index] : self.offsets[index + 1]]

    def __iter__(self) -> Iterator[np.ndarray]:
        return (self[index] for index in range(len(self)))

    @property
    def lengths(self) -> np.ndarray:
        """Steps of each sequence, `(n,)`."""
        return np.diff(self.offsets)

    @property
    def has_features(self) -> bool:
        """Whether a step is a vector of floats rather than a token id."""
        return self.values.ndim == 2

    def take(self, rows: np.ndarray) -> "Sequences":
        """The given sequences (indices or a boolean mask), in the given order."""
        rows = np.arange(len(self))[rows]
        return self.gather(self.offsets[rows], self.lengths[rows], self.labels[rows])

    def truncate(self, length: int, side: str = "post") -> "Sequences":
        """Cut every sequence to at most `length` steps.

        Args:
            length: Steps kept, at least 1.
            side: What is cut off, in Keras's words: `post` the end, `pre` the beginning.
        """
        if length < 1:
            raise InputError("length", "at least 1", length)
        if side not in ("pre", "post"):
            raise InputError("truncating", "pre or post", side)
        kept = np.minimum(self.lengths, length)
        starts = self.offsets[:-1] if side == "post" else self.offsets[1:] - kept
        return self.gather(starts, kept, self.labels)

    def by_length(self) -> dict[int, np.ndarray]:
        """Length -> rows of that length, the shortest first; the batches in which nothing needs padding."""
        order = np.argsort(self.lengths, kind="stable")
        lengths, first = np.unique(self.lengths[order], return_index=True)
        return dict(zip(lengths.tolist(), np.split(order, first[1:])))

    def with_values(self, values: np.ndarray) -> "Sequences":
        """The same cuts and labels over other values."""
        return replace(self, values=values)

    def gather(self, starts: np.ndarray, lengths: np.ndarray, labels: np.ndarray) -> "Sequences":
        """New sequences from stretches of these: where each begins in `values`, its steps, and its label, `(m,)` each."""
        offsets = np.concatenate([[0], np.cumsum(lengths)]).astype(np.int64)
        steps = np.arange(offsets[-1]) + np.repeat(starts - offsets[:-1], lengths)
        return Sequences(self.values[steps], offsets, labels)
