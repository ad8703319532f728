"""A feed from a batch that a user gives: what each input is for, where the fill is and what it holds."""

from collections.abc import Callable, Iterable
from typing import Any

import numpy as np

from padleak.audit.feed import FEATURES, MASK, POSITIONS, SEGMENTS, STATIC, TOKENS, Feed, Part
from padleak.errors import InputError

_MOST_ROWS, _MOST_STEPS, _FEWEST_STEPS = 8, 64, 2


def feed_of_batch(
    inputs: Any,
    pad_value: float | None = None,
    time_axis: int = 1,
    lengths_insisted_on: frozenset[int] = frozenset(),
    likely_pad_value: float = 0,
) -> Feed:
    """A feed from a batch: an array, a list or dict of arrays, or rows of unequal lengths; padded or not.

    Args:
        inputs: The batch.
        pad_value: What fill holds; looked for in the batch if not given.
        time_axis: Axis of time in inputs that have it; those of two axes have it second.
        lengths_insisted_on: If the batch is as long as one of these, it is because the model wants it.
        likely_pad_value: Where the batch does not say what fill holds.

    Raises:
        InputError: Inputs that have no time axis, or too little in them.
    """
    names, leaves, pack = _flatten(_level(inputs, likely_pad_value if pad_value is None else pad_value))
    if any(leaf.dtype.kind not in "iufb" for leaf in leaves) or not all(leaf.size for leaf in leaves):
        told = [f"{leaf.dtype} {leaf.shape}" for leaf in leaves]
        raise InputError("inputs", "arrays of numbers with one row or more", ", ".join(told))
    moved = [leaf.ndim > time_axis > 1 for leaf in leaves]
    leaves = [np.moveaxis(leaf, time_axis, 1) if away else leaf for leaf, away in zip(leaves, moved)]
    steps = max((leaf.shape[1] for leaf in leaves if leaf.ndim > 1), default=0)
    if steps < _FEWEST_STEPS:
        shapes = f"shapes {[leaf.shape for leaf in leaves]}"
        raise InputError("inputs", "arrays (row, time) or (row, time, feature)", shapes)
    roles = [_role(name, leaf, steps) for name, leaf in zip(names, leaves)]
    leaves = [leaf[:_MOST_ROWS] for leaf in leaves]
    if pad_value is None:
        pad_value = _find_pad_value(list(zip(roles, leaves)), likely_pad_value)
    real = _real_steps(list(zip(roles, leaves)), pad_value)
    firsts, lengths = real.argmax(axis=1), real.sum(axis=1)
    kept = lengths > min(_FEWEST_STEPS, lengths.max() - 1)
    fixed = steps if steps in lengths_insisted_on else None
    length = min(int(lengths[kept].min(initial=steps)), _MOST_STEPS, (fixed or steps + 1) - 1)
    if length < _FEWEST_STEPS or not kept.any():
        raise InputError("inputs", f"sequences of {_FEWEST_STEPS} or more real steps", f"lengths {lengths.tolist()}")
    places, rows = firsts[kept, None] + np.arange(length), np.flatnonzero(kept)
    parts = tuple(
        Part(name, role, leaf[rows] if role == STATIC else leaf[rows[:, None], places])
        for name, role, leaf in zip(names, roles, leaves)
    )
    filled = {"pre": firsts > 0, "post": firsts + lengths < steps}
    seen = frozenset(side for side, rows_filled in filled.items() if rows_filled[lengths > 0].any())
    return Feed(parts, moving_time(pack, moved, time_axis), pad_value, length, fixed, seen, bool((lengths == 0).any()))


def moving_time(pack: Callable, moved: Iterable[bool], time_axis: int) -> Callable[[list[np.ndarray]], Any]:
    """`pack`, which gets time back to where the model has it, in the parts that are marked."""
    marked = list(moved)

    def pack_moved(parts: list[np.ndarray]) -> Any:
        return pack([np.moveaxis(part, 1, time_axis) if away else part for part, away in zip(parts, marked)])

    return pack_moved if any(marked) else pack


