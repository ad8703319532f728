"""Figures of the core grid."""

import numpy as np
import pandas as pd

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
)
from padleak.report.words import say_number, say_percent, short_source
from padleak.study.results import Results
from padleak.study.select import on_own_side, on_real_data, where

INTERVALS = "Bars and bands are 95 % Student intervals over seeds."
SHOWN_COUNT = 32


def plain_lstm(table: pd.DataFrame) -> pd.DataFrame:
    """The plain LSTM (one layer, one direction, last state) on the main data, at its longest padded length."""
    rows = where(table, model="lstm", readout="last", layers=1, bidirectional=False, collides=False)
    rows = on_real_data(rows)
    return rows[rows.length == rows.length.max()]


@figures.add
def leakage_by_pad_count(table: pd.DataFrame, results: Results) -> Drawn | None:
    """Shift of the state that the head sees, by pad count, side and masking."""
    rows = where(plain_lstm(table), metric="relative_shift", layer="summary")
    rows = on_own_side(rows[rows["count"].notna()])
    if rows.empty:
        return None
    shown = summarise(rows, ["masking", "padding", "count"])
    figure, axes = new_figure(columns=2, height=4, sharey=True)
    for panel, side in zip(axes[0], ("pre", "post")):
        for masking, colour in COLOURS.items():
            line = where(shown, masking=masking, padding=side)
            style = "--" if masking == "embedding_then_masking" else ":" if masking == "explicit" else "-"
            if len(line):
                draw_line(panel, line, "count", masking, colour, style)
        panel.set(title=f"fill {'in front of' if side == 'pre' else 'after'} the text ({side})", xlabel="fill steps")
        panel.set_xscale("log", base=2)
        panel.set_xticks(counts := sorted(shown["count"].unique()), [str(count) for count in counts])
        panel.set_yscale("symlog", linthresh=0.01, linscale=0.4)
    axes[0, 0].set_ylabel("shift of the last state,\nshare of its norm")
    axes[0, 0].set_ylim(-0.001, 1.5 * shown["mean"].max())
    add_legend(axes, "masking")
    at = where(shown, count=SHOWN_COUNT)
    pre, post = (where(at, masking="none", padding=side)["mean"].mean() for side in ("pre", "post"))
    masked = where(at, masking=["embedding", "explicit", "masking_layer"])["mean"].max()
    return Drawn(
        figure,
        f"{SHOWN_COUNT} fill steps move an unmasked LSTM's last state by {say_percent(post)} of its norm after the text and by "
        f"{say_percent(pre)} in front of it; behind a mask that arrives it moves by {say_percent(masked)}",
        f"Same weights, same sequences, with and without fill; probed on the side that training padded. {say_n(shown)}. "
        f"{INTERVALS} The axis is linear below 0.01; lines at 0 lie on each other.",
    )


@figures.add(states=True)
def state_distributions(table: pd.DataFrame, results: Results) -> Drawn | None:
    """State clouds with and without fill, in the plane of the unpadded states' first two principal components."""
    rows = plain_lstm(table)
    if rows.empty or not results.has_cells():
        return None
    figure, axes = new_figure(columns=4, width=11, height=3.4)
    moved = {}
    panels = [(masking, side) for masking in ("none", "embedding") for side in ("pre", "post")]
    for panel, (masking, side) in zip(axes[0], panels):
        cells = where(rows, masking=masking, padding=side, seed=0).cell
        if cells.empty:
            return None
        states = results.states(cells.iloc[0])
        name = f"{side}+{SHOWN_COUNT}"
        if name not in states:
            return None
        moved[masking, side] = _draw_cloud(panel, states["unpadded"], states[name])
        panel.set(title=f"masking {masking}, {side}", xlabel="first component")
        panel.set(xticks=[], yticks=[])
    axes[0, 0].set_ylabel("second component")
    axes[0, 0].legend(loc="best", fontsize=8)
    return Drawn(
        figure,
        f"{SHOWN_COUNT} fill steps carry the whole cloud of states away ({say_number(moved['none', 'post'])} times its own "
        f"spread after the text, {say_number(moved['none', 'pre'])} in front), and "
        f"{say_number(max(moved['embedding', 'pre'], moved['embedding', 'post']))} times with a mask",
        "One dot a sequence, seed 0; an arrow leads from it without fill to the same with fill. Plane: principal components of "
        "the states without fill. The distance is the mean shift, divided by the root mean square distance from the centre.",
    )


