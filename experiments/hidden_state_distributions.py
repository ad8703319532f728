"""Does comparing the distributions of hidden states reveal the padding, and how much of it must there be?"""

import pandas as pd

from padleak.study import Above, Claim, Design, Experiment, Profile, Within, factorial, on_own_side, where
from padleak.study.trials.distribution import DistributionCell
from padleak.study.trials.sequence import SequenceCell, probe_grid

SEEN_AFTER = 16


def design(profile: Profile) -> Design:
    """LSTMs on text with and without a mask, either side; fill where training had it."""
    counts = profile.pick(smoke=(1, 16), standard=(1, 2, 4, 8, 16, 32), paper=(1, 2, 4, 8, 16, 32, 64))
    networks = factorial(
        SequenceCell,
        data=profile.sources("docstrings"),
        masking=["none", "embedding", "masking_layer"],
        padding=["pre", "post"],
        length=profile.pick(smoke=24, standard=64, paper=96),
        probes=probe_grid(counts, layouts=()),
        **profile.settings | {"epochs": profile.epochs},
    )
    return Design(DistributionCell.of(networks.cells), networks.skipped)


def rejected(masking: list[str], count: int):
    """Share of splits in which tests reject at .05, by seed, over sides and tests."""

    def effect(table: pd.DataFrame) -> pd.Series:
        rows = where(table, kind="distribution", metric="share_rejected", masking=masking, count=count)
        rows = rows if count == 0 else on_own_side(rows)
        return rows.groupby("seed").value.mean()

    return effect


def more_than_without_fill(table: pd.DataFrame) -> pd.Series:
    """Share of tests that reject with a mask and fill, less that of the same networks without fill."""
    masked = ["embedding", "masking_layer"]
    return rejected(masked, SEEN_AFTER)(table) - rejected(masked, 0)(table)


EXPERIMENT = Experiment(
    name="hidden_state_distributions",
    question="Does comparing the distributions of hidden states reveal the padding, and how much of it must there be?",
    design=design,
    figures=("fill_seen_by_tests", "similarity_after_fill", "units_after_fill"),
    claims=(
        Claim(
            "L12", "Comparing the distributions of hidden states reveals the padding", "LSTM article (2025)",
            (
                Above(
                    f"six tests, no mask, {SEEN_AFTER} fill steps on either side: rejected", rejected(["none"], SEEN_AFTER),
                    "share of tests", 0.8,
                ),
                Within(
                    "the same with a mask that arrives, less where no fill is", more_than_without_fill, "share of tests", 0.05
                ),
            ),
            "fill_seen_by_tests",
        ),
    ),
)  # fmt: skip
