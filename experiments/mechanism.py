"""What does masking do inside a network, layer by layer?

Every kind of layer that people put behind a padded input gets zeros as fill: what comes out there, does it reach real steps,
does the mask go on, and do weights become zero?
"""

import numpy as np
import pandas as pd

from padleak.study import (
    THREAD,
    Above,
    AtMost,
    Claim,
    Design,
    Experiment,
    Profile,
    Within,
    factorial,
    per_seed,
    where,
    with_fresh_seeds,
)
from padleak.study.trials.mechanism import MechanismCell

NOTHING = 1e-6
"""Lengths up to it are rounding."""


def design(profile: Profile) -> Design:
    """All blocks with a mask and without, on TensorFlow; on JAX with fewer seeds, and none in smoke."""
    sizes = profile.pick(smoke={"rows": 64, "epochs": 1}, standard={}, paper={"rows": 4096})
    # With five seeds, M2 to M4 were open: see `with_fresh_seeds`.
    seeds = list(range(profile.pick(profile.seeds, 3 * profile.seeds, profile.seeds)))
    twins, few = profile.pick(([], 0), ([False, True], 2), ([False, True], 5))
    return factorial(MechanismCell, masked=[False, True], seed=seeds, **sizes) + factorial(
        MechanismCell, masked=twins, on="jax", seed=seeds[:few], **sizes
    )


def at_fill(block: str, stage: str, masked: bool = False, metric: str = "fill_norm"):
    """A number of a block, one a seed, both sides of fill alike, on TensorFlow."""

    def effect(table: pd.DataFrame) -> pd.Series:
        rows = where(table, on="tensorflow", masked=masked, probe=stage)
        return per_seed(with_fresh_seeds(rows), metric, block)

    return effect


def largest(metric: str, masked: bool):
    """The largest of a metric over all blocks and both sides after training, by cell."""

    def effect(table: pd.DataFrame) -> pd.Series:
        rows = where(table, metric=metric, probe="trained", masked=masked)
        return rows.groupby("cell", observed=True).value.max()

    return effect


def before_training(block: str):
    """Largest length at fill at initialisation, by cell."""

    def effect(table: pd.DataFrame) -> pd.Series:
        rows = where(table, metric="fill_norm", probe="initial", layer=block)
        return rows.groupby("cell", observed=True).value.max()

    return effect


def twins(table: pd.DataFrame) -> pd.Series:
    """How many times the length of the weights doubles with a mask, mean over blocks."""
    rows = where(table, on="tensorflow", metric="weights_norm", probe="trained")
    lengths = rows.pivot_table(index=["seed", "layer"], columns="masked", values="value", observed=True)
    return np.log2(lengths[True] / lengths[False]).groupby("seed").mean()


def statistics(masked: bool):
    """What fill does to the moving statistics of one step, in their move."""
    return at_fill("BatchNormalization", "trained", masked, "statistics_shift")


SHARE = "share of a real step's length"

EXPERIMENT = Experiment(
    name="mechanism",
    question="What does masking do inside a network, layer by layer: what becomes of zeros, and do weights vanish?",
    design=design,
    figures=("layers_and_fill", "weights_of_twins", "gradients_at_fill"),
    claims=(
        Claim(
            "M1", "Masking does not force weights to zero", THREAD,
            (
                AtMost("weights of any layer that are exactly zero after training, with a mask", largest("zero_weights", True),
                       "share", 1e-3),
                AtMost("the same without a mask", largest("zero_weights", False), "share", 1e-3),
                Within("length of all weights with a mask, against the twin without", twins, "doublings", 0.25),
            ),
            "weights_of_twins",
        ),
        Claim(
            "M2", "Zero inputs do not stay zero: a Dense layer's bias makes them something", THREAD,
            (
                Above("Dense at fill after training", at_fill("Dense", "trained"), SHARE, 1e-3),
                Above("the same with a mask", at_fill("Dense", "trained", True), SHARE, 1e-3),
                AtMost("Dense at fill at initialisation, when its bias is zero", before_training("Dense"), SHARE, NOTHING),
            ),
            "layers_and_fill",
        ),
        Claim(
            "M3", "Batch normalisation makes zeros something, and takes them into its statistics", THREAD,
            (
                Above("at fill after training", at_fill("BatchNormalization", "trained"), SHARE, 1e-3),
                AtMost("at fill at initialisation", before_training("BatchNormalization"), SHARE, NOTHING),
                Above("moving statistics after a step with fill, no mask", statistics(False), "times their move", 0.1),
                AtMost("the same with a mask", largest("statistics_shift", True), "times their move", 1e-3),
            ),
            "layers_and_fill",
        ),
        Claim(
            "M4", "Layer normalisation's learned bias makes zeros something", THREAD,
            (
                Above("at fill after training", at_fill("LayerNormalization", "trained"), SHARE, 1e-3),
                AtMost("at fill at initialisation", before_training("LayerNormalization"), SHARE, NOTHING),
            ),
            "layers_and_fill",
        ),
        Claim(
            "M5", "Masking forces inputs and intermediate states to zero", THREAD,
            (AtMost("largest at masked steps of any layer", largest("fill_norm", True), SHARE, 1e-3),),
            "layers_and_fill",
        ),
    ),
)  # fmt: skip
