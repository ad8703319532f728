"""From the table of measurements to one number a seed."""

import pandas as pd

from padleak.data.dataset import datasets


def where(table: pd.DataFrame, **values: object) -> pd.DataFrame:
    """Rows in which every named column has the given value (or one of a list).

    >>> table = pd.DataFrame({"masking": ["none", "embedding"], "value": [1.0, 2.0]})
    >>> where(table, masking="none").value.tolist()
    [1.0]
    """
    for name, wanted in values.items():
        keep = table[name].isin(wanted) if isinstance(wanted, list | tuple | set) else table[name] == wanted
        table = table[keep.fillna(False)]
    return table


def per_seed(table: pd.DataFrame, metric: str, layer: str = "prediction", **values: object) -> pd.Series:
    """Mean of a metric over all that is left open, one number a seed; empty where nothing was measured.

    Differences of two such series pair by seed.
    """
    return where(table, metric=metric, layer=layer, **values).groupby("seed").value.mean()


def on_real_data(table: pd.DataFrame) -> pd.DataFrame:
    """Rows of data sets that were found, not made by a rule."""
    names = {source: str(source).partition("?")[0].partition(":")[0] for source in table.data.unique()}
    made = [source for source, name in names.items() if name in datasets and datasets.facts(name).get("synthetic")]
    return table[~table.data.isin(made)]


def on_own_side(table: pd.DataFrame) -> pd.DataFrame:
    """Rows whose probe puts the fill where training had it."""
    return table[table.layout.astype(str) == table.padding.astype(str)]


def least_loss(table: pd.DataFrame) -> pd.DataFrame:
    """Rows of the cell of each seed and side that has the least loss on validation rows: what a search would choose."""
    losses = where(table, metric="validation_loss").set_index(["seed", "padding", "cell"]).value
    chosen = losses.groupby(["seed", "padding"], observed=True).idxmin()
    return where(table, cell=[cell for _, _, cell in chosen])
