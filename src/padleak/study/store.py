"""Results on disk: whole or absent."""

import contextlib
import itertools
import json
import os
import platform
import shutil
import socket
import sys
import uuid
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

import pandas as pd
from filelock import FileLock, Timeout

from padleak.errors import InputError
from padleak.study.cell import Cell, Outcome
from padleak.study.grid import Profile
from padleak.study.pack import VERSIONED, installed, pack, pack_failure
from padleak.study.places import check_own, own_folder
from padleak.study.seal import damage, read_account
from padleak.study.table import join
from padleak.study.unfinished import place_of

_ALSO_IN_REPORTS = ("matplotlib", "seaborn", "statsmodels", "pyarrow", "distributed")


class Store:
    """A results folder.

    A cell's results are written beside their place, synced, and moved there in one step, so that whatever interrupts the
    writing leaves either all of them or none.

    Args:
        folder: Made if it is not there.
    """

    def __init__(self, folder: str | Path):
        self.folder = Path(folder)
        self._cells = self.folder / "cells"
        self._failures = self.folder / "failures"
        self._damaged = self.folder / "damaged"

    def prepare(self) -> None:
        """Make the folders; sweep what an interrupted run left half written."""
        self._make_folders()
        self._sweep()

    def _sweep(self) -> None:
        left = place_of(self.folder, "").parent
        for folder in (self._damaged, left):
            check_own(folder)
        for stray in [*self._cells.glob(".partial-*"), *self.folder.glob(".partial-*"), *left.glob(".partial-*")]:
            shutil.rmtree(stray) if stray.is_dir() and not stray.is_symlink() else stray.unlink()

    def _make_folders(self) -> None:
        try:
            for folder in (self._cells, self._failures):
                own_folder(folder)
        except OSError as error:
            raise InputError("results folder", "a place that can be written to", str(error)) from None

    def is_at_work(self) -> bool:
        """Whether a run has the folder in hand."""
        try:
            with FileLock(self.folder / ".lock", timeout=0):
                return False
        except Timeout:
            return True

    def set_aside_damaged(self) -> dict[str, str]:
        """Move what is among the finished cells and is not whole to `damaged/`, so that it is made anew.

        Returns:
            Name -> what is wrong with it.
        """
        with _naming_what_the_disk_refuses(self.folder):
            found = {name: reason for name in sorted(self.finished()) if (reason := damage(self._cells / name))}
            for name in found:
                self._damaged.mkdir(exist_ok=True)
                (self._cells / name).rename(_free(self._damaged / name))
        return found

    @contextlib.contextmanager
    def lock(self) -> Iterator[None]:
        """Keep a second run off this folder. The lock ends with the process, however that ends."""
        self._make_folders()
        try:
            with FileLock(self.folder / ".lock", timeout=0):
                self._sweep()  # not before: what is half written may be the other run's
                yield
                self._sweep()  # what workers that died have left
        except Timeout:
            raise InputError(
                "results folder", "used by one run at a time", str(self.folder),
                "Another run is at work there: wait for it, or choose another folder with --results.",
            ) from None  # fmt: skip

    def __contains__(self, key: str) -> bool:
        return (self._cells / key / "cell.json").exists()

    def finished(self) -> set[str]:
        """Keys of all finished cells, in one look at the folder: a cell's folder is there whole or not at all."""
        if not self._cells.is_dir():
            return set()
        return {name for name in os.listdir(self._cells) if not name.startswith(".")}

    def cell_folder(self, key: str) -> Path:
        """Where the results of a cell are."""
        return self._cells / key

    def write(self, cell: Cell, outcome: Outcome) -> None:
        """Keep the outcome of a cell."""
        self.put(cell.key, pack(cell, outcome))

    def put(self, key: str, files: Mapping[str, bytes]) -> None:
        """Keep the packed outcome of a cell."""
        with _naming_what_the_disk_refuses(self.folder):
            self._put(key, files)
            left = place_of(self.folder, key)
            for file in (self._failures / f"{key}.json", left, left.with_suffix(".lock")):
                file.unlink(missing_ok=True)

    def _put(self, key: str, files: Mapping[str, bytes]) -> None:
        partial = self._cells / f".partial-{key}-{socket.gethostname()}-{os.getpid()}"
        shutil.rmtree(partial, ignore_errors=True)  # of a process that was killed and had the same number
        partial.mkdir()
        try:
            for name, content in files.items():
                _write_through(partial / name, content)
            # The entries of the folder, too, must be on the disk before the folder counts as a finished cell.
            _sync(partial)
            partial.rename(self._cells / key)
        except OSError:
            shutil.rmtree(partial, ignore_errors=True)
            # Where the cell is there already, another worker was faster with the same result.
            if key not in self:
                raise

    def write_failure(self, cell: Cell, error: BaseException) -> None:
        """Keep why a cell failed; it is tried again by the next run."""
        self.put_failure(cell.key, pack_failure(cell, error))

    def put_failure(self, key: str, failure: str) -> None:
        """Keep the packed reason of a failure."""
        self.write_text(self._failures / f"{key}.json", failure)

    @contextlib.contextmanager
    def probe(self) -> Iterator[Path]:
        """A file that holds its own name, which nobody can guess: who reads it sees this folder and no other."""
        probe = self.folder.resolve() / f".partial-probe-{uuid.uuid4().hex}"
        self.write_text(probe, probe.name)
        try:
            yield probe
        finally:
            probe.unlink(missing_ok=True)

    def failure(self, key: str) -> dict[str, Any] | None:
        """Why a cell failed the last time, or None."""
        file = self._failures / f"{key}.json"
        try:
            return json.loads(file.read_text())
        except FileNotFoundError:
            return None
        except (OSError, ValueError):
            return {"key": key, "cell": key, "settings": {}, "error": "its reason cannot be read", "traceback": ""}

    def measurements(self, cells: Iterable[Cell]) -> pd.DataFrame:
        """Measurements of the finished ones among `cells`: a row a number, the factors as columns, `cell` the key."""
        finished = self.finished()
        found = [cell for cell in cells if cell.key in finished]
        return join((self._cells / cell.key / "measurements.parquet", cell.key, cell.factors) for cell in found)

    def facts(self, cells: Iterable[Cell]) -> pd.DataFrame:
        """Facts of the finished ones among `cells`, a row a cell."""
        finished = self.finished()
        rows = []
        for cell in cells:
            if cell.key in finished:
                about = read_account(self._cells / cell.key)
                rows.append({"cell": cell.key, **about["factors"], **about["facts"]})
        return pd.DataFrame(rows) if rows else pd.DataFrame(columns=["cell", "kind", "seed", "seconds"])

    def experiments(self, profile: Profile) -> list[str]:
        """Names of the experiments that were run here under the same profile."""
        return self._run[1] if self.profile() == profile else []

    def profile(self) -> Profile | None:
        """The profile of the last run here, if there was one."""
        return self._run[0]

    @property
    def _run(self) -> tuple[Profile | None, list[str]]:
        try:
            run = json.loads((self.folder / "run.json").read_text())
            return Profile(**run["profile"]), list(run["experiments"])
        except (OSError, ValueError, KeyError, TypeError):  # there was none, or it was damaged: it is written anew
            return None, []

    def write_text(self, path: Path, text: str) -> None:
        """Write a file whole or not at all."""
        partial = path.with_name(f".partial-{path.name}-{os.getpid()}")
        with _naming_what_the_disk_refuses(self.folder):
            _write_through(partial, text.encode())
            partial.replace(path)

    def write_tables(self, table: pd.DataFrame) -> None:
        """Write `measurements.parquet` and `measurements.csv`."""
        for name, write in (("measurements.parquet", table.to_parquet), ("measurements.csv", table.to_csv)):
            partial = self.folder / f".partial-{name}"
            with _naming_what_the_disk_refuses(self.folder):
                write(partial, index=False)
                partial.replace(self.folder / name)


