"""What does padding do to an LSTM, and which way of masking undoes it?

The same sequences go through the same trained weights with and without fill, for every masking, either side and several
padded lengths.
"""

import pandas as pd

from padleak.study import (
    Above,
    AtMost,
    Below,
    Claim,
    Design,
    Experiment,
    Profile,
    factorial,
    on_own_side,
    on_real_data,
    per_seed,
    where,
)
from padleak.study.trials.sequence import SequenceCell, probe_grid

SIDES = ["pre", "post"]
TOKEN_MASKINGS = [
    "none", "embedding", "masking_layer", "embedding_then_masking", "explicit", "zero_states", "zero_vector", "loss_only",
]  # fmt: skip

EXACT = 8 * 2**-23
"""Eight roundings of a 32-bit float: two ways to compute one number of size 1 may differ by that much and no more."""


def design(profile: Profile) -> Design:
    """Every masking on text; the rest of the cells answer one claim each."""
    lengths = profile.pick(smoke=[24], standard=[24, 64], paper=[24, 48, 96, 160])
    text = profile.sources("docstrings")
    counts = profile.pick(smoke=(1, 32, 64), standard=(1, 4, 16, 32, 64), paper=(1, 2, 4, 8, 16, 32, 64, 128))
    common = profile.settings | {"padding": SIDES, "probes": probe_grid(counts)}
    return (
        factorial(SequenceCell, data=text, masking=TOKEN_MASKINGS, length=lengths, **common)
        # The oracle and the control have no use for a second length.
        + factorial(SequenceCell, data=text, masking="unpadded", length=lengths[-1], **common)
        + factorial(SequenceCell, data=text, masking="none", model="mlp", readout="mean", length=lengths[-1], **common)
        + factorial(
            SequenceCell, data=text, masking=["none", "embedding", "loss_only"], readout="every", length=24, **common
        )
        + factorial(SequenceCell, data="frequency", masking=["none", "masking_layer", "explicit"], length=48, **common)
        + factorial(SequenceCell, data="first_token", masking=["none", "embedding"], length=48, **common)
        # Deeper and both ways: is the mask still exact?
        + factorial(SequenceCell, data=text, masking="embedding", layers=2, length=24, **common)
        + factorial(SequenceCell, data=text, masking="embedding", bidirectional=True, length=24, **common)
        # The first word on the fill id.
        + factorial(
            SequenceCell, data=["keyword", *text], masking="embedding", collides=[False, True], length=24, **common
        )
    )


def text_lstm(table: pd.DataFrame, masking: str, **values: object) -> pd.DataFrame:
    """The plain LSTM on the profile's main data."""
    chosen = where(table, model="lstm", masking=masking, readout="last", layers=1, bidirectional=False, collides=False)
    return where(on_real_data(chosen), **values)


def shift_after_32(table: pd.DataFrame, metric: str = "relative_shift") -> pd.Series:
    """Shift of the state that the head sees after 32 fill steps where training had them, without a mask."""
    return per_seed(on_own_side(text_lstm(table, "none", count=32)), metric, "summary")


def beyond_mean_pooling(side: str):
    """The same, minus that of mean pooling."""

    def effect(table: pd.DataFrame) -> pd.Series:
        control = where(table, model="mlp", masking="none", padding=side, layout=side, count=32)
        lstm = text_lstm(table, "none", padding=side, layout=side, count=32, length=list(control.length.unique()))
        return per_seed(lstm, "relative_shift", "summary") - per_seed(control, "relative_shift", "summary")

    return effect


def smallest_shift_after_one(table: pd.DataFrame) -> pd.Series:
    """The least that a single fill step does, over sides and lengths."""
    rows = where(on_own_side(text_lstm(table, "none", count=1)), metric="relative_shift", layer="summary")
    return rows.groupby("seed").value.min()


def hidden_share(table: pd.DataFrame) -> pd.Series:
    """Share of fill steps that the LSTM is told of."""
    return 1 - per_seed(text_lstm(table, "embedding_then_masking"), "fill_taken_for_real", "encoder")


def largest_with_masking_after(table: pd.DataFrame) -> pd.Series:
    """Largest shift of any unit under `embedding_then_masking`, by cell."""
    rows = where(text_lstm(table, "embedding_then_masking"), metric="largest_shift", layer="summary")
    return rows.groupby("cell", observed=True).value.max()


