"""How much a file may unpack to."""

import contextlib
import os
from pathlib import Path

from padleak.errors import InputError

HARMLESS = 256 * 2**20
"""Bytes that any file may unpack to, however small it is."""
TIMES = 100
"""How many times its own size a file may unpack to beyond that. Arrays and texts that people keep stay far below it."""
_LIMITS_OF_GROUP = "/sys/fs/cgroup/memory.max", "/sys/fs/cgroup/memory/memory.limit_in_bytes"


def memory() -> int:
    """Bytes that this machine has, or those that it lets us have."""
    found = [os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")]
    for file in _LIMITS_OF_GROUP:
        with contextlib.suppress(OSError, ValueError):  # no such limit, or the word "max"
            found.append(int(Path(file).read_text()))
    return min(found)


def most_from(packed: int) -> int:
    """Bytes that a file of `packed` bytes may unpack to."""
    return min(memory() // 2, max(HARMLESS, TIMES * packed))


def check_size(file: str | Path, unpacked: int, packed: int) -> None:
    """See that a file can be unpacked.

    Args:
        file: Its name.
        unpacked: Bytes that it says it holds.
        packed: Bytes that it has.

    Raises:
        InputError: It holds more than half of the memory, or far more than its own size can tell.
    """
    if unpacked <= most_from(packed):
        return
    if unpacked > memory() // 2:
        rule, cure = f"at most {say_size(memory() // 2)} unpacked, half of the memory here", "Take a part of it."
    else:
        rule, cure = f"at most {TIMES} times as large unpacked as packed", "If it is your own, write it uncompressed."
    raise InputError(str(file), rule, f"{say_size(unpacked)} in {say_size(packed)}", cure)


def say_size(count: int) -> str:
    """A number of bytes.

    >>> say_size(900), say_size(3 * 2**30), say_size(10**18)
    ('900 bytes', '3.0 GiB', '931,322,574.6 GiB')
    """
    for unit, size in (("GiB", 2**30), ("MiB", 2**20), ("KiB", 2**10)):
        if count >= size:
            return f"{count / size:,.1f} {unit}"
    return f"{count} bytes"
