"""Finished cells as TensorBoard shows them: a run a cell, with its curve, its numbers and its settings."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pandas as pd

from padleak.errors import InputError
from padleak.reading.archive import leads_away
from padleak.study.results import Results

_NOT_SETTINGS = {"cell", "validation_loss"}


def log_cells(results: Results, folder: Path) -> int:
    """Write event files, `KIND/CELL` below a folder.

    Validation losses are logged by epoch; of each metric and probe the mean, as one point.

    Returns:
        How many cells were logged.

    Raises:
        InputError: Names of cells lead out of the folder.
    """
    import tensorflow as tf

    numbers = results.measurements.groupby(["cell", "metric", "probe"], observed=True).value.mean()
    cells = results.cells.to_dict("records")
    for cell in cells:
        for name in (cell["kind"], cell["cell"]):
            if leads_away(name):
                raise InputError(str(results.folder / "cells.csv"), "of cells whose names stay within a folder", name)
        with tf.summary.create_file_writer(str(folder / cell["kind"] / cell["cell"])).as_default():
            for epoch, loss in enumerate(_losses(cell)):
                tf.summary.write("validation_loss", loss, epoch, _shown_as("scalars"))
            for name, value in _numbers_of(cell["cell"], numbers):
                tf.summary.write(name, value, 0, _shown_as("scalars"))
            tf.summary.write("settings", json.dumps(_settings(cell), indent=1), 0, _shown_as("text"))
    return len(cells)


def _shown_as(plugin: str) -> Any:
    """What TensorBoard, which need not be installed here, takes a value for."""
    from tensorflow.core.framework.summary_pb2 import DATA_CLASS_SCALAR, DATA_CLASS_TENSOR, SummaryMetadata

    metadata = SummaryMetadata(data_class=DATA_CLASS_SCALAR if plugin == "scalars" else DATA_CLASS_TENSOR)
    metadata.plugin_data.plugin_name = plugin
    return metadata


def _losses(cell: dict[str, Any]) -> list[float]:
    """By epoch; none where no network was trained."""
    losses = cell.get("validation_loss")
    return json.loads(losses) if isinstance(losses, str) else []


def _numbers_of(cell: str, numbers: pd.Series) -> Iterator[tuple[str, float]]:
    if cell in numbers.index.get_level_values("cell"):
        for (metric, probe), value in numbers.loc[cell].items():
            yield f"{metric}/{probe}", value


def _settings(cell: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in cell.items() if name not in _NOT_SETTINGS and not pd.isna(value)}
