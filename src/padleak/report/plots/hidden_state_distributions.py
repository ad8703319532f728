"""Figure of the tests on hidden states: how much fill do they see?"""

import matplotlib as mpl
import pandas as pd

from padleak.report.plots import Drawn, add_legend, draw_line, figures, new_figure, say_n, summarise
from padleak.report.words import say_percent
from padleak.study.results import Results
from padleak.study.select import on_own_side, where

_COLOURS = mpl.color_sequences["okabe_ito"]
_LEVEL = 0.05


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
                draw_line(panel, line, "count", str(test).replace("_", " "), _COLOURS[index + 1])
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
