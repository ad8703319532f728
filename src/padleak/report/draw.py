"""Means over seeds in axes of one's own, as seaborn's functions draw: `plot(table, x="count", hue="masking", ax=ax)`."""

import matplotlib as mpl
import pandas as pd
from matplotlib.axes import Axes

from padleak.arguments import check_columns
from padleak.errors import InputError
from padleak.report.plots import COLOURS, draw_dots, draw_line, summarise

_CYCLE = mpl.color_sequences["okabe_ito"][1:]


def plot(table: pd.DataFrame, x: str, hue: str | None = None, ax: Axes | None = None) -> Axes:
    """Mean of `value` over seeds with its 95 % Student interval.

    Args:
        table: Measurements of one metric: `where(results.of("core_grid"), metric="accuracy")`. What is neither in `x` nor
            in `hue` is averaged within each seed.
        x: Column of the x axis. Numbers make a line with a band; names make dots with bars, one below the other.
        hue: Column by which lines or dots are told apart, or None.
        ax: What is drawn into; the current axes if not given.

    Returns:
        The axes.

    Raises:
        InputError: The table is empty, lacks a column, or holds several metrics.

    >>> from matplotlib.figure import Figure
    >>> rows = pd.DataFrame({"seed": [0, 1, 0, 1], "metric": "shift", "count": [0, 0, 8, 8], "value": [0.0, 0.2, 1.0, 1.4]})
    >>> axes = plot(rows, x="count", ax=Figure().subplots())
    >>> axes.lines[0].get_ydata().round(3).tolist(), axes.get_ylabel()
    ([0.1, 1.2], 'shift')
    """
    check_columns("table", table, ["seed", "metric", "value", x, *([hue] if hue else [])])
    metrics = sorted(map(str, table.metric.dropna().unique()))
    if len(metrics) != 1:
        raise InputError("table", "of one metric, in one row or more", ", ".join(metrics) or "no rows")
    shown = summarise(table, [name for name in dict.fromkeys((hue, x)) if name])
    ax = _current() if ax is None else ax
    groups = shown.groupby(hue, observed=True, sort=False) if hue else [("", shown)]
    if pd.api.types.is_numeric_dtype(table[x]):
        for place, (name, rows) in enumerate(groups):
            draw_line(ax, rows, x, str(name), _colour(name, place))
        ax.set(xlabel=x, ylabel=metrics[0])
    else:
        names = list(map(str, dict.fromkeys(shown[x])))
        for place, (name, rows) in enumerate(groups):
            draw_dots(ax, rows, rows[x].astype(str).map(names.index) + 0.12 * place, str(name), _colour(name, place))
        ax.set(xlabel=metrics[0], ylabel=x, yticks=range(len(names)), yticklabels=names)
    if hue:
        ax.legend(title=hue)
    return ax


def _colour(name: object, place: int) -> object:
    """That of the masking, where it is one, as in every figure of the report."""
    return COLOURS.get(str(name), _CYCLE[place % len(_CYCLE)])


def _current() -> Axes:
    from matplotlib import pyplot

    return pyplot.gca()
