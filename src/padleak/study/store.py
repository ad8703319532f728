"""Results on disk: whole or absent."""

import contextlib
import dataclasses
import json
import os
import platform
import shutil
import sys
import traceback
from collections.abc import Iterable, Iterator
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from filelock import FileLock, Timeout

from padleak.errors import InputError
from padleak.study.cell import Cell, Outcome
from padleak.study.grid import Profile

_VERSIONED = ("padleak", "keras", "tensorflow", "numpy", "scipy", "pandas")
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

    def prepare(self) -> None:
        """Make the folders; sweep what an interrupted run left half written."""
        try:
            for folder in (self._cells, self._failures):
                folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise InputError("results folder", "a place that can be written to", str(error)) from None
        for stray in [*self._cells.glob(".partial-*"), *self.folder.glob(".partial-*")]:
            shutil.rmtree(stray) if stray.is_dir() else stray.unlink()

    @contextlib.contextmanager
    def lock(self) -> Iterator[None]:
        """Keep a second run off this folder. The lock ends with the process, however that ends."""
        self.prepare()
        try:
            with FileLock(self.folder / ".lock", timeout=0):
                yield
        except Timeout:
            raise InputError(
                "results folder", "used by one run at a time", str(self.folder),
                "Another run is at work there: wait for it, or choose another folder with --results.",
            ) from None  # fmt: skip

    def __contains__(self, key: str) -> bool:
        return (self._cells / key / "cell.json").exists()

    def cell_folder(self, key: str) -> Path:
        """Where the results of a cell are."""
        return self._cells / key

    def write(self, cell: Cell, outcome: Outcome) -> None:
        """Keep the outcome of a cell."""
        partial = self._cells / f".partial-{cell.key}-{os.getpid()}"
        partial.mkdir(parents=True)
        outcome.measurements.to_parquet(partial / "measurements.parquet", index=False)
        for name, arrays in outcome.arrays.items():
            np.savez_compressed(partial / f"{name}.npz", **{k.replace("/", "."): v for k, v in arrays.items()})
        about = {
            "kind": cell.kind,
            "revision": cell.revision,
            "key": cell.key,
            "settings": cell.settings,
            "factors": cell.factors,
            "facts": outcome.facts,
            "versions": {name: version(name) for name in _VERSIONED},
        }
        (partial / "cell.json").write_text(json.dumps(about, indent=1))
        for file in partial.iterdir():
            _sync(file)
        with contextlib.suppress(OSError):
            # Where the cell is there already, another worker was faster with the same result.
            partial.rename(self._cells / cell.key)
        if partial.exists():
            shutil.rmtree(partial)
            if cell.key not in self:
                raise OSError(f"could not move the results of {cell.key} to their place in {self._cells}")
        (self._failures / f"{cell.key}.json").unlink(missing_ok=True)

    def write_failure(self, cell: Cell, error: BaseException) -> None:
        """Keep why a cell failed; it is tried again by the next run."""
        about = {
            "key": cell.key,
            "cell": str(cell),
            "settings": cell.settings,
            "error": f"{type(error).__name__}: {error}",
            "traceback": "".join(traceback.format_exception(error)),
        }
        self.write_text(self._failures / f"{cell.key}.json", json.dumps(about, indent=1))

    def failure(self, key: str) -> dict[str, Any] | None:
        """Why a cell failed the last time, or None."""
        file = self._failures / f"{key}.json"
        return json.loads(file.read_text()) if file.exists() else None

    def measurements(self, cells: Iterable[Cell]) -> pd.DataFrame:
        """Measurements of the finished ones among `cells`: a row a number, the factors as columns, `cell` the key."""
        tables = []
        for cell in cells:
            if cell.key in self:
                table = pd.read_parquet(self._cells / cell.key / "measurements.parquet")
                tables.append(table.assign(cell=cell.key, **cell.factors))
        if not tables:
            return pd.DataFrame()
        table = pd.concat(tables, ignore_index=True)
        texts = [
            name for name in table if table[name].dtype.kind in "OTU" or str(table[name].dtype) in ("str", "string")
        ]
        return table.astype(dict.fromkeys(texts, "category"))

    def facts(self, cells: Iterable[Cell]) -> pd.DataFrame:
        """Facts of the finished ones among `cells`, a row a cell."""
        rows = []
        for cell in cells:
            if cell.key in self:
                about = json.loads((self._cells / cell.key / "cell.json").read_text())
                rows.append({"cell": cell.key, **about["factors"], **about["facts"]})
        return pd.DataFrame(rows)

    def experiments(self, profile: Profile) -> list[str]:
        """Names of the experiments that were run here under the same profile."""
        file = self.folder / "run.json"
        if not file.is_file():
            return []
        run = json.loads(file.read_text())
        return list(run["experiments"]) if run["profile"] == dataclasses.asdict(profile) else []

    def write_text(self, path: Path, text: str) -> None:
        """Write a file whole or not at all."""
        path.parent.mkdir(parents=True, exist_ok=True)
        partial = path.with_name(f".partial-{path.name}-{os.getpid()}")
        partial.write_text(text, encoding="utf-8")
        _sync(partial)
        partial.replace(path)

    def write_tables(self, table: pd.DataFrame) -> None:
        """Write `measurements.parquet` and `measurements.csv`."""
        for name, write in (("measurements.parquet", table.to_parquet), ("measurements.csv", table.to_csv)):
            partial = self.folder / f".partial-{name}"
            write(partial, index=False)
            partial.replace(self.folder / name)


def describe_environment() -> dict[str, Any]:
    """What the results may hang on: Python, machine, processors and versions."""
    return {
        "python": sys.version.split()[0],
        "platform": platform.platform(),
        "processors": os.cpu_count(),
        "backend": os.environ.get("KERAS_BACKEND") or "tensorflow",
        "versions": {name: version(name) for name in (*_VERSIONED, *_ALSO_IN_REPORTS)},
    }


def _sync(file: Path) -> None:
    with file.open("rb") as handle:
        os.fsync(handle.fileno())
