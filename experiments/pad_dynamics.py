"""What does step after step of fill do to the state of a recurrent network, and does its fill step foretell it?

A trained network under fill is a map of its state to itself. Its attractors, and the slowest mode at them, say how long what
was read is held.
"""

import numpy as np
import pandas as pd

from padleak.study import (
    OURS,
    Above,
    AtMost,
    Claim,
    Design,
    Experiment,
    Profile,
    Within,
    factorial,
    on_own_side,
    on_real_data,
    per_seed,
    where,
)  # fmt: skip
from padleak.study.trials.dynamics import DynamicsCell, half_lives
from padleak.study.trials.probe import Probe
from padleak.study.trials.sequence import SequenceCell


def design(profile: Profile) -> Design:
    """Three kinds of recurrent layers, one or two of them, trained with fill and without; LSTMs also under other maskings."""
    gated, text = (
        profile.pick(smoke=["lstm"], standard=["lstm", "gru"], paper=["lstm", "gru"]),
        profile.sources("docstrings"),
    )
    models = profile.pick(smoke=gated, standard=[*gated, "simple_rnn"], paper=[*gated, "simple_rnn"])
    depths = profile.pick(smoke=[1], standard=[1, 2], paper=[1, 2, 3])
    sides, trained = ["pre", "post"], ["none", "unpadded"]
    common = {"length": 24, "probes": (Probe("pre", 32), Probe("post", 32))} | profile.settings
    networks = (
        factorial(SequenceCell, data=text, model=models, layers=depths, masking=trained, **common)
        + factorial(SequenceCell, data=text, model=gated, layers=depths, units=16, masking=trained, **common)
        + factorial(SequenceCell, data=text, model=models, masking=["none", "zero_vector"], padding=sides, **common)
        + factorial(SequenceCell, data=text, masking=["embedding", "masking_layer"], padding=sides, **common)
        + factorial(SequenceCell, data="first_token", model=gated, masking=trained, **common)
    )
    return Design(DynamicsCell.of(networks.cells), networks.skipped)


def on_one_attractor(table: pd.DataFrame) -> pd.DataFrame:
    """Networks all of whose states end in one attractor: what the Jacobian there can speak of."""
    lives = half_lives(table)
    return lives[(lives.attractors == 1) & (lives.unsettled_share == 0)]


def rank_correlation(of: str):
    """Of foretold and measured half-lives over the networks of a seed with one attractor; endless ones rank last, level."""

    def effect(table: pd.DataFrame) -> pd.Series:
        lives = on_one_attractor(table).dropna(subset=[f"{of}_predicted", f"{of}_measured"])
        return lives.groupby("seed").apply(
            lambda seed: seed[f"{of}_predicted"].rank().corr(seed[f"{of}_measured"].rank()), include_groups=False
        )

    return effect


def doublings(of: str):
    """How many times the foretold half-life must be doubled to give the measured one, over networks with one attractor; endless
    ones count as the horizon."""

    def effect(table: pd.DataFrame) -> pd.Series:
        lives = on_one_attractor(table).dropna(subset=[f"{of}_predicted", f"{of}_measured"])
        return np.log2(lives[f"{of}_measured"] / lives[f"{of}_predicted"]).groupby(lives.seed).mean()

    return effect


def largest_error(table: pd.DataFrame) -> pd.Series:
    """Largest difference of any state between the map in numpy and the network, by cell."""
    return where(table, layer="map", metric="map_error").groupby("cell", observed=True).value.max()


def share_of_settled(masking: str, is_so):
    """Of the networks under which some state settles, the share whose number of attractors is so."""

    def effect(table: pd.DataFrame) -> pd.Series:
        lives = where(half_lives(table), masking=masking)
        lives = lives[lives.attractors > 0]
        return is_so(lives.attractors).groupby(lives.seed).mean()

    return effect


def shift(masking: str):
    """Shift of an LSTM's last state by 32 fill steps where training had them."""

    def effect(table: pd.DataFrame) -> pd.Series:
        rows = on_own_side(on_real_data(where(table, model="lstm", layers=1, units=32, masking=masking)))
        return per_seed(rows, "relative_shift", "summary")

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
                Above("networks with one attractor: rank correlation, distances", rank_correlation("distance"),
                      "rank correlation", 0.7),
                Above("rank correlation, linear probe", rank_correlation("probe"), "rank correlation", 0.7),
                Within("measured over foretold, distances", doublings("distance"), "doublings", 1),
                Within("measured over foretold, linear probe", doublings("probe"), "doublings", 1),
                AtMost("map in numpy against the network", largest_error, "state units", 1e-4),
            ),
            "half_lives_foretold",
        ),
        Claim(
            "D2", "Training with padding makes the fill step hold several attractors, training without leaves one", OURS,
            (
                Above("trained with fill: several attractors", share_of_settled("none", lambda count: count > 1),
                      "share of networks that settle", 0.5),
                Above("trained without: exactly one", share_of_settled("unpadded", lambda count: count == 1),
                      "share of networks that settle", 0.5),
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
