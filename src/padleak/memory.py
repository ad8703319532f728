"""How much memory there is, and whether there is enough for what is asked, before anything is allocated."""

import contextlib
import math
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import psutil

from padleak.errors import InputError

_LIMITS_OF_GROUP = "/sys/fs/cgroup/memory.max", "/sys/fs/cgroup/memory/memory.limit_in_bytes"


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
            argument, f"such that the data fit into the {say_size(free)} of memory that are free", value,
            f"An array of {shown} numbers would take {say_size(size)}.",
        )  # fmt: skip


def available() -> int:
    """Bytes that can be had without swapping."""
    return min(psutil.virtual_memory().available, total())


def total() -> int:
    """Bytes that this machine has, or those that it lets us have."""
    found = [psutil.virtual_memory().total]
    for file in _LIMITS_OF_GROUP:
        with contextlib.suppress(OSError, ValueError):  # no such limit, or the word "max"
            found.append(int(Path(file).read_text()))
    return min(found)


def say_size(count: int) -> str:
    """A number of bytes.

    >>> say_size(900), say_size(3 * 2**30), say_size(10**18)
    ('900 bytes', '3.0 GiB', '931,322,574.6 GiB')
    """
    for unit, size in (("GiB", 2**30), ("MiB", 2**20), ("KiB", 2**10)):
        if count >= size:
            return f"{count / size:,.1f} {unit}"
    return f"{count} bytes"
