"""Batches for an audit: true sequences of one length, and every way to lay them out."""

import contextlib
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from padleak.errors import InputError
from padleak.models.backend import keras

_ROWS, _STEPS, _FILL_STEPS = 4, 7, 6
_MOST_ROWS, _MOST_STEPS, _FEWEST_STEPS = 8, 64, 2
_STATIC, _TOKENS, _FEATURES = "static", "tokens", "features"
_MASK, _POSITIONS, _SEGMENTS = "mask", "positions", "segments"


@dataclass(frozen=True, eq=False)
class Part:
    """One input of the model.

    Attributes:
        name: As the model or the user calls it.
        role: `tokens`, `features`, `mask`, `positions`, `segments`, or `static` where it has no time axis.
        values: `(row, step, ...)` without fill; of a static one as it is.
    """

    name: str
    role: str
    values: np.ndarray


@dataclass(frozen=True, eq=False)
class Feed:
    """Sequences of one length, as the parts of a model's inputs.

    Attributes:
        parts: One for each input.
        pack: From the parts' arrays to what the model takes: one array, a list, a dict.
        pad_value: What fill holds in tokens and features.
        steps: Length of every sequence.
        fixed: Length that the model insists on; None where it takes any.
        had_empty_row: Whether the user's batch has a row that is all fill.
    """

    parts: tuple[Part, ...]
    pack: Callable[[list[np.ndarray]], Any]
    pad_value: float
    steps: int
    fixed: int | None = None
    had_empty_row: bool = False

    @property
    def fill(self) -> int:
        """Steps of fill that a row gets."""
        return _FILL_STEPS if self.fixed is None else self.fixed - self.steps

    @property
    def has_mask_input(self) -> bool:
        """Whether the user says which steps are real."""
        return any(part.role == _MASK for part in self.parts)

    def bare(self) -> Any:
        """Without fill."""
        return self.pack([part.values for part in self.parts])

    def padded(
        self, side: str, count: int, poison: np.random.Generator | None = None, empty_row: bool = False
    ) -> tuple[Any, np.ndarray]:
        """With fill.

        Args:
            side: `pre` or `post`.
            count: Steps of fill.
            poison: Fill tokens and features with what real steps could hold instead of the pad value.
            empty_row: Make the first row all fill.

        Returns:
            The inputs, and the places of the real steps, `(step,)`.
        """
        places = np.arange(self.steps) + (count if side == "pre" else 0)
        laid = [self._lay(part, places, count, poison, empty_row) for part in self.parts]
        return self.pack(laid), places

    def exchanged(self) -> "Feed":
        """The middle step of every sequence exchanged for one of another."""
        return replace(self, parts=tuple(replace(part, values=self._exchange(part)) for part in self.parts))

    def rows(self, rows: list[int]) -> "Feed":
        """Some of the sequences, maybe several times."""
        return replace(self, parts=tuple(replace(part, values=part.values[rows]) for part in self.parts))

    def _lay(
        self, part: Part, places: np.ndarray, count: int, poison: np.random.Generator | None, empty_row: bool
    ) -> np.ndarray:
        if part.role == _STATIC:
            return part.values
        values = part.values
        shape = (len(values), self.steps + count, *values.shape[2:])
        if part.role == _POSITIONS:
            return np.broadcast_to(np.arange(shape[1]), shape).astype(values.dtype)
        fill = self.pad_value if part.role in (_TOKENS, _FEATURES) else 0
        laid = np.full(shape, fill, dtype=values.dtype)
        if poison is not None and part.role in (_TOKENS, _FEATURES):
            laid = poison.permuted(np.resize(values, shape), axis=0)
        laid[:, places] = values
        if empty_row:
            laid[0] = fill
        return laid

    def _exchange(self, part: Part) -> np.ndarray:
        if part.role not in (_TOKENS, _FEATURES):
            return part.values
        values = part.values.copy()
        middle = self.steps // 2
        if part.role == _FEATURES:
            values[:, middle] = 1.5 * np.roll(values[:, middle], 1, axis=0) + 0.5
            return values
        used = np.unique(values)
        after = used[(np.searchsorted(used, values[:, middle]) + 1) % len(used)]
        values[:, middle] = np.where(after == values[:, middle], np.where(after > 1, after - 1, after + 1), after)
        return values


