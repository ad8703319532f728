"""Figures of encoders that learn from the same words under different objectives."""

import matplotlib as mpl
import numpy as np
import pandas as pd

from padleak.report.plots import Drawn, add_legend, draw_dots, draw_line, figures, new_figure, say_n, summarise
from padleak.report.words import say_number, say_percent
from padleak.study.results import Results
from padleak.study.select import at_best_layer, where

_OKABE_ITO = mpl.color_sequences["okabe_ito"]
_OBJECTIVES = {
    "masked": ("masked", _OKABE_ITO[5]),
    "causal": ("language model", _OKABE_ITO[1]),
    "translation": ("translator", _OKABE_ITO[3]),
}
_INTERVALS = "are 95 % Student intervals over seeds"
_FATES = {
    "few untouched": ("left untouched", _OKABE_ITO[0]),
    "few kept": ("chosen and kept", _OKABE_ITO[3]),
    "few masked": ("masked", _OKABE_ITO[5]),
    "few replaced": ("replaced by another", _OKABE_ITO[6]),
}
_PAIRS = {f"{name} and {name}": colour for name, (_, colour) in _OBJECTIVES.items()} | {
    "masked and causal": _OKABE_ITO[2],
    "masked and translation": _OKABE_ITO[6],
    "causal and translation": _OKABE_ITO[7],
}
_PUBLISHED_CHANGES = {
    "masked": (0.090, 0.077, 0.062, 0.066, 0.110),
    "causal": (0.075, 0.067, 0.065, 0.079, 0.070),
    "translation": (0.064, None, None, None, 0.039),
}
"""By Voita et al. 2019: 1 - PWCCA of layers 1 and 2, and so on; of the translator, the ends."""
_PUBLISHED_INFORMATION = {
    "masked": (5.21, 5.21, 5.18, 5.05, 4.93, 4.99, 5.10),
    "causal": (5.30, 5.29, 5.22, 5.05, 4.81, 4.47, 3.97),
    "translation": (5.21, None, None, None, None, None, 4.48),
}
"""By the same: nats, from the embedded words on; of the translator, the ends."""


def _trained(table: pd.DataFrame) -> pd.DataFrame:
    return table[(table.kind == "language") & (table.steps > 0)]


def _layers(rows: pd.DataFrame, by: list[str]) -> pd.DataFrame:
    """Means by layer, which is a number."""
    return summarise(rows.assign(layer=rows.layer.astype(str).astype(int)), [*by, "layer"])


def _beside_published(rows: pd.DataFrame, published: dict[str, tuple], first: int, unit: str):
    """A panel for each width and one for what was published, by layer."""
    widths = sorted(rows.width.unique())
    figure, axes = new_figure(columns=len(widths) + 1, width=3.7 * (len(widths) + 1), height=3.6)
    for panel, width in zip(axes[0], widths):
        seen = _layers(where(rows, width=width), ["objective"])
        for name, (label, colour) in _OBJECTIVES.items():
            draw_line(panel, where(seen, objective=name), "layer", label, colour)
        panel.set(title=f"measured here, width {width}", xlabel="layer")
        panel.xaxis.get_major_locator().set_params(integer=True)
    for name, (label, colour) in _OBJECTIVES.items():
        points = [(layer, value) for layer, value in enumerate(published[name], first) if value is not None]
        axes[0, -1].plot(*zip(*points), marker="s", markersize=4, color=colour, linestyle="--", label=label)
    axes[0, -1].set(title="Voita et al. 2019, 6 layers", xlabel="layer")
    axes[0, 0].set_ylabel(unit)
    return figure, axes


def _at_untouched(table: pd.DataFrame, metric: str) -> pd.DataFrame:
    return where(_trained(table), metric=metric, probe="untouched")


