"""A feed made up from what a model says that it takes."""

import contextlib
from typing import Any

import numpy as np

from padleak.arguments import check_whole
from padleak.audit.batch import check_pad_value, feed_of_batch, moving_time
from padleak.audit.feed import FEATURES, MASK, POSITIONS, SEGMENTS, STATIC, TOKENS, Feed, Part
from padleak.errors import InputError
from padleak.models.backend import keras

_ROWS, _STEPS = 4, 7
_ANY_NUMBER = -1
"""Index under which the size of the largest vocabulary stands, for inputs of unknown use."""


def feed_of_model(
    model: Any, inputs: Any = None, pad_value: float | None = None, time_axis: int | None = None, seed: int = 0
) -> Feed:
    """A feed from a user's batch, or made up from what the model takes.

    Args:
        model: A Keras model.
        inputs: A batch, or None.
        pad_value: What fill holds; looked for in the batch and in the model if not given.
        time_axis: Axis of time; where the model leaves an axis open, or the second, if not given.
        seed: Of what is made up.

    Raises:
        InputError: Inputs that have no time axis or too little in them, or none and a model that does not say what it takes.
    """
    shapes = _shapes(model)
    if time_axis is not None:
        check_whole("time_axis", time_axis)
    if time_axis is None:
        time_axis = next((shape.index(None, 1) for shape in shapes if None in shape[1:]), 1)
    elif time_axis < 1 or (shapes and not any(len(shape) > time_axis for shape in shapes)):
        raise InputError("time_axis", "an axis of an input, 1 or more (axis 0 is that of the rows)", time_axis)
    check_pad_value(pad_value)
    if inputs is not None:
        static = _static(model, inputs)
        timed = [shape for name, shape in zip(_names(model, inputs), shapes) if name not in static]
        insisted_on = frozenset(shape[time_axis] for shape in timed if len(shape) > time_axis) - {None}
        feed = feed_of_batch(inputs, pad_value, time_axis, insisted_on, _likely_pad_value(model), static)
        _check_ids(feed, dict(zip(_names(model, inputs), map(_words(model).get, range(len(shapes))))))
        return feed
    if not shapes:
        raise InputError(
            "inputs", "given for a model that does not say what it takes", "none",
            "Pass a batch as the model takes it: padleak.audit(model, inputs), or --inputs BATCH.npz.",
        )  # fmt: skip
    feed = _made_up(model, _likely_pad_value(model) if pad_value is None else pad_value, time_axis, seed)
    _check_ids(feed, dict(zip((part.name for part in feed.parts), map(_words(model).get, range(len(shapes))))))
    return feed


def _check_ids(feed: Feed, words: dict[str, int | None]) -> None:
    """Ids, that of fill among them, are of the vocabulary of the `Embedding` that they go to: what is not gives an error on one
    device and whatever on another."""
    of_one = next(iter(words.values()), None) if len(feed.parts) == 1 else None
    for part in feed.parts:
        size = words.get(part.name, of_one)
        if size and part.values.dtype.kind == "f" and (part.values != np.round(part.values)).any():
            raise InputError(
                f"ids in {part.name}", "whole numbers (row, time): an Embedding reads them",
                f"{part.values.dtype} of shape {part.values.shape}",
            )  # fmt: skip
        given = {f"ids in {part.name}": part.values} | (
            {"pad_value": np.array(feed.pad_value)} if part.has_content else {}
        )
        for what, ids in given.items() if size else ():
            outside = ids[~((ids >= 0) & (ids < size))]
            if len(outside):
                raise InputError(what, f"from 0 to {size - 1}, as the Embedding has {size} rows", f"{outside[0]:g}")


