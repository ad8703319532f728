"""Models and batches from files; a stranger's model cannot run code."""

import contextlib
import importlib
import sys
import textwrap
import zipfile
from pathlib import Path
from typing import Any

from padleak.audit.weights import check_weights
from padleak.errors import InputError, first_line
from padleak.models import backend
from padleak.models.backend import keras
from padleak.reading.archive import check_archive
from padleak.reading.arrays import read_arrays

_LONGEST_REASON = 300


def load_model(path: Path, custom: list[str]) -> Any:
    """A model that Keras saved; code that it brings along is not run.

    Args:
        path: A `.keras` file.
        custom: Modules that define layers of the model's own; importing them runs them.

    Raises:
        InputError: No such file, none that Keras can read, one that needs code, or one that unpacks to too much.
    """
    # By the name, Keras would read a file that is archive and HDF5 in one as HDF5.
    if path.suffix != ".keras" or not path.is_file() or not zipfile.is_zipfile(path):
        raise InputError("model", "a file that model.save('NAME.keras') wrote", str(path), _why_no_model(path))
    check_archive(path)
    check_weights(path)
    backend.start()
    known = {name: thing for module in custom for name, thing in _layers_of(module).items()}
    try:
        with contextlib.suppress(Exception):  # a loss of one's own that is not known here
            return keras.models.load_model(path, custom_objects=known, compile=True, safe_mode=True)
        return keras.models.load_model(path, custom_objects=known, compile=False, safe_mode=True)
    except Exception as error:  # Keras raises many kinds
        raise InputError(
            f"model {path}", "loadable without running code of its own", _reason(error),
            "Name the modules that define its layers with --custom, or load it yourself and call padleak.audit(model).",
        ) from None  # fmt: skip


def _why_no_model(path: Path) -> str:
    """What is the matter with a path, and what to do."""
    if not path.exists():
        return "There is no such file."
    if path.is_dir():
        return "That is a folder: load it yourself and call padleak.audit(model)."
    if path.suffix in (".h5", ".hdf5"):
        return "Of the older format: load it with keras.models.load_model, and save it as NAME.keras."
    return (
        "Its name must end in .keras."
        if path.suffix != ".keras"
        else "It is no archive: it was damaged, or is another file."
    )


def _reason(error: Exception) -> str:
    """What Keras trips over, in a line; it tells of the layers around that first, with all their settings."""
    innermost = str(error).rpartition("Exception encountered: ")[2]
    return textwrap.shorten(f"{type(error).__name__}: {first_line(ValueError(innermost))}", _LONGEST_REASON)


def _layers_of(module: str) -> dict[str, Any]:
    """The layers and functions that a module defines, by name."""
    sys.path.insert(0, str(Path.cwd()))
    try:
        found = vars(importlib.import_module(module))
    except (ImportError, ValueError, TypeError) as error:  # also of an empty name, and of one that begins with a dot
        raise InputError("--custom", "a module that can be imported", module, f"({error})") from None
    return {
        name: thing for name, thing in found.items() if callable(thing) and getattr(thing, "__module__", "") == module
    }


def load_batch(path: Path) -> Any:
    """A batch: the array of an `.npy` file, the one array of an `.npz` file, or all of them by name.

    Raises:
        InputError: No such file, or none of arrays.
    """
    try:
        named = read_arrays(path)
    except InputError:
        raise
    except (OSError, ValueError) as error:
        cure = f"({error})" + (" Fill rows of unequal length up to one array." if "Object arrays" in str(error) else "")
        raise InputError(
            "--inputs", "an .npz file of arrays of numbers, as numpy.savez writes", str(path), cure
        ) from None
    return next(iter(named.values())) if len(named) == 1 else named
