"""Many small tables of measurements, each with the factors of its cell, as one."""

from collections import defaultdict
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

_ALWAYS = ["probe", "layer", "metric", "value", "cell", "kind", "seed"]
"""Columns of every table, one without rows too."""


def join(parts: Iterable[tuple[Path, str, dict[str, Any]]]) -> pd.DataFrame:
    """Read the tables of cells and put them one after another.

    Tables alike in columns and types are joined as a whole, and only these few wholes by pandas: some ten times as fast as a
    `DataFrame` a cell.

    Args:
        parts: File, key and factors of each cell.

    Returns:
        The rows in the order of the parts, texts as categories.
    """
    alike = defaultdict(list)
    for place, (file, key, factors) in enumerate(parts):
        table = _read(file)
        types = tuple((name, type(value)) for name, value in factors.items())
        alike[table.schema.remove_metadata(), types].append((place, table, {"cell": key, **factors}))
    if not alike:
        return pd.DataFrame(columns=_ALWAYS)
    wholes, places = zip(*(_join_alike(*zip(*same)) for same in alike.values()))
    order = np.argsort(np.concatenate(places), kind="stable")
    table = pd.concat(wholes, ignore_index=True)
    if len(wholes) > 1:
        table = table.take(order).reset_index(drop=True)
    # Kinds of cells that lack a setting must not turn the numbers of the others into fractions.
    exact = {int: "Int64", bool: "boolean"}
    types = {name: kind for _, kinds in alike for name, kind in kinds if kind in exact}
    table = table.astype({name: exact[kind] for name, kind in types.items() if table[name].isna().any()})
    texts = [name for name in table if table[name].dtype.kind in "OTU" or str(table[name].dtype) in ("str", "string")]
    return table.astype(dict.fromkeys(texts, "category"))


def _read(file: Path) -> pa.Table:
    # From memory, without threads: what pyarrow does to be fast with large files is slow with small ones.
    return pq.ParquetFile(pa.BufferReader(file.read_bytes())).read(use_threads=False)


def _join_alike(places: tuple[int], tables: tuple[pa.Table], columns: tuple[dict[str, Any]]):
    """One frame of tables with the same columns, and the place of the part that each row comes from."""
    lengths = [len(table) for table in tables]
    frame = pa.concat_tables(tables).to_pandas()
    by_cell = pd.DataFrame(list(columns))
    by_row = by_cell.take(np.repeat(np.arange(len(tables)), lengths)).reset_index(drop=True)
    return frame.assign(**by_row), np.repeat(places, lengths)
