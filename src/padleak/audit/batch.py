"""A feed from a batch that a user gives: what each input is for, where the fill is and what it holds."""

import numbers
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
    static: frozenset[str] = frozenset(),
) -> Feed:
    """A feed from a batch: an array, a list or dict of arrays, or rows of unequal lengths; padded or not.

    Args:
        inputs: The batch.
        pad_value: What fill holds; looked for in the batch if not given.
        time_axis: Axis of time in inputs that have it; those of two axes have it second.
        lengths_insisted_on: If the batch is as long as one of these, it is because the model wants it.
        likely_pad_value: Where the batch does not say what fill holds.
        static: Names of inputs that have no time axis, or `input 1`, `input 2` and so on in a list.

    Raises:
        InputError: Inputs that have no time axis, or too little in them.
    """
    check_pad_value(pad_value)
    names, leaves, pack = _flatten(_level(inputs, likely_pad_value if pad_value is None else pad_value))
    if any(leaf.dtype.kind not in "iufb" for leaf in leaves) or not all(leaf.size for leaf in leaves):
        told = [f"{leaf.dtype} {leaf.shape}" for leaf in leaves]
        raise InputError("inputs", "arrays of numbers with one row or more", ", ".join(told))
    if time_axis > 1 and not any(leaf.ndim > time_axis for leaf in leaves):
        raise InputError(
            "time_axis", f"below {max(leaf.ndim for leaf in leaves)}, as many axes as the inputs have", time_axis
        )
    moved = [leaf.ndim > time_axis > 1 for leaf in leaves]
    leaves = [np.moveaxis(leaf, time_axis, 1) if away else leaf for leaf, away in zip(leaves, moved)]
    longest = max((leaf.shape[1] for leaf in leaves if leaf.ndim > 1), default=0)
    roles = [STATIC if name in static else _role(name, leaf, longest) for name, leaf in zip(names, leaves)]
    widths = {leaf.shape[1] for role, leaf in zip(roles, leaves) if role != STATIC}
    if not widths or min(widths) < _FEWEST_STEPS:
        shapes = f"shapes {[leaf.shape for leaf in leaves]}"
        raise InputError("inputs", "arrays (row, time) or (row, time, feature)", shapes)
    if lengths_insisted_on and not widths <= lengths_insisted_on:
        raise InputError(
            "inputs", f"as long as the model insists on, {sorted(lengths_insisted_on)}", f"{sorted(widths)} steps"
        )
    leaves = [leaf[:_MOST_ROWS] for leaf in leaves]
    told = list(zip(roles, leaves))
    if pad_value is None:
        pad_value = _find_pad_value(told, likely_pad_value)
    # Inputs of one length share their real steps; those of other lengths have their own, and all are cut to the shortest.
    real = {
        width: _real_steps([(r, leaf) for r, leaf in told if leaf.shape[1:2] == (width,)], pad_value)
        for width in widths
    }
    firsts = {width: where.argmax(axis=1) for width, where in real.items()}
    lengths = np.min([where.sum(axis=1) for where in real.values()], axis=0)
    kept = lengths > min(_FEWEST_STEPS, lengths.max() - 1)
    fixed = min(widths) if lengths_insisted_on else None
    length = min(int(lengths[kept].min(initial=min(widths))), _MOST_STEPS, (fixed or min(widths) + 1) - 1)
    if length < _FEWEST_STEPS or not kept.any():
        raise InputError("inputs", f"sequences of {_FEWEST_STEPS} or more real steps", f"lengths {lengths.tolist()}")
    rows = np.flatnonzero(kept)
    parts = tuple(
        Part(
            name,
            role,
            leaf[rows]
            if role == STATIC
            else leaf[rows[:, None], firsts[leaf.shape[1]][rows, None] + np.arange(length)],
        )
        for name, role, leaf in zip(names, roles, leaves)
    )
    in_front = any((first[where.any(axis=1)] > 0).any() for first, where in zip(firsts.values(), real.values()))
    at_end = any((~where[where.any(axis=1)][:, -1]).any() for where in real.values())
    seen = frozenset(side for side, is_seen in (("pre", in_front), ("post", at_end)) if is_seen)
    return Feed(parts, moving_time(pack, moved, time_axis), pad_value, length, fixed, seen, bool((lengths == 0).any()))


def check_pad_value(pad_value: Any) -> None:
    """Raises an `InputError` for what is no number."""
    if pad_value is not None and not isinstance(pad_value, numbers.Real):
        raise InputError("pad_value", "a number", repr(pad_value))


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


def _role(name: str, leaf: np.ndarray, longest: int) -> str:
    """What an input is for; of two axes and not the longest, only ids have a time axis."""
    if leaf.ndim < 2 or (leaf.ndim == 2 and leaf.shape[1] != longest and leaf.dtype.kind not in "iub"):
        return STATIC
    if leaf.ndim > 2:
        return TOKENS if leaf.dtype.kind in "iu" else FEATURES
    if "mask" in name.lower() or leaf.dtype == bool:
        return MASK
    if "position" in name.lower() or (leaf == np.arange(leaf.shape[1])).all():
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
    """Whether a value that `(row, time)` marks stands in runs at the ends of rows and nowhere else; one may be real."""
    runs = np.maximum(
        np.minimum.accumulate(same, axis=1).sum(axis=1), np.minimum.accumulate(same[:, ::-1], axis=1).sum(axis=1)
    )
    return (
        same.sum() == runs.sum()
        and runs.max() > 1
        and ((runs > 0).sum() > 1 or runs.max() > 2)
        and bool((runs < same.shape[1]).any())
    )


def _real_steps(leaves: list[tuple[str, np.ndarray]], pad_value: float) -> np.ndarray:
    """From the first real step of each row to the last, `(row, time)`: by the mask given, else by what is not fill."""
    for role in (MASK, TOKENS, FEATURES):
        for is_, leaf in leaves:
            if is_ == role:
                seen = leaf.astype(bool) if role == MASK else ~_holds(leaf, pad_value)
                return np.maximum.accumulate(seen, axis=1) & np.maximum.accumulate(seen[:, ::-1], axis=1)[:, ::-1]
    raise InputError("inputs", "with tokens, features or a mask among them", f"{[role for role, _ in leaves]}")
