"""Figures of what each kind of layer makes of fill."""

import matplotlib as mpl
import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from padleak.report.plots import Drawn, add_legend, draw_dots, figures, new_figure, say_n, summarise
from padleak.report.words import say_number, say_percent
from padleak.study.results import Results
from padleak.study.select import where

_OKABE_ITO = mpl.color_sequences["okabe_ito"]
_MASK_COLOURS = {False: _OKABE_ITO[6], True: _OKABE_ITO[2]}
_WORDS = {False: "no mask", True: "with a mask"}
_LEAST = 1e-6
"""Shares up to it are rounding."""
_FAINTEST = 1e-3
_COLUMNS = {
    "at fill,\nuntrained": ("fill_norm", "initial", False),
    "at fill,\ntrained": ("fill_norm", "trained", False),
    "at fill, trained\nwith a mask": ("fill_norm", "trained", True),
    "reaches\nreal steps": ("leak", "trained", False),
    "reaches them\nwith a mask": ("leak", "trained", True),
}


@figures.add
def layers_and_fill(table: pd.DataFrame, results: Results) -> Drawn | None:
    """A table as a picture: a row a layer, zero goes in, what comes out, does it reach the others, does the mask go on."""
    rows = where(table, on="tensorflow")
    names = list(rows.layer.unique())
    if not names:
        return None
    figure, axes = new_figure(width=9.5, height=0.36 * len(names) + 1.6)
    axis = axes[0, 0]
    for column, (metric, stage, masked) in enumerate(_COLUMNS.values(), 1):
        shown = summarise(_worst_side(where(rows, metric=metric, probe=stage, masked=masked)), ["layer"]).set_index(
            "layer"
        )
        for place, name in enumerate(names):
            _write_share(axis, column, place, shown.loc[name])
    arrives = (
        where(rows, metric="mask_arrives", probe="trained", masked=True).groupby("layer", observed=True).value.min()
    )
    for place, name in enumerate(names):
        axis.text(0, place, "0", ha="center", va="center")
        axis.text(6, place, "yes" if arrives[name] else "no", ha="center", va="center",
                  weight="normal" if arrives[name] else "bold")  # fmt: skip
    axis.set(
        xlim=(-0.5, 6.5), ylim=(len(names) - 0.5, -0.5), xticks=range(7), yticks=range(len(names)), yticklabels=names
    )
    axis.set_xticklabels(["goes in", *_COLUMNS, "mask\ngoes on"])
    axis.xaxis.tick_top()
    axis.tick_params(length=0)
    axis.grid(visible=False)
    axis.spines[["left", "bottom"]].set_visible(False)
    final = _worst_side(where(rows, metric="fill_norm", probe="trained", masked=True))
    final = final.groupby("layer", observed=True).value.mean()
    kept = sum(final[name] > _FAINTEST for name in names)
    spread = where(_worst_side(where(rows, metric="leak", probe="trained")), masked=True).groupby(
        "layer", observed=True
    )
    reaching = [name for name in names if spread.value.mean().get(name, 0) > _LEAST]
    stopped = (
        f"and what is there still reaches real steps in {', '.join(reaching)}" if reaching else "and nothing spreads"
    )
    return Drawn(
        figure,
        f"With a mask, {kept} of {len(names)} kinds of layers still give something at fill, {stopped}",
        "Zeros as fill, six steps of it, on the side that does more; lengths are mean lengths of a step's vector, in shares of "
        "a real step's. Second row: 95 % Student interval over seeds. "
        f"'·' is {say_number(_LEAST)} or less. {say_n(shown.reset_index())}; one width, one task.",
    )


def _worst_side(rows: pd.DataFrame) -> pd.DataFrame:
    """The side of fill that does more, by cell and layer."""
    keys = ["cell", "seed", "layer", "masked"]
    return rows.groupby(keys, observed=True).value.max().reset_index()


def _write_share(axis: Axes, column: int, place: int, cell: pd.Series) -> None:
    share = cell["mean"]
    if share > _LEAST:
        depth = float(np.clip(1 + np.log10(max(share, _FAINTEST)) / 3, 0.08, 1))
        axis.add_patch(
            mpl.patches.Rectangle((column - 0.5, place - 0.5), 1, 1, color=_OKABE_ITO[6], alpha=0.55 * depth, lw=0)
        )
        axis.text(column, place - 0.14, say_percent(share), ha="center", va="center")
        low, high = max(cell.low, 0), cell.high
        axis.text(
            column, place + 0.26, f"{say_percent(low)} to {say_percent(high)}", ha="center", va="center", fontsize=6.5
        )
    else:
        axis.text(column, place, "·", ha="center", va="center")


@figures.add
def weights_of_twins(table: pd.DataFrame, results: Results) -> Drawn | None:
    """Length of the weights of each kind of layer, trained with a mask and without, and how many are zero."""
    rows = where(table, on="tensorflow", probe="trained")
    drawn = _twins(where(rows, metric="weights_norm"), "length of all weights of the layer after training")
    if drawn is None:
        return None
    figure, seeds = drawn
    zero = where(rows, metric="zero_weights", masked=True).value
    return Drawn(
        figure,
        f"With a mask {say_percent(zero.max())} of a layer's weights at most are exactly zero after training",
        f"The same rows, order and initial weights; bars are 95 % Student intervals over seeds, {seeds}.",
    )


@figures.add
def gradients_at_fill(table: pd.DataFrame, results: Results) -> Drawn | None:
    """Gradient of the loss at fill steps of the input, with a mask and without."""
    rows = where(table, on="tensorflow", probe="trained", metric="fill_gradient")
    drawn = _twins(rows, "gradient at a fill step, in gradients at a real one")
    if drawn is None:
        return None
    figure, seeds = drawn
    means = where(rows, masked=False).groupby("layer", observed=True).value.mean()
    return Drawn(
        figure,
        f"Without a mask the loss pulls at fill steps through {(means > _LEAST).sum()} of {len(means)} kinds of layers; with "
        f"one, the largest gradient there is {say_number(where(rows, masked=True).value.max())}",
        f"Fill at the end, heads that average real steps alone; bars are 95 % Student intervals over seeds, {seeds}.",
    )


def _twins(rows: pd.DataFrame, label: str) -> tuple[Figure, str] | None:
    """A number of every kind of layer with a mask and without, and how many seeds; None without rows."""
    names = list(rows.layer.unique())
    if not names:
        return None
    figure, axes = new_figure(width=8, height=0.28 * len(names) + 1.2)
    for masked, offset in ((False, -0.14), (True, 0.14)):
        shown = summarise(where(rows, masked=masked), ["layer"])
        places = shown["layer"].map(names.index) + offset
        draw_dots(axes[0, 0], shown, places, _WORDS[masked], _MASK_COLOURS[masked], "s" if masked else "o")
    axes[0, 0].set(yticks=range(len(names)), yticklabels=names, xlabel=label)
    axes[0, 0].invert_yaxis()
    add_legend(axes)
    return figure, say_n(shown)
