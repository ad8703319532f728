"""The figure of pre- against post-padding."""

import pandas as pd

from padleak.report.plots import SIDE_COLOURS, Drawn, add_legend, draw_dots, figures, new_figure, say_n, summarise
from padleak.report.words import say_number
from padleak.study.results import Results
from padleak.study.select import on_own_side, where

_PUBLISHED = {("lstm", "pre"): 0.80321, ("lstm", "post"): 0.50117, ("conv1d", "pre"): 0.75, ("conv1d", "post"): 0.75}
_ARMS = ("published, no mask", "no mask", "with a mask")


@figures.add
def pre_against_post(table: pd.DataFrame, results: Results) -> Drawn | None:
    """Accuracy by side, network and mask, beside the published numbers."""
    rows = where(on_own_side(table), metric="accuracy", reference="unpadded")
    if rows.empty:
        return None
    arm = rows.masking.astype(str).eq("none").map({True: _ARMS[1], False: _ARMS[2]})
    shown = summarise(rows.assign(arm=arm), ["model", "arm", "padding"])
    figure, axes = new_figure(columns=2, height=3, sharey=True, sharex=True)
    for panel, model, title in zip(axes[0], ("lstm", "conv1d"), ("LSTM, last state", "Conv1D, largest response")):
        for offset, (side, colour) in zip((-0.12, 0.12), SIDE_COLOURS.items()):
            dots = where(shown, model=model, padding=side)
            marker = "o" if side == "pre" else "s"
            draw_dots(panel, dots, dots.arm.map(_ARMS.index) + offset, f"{side}-padded", colour, marker)
            panel.plot(_PUBLISHED[model, side], offset, marker, color=colour, markerfacecolor="white")
        panel.set(title=title, xlabel="test accuracy", yticks=range(3), yticklabels=_ARMS)
    axes[0, 0].invert_yaxis()
    add_legend(axes)
    mean = shown.set_index(["model", "arm", "padding"])["mean"]
    gap = {key: 100 * (mean[(*key, "pre")] - mean[(*key, "post")]) for key in {(m, a) for m, a, _ in mean.index}}
    return Drawn(
        figure,
        f"Accuracy with fill in front minus at the end, in points: LSTM without a mask {say_number(gap['lstm', _ARMS[1]])}, "
        f"convolution {say_number(gap['conv1d', _ARMS[1]])}, LSTM with a mask {say_number(gap['lstm', _ARMS[2]])}",
        f"{say_n(shown)}; bars are 95 % Student intervals over seeds. Hollow: Dwarampudi & Reddy 2019 (other data: tweets, "
        "93 steps, one run; the two for the CNN are about .75).",
    )
