"""What do a masked language model, a language model and a translator make of the same words, layer by layer?

Tiny Transformers that differ in the objective alone: the same encoder and first weights, texts, steps and optimiser. Texts are
the first words of docstrings; the translator tells the words of the function's name. Two widths, to see what scale does.
"""

import pandas as pd

from padleak.study import (
    OURS,
    Above,
    AtMost,
    Below,
    Claim,
    Design,
    Experiment,
    Profile,
    at_best_layer,
    factorial,
    per_seed,
    where,
)  # fmt: skip
from padleak.study.trials.language import LanguageCell, audited_once
from padleak.study.trials.likeness import LikenessCell

OBJECTIVES = ["masked", "causal", "translation"]
NATS = 0.02
"""What counts as a change of information."""
POINT = 0.01
"""One point of accuracy."""
CLEARLY = 0.1
"""Nats by which words are told clearly better than by how often they occur: perplexity falls by a tenth."""


def design(profile: Profile) -> Design:
    """Three objectives in two widths, of which the greater is tuned, too; the same untrained; then how alike they are."""
    seeds = list(range(profile.seeds))
    some = seeds[: profile.pick(2, 3, 5)]
    common = {
        "data": profile.pairs or "docstrings?text=whole&words=1000", "paired": True, "tasks": ("topic", "order"),
    } | profile.pick(
        smoke={"batch": 16, "steps": 40, "tuning": 60, "task_rows": 400},
        standard={
            "batch": 64, "steps": 760, "layers": 4, "heads": 4, "learning_rate": 0.004, "tuning": 120, "task_rows": 4000,
            "decoder_layers": 1,
        },
        paper={"batch": 64, "steps": 6000, "layers": 6, "heads": 4, "learning_rate": 0.002, "tuning": 480, "length": 32},
    )  # fmt: skip
    taught = {"objective": OBJECTIVES, "looks_within": True} | common
    wide, narrow = profile.pick((16, 0), (64, 32), (128, 64))
    trained = factorial(LanguageCell, width=wide, seed=profile.pick(seeds, seeds, some), **taught)
    if narrow:
        trained += factorial(
            LanguageCell, width=narrow, seed=profile.pick(seeds, some, seeds), **taught | {"tuning": 0}
        )
    drawn = factorial(LanguageCell, width=wide, seed=some, **common | {"steps": 0})
    trained = audited_once(trained)
    return trained + drawn + Design(tuple(compared(trained, wide)))


def compared(design: Design, width: int):
    """Encoders of two objectives and one seed, and of one objective and two seeds that follow each other."""
    by_place = {(cell.objective, cell.seed): cell for cell in design.cells if cell.width == width}
    for (objective, seed), cell in by_place.items():
        others = [by_place.get((objective, seed + 1))] + [
            by_place.get((other, seed)) for other in OBJECTIVES if OBJECTIVES.index(other) > OBJECTIVES.index(objective)
        ]
        yield from (LikenessCell(seed=seed, first=cell, second=other) for other in others if other is not None)


def widest(table: pd.DataFrame) -> pd.DataFrame:
    """Trained networks of the greater width."""
    trained = table[(table.kind == "language") & (table.steps > 0)]
    return trained[trained.width == trained.width.max()]


def by_layer(table: pd.DataFrame, objective: str, metric: str) -> pd.DataFrame:
    """A metric at untouched words: a row a seed, a column a layer."""
    rows = where(widest(table), objective=objective, metric=metric, probe="untouched")
    return rows.pivot_table(index="seed", columns="layer", values="value", observed=True).sort_index(axis=1)


def nth(values: pd.DataFrame, place: int) -> pd.Series:
    """The first or the last layer; empty where none was measured."""
    return values.iloc[:, place] if values.shape[1] else pd.Series(dtype=float)


def changes(table: pd.DataFrame, objective: str) -> pd.DataFrame:
    """PWCCA distance of consecutive layers, a column each; from the first layer on, as published, so without that of the first
    from the embedded words."""
    return by_layer(table, objective, "change_pwcca").iloc[:, 1:]


def difference(first: str, second: str):
    """Of mean changes, one number a seed."""
    return lambda table: changes(table, first).mean(axis=1) - changes(table, second).mean(axis=1)


def first_less_last_change(table: pd.DataFrame) -> pd.Series:
    seen = changes(table, "translation")
    return nth(seen, 0) - nth(seen, -1)


