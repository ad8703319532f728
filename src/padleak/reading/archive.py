"""Zip archives (`.npz`, `.keras`, zipped tables), looked at before anything is taken out."""

import os
import stat
import zipfile
from pathlib import Path, PurePosixPath, PureWindowsPath

from padleak.errors import InputError
from padleak.reading.limits import check_size


def check_archive(file: str | Path) -> None:
    """See that an archive unpacks to a bearable size, and nowhere but where it is put.

    Raises:
        InputError: It does not.
        ValueError: It is broken.
    """
    try:
        with zipfile.ZipFile(file) as archive:
            members = archive.infolist()
    except zipfile.BadZipFile as error:
        raise ValueError(str(error)) from None
    for member in members:
        if leads_away(member.filename) or stat.S_ISLNK(member.external_attr >> 16):
            raise InputError(str(file), "an archive whose members stay inside it", member.filename)
    check_size(file, sum(member.file_size for member in members), os.path.getsize(file))


def leads_away(name: str) -> bool:
    """Whether a name, put behind a folder, may lead out of it, on any system.

    >>> [leads_away(name) for name in ("a/b", "../a", "/a", "a/../../b", "C:\\\\a", "a\\\\..\\\\b")]
    [False, True, True, True, True, True]
    """
    return any(path.anchor != "" or ".." in path.parts for path in (PurePosixPath(name), PureWindowsPath(name)))
