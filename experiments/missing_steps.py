"""Values missing within sequences: is a hole in the middle a thing for a mask, and what should an LSTM be told of it?

Gaps are scattered or lie in one hole in the middle of each sequence. The LSTM sees zeros, last values, either with
flags and the time since (as GRU-D takes them), or skips what is missing as it skips padding.
"""

import pandas as pd

from padleak.study import OURS, Above, Below, Claim, Design, Experiment, Profile, factorial, per_seed, where
from padleak.study.trials.sequence import SequenceCell

PATTERNS = ["scattered", "block"]
TELLINGS = ["zero", "last", "flag", "timed", "since"]
MARGIN = 0.01
"""One point of accuracy."""


def design(profile: Profile) -> Design:
    """Every way of telling under a true mask of the padding; zeros under `Masking(0)`, which skips them; no gaps."""
    common = profile.settings | {
        "data": profile.sources("frequency?length=32&classes=6", holds=("features",)),
        "length": 32, "padding": "pre", "probes": (), "learning_rate": 0.01, "epochs": profile.pick(1, 12, 24),
    }  # fmt: skip
    tellings = profile.pick(["zero", "flag", "since"], TELLINGS, TELLINGS)
    gaps = {"gaps": profile.pick([0.5], [0.3, 0.6], [0.1, 0.3, 0.5, 0.7]), "gap_pattern": PATTERNS}
    return (
        factorial(SequenceCell, masking="explicit", gap_telling=tellings, **gaps, **common)
        + factorial(SequenceCell, masking="masking_layer", gap_telling="zero", **gaps, **common)
        + factorial(SequenceCell, masking="explicit", **common)
    )


def accuracy(**settings: object):
    """Test accuracy as trained, mean over shares and patterns of gaps, one number a seed."""

    def effect(table: pd.DataFrame) -> pd.Series:
        rows = where(table, probe="pre", reference="unpadded", **settings)
        return per_seed(rows[rows.gaps > 0], "accuracy")

    return effect


def difference(first: dict[str, str], second: dict[str, str]):
    """Of accuracies, paired by seed."""
    return lambda table: accuracy(**first)(table) - accuracy(**second)(table)


def told(telling: str) -> dict[str, str]:
    return {"masking": "explicit", "gap_telling": telling}


SKIPPED = {"masking": "masking_layer"}

EXPERIMENT = Experiment(
    name="missing_steps",
    question="Is a hole in the middle of a sequence a thing for a mask, and what should an LSTM be told of it?",
    design=design,
    figures=("accuracy_by_gaps",),
    claims=(
        Claim(
            "M10", "An LSTM reads a sequence with gaps better when it is told where they are and how long they last", OURS,
            (Above("gained over zeros alone by last values, flags and time", difference(told("since"), told("zero")),
                   "accuracy", 0.0, MARGIN),),
            "accuracy_by_gaps",
        ),
        Claim(
            "M11", "A mask can skip gaps as it skips padding, without harm", OURS,
            (Below("lost against zeros and flags by skipping", difference(told("flag"), SKIPPED), "accuracy", MARGIN),),
            "accuracy_by_gaps",
        ),
    ),
)  # fmt: skip