def _ends(rows: pd.DataFrame, objective: str) -> tuple[float, float, float]:
    """Of the greatest width: means at the first layer, the least one and the last."""
    rows = where(rows[rows.width == rows.width.max()], objective=objective)
    means = _layers(rows, []).set_index("layer")["mean"].sort_index()
    return means.iloc[0], means.min(), means.iloc[-1]


@figures.add
def change_by_layer(table: pd.DataFrame, results: Results) -> Drawn | None:
    """How far each layer is from the one before."""
    rows = _at_untouched(table, "change_pwcca")
    if rows.empty:
        return None
    figure, axes = _beside_published(rows, _PUBLISHED_CHANGES, 2, "change from the layer before, 1 - PWCCA")
    add_legend(axes)
    later = rows[(rows.width == rows.width.max()) & (rows.layer.astype(str) != "1")]
    means = later.groupby("objective", observed=True).value.mean()
    told = [say_number(means[name]) for name in _OBJECTIVES]
    return Drawn(
        figure,
        f"Mean change from layer to layer, from the first on: {told[0]} in a masked model, {told[1]} in a language "
        f"model, {told[2]} in a "
        "translator",
        "Distance of consecutive layers' states of the same words of test texts. How layer 1 changes the embedded "
        "words is "
        "not among the published numbers, nor in the title. "
        f"{say_n(summarise(rows, ['objective', 'width']))}; bands {_INTERVALS}. "
        "The scales of the panels differ.",
    )


@figures.add
def information_by_layer(table: pd.DataFrame, results: Results) -> Drawn | None:
    """What each layer tells of the word that goes in, beside what was published."""
    rows = _at_untouched(table, "told_of_input")
    if rows.empty:
        return None
    figure, axes = _beside_published(rows, _PUBLISHED_INFORMATION, 0, "told of the word that goes in (nats)")
    shuffled = _at_untouched(table, "told_of_input_shuffled")
    for panel, width in zip(axes[0], sorted(rows.width.unique())):
        bias = _layers(where(shuffled, width=width), []).sort_values("layer")
        panel.plot(bias.layer, bias["mean"], ":", color="0.4", label="labels shuffled")
    add_legend(axes)
    first, least, last = _ends(rows, "masked")
    begin, _, end = _ends(rows, "causal")
    return Drawn(
        figure,
        f"A masked model's layers tell {say_number(first)} nats of the word that goes in at first, "
        f"{say_number(least)} at least "
        f"and {say_number(last)} at last; a language model's {say_number(begin)} at first and {say_number(end)} at "
        "last",
        "Mutual information of the states' clusters and the 1,000 most frequent words, at words of test texts; masked "
        "models see these corrupted as in training, and words count that were left untouched. Dotted: the same "
        "with words "
        "shuffled, which is what so many clusters make of so few states. "
        f"{say_n(summarise(rows, ['objective', 'width']))}; bands {_INTERVALS}.",
    )


@figures.add
def information_by_fate(table: pd.DataFrame, results: Results) -> Drawn | None:
    """A masked model's layers at words that were left, kept, masked or replaced."""
    rows = where(_trained(table), objective="masked", probe=list(_FATES))
    if rows.empty:
        return None
    rows = rows[rows.width == rows.width.max()]
    titles = {
        "told_of_input": ("the word that goes in", "told, beyond shuffled words (nats)"),
        "told_of_output": ("the word to tell", "told, beyond shuffled words (nats)"),
        "neighbours_of_output": ("neighbours", "neighbours with the same word to tell"),
    }
    figure, axes = new_figure(columns=3, width=12, height=3.6)
    for panel, (metric, (title, unit)) in zip(axes[0], titles.items()):
        seen = _layers(_beyond_shuffled(rows, metric), ["probe"])
        for fate, (label, colour) in _FATES.items():
            if metric != "told_of_input" or fate != "few masked":
                draw_line(panel, where(seen, probe=fate), "layer", label, colour)
        panel.set(title=title, xlabel="layer", ylabel=unit)
        panel.xaxis.get_major_locator().set_params(integer=True)
    add_legend(axes)
    told = _layers(_beyond_shuffled(rows, "told_of_output"), ["probe"]).set_index(["probe", "layer"])["mean"]
    last = int(told.index.get_level_values("layer").max())
    return Drawn(
        figure,
        f"Of a masked word the first layer tells {say_number(told['few masked', 0])} nats beyond chance and the last "
        f"{say_number(told['few masked', last])}; of one that was replaced, "
        f"{say_number(told['few replaced', last])} at last",
        "Of the words chosen in test texts (15 %), a third each are masked, kept and replaced here; as many "
        "untouched ones are drawn. "
        f"Of a masked word, nothing of its own goes in. {say_n(summarise(rows, ['probe']))}; bands {_INTERVALS}.",
    )


