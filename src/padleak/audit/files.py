"""Models and batches from files; a stranger's model cannot run code."""

import contextlib
import importlib
import sys
import zipfile
from pathlib import Path
from typing import Any

import numpy as np

from padleak.audit.probe import say_error
from padleak.errors import InputError
from padleak.models import backend
from padleak.models.backend import keras


def load_model(path: Path, custom: list[str]) -> Any:
    """A model that Keras saved; code that it brings along is not run.

    Args:
        path: A `.keras` file.
        custom: Modules that define layers of the model's own; importing them runs them.

    Raises:
        InputError: No such file, none that Keras can read, or one that needs code.
    """
    if not path.is_file() or not zipfile.is_zipfile(path):
        raise InputError("model", "a file that model.save('NAME.keras') wrote", str(path))
    backend.start()
    known = {name: thing for module in custom for name, thing in _layers_of(module).items()}
    try:
        with contextlib.suppress(Exception):  # a loss of one's own that is not known here
            return keras.models.load_model(path, custom_objects=known, compile=True, safe_mode=True)
        return keras.models.load_model(path, custom_objects=known, compile=False, safe_mode=True)
    except Exception as error:  # Keras raises many kinds
        reason = say_error(error)
        raise InputError(
            f"model {path}", "loadable without running code of its own", reason,
            "Name the modules that define its layers with --custom, or load it yourself and call padleak.audit(model).",
        ) from None  # fmt: skip


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
        with path.open("rb") as file:
            found = np.load(file, allow_pickle=False)
            named = {"inputs": found} if isinstance(found, np.ndarray) else {name: found[name] for name in found.files}
    except (OSError, ValueError, EOFError, zipfile.BadZipFile) as error:
        raise InputError("--inputs", "an .npz file of arrays, as numpy.savez writes", str(path), f"({error})") from None
    return next(iter(named.values())) if len(named) == 1 else named
