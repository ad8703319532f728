"""Figures of encoders that learn from the same words under different objectives."""

import matplotlib as mpl
import numpy as np
import pandas as pd

from padleak.report.plots import Drawn, add_legend, draw_dots, draw_line, figures, new_figure, say_n, summarise
from padleak.report.words import say_number, say_percent
from padleak.study.results import Results
from padleak.study.select import at_best_layer, where

_OKABE_ITO = mpl.color_sequences["okabe_ito"]
OBJECTIVES = {
    "masked": ("masked", _OKABE_ITO[5]),
    "causal": ("language model", _OKABE_ITO[1]),
    "translation": ("translator", _OKABE_ITO[3]),
}
INTERVALS = "are 95 % Student intervals over seeds"
_PAIRS = {f"{name} and {name}": colour for name, (_, colour) in OBJECTIVES.items()} | {
    "masked and causal": _OKABE_ITO[2],
    "masked and translation": _OKABE_ITO[6],
    "causal and translation": _OKABE_ITO[7],
}


def trained(table: pd.DataFrame) -> pd.DataFrame:
    """Rows of language models that took steps."""
    return table[(table.kind == "language") & (table.steps > 0)]


def by_layer(rows: pd.DataFrame, by: list[str]) -> pd.DataFrame:
    """Means by layer, which is a number."""
    return summarise(rows.assign(layer=rows.layer.astype(str).astype(int)), [*by, "layer"])


@figures.add
def words_told(table: pd.DataFrame, results: Results) -> Drawn | None:
    """Loss on test texts by step, against what frequencies tell."""
    rows = trained(table)
    curves = where(rows, probe="learning", metric="loss")
    if curves.empty:
        return None
    figure, axes = new_figure(columns=3, width=11, height=3.6)
    for panel, (name, (label, colour)) in zip(axes[0], OBJECTIVES.items()):
        widths = sorted(curves.width.unique())
        for width, style in zip(widths, ("--", "-")[-len(widths) :]):
            seen = summarise(where(curves, objective=name, width=width).rename(columns={"count": "step"}), ["step"])
            draw_line(panel, seen, "step", f"{label}, width {width}", colour, style)
        bare = where(rows, objective=name, metric="loss_of_unigrams").value.mean()
        panel.axhline(bare, color="0.4", linestyle=":", label="by frequency alone")
        panel.set(title=label, xlabel="training step")
    axes[0, 0].set_ylabel("loss on test texts (nats a word)")
    add_legend(axes)
    widest = rows[rows.width == rows.width.max()]
    means = where(widest, probe="test").groupby(["objective", "metric"], observed=True).value.mean()
    cells = trained(results.cells[results.cells.cell.isin(widest.cell)])
    pace = cells.groupby("objective", observed=True).words_per_second.median()
    return Drawn(
        figure,
        f"Masked models tell {say_percent(means['masked', 'accuracy'])} of hidden words (the most frequent word is "
        f"{say_percent(means['masked', 'accuracy_of_unigrams'])}); language models' perplexity is "
        f"{np.exp(means['causal', 'loss']):.0f} (frequencies: {np.exp(means['causal', 'loss_of_unigrams']):.0f})",
        "Unknown words are not counted. Translators tell the words of the target: of docstrings, the name "
        "of the function. "
        f"{say_n(summarise(curves, ['objective', 'width']))}; bands {INTERVALS}. "
        f"The title is of width {int(widest.width.max())}. Words of the source a second in training, median: "
        + ", ".join(f"{label} {say_number(pace[name])}" for name, (label, _) in OBJECTIVES.items() if name in pace)
        + ".",
    )


