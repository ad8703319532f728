"""Padding: from ragged sequences to a rectangle and its exact mask.

A padding is a rule for where the real steps go; their order never changes, so the mask says everything. To add one,
write one function here (or in a new file of this folder) and decorate it.
"""

from dataclasses import dataclass
from numbers import Real

import numpy as np

from padleak.arguments import check_kind, check_whole, say
from padleak.data.sequences import Sequences
from padleak.errors import InputError
from padleak.memory import check_fits
from padleak.registry import Registry

paddings = Registry("padding", package="padleak.data")


@dataclass(frozen=True, eq=False)
class Padded:
    """A rectangle of steps and the truth about them.

    Attributes:
        inputs: `(n, length)` int32 token ids or `(n, length, feature)` float32.
        mask: `(n, length)` boolean, True = real step; every row holds its sequence in order.
    """

    inputs: np.ndarray
    mask: np.ndarray

    @property
    def padded_share(self) -> float:
        """Share of all steps that are fill, 0 to 1."""
        return float(1 - self.mask.mean())


def pad(
    sequences: Sequences,
    length: int,
    padding: str = "pre",
    truncating: str = "post",
    value: float = 0,
    seed: int = 0,
) -> Padded:
    """Lay sequences out in `length` steps.

    Args:
        sequences: `n` sequences of any lengths; an empty one gives a row that is all fill.
        length: Steps of every row, at least 1; longer sequences are cut.
        padding: Where the fill goes, a name of the registry `paddings`.
        truncating: Which end of a longer sequence is cut off, `pre` or `post`.
        value: What the fill holds.
        seed: For the paddings that draw positions.

    Returns:
        `inputs` `(n, length)` or `(n, length, feature)` and `mask` `(n, length)`, True = real.

    Raises:
        InputError: An unknown padding, `length` below 1 or such that there is no memory for it, a `value` that ids cannot have.

    >>> text = Sequences.from_rows([[5, 6, 7], [8]], [0, 1])
    >>> pad(text, 4, "pre").inputs
    array([[0, 5, 6, 7],
           [0, 0, 0, 8]], dtype=int32)
    """
    check_kind("sequences", sequences, Sequences, "Sequences")
    place = paddings[padding]
    check_whole("length", length, 1)
    check_whole("seed", seed, 0)
    values = sequences.values
    if not isinstance(value, Real) or (values.dtype.kind != "f" and not (value == value // 1 and abs(value) < 2**31)):
        raise InputError("value", f"a number that {values.dtype} holds", say(value))
    check_fits("length", length, (len(sequences), length, *values.shape[1:]), values.dtype)
    cut = sequences.truncate(length, truncating)
    mask = place(cut.lengths, length, np.random.default_rng(seed))
    inputs = np.full((len(cut), length, *cut.values.shape[1:]), value, dtype=cut.values.dtype)
    inputs[mask] = cut.values
    if paddings.facts(padding).get("repeats"):
        inputs = _repeat_last(inputs, mask)
    return Padded(inputs, mask)


@paddings.add
def pre(lengths: np.ndarray, length: int, generator: np.random.Generator) -> np.ndarray:
    """All fill before the first step, so the last step of a row is real."""
    return np.arange(length) >= length - lengths[:, None]


@paddings.add
def post(lengths: np.ndarray, length: int, generator: np.random.Generator) -> np.ndarray:
    """All fill after the last step."""
    return np.arange(length) < lengths[:, None]


@paddings.add
def both(lengths: np.ndarray, length: int, generator: np.random.Generator) -> np.ndarray:
    """Half of the fill on either side, the odd step after."""
    start = (length - lengths[:, None]) // 2
    return (np.arange(length) >= start) & (np.arange(length) < start + lengths[:, None])


@paddings.add
def middle(lengths: np.ndarray, length: int, generator: np.random.Generator) -> np.ndarray:
    """All fill in the middle of the sequence, the odd step in the second half."""
    head = lengths[:, None] // 2
    return (np.arange(length) < head) | (np.arange(length) >= length - lengths[:, None] + head)


@paddings.add
def scattered(lengths: np.ndarray, length: int, generator: np.random.Generator) -> np.ndarray:
    """Fill spread evenly between the steps, after each one its share."""
    return _spread(lengths, length)


@paddings.add
def random(lengths: np.ndarray, length: int, generator: np.random.Generator) -> np.ndarray:
    """Fill at positions drawn at random, each choice equally likely."""
    ranks = np.argsort(np.argsort(generator.random((len(lengths), length)), axis=1), axis=1)
    return ranks < lengths[:, None]


@paddings.add(repeats=True)
def stretched(lengths: np.ndarray, length: int, generator: np.random.Generator) -> np.ndarray:
    """Each step repeated until the row is full; the repeats count as fill."""
    return _spread(lengths, length)


@paddings.add
def unpadded(lengths: np.ndarray, length: int, generator: np.random.Generator) -> np.ndarray:
    """No fill at all: sequences of one length."""
    if np.any(lengths != length):
        raise InputError(
            "sequences", f"all of {length} steps for padding `unpadded`", f"lengths {np.unique(lengths)}",
            "Group them first with Sequences.by_length().",
        )  # fmt: skip
    return np.ones((len(lengths), length), dtype=bool)


def _spread(lengths: np.ndarray, length: int) -> np.ndarray:
    """Step `j` of `n` sits at column `floor(j * length / n)`."""
    scaled = np.arange(length) * lengths[:, None]
    first_step_not_before = -(-scaled // length)
    return first_step_not_before * length < scaled + lengths[:, None]


def _repeat_last(inputs: np.ndarray, mask: np.ndarray) -> np.ndarray:
    """Fill each gap with the real step before it."""
    source = np.maximum.accumulate(np.where(mask, np.arange(mask.shape[1]), 0), axis=1)
    return inputs[np.arange(len(inputs))[:, None], source]