@contextlib.contextmanager
def _naming_what_the_disk_refuses(folder: Path) -> Iterator[None]:
    """A full disk, a folder that is gone or closed: an error that says so, and what to do."""
    try:
        yield
    except OSError as error:
        raise InputError(
            "results folder", "a place that can be written to", f"{folder}: {error.strerror or error}",
            "What is finished is kept: mend that and run the same command again.",
        ) from None  # fmt: skip


def describe_environment() -> dict[str, Any]:
    """What the results may hang on: Python, machine, processors and versions."""
    return {
        "python": sys.version.split()[0],
        "platform": platform.platform(),
        "processors": os.cpu_count(),
        "backend": os.environ.get("KERAS_BACKEND") or "tensorflow",
        "versions": {name: installed(name) for name in (*VERSIONED, *_ALSO_IN_REPORTS)},
    }


def _free(place: Path) -> Path:
    """The place, or the next to it that nothing is at."""
    others = (place.with_name(f"{place.name}-{number}") for number in itertools.count(2))
    return next(path for path in itertools.chain([place], others) if not path.exists())


def _write_through(path: Path, content: bytes) -> None:
    """Write a file and wait until it is on the disk."""
    with path.open("wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())


def _sync(folder: Path) -> None:
    """Wait until the entries of a folder are on the disk, where the system lets a folder be opened."""
    with contextlib.suppress(OSError):
        handle = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)
