"""The weights within a model's file, looked at before they are read."""

import contextlib
import math
import zipfile
from pathlib import Path

import h5py

from padleak.errors import InputError
from padleak.reading.limits import check_size

_MEMBER = "model.weights.h5"


def check_weights(file: Path) -> None:
    """See that the weights of a `.keras` file are in it, and of a bearable size: HDF5 can declare arrays that it does not hold.

    Raises:
        InputError: They are not.
    """
    sizes: list[int] = []

    def look(name: str, thing: h5py.Group | h5py.Dataset) -> None:
        if isinstance(thing, h5py.Dataset):
            if thing.external or thing.is_virtual:
                raise InputError(f"model {file}", "one that holds its weights itself", f"{name}, kept in another file")
            sizes.append(math.prod(thing.shape or ()) * thing.dtype.itemsize)

    # What is not there or broken is for Keras to say.
    with (
        contextlib.suppress(OSError, KeyError, RuntimeError),
        zipfile.ZipFile(file) as archive,
        archive.open(_MEMBER) as member,
        h5py.File(member, "r") as weights,
    ):
        weights.visititems(look)
    check_size(file, sum(sizes), file.stat().st_size)
