"""Does a masked language model learn a task because the words that are masked ask for it? (Zhang and Hashimoto 2021,
arXiv:2104.05694.)

Made-up texts hold one word each that tells their topic. The share of texts in which that word is the one to tell goes from all
to none; then few labelled texts, without such words, must do.
"""

import numpy as np
import pandas as pd

from padleak.study import Above, Claim, Design, Experiment, Profile, factorial, where
from padleak.study.trials.language import NO_CLOZE, LanguageCell, audited_once

SHARES = [1.0, 0.75, 0.5, 0.25, 0.0]


def design(profile: Profile) -> Design:
    """Shares of rows in which the telling word is masked; any word at random; and no pre-training at all."""
    toy = {
        "data": "cloze", "length": 12, "layers": 2, "width": 32, "heads": 1, "learning_rate": 0.003, "tasks": ("topic",),
        "seed": list(range(profile.seeds)), "steps": profile.pick(40, 400, 3000), "tuning": profile.pick(60, 120, 120),
        "task_rows": profile.pick(400, 8000, 8000),
    }  # fmt: skip
    one_word = {"corrupted": 1.0, "share_masked": 1.0, "share_replaced": 0.0}
    at_random = {"corrupted": 1 / 12, "share_masked": 1.0, "share_replaced": 0.0}
    return (
        audited_once(factorial(LanguageCell, cloze=profile.pick([1.0, 0.0], SHARES, SHARES), **toy | one_word), profile)
        + factorial(LanguageCell, **toy | at_random)
        + factorial(LanguageCell, **toy | {"steps": 0})
    )


def tuned(cloze: float, trained: bool = True):
    """Accuracy after fine-tuning on few rows, one number a seed."""

    def effect(table: pd.DataFrame) -> pd.Series:
        rows = table[(table.steps > 0) == trained]
        return where(rows, cloze=cloze, probe="topic, few", metric="tuned").groupby("seed").value.mean()

    return effect


def slope(table: pd.DataFrame) -> pd.Series:
    """Accuracy gained from a share of none to a share of all, by a line through all shares; one number a seed."""
    by_share = pd.concat({share: tuned(share)(table) for share in SHARES}, axis=1).dropna(axis=1, how="all")
    shares = by_share.columns.to_numpy(float)
    return (
        by_share.apply(lambda row: np.polyfit(shares, row, 1)[0], axis=1) if len(shares) > 1 else pd.Series(dtype=float)
    )


EXPERIMENT = Experiment(
    name="cloze",
    question="Does a masked language model learn a task because the words that are masked ask for it?",
    design=design,
    figures=("cloze_shares",),
    claims=(
        Claim(
            "O7", "Masked models learn statistical dependence, and masking cloze-like words teaches the task more than "
            "masking at random", "Zhang and Hashimoto 2021 (arXiv:2104.05694)",
            (
                Above("few labelled texts: telling words masked, less words at random",
                      lambda table: tuned(1.0)(table) - tuned(NO_CLOZE)(table), "accuracy", 0.0),
                Above("from a share of none to all, by a line", slope, "accuracy", 0.0),
                Above("words at random, less no pre-training",
                      lambda table: tuned(NO_CLOZE)(table) - tuned(NO_CLOZE, trained=False)(table), "accuracy", 0.0),
            ),
            "cloze_shares",
        ),
    ),
)  # fmt: skip
