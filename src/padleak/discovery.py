"""What a user's own folder adds to the registries, and which results hang on it.

Each file of the folder is a module of `padleak.extensions`. What a result hangs on is told by digests, so that results of
other code are not taken for its own.
"""

import functools
import hashlib
import importlib
import os
from collections.abc import Iterable
from pathlib import Path

from padleak import extensions
from padleak.errors import InputError, naming_the_line

_WITHIN = f"{extensions.__name__}."
_FOLDER = Path(*extensions.__path__)
_ADDED: dict[str, set[str]] = {}
"""Name -> the files that registered something under it."""


@functools.cache
def import_extensions() -> None:
    """Import every file of the user's folder, once; those that begin with `_` are left to the files that need them.

    Raises:
        InputError: `PADLEAK_EXTENSIONS` names no folder, or there is an error in a file, which is named with its line.
    """
    if os.environ.get("PADLEAK_EXTENSIONS") and not _FOLDER.is_dir():
        raise InputError("PADLEAK_EXTENSIONS", "a folder that exists", str(_FOLDER))
    for file in _files():
        with naming_the_line(file):
            importlib.import_module(_WITHIN + file.stem)


def note(name: str, module: str) -> None:
    """Remember that a module registers something under a name, if it is one of the user's."""
    if module.startswith(_WITHIN):
        _ADDED.setdefault(name, set()).add(module.removeprefix(_WITHIN).replace(".", "/") + ".py")


def behind(names: Iterable[str]) -> dict[str, str]:
    """File of the user's -> digest, of those that registered something under one of the names."""
    import_extensions()
    if not _ADDED:
        return {}
    files = {file for name in _ADDED.keys() & set(names) for file in _ADDED[name]}
    return {file: digests()[file] for file in sorted(files)}


@functools.cache
def digests() -> dict[str, str]:
    """File -> digest of it and of what all files share, as they were when it was first asked for."""
    shared = b"".join(file.read_bytes() for file in sorted(_FOLDER.glob("_*.py")))
    return {
        file.relative_to(_FOLDER).as_posix(): hashlib.sha256(file.read_bytes() + shared).hexdigest()[:12]
        for file in sorted(_FOLDER.rglob("*.py"))
    }


def _files() -> list[Path]:
    return sorted(_FOLDER.glob("[!_]*.py"))