def _beyond_shuffled(rows: pd.DataFrame, metric: str) -> pd.DataFrame:
    """Values less those of shuffled labels, where there are any."""
    own = where(rows, metric=metric)
    key = ["cell", "probe", "layer"]
    shuffled = where(rows, metric=f"{metric}_shuffled").set_index(key).value
    if shuffled.empty:
        return own
    return own.assign(value=own.value.to_numpy() - shuffled.reindex(pd.MultiIndex.from_frame(own[key])).to_numpy())


@figures.add
def words_told(table: pd.DataFrame, results: Results) -> Drawn | None:
    """Loss on test texts by step, against what frequencies tell."""
    rows = _trained(table)
    curves = where(rows, probe="learning", metric="loss")
    if curves.empty:
        return None
    figure, axes = new_figure(columns=3, width=11, height=3.6)
    for panel, (name, (label, colour)) in zip(axes[0], _OBJECTIVES.items()):
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
    cells = _trained(results.cells[results.cells.cell.isin(widest.cell)])
    pace = cells.groupby("objective", observed=True).words_per_second.median()
    return Drawn(
        figure,
        f"Masked models tell {say_percent(means['masked', 'accuracy'])} of hidden words (the most frequent word is "
        f"{say_percent(means['masked', 'accuracy_of_unigrams'])}); language models' perplexity is "
        f"{np.exp(means['causal', 'loss']):.0f} (frequencies: {np.exp(means['causal', 'loss_of_unigrams']):.0f})",
        "Unknown words are not counted. Translators tell the words of the target: of docstrings, the name "
        "of the function. "
        f"{say_n(summarise(curves, ['objective', 'width']))}; bands {_INTERVALS}. "
        f"The title is of width {int(widest.width.max())}. Words of the source a second in training, median: "
        + ", ".join(f"{label} {say_number(pace[name])}" for name, (label, _) in _OBJECTIVES.items() if name in pace)
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
        arm=np.where(rows.steps > 0, rows.objective.astype(str), "drawn, " + rows.objective.astype(str)),
    )
    best = at_best_layer(rows, ["task", "way", "arm"])
    ways = ["frozen, full", "tuned, full", "frozen, few", "tuned, few"]
    arms = {
        **_OBJECTIVES,
        "drawn, masked": ("not pre-trained, sees both sides", "0.55"),
        "drawn, causal": ("not pre-trained, sees the past", "0.8"),
    }
    figure, axes = new_figure(columns=2, width=11, height=4.2, sharey=True)
    for panel, (task, title) in zip(axes[0], {"topic": "which topic?", "order": "in order or shuffled?"}.items()):
        seen = summarise(where(best, task=task), ["way", "arm"])
        for place, (arm, (label, colour)) in enumerate(arms.items()):
            one = where(seen, arm=arm).set_index("way").reindex(ways)
            places = np.arange(len(ways)) + (place - 2) * 0.15
            draw_dots(panel, one, places, label, colour, "o" if arm in _OBJECTIVES else "D")
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
        f"Few: 16 texts a class. {say_n(summarise(best, ['arm']))}; bars {_INTERVALS}.",
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
        seen = _layers(rows[chosen], ["pair"])
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
