"""How much fill passes through what follows the LSTM, and do attention or tuning keep it out?"""

import pandas as pd

from padleak.study import (
    Above,
    Below,
    Claim,
    Design,
    Experiment,
    Profile,
    factorial,
    least_loss,
    on_own_side,
    on_real_data,
    per_seed,
    where,
)
from padleak.study.trials.probe import Probe, probe_grid
from padleak.study.trials.sequence import SequenceCell

READOUTS = ["last", "stacked", "mean", "max", "attention", "flatten"]
TASKS = ["keyword", "majority", "order", "first_token"]
UNITS, RATES = [16, 32, 64], [0.001, 0.003, 0.01]
"""The search: every pair; the middle one is the default."""

AFTER = 32
LEAST = 0.01
"""Share of the norm: what moves less counts as kept out."""


def design(profile: Profile) -> Design:
    """Every read-out on text, with a mask and without, and on four tasks; three networks under mean pooling; a search."""
    counts = profile.pick(smoke=(1, 32), standard=(1, 4, 16, 32, 64), paper=(1, 2, 4, 8, 16, 32, 64, 128))
    moved = tuple(Probe(side, reference="trained") for side in ("pre", "post"))
    text, sides = profile.sources("docstrings"), ["pre", "post"]
    common = {"length": 24, "probes": (*probe_grid(counts, layouts=()), *moved)} | profile.settings
    tasks = profile.pick(smoke=TASKS[:1], standard=TASKS, paper=TASKS)
    units, rates = profile.pick(smoke=UNITS[:2], standard=UNITS, paper=UNITS), profile.pick(RATES[1:], RATES, RATES)
    return (
        factorial(
            SequenceCell,
            data=text,
            readout=READOUTS,
            masking=["none", "embedding", "masking_layer"],
            padding=sides,
            **common,
        )
        + factorial(SequenceCell, data=tasks, readout=READOUTS, masking="none", padding="post", **common)
        + factorial(
            SequenceCell,
            data=text,
            model=["mlp", "transformer"],
            readout="mean",
            masking="none",
            padding=sides,
            **common,
        )
        + factorial(SequenceCell, data=text, masking="none", units=units, learning_rate=rates, padding=sides, **common)
    )


def text_lstm(table: pd.DataFrame) -> pd.DataFrame:
    """LSTMs on the main data without a mask, fill where training had it."""
    return on_own_side(on_real_data(where(table, model="lstm", masking="none")))


def default(table: pd.DataFrame, readout: str) -> pd.Series:
    """Shift of what the head sees, by seed, at the default settings."""
    rows = where(text_lstm(table), readout=readout, units=UNITS[1], learning_rate=RATES[1], count=AFTER)
    return per_seed(rows, "relative_shift", "summary")


def tuned(table: pd.DataFrame) -> pd.Series:
    """The same of the best of the search, chosen for its loss, whatever it leaks."""
    best = least_loss(where(text_lstm(table), readout="last"))
    return per_seed(where(best, count=AFTER), "relative_shift", "summary")


def mean_pooled(model: str):
    """Shift of the mean over steps, without a mask."""

    def effect(table: pd.DataFrame) -> pd.Series:
        rows = where(table, model=model, readout="mean", masking="none", count=AFTER)
        return per_seed(on_own_side(on_real_data(rows)), "relative_shift", "summary")

    return effect


EXPERIMENT = Experiment(
    name="readouts",
    question="How much fill passes through what follows the LSTM, and do attention or tuning keep it out?",
    design=design,
    figures=("leakage_by_readout", "leakage_over_tasks", "tuning_and_attention"),
    claims=(
        Claim(
            "L8", "Tuned hyper-parameters and attention minimise the effect and do not erase it", "LSTM article (2025)",
            (
                Above(
                    "attention, no mask: shift after 32 fill steps", lambda table: default(table, "attention"),
                    "share of its norm", LEAST,
                ),
                Below(
                    "attention minus last state", lambda table: default(table, "attention") - default(table, "last"),
                    "share of its norm",
                ),
                Above("best of the search by validation loss: shift", tuned, "share of its norm", LEAST),
                Below("the same minus default", lambda table: tuned(table) - default(table, "last"), "share of its norm"),
            ),
            "tuning_and_attention",
        ),
        Claim(
            "P5", "Mean pooling without a mask leaks", "sentence-transformers#230",
            (
                Above("LSTM: shift of the mean after 32 fill steps", mean_pooled("lstm"), "share of its norm", 0.05),
                Above("mean of the embedded steps, then Dense", mean_pooled("mlp"), "share of its norm", 0.05),
                Above("Transformer", mean_pooled("transformer"), "share of its norm", 0.05),
            ),
            "leakage_by_readout",
        ),
    ),
)  # fmt: skip
