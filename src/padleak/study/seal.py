"""Seals: checksums by which results that were damaged are told from whole ones.

A cell's own account, `cell.json`, holds the checksums of the files beside it and its own. What is made of all cells (tables,
verdicts, figures, report) is listed in `checksums.json` of the results folder.
"""

import hashlib
import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from padleak.reading.archive import leads_away
from padleak.study.places import not_a_link

ACCOUNT = "cell.json"
CHECKSUMS = "checksums.json"
_MADE = (
    "run.json", "environment.json", "verdicts.json", "cells.csv", "measurements.parquet", "report.html", "report.md",
    "figures/*",
)  # fmt: skip
"""What is made of all cells; `measurements.csv` says the same as the Parquet file."""


def seal(about: Mapping[str, Any], files: Mapping[str, bytes]) -> bytes:
    """The account of a cell, with the checksums of its files and its own.

    Args:
        about: What is to be said of the cell; under `key`, its key.
        files: Its files by name.
    """
    whole = dict(about) | {"files": {name: _digest(content) for name, content in sorted(files.items())}}
    return _write(whole | {"seal": _digest(_write(whole))})


def read_account(folder: Path) -> dict[str, Any]:
    """What `cell.json` of a cell's folder says."""
    return json.loads((folder / ACCOUNT).read_bytes())


def damage(folder: Path) -> str | None:
    """What is wrong with the folder of a finished cell, in a few words; None if nothing is."""
    if not folder.is_dir():
        return "is not the folder of a cell"
    try:
        content = _read_file(folder / ACCOUNT)
        about = json.loads(content)
        if content != _write(about) or about.pop("seal") != _digest(_write(about)):
            return f"{ACCOUNT} was altered"
        expected = about["files"]
        if about["key"] != folder.name:
            return f"holds the results of another cell, {about['key']}"
    except FileNotFoundError:
        return f"{ACCOUNT} is missing"
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return f"{ACCOUNT} cannot be read"
    others = {file.name for file in folder.iterdir()} - {ACCOUNT, *expected}
    return next(iter(_differing(folder, expected)), f"{min(others)} does not belong there" if others else None)


def seal_folder(folder: Path, made_from: str) -> None:
    """List what is made of all cells, with checksums, and what it is made from."""
    made = sorted(file for pattern in _MADE for file in folder.glob(pattern))
    files = {file.relative_to(folder).as_posix(): _digest(file.read_bytes()) for file in made}
    partial = not_a_link(folder / f".partial-{CHECKSUMS}")
    partial.write_bytes(_write({"made_from": made_from, "files": files}))
    partial.replace(folder / CHECKSUMS)


def made_from(folder: Path) -> str | None:
    """What is in the folder was made from this; None if not known, or if any of it was damaged."""
    listed = _listed(folder)
    return listed["made_from"] if listed and not list(_differing(folder, listed["files"])) else None


def damaged_files(folder: Path) -> list[str]:
    """What is wrong with the files that `checksums.json` lists, one by one."""
    listed = _listed(folder)
    if listed is None:
        return [f"{CHECKSUMS} cannot be read"] if (folder / CHECKSUMS).exists() else []
    return list(_differing(folder, listed["files"]))


def _listed(folder: Path) -> dict[str, Any] | None:
    try:
        listed = json.loads(_read_file(folder / CHECKSUMS))
        return {"made_from": str(listed["made_from"]), "files": dict(listed["files"])}
    except (OSError, ValueError, KeyError, TypeError):
        return None


def _differing(folder: Path, expected: Mapping[str, str]) -> Iterator[str]:
    """A few words for each file that is not as it was."""
    for name, digest in expected.items():
        try:
            if leads_away(name):
                yield f"{name} does not belong there"
            elif _digest(_read_file(folder / name)) != digest:
                yield f"{name} was altered"
        except FileNotFoundError:
            yield f"{name} is missing"
        except OSError:
            yield f"{name} cannot be read"


def _read_file(file: Path) -> bytes:
    """Content of a file; no device or pipe is read, which might never end."""
    if file.exists() and not file.is_file():
        raise OSError(f"{file} is not a file")
    return file.read_bytes()


def _digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def _write(about: Mapping[str, Any]) -> bytes:
    return json.dumps(about, indent=1).encode()
