"""Arrays of `.npz` and `.npy` files. No pickle: an object array in a stranger's file would run its code."""

import zipfile
import zlib
from pathlib import Path

import numpy as np

from padleak.errors import InputError, first_line
from padleak.reading.archive import check_archive

_OF_BROKEN_FILES = EOFError, zipfile.BadZipFile, zlib.error, NotImplementedError, RuntimeError


def read_arrays(file: str | Path) -> dict[str, np.ndarray]:
    """All arrays by name; the one of an `.npy` file is called `inputs`.

    Raises:
        InputError: They are too large, or lead out of their archive.
        OSError: There is no such file.
        ValueError: It is broken, or holds objects.
    """
    try:
        if zipfile.is_zipfile(file):
            check_archive(file)
        with open(file, "rb") as stream:
            found = np.load(stream, allow_pickle=False)
            return {"inputs": found} if isinstance(found, np.ndarray) else {name: found[name] for name in found.files}
    except MemoryError as error:
        raise InputError(str(file), "of arrays that fit into memory", first_line(error)) from None
    except _OF_BROKEN_FILES as error:
        raise ValueError(f"{type(error).__name__}: {error}") from None
