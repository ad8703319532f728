"""How much of a text should a masked language model have to tell? 15 %, as BERT has it, or more?

Words that are hidden and words that are told are taken apart, too: 40 % hidden, of which as many are told as with 15 %.
"""

import pandas as pd

from padleak.study import Above, Claim, Design, Experiment, Profile, factorial, per_seed, where
from padleak.study.trials.language import LanguageCell, audited_once

TASKS = ("topic", "order")


def design(profile: Profile) -> Design:
    """BERT's rate, which other experiments share; other rates; and 40 % hidden with 15 % told."""
    common = {"tasks": TASKS} | profile.language
    few = {"seed": common["seed"][: profile.pick(2, 3, 20)]}
    return (
        audited_once(factorial(LanguageCell, looks_within=True, **common), profile)
        + factorial(LanguageCell, corrupted=[0.05, 0.4], **common)
        + factorial(LanguageCell, corrupted=profile.pick([0.8], [0.8], [0.3, 0.5, 0.6, 0.8]), **common | few)
        + factorial(LanguageCell, corrupted=0.4, share_told=0.375, **common | few)
    )


def told(rate: float):
    """Accuracy at masked words of test texts, of which 15 % are masked for all models."""
    return lambda table: per_seed(where(table, corrupted=rate, share_told=1.0, probe="test"), "accuracy", "model")


def tuned(rate: float):
    """Accuracy after fine-tuning on many rows, mean of tasks."""

    def effect(table: pd.DataFrame) -> pd.Series:
        return per_seed(
            where(table, corrupted=rate, share_told=1.0, probe=[f"{task}, full" for task in TASKS]), "tuned", "model"
        )

    return effect


def less(measure, rate: float):
    """15 % less another rate, one number a seed."""
    return lambda table: measure(0.15)(table) - measure(rate)(table)


EXPERIMENT = Experiment(
    name="masking_rate",
    question="How much of a text should a masked language model have to tell: 15 %, or more?",
    design=design,
    figures=("masking_rates",),
    reads="corpora",
    claims=(
        Claim(
            "O4", "Masking 15 % is about right: more hides too much, less learns too slowly",
            "Devlin et al. 2019 (arXiv:1810.04805)",
            tuple(
                Above(f"{what}, 15 % less {100 * rate:.0f} %", less(measure, rate), "accuracy", 0.0)
                for what, measure in (("masked words told", told), ("fine-tuned", tuned))
                for rate in (0.4, 0.05)
            ),
            "masking_rates",
        ),
    ),
)  # fmt: skip
