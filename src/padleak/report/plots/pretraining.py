"""Figures of masked language models: how much is masked, what stands there, in which order, and which words."""

import matplotlib as mpl
import numpy as np
import pandas as pd

from padleak.report.plots import Drawn, add_legend, draw_dots, draw_line, figures, new_figure, say_n, summarise
from padleak.report.words import say_percent
from padleak.study.results import Results
from padleak.study.select import at_best_layer, where

_OKABE_ITO = mpl.color_sequences["okabe_ito"]
_TASKS = {"topic": ("which topic?", _OKABE_ITO[5]), "order": ("in order or shuffled?", _OKABE_ITO[6])}
_SPLITS = {
    (0.8, 0.1): ("80 % [MASK], 10 % other, 10 % kept", 94.9),
    (1.0, 0.0): ("only [MASK]", 94.0),
    (0.8, 0.2): ("80 % [MASK], 20 % other", 94.6),
    (0.8, 0.0): ("80 % [MASK], 20 % kept", 94.7),
    (0.0, 0.8): ("80 % other, 20 % kept", 94.6),
    (0.0, 1.0): ("only others", 94.6),
}
"""Shares of [MASK] and of other words: how they are said, and the published F1 of named entities, frozen (Devlin et al.,
table 8)."""
_ORDERS = {
    "natural": "natural order",
    "shuffled_4": "groups of 4 shuffled",
    "shuffled_2": "groups of 2 shuffled",
    "shuffled_1": "words shuffled",
    "corpus": "words of the corpus",
    "no positions": "natural, no positions",
    "drawn": "not pre-trained",
}
_INTERVALS = "are 95 % Student intervals over seeds"


@figures.add
def masking_rates(table: pd.DataFrame, results: Results) -> Drawn | None:
    """Words told and tasks solved by the share that is masked."""
    rows = table[table.steps > 0]
    whole, apart = (rows[(rows.share_told == 1) == is_whole] for is_whole in (True, False))
    if rows.empty:
        return None
    shown = _tasks_of(rows)
    figure, axes = new_figure(columns=1 + len(shown), width=4 + 4 * len(shown), height=3.6)
    told = where(whole, probe="test", metric="accuracy")
    draw_line(axes[0, 0], summarise(told, ["corrupted"]), "corrupted", "all of the masked are told", _OKABE_ITO[0])
    _mark(axes[0, 0], where(apart, probe="test", metric="accuracy"))
    axes[0, 0].axhline(
        where(rows, metric="accuracy_of_unigrams").value.mean(),
        color="0.4",
        linestyle=":",
        label="the most frequent word",
    )
    axes[0, 0].set(title="hidden words told", ylabel="accuracy at 15 % masked test words")
    for panel, (task, (title, colour)) in zip(axes[0, 1:], shown.items()):
        tuned = where(whole, probe=f"{task}, full", metric="tuned")
        draw_line(panel, summarise(tuned, ["corrupted"]), "corrupted", title, colour)
        _mark(panel, where(apart, probe=f"{task}, full", metric="tuned"))
        panel.set(title=title, ylabel="test accuracy after fine-tuning")
    for panel in axes.flat:
        panel.set(xlabel="share of words masked in training")
        panel.axvline(0.15, color="0.85", zorder=0)
    add_legend(axes)
    means = told.groupby("corrupted").value.mean()
    best = means.idxmax()
    return Drawn(
        figure,
        f"With {say_percent(best)} of the words masked in training most hidden words are told "
        f"({say_percent(means[best])}); with 15 %, "
        f"{say_percent(means[0.15])}",
        "All models are tested on the same texts, 15 % of whose words are masked, and see as many words in "
        "training. Crosses: as many "
        f"are masked as at 40 %, but only as many told as at 15 %. {say_n(summarise(whole, ['corrupted']))}; bands "
        f"{_INTERVALS}.",
    )


def _tasks_of(rows: pd.DataFrame) -> dict[str, tuple[str, object]]:
    """Tasks that there are: texts without topics have fewer."""
    return {task: said for task, said in _TASKS.items() if (rows.probe == f"{task}, full").any()}


def _mark(panel, rows: pd.DataFrame) -> None:
    if len(rows):
        seen = summarise(rows, ["corrupted"])
        spread = [seen["mean"] - seen.low, seen.high - seen["mean"]]
        panel.errorbar(
            seen.corrupted, seen["mean"], yerr=spread, fmt="x", color="0.3", capsize=3, label="40 % masked, 15 % told"
        )


