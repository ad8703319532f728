"""Figures of Transformers: leakage by block, where the mask works, positions."""

import matplotlib as mpl
import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from padleak.report.plots import (
    COLOURS,
    SIDE_COLOURS,
    Drawn,
    add_legend,
    draw_dots,
    draw_line,
    figures,
    new_figure,
    say_n,
    summarise,
)  # fmt: skip
from padleak.report.words import say_number, say_percent
from padleak.study.results import Results
from padleak.study.select import where

_OKABE_ITO = mpl.color_sequences["okabe_ito"]
_NORMS = {"transformer": "normalised before attention", "transformer_post_norm": "normalised after the sum"}
_TOLD = {"none": "no mask", "embedding": "Keras's own mask", "explicit": "explicit mask"}
_SCORES = {
    ("transformer", "explicit"): "before the softmax",
    ("transformer_renormalised", "explicit"): "after it, made to sum to one",
    ("transformer_zeroed", "explicit"): "after it, set to zero",
    ("transformer", "none"): "nowhere",
}
_POSITIONS = {
    ("transformer", "mean"): "none",
    ("transformer", "first"): "none, and the first step answers",
    ("transformer_learned", "mean"): "learned",
    ("transformer_sinusoidal", "mean"): "sinusoidal",
    ("transformer_rotary", "mean"): "rotary",
    ("transformer_counted", "mean"): "counted from the first real step",
}
_AFTER = "post+32"
_LEAST = 1e-8
_ROUNDING = 1e-5
_BARS = "bars are 95 % Student intervals over seeds"


@figures.add
def leak_by_block(table: pd.DataFrame, results: Results) -> Drawn | None:
    """How far fill moves real steps in the sum that ends each block, by norm and mask, in the deepest network of each."""
    rows = where(table, metric="leak", probe=_AFTER, model=list(_NORMS), readout="mean", padding="post")
    rows = rows[rows.layer.astype(str).str.endswith("Dense")]
    if rows.empty:
        return None
    rows = rows.assign(block=rows.layer.astype(str).str.extract(r"block (\d+)", expand=False).astype(int))
    figure, axes = new_figure(columns=2, width=10, height=3.4, sharey=True)
    last = {}
    for axis, (model, title) in zip(axes[0], _NORMS.items()):
        for masking, label in _TOLD.items():
            seen = where(rows, model=model, masking=masking)
            seen = seen[seen.layers == seen.layers.max()]
            shown = summarise(seen.assign(value=seen.value.clip(lower=_LEAST)), ["block"])
            if len(shown):
                draw_line(axis, shown, "block", label, COLOURS[masking], ":" if masking == "explicit" else "-")
                last[model, masking] = shown.sort_values("block")["mean"].iloc[-1]
        axis.set(title=title, xlabel="block", yscale="log", xticks=sorted(rows.block.unique()))
    axes[0, 0].set_ylabel("move of real steps under 32 fill steps,\nshare of their length")
    add_legend(axes)
    lost, kept = (
        last.get(("transformer_post_norm", "embedding"), np.nan),
        last.get(("transformer", "embedding"), np.nan),
    )
    return Drawn(
        figure,
        f"Keras's own mask does not last where blocks normalise after the sum: the last block's real steps move by "
        f"{say_percent(lost)} of their length, and by {_say(kept)} where they normalise before",
        f"The deepest network of each kind, {say_n(shown)}, fill at the end; bands are 95 % Student intervals over seeds; "
        f"values below {say_number(_LEAST)} are drawn there.",
    )


@figures.add
def where_the_mask_works(table: pd.DataFrame, results: Results) -> Drawn | None:
    """Shift and accuracy by where attention is masked."""
    rows = where(table, layers=2, padding="post", readout="mean")
    kinds = [_SCORES.get(pair) for pair in zip(rows.model.astype(str), rows.masking.astype(str))]
    rows = rows.assign(kind=kinds).dropna(subset="kind")
    shift = where(rows, metric="relative_shift", layer="summary", probe=_AFTER)
    accuracy = where(rows, metric="accuracy", layer="prediction", probe="post")
    if shift.empty:
        return None
    figure, axes = new_figure(columns=2, width=10, height=2.6, sharey=True)
    names = [name for name in _SCORES.values() if name in set(rows.kind)]
    shown = _dots(axes[0, 0], shift, names)
    _dots(axes[0, 1], accuracy, names)
    axes[0, 0].set(
        xlabel="shift of what the head sees under 32 fill steps,\nshare of its norm", yticks=range(len(names))
    )
    axes[0, 0].set_yticklabels(names)
    axes[0, 0].invert_yaxis()
    axes[0, 1].set_xlabel("accuracy, filled as in training")
    mean = shown.set_index("kind")["mean"]
    zeroed, renormalised = (
        mean.get(name, np.nan) for name in ("after it, set to zero", "after it, made to sum to one")
    )
    return Drawn(
        figure,
        f"Attention weights set to zero after the softmax let fill move the state by {say_percent(zeroed)}; made to sum to one "
        f"again, by {_say(renormalised)}",
        f"Two blocks, normalised before, an explicit mask; {_BARS}, {say_n(shown)}.",
    )


def _dots(axis: Axes, rows: pd.DataFrame, names: list[str]) -> pd.DataFrame:
    shown = summarise(rows, ["kind"])
    draw_dots(axis, shown, shown["kind"].map(names.index), "", _OKABE_ITO[5])
    return shown


@figures.add
def positions_under_fill(table: pd.DataFrame, results: Results) -> Drawn | None:
    """Change of answers under one fill step in front, by kind of positions and by the side that training filled."""
    rows = where(table, layers=2, masking="explicit", metric="total_variation", probe="pre+1")
    kinds = [_POSITIONS.get(pair) for pair in zip(rows.model.astype(str), rows.readout.astype(str))]
    rows = rows.assign(kind=kinds).dropna(subset="kind")
    if rows.empty:
        return None
    names = [name for name in _POSITIONS.values() if name in set(rows.kind)]
    figure, axes = new_figure(width=8, height=2.8)
    for offset, (side, colour) in zip((-0.14, 0.14), SIDE_COLOURS.items()):
        shown = summarise(where(rows, padding=side), ["kind"])
        marker = "o" if side == "pre" else "s"
        draw_dots(axes[0, 0], shown, shown["kind"].map(names.index) + offset, f"trained {side}-padded", colour, marker)
    axes[0, 0].set(yticks=range(len(names)), xlabel="total variation of the prediction under one fill step in front")
    axes[0, 0].set_yticklabels(names)
    axes[0, 0].invert_yaxis()
    add_legend(axes)
    means = summarise(where(rows, padding="post"), ["kind"]).set_index("kind")["mean"]
    most = means.drop("none, and the first step answers", errors="ignore").idxmax()
    counted = means.get("counted from the first real step", np.nan)
    return Drawn(
        figure,
        f"One fill step in front moves the answers by {say_number(means[most])} where positions are {most}, and by "
        f"{_say(counted)} where they are counted from the first real step",
        f"Two blocks, an explicit mask: fill moves positions, and what stands first, and does nothing else; {_BARS}, "
        f"{say_n(shown)}.",
    )


def _say(share: float) -> str:
    return "nothing but rounding" if share <= _ROUNDING else say_number(share)
