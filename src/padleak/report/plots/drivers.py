"""Figures of what drives the leakage."""

import numpy as np
import pandas as pd

from padleak.measures.inference import variance_shares
from padleak.report.plots import (
    SIDE_COLOURS,
    Drawn,
    add_legend,
    draw_dots,
    draw_line,
    figures,
    new_figure,
    say_n,
    summarise,
)
from padleak.report.words import say_percent
from padleak.study.results import Results
from padleak.study.select import on_own_side, where

_FACTORS = {
    "data": "sequence length", "count": "amount of padding", "layers": "layers", "units": "hidden units",
    "readout": "downstream layer", "padding": "side",
}  # fmt: skip
_STYLES = {"last": "-", "mean": "--", "max": ":", "attention": "-."}
_NETWORKS = {
    ("lstm", "last"): "LSTM",
    ("mlp", "mean"): "mean-pool + Dense",
    ("mlp", "flatten"): "flatten + Dense",
    ("conv1d", "max"): "Conv1D",
}


@figures.add
def drivers(table: pd.DataFrame, results: Results) -> Drawn | None:
    """Share of the variance of the log leakage by factor, and the leakage itself by the strongest ones."""
    rows = table[table.data.astype(str).str.startswith("majority?")]
    rows = on_own_side(where(rows, metric="relative_shift", layer="summary"))
    rows = rows[rows["count"].notna()]
    if rows.empty:
        return None
    rows = rows.assign(leakage=np.log10(rows.value.clip(lower=1e-12)))
    shares = variance_shares(rows, "leakage", list(_FACTORS), "seed").sort_values("share")
    names = shares.factor.map(_FACTORS)
    figure, axes = new_figure(columns=2, height=3.6)
    spread = [(shares.share - shares.low).clip(lower=0), (shares.high - shares.share).clip(lower=0)]
    axes[0, 0].barh(names, shares.share, xerr=spread, color="0.75", capsize=3)
    axes[0, 0].set(xlabel="share of the variance of log10(relative shift)")
    shown = summarise(rows, ["padding", "readout", "count"])
    for (side, readout), line in shown.groupby(["padding", "readout"], observed=True):
        draw_line(axes[0, 1], line, "count", f"{side}, {readout}", SIDE_COLOURS[side], _STYLES[readout])
    axes[0, 1].set_xscale("log", base=2)
    axes[0, 1].set_yscale("log")
    axes[0, 1].set(xlabel="fill steps", ylabel="shift of what the head sees,\nshare of its norm")
    axes[0, 1].set_xticks(counts := sorted(shown["count"].unique()), [str(count) for count in counts])
    add_legend(axes[:, 1:])
    first, second = names.iloc[-1], names.iloc[-2]
    return Drawn(
        figure,
        f"What decides the leakage is the {first} ({say_percent(shares.share.iloc[-1])} of the variance), then the {second} "
        f"({say_percent(shares.share.iloc[-2])})",
        "Left: first-order shares in a full factorial of unmasked LSTMs on `majority`; bars are 95 % jackknife "
        f"intervals over seeds; the rest is interactions and seeds. Right: {say_n(shown)}, "
        "bands are 95 % Student intervals over seeds.",
    )


@figures.add
def robustness_by_model(table: pd.DataFrame, results: Results) -> Drawn | None:
    """Change of the predictions under other fill, and accuracy by side, for four networks of one size."""
    rows = table[~table.data.astype(str).str.startswith("majority?")]
    network = [_NETWORKS.get(pair) for pair in zip(rows.model.astype(str), rows.readout.astype(str))]
    rows = rows.assign(network=network)
    changed = where(rows, metric="total_variation", padding="pre")
    longer = summarise(where(changed, layout="pre", count=32), ["network"])
    moved = summarise(where(changed, layout="post", reference="trained"), ["network"])
    accuracy = on_own_side(where(rows, metric="accuracy", reference="unpadded"))
    accuracy = summarise(accuracy[accuracy["count"].isna()], ["network", "padding"])
    if moved.empty or accuracy.empty:
        return None
    names = list(_NETWORKS.values())
    figure, axes = new_figure(columns=3, width=10.5, height=3, sharey=True)
    for panel, dots, title in (
        (axes[0, 0], longer, "32 more fill steps in front"), (axes[0, 1], moved, "fill moved from front to end")
    ):  # fmt: skip
        draw_dots(panel, dots, dots.network.map(names.index), "", "0.2")
        panel.set(title=title, xlabel="total variation of the prediction", xlim=(-0.02, None))
    for side, colour in SIDE_COLOURS.items():
        dots = where(accuracy, padding=side)
        draw_dots(
            axes[0, 2],
            dots,
            dots.network.map(names.index),
            f"trained {side}-padded",
            colour,
            "o" if side == "pre" else "s",
        )
    axes[0, 2].set(title="accuracy as trained", xlabel="test accuracy", yticks=range(len(names)), yticklabels=names)
    add_legend(axes[:, 2:])
    axes[0, 0].invert_yaxis()
    by_case = accuracy.set_index(["network", "padding"])["mean"]
    most_stable = longer.sort_values("mean").network.iloc[0]
    return Drawn(
        figure,
        f"More fill in front moves {most_stable} the least; trained with fill at the end, the LSTM scores "
        f"{say_percent(by_case['LSTM', 'post'])} against {say_percent(by_case['mean-pool + Dense', 'post'])} of mean pooling",
        f"Networks of one size, no mask, padded to 48 steps; the first two panels trained with fill in front. Flatten needs "
        f"one length and cannot take more fill. {say_n(accuracy)}; bars are 95 % Student intervals over seeds.",
    )
