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


class Condition(NamedTuple):
    """Where fill goes, and how many steps of it; None fills up to training's length."""

    layout: str
    count: int | None


_Look = tuple[Padded, Reading]
Groups = dict[int, np.ndarray]


class Views:
    """Views of sequences through one program.

    Where a network reads prefixes, rows under all conditions go through in one stack, `window` steps wide, and are read at
    the step where they end. `bare` is taken on batches that hold no fill; `bare_at_once` trusts that later steps have no part.

    Args:
        program: Trained.
        length: Steps of a training row.
        seed: Of the layouts that draw.
        window: At least the steps of the longest filled row.
    """

    def __init__(self, program: Program, length: int, seed: int, window: int):
        self._program, self._length, self._seed, self._window = program, length, seed, window

    def bare(self, sequences: Sequences, copies: int = 1) -> list[View]:
        """Without fill, in batches of equal length, as often as wanted.

        Copy `i` has the rows in the places that `filled` has them in under condition `i`: a row may come out differently in a
        batch of other rows, by some 1e-6.
        """
        stacks = copies if self._program.network.reads_prefixes else 1

        def look(rows: Sequences, length: int) -> list[_Look]:
            padded = self._pad(rows, length, "unpadded")
            whole = self._program.read(*(np.concatenate([part] * stacks) for part in (padded.inputs, padded.mask)))
            return [(padded, _block(whole, index, len(rows))) for index in range(stacks)]

        views = _gather(sequences, sequences.by_length(), look)
        return views * (copies // stacks)

    def filled(self, sequences: Sequences, conditions: Sequence[Condition]) -> list[View]:
        """Every sequence under every condition; the batches have the same rows as those of `bare`."""
        take = self._stack if self._program.network.reads_prefixes else self._one_by_one

        def look(rows: Sequences, length: int) -> list[_Look]:
            targets = [self._length if count is None else length + count for _, count in conditions]
            return take([self._pad(rows, steps, layout) for (layout, _), steps in zip(conditions, targets)])

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
            return self.bare(sequences)[0]

        def look(rows: Sequences, length: int) -> list[_Look]:
            padded = self._pad(rows, length, "post")
            return [(padded, self._program.read_at(padded.inputs, padded.mask, rows.lengths[:, None] - 1)[0])]

        (view,) = _gather(sequences, self._everyone(sequences), look)
        return view._replace(padded_share=0.0)

    def _everyone(self, sequences: Sequences) -> Groups:
        return {self._length: np.arange(len(sequences))}

    def _as_it_is(self, rows: Sequences, length: int, layout: str) -> list[_Look]:
        padded = self._pad(rows, length, layout)
        return [(padded, self._program.read(padded.inputs, padded.mask))]

    def _pad(self, rows: Sequences, length: int, layout: str) -> Padded:
        return pad(rows, length, layout, seed=self._seed)

    def _one_by_one(self, paddings: list[Padded]) -> list[_Look]:
        return [(padded, self._program.read(padded.inputs, padded.mask)) for padded in paddings]

    def _stack(self, paddings: list[Padded]) -> list[_Look]:
        """All rows in one batch, as wide as the window, each read at its own end."""
        inputs, mask = (
            np.concatenate([self._widen(part) for part in parts])
            for parts in zip(*((padded.inputs, padded.mask) for padded in paddings))
        )
        ends = np.concatenate([self._program.ends(padded.mask) for padded in paddings])
        (whole,) = self._program.read_at(inputs, mask, ends[:, None])
        return [(padded, _block(whole, index, len(padded.mask))) for index, padded in enumerate(paddings)]

    def _widen(self, part: np.ndarray) -> np.ndarray:
        more = max(0, self._window - part.shape[1])
        return np.pad(part, [(0, 0), (0, more), *[(0, 0)] * (part.ndim - 2)])


def _block(whole: Reading, index: int, rows: int) -> Reading:
    """The readings of one of several batches of as many rows that were read as one."""
    return Reading(*(part[index * rows : (index + 1) * rows] for part in whole))


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
