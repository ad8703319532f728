"""Does a masked language model learn anything of word order that its tasks need? (Sinha et al. 2021, arXiv:2104.06644.)

Models learn from texts whose words are shuffled, one, two or four at a time, or drawn from the whole corpus, or without
positions; all are then tried on texts in their natural order.
"""

import pandas as pd

from padleak.study import Above, Below, Claim, Design, Experiment, Profile, factorial, per_seed, where
from padleak.study.trials.language import LanguageCell, audited_once

TASKS = ("topic", "order")
ORDERS = ["shuffled_4", "shuffled_2"]
"""Beside the orders that claims are decided on."""
SMALL = 0.02
"""Of accuracy; more is large."""


def design(profile: Profile) -> Design:
    """The natural order, which other experiments share; other orders; no positions; and no pre-training at all."""
    common = {"tasks": TASKS} | profile.language
    few = {"seed": common["seed"][: profile.pick(1, 3, 20)]}
    return (
        audited_once(factorial(LanguageCell, looks_within=True, **common), profile)
        + factorial(LanguageCell, word_order=["shuffled_1", "corpus"], **common)
        + factorial(LanguageCell, word_order=profile.pick([], ORDERS, ORDERS), **common | few)
        + audited_once(factorial(LanguageCell, positions="none", **common | few), profile)
        + factorial(LanguageCell, **common | few | {"steps": 0})
    )


def tuned(order: str, task: str):
    """Accuracy after fine-tuning on many rows, one number a seed."""

    def effect(table: pd.DataFrame) -> pd.Series:
        rows = table[(table.steps > 0) & (table.positions == "rotary")]
        return per_seed(where(rows, word_order=order, probe=f"{task}, full"), "tuned", "model")

    return effect


def less(first: str, second: str, task: str):
    """The difference of two orders, one number a seed."""
    return lambda table: tuned(first, task)(table) - tuned(second, task)(table)


EXPERIMENT = Experiment(
    name="word_order",
    question="Does a masked language model learn anything of word order that its tasks need?",
    design=design,
    figures=("word_orders",),
    reads="corpora",
    claims=(
        Claim(
            "O6", "Word order matters little for pre-training: a small loss on a task of words, a large one on one of order",
            "Sinha et al. 2021 (arXiv:2104.06644)",
            (
                Below("which topic: natural less shuffled words", less("natural", "shuffled_1", "topic"), "accuracy",
                      SMALL),
                Above("in order or shuffled: natural less shuffled words", less("natural", "shuffled_1", "order"), "accuracy",
                      SMALL),
                Above("which topic: shuffled words less words of the corpus",
                      less("shuffled_1", "corpus", "topic"), "accuracy", 0.0),
            ),
            "word_orders",
        ),
    ),
)  # fmt: skip
