"""What does step after step of fill do to the state of a recurrent network, and does its fill step foretell it?

A trained network under fill is a map of its state to itself. Its attractors, and the slowest mode at them, say how long what
was read is held.
"""

import numpy as np
import pandas as pd

from padleak.study import OURS, Above, Below, Claim, Design, Experiment, Profile, Within, factorial, where
from padleak.study.trials.dynamics import HORIZON, dynamics_of, half_lives
from padleak.study.trials.probe import Probe
from padleak.study.trials.sequence import SequenceCell


def design(profile: Profile) -> Design:
    """Three kinds of recurrent layers, one or two of them, trained with fill and without; LSTMs also under other maskings."""
    models = profile.pick(smoke=["lstm"], standard=["lstm", "gru", "simple_rnn"], paper=["lstm", "gru", "simple_rnn"])
    depths = profile.pick(smoke=[1], standard=[1, 2], paper=[1, 2, 3])
    text = profile.sources("docstrings")
    common = {"length": 24, "probes": (Probe("pre", 32), Probe("post", 32))} | profile.settings
    networks = (
        factorial(SequenceCell, data=text, model=models, layers=depths, masking=["none", "unpadded"], **common)
        + factorial(
            SequenceCell, data=text, model=models, masking=["none", "zero_vector"], padding=["pre", "post"], **common
        )
        + factorial(SequenceCell, data=text, masking="embedding", padding=["pre", "post"], **common)
        + factorial(SequenceCell, data="first_token", model=models[:2], masking=["none", "unpadded"], **common)
    )
    return Design(dynamics_of(networks.cells), networks.skipped)


def rank_correlation(measured: str):
    """Of predicted and measured half-lives over the networks of a seed; endless ones rank last, level."""

    def effect(table: pd.DataFrame) -> pd.Series:
        lives = half_lives(table).dropna(subset=[measured])
        return lives.groupby("seed").apply(
            lambda seed: seed.predicted.rank().corr(seed[measured].rank()), include_groups=False
        )

    return effect


def doublings(measured: str):
    """How many times the predicted half-life must be doubled to give the measured one, where both end within the horizon."""

    def effect(table: pd.DataFrame) -> pd.Series:
        lives = half_lives(table).dropna(subset=[measured])
        lives = lives[(lives.predicted < HORIZON) & (lives[measured] < HORIZON)]
        return np.log2(lives[measured] / lives.predicted).groupby(lives.seed).mean()

    return effect


def share_with_several(masking: str):
    """Share of networks whose states end in two or more attractors."""

    def effect(table: pd.DataFrame) -> pd.Series:
        networks = where(half_lives(table), masking=masking)
        return (networks.attractors > 1).groupby(networks.seed).mean()

    return effect


def shift(masking: str):
    """Shift of an LSTM's last state by 32 fill steps where training had them."""

    def effect(table: pd.DataFrame) -> pd.Series:
        rows = where(table, metric="relative_shift", model="lstm", layers=1, masking=masking)
        rows = rows[(rows.layout.astype(str) == rows.padding.astype(str)) & (rows.data.astype(str) != "first_token")]
        return rows.groupby("seed").value.mean()

    return effect


def left_by_zero_vector(table: pd.DataFrame) -> pd.Series:
    """What holding the fill vector at zero leaves of the shift."""
    return shift("zero_vector")(table) / shift("none")(table)


EXPERIMENT = Experiment(
    name="pad_dynamics",
    question="What does step after step of fill do to a recurrent state, and does the fill step's Jacobian foretell it?",
    design=design,
    figures=("half_lives_foretold", "forgetting_foretold", "attractors_reached", "fill_vector_at_zero", "attractor_portraits"),
    claims=(
        Claim(
            "D1", "The half-life of information under post-padding follows from the Jacobian of the fill step at its attractor",
            OURS,
            (
                Above("rank correlation, half-life of distances", rank_correlation("distance"), "rank correlation", 0.7),
                Above("rank correlation, half-life of a linear probe", rank_correlation("probe"), "rank correlation", 0.7),
                Within("measured over predicted, distances", doublings("distance"), "doublings", 1),
                Within("measured over predicted, linear probe", doublings("probe"), "doublings", 1),
            ),
            "half_lives_foretold",
        ),
        Claim(
            "D2", "Training with padding makes the fill step hold several attractors, training without leaves one", OURS,
            (
                Above("trained with fill: several attractors", share_with_several("none"), "share of networks", 0.5),
                Below("trained without: several attractors", share_with_several("unpadded"), "share of networks", 0.5),
            ),
            "attractors_reached",
        ),
        Claim(
            "D3", "Holding the fill vector at zero is not enough to keep the fill out", OURS,
            (
                Above("shift by 32 fill steps, fill vector at zero", shift("zero_vector"), "share of its norm", 0.01),
                Above("left of the shift without a mask", left_by_zero_vector, "share of that shift", 0.1),
            ),
            "fill_vector_at_zero",
        ),
    ),
)  # fmt: skip