@figures.add
def masking_splits(table: pd.DataFrame, results: Results) -> Drawn | None:
    """The six splits: tasks, visible words, hidden words, and what was published."""
    if table.empty:
        return None
    table = table.assign(
        split=[_SPLITS.get(pair, ("", 0))[0] for pair in zip(table.share_masked, table.share_replaced)]
    )
    read = where(table, metric="frozen", probe=[f"{task}, full" for task in _TASKS])
    read = at_best_layer(read, ["split", "probe"])
    within = where(table, metric="told_of_input", probe="untouched")
    panels = {
        "frozen encoder, mean of tasks\n(test accuracy)": read,
        "told of visible words by the\nlast layer (nats)": within[
            within.layer.astype(str) == within.layer.astype(str).max()
        ],
        "hidden words told\n(accuracy)": where(table, probe="test", metric="accuracy"),
    }
    names = [label for label, _ in _SPLITS.values() if label in set(table.split)]
    figure, axes = new_figure(columns=4, width=13, height=3.6, sharey=True)
    for panel, (title, rows) in zip(axes[0], panels.items()):
        seen = summarise(rows, ["split"]).set_index("split").reindex(names)
        draw_dots(panel, seen, np.arange(len(names)), "", _OKABE_ITO[5])
        panel.set(title=title)
    published = {label: value for label, value in _SPLITS.values()}
    axes[0, -1].plot([published[name] for name in names], np.arange(len(names)), "s", color="0.3")
    axes[0, -1].set(title="published: named entities,\nfrozen encoder (F1)")
    axes[0, 0].set_yticks(range(len(names)), names)
    axes[0, 0].invert_yaxis()
    scores = read.groupby("split").value.mean()
    return Drawn(
        figure,
        f"A frozen encoder is read with {100 * scores[names[0]]:.1f} % right answers after BERT's split and with "
        f"{100 * scores[names[1]]:.1f} % after masking alone; all splits lie between {100 * scores.min():.1f} and "
        f"{100 * scores.max():.1f} %",
        "What stands in place of the 15 % of words to tell; in test texts, [MASK] for all. "
        f"{say_n(summarise(read, ['split']))}; bars "
        f"{_INTERVALS}. "
        "Published: Devlin et al. 2019, table 8, without intervals.",
    )


@figures.add
def word_orders(table: pd.DataFrame, results: Results) -> Drawn | None:
    """Tasks after training on texts in several orders."""
    if table.empty:
        return None
    arm = np.where(table.positions.astype(str) == "none", "no positions", table.word_order.astype(str))
    table = table.assign(arm=np.where(table.steps > 0, arm, "drawn"))
    names = [name for name in _ORDERS if name in set(table.arm)]
    shown = _tasks_of(table)
    figure, axes = new_figure(columns=len(shown), width=1 + 5 * len(shown), height=3.8, sharey=True)
    for panel, (task, (title, _)) in zip(axes[0], shown.items()):
        rows = where(table, probe=f"{task}, full")
        best = at_best_layer(where(rows, metric="frozen"), ["arm"])
        for dots, label, tint, above in (
            (where(rows, metric="tuned"), "fine-tuned", _OKABE_ITO[5], -0.12), (best, "frozen, read linearly", "0.4", 0.12),
        ):  # fmt: skip
            seen = summarise(dots, ["arm"]).set_index("arm").reindex(names)
            draw_dots(panel, seen, np.arange(len(names)) + above, label, tint, "o" if above < 0 else "D")
        panel.axvline(
            where(rows, metric="majority").value.mean(), color="0.4", linestyle=":", label="the most frequent class"
        )
        panel.set(title=title, xlabel="test accuracy")
    axes[0, 0].set_yticks(range(len(names)), [_ORDERS[name] for name in names])
    axes[0, 0].invert_yaxis()
    add_legend(axes)
    tuned = where(table, metric="tuned").groupby(["probe", "arm"], observed=True).value.mean()
    loss = {task: tuned[f"{task}, full", "natural"] - tuned[f"{task}, full", "shuffled_1"] for task in shown}
    told = [
        f"{100 * points:.1f} points of accuracy where the question is '{_TASKS[task][0]}'"
        for task, points in loss.items()
    ]
    return Drawn(
        figure,
        f"Shuffling the words of the texts to learn from costs {' and '.join(told)}",
        "Masked language models; all are tried on texts in natural order, with many labelled ones. "
        f"{say_n(summarise(where(table, metric='tuned'), ['arm']))}; bars {_INTERVALS}.",
    )


@figures.add
def cloze_shares(table: pd.DataFrame, results: Results) -> Drawn | None:
    """Few-shot accuracy by how often the telling word is the one to tell."""
    rows = where(table, probe="topic, few", metric="tuned")
    shares = rows[(rows.cloze >= 0) & (rows.steps > 0)]
    if shares.empty:
        return None
    figure, axes = new_figure(width=7.5, height=3.8)
    panel = axes[0, 0]
    draw_line(panel, summarise(shares, ["cloze"]), "cloze", "one word a text, chosen so", _OKABE_ITO[5])
    bare = {
        "any word at random": (rows[(rows.cloze < 0) & (rows.steps > 0)], _OKABE_ITO[1]),
        "not pre-trained": (rows[rows.steps == 0], "0.4"),
    }
    for label, (seen, colour) in bare.items():
        estimate = summarise(seen.assign(all=1), ["all"]).iloc[0]
        panel.axhline(estimate["mean"], color=colour, linestyle="--", label=label)
        panel.axhspan(estimate.low, estimate.high, color=colour, alpha=0.12, linewidth=0)
    panel.set(
        xlabel="share of texts in which the word that tells the topic is to be told",
        ylabel="test accuracy, 16 texts a class",
    )
    add_legend(axes)
    means = shares.groupby("cloze").value.mean()
    at_random, none = (seen.value.mean() for seen, _ in bare.values())
    return Drawn(
        figure,
        "Fine-tuned on few texts, models that had to tell the telling word in every text are right in "
        f"{say_percent(means[1.0])} of "
        f"cases, never {say_percent(means[0.0])}, any word {say_percent(at_random)}, without pre-training "
        f"{say_percent(none)}",
        "Made-up texts, data `cloze`; the telling words are hidden in the texts of the task. "
        f"{int(table.layers.max())} layers, width {int(table.width.max())}, "
        "one head. "
        f"{say_n(summarise(shares, ['cloze']))}; bands {_INTERVALS}.",
    )