@figures.add
def frozen_by_objective(table: pd.DataFrame, results: Results) -> Drawn | None:
    """What encoders are worth for tasks, as they are and tuned."""
    rows = table[(table.kind == "language") & (table.width == table.width.max())]
    rows = rows[rows.probe.isin([f"{task}, {share}" for task in ("topic", "order") for share in ("full", "few")])]
    if rows.empty:
        return None
    rows = rows.assign(
        way=rows.metric.astype(str) + ", " + rows.probe.astype(str).str.split(", ").str[1],
        task=rows.probe.astype(str).str.split(", ").str[0],
        arm=np.where(rows.steps > 0, rows.objective.astype(str), "drawn"),
    )
    best = at_best_layer(rows, ["task", "way", "arm"])
    ways = ["frozen, full", "tuned, full", "frozen, few", "tuned, few"]
    arms = {
        **OBJECTIVES,
        "drawn": ("not pre-trained", "0.55"),
    }
    figure, axes = new_figure(columns=2, width=11, height=4.2, sharey=True)
    for panel, (task, title) in zip(axes[0], {"topic": "which topic?", "order": "in order or shuffled?"}.items()):
        seen = summarise(where(best, task=task), ["way", "arm"])
        for place, (arm, (label, colour)) in enumerate(arms.items()):
            one = where(seen, arm=arm).set_index("way").reindex(ways)
            places = np.arange(len(ways)) + (place - 1.5) * 0.18
            draw_dots(panel, one, places, label, colour, "o" if arm in OBJECTIVES else "D")
        majority = where(best, task=task, way="majority, full").value.mean()
        panel.axvline(majority, color="0.4", linestyle=":", label="the most frequent class")
        panel.set(title=title, xlabel="test accuracy")
    axes[0, 0].set_yticks(
        range(len(ways)), [way.replace(",", " encoder,\n" if "frozen" in way else ",\n") for way in ways]
    )
    axes[0, 0].invert_yaxis()
    add_legend(axes)
    read = where(best, way="frozen, full").groupby("arm").value.mean()
    return Drawn(
        figure,
        f"A linear reader of frozen encoders is right in {say_percent(read['masked'])} of cases after masked training, "
        f"{say_percent(read['causal'])} after a language model's and {say_percent(read['translation'])} after a "
        "translator's "
        "(mean of tasks, many labelled texts)",
        "Frozen: logistic regression on the mean state of the layer that it reads best; tuned: all weights trained "
        "further. "
        f"Few: 16 texts a class. {say_n(summarise(best, ['arm']))}; bars {INTERVALS}.",
    )


@figures.add
def likeness_of_encoders(table: pd.DataFrame, results: Results) -> Drawn | None:
    """How alike encoders of two objectives or two seeds are, layer by layer."""
    rows = where(table, kind="likeness", metric="linear_cka")
    if rows.empty:
        return None
    pair = rows.objective.astype(str) + " and " + rows.second_objective.astype(str)
    same = rows.objective.astype(str) == rows.second_objective.astype(str)
    rows = rows.assign(pair=pair)
    figure, axes = new_figure(columns=2, width=10, height=3.6, sharey=True)
    for panel, (chosen, title) in zip(
        axes[0], ((~same, "two objectives, one seed"), (same, "one objective, two seeds"))
    ):
        seen = by_layer(rows[chosen], ["pair"])
        for name, lines in seen.groupby("pair", observed=True):
            label = f"{name.split(' and ')[0]}, another seed" if chosen is same else name
            draw_line(panel, lines, "layer", label, _PAIRS[name], "-" if chosen is same else "--")
        panel.set(title=title, xlabel="layer")
        panel.xaxis.get_major_locator().set_params(integer=True)
    axes[0, 0].set_ylabel("likeness of states, linear CKA")
    add_legend(axes)
    last = rows[rows.layer.astype(str).astype(int) == rows.layer.astype(str).astype(int).max()]
    apart, together = last[~same.loc[last.index]].value.mean(), last[same.loc[last.index]].value.mean()
    return Drawn(
        figure,
        f"At the last layer encoders of two objectives are {say_number(apart)} alike, those of one objective and "
        "two seeds "
        f"{say_number(together)}",
        "Debiased linear CKA of the states of the same words of test texts; 1 is all alike up to a rotation. "
        "Encoders of one seed "
        f"begin with the same weights. {say_n(summarise(rows, ['pair']))} or pairs of seeds, each with the next; "
        "bands are "
        "95 % Student intervals, as if pairs shared no seed.",
    )
