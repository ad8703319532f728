"""Figures of what follows the LSTM: read-outs, attention, tuning."""

import matplotlib as mpl
import numpy as np
import pandas as pd

from padleak.measures.bootstrap import bootstrap, mean_of
from padleak.report.plots import SIDE_COLOURS, Drawn, add_legend, draw_dots, figures, new_figure, say_n, summarise
from padleak.report.words import say_number, say_percent, short_source
from padleak.study.results import Results
from padleak.study.select import least_loss, on_own_side, on_real_data, where

_OKABE_ITO = mpl.color_sequences["okabe_ito"]
_AFTER = 32
_MASKED = ["embedding", "masking_layer"]
HEADS = {
    ("lstm", "last"): "LSTM, last state",
    ("lstm", "stacked"): "last state, then Dense",
    ("lstm", "mean"): "LSTM, mean",
    ("lstm", "max"): "LSTM, largest",
    ("lstm", "attention"): "LSTM, attention",
    ("lstm", "flatten"): "LSTM, flattened",
    ("mlp", "mean"): "embeddings, mean, Dense",
    ("transformer", "mean"): "Transformer, mean",
}
_BARS = "bars are 95 % Student intervals over seeds."


@figures.add
def leakage_by_readout(table: pd.DataFrame, results: Results) -> Drawn | None:
    """Shift of what the head sees by read-out and side, and the change of answers when fill moves."""
    rows = at_default(on_real_data(table))
    rows = rows.assign(head=[HEADS.get(pair) for pair in zip(rows.model.astype(str), rows.readout.astype(str))])
    shift = where(on_own_side(rows), metric="relative_shift", layer="summary", count=_AFTER)
    moved = where(
        rows[rows.layout.astype(str) != rows.padding.astype(str)], metric="total_variation", reference="trained"
    )
    if shift.empty:
        return None
    bare, masked = f"no mask, {_AFTER} fill steps", f"with a mask, {_AFTER} fill steps"
    panels = {
        bare: where(shift, masking="none"),
        masked: where(shift, masking=_MASKED),
        "no mask, all fill moved to the other side": where(moved, masking="none"),
    }
    names = [name for name in HEADS.values() if name in set(rows["head"])]
    figure, axes = new_figure(columns=3, width=11.5, height=3.6, sharey=True)
    for panel, (title, seen) in zip(axes[0], panels.items()):
        shown = summarise(seen, ["head", "padding"])
        for offset, (side, colour) in zip((-0.14, 0.14), SIDE_COLOURS.items()):
            dots = where(shown, padding=side)
            marker = "o" if side == "pre" else "s"
            draw_dots(panel, dots, dots["head"].map(names.index) + offset, f"trained {side}-padded", colour, marker)
        panel.set(title=title, xlabel="shift of what the head sees,\nshare of its norm", yticks=range(len(names)))
        panel.set_yticklabels(names)
    axes[0, 2].set_xlabel("total variation\nof the prediction")
    axes[0, 0].invert_yaxis()
    add_legend(axes)
    mean, left = (summarise(panels[case], ["head"]).set_index("head")["mean"] for case in (bare, masked))
    behind = f"; with one, by up to {say_percent(left.max())} ({left.idxmax()})" if len(left) else ""
    return Drawn(
        figure,
        f"Without a mask, {_AFTER} fill steps move what the head sees by {say_percent(mean.min())} of its norm "
        f"({mean.idxmin()}) "
        f"to {say_percent(mean.max())} ({mean.idxmax()}){behind}",
        f"Fill where training had it. Flattened states need one length, so they can only be seen with fill moved. "
        f"{say_n(summarise(shift, ['head']))}; {_BARS}",
    )


