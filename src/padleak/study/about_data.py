"""What the data of a study were: how many rows, of which classes, how long, what was left out."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np

from padleak.data.dataset import Dataset, load, source_of
from padleak.data.table import Table, load_table, tables
from padleak.study.cell import Cell

_OF_TABLES = "missing"
_OF_SEQUENCES = ("sequence", "blockwise", "distribution", "dynamics", "epoch")
_MOST_LENGTHS = 8
_MOST_NAMES = 6


def about_data(cells: Iterable[Cell]) -> list[dict[str, Any]]:
    """One object a data set of sequences, or table that was not drawn, in the order of their sources.

    All have `source`, `rows`, `classes` (how many; 0 for numbers to predict), `names` (of the first of them), `largest_class`
    (its share; of sequences, among those tested on) and `left_out` (reasons with their numbers). Sequences have `to_test`
    (rows), `steps` (quantiles .1, .5, .9 and 1 of the lengths) and `laid_out`: by the length to which rows are filled or cut,
    the share of rows that are cut, and of steps that are fill. Tables have `columns` and `missing` (share of values). What
    can no longer be read is left out.
    """
    lengths: dict[tuple[str, bool], set[int]] = defaultdict(set)
    tested: dict[str, int] = defaultdict(int)
    for cell in cells:
        factors = cell.factors
        if cell.kind in (_OF_TABLES, *_OF_SEQUENCES) and "data" in factors:
            lengths[factors["data"], cell.kind == _OF_TABLES].add(factors.get("length", 0))
            tested[factors["data"]] = max(tested[factors["data"]], factors.get("test", 0))
    found = []
    for (source, is_table), asked in sorted(lengths.items()):
        try:
            if not is_table:
                found.append({"source": source} | _of_sequences(load(source), sorted(asked - {0}), tested[source]))
            elif not tables.facts(source_of(source, tables).name).get("synthetic"):
                found.append({"source": source} | _of_table(load_table(source)))
        except (
            Exception
        ):  # a file that is no longer there, or what somebody's data set does: the results of it are there
            continue
    return found


def _of_sequences(data: Dataset, lengths: list[int], tested: int) -> dict[str, Any]:
    steps = np.concatenate([data.train.lengths, data.test.lengths])
    return {
        "rows": len(steps),
        "to_test": len(data.test),
        "steps": np.quantile(steps, [0.1, 0.5, 0.9, 1]).astype(int).tolist(),
        "laid_out": {length: _lay_out(steps, length) for length in lengths[:_MOST_LENGTHS]},
        **_of_classes(data.test.labels[:tested], data.classes),
        "left_out": dict(data.skipped),
    }


def _of_table(table: Table) -> dict[str, Any]:
    return {
        "rows": len(table),
        "columns": len(table.columns),
        "missing": float(table.missing_share),
        **_of_classes(table.targets, table.classes),
        "left_out": list(table.notes),
    }


def _lay_out(steps: np.ndarray, length: int) -> dict[str, float]:
    kept = np.minimum(steps, length)
    return {"cut": float((steps > length).mean()), "fill": float(1 - kept.sum() / (length * len(steps)))}


def _of_classes(labels: np.ndarray, classes: tuple[str, ...]) -> Mapping[str, Any]:
    counts = np.bincount(labels.astype(int)) if classes else np.array([0])
    return {
        "classes": len(classes),
        "names": list(classes[:_MOST_NAMES]),
        "largest_class": float(counts.max() / len(labels)) if classes else None,
    }