def largest_with_correct_mask(table: pd.DataFrame) -> pd.Series:
    """Largest shift of any state or output of any correctly masked LSTM, by cell.

    `stretched` fill repeats real steps, so only a mask that does not look at the values can be correct there.
    """
    masked = where(table, model="lstm", masking=["embedding", "masking_layer", "explicit"], collides=False)
    masked = where(masked, metric=["largest_shift", "largest_prediction_shift"], reference="unpadded")
    masked = masked[(masked.layout != "stretched") | (masked.masking == "explicit")]
    return masked.groupby("cell", observed=True).value.max()


def collision_cost(data: str):
    """Accuracy with the first word on the fill id, minus accuracy with an id of its own."""

    def effect(table: pd.DataFrame) -> pd.Series:
        chosen = where(
            table, model="lstm", masking="embedding", readout="last", layers=1, bidirectional=False, length=24
        )
        chosen = where(chosen, data="keyword") if data == "keyword" else on_real_data(chosen)
        chosen = on_own_side(chosen[chosen["count"].isna()])
        collided, own = (per_seed(where(chosen, collides=c), "accuracy") for c in (True, False))
        return collided - own

    return effect


def separation_after_64(side: str):
    """How far apart two texts still are after 64 fill steps, for a network that never saw fill in training."""
    return lambda table: per_seed(text_lstm(table, "unpadded", layout=side, count=64), "separation", "summary")


EXPERIMENT = Experiment(
    name="core_grid",
    question="What does padding do to an LSTM, and which way of masking undoes it?",
    design=design,
    figures=(
        "leakage_by_pad_count", "state_distributions", "accuracy_by_masking", "masks_that_arrive", "texts_forgotten",
        "first_word_on_the_fill_id", "exactness",
    ),
    claims=(
        Claim(
            "L2", "LSTMs reduce the impact of zero-padding and do not eliminate it", "LSTM article (2025)",
            (
                Above("shift after 32 fill steps, no mask; mean of sides, lengths", shift_after_32, "share of its norm", 0.01),
                Below("after pre-padding, minus that of mean pooling", beyond_mean_pooling("pre"), "share of its norm"),
                Below("after post-padding, minus that of mean pooling", beyond_mean_pooling("post"), "share of its norm"),
            ),
            "leakage_by_pad_count",
        ),
        Claim(
            "L3", "The effect of padding on an LSTM is minor, but consistent and detectable", "LSTM article (2025)",
            (
                Below(
                    "shift after 32 fill steps, no mask; mean of sides, lengths",
                    lambda table: shift_after_32(table, "token_shift"), "times one exchanged word", 1,
                ),
                Above("smallest shift after a single fill step", smallest_shift_after_one, "share of its norm", 0.01),
            ),
            "leakage_by_pad_count",
        ),
        Claim(
            "L9", "Embedding(mask_zero=True) followed by Masking(0) makes the LSTM ignore padding", "LSTM article (2025)",
            (
                Above("fill steps that the LSTM is told of", hidden_share, "share of fill steps", 0.99),
                AtMost("largest shift of the last state", largest_with_masking_after, "state units", EXACT),
            ),
            "masks_that_arrive",
        ),
        Claim(
            "L10", "A vocabulary that starts at 0 is fine", "LSTM article (2025)",
            (
                Above("accuracy with the shared id less that without, where the answer hangs on it", collision_cost("keyword"),
                      "accuracy", -0.01),
                Above("the same on text", collision_cost("text"), "accuracy", -0.01),
            ),
            "first_word_on_the_fill_id",
        ),
        Claim(
            "L11", "A correct mask makes an LSTM exactly invariant to padding", "Keras documentation",
            (AtMost("largest shift of any state or output", largest_with_correct_mask, "state units", EXACT),),
            "exactness",
        ),
        Claim(
            "P4", "Unmasked post-padding makes an LSTM forget the text, pre-padding does not", "keras#20898",
            (
                Below("distance of two texts after 64 fill steps at the end", separation_after_64("post"), "share left", 0.1),
                Above("distance of two texts after 64 fill steps in front", separation_after_64("pre"), "share left", 0.5),
            ),
            "texts_forgotten",
        ),
    ),
)  # fmt: skip
