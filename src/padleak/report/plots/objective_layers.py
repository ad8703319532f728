"""Figures of what the layers of encoders hold that learn from the same words under different objectives."""

import matplotlib as mpl
import pandas as pd

from padleak.report.plots import Drawn, add_legend, draw_line, figures, new_figure, say_n, summarise
from padleak.report.plots.objectives import INTERVALS, OBJECTIVES, by_layer, trained
from padleak.report.words import say_number, say_percent
from padleak.study.results import Results
from padleak.study.select import where

_OKABE_ITO = mpl.color_sequences["okabe_ito"]
_FATES = {
    "few untouched": ("left untouched", _OKABE_ITO[0]),
    "few kept": ("chosen and kept", _OKABE_ITO[3]),
    "few masked": ("masked", _OKABE_ITO[5]),
    "few replaced": ("replaced by another", _OKABE_ITO[6]),
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


def _beside_published(rows: pd.DataFrame, published: dict[str, tuple], first: int, unit: str):
    """A panel for each width and one for what was published, by layer."""
    widths = sorted(rows.width.unique())
    figure, axes = new_figure(columns=len(widths) + 1, width=3.7 * (len(widths) + 1), height=3.6)
    for panel, width in zip(axes[0], widths):
        seen = by_layer(where(rows, width=width), ["objective"])
        for name, (label, colour) in OBJECTIVES.items():
            draw_line(panel, where(seen, objective=name), "layer", label, colour)
        panel.set(title=f"measured here, width {width}", xlabel="layer")
        panel.xaxis.get_major_locator().set_params(integer=True)
    for name, (label, colour) in OBJECTIVES.items():
        points = [(layer, value) for layer, value in enumerate(published[name], first) if value is not None]
        axes[0, -1].plot(*zip(*points), marker="s", markersize=4, color=colour, linestyle="--", label=label)
    axes[0, -1].set(title="Voita et al. 2019, 6 layers", xlabel="layer")
    axes[0, 0].set_ylabel(unit)
    return figure, axes


def _at_untouched(table: pd.DataFrame, metric: str) -> pd.DataFrame:
    return where(trained(table), metric=metric, probe="untouched")


def _ends(rows: pd.DataFrame, objective: str) -> tuple[float, float, float]:
    """Of the greatest width: means at the first layer, the least one and the last."""
    rows = where(rows[rows.width == rows.width.max()], objective=objective)
    means = by_layer(rows, []).set_index("layer")["mean"].sort_index()
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
    told = [say_number(means[name]) for name in OBJECTIVES]
    return Drawn(
        figure,
        f"Mean change from layer to layer, from the first on: {told[0]} in a masked model, {told[1]} in a language "
        f"model, {told[2]} in a "
        "translator",
        "Distance of consecutive layers' states of the same words of test texts. How layer 1 changes the embedded "
        "words is "
        "not among the published numbers, nor in the title. "
        f"{say_n(summarise(rows, ['objective', 'width']))}; bands {INTERVALS}. "
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
        bias = by_layer(where(shuffled, width=width), []).sort_values("layer")
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
        f"{say_n(summarise(rows, ['objective', 'width']))}; bands {INTERVALS}.",
    )


@figures.add
def next_word_by_layer(table: pd.DataFrame, results: Results) -> Drawn | None:
    """What a language model's layers tell of the next word, and whose states are near each other."""
    ahead = _beyond_shuffled(where(trained(table), objective="causal", probe="untouched"), "told_of_output")
    if ahead.empty:
        return None
    near = _at_untouched(table, "neighbours_of_input")
    near = near[near.width == near.width.max()]
    figure, axes = new_figure(columns=2, width=9, height=3.6)
    widths = sorted(ahead.width.unique())
    for width, style in zip(widths, ("--", "-")[-len(widths) :]):
        label, colour = OBJECTIVES["causal"]
        draw_line(
            axes[0, 0], by_layer(where(ahead, width=width), []), "layer", f"{label}, width {width}", colour, style
        )
    axes[0, 0].set(title="the next word", ylabel="told, beyond shuffled words (nats)")
    for name, (label, colour) in OBJECTIVES.items():
        draw_line(axes[0, 1], by_layer(where(near, objective=name), []), "layer", label, colour)
    axes[0, 1].set(title="neighbours", ylabel="neighbours that are the same word")
    for panel in axes[0]:
        panel.set(xlabel="layer")
        panel.xaxis.get_major_locator().set_params(integer=True)
    add_legend(axes)
    first, _, last = _ends(ahead, "causal")
    alike = {name: _ends(near, name) for name in OBJECTIVES}
    return Drawn(
        figure,
        f"A language model's embedded words tell {say_number(first)} nats of the next word beyond chance, its last "
        "layer "
        f"{say_number(last)}; at the last layer {say_percent(alike['causal'][2])} of a state's neighbours are the "
        "same word "
        f"(masked {say_percent(alike['masked'][2])}, translator {say_percent(alike['translation'][2])})",
        "Words of test texts, untouched ones in masked models. Left: mutual information of the states' clusters "
        "and the "
        "word that follows. Right: share of a state's five nearest by cosine that hold the same word, at width "
        f"{int(near.width.max())}. {say_n(summarise(near, ['objective', 'width']))}; bands {INTERVALS}.",
    )


@figures.add
def information_by_fate(table: pd.DataFrame, results: Results) -> Drawn | None:
    """A masked model's layers at words that were left, kept, masked or replaced."""
    rows = where(trained(table), objective="masked", probe=list(_FATES))
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
        seen = by_layer(_beyond_shuffled(rows, metric), ["probe"])
        for fate, (label, colour) in _FATES.items():
            if metric != "told_of_input" or fate != "few masked":
                draw_line(panel, where(seen, probe=fate), "layer", label, colour)
        panel.set(title=title, xlabel="layer", ylabel=unit)
        panel.xaxis.get_major_locator().set_params(integer=True)
    add_legend(axes)
    told = by_layer(_beyond_shuffled(rows, "told_of_output"), ["probe"]).set_index(["probe", "layer"])["mean"]
    last = int(told.index.get_level_values("layer").max())
    return Drawn(
        figure,
        f"Of a masked word the embedding of [MASK] tells {say_number(told['few masked', 0])} nats beyond chance and "
        "the last layer "
        f"{say_number(told['few masked', last])}; of one that was replaced, "
        f"{say_number(told['few replaced', last])} at last",
        "Of the words chosen in test texts (15 %), a third each are masked, kept and replaced here; as many "
        "untouched ones are drawn. "
        f"Of a masked word, nothing of its own goes in. {say_n(summarise(rows, ['probe']))}; bands {INTERVALS}.",
    )


def _beyond_shuffled(rows: pd.DataFrame, metric: str) -> pd.DataFrame:
    """Values less those of shuffled labels, where there are any."""
    own = where(rows, metric=metric)
    key = ["cell", "probe", "layer"]
    shuffled = where(rows, metric=f"{metric}_shuffled").set_index(key).value
    if shuffled.empty:
        return own
    return own.assign(value=own.value.to_numpy() - shuffled.reindex(pd.MultiIndex.from_frame(own[key])).to_numpy())
