"""How much a file may unpack to."""

from pathlib import Path

from padleak.errors import InputError
from padleak.memory import say_size, total

HARMLESS = 256 * 2**20
"""Bytes that any file may unpack to, however small it is."""
TIMES = 100
"""How many times its own size a file may unpack to beyond that. Arrays and texts that people keep stay far below it."""


def most_from(packed: int) -> int:
    """Bytes that a file of `packed` bytes may unpack to."""
    return min(total() // 2, max(HARMLESS, TIMES * packed))


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
    if unpacked > total() // 2:
        rule, cure = f"at most {say_size(total() // 2)} unpacked, half of the memory here", "Take a part of it."
    else:
        rule, cure = f"at most {TIMES} times as large unpacked as packed", "If it is your own, write it uncompressed."
    raise InputError(str(file), rule, f"{say_size(unpacked)} in {say_size(packed)}", cure)
