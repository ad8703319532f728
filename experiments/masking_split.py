"""What should stand where a word is to be told: [MASK], another word, or the word itself? The six splits of BERT's table 8."""

import pandas as pd

from padleak.study import Above, Claim, Design, Experiment, Profile, Within, at_best_layer, factorial, where
from padleak.study.trials.language import LanguageCell, audited_once

SPLITS = ((0.8, 0.1), (1.0, 0.0), (0.8, 0.2), (0.8, 0.0), (0.0, 0.8), (0.0, 1.0))
"""Shares of [MASK] and of other words; the rest is kept."""
BERT, ONLY_MASK, MASK_OR_RIGHT, ONLY_WRONG = SPLITS[0], SPLITS[1], SPLITS[3], SPLITS[5]
TASKS = ("topic", "order")
POINT = 0.01
"""One point of accuracy."""
NATS = 0.02
"""What counts as a change of information."""


def design(profile: Profile) -> Design:
    """BERT's split, which other experiments share, and the others; fewer seeds of those on which nothing is decided."""
    common = {"tasks": TASKS, "looks_within": True} | profile.language
    splits = audited_once(factorial(LanguageCell, **common), profile)
    few = {"seed": common["seed"][: profile.pick(2, 3, 20)]}
    for split in profile.pick(SPLITS[1:2], SPLITS[1:], SPLITS[1:]):
        seeds = {} if split in (ONLY_MASK, MASK_OR_RIGHT, ONLY_WRONG) else few
        shares = {"share_masked": split[0], "share_replaced": split[1], "tuning": 0}
        splits += factorial(LanguageCell, **common | seeds | shares)
    return splits


def of(split: tuple[float, float], table: pd.DataFrame) -> pd.DataFrame:
    return where(table, share_masked=split[0], share_replaced=split[1])


def read(split: tuple[float, float], table: pd.DataFrame) -> pd.Series:
    """Accuracy of a linear reader of its best layer, many rows, mean of tasks."""
    rows = where(of(split, table), metric="frozen", probe=[f"{task}, full" for task in TASKS])
    return at_best_layer(rows, ["probe"]).groupby("seed").value.mean()


def told(split: tuple[float, float], table: pd.DataFrame) -> pd.Series:
    """What the last layer tells of visible words."""
    rows = where(of(split, table), metric="told_of_input", probe="untouched")
    return where(rows, layer=rows.layer.astype(str).max()).groupby("seed").value.mean() if len(rows) else rows.value


def less(measure, first: tuple[float, float], second: tuple[float, float]):
    """The difference, one number a seed."""
    return lambda table: measure(first, table) - measure(second, table)


EXPERIMENT = Experiment(
    name="masking_split",
    question="What should stand where a word is to be told: [MASK], another word, or the word itself?",
    design=design,
    figures=("masking_splits",),
    reads="corpora",
    claims=(
        Claim(
            "O5", "80 % [MASK], 10 % random, 10 % kept is needed: only [MASK] teaches little about visible tokens, "
            "[MASK] or the right word lets it cheat, only wrong words act like [MASK]",
            "Devlin et al. 2019 (arXiv:1810.04805)",
            (
                Above("read linearly, less only [MASK]", less(read, BERT, ONLY_MASK), "accuracy", 0.0, POINT),
                Above("told of visible words by the last layer, less only [MASK]", less(told, BERT, ONLY_MASK), "nats", NATS),
                Above("read linearly, less [MASK] or the right word", less(read, BERT, MASK_OR_RIGHT), "accuracy", 0.0),
                Within("read linearly, only wrong ones less only [MASK]", less(read, ONLY_WRONG, ONLY_MASK), "accuracy", POINT),
            ),
            "masking_splits",
        ),
    ),
)  # fmt: skip
