"""Where a cell that runs long can leave what it has done so far, say how far it is, and find what others have finished.

Whoever runs a cell says which results folder is at hand, and listens; without a folder, nothing is kept and nothing found, and
the cell does all of its work again.
"""

import contextlib
import io
import os
from collections.abc import Callable, Iterator
from contextvars import ContextVar
from pathlib import Path

import numpy as np
from filelock import FileLock

from padleak.reading.arrays import read_arrays

Listener = Callable[[float], None]

_FOLDER: ContextVar[Path | None] = ContextVar("folder of results", default=None)
_LISTENER: ContextVar[Listener | None] = ContextVar("who is told how far the work is", default=None)


@contextlib.contextmanager
def at_hand(folder: Path | None, listener: Listener | None = None) -> Iterator[None]:
    """Work with a results folder, or none, at hand, and with somebody who is told how far the work is, or nobody."""
    tokens = _FOLDER.set(folder), _LISTENER.set(listener)
    try:
        yield
    finally:
        for variable, token in zip((_FOLDER, _LISTENER), tokens):
            variable.reset(token)


def tell(share: float) -> None:
    """Say which share of its work a cell has done."""
    if listener := _LISTENER.get():
        listener(share)


def place_of(folder: Path, key: str) -> Path:
    """The file in which a cell leaves its work."""
    return folder / "unfinished" / f"{key}.npz"


class Checkpoint:
    """What a cell has left of its work: arrays by name, whole or not at all.

    Args:
        key: The cell's.
    """

    def __init__(self, key: str):
        folder = _FOLDER.get()
        self._file = None if folder is None else place_of(folder, key)

    def load(self) -> dict[str, np.ndarray] | None:
        """What was left last, or None. A file that cannot be read counts as none."""
        return None if self._file is None else _read(self._file)

    def save(self, arrays: dict[str, np.ndarray]) -> None:
        """Leave arrays in place of what was left before."""
        if self._file is None:
            return
        buffer = io.BytesIO()
        np.savez(buffer, **arrays)
        self._file.parent.mkdir(parents=True, exist_ok=True)
        partial = self._file.with_name(f".partial-{self._file.name}-{os.getpid()}")
        partial.write_bytes(buffer.getvalue())
        partial.replace(self._file)

    def discard(self) -> None:
        """Leave nothing, for work that no cell will be finished with."""
        if self._file is not None:
            self._file.unlink(missing_ok=True)

    @contextlib.contextmanager
    def lock(self) -> Iterator[None]:
        """Wait while another process is at the same work: what it leaves is found then."""
        if self._file is None:
            yield
            return
        self._file.parent.mkdir(parents=True, exist_ok=True)
        with FileLock(self._file.with_suffix(".lock")):
            yield


def finished(key: str, name: str) -> dict[str, np.ndarray] | None:
    """Arrays that a finished cell keeps under a name, such as its weights; None where it is not finished or not at hand."""
    folder = _FOLDER.get()
    return None if folder is None else _read(folder / "cells" / key / f"{name}.npz")


def _read(file: Path) -> dict[str, np.ndarray] | None:
    try:
        return read_arrays(file)
    except (OSError, ValueError):
        return None
