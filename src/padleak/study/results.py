"""Finished results, as a notebook wants them. Starts without Keras."""

import json
import re
from collections.abc import Callable
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from padleak.arguments import check_kind, check_name
from padleak.errors import InputError, first_line
from padleak.reading.arrays import read_arrays
from padleak.reading.tables import read_parquet
from padleak.study.grid import Profile
from padleak.study.seal import ACCOUNT, read_account

_OF_AN_EXPERIMENT = {"question", "figures", "cells", "missing", "failures", "skipped"}
_OF_A_VERDICT = {
    "id", "statement", "source", "rule", "experiment", "verdict", "effect", "low", "high", "unit", "n", "p", "p_holm", "figure",
    "cells", "missing", "parts",
}  # fmt: skip


class Results:
    """What a run left in its folder.

    Args:
        folder: As `padleak run` wrote it.

    Raises:
        InputError: There are no results in the folder.
    """

    def __init__(self, folder: str | Path):
        check_kind("results folder", folder, str | Path, "the path of a folder")
        self.folder = Path(folder)
        if not (self.folder / "run.json").is_file():
            cure = "Run ./run_all.sh, or name another folder."
            missing = "" if self.folder.exists() else "There is no such folder. "
            raise InputError("results folder", "written by `padleak run`", str(folder), missing + cure)

    def __repr__(self) -> str:
        return f"Results({str(self.folder)!r}): {', '.join(self.run['experiments'])}"

    @cached_property
    def run(self) -> dict[str, Any]:
        """Profile, data, and for each experiment its question, cells, missing cells and skipped combinations."""
        return self._read("run.json", _read_run)

    @cached_property
    def profile(self) -> Profile:
        """What it was run under; settings that a run of an older version does not name have their defaults."""
        return self._read("run.json", lambda file: _profile(_read_run(file)))

    @cached_property
    def environment(self) -> dict[str, Any]:
        """Versions and machine."""
        return self._read("environment.json", _read_json)

    @cached_property
    def measurements(self) -> pd.DataFrame:
        """One row a number: probe, layer, metric, value, and the settings of its cell as columns."""
        return self._read("measurements.parquet", read_parquet)

    @cached_property
    def cells(self) -> pd.DataFrame:
        """One row a cell: its settings, epochs, seconds, parameters."""
        return self._read("cells.csv", pd.read_csv)

    @cached_property
    def verdicts(self) -> pd.DataFrame:
        """One row a claim."""
        found = self._read("verdicts.json", _read_verdicts)
        return pd.DataFrame(found, columns=None if found else sorted(_OF_A_VERDICT))

    def read_all(self) -> None:
        """Read every table now.

        Raises:
            InputError: One is missing, or damaged.
        """
        for name in ("run", "environment", "measurements", "cells", "verdicts"):
            getattr(self, name)

    def of(self, experiment: str) -> pd.DataFrame:
        """The measurements of one experiment."""
        check_name("experiment", experiment, self.run["experiments"])
        cells = self.run["experiments"][experiment]["cells"]
        return self.measurements[self.measurements.cell.isin(cells)]

    def states(self, cell: str) -> dict[str, np.ndarray]:
        """Sampled summary states of a cell by probe, `(sequence, unit)`; `labels` and `lengths` beside them."""
        return self._arrays(cell, "states")

    def weights(self, cell: str) -> dict[str, np.ndarray]:
        """Trained weights of a cell, by the path of the variable."""
        return self._arrays(cell, "weights")

    def account(self, cell: str) -> dict[str, Any]:
        """What a cell says of itself: its `kind`, `settings`, `factors`, `facts` and the `versions` it was run with."""
        file = self._file_of(cell, ACCOUNT)
        about = self._read(str(file.relative_to(self.folder)), lambda file: read_account(file.parent))
        if not isinstance(about, dict) or not about.keys() >= {"kind", "settings", "factors", "facts", "versions"}:
            raise InputError(str(file), "as `padleak run` wrote it", "another file")
        return about

    def has_cells(self) -> bool:
        """Whether the folder still holds the cells, and not only the tables."""
        return (self.folder / "cells").is_dir()

    def _read(self, name: str, read: Callable[[Path], Any]) -> Any:
        """A file of the folder; one that is missing or damaged is an error that names it."""
        try:
            return read(self.folder / name)
        except InputError:
            raise
        except (OSError, ValueError) as error:  # pyarrow's and pandas's errors are of these kinds
            raise InputError(
                str(self.folder / name), "as `padleak run` wrote it", f"a file that cannot be read ({first_line(error)})",
                "The same `padleak run` again writes it anew; finished cells are kept.",
            ) from None  # fmt: skip

    def _file_of(self, cell: str, name: str) -> Path:
        """A file that a cell has left."""
        if not isinstance(cell, str) or not re.fullmatch(r"[\w-]+", cell):
            raise InputError("cell", "a key, as in the column `cell` of the tables", cell)
        file = self.folder / "cells" / cell / name
        if not file.is_file():
            what = name.partition(".")[0]
            raise InputError(f"{what} of cell {cell}", f"kept in {file}", "no such file", "Run the cells here first.")
        return file

    def _arrays(self, cell: str, name: str) -> dict[str, np.ndarray]:
        file = self._file_of(cell, f"{name}.npz")
        try:
            return read_arrays(file)
        except InputError:
            raise
        except (OSError, ValueError):
            raise InputError(
                str(file),
                "as `padleak run` wrote it",
                "a file that cannot be read",
                "`padleak check` names what is damaged.",
            ) from None


def _read_json(file: Path) -> Any:
    return json.loads(file.read_text())


def _read_run(file: Path) -> dict[str, Any]:
    run = _read_json(file)
    experiments = run.get("experiments") if isinstance(run, dict) else None
    if not isinstance(experiments, dict) or not isinstance(run.get("profile"), dict):
        raise ValueError("it names no profile and no experiments")
    for name, about in experiments.items():
        if not isinstance(about, dict) or not about.keys() >= _OF_AN_EXPERIMENT:
            raise ValueError(f"of {name}, it lacks {', '.join(sorted(_OF_AN_EXPERIMENT - set(about)))}")
    return run


def _profile(run: dict[str, Any]) -> Profile:
    try:
        return Profile(**run["profile"])
    except TypeError as error:
        raise ValueError(f"its profile is none: {error}") from None


def _read_verdicts(file: Path) -> list[dict[str, Any]]:
    verdicts = _read_json(file)
    if not isinstance(verdicts, list) or not all(isinstance(verdict, dict) for verdict in verdicts):
        raise ValueError("it is no list of verdicts")
    for verdict in verdicts:
        if not verdict.keys() >= _OF_A_VERDICT:
            raise ValueError(f"a verdict lacks {', '.join(sorted(_OF_A_VERDICT - verdict.keys()))}")
    return verdicts


def load(folder: str | Path) -> Results:
    """Load the results of a run.

    >>> import padleak
    >>> padleak.load("results/nowhere")
    Traceback (most recent call last):
        ...
    padleak.errors.InputError: results folder must be written by `padleak run`; got results/nowhere. There is no such \
folder. Run ./run_all.sh, or name another folder.
    """
    return Results(folder)