def feed_of_batch(inputs: Any, pad_value: float, lengths_insisted_on: frozenset[int] = frozenset()) -> Feed:
    """A feed from a batch: an array, or a list or dict of arrays, padded or not.

    Args:
        inputs: The batch.
        pad_value: What fill holds.
        lengths_insisted_on: If the batch is as long as one of these, it is because the model wants it.

    Raises:
        InputError: Inputs that have no time axis, or too little in them.
    """
    names, leaves, pack = _flatten(inputs)
    if any(leaf.dtype.kind not in "iufb" for leaf in leaves) or not all(leaf.size for leaf in leaves):
        told = [f"{leaf.dtype} {leaf.shape}" for leaf in leaves]
        raise InputError("inputs", "arrays of numbers with one row or more", ", ".join(told))
    steps = max((leaf.shape[1] for leaf in leaves if leaf.ndim > 1), default=0)
    if steps < _FEWEST_STEPS:
        shapes = f"shapes {[leaf.shape for leaf in leaves]}"
        raise InputError("inputs", "arrays (row, time) or (row, time, feature)", shapes)
    roles = [_role(name, leaf, steps) for name, leaf in zip(names, leaves)]
    leaves = [leaf[:_MOST_ROWS] for leaf in leaves]
    real = _real_steps(list(zip(roles, leaves)), pad_value)
    firsts, lengths = real.argmax(axis=1), real.sum(axis=1)
    kept = lengths > min(_FEWEST_STEPS, lengths.max() - 1)
    fixed = steps if steps in lengths_insisted_on else None
    length = min(int(lengths[kept].min(initial=steps)), _MOST_STEPS, (fixed or steps + 1) - 1)
    if length < _FEWEST_STEPS or not kept.any():
        raise InputError("inputs", f"sequences of {_FEWEST_STEPS} or more real steps", f"lengths {lengths.tolist()}")
    places, rows = firsts[kept, None] + np.arange(length), np.flatnonzero(kept)
    parts = tuple(
        Part(name, role, leaf[rows] if role == _STATIC else leaf[rows[:, None], places])
        for name, role, leaf in zip(names, roles, leaves)
    )
    return Feed(parts, pack, pad_value, length, fixed, had_empty_row=bool((lengths == 0).any()))


def feed_of_model(model: Any, inputs: Any, pad_value: float, seed: int) -> Feed:
    """A feed from a user's batch, or made up from what the model takes.

    Raises:
        InputError: Inputs that have no time axis or too little in them, or none and a model that does not say what it takes.
    """
    if inputs is None:
        return _made_up(model, pad_value, seed)
    insisted_on = frozenset(shape[1] for shape in _shapes(model) if len(shape) > 1 and shape[1] is not None)
    return feed_of_batch(inputs, pad_value, insisted_on)


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


def _real_steps(leaves: list[tuple[str, np.ndarray]], pad_value: float) -> np.ndarray:
    """From the first real step of each row to the last, `(row, time)`: by the mask given, else by what is not fill."""
    for role, is_real in (
        (_MASK, lambda leaf: leaf.astype(bool)),
        (_TOKENS, lambda leaf: leaf != pad_value),
        (_FEATURES, lambda leaf: (leaf != pad_value).any(axis=tuple(range(2, leaf.ndim)))),
    ):
        for is_, leaf in leaves:
            if is_ == role:
                seen = is_real(leaf)
                return np.maximum.accumulate(seen, axis=1) & np.maximum.accumulate(seen[:, ::-1], axis=1)[:, ::-1]
    raise InputError("inputs", "with tokens, features or a mask among them", f"{[role for role, _ in leaves]}")


def _role(name: str, leaf: np.ndarray, steps: int) -> str:
    if leaf.ndim < 2 or leaf.shape[1] != steps:
        return _STATIC
    if leaf.ndim > 2:
        return _FEATURES
    if "mask" in name.lower() or leaf.dtype == bool:
        return _MASK
    if "position" in name.lower() or (leaf == np.arange(steps)).all():
        return _POSITIONS
    if "segment" in name.lower() or "type" in name.lower():
        return _SEGMENTS
    return _TOKENS if (leaf == np.round(leaf)).all() else _FEATURES