def _draw_cloud(panel, unpadded: np.ndarray, padded: np.ndarray) -> float:
    """Draw both clouds; return the mean shift in units of the unpadded cloud's spread."""
    centre = unpadded.mean(axis=0)
    _, _, directions = np.linalg.svd(unpadded - centre, full_matrices=False)
    before, after = ((states - centre) @ directions[:2].T for states in (unpadded, padded))
    arrows = {"angles": "xy", "scale_units": "xy", "scale": 1, "width": 0.003, "headwidth": 6, "headlength": 7}
    panel.quiver(*before.T, *(after - before).T, color="0.75", zorder=1, **arrows)
    panel.scatter(*before.T, s=14, color=COLOURS["unpadded"], label="no fill", zorder=2)
    panel.scatter(*after.T, s=14, color=COLOURS["none"], marker="x", label="with fill", zorder=3)
    spread = np.sqrt(((unpadded - centre) ** 2).sum(axis=1).mean())
    return float(np.linalg.norm(padded - unpadded, axis=1).mean() / spread)


@figures.add
def accuracy_by_masking(table: pd.DataFrame, results: Results) -> Drawn | None:
    """Test accuracy by masking and side, one panel for each data set and padded length."""
    rows = where(table, model="lstm", layers=1, bidirectional=False, collides=False, metric="accuracy")
    rows = on_own_side(rows[(rows.data != "keyword") & rows["count"].isna()])
    rows = rows[(rows.readout == "last") | (rows.masking == "loss_only")]
    oracle = _accuracy_without_fill(table)
    shown = summarise(rows[rows.masking != "unpadded"], ["data", "length", "masking", "padding"])
    if shown.empty:
        return None
    panels = [
        (data, length) for (data, length), dots in shown.groupby(["data", "length"]) if len(set(dots.masking)) > 1
    ]
    names = [name for name in COLOURS if name in set(shown.masking)]
    figure, axes = new_figure(columns=len(panels), width=11, height=4, sharey=True)
    for panel, (data, length) in zip(axes[0], panels):
        for offset, (side, colour) in zip((-0.15, 0.15), SIDE_COLOURS.items()):
            dots = where(shown, data=data, length=length, padding=side)
            marker = "o" if side == "pre" else "s"
            draw_dots(panel, dots, dots.masking.map(names.index) + offset, f"{side}-padded", colour, marker)
        for accuracy in where(oracle, data=data)["mean"]:
            panel.axvline(accuracy, color=COLOURS["unpadded"], linestyle=":", label="trained, tested\nwithout fill")
        panel.set(title=f"{short_source(data)}, {length} steps", xlabel="test accuracy", xlim=(0, 1.03))
        panel.set(yticks=range(len(names)), yticklabels=names)
    axes[0, 0].invert_yaxis()
    add_legend(axes)
    main = where(shown, length=plain_lstm(table).length.max(), padding="post", data=plain_lstm(table).data.iloc[0])
    by_name = main.set_index("masking")["mean"]
    masked = next(
        (by_name[name] for name in ("embedding", "masking_layer", "explicit") if name in by_name), float("nan")
    )
    return Drawn(
        figure,
        f"Padded at the end to {main.length.iloc[0]} steps, an LSTM without a mask scores {say_percent(by_name['none'])} "
        f"where one with a mask scores {say_percent(masked)}",
        f"Plain LSTM; `loss_only` answers at every step, all others at the last. {say_n(shown)}. {INTERVALS}",
    )


