"""Can a feed-forward network handle predictors that are missing by masking (zeroing) them, and what does better?

The simulation is NeuMiss's (Le Morvan et al. 2020, arXiv:2007.01627): correlated normal predictors, a linear response, half of
the values missing, the Bayes predictor known. Beside it: other rates, categories, real tables with values removed, any table.
"""

import pandas as pd

from padleak.study import THREAD, Above, Below, Claim, Design, Experiment, Profile, factorial, per_seed, where
from padleak.study.trials.missing import AS_FOUND, MissingCell

MECHANISMS = ["mcar", "mar", "self_masking"]
LOSES = 0.05
"""Of the variance explained: what a way that handles missing predictors may lose against the Bayes predictor."""
GAINS = 0.005
"""The same, that makes a way better than another."""


def design(profile: Profile) -> Design:
    """The published set-up with the ways that were published and zeros alone; rates and mechanisms on fewer rows, categories,
    and real tables; or a user's table alone."""
    quick = profile.pick(smoke={"epochs": 3, "width": 20}, standard={}, paper={}) | {"learning_rate": 0.003}
    found = {"rows": 6000, "validation": 2000, "test": 2000, "batch": 32, "epochs": 60} | quick
    seeds = list(range(profile.seeds))
    if profile.table:
        return factorial(MissingCell, data=profile.table, mechanism=AS_FOUND, seed=seeds, **found) + factorial(
            MissingCell, data=profile.table, mechanism=MECHANISMS, rate=0.3, seed=seeds, **found
        )
    many, few = profile.pick(400, 10_000, 10_000), profile.pick(300, 2000, 5000)
    smaller = {"rows": few, "validation": few // 2, "test": profile.pick(400, 5000, 10_000)} | quick
    published = (
        {"rows": many, "validation": many, "test": many}
        | quick
        | {
            "learning_rate": 0.001,
            "without": ("mean", "mean_flag", "learned", "masked_dense", "complete"),
        }
    )
    rates = profile.pick([0.5], [0.1, 0.4, 0.7], [0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7])
    # NeuMiss's table has 20; what a special category gains is small.
    four_times, three_times = (list(range(profile.seeds * profile.pick(1, standard, 1))) for standard in (4, 3))
    tables = profile.pick(["wine"], ["diabetes", "breast_cancer", "wine"], ["diabetes", "breast_cancer", "wine"])
    return (
        factorial(MissingCell, mechanism=["mcar", "self_masking"], seed=four_times, **published)
        + factorial(MissingCell, mechanism=MECHANISMS, rate=rates, seed=seeds, **smaller)
        + factorial(MissingCell, data="mixed", mechanism=MECHANISMS, seed=three_times, **smaller)
        + factorial(MissingCell, data=tables, mechanism=MECHANISMS, rate=0.3, seed=seeds, **found)
    )


def published(table: pd.DataFrame) -> pd.DataFrame:
    """Rows of the published set-up: those with the most rows to train on."""
    rows = where(table, data="gaussian", rate=0.5, metric="r2")
    return rows[rows.rows == rows.rows.max()]


def lost(filling: str, mechanism: str):
    """Variance explained by the Bayes predictor less that explained with a filling, one number a seed."""

    def effect(table: pd.DataFrame) -> pd.Series:
        rows = where(published(table), mechanism=mechanism)
        return per_seed(rows, "r2", "bayes") - per_seed(rows, "r2", filling)

    return effect


def gained(better: str, worse: str, data: str):
    """Variance explained with one filling less that with another, half missing, mean over mechanisms, one number "
    "a seed."""

    def effect(table: pd.DataFrame) -> pd.Series:
        rows = published(table) if data == "gaussian" else where(table, data=data, rate=0.5, metric="r2")
        return per_seed(rows, "r2", better) - per_seed(rows, "r2", worse)

    return effect


EXPLAINED = "of the variance"

EXPERIMENT = Experiment(
    name="missing_values",
    question="Can a feed-forward network handle missing predictors by masking (zeroing) them, and what does better?",
    design=design,
    figures=("beside_neumiss", "fillings_by_rate", "fillings_of_categories", "fillings_on_tables"),
    reads="tables",
    claims=(
        Claim(
            "M8", "A feed-forward network can handle missing predictors by masking (zeroing) them", THREAD,
            tuple(
                Below(f"lost against the Bayes predictor by zeros, half missing {says}", lost("zero", mechanism), EXPLAINED,
                      LOSES)
                for mechanism, says in (("mcar", "completely at random"), ("self_masking", "by their own value"))
            ),
            "beside_neumiss",
        ),
        Claim(
            "M9", "A flag feature for numbers, a special value for categories, makes more sense", THREAD,
            (
                Above("gained by flags over zeros alone, numbers, half missing, mean of two mechanisms",
                      gained("flag", "zero", "gaussian"), EXPLAINED, GAINS),
                Above("gained by a special value over no column lit, categories, half missing, mean of three mechanisms",
                      gained("special_category", "zero", "mixed"), EXPLAINED, GAINS),
            ),
            "fillings_of_categories",
        ),
    ),
)  # fmt: skip
