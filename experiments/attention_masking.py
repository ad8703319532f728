"""Where does a mask work in a Transformer, does it last through the blocks, and what do positions make of fill in front?

Blocks normalise before attention or after the sum, the mask is Keras's own or an explicit one, it works before the softmax or
after it, and positions are learned, counted from the first real step, sinusoidal, rotary or none.
"""

import pandas as pd

from padleak.study import (
    THREAD,
    Above,
    AtMost,
    Claim,
    Design,
    Experiment,
    Profile,
    factorial,
    per_seed,
    where,
    with_fresh_seeds,
)
from padleak.study.trials.blockwise import BlockwiseCell
from padleak.study.trials.probe import Probe
from padleak.study.trials.sequence import SequenceCell

FILL = 32
ROUNDING = 1e-4
"""Shares up to it are what batches of another shape do by rounding."""
BLOCKS = ["transformer", "transformer_post_norm"]
SCORES = ["transformer_zeroed", "transformer_renormalised"]
POSITIONS = ["transformer_learned", "transformer_counted", "transformer_sinusoidal", "transformer_rotary"]


def design(profile: Profile) -> Design:
    """Depths and norms under Keras's mask, an explicit one and none; then where it works, positions, and the first step."""
    common = {
        "data": profile.sources("docstrings"), "length": 32, "readout": "mean",
        "probes": (Probe("pre", 1), Probe("pre", FILL), Probe("post", 1), Probe("post", FILL)),
    } | profile.settings  # fmt: skip
    depths = profile.pick(smoke=[2], standard=[1, 2, 4], paper=[1, 2, 3, 4])
    # With five seeds, P7 was open: see `with_fresh_seeds`.
    more_seeds = list(range(profile.pick(profile.seeds, 3 * profile.seeds, profile.seeds)))
    sides = ["pre", "post"]
    networks = (
        factorial(SequenceCell, model=BLOCKS, layers=depths, masking=["embedding", "explicit"], **common)
        + factorial(SequenceCell, model=BLOCKS, layers=2, masking="embedding", **common | {"seed": more_seeds})
        + factorial(SequenceCell, model=BLOCKS, layers=2, masking="none", **common)
        + factorial(SequenceCell, model=SCORES, layers=2, masking="explicit", **common)
        + factorial(SequenceCell, model=POSITIONS, layers=2, masking="explicit", padding=sides, **common)
        + factorial(SequenceCell, model="transformer", layers=2, masking="explicit", padding=sides,
                    **common | {"readout": "first"})
    )  # fmt: skip
    return Design(BlockwiseCell.of(networks.cells), networks.skipped)


def shift(model: str, masking: str):
    """Shift of what the head of two blocks sees under fill at the end, as in training; one number a seed."""

    def effect(table: pd.DataFrame) -> pd.Series:
        rows = where(
            table, model=model, masking=masking, layers=2, probe=f"post+{FILL}", padding="post", readout="mean"
        )
        return per_seed(with_fresh_seeds(rows), "relative_shift", "summary")

    return effect


def largest_by_cell(metric: str, layer: str | None = None, **settings: object):
    """The largest of a metric by cell, over all probes by pad count."""

    def effect(table: pd.DataFrame) -> pd.Series:
        rows = where(table[table["count"].notna()], metric=metric, readout="mean", **settings)
        rows = rows[rows.layer.astype(str).str.startswith("block")] if layer is None else where(rows, layer=layer)
        return rows.groupby("cell", observed=True).value.max()

    return effect


def at_fill(table: pd.DataFrame) -> pd.Series:
    """Length of what blocks give at fill, under an explicit mask: mean over depths, norms and blocks, one number a seed."""
    rows = where(table, metric="fill_norm", model=BLOCKS, masking="explicit", readout="mean")
    return rows.groupby("seed").value.mean()


def moved_by_one_step(model: str):
    """Total variation of the prediction under one fill step in front, trained with fill at the end."""

    def effect(table: pd.DataFrame) -> pd.Series:
        return per_seed(where(table, model=model, padding="post", probe="pre+1"), "total_variation")

    return effect


SHARE = "share of its norm"

EXPERIMENT = Experiment(
    name="attention_masking",
    question="Where does a mask work in a Transformer, does it last through the blocks, and what do positions make of fill?",
    design=design,
    figures=("leak_by_block", "where_the_mask_works", "positions_under_fill"),
    claims=(
        Claim(
            "M6", "Scores are masked before the softmax; fill positions then hold values, and it does not matter", THREAD,
            (
                Above("what blocks give at fill, explicit mask", at_fill, "share of a real step's length", 0.01),
                AtMost("largest move of real steps by any block, either norm",
                       largest_by_cell("leak", model=BLOCKS, masking="explicit"), SHARE, ROUNDING),
            ),
            "leak_by_block",
        ),
        Claim(
            "M7", "Setting attention weights to zero after the softmax is not the same as masking before it", THREAD,
            (
                Above("shift by 32 fill steps, weights set to zero after the softmax", shift("transformer_zeroed", "explicit"),
                      SHARE, 0.01),
                AtMost("largest shift, masked before it",
                       largest_by_cell("relative_shift", "summary", model="transformer", masking="explicit"), SHARE, ROUNDING),
            ),
            "where_the_mask_works",
        ),
        Claim(
            "P6", "Fill in front shifts absolute positions; positions counted from the first real step undo it", "nnsight#672",
            (
                Above("one fill step in front, learned positions", moved_by_one_step("transformer_learned"),
                      "total variation", 0.01),
                AtMost("largest, positions counted from the first real step",
                       largest_by_cell("total_variation", "prediction", model="transformer_counted"), "total variation",
                       ROUNDING),
            ),
            "positions_under_fill",
        ),
        Claim(
            "P7", "A post-norm Transformer of two blocks on mask_zero leaks in Keras; a pre-norm one does not", "keras#20455",
            (
                Above("post-norm, two blocks", shift("transformer_post_norm", "embedding"), SHARE, 0.01),
                AtMost("largest, pre-norm", largest_by_cell("relative_shift", "summary", model="transformer",
                                                            masking="embedding"), SHARE, ROUNDING),
            ),
            "leak_by_block",
        ),
    ),
)  # fmt: skip