def _accuracy_without_fill(table: pd.DataFrame) -> pd.DataFrame:
    rows = where(plain_lstm(table), masking="unpadded", metric="accuracy_of_reference")
    return summarise(rows[rows["count"].isna()], ["data"])


@figures.add
def masks_that_arrive(table: pd.DataFrame, results: Results) -> Drawn | None:
    """What share of fill the LSTM takes for real, and what that does to its last state."""
    own = on_own_side(plain_lstm(table))
    taken = summarise(where(own, metric="fill_taken_for_real"), ["masking"])
    shift = summarise(where(own[own["count"].isna()], metric="relative_shift", layer="summary"), ["masking"])
    if taken.empty or shift.empty:
        return None
    names = [name for name in COLOURS if name in set(taken.masking)]
    figure, axes = new_figure(columns=2, height=3.6, sharey=True)
    for panel, rows, label in (
        (axes[0, 0], taken, "share of fill steps that the LSTM takes for real"),
        (axes[0, 1], shift, "shift of the last state, share of its norm"),
    ):
        rows = rows[rows.masking.isin(names)]
        draw_dots(panel, rows, rows.masking.map(names.index), "", "0.2")
        panel.set(xlabel=label, yticks=range(len(names)), yticklabels=names)
        panel.set_xlim(left=-0.03)
    axes[0, 0].invert_yaxis()
    by_name = taken.set_index("masking")["mean"]
    broken = by_name.get("embedding_then_masking")
    title = (
        f"Embedding(mask_zero=True) then Masking(0) lets {say_percent(broken)} of the fill through: it masks nothing"
        if broken is not None and broken > 0.99
        else "How much of the fill each masking hides from the LSTM, and what is left"
    )
    return Drawn(
        figure, title,
        f"Left: the mask as it reaches the LSTM when the model runs. Right: training's own padding, both sides. "
        f"{say_n(taken)}. "
        + INTERVALS,
    )  # fmt: skip


@figures.add
def texts_forgotten(table: pd.DataFrame, results: Results) -> Drawn | None:
    """How far apart two texts still are, by pad count and side."""
    rows = where(
        plain_lstm(table), metric="separation", layer="summary", masking=["unpadded", "none"], layout=["pre", "post"]
    )
    rows = rows[rows["count"].notna()]
    rows = rows[(rows.masking == "unpadded") | (rows.layout.astype(str) == rows.padding.astype(str))]
    if rows.empty:
        return None
    shown = summarise(rows, ["masking", "layout", "count"])
    figure, axes = new_figure(columns=2, height=3.6, sharey=True)
    for panel, masking, title in zip(
        axes[0], ("unpadded", "none"), ("trained without fill", "trained with fill, no mask")
    ):
        for side, colour in SIDE_COLOURS.items():
            draw_line(
                panel,
                where(shown, masking=masking, layout=side),
                "count",
                f"{side}: fill {'in front' if side == 'pre' else 'after'}",
                colour,
            )
        panel.set_xscale("log", base=2)
        panel.set_yscale("log")
        panel.set(title=title, xlabel="fill steps")
        panel.set_xticks(counts := sorted(shown["count"].unique()), [str(count) for count in counts])
    axes[0, 0].plot([5, 50], [0.15, 5e-5], "k*", label="keras#20898, post")
    axes[0, 0].set_ylabel("distance between two texts,\nshare of that without fill")
    add_legend(axes)
    far = where(shown, masking="unpadded", count=shown["count"].max()).set_index("layout")["mean"]
    return Drawn(
        figure,
        f"{shown['count'].max()} fill steps after the text leave {say_number(100 * far['post'])} % of the distance between two "
        f"texts, in front of it {say_number(100 * far['pre'])} %",
        f"Mean distance between the last states of different texts. {say_n(shown)}. {INTERVALS}",
    )


