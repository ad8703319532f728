"""Where experiments and benchmarks are: the user's, or those that came with the package."""

import os
from pathlib import Path

from padleak.errors import InputError

_PACKAGE = Path(__file__).parent
_SOURCES = _PACKAGE.parents[1]


def find_folder(name: str) -> Path:
    """The folder that `$PADLEAK_NAME` names, else the one of that name here, in the package, or beside its sources.

    Raises:
        InputError: There is none, or the variable names one that is not there.
    """
    variable = f"PADLEAK_{name.upper()}"
    named = os.environ.get(variable)
    if named and not Path(named).is_dir():
        raise InputError(variable, "a folder that exists", named)
    for folder in (named, name, _PACKAGE / name, _SOURCES / name):
        if folder and Path(folder).is_dir():
            return Path(folder).resolve()
    raise InputError(name, f"a folder here, or named by {variable}", "neither")
