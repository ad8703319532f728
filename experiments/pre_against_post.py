"""Fill in front or at the end: which is better, for whom, and does a mask make them the same?"""

import pandas as pd

from padleak.study import Above, Claim, Design, Experiment, Profile, Within, factorial, on_own_side, per_seed
from padleak.study.trials.sequence import SequenceCell

MARGIN = 0.01
"""One point of accuracy: differences within it count as none."""


def design(profile: Profile) -> Design:
    """LSTM (last state) and Conv1D (largest response), with and without a mask, on either side, at about the published
    93 steps."""
    common = profile.settings | {
        "data": profile.sources("docstrings"),
        "masking": ["none", "embedding", "masking_layer"],
        "padding": ["pre", "post"],
        "length": profile.pick(smoke=24, standard=96, paper=160),
        "probes": (),
        # A margin of one point needs more test rows than the other experiments: 768 alone spread by 1.6 points.
        "test": profile.pick(smoke=256, standard=3000, paper=3700),
    }
    lstm = factorial(SequenceCell, model="lstm", readout="last", **common)
    convolution = factorial(SequenceCell, model="conv1d", readout="max", **common)
    return lstm + convolution


def accuracy(table: pd.DataFrame, model: str, masked: bool, padding: str) -> pd.Series:
    """Test accuracy under training's own padding, by seed."""
    maskings = ["embedding", "masking_layer"] if masked else ["none"]
    readout = "last" if model == "lstm" else "max"
    return per_seed(
        on_own_side(table),
        "accuracy",
        model=model,
        readout=readout,
        masking=maskings,
        padding=padding,
        reference="unpadded",
    )


def pre_minus_post(model: str, masked: bool):
    """Accuracy with fill in front minus accuracy with fill at the end."""
    return lambda table: accuracy(table, model, masked, "pre") - accuracy(table, model, masked, "post")


def unmasked_minus_masked(table: pd.DataFrame) -> pd.Series:
    """Accuracy of the pre-padded LSTM without a mask minus with one."""
    return accuracy(table, "lstm", False, "pre") - accuracy(table, "lstm", True, "pre")


EXPERIMENT = Experiment(
    name="pre_against_post",
    question="Fill in front or at the end: which is better, for whom, and does a mask make them the same?",
    design=design,
    figures=("pre_against_post",),
    claims=(
        Claim(
            "P1", "Pre-padding beats post-padding for LSTMs, not for CNNs", "Dwarampudi & Reddy 2019, arXiv:1903.07288",
            (
                Above("LSTM without a mask, pre minus post", pre_minus_post("lstm", False), "accuracy", 0, MARGIN),
                Within("Conv1D without a mask, pre minus post", pre_minus_post("conv1d", False), "accuracy", 2 * MARGIN),
            ),
            "pre_against_post",
        ),
        Claim(
            "P3", "Masking hurts an LSTM with pre-padding", "keras#244",
            (Above("accuracy without a mask minus with one", unmasked_minus_masked, "accuracy", 0, MARGIN),),
            "pre_against_post",
        ),
        Claim(
            "P8", "A masked LSTM learns the same from post-padding as from pre-padding", "keras#361, today",
            (Within("LSTM with a mask, pre minus post", pre_minus_post("lstm", True), "accuracy", MARGIN),),
            "pre_against_post",
        ),
    ),
)  # fmt: skip