def _made_up(model: Any, pad_value: float, time_axis: int, seed: int) -> Feed:
    if any(str(tensor.dtype) == "string" for tensor in model.inputs):
        raise InputError(
            "model", "one that takes numbers", "one that takes strings", "Audit what follows the vectorizer."
        )
    moved = [len(shape) > time_axis > 1 for shape in _shapes(model)]
    shapes = [_with_time_second(shape, time_axis) if away else shape for shape, away in zip(_shapes(model), moved)]
    generator, words = np.random.default_rng(seed), _words(model)
    has_words = bool(words[_ANY_NUMBER])
    holds_ids = has_words and len(shapes) == 1
    roles = [
        _role_of_input(
            tensor.name, shape, str(tensor.dtype), holds_ids or (has_words and None in shape[1:]), index in words
        )
        for index, (tensor, shape) in enumerate(zip(model.inputs, shapes))
    ]
    fixed = next((shape[1] for shape, role in zip(shapes, roles) if role != STATIC and shape[1] is not None), None)
    if fixed is not None and fixed < 2:
        raise InputError(
            "model", "one that takes two steps or more", f"one that takes {fixed}", "There is no room for fill."
        )
    steps = _STEPS if fixed is None else min(_STEPS, fixed - max(1, fixed // 3))
    rows = next((shape[0] for shape in shapes if shape[0]), _ROWS)
    parts = []
    for index, (tensor, shape, role) in enumerate(zip(model.inputs, shapes, roles)):
        sizes = rows, *(size or 1 for size in shape[1:])
        values = _make_up(role, steps, sizes, words.get(index, words[_ANY_NUMBER]), pad_value, generator)
        parts.append(Part(tensor.name, role, values.astype(tensor.dtype)))
    if not any(part.has_content for part in parts):
        raise InputError("inputs", "given where no input of the model has a time axis to be seen", f"shapes {shapes}")
    structure = getattr(model, "_inputs_struct", model.inputs[0])  # Keras has no public way to it
    pack = moving_time(lambda arrays: keras.tree.pack_sequence_as(structure, arrays), moved, time_axis)
    return Feed(tuple(parts), pack, pad_value, steps, fixed)


def _make_up(
    role: str, steps: int, shape: tuple, words: int, pad_value: float, generator: np.random.Generator
) -> np.ndarray:
    laid = (shape[0], steps, *shape[2:])
    if role == STATIC:
        return generator.normal(size=shape)
    if role == TOKENS:
        ids = np.setdiff1d(np.arange(1, words or 50), [pad_value])
        return generator.choice(ids, size=laid, replace=len(ids) < np.prod(laid))
    if role == FEATURES:
        return generator.normal(size=laid)
    return np.broadcast_to(np.arange(steps), laid) if role == POSITIONS else np.full(laid, role == MASK)


def _role_of_input(name: str, shape: tuple, dtype: str, holds_ids: bool, is_embedded: bool) -> str:
    """What an input is for; numbers `(row, n)` are ids only where nothing else could be."""
    is_whole = dtype.startswith(("int", "uint"))
    if len(shape) > 3 and None not in shape[1:]:
        return STATIC  # an image, for all one can see
    if len(shape) > 2:
        return TOKENS if is_whole or is_embedded else FEATURES
    if len(shape) < 2:
        return STATIC
    for part, role in (("mask", MASK), ("position", POSITIONS), ("segment", SEGMENTS), ("type_id", SEGMENTS)):
        if part in name.lower():
            return role
    if dtype == "bool":
        return MASK
    return TOKENS if holds_ids or is_embedded or is_whole else STATIC


def _names(model: Any, inputs: Any) -> list[str]:
    """Names of the inputs as a batch has them."""
    structure = getattr(model, "_inputs_struct", None)  # Keras has no public way to it
    if isinstance(structure, dict):
        return sorted(structure)  # as Keras flattens it
    if isinstance(inputs, dict):
        return [tensor.name for tensor in model.inputs]
    return [f"input {index + 1}" for index in range(len(_shapes(model)))]


def _static(model: Any, inputs: Any) -> frozenset[str]:
    """Names of the inputs `(row, n)` of fixed n, where others are open in time."""
    named = dict(zip(_names(model, inputs), _shapes(model)))
    is_open = any(None in shape[1:] for shape in named.values())
    return frozenset(name for name, shape in named.items() if is_open and len(shape) == 2 and shape[1] is not None)


def _shapes(model: Any) -> list[tuple]:
    """Shapes of the inputs with None for what is open; none where the model does not say."""
    return [tuple(tensor.shape) for tensor in getattr(model, "inputs", None) or []]


def _with_time_second(shape: tuple, time_axis: int) -> tuple:
    others = shape[1:time_axis] + shape[time_axis + 1 :]
    return shape[0], shape[time_axis], *others


def _likely_pad_value(model: Any) -> float:
    """What the first `Masking` of the model masks; zero where there is none."""
    found = (layer.mask_value for layer in model._flatten_layers() if isinstance(layer, keras.layers.Masking))
    return float(next(found, 0.0))


def _words(model: Any) -> dict[int, int]:
    """Size of the vocabulary by the position of an input."""
    sizes, found = (
        {_ANY_NUMBER: 0},
        {id(tensor): index for index, tensor in enumerate(getattr(model, "inputs", None) or [])},
    )
    for layer in model._flatten_layers():
        if isinstance(layer, keras.layers.Embedding):
            sizes[_ANY_NUMBER] = max(sizes[_ANY_NUMBER], layer.input_dim)
            with contextlib.suppress(AttributeError, ValueError):  # several calls, or none
                index = found.get(id(layer.input))
                if index is not None:
                    sizes[index] = layer.input_dim
    return sizes
