"""Figures of the fill step as a map: half-lives, forgetting, attractors."""

import matplotlib as mpl
import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from padleak.measures.bootstrap import bootstrap, rank_correlation_of
from padleak.report.plots import (
    COLOURS,
    SIDE_COLOURS,
    Drawn,
    add_legend,
    draw_dots,
    figures,
    new_figure,
    say_n,
    summarise,
)
from padleak.report.words import say_percent
from padleak.study.results import Results
from padleak.study.select import on_own_side, on_real_data, where
from padleak.study.trials.dynamics import HORIZON, half_lives

_OKABE_ITO = mpl.color_sequences["okabe_ito"]
_MODELS = {"lstm": ("LSTM", _OKABE_ITO[5]), "gru": ("GRU", _OKABE_ITO[1]), "simple_rnn": ("simple RNN", _OKABE_ITO[3])}
_ARMS = {
    ("none", "post"): "fill at the end, no mask",
    ("none", "pre"): "fill in front, no mask",
    ("zero_vector", "post"): "fill at the end, its vector at zero",
    ("zero_vector", "pre"): "fill in front, its vector at zero",
    ("unpadded", "post"): "no fill",
}
_LEAST = 1e-4
_MEASURED = {"distance": "distance of two texts", "probe": "accuracy of a linear probe"}
_MASKED = ["embedding", "masking_layer"]


@figures.add
def half_lives_foretold(table: pd.DataFrame, results: Results) -> Drawn | None:
    """Foretold against measured half-lives, a dot a network."""
    lives = half_lives(table)
    measured = [of for of in _MEASURED if lives[f"{of}_measured"].notna().any()]
    if not measured:
        return None
    figure, axes = new_figure(columns=len(measured), width=10, height=4, sharex=True, sharey=True)
    said = [_draw_lives(panel, lives, of) for panel, of in zip(axes[0], measured)]
    axes[0, 0].set_ylabel("half-life measured, fill steps")
    add_legend(axes)
    return Drawn(
        figure,
        f"Of networks with one attractor, half-lives foretold from its Jacobian rank as the measured ones by {'; '.join(said)}",
        f"A dot a network ({len(lives)}, {lives.seed.nunique()} seeds), right those that had something to lose. Foretold of "
        "distances: what stays between attractors, the rest falling at the pace of the slowest mode; of the probe: what it "
        "reads "
        f"from states that have drawn together so. What lasts {HORIZON:,} steps or more is drawn there. Correlations are over "
        "networks all of whose states end in one attractor, with 95 % bootstrap intervals over seeds.",
    )


def _draw_lives(panel: Axes, lives: pd.DataFrame, of: str) -> str:
    """One panel; what it says in words."""
    dots = lives.dropna(subset=[f"{of}_predicted", f"{of}_measured"]).rename(
        columns={f"{of}_predicted": "predicted", f"{of}_measured": "measured"}
    )
    for model, (name, colour) in _MODELS.items():
        for trained, filled in (("with fill", True), ("without", False)):
            some = dots[(dots.model == model) & ((dots.masking != "unpadded") == filled)]
            panel.plot(
                some.predicted, some.measured, "o" if filled else "s", color=colour, alpha=0.7, markersize=5,
                markerfacecolor=colour if filled else "none", label=f"{name}, trained {trained}",
            )  # fmt: skip
    panel.plot([0.25, HORIZON], [0.25, HORIZON], color="0.5", linewidth=0.8, zorder=0)
    held = int(((dots.predicted == HORIZON) & (dots.measured == HORIZON)).sum())
    panel.annotate(
        f"{held} networks", (HORIZON, HORIZON), (-8, -14), textcoords="offset points", ha="right", fontsize=8
    )
    panel.set(xscale="log", yscale="log", xlabel="half-life foretold, fill steps", title=_MEASURED[of])
    one = dots[(dots.attractors == 1) & (dots.unsettled_share == 0)]
    if len(one) < 3:
        return f"{_MEASURED[of]}: too few to say"
    estimate = bootstrap(
        rank_correlation_of(one.predicted.to_numpy(), one.measured.to_numpy()),
        [one.seed.to_numpy()],
        np.random.default_rng(0),
    )
    factor = float(2 ** np.log2(one.measured / one.predicted).mean())
    return (
        f"{estimate.mean:.2f} [{estimate.low:.2f}, {estimate.high:.2f}] ({_MEASURED[of]}, n = {len(one)}; measured "
        f"{factor:.1f} times as long)"
    )


