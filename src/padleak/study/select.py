"""From the table of measurements to one number a seed."""

import numpy as np
import pandas as pd

from padleak.arguments import check_columns, check_kind, check_whole
from padleak.data.dataset import datasets
from padleak.data.table import tables
from padleak.errors import InputError
from padleak.registry import Registry


def where(table: pd.DataFrame, **values: object) -> pd.DataFrame:
    """Rows in which every named column has the given value (or one of a list).

    >>> table = pd.DataFrame({"masking": ["none", "embedding"], "value": [1.0, 2.0]})
    >>> where(table, masking="none").value.tolist()
    [1.0]
    """
    check_columns("table", table, values)
    for name, wanted in values.items():
        keep = table[name].isin(wanted) if isinstance(wanted, list | tuple | set) else table[name] == wanted
        table = table[keep.fillna(False)]
    return table


def per_seed(table: pd.DataFrame, metric: str, layer: str = "prediction", **values: object) -> pd.Series:
    """Mean of a metric over all that is left open, one number a seed; empty where nothing was measured.

    Differences of two such series pair by seed.
    """
    check_kind("metric", metric, str, "the name of a metric")
    check_kind("layer", layer, str, "the name of a layer")
    check_columns("table", table, ("seed", "value"))
    return where(table, metric=metric, layer=layer, **values).groupby("seed").value.mean()


def at_best_layer(table: pd.DataFrame, by: list[str]) -> pd.DataFrame:
    """The value of each group and seed at the layer that is best on average over the other seeds.

    The best of several noisy numbers would be too good. Where there is one seed, it is taken all the same.

    >>> rows = pd.DataFrame({"seed": [0, 0, 1, 1], "layer": list("abab"), "task": "t", "value": [0.1, 0.9, 0.3, 0.2]})
    >>> at_best_layer(rows, ["task"]).value.tolist()
    [0.1, 0.2]
    """
    check_kind("by", by, list | tuple, "names of columns")
    if not by:
        raise InputError("by", "one or more names of columns", "none")
    check_columns("table", table, ("layer", "seed", "value", *by))
    values = table.pivot_table(index=[*by, "seed"], columns="layer", values="value", observed=True)
    if values.empty:
        return pd.DataFrame(columns=[*by, "seed", "value"]).astype({"value": float})
    groups = values.groupby(level=by, observed=True)
    others = (groups.transform("sum") - values).where(groups.transform("count") > 1, values)
    chosen = others.fillna(-np.inf).to_numpy().argmax(axis=1)
    return values.index.to_frame(index=False).assign(value=values.to_numpy()[np.arange(len(values)), chosen])


def with_fresh_seeds(table: pd.DataFrame, seen: int = 5) -> pd.DataFrame:
    """Rows of the seeds that a first run did not have, where there are any: what was to be decided anew is not decided on rows
    that asked for it.

    >>> with_fresh_seeds(pd.DataFrame({"seed": [0, 4, 5]})).seed.tolist()
    [5]
    """
    check_whole("seen", seen, 0)
    check_columns("table", table, ("seed",))
    fresh = table[table.seed >= seen]
    return fresh if len(fresh) else table


def on_real_data(table: pd.DataFrame) -> pd.DataFrame:
    """Rows of data sets and tables that were found, not made by a rule."""
    check_columns("table", table, ("data",))
    names = {source: str(source).partition("?")[0].partition(":")[0] for source in table.data.unique()}
    made = [source for source, name in names.items() if any(_is_made(name, of) for of in (datasets, tables))]
    return table[~table.data.isin(made)]


def _is_made(name: str, registry: Registry) -> bool:
    return name in registry and registry.facts(name).get("synthetic", False)


def on_own_side(table: pd.DataFrame) -> pd.DataFrame:
    """Rows whose probe puts the fill where training had it."""
    check_columns("table", table, ("layout", "padding"))
    return table[table.layout.astype(str) == table.padding.astype(str)]


def least_loss(table: pd.DataFrame) -> pd.DataFrame:
    """Rows of the cell of each seed and side that has the least loss on validation rows: what a search would choose."""
    check_columns("table", table, ("seed", "padding", "cell", "metric", "value"))
    losses = where(table, metric="validation_loss").set_index(["seed", "padding", "cell"]).value
    chosen = losses.groupby(["seed", "padding"], observed=True).idxmin()
    return where(table, cell=[cell for _, _, cell in chosen])