@figures.add
def first_word_on_the_fill_id(table: pd.DataFrame, results: Results) -> Drawn | None:
    """Accuracy with and without the first word on the fill id."""
    rows = where(
        table, model="lstm", masking="embedding", readout="last", layers=1, bidirectional=False, metric="accuracy"
    )
    rows = on_own_side(rows[rows["count"].isna()])
    both = rows.groupby("data", observed=True).collides.transform("nunique") == 2
    rows = rows[both & (rows.length == 24)]
    if rows.empty:
        return None
    shown = summarise(rows, ["data", "collides"])
    names = list(dict.fromkeys(shown.data))
    figure, axes = new_figure(height=2.6, width=8)
    panel = axes[0, 0]
    for collides, colour, marker in ((False, SIDE_COLOURS["pre"], "o"), (True, COLOURS["none"], "X")):
        dots = where(shown, collides=collides)
        label = "first word shares the fill id" if collides else "ids 0 and 1 kept free"
        draw_dots(panel, dots, dots.data.map(names.index), label, colour, marker)
    panel.set(xlabel="test accuracy", yticks=range(len(names)), yticklabels=[short_source(name) for name in names])
    panel.set_ylim(-0.5, len(names) - 0.5)
    add_legend(axes)
    by_case = shown.set_index(["data", "collides"])["mean"]
    name = "keyword" if "keyword" in names else names[0]
    return Drawn(
        figure,
        f"Where the answer hangs on the word with id 0, masking costs "
        f"{say_number(100 * (by_case[name, False] - by_case[name, True]))} points of accuracy",
        f"Embedding(mask_zero=True), LSTM, padded to 24 steps, both sides. {say_n(shown)}. {INTERVALS}",
    )


@figures.add
def exactness(table: pd.DataFrame, results: Results) -> Drawn | None:
    """Largest shift of any state or output, one dot a cell."""
    rows = where(table, model="lstm", collides=False, reference="unpadded")
    rows = where(rows, metric=["largest_shift", "largest_prediction_shift"])
    rows = rows[(rows.layout != "stretched") | (rows.masking == "explicit")]
    if rows.empty:
        return None
    kind = rows.masking.astype(str)
    for holds, what in (
        (rows.layers > 1, "2 layers"),
        (rows.bidirectional, "both ways"),
        (rows.readout == "every", "every step"),
    ):
        kind = kind + np.where(holds, f", {what}", "")
    largest = rows.assign(kind=kind).groupby(["kind", "cell"], observed=True).value.max().reset_index()
    exact = [name for name in largest.kind.unique() if name.split(",")[0] in ("embedding", "explicit", "masking_layer")]
    names = [*exact, *(name for name in largest.kind.unique() if name not in exact)]
    figure, axes = new_figure(height=4, width=8)
    panel = axes[0, 0]
    jitter = np.linspace(-0.2, 0.2, len(largest))[np.random.default_rng(0).permutation(len(largest))]
    is_exact = largest.kind.isin(exact)
    for chosen, colour, label in (
        (is_exact, COLOURS["embedding"], "correct mask"),
        (~is_exact, COLOURS["none"], "none, or none that arrives"),
    ):
        panel.scatter(
            largest.value[chosen],
            (largest.kind.map(names.index) + jitter)[chosen],
            s=14,
            color=colour,
            alpha=0.6,
            label=label,
        )
    panel.axvline(8 * 2**-23, color="0.3", linestyle=":", label="tolerance, 8 roundings")
    panel.set_xscale("symlog", linthresh=1e-8, linscale=0.5)
    panel.set_xlim(left=-2e-9)
    panel.set(xlabel="largest shift of any state or output (state units)", yticks=range(len(names)), yticklabels=names)
    panel.invert_yaxis()
    add_legend(axes)
    worst = largest.value[is_exact].max()
    return Drawn(
        figure,
        f"Over {is_exact.sum()} correctly masked LSTMs the largest shift of any state or output is {say_number(worst)}",
        "One dot a cell: the largest over all layouts, pad counts, sequences, steps and units, same weights with and without "
        "fill. The axis is linear below 1e-8. `stretched` fill repeats real steps, which a mask made from values cannot see, "
        "and is counted for `explicit` alone.",
    )
