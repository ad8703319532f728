"""Ragged sequences: one flat array of values, cut by offsets."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from numbers import Integral

import numpy as np

from padleak.arguments import array_of, check_kind, say
from padleak.errors import InputError

_RULES = {
    "values": "an array of token ids (steps,) or features (steps, feature)",
    "offsets": "an array of integers (n + 1,)",
    "labels": "an array (n,) of class numbers or targets",
}


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
        for name, kinds, axes in (("values", "biuf", (1, 2)), ("offsets", "iu", (1,)), ("labels", "biuf", (1,))):
            array = getattr(self, name)
            if not isinstance(array, np.ndarray) or array.dtype.kind not in kinds or array.ndim not in axes:
                raise InputError(name, _RULES[name], say(array))
        rises = len(self.offsets) > 0 and self.offsets[0] == 0 and not np.any(np.diff(self.offsets) < 0)
        if not rises or self.offsets[-1] != len(self.values):
            raise InputError("offsets", f"rising from 0 to {len(self.values)} (the number of steps)", self.offsets)
        if len(self.labels) != len(self):
            raise InputError("labels", f"of length {len(self)}, one a sequence", len(self.labels))

    @classmethod
    def from_rows(cls, rows: Iterable, labels: Iterable) -> "Sequences":
        """Gather rows: lists of token ids, or arrays `(time, feature)`; and one label for each.

        Raises:
            InputError: No rows, rows that are neither or of different widths, ids that int32 does not hold, or labels that
                are no numbers or not as many.

        >>> Sequences.from_rows([[5, 6], [7]], [0, 1]).lengths
        array([2, 1])
        """
        check_kind("rows", rows, Iterable, "lists of token ids, or arrays (time, feature)")
        arrays = [array_of("rows", row, "lists of token ids, or arrays (time, feature)") for row in rows]
        if not arrays:
            raise InputError("rows", "at least one sequence", "none")
        _check_rows(arrays)
        told = array_of("labels", labels, _RULES["labels"])
        is_class = told.dtype.kind == "i"
        if told.dtype.kind in "if" and not (np.isfinite(told).all() and (not is_class or told.min(initial=0) >= 0)):
            raise InputError("labels", "finite, and class numbers 0 or more", say(told))
        offsets = np.concatenate([[0], np.cumsum([len(row) for row in arrays])]).astype(np.int64)
        features = next((row.shape[1:] for row in arrays if row.ndim == 2), ())
        values = np.concatenate([row.reshape(-1, *features) for row in arrays])
        return cls(values.astype(np.float32 if features else np.int32), offsets, told)

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
        try:
            rows = np.arange(len(self))[rows]
        except (IndexError, TypeError) as error:
            raise InputError(
                "rows", f"indices below {len(self)} or a mask of that length", say(rows), f"({error})"
            ) from None
        if rows.ndim != 1:
            raise InputError("rows", "indices or a mask of one axis", say(rows))
        return self.gather(self.offsets[rows], self.lengths[rows], self.labels[rows])

    def truncate(self, length: int, side: str = "post") -> "Sequences":
        """Cut every sequence to at most `length` steps.

        Args:
            length: Steps kept, at least 1.
            side: What is cut off, in Keras's words: `post` the end, `pre` the beginning.
        """
        if not isinstance(length, Integral) or isinstance(length, bool) or length < 1:
            raise InputError("length", "at least 1", length)
        if not isinstance(side, str) or side not in ("pre", "post"):
            raise InputError("truncating", "pre or post", say(side))
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


def _check_rows(rows: list[np.ndarray]) -> None:
    """Raises an `InputError` for rows that are not all ids, or all features of one width."""
    widths = {row.shape[1:] for row in rows if row.size}
    kinds = {row.dtype.kind for row in rows if row.size}
    holds_ids = kinds <= set("biu") and widths <= {()}
    holds_features = kinds <= set("biuf") and len(widths) == 1 and len(next(iter(widths))) == 1
    if any(row.ndim == 0 for row in rows) or not (holds_ids or holds_features):
        seen = sorted({f"{row.dtype} {('time', *row.shape[1:])}" for row in rows})
        raise InputError("rows", "all of token ids, or all of features of one width", ", ".join(seen[:5]))
    if holds_ids:
        ends = [end for row in rows if row.size for end in (row.min(), row.max())]
        if ends and not 0 <= min(ends) <= max(ends) <= np.iinfo(np.int32).max:
            raise InputError("rows", "token ids from 0 to what int32 holds", f"{min(ends)} to {max(ends)}")
