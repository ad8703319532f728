"""Is there memory for it? Asked before anything is allocated."""

import math
from collections.abc import Sequence

import numpy as np
import psutil

from padleak.errors import InputError

_GIB = 2**30


def check_fits(argument: str, value: object, shape: Sequence[int], dtype: np.typing.DTypeLike) -> None:
    """Is there memory here for an array?

    Args:
        argument: What makes it so large.
        value: What was given for that.
        shape: Of the array.
        dtype: Of its numbers.

    Raises:
        InputError: It would take more than is free; says how much.
    """
    size, free = math.prod(map(int, shape)) * np.dtype(dtype).itemsize, available()
    if size > free:
        shown = " x ".join(map(str, shape))
        raise InputError(
            argument, f"such that the data fit into the {free / _GIB:.3g} GiB of memory that are free", value,
            f"An array of {shown} numbers would take {size / _GIB:.3g} GiB ({size} bytes).",
        )  # fmt: skip


def available() -> int:
    """Bytes that can be had without swapping."""
    return psutil.virtual_memory().available