@figures.add
def leakage_over_tasks(table: pd.DataFrame, results: Results) -> Drawn | None:
    """Shift by read-out over data sets: each, and all with an interval over data sets and seeds."""
    rows = where(at_default(table), model="lstm", masking="none", padding="post", layout="post", count=_AFTER)
    rows = where(rows, metric="relative_shift", layer="summary").assign(data=lambda found: found.data.astype(str))
    if rows.data.nunique() < 2:
        return None
    names = [readout for model, readout in HEADS if model == "lstm" and readout in set(rows.readout)]
    figure, axes = new_figure(width=8, height=3.2)
    panel, said = axes[0, 0], {}
    for place, readout in enumerate(names):
        seen = where(rows, readout=readout)
        estimate = bootstrap(
            mean_of(np.log(seen.value.to_numpy())),
            [seen.data.to_numpy(), seen.seed.to_numpy()],
            np.random.default_rng(0),
        )
        middle, low, high = np.exp([estimate.mean, estimate.low, estimate.high])
        said[float(middle)] = f"{readout} ({_say(middle)} [{_say(low)}, {_say(high)}])"
        panel.errorbar(
            middle, place, xerr=[[middle - low], [high - middle]], fmt="D", color="0.2", capsize=3, markersize=7
        )
    sources = list(rows.data.unique())
    for index, source in enumerate(sources):
        dots = summarise(where(rows, data=source), ["readout"])
        panel.plot(
            dots["mean"], dots.readout.map(names.index) + 0.28, "o^svP"[index % 5], color=_OKABE_ITO[index + 1], markersize=4,
            label=short_source(source), linestyle="none",
        )  # fmt: skip
    panel.set(yticks=range(len(names)), yticklabels=names, xscale="log")
    panel.set_xticks([0.1, 0.3, 1, 3], ["0.1", "0.3", "1", "3"])
    panel.minorticks_off()
    panel.set_xlabel(f"shift by {_AFTER} fill steps at the end, share of the norm")
    panel.invert_yaxis()
    add_legend(axes, "data set, mean over seeds")
    return Drawn(
        figure,
        f"Over {len(sources)} data sets, {_AFTER} fill steps at the end move what the head sees the least behind "
        f"{said[min(said)]} and the most behind {said[max(said)]}, in shares of its norm",
        f"LSTM, no mask. Diamonds: geometric means; bars: 95 % bootstrap intervals, data sets drawn first, then the "
        f"{rows.seed.nunique()} seeds within each. So few data sets make intervals that are a rough guide.",
    )


def _say(value: float) -> str:
    return say_number(float(value))


@figures.add
def tuning_and_attention(table: pd.DataFrame, results: Results) -> Drawn | None:
    """Shift and accuracy of the default, of the best of a search, of attention, and of a mask."""
    rows = on_own_side(where(on_real_data(table), model="lstm"))
    default = at_default(rows)
    arms = {
        "default": where(default, readout="last", masking="none"),
        "best of the search": least_loss(where(rows, readout="last", masking="none")),
        "attention": where(default, readout="attention", masking="none"),
        "default, with a mask": where(default, readout="last", masking=_MASKED),
        "attention, with a mask": where(default, readout="attention", masking=_MASKED),
    }
    seen = pd.concat([part.assign(arm=name) for name, part in arms.items()])
    shift = where(seen, metric="relative_shift", layer="summary", count=_AFTER)
    right = where(seen, metric="accuracy", reference="unpadded")
    if shift.empty:
        return None
    figure, axes = new_figure(columns=2, width=9.5, height=3.2, sharey=True)
    names = list(arms)
    for panel, part, label in (
        (axes[0, 0], shift, f"shift of what the head sees by {_AFTER} fill steps,\nshare of its norm"),
        (axes[0, 1], right[right["count"].isna()], "test accuracy"),
    ):
        shown = summarise(part, ["arm", "padding"])
        for offset, (side, colour) in zip((-0.14, 0.14), SIDE_COLOURS.items()):
            dots = where(shown, padding=side)
            marker = "o" if side == "pre" else "s"
            draw_dots(panel, dots, dots.arm.map(names.index) + offset, f"trained {side}-padded", colour, marker)
        panel.set(xlabel=label, yticks=range(len(names)), yticklabels=names)
    axes[0, 0].set_xlim(left=-0.1)
    axes[0, 0].invert_yaxis()
    add_legend(axes)
    mean = summarise(shift, ["arm"]).set_index("arm")["mean"]
    return Drawn(
        figure,
        f"Without a mask, {_AFTER} fill steps move the default by {say_percent(mean['default'])} of its norm, the best of "
        f"a search by {say_percent(mean['best of the search'])}, attention by {say_percent(mean['attention'])}",
        "LSTM on text, fill where training had it. The search: units by learning rates, least loss on "
        f"validation rows for each seed and side. {say_n(summarise(shift, ['arm']))}; {_BARS}",
    )


def at_default(rows: pd.DataFrame) -> pd.DataFrame:
    """Without the search's other settings: those that every read-out was trained with."""
    plain = where(rows, readout="mean")
    return where(rows, units=list(plain.units.unique()), learning_rate=list(plain.learning_rate.unique()))
