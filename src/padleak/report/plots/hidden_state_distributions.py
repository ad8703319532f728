"""Figures of the distributions of hidden states: tests, similarities, units."""

import matplotlib as mpl
import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from padleak.report.plots import COLOURS, Drawn, add_legend, draw_line, figures, new_figure, say_n, summarise
from padleak.report.words import say_percent
from padleak.study.results import Results
from padleak.study.select import on_own_side, where

_COLOURS = mpl.color_sequences["okabe_ito"]
_LEVEL = 0.05
_UNITS = 8
_SHOWN = "16"


@figures.add
def fill_seen_by_tests(table: pd.DataFrame, results: Results) -> Drawn | None:
    """Share of splits in which a test tells states apart, by steps of fill."""
    rows = where(table, kind="distribution", metric="share_rejected")
    if rows.empty:
        return None
    rows = rows.assign(masked=rows.masking.astype(str) != "none")
    rows = pd.concat([rows[rows["count"] == 0], on_own_side(rows)])
    shown = summarise(rows, ["masked", "padding", "layer", "count"])
    sides, tests = list(rows.padding.unique()), list(rows.layer.unique())
    figure, axes = new_figure(len(sides), 2, width=9.5, height=5, sharex=True, sharey=True)
    for row, masked in zip(axes, (False, True)):
        for panel, side in zip(row, sides):
            for index, test in enumerate(tests):
                line = where(shown, masked=masked, padding=side, layer=test)
                draw_line(panel, line, "count", _name(test), _COLOURS[index + 1])
            panel.axhline(_LEVEL, color="0.5", linewidth=0.8)
            panel.set(title=f"{'masked' if masked else 'no mask'}, {side}", ylim=(-0.03, 1.03))
            panel.set_xscale("symlog", base=2, linthresh=1)
        row[0].set_ylabel("share of splits told apart")
    for panel in axes[-1]:
        panel.set_xlabel("fill steps")
        panel.set_xticks(counts := sorted(shown["count"].unique()), [str(count) for count in counts])
    add_legend(axes)
    one, most = (where(shown, masked=False, count=count)["mean"].mean() for count in (1, shown["count"].max()))
    return Drawn(
        figure,
        f"Without a mask, tests tell padded texts from clean ones by their states in {say_percent(one)} of cases after one "
        f"fill step and in {say_percent(most)} after {shown['count'].max()}",
        "Half of the probe texts with fill against the other half without, as the head of an LSTM sees them; with 0 fill steps "
        f"both are without. Ten splits a network, 99 permutations, level .05 (line). {say_n(shown)}; "
        "bands are 95 % Student intervals over them.",
    )


@figures.add
def similarity_after_fill(table: pd.DataFrame, results: Results) -> Drawn | None:
    """How alike the same texts are represented with fill and without, by steps of fill."""
    rows = where(on_own_side(table), kind="distribution", metric="similarity", masking="none")
    if rows.empty:
        return None
    shown = summarise(rows, ["padding", "layer", "count"])
    sides = list(rows.padding.unique())
    figure, axes = new_figure(columns=len(sides), width=9.5, height=3.4, sharey=True)
    for panel, side in zip(axes[0], sides):
        for index, which in enumerate(rows.layer.unique()):
            line = where(shown, padding=side, layer=which)
            draw_line(panel, line, "count", _name(which), _COLOURS[index + 1])
        panel.set(title=f"no mask, {side}", xlabel="fill steps", ylim=(-0.03, 1.03))
        panel.set_xscale("log", base=2)
        panel.set_xticks(counts := sorted(shown["count"].unique()), [str(count) for count in counts])
    axes[0, 0].set_ylabel("similarity to the states without fill")
    add_legend(axes)
    most = where(shown, count=shown["count"].max()).groupby("layer", observed=True)["mean"].mean()
    masked = where(on_own_side(table), metric="similarity", masking=["embedding", "masking_layer"]).value.min()
    return Drawn(
        figure,
        f"After {shown['count'].max()} fill steps similarities to the states without fill lie between {most.min():.2f} "
        f"({_name(most.idxmin())}) and {most.max():.2f} ({_name(most.idxmax())}): it matters which one is asked",
        f"States that the head of an LSTM sees, the same texts with fill and without. {say_n(shown)}; bands are 95 % Student "
        f"intervals over them. With a mask the least of all similarities is {masked:.3f}. None sees that the whole cloud is "
        "shifted, turned or blown up, so a cloud that moves as one counts as unmoved.",
    )


@figures.add(states=True)
def units_after_fill(table: pd.DataFrame, results: Results) -> Drawn | None:
    """Ridges: distributions of the units that fill moves the most, without fill and with."""
    cells = where(table, kind="distribution", seed=0, masking=["none", "embedding", "masking_layer"])
    if cells.empty or not results.has_cells():
        return None
    masked = "embedding" if "embedding" in set(cells.masking) else "masking_layer"
    panels = [(masking, side) for masking in ("none", masked) for side in ("pre", "post")]
    figure, axes = new_figure(columns=4, width=11, height=4.2)
    apart = {}
    for panel, (masking, side) in zip(axes[0], panels):
        states = results.states(where(cells, masking=masking, padding=side).cell.iloc[0])
        apart[masking, side] = _draw_ridges(panel, states["unpadded"], states[f"{side}+{_SHOWN}"])
        panel.set(title=f"{'no mask' if masking == 'none' else 'masked'}, {side}", xlabel="state of the unit")
    axes[0, 0].set_ylabel("units, the most moved on top")
    add_legend(axes)
    return Drawn(
        figure,
        f"{_SHOWN} fill steps move single units away from where they were: the largest Kolmogorov-Smirnov distance is "
        f"{apart['none', 'post']:.2f} after the text and {apart['none', 'pre']:.2f} in front; with a mask "
        f"{max(apart[masked, 'pre'], apart[masked, 'post']):.2f}",
        f"The {_UNITS} units of an LSTM that move the most, seed 0, over all probe texts; kernel densities, each "
        "of height 1. Units that do not move lie on each other.",
    )


def _name(which: str) -> str:
    return str(which).replace("_", " ")


def _draw_ridges(panel: Axes, bare: np.ndarray, filled: np.ndarray) -> float:
    """Gaussian kernel densities of the most moved units, one above the other; the largest distance of two distributions."""
    from scipy.stats import ks_2samp  # takes a second to import

    distances = np.array([ks_2samp(*pair).statistic for pair in zip(bare.T, filled.T)])
    chosen = np.argsort(distances)[-_UNITS:]
    shown = np.concatenate([bare[:, chosen], filled[:, chosen]])
    room = 0.1 * np.ptp(shown)
    places = np.linspace(shown.min() - room, shown.max() + room, 80)
    for height, unit in enumerate(chosen):
        for states, colour, label in ((bare, COLOURS["unpadded"], "no fill"), (filled, COLOURS["none"], "with fill")):
            values = states[:, unit].astype(float)
            width = max(1.06 * values.std() * len(values) ** -0.2, 0.005 * (places[-1] - places[0]))
            density = np.exp(-(((places[:, None] - values) / width) ** 2) / 2).sum(axis=1)
            ridge = height + 0.9 * density / density.max()
            panel.fill_between(places, height, ridge, color=colour, alpha=0.35, linewidth=0)
            panel.plot(places, ridge, color=colour, linewidth=0.8, label=label)
    panel.set(yticks=[])
    return float(distances.max())
