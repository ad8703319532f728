"""A feed from a batch that a user gives: what each input is for, where the fill is and what it holds."""

import numbers
from collections.abc import Callable, Iterable
from typing import Any

import numpy as np

from padleak.arguments import check_whole
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
    if len({leaf.shape[:1] for leaf in leaves if leaf.ndim}) > 1:
        raise InputError(
            "inputs", "of as many rows each", ", ".join(f"{len(leaf)} of {name}" for name, leaf in zip(names, leaves))
        )
    check_whole("time_axis", time_axis)
    if time_axis < 1 or (time_axis > 1 and not any(leaf.ndim > time_axis for leaf in leaves)):
        raise InputError("time_axis", "an axis of an input, 1 or more (axis 0 is that of the rows)", time_axis)
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
    told = list(zip(roles, leaves))
    if pad_value is None:
        pad_value = _find_pad_value([(role, leaf[:_MOST_ROWS]) for role, leaf in told], likely_pad_value)
    # Every input has its own real steps, and all are cut to the shortest.
    real = [None if role == STATIC else _real_steps_of(role, leaf, told, pad_value) for role, leaf in told]
    timed = [where for where in real if where is not None]
    lengths = np.min([where.sum(axis=1) for where in timed], axis=0)
    rows = np.flatnonzero(lengths > min(_FEWEST_STEPS, lengths.max() - 1))[:_MOST_ROWS]
    fixed = min(widths) if lengths_insisted_on else None
    length = min(int(lengths[rows].min(initial=min(widths))), _MOST_STEPS, (fixed or min(widths) + 1) - 1)
    if length < _FEWEST_STEPS or not len(rows):
        raise InputError("inputs", f"sequences of {_FEWEST_STEPS} or more real steps", f"lengths {lengths.tolist()}")
    parts = tuple(
        Part(name, role, leaf[rows] if where is None else _cut(leaf, where, rows, length))
        for name, role, leaf, where in zip(names, roles, leaves, real)
    )
    _check_finite(parts)
    filled = {"pre": [~where[:, 0] for where in timed], "post": [~where[:, -1] for where in timed]}
    seen = frozenset(side for side, ends in filled.items() if np.any(ends, axis=0)[lengths > 0].any())
    return Feed(parts, moving_time(pack, moved, time_axis), pad_value, length, fixed, seen, bool((lengths == 0).any()))


def _check_finite(parts: Iterable[Part]) -> None:
    """What is no number among real steps would be none in every output, with fill and without."""
    for part in parts:
        if part.role != MASK and not np.isfinite(part.values).all():
            bad = f"{(~np.isfinite(part.values)).sum()} numbers in {part.name} that are not"
            raise InputError("inputs", "finite where they are not fill", bad)


def _cut(leaf: np.ndarray, real: np.ndarray, rows: np.ndarray, length: int) -> np.ndarray:
    """The first real steps of some rows."""
    return leaf[rows[:, None], real.argmax(axis=1)[rows, None] + np.arange(length)]


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


def _real_steps_of(role: str, leaf: np.ndarray, leaves: list[tuple[str, np.ndarray]], pad_value: float) -> np.ndarray:
    """From the first real step of each row to the last, `(row, time)`: by a mask of that length, else by what is not fill; of
    positions and the like by that of the ids or features beside them."""
    beside = [(other, values) for other, values in leaves if other != STATIC and values.shape[1] == leaf.shape[1]]
    own = [(role, leaf)] if role in (TOKENS, FEATURES) else []
    found = [pair for wanted in (TOKENS, FEATURES) for pair in beside if pair[0] == wanted]
    told = [pair for pair in beside if pair[0] == MASK] + own + found
    if not told:
        raise InputError("inputs", "with tokens, features or a mask among them", f"{[other for other, _ in leaves]}")
    by, values = told[0]
    seen = values.astype(bool) if by == MASK else ~_holds(values, pad_value)
    return np.maximum.accumulate(seen, axis=1) & np.maximum.accumulate(seen[:, ::-1], axis=1)[:, ::-1]
