"""Ragged sequences through a trained program, with fill and without."""

from collections.abc import Callable, Sequence
from typing import NamedTuple

import numpy as np

from padleak.data.padding import Padded, pad
from padleak.data.sequences import Sequences
from padleak.models.training import Program, Reading


class View(NamedTuple):
    """What a model gives for ragged sequences: states of real steps `(steps, unit)`, summary and prediction `(n, ...)`."""

    states: np.ndarray
    summary: np.ndarray
    prediction: np.ndarray
    padded_share: float


_Look = tuple[Padded, Reading]
Groups = dict[int, np.ndarray]


class Views:
    """Views of sequences through one program.

    Where a network reads prefixes, rows of every length of fill go through in one shape, `window` steps wide, and are read at
    the step where they end. `bare` is taken on batches that hold no fill; `bare_at_once` trusts that later steps have no part.

    Args:
        program: Trained.
        length: Steps of a training row.
        seed: Of the layouts that draw.
        window: At least the steps of the longest filled row.
        ends: The most counts that `filled_after` is asked for.
    """

    def __init__(self, program: Program, length: int, seed: int, window: int, ends: int):
        self._program, self._length, self._seed = program, length, seed
        self._window, self._ends = window, ends

    def bare(self, sequences: Sequences) -> View:
        """Without fill, in batches of equal length."""
        (view,) = _gather(
            sequences, sequences.by_length(), lambda rows, length: self._as_it_is(rows, length, "unpadded")
        )
        return view

    def filled(self, sequences: Sequences, layout: str, count: int) -> View:
        """Every sequence with `count` fill steps; the batches have the same rows as those of `bare`."""
        return self._by_length(sequences, layout, lambda length: length + count)

    def filled_up(self, sequences: Sequences, layout: str) -> View:
        """Every sequence filled up to training's length; the batches have the same rows as those of `bare`."""
        return self._by_length(sequences, layout, lambda _: self._length)

    def filled_after(self, sequences: Sequences, counts: Sequence[int]) -> list[View]:
        """As `filled` with layout `post`, for several counts; of a network that reads prefixes in one pass."""
        if not self._program.network.reads_prefixes:
            return [self.filled(sequences, "post", count) for count in counts]

        def look(rows: Sequences, length: int) -> list[_Look]:
            paddings = [self._pad(rows, length + count, "post") for count in counts]
            longest = max(paddings, key=lambda padded: padded.mask.shape[1])
            ends = np.stack([self._program.ends(padded.mask) for padded in paddings], axis=1)
            return list(zip(paddings, self._read_within_window(longest, ends)))

        return _gather(sequences, sequences.by_length(), look)

    def rectangle(self, sequences: Sequences, layout: str) -> View:
        """All sequences in one rectangle of training's length."""
        (view,) = _gather(
            sequences, self._everyone(sequences), lambda rows, length: self._as_it_is(rows, length, layout)
        )
        return view

    def bare_at_once(self, sequences: Sequences) -> View:
        """As `bare`, up to rounding: of a network that reads prefixes, one rectangle with every row read at its last real
        step."""
        if not self._program.network.reads_prefixes:
            return self.bare(sequences)

        def look(rows: Sequences, length: int) -> list[_Look]:
            padded = self._pad(rows, length, "post")
            return [(padded, self._program.read_at(padded.inputs, padded.mask, rows.lengths[:, None] - 1)[0])]

        (view,) = _gather(sequences, self._everyone(sequences), look)
        return view._replace(padded_share=0.0)

    def _by_length(self, sequences: Sequences, layout: str, target: Callable[[int], int]) -> View:
        def look(rows: Sequences, length: int) -> list[_Look]:
            if not self._program.network.reads_prefixes:
                return self._as_it_is(rows, target(length), layout)
            padded = self._pad(rows, target(length), layout)
            return [(padded, self._read_within_window(padded, self._program.ends(padded.mask)[:, None])[0])]

        (view,) = _gather(sequences, sequences.by_length(), look)
        return view

    def _everyone(self, sequences: Sequences) -> Groups:
        return {self._length: np.arange(len(sequences))}

    def _as_it_is(self, rows: Sequences, length: int, layout: str) -> list[_Look]:
        padded = self._pad(rows, length, layout)
        return [(padded, self._program.read(padded.inputs, padded.mask))]

    def _pad(self, rows: Sequences, length: int, layout: str) -> Padded:
        return pad(rows, length, layout, seed=self._seed)

    def _read_within_window(self, padded: Padded, ends: np.ndarray) -> list[Reading]:
        more = [(0, 0), (0, max(0, self._window - padded.mask.shape[1]))]
        inputs = np.pad(padded.inputs, more + [(0, 0)] * (padded.inputs.ndim - 2))
        # As many ends as any look asks for, so that all have one shape.
        filled = np.pad(ends, [(0, 0), (0, self._ends - ends.shape[1])], mode="edge")
        return self._program.read_at(inputs, np.pad(padded.mask, more), filled)[: ends.shape[1]]


def _gather(sequences: Sequences, groups: Groups, look: Callable[[Sequences, int], list[_Look]]) -> list[View]:
    """Look at group after group, and put the parts of each view back into the order of the sequences."""
    row_of_step = np.repeat(np.arange(len(sequences)), sequences.lengths)
    looks = [look(sequences.take(rows), length) for length, rows in groups.items()]
    by_row = np.argsort(np.concatenate(list(groups.values())))
    by_step = np.argsort(np.concatenate([np.flatnonzero(np.isin(row_of_step, rows)) for rows in groups.values()]))
    views = []
    for parts in zip(*looks):
        states = np.concatenate([reading.states[:, : padded.mask.shape[1]][padded.mask] for padded, reading in parts])
        summary, prediction = (np.concatenate([reading[i] for _, reading in parts]) for i in (1, 2))
        fill = sum((~padded.mask).sum() for padded, _ in parts) / sum(padded.mask.size for padded, _ in parts)
        views.append(View(states[by_step], summary[by_row], prediction[by_row], float(fill)))
    return views