@figures.add
def forgetting_foretold(table: pd.DataFrame, results: Results) -> Drawn | None:
    """Distance of two texts by steps of fill, and what attractors and Jacobian foretell."""
    rows = where(table, metric="separation", masking=["none", "unpadded"], padding="post", layers=1, units=32)
    rows = on_real_data(rows)
    if rows.empty:
        return None
    models = [model for model in _MODELS if model in set(rows.model)]
    figure, axes = new_figure(columns=len(models), width=10.5, height=3.6, sharey=True)
    for panel, model in zip(axes[0], models):
        for masking, what in (("none", "trained with fill"), ("unpadded", "trained without")):
            for layer, style, said in (("summary", "-", "measured"), ("foretold", "--", "foretold")):
                for _, line in where(rows, layer=layer, model=model, masking=masking).groupby("cell", observed=True):
                    panel.plot(
                        line["count"], line.value.clip(lower=_LEAST), style, color=COLOURS[masking], linewidth=1,
                        label=f"{what}: {said}",
                    )  # fmt: skip
        panel.set(title=_MODELS[model][0], xlabel="fill steps after the text", xscale="symlog", yscale="log")
        panel.set_xticks([0, 1, 8, 64, HORIZON], ["0", "1", "8", "64", f"{HORIZON:,}"])
        panel.minorticks_off()
    axes[0, 0].set_ylabel("distance of two texts,\nshare of that without fill")
    add_legend(axes)
    ends = where(rows, layer="summary", count=HORIZON, model=["lstm", "gru"])
    held = ends.groupby("masking", observed=True).value.apply(lambda left: (left > 0.5).mean())
    return Drawn(
        figure,
        f"After {HORIZON:,} fill steps {say_percent(held.get('none', np.nan))} of the LSTMs and GRUs that were trained with "
        "fill at "
        f"the end hold half of the distance between two texts, and {say_percent(held.get('unpadded', np.nan))} of those "
        "trained without",
        f"A line a network of one layer, {rows.seed.nunique()} seeds. Foretold: what stays between attractors, and the rest "
        "falling at the pace of the slowest mode of the largest, which is that of the end: the start may be slower or faster. "
        f"Shares below {_LEAST:g} are drawn there. Attractors are sought beyond the last step shown.",
    )


@figures.add
def attractors_reached(table: pd.DataFrame, results: Results) -> Drawn | None:
    """Share of networks whose states end in several attractors, in one, and of states that settle in none, by training."""
    lives = half_lives(table)
    if lives.empty:
        return None
    lives = lives.assign(arm=[_ARMS.get(pair) for pair in zip(lives.masking, lives.padding)])
    settled = lives[lives.attractors > 0]
    names = [name for name in _ARMS.values() if name in set(lives.arm)]
    models = [model for model in _MODELS if model in set(lives.model)]
    figure, axes = new_figure(columns=3, width=11.5, height=3.2, sharey=True)
    panels = {
        ("several attractors", "share of networks that settle"): settled.assign(value=settled.attractors > 1),
        ("exactly one", "share of networks that settle"): settled.assign(value=settled.attractors == 1),
        ("turning or creeping for ever", "share of states"): lives.assign(value=lives.unsettled_share),
    }
    for panel, ((title, label), rows) in zip(axes[0], panels.items()):
        shown = summarise(rows.astype({"value": float}), ["arm", "model"])
        for offset, model in zip((-0.2, 0, 0.2), models):
            dots = where(shown, model=model)
            if len(dots):
                draw_dots(panel, dots, dots.arm.map(names.index) + offset, *_MODELS[model])
        panel.set(title=title, xlabel=label, xlim=(-0.03, 1.03), yticks=range(len(names)), yticklabels=names)
    axes[0, 0].invert_yaxis()
    add_legend(axes)
    several = (settled.attractors > 1).groupby(settled.masking).mean()
    return Drawn(
        figure,
        f"Of networks that settle, {say_percent(several.get('none', np.nan))} of those trained with fill and without a mask "
        "hold "
        f"what they read in one of several attractors, and {say_percent(several.get('unpadded', np.nan))} of those trained "
        "without fill",
        "Attractors that the states after real texts reach under fill, by how the network was trained. A network settles if "
        "any "
        f"of its states does. Bars are 95 % Student intervals over seeds; n = {lives.seed.nunique()} seeds, {len(lives)} "
        "networks.",
    )