def _level(inputs: Any, fill: float) -> Any:
    """Rows of unequal lengths made level at the end; anything else as it is."""
    if hasattr(inputs, "row_splits") and hasattr(inputs, "to_list"):  # a RaggedTensor
        inputs = inputs.to_list()
    if not isinstance(inputs, list | tuple) or not inputs or not all(np.iterable(row) for row in inputs):
        return inputs
    try:
        rows = [np.asarray(row) for row in inputs]
    except ValueError:
        return inputs
    lengths = {len(row) if row.ndim else 0 for row in rows}
    are_rows = {row.ndim for row in rows} == {1} or (len(lengths) > 1 and len({row.shape[1:] for row in rows}) == 1)
    if not are_rows or any(row.dtype.kind not in "iufb" for row in rows):
        return inputs
    level = np.full((len(rows), max(lengths), *rows[0].shape[1:]), fill, dtype=np.result_type(*rows))
    for row, values in zip(level, rows):
        row[: len(values)] = values
    return level


def _flatten(inputs: Any) -> tuple[list[str], list[np.ndarray], Callable[[list[np.ndarray]], Any]]:
    """Names, arrays, and the way back."""
    if isinstance(inputs, dict):
        names = list(inputs)
        return (
            [str(name) for name in names],
            [np.asarray(inputs[name]) for name in names],
            lambda parts: dict(zip(names, parts)),
        )
    if isinstance(inputs, list | tuple):
        return [f"input {index + 1}" for index in range(len(inputs))], [np.asarray(part) for part in inputs], list
    return ["inputs"], [np.asarray(inputs)], lambda parts: parts[0]


def _role(name: str, leaf: np.ndarray, steps: int) -> str:
    if leaf.ndim < 2 or leaf.shape[1] != steps:
        return STATIC
    if leaf.ndim > 2:
        return TOKENS if leaf.dtype.kind in "iu" else FEATURES
    if "mask" in name.lower() or leaf.dtype == bool:
        return MASK
    if "position" in name.lower() or (leaf == np.arange(steps)).all():
        return POSITIONS
    if "segment" in name.lower() or "type" in name.lower():
        return SEGMENTS
    return TOKENS if (leaf == np.round(leaf)).all() else FEATURES


def _holds(leaf: np.ndarray, value: float) -> np.ndarray:
    """At which steps everything is the value, `(row, time)`."""
    same = np.isnan(leaf) if np.isnan(value) else leaf == value
    return same.all(axis=tuple(range(2, leaf.ndim)))


def _find_pad_value(leaves: list[tuple[str, np.ndarray]], likely: float) -> float:
    """What lies beneath the mask that is given, or what rows end or begin with and hold nowhere else."""
    told = next((leaf.astype(bool) for role, leaf in leaves if role == MASK), None)
    for role, leaf in leaves:
        if role not in (TOKENS, FEATURES):
            continue
        beneath = leaf[~told] if told is not None and told.shape == leaf.shape[:2] else leaf[:0]
        if beneath.size and (beneath == beneath.flat[0]).all():
            return float(beneath.flat[0])
        ends = leaf[:, [0, -1]]
        if any(_holds(ends, value).any() for value in (likely, 0.0)):
            return likely if _holds(ends, likely).any() else 0.0
        for value in np.unique(ends):
            if _looks_like_fill(_holds(leaf, float(value))):
                return float(value)
    return likely


def _looks_like_fill(same: np.ndarray) -> bool:
    """Whether a value that `(row, time)` marks stands in runs at the ends of rows and nowhere else."""
    runs = np.maximum(
        np.minimum.accumulate(same, axis=1).sum(axis=1), np.minimum.accumulate(same[:, ::-1], axis=1).sum(axis=1)
    )
    return same.sum() == runs.sum() and ((runs > 1).sum() > 1 or runs.max() > 2) and bool((runs < same.shape[1]).any())


def _real_steps(leaves: list[tuple[str, np.ndarray]], pad_value: float) -> np.ndarray:
    """From the first real step of each row to the last, `(row, time)`: by the mask given, else by what is not fill."""
    for role in (MASK, TOKENS, FEATURES):
        for is_, leaf in leaves:
            if is_ == role:
                seen = leaf.astype(bool) if role == MASK else ~_holds(leaf, pad_value)
                return np.maximum.accumulate(seen, axis=1) & np.maximum.accumulate(seen[:, ::-1], axis=1)[:, ::-1]
    raise InputError("inputs", "with tokens, features or a mask among them", f"{[role for role, _ in leaves]}")
