"""Finished results, as a notebook wants them. Starts without Keras."""

import json
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from padleak.errors import InputError


class Results:
    """What a run left in its folder.

    Args:
        folder: As `padleak run` wrote it.

    Raises:
        InputError: There are no results in the folder.
    """

    def __init__(self, folder: str | Path):
        self.folder = Path(folder)
        if not (self.folder / "run.json").is_file():
            raise InputError(
                "results folder", "written by `padleak run`", str(folder), "Run ./run_all.sh, or name another folder."
            )

    @cached_property
    def run(self) -> dict[str, Any]:
        """Profile, data, and for each experiment its question, cells, missing cells and skipped combinations."""
        return json.loads((self.folder / "run.json").read_text())

    @cached_property
    def environment(self) -> dict[str, Any]:
        """Versions and machine."""
        return json.loads((self.folder / "environment.json").read_text())

    @cached_property
    def measurements(self) -> pd.DataFrame:
        """One row a number: probe, layer, metric, value, and the settings of its cell as columns."""
        return pd.read_parquet(self.folder / "measurements.parquet")

    @cached_property
    def cells(self) -> pd.DataFrame:
        """One row a cell: its settings, epochs, seconds, parameters."""
        return pd.read_csv(self.folder / "cells.csv")

    @cached_property
    def verdicts(self) -> pd.DataFrame:
        """One row a claim."""
        return pd.DataFrame(json.loads((self.folder / "verdicts.json").read_text()))

    def of(self, experiment: str) -> pd.DataFrame:
        """The measurements of one experiment."""
        if experiment not in self.run["experiments"]:
            raise InputError("experiment", f"one of {', '.join(self.run['experiments'])}", experiment)
        cells = self.run["experiments"][experiment]["cells"]
        return self.measurements[self.measurements.cell.isin(cells)]

    def states(self, cell: str) -> dict[str, np.ndarray]:
        """Sampled summary states of a cell by probe, `(sequence, unit)`; `labels` and `lengths` beside them."""
        return self._arrays(cell, "states")

    def weights(self, cell: str) -> dict[str, np.ndarray]:
        """Trained weights of a cell, by the path of the variable."""
        return self._arrays(cell, "weights")

    def has_states(self) -> bool:
        """Whether the folder still holds the cells, and not only the tables."""
        return (self.folder / "cells").is_dir()

    def _arrays(self, cell: str, name: str) -> dict[str, np.ndarray]:
        file = self.folder / "cells" / cell / f"{name}.npz"
        if not file.is_file():
            raise InputError(f"{name} of cell {cell}", f"kept in {file}", "no such file", "Run the cells here first.")
        with np.load(file, allow_pickle=False) as arrays:
            return {key: arrays[key] for key in arrays.files}


def load(folder: str | Path) -> Results:
    """Load the results of a run.

    >>> import padleak
    >>> padleak.load("results/nowhere")
    Traceback (most recent call last):
        ...
    padleak.errors.InputError: results folder must be written by `padleak run`; got results/nowhere. Run ./run_all.sh, or \
name another folder.
    """
    return Results(folder)