def _made_up(model: Any, pad_value: float, seed: int) -> Feed:
    shapes = _shapes(model)
    if not shapes:
        raise InputError(
            "inputs", "given for a model that does not say what it takes", "none",
            "Pass a batch as the model takes it: padleak.audit(model, inputs).",
        )  # fmt: skip
    generator, words = np.random.default_rng(seed), _words(model)
    holds_ids = bool(words[-1]) and len(shapes) == 1
    if any(str(tensor.dtype) == "string" for tensor in model.inputs):
        raise InputError(
            "model", "one that takes numbers", "one that takes strings", "Audit what follows the vectorizer."
        )
    roles = [
        _role_of_input(tensor.name, shape, str(tensor.dtype), holds_ids or index in words)
        for index, (tensor, shape) in enumerate(zip(model.inputs, shapes))
    ]
    fixed = next((shape[1] for shape, role in zip(shapes, roles) if role != _STATIC and shape[1] is not None), None)
    steps = _STEPS if fixed is None else min(_STEPS, fixed - max(1, fixed // 3))
    rows = next((shape[0] for shape in shapes if shape[0]), _ROWS)
    parts = []
    for index, (tensor, shape, role) in enumerate(zip(model.inputs, shapes, roles)):
        values = _make_up(role, steps, (rows, *shape[1:]), words.get(index, words[-1]), pad_value, generator)
        parts.append(Part(tensor.name, role, values.astype(tensor.dtype)))
    if not any(part.role in (_TOKENS, _FEATURES) for part in parts):
        raise InputError("inputs", "given where no input of the model has a time axis to be seen", f"shapes {shapes}")
    structure = getattr(model, "_inputs_struct", model.inputs[0])  # Keras has no public way to it
    return Feed(tuple(parts), lambda arrays: keras.tree.pack_sequence_as(structure, arrays), pad_value, steps, fixed)


def _make_up(
    role: str, steps: int, shape: tuple, words: int, pad_value: float, generator: np.random.Generator
) -> np.ndarray:
    laid = (shape[0], steps, *shape[2:])
    if role == _STATIC:
        return generator.normal(size=tuple(size or 1 for size in shape))
    if role == _TOKENS:
        ids = np.setdiff1d(np.arange(1, words or 50), [pad_value])
        return generator.choice(ids, size=laid, replace=len(ids) < np.prod(laid))
    if role == _FEATURES:
        return generator.normal(size=laid)
    return np.broadcast_to(np.arange(steps), laid) if role == _POSITIONS else np.full(laid, role == _MASK)


def _role_of_input(name: str, shape: tuple, dtype: str, holds_ids: bool) -> str:
    """What an input is for; numbers `(row, n)` are ids only where nothing else could be."""
    if len(shape) > 3 and None not in shape[1:]:
        return _STATIC  # an image, for all one can see
    if len(shape) > 2:
        return _FEATURES
    if len(shape) < 2:
        return _STATIC
    for part, role in (("mask", _MASK), ("position", _POSITIONS), ("segment", _SEGMENTS), ("type_id", _SEGMENTS)):
        if part in name.lower():
            return role
    if dtype == "bool":
        return _MASK
    return _TOKENS if holds_ids or dtype.startswith(("int", "uint")) else _STATIC


def _shapes(model: Any) -> list[tuple]:
    """Shapes of the inputs with None for what is open; none where the model does not say."""
    return [tuple(tensor.shape) for tensor in getattr(model, "inputs", None) or []]


def _words(model: Any) -> dict[int, int]:
    """Size of the vocabulary by the position of an input; under -1 the largest of the model, for inputs of unknown use."""
    sizes, found = {-1: 0}, {id(tensor): index for index, tensor in enumerate(getattr(model, "inputs", None) or [])}
    for layer in model._flatten_layers():
        if isinstance(layer, keras.layers.Embedding):
            sizes[-1] = max(sizes[-1], layer.input_dim)
            with contextlib.suppress(AttributeError, ValueError):  # several calls, or none
                index = found.get(id(layer.input))
                if index is not None:
                    sizes[index] = layer.input_dim
    return sizes
