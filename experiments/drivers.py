"""Which factors drive the leakage, and is an LSTM more robust than networks without a memory?"""

import numpy as np
import pandas as pd

from padleak.study import Above, Claim, Design, Experiment, Profile, factorial, on_own_side, per_seed, where
from padleak.study.trials.sequence import Probe, SequenceCell

FACTORS = {
    "data": "sequence length",
    "count": "amount of padding",
    "layers": "layers",
    "units": "hidden units",
    "readout": "downstream layer",
}
COUNTS = (4, 16, 64)

MATCHED_UNITS = {("lstm", "last"): 32, ("mlp", "mean"): 368, ("mlp", "flatten"): 8, ("conv1d", "max"): 77}
"""Units that give each network the LSTM's 6,272 parameters between the embedding and the head, at 48 steps."""

READOUTS = ["last", "mean", "max", "attention"]


def design(profile: Profile) -> Design:
    """A full factorial of recurrent networks on `majority`, and four networks of one size on text."""
    short, long = profile.pick(smoke=(12, 24), standard=(12, 36), paper=(12, 72))
    by_side = tuple(Probe(side, count) for side in ("pre", "post") for count in COUNTS)
    moved = tuple(Probe(side, reference="trained") for side in ("pre", "post"))
    factorials = [
        factorial(
            SequenceCell,
            data=f"majority?length={length}",
            length=length * 3 // 2,
            masking="none",
            padding=["pre", "post"],
            layers=[1, 2],
            units=[8, 32],
            readout=profile.pick(smoke=["last", "mean"], standard=READOUTS, paper=READOUTS),
            probes=by_side,
            **profile.settings | {"rows": min(profile.rows, 1024), "epochs": min(profile.epochs, 4)},
        )
        for length in (short, long)
    ]
    compared = [
        factorial(
            SequenceCell,
            data=profile.sources("docstrings"),
            length=48,
            masking="none",
            padding=["pre", "post"],
            model=model,
            readout=readout,
            units=units,
            probes=(*moved, Probe("pre", 32), Probe("post", 32)),
            **profile.settings,
        )
        for (model, readout), units in MATCHED_UNITS.items()
    ]
    return sum([*factorials, *compared], Design())


def leakage_rows(table: pd.DataFrame) -> pd.DataFrame:
    """The factorial: one row a cell and pad count, `leakage` the logarithm of the relative shift of what the head sees."""
    rows = table[table.data.astype(str).str.startswith("majority?")]
    rows = on_own_side(where(rows, metric="relative_shift", layer="summary", count=list(COUNTS)))
    return rows.assign(leakage=np.log10(rows.value.clip(lower=1e-12)))


def share_of(factor: str):
    """Share of the variance of the log leakage that a factor explains, within each seed."""

    def effect(table: pd.DataFrame) -> pd.Series:
        rows = leakage_rows(table)
        total = rows.groupby("seed").leakage.var(ddof=0)
        level_means = rows.groupby("seed").apply(
            lambda seed: seed.groupby(factor, observed=True).leakage.transform("mean").var(ddof=0), include_groups=False
        )
        return level_means / total

    return effect


def versus(table: pd.DataFrame, model: str, readout: str, metric: str, **values: object) -> pd.Series:
    """One of the compared networks, trained with fill in front unless said otherwise."""
    values = {"padding": "pre"} | values
    text = table[~table.data.astype(str).str.startswith("majority?")]
    return per_seed(text, metric, model=model, readout=readout, **values)


def more_than_lstm(model: str, readout: str, **values: object):
    """Total variation of the predictions, minus that of the LSTM."""

    def effect(table: pd.DataFrame) -> pd.Series:
        control, lstm = (
            versus(table, *network, "total_variation", **values) for network in ((model, readout), ("lstm", "last"))
        )
        return control - lstm

    return effect


def accuracy_trained_post(table: pd.DataFrame) -> pd.Series:
    """Accuracy of the LSTM trained with fill at the end, minus the mean of the three controls."""
    own = on_own_side(table)
    accuracies = {
        network: versus(own, *network, "accuracy", padding="post", reference="unpadded", probe="post")
        for network in MATCHED_UNITS
    }
    lstm = accuracies.pop(("lstm", "last"))
    return lstm - sum(accuracies.values()) / len(accuracies)


EXPERIMENT = Experiment(
    name="drivers",
    question="Which factors drive the leakage, and is an LSTM more robust than networks without a memory?",
    design=design,
    figures=("drivers", "robustness_by_model"),
    claims=(
        Claim(
            "L1", "LSTMs are more robust to padding than feed-forward networks", "LSTM article (2025)",
            (
                Above(
                    "fill moved from front to end: flatten + Dense minus LSTM",
                    more_than_lstm("mlp", "flatten", layout="post", reference="trained"), "total variation",
                ),
                Above(
                    "32 more fill steps in front: mean-pool + Dense minus LSTM",
                    more_than_lstm("mlp", "mean", layout="pre", count=32), "total variation",
                ),
                Above(
                    "32 more fill steps in front: Conv1D minus LSTM",
                    more_than_lstm("conv1d", "max", layout="pre", count=32), "total variation",
                ),
                Above("trained with fill at the end: LSTM minus the three others", accuracy_trained_post, "accuracy"),
            ),
            "robustness_by_model",
        ),
        Claim(
            "L4", "The extent depends on sequence length, amount of padding, layers, hidden units and downstream layers",
            "LSTM article (2025)",
            tuple(
                Above(f"share of variance: {name}", share_of(factor), "share of variance", 0.01)
                for factor, name in FACTORS.items()
            ),
            "drivers",
        ),
    ),
)  # fmt: skip
