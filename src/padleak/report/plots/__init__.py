"""Figures. To add one, write a function in a file of this folder and decorate it; an experiment names it.

A figure is a function of the measurements of its experiment and of the results as a whole. Its title states the finding and is
made from the numbers; its caption says what is drawn, the units, n and the intervals.
"""

from dataclasses import dataclass

import matplotlib as mpl
import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from padleak.measures.inference import estimate_mean
from padleak.registry import Registry

figures = Registry("figure", package="padleak.report.plots")
"""Functions `(table, results) -> Drawn | None`; None where there is nothing to draw. Fact: `states` (needs those of single
cells)."""

_OKABE_ITO = mpl.color_sequences["okabe_ito"]
_ORDER = (
    "none", "embedding", "explicit", "masking_layer", "zero_vector", "zero_states", "embedding_then_masking", "unpadded",
    "loss_only",
)  # fmt: skip
COLOURS = dict(zip(_ORDER, [*(_OKABE_ITO[i] for i in (6, 2, 5, 3, 1, 7, 6, 0)), "0.55"]))
"""One colour a masking, in every figure; `embedding_then_masking` shares that of `none`, dashed."""

SIDE_COLOURS = {"pre": _OKABE_ITO[5], "post": _OKABE_ITO[1]}
"""One colour a side."""

STYLE = {
    "figure.dpi": 100,
    "savefig.dpi": 120,
    "svg.fonttype": "none",
    "svg.hashsalt": "padleak",
    "font.size": 10,
    "axes.titlesize": 10,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.grid": True,
    "grid.color": "0.9",
    "legend.frameon": False,
}


@dataclass(frozen=True)
class Drawn:
    """A figure, what it shows in one sentence, and how to read it."""

    figure: Figure
    title: str
    caption: str


def new_figure(columns: int = 1, rows: int = 1, width: float = 9, height: float = 3.6, **share: bool | str):
    """A figure without a window, and its axes in an array `(rows, columns)`."""
    figure = Figure(figsize=(width, height), layout="constrained")
    return figure, figure.subplots(rows, columns, squeeze=False, **share)


def summarise(table: pd.DataFrame, by: list[str]) -> pd.DataFrame:
    """Mean over seeds with its 95 % Student interval, after averaging within each seed.

    Returns:
        One row a group: the columns of `by`, then `mean`, `low`, `high`, `n` (seeds).
    """
    seeds = table.groupby([*by, "seed"], observed=True).value.mean()
    rows = []
    for group, values in seeds.groupby(level=by, observed=True):
        estimate = estimate_mean(values.to_numpy())
        names = group if isinstance(group, tuple) else (group,)
        rows.append(dict(zip(by, names)) | vars(estimate))
    return pd.DataFrame(rows, columns=[*by, "mean", "low", "high", "n"])


def draw_line(axes: Axes, rows: pd.DataFrame, x: str, label: str, colour: object, style: str = "-") -> None:
    """A line through the means, with a band over the interval."""
    rows = rows.sort_values(x)
    axes.plot(rows[x], rows["mean"], style, color=colour, label=label, marker="o", markersize=4)
    axes.fill_between(rows[x].astype(float), rows.low, rows.high, color=colour, alpha=0.18, linewidth=0)


def draw_dots(axes: Axes, rows: pd.DataFrame, places: pd.Series, label: str, colour: object, marker: str = "o") -> None:
    """Means as dots beside their names on the y axis, intervals as bars."""
    spread = [rows["mean"] - rows.low, rows.high - rows["mean"]]
    axes.errorbar(
        rows["mean"],
        places,
        xerr=spread,
        fmt=marker,
        color=colour,
        label=label,
        capsize=3,
        markersize=6,
        linestyle="none",
    )


def add_legend(axes: np.ndarray, title: str = "") -> None:
    """One legend for all panels, to the right of the last; each label once."""
    named = {label: handle for panel in axes.flat for handle, label in zip(*panel.get_legend_handles_labels())}
    axes[0, -1].legend(named.values(), named.keys(), title=title, loc="upper left", bbox_to_anchor=(1.02, 1))


def say_n(rows: pd.DataFrame) -> str:
    """Number of seeds, for a caption."""
    low, high = int(rows.n.min()), int(rows.n.max())
    return f"n = {high} seeds" if low == high else f"n = {low} to {high} seeds"
