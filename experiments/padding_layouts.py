"""Seven places for the fill: does it matter which, for convolutions and for LSTMs?"""

import pandas as pd

from padleak.study import Below, Claim, Design, Experiment, Profile, Within, factorial, on_own_side, per_seed
from padleak.study.trials.probe import LAYOUTS, SIDES
from padleak.study.trials.sequence import SequenceCell

MARGIN = 0.02
"""Two points of macro-F1: the published intervals are about as wide."""


def design(profile: Profile) -> Design:
    """Convolutions that see places and that do not, and LSTMs with and without a mask; each trained under every layout."""
    common = profile.settings | {
        "data": profile.sources("docstrings"),
        "padding": [*SIDES, *LAYOUTS],
        "length": profile.pick(smoke=24, standard=48, paper=96),
        "probes": (),
        # As in pre_against_post: differences of a point or two need more test rows.
        "test": profile.pick(smoke=256, standard=3000, paper=3700),
    }
    return (
        factorial(SequenceCell, model="conv1d", readout=["flatten", "max"], masking="none", **common)
        + factorial(SequenceCell, masking=["none", "embedding", "masking_layer"], **common)
    )  # fmt: skip


def f1(table: pd.DataFrame, layout: str) -> pd.Series:
    """Macro-F1 of the convolution whose head sees all places, by seed."""
    own = on_own_side(table)
    return per_seed(own, "macro_f1", model="conv1d", readout="flatten", padding=layout)


def minus_post(layout: str):
    """Macro-F1 trained and tested under a layout, minus that under `post`."""
    return lambda table: f1(table, layout) - f1(table, "post")


EXPERIMENT = Experiment(
    name="padding_layouts",
    question="Seven places for the fill: does it matter which, for convolutions and for LSTMs?",
    design=design,
    figures=("score_by_layout",),
    claims=(
        Claim(
            "P2",
            "Where the fill goes matters for convolutions: at random or in front is worse than at the end, in the middle or on "
            "both sides is the same",
            "Lopez-del Rio et al. 2020",
            (
                Below("Conv1D + flatten, random minus post", minus_post("random"), "macro-F1"),
                Below("pre minus post", minus_post("pre"), "macro-F1"),
                Within("middle minus post", minus_post("middle"), "macro-F1", MARGIN),
                Within("both minus post", minus_post("both"), "macro-F1", MARGIN),
            ),
            "score_by_layout",
        ),
    ),
)  # fmt: skip