@figures.add
def fill_vector_at_zero(table: pd.DataFrame, results: Results) -> Drawn | None:
    """Shift of an LSTM's last state without a mask, with the fill vector at zero, and with a mask."""
    rows = where(table, metric="relative_shift", model="lstm", layers=1, units=32)
    rows = where(on_own_side(on_real_data(rows)), masking=["none", "zero_vector", *_MASKED])
    shown = summarise(rows, ["masking", "padding", "count"])
    names = [name for name in ("none", "zero_vector", *_MASKED) if name in set(shown.masking)]
    if "zero_vector" not in names:
        return None
    figure, axes = new_figure(width=7, height=2.6)
    for offset, (side, colour) in zip((-0.12, 0.12), SIDE_COLOURS.items()):
        dots = where(shown, padding=side)
        marker = "o" if side == "pre" else "s"
        draw_dots(axes[0, 0], dots, dots.masking.map(names.index) + offset, f"fill {side}", colour, marker)
    label = "shift of the last state by 32 fill steps, share of its norm"
    axes[0, 0].set(yticks=range(len(names)), yticklabels=names, xlabel=label)
    axes[0, 0].invert_yaxis()
    add_legend(axes)
    mean = shown.groupby("masking", observed=True)["mean"].mean()
    return Drawn(
        figure,
        f"With its vector at zero, fill still moves the state by {say_percent(mean['zero_vector'])} of its norm "
        f"({say_percent(mean['none'])} without that, {say_percent(mean[names[-1]])} behind a mask)",
        f"LSTM of one layer, fill where training had it. {say_n(shown)}; bars are 95 % Student intervals over seeds.",
    )


@figures.add(states=True)
def attractor_portraits(table: pd.DataFrame, results: Results) -> Drawn | None:
    """Ways of states under fill, in the plane of their first two principal components."""
    cells = on_real_data(where(table, layer="map", metric="attractors", seed=0, layers=1, units=32, padding="post"))
    cells = where(cells, masking=["none", "unpadded"])
    if cells.empty or not results.has_cells():
        return None
    models = [model for model in _MODELS if model in set(cells.model)]
    figure, axes = new_figure(columns=len(models), rows=2, width=10, height=5.6)
    counts = []
    for row, (masking, trained) in zip(
        axes, (("none", "trained with fill at the end"), ("unpadded", "trained without"))
    ):
        for panel, model in zip(row, models):
            cell = where(cells, model=model, masking=masking).iloc[0]
            _draw_portrait(panel, results.states(cell.cell))
            counts.append(f"{_MODELS[model][0]} {int(cell.value)}")
            panel.set(title=f"{_MODELS[model][0]}, {trained}", xticks=[], yticks=[])
    add_legend(axes)
    half = len(models)
    return Drawn(
        figure,
        f"Where fill leads the states of texts: fixed points or cycles reached by {', '.join(counts[:half])} (trained with "
        f"fill) and {', '.join(counts[half:])} (without)",
        "40 texts, seed 0, 64 fill steps: from the state after the text (dot) to that after the fill (cross); stars are "
        "attractors, rings what never settles. Plane: principal components of all states drawn. Colours: classes of the texts.",
    )


def _draw_portrait(panel: Axes, states: dict[str, np.ndarray]) -> None:
    ways, ends, labels = states["trajectory"], states["attractors"], states["labels"]
    everything = np.concatenate([ways.reshape(-1, ways.shape[-1]), ends])
    centre = everything.mean(axis=0)
    _, _, directions = np.linalg.svd(everything - centre, full_matrices=False)
    flat, flat_ends = ((part - centre) @ directions[:2].T for part in (ways, ends))
    for index, label in enumerate(labels.astype(int)):
        panel.plot(*flat[:, index].T, color=_OKABE_ITO[label % 7 + 1], linewidth=0.6, alpha=0.6)
    panel.plot(*flat[0].T, "o", color="0.3", markersize=3, label="after the text")
    panel.plot(*flat[-1].T, "x", color="0.3", markersize=4, label="after 64 fill steps")
    for is_settled, marker, size, label in ((True, "*", 11, "attractor"), (False, "o", 4, "never settles")):
        chosen = flat_ends[states["is_settled"] == is_settled]
        panel.plot(*chosen.T, marker, color="black", markersize=size, markerfacecolor="none", label=label)