def above_least(layer: int):
    """What a layer tells of the word that goes in, less what the inner layer does that tells least.

    Which that is, the other seeds say, so that chance alone gives no dip.
    """

    def effect(table: pd.DataFrame) -> pd.Series:
        told = by_layer(table, "masked", "told_of_input")
        inner = at_best_layer((-told.iloc[:, 1:-1]).melt(ignore_index=False).reset_index().assign(of=0), ["of"])
        return nth(told, layer) + inner.set_index("seed").value

    return effect


def largest_rise(table: pd.DataFrame) -> pd.Series:
    return by_layer(table, "causal", "told_of_input").diff(axis=1).max(axis=1)


def lost(objective: str):
    """What the first layer tells of the word that goes in, less what the last does."""

    def effect(table: pd.DataFrame) -> pd.Series:
        told = by_layer(table, objective, "told_of_input")
        return nth(told, 0) - nth(told, -1)

    return effect


def lost_most(table: pd.DataFrame) -> pd.Series:
    others = pd.concat([lost("masked")(table), lost("translation")(table)], axis=1)
    return lost("causal")(table) - others.max(axis=1, skipna=False)


def read(objective: str):
    """Accuracy of a linear reader of its best layer, many rows, mean of tasks; one number a seed."""

    def effect(table: pd.DataFrame) -> pd.Series:
        rows = where(widest(table), objective=objective, metric="frozen", probe=["topic, full", "order, full"])
        return at_best_layer(rows, ["probe"]).groupby("seed").value.mean()

    return effect


def gained(objective: str, metric: str):
    """How much better words are told than by how often they occur: right answers, or nats of loss; one number a seed."""

    def effect(table: pd.DataFrame) -> pd.Series:
        rows = where(widest(table), objective=objective, probe="test")
        gain = per_seed(rows, metric, "model") - per_seed(rows, f"{metric}_of_unigrams", "model")
        return gain if metric == "accuracy" else -gain

    return effect


def leaks(table: pd.DataFrame) -> pd.Series:
    return where(table, metric="leaks").set_index("cell").value


VOITA = "Voita et al. 2019 (arXiv:1909.01380)"

EXPERIMENT = Experiment(
    name="objectives",
    question="What do a masked language model, a language model and a translator make of the same words, layer by layer?",
    design=design,
    figures=("words_told", "change_by_layer", "information_by_layer", "next_word_by_layer", "information_by_fate",
             "frozen_by_objective", "likeness_of_encoders"),
    reads="pairs",
    claims=(
        Claim(
            "O1", "Between layers a translator's representations change less and less, a language model's more, "
            "a masked one's most", VOITA,
            (
                Above("translator: first change less the last", first_less_last_change, "1 - PWCCA", 0.0),
                Above("mean change, language model less translator", difference("causal", "translation"), "1 - PWCCA", 0.0),
                Above("mean change, masked model less language model", difference("masked", "causal"), "1 - PWCCA", 0.0),
            ),
            "change_by_layer",
        ),
        Claim(
            "O2", "A masked language model first encodes context and then reconstructs the token", VOITA,
            (
                Above("told of the input token, last layer less the least inner one", above_least(-1), "nats", 0.0, NATS),
                Above("embedded words less the least inner layer", above_least(0), "nats", 0.0),
            ),
            "information_by_layer",
        ),
        Claim(
            "O3", "A language model loses its input token monotonically, the most of the three", VOITA,
            (
                Below("told of the input token, largest rise from a layer to the next", largest_rise, "nats", NATS),
                Above("lost from first to last layer, less the most that another loses", lost_most, "nats", 0.0),
            ),
            "information_by_layer",
        ),
        Claim(
            "O8", "Masked models use both sides, language models only the past, so masked ones encode better",
            "Devlin et al. 2019 (arXiv:1810.04805)",
            (
                Above("read linearly, masked model less language model, mean of tasks",
                      lambda table: read("masked")(table) - read("causal")(table), "accuracy", 0.0, POINT),
            ),
            "frozen_by_objective",
        ),
        Claim(
            "O9", "Padding leaks into none of these models, and all tell words better than frequencies do", OURS,
            (
                AtMost("worst of the audited models", leaks, "leak (0 no, 1 yes)", 0.0),
                Above("masked: accuracy gained", gained("masked", "accuracy"), "accuracy", POINT),
                Above("causal: loss gained", gained("causal", "loss"), "nats", CLEARLY),
                Above("translation: loss gained", gained("translation", "loss"), "nats", CLEARLY),
            ),
            "words_told",
        ),
    ),
)  # fmt: skip
