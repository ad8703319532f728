"""The figure of the seven layouts."""

import pandas as pd

from padleak.report.plots import Drawn, draw_dots, figures, new_figure, say_n, summarise
from padleak.report.words import say_number
from padleak.study.results import Results
from padleak.study.select import on_own_side, where

_LAYOUTS = ["pre", "both", "middle", "scattered", "random", "stretched"]
_NETWORKS = {
    ("conv1d", "flatten", "none"): "Conv1D, flattened",
    ("conv1d", "max", "none"): "Conv1D, largest",
    ("lstm", "last", "none"): "LSTM, no mask",
    ("lstm", "last", "embedding"): "LSTM, mask by id 0",
    ("lstm", "last", "masking_layer"): "LSTM, Masking layer",
}
_PUBLISHED = {"random": (-0.067, -0.078, -0.056), "pre": (-0.017, -0.031, -0.002)}


@figures.add
def score_by_layout(table: pd.DataFrame, results: Results) -> Drawn | None:
    """Macro-F1 by layout against that of `post`, seed by seed."""
    rows = where(on_own_side(table), metric="macro_f1")
    network = [
        _NETWORKS.get(key) for key in zip(rows.model.astype(str), rows.readout.astype(str), rows.masking.astype(str))
    ]
    rows = rows.assign(network=network)
    post = where(rows, padding="post").set_index(["network", "seed"]).value
    if post.empty:
        return None
    against = post.reindex(pd.MultiIndex.from_frame(rows[["network", "seed"]])).to_numpy()
    shown = summarise(rows.assign(value=rows.value - against), ["network", "padding"])
    names = [name for name in _NETWORKS.values() if name in set(rows.network)]
    figure, axes = new_figure(columns=len(names), width=11.5, height=3, sharey=True, sharex=True)
    for panel, name in zip(axes[0], names):
        dots = where(shown, network=name, padding=_LAYOUTS)
        draw_dots(panel, dots, dots.padding.astype(str).map(_LAYOUTS.index), "", "0.2")
        score = post[name].mean()
        panel.axvline(0, color="0.5", linewidth=0.8)
        panel.set(title=f"{name}\n(post: {score:.3f})", xlabel="macro-F1 minus post's")
        panel.set(yticks=range(len(_LAYOUTS)), yticklabels=_LAYOUTS)
    for layout, (mean, low, high) in _PUBLISHED.items():
        axes[0, 0].errorbar(
            mean, _LAYOUTS.index(layout) + 0.25, xerr=[[mean - low], [high - mean]], fmt="o", color="0.55", capsize=2,
            markersize=5, markerfacecolor="white",
        )  # fmt: skip
    axes[0, 0].invert_yaxis()
    by_case = shown.set_index(["network", "padding"])["mean"]
    flat, plain = (
        by_case[_NETWORKS[key]].drop("post") for key in (("conv1d", "flatten", "none"), ("lstm", "last", "none"))
    )
    return Drawn(
        figure,
        f"Against fill at the end, macro-F1 of a convolution whose head sees places changes by {say_number(flat.min())} "
        f"({flat.idxmin()}) to {say_number(flat.max())} ({flat.idxmax()}), of an unmasked LSTM by {say_number(plain.min())} "
        f"({plain.idxmin()}) to {say_number(plain.max())} ({plain.idxmax()})",
        f"Each trained and tested under the layout. {say_n(shown)}, paired by seed; bars are 95 % Student intervals. "
        "Hollow: Lopez-del Rio et al. 2020, on protein sequences. Stretched fill repeats real steps, so id 0 never occurs.",
    )
