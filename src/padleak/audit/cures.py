"""What can go wrong, in words, and how to mend it."""

from dataclasses import dataclass, field


@dataclass(frozen=True)
class Cure:
    """What is said of a way in which fill gets through, and what is done about it.

    Attributes:
        message: One sentence, with `{kind}` (the class of the layer) and `{what}` to be filled in.
        cure: What to write instead.
        by_kind: The same for single classes of layers.
    """

    message: str
    cure: str
    by_kind: dict[str, str] = field(default_factory=dict)


CURES = {
    "NO_MASK": Cure(
        "No mask was made on the way to {kind}, so it takes fill for real steps.",
        "Make one where the data come in: Embedding(..., mask_zero=True) for ids (0 is then no word), Masking(mask_value) for "
        "features, or hand a mask over: layer(x, mask=mask).",
    ),
    "MASK_WRONG": Cure(
        "The mask that {kind} gives is not that of the fill.",
        "Make the mask from the data themselves, before anything changes them.",
        {
            "Masking": "Masking compares with mask_value exactly. Behind an Embedding it sees vectors that are not zero: "
            "leave it out, "
            "and set Embedding(mask_zero=True). Before a scaling or a rounding: mask what the data hold, not what they become.",
            "Embedding": "mask_zero=True masks id 0 and nothing else: fill with 0, and let no word have it.",
        },
    ),
    "MASK_LOST": Cure(
        "{kind} gets the mask and hands none on, so what follows takes fill for real steps.",
        "Hand the mask on yourself: mask = layer.compute_mask(x), then next_layer(y, mask=mask); or set supports_masking = "
        "True "
        "in a layer of your own that keeps time as it is.",
        {
            "Lambda": "Lambda(function, mask=lambda inputs, mask: mask) keeps the mask.",
            "Conv1D": "A convolution has no use for a mask: multiply its input by the mask first, and hand the mask on by "
            "hand.",
        },
    ),
    "MASK_DELETED": Cure(
        "{kind} takes the mask off its own inputs, so what uses them afterwards (a residual sum) has none.",
        "Hand the mask on explicitly: attention(x, x, attention_mask=mask[:, None, :]) and next_layer(y, mask=mask), or "
        "normalise "
        "before the attention (pre-norm), so that the residual branch is another tensor.",
    ),
    "MASK_LOST_IN_CODE": Cure(
        "Code in {kind} that is no layer (arithmetic, slicing, ops) makes new tensors without the mask.",
        "Take the mask before (mask = self.embedding.compute_mask(ids)), and hand it to the layers that follow: layer(y, "
        "mask=mask).",
    ),
    "MASK_IGNORED": Cure(
        "{kind} gets the right mask and takes no notice of it.",
        "Put the fill out of the way before: multiply by the mask, or choose a layer that takes one.",
        {
            "Flatten": "Flatten puts every step in a place of its own: pool over time with the mask (GlobalAveragePooling1D), "
            "or take "
            "the last state.",
            "GlobalMaxPooling1D": "Set fill to a large negative number first: x + (1 - mask[..., None]) * -1e9.",
            "Conv1D": "Multiply the input by the mask first: then fill is zero, as what lies outside the sequence is.",
            "BatchNormalization": "Use LayerNormalization, or hand the mask over: BatchNormalization takes mask=.",
        },
    ),
    "LEAK_IN_CODE": Cure(
        "Code of {kind} that is no layer mixes fill into real steps.",
        "Hand it the mask, and put the fill out of the way before it mixes steps; of a layer that takes no mask, fill shorter "
        "or not "
        "at all: batches of equal length.",
    ),
    "POSITIONS_SHIFT": Cure(
        "{kind} counts positions from the start of the row, so fill in front moves every step.",
        "Fill at the end, or hand over positions that start at the first real step: cumsum(mask) - 1.",
    ),
    "REAL_STEP_HIDDEN": Cure(
        "The mask that {kind} gives calls real steps fill.",
        "Let no word have the id of fill, and no real step the mask value: shift ids by one, or choose a value that cannot "
        "occur.",
    ),
    "FILL_IN_BATCH_STATISTICS": Cure(
        "In training {kind} takes fill into the means and variances of its batches.",
        "Hand the mask over, batch_norm(x, mask=mask), or use LayerNormalization.",
    ),
    "EMPTY_ROW": Cure(
        "Of a row that is all fill {kind} makes what is no number.",
        "Leave empty rows out, or give them one step; a softmax over nothing has no answer.",
    ),
    "LOSS_COUNTS_FILL": Cure(
        "Labels at fill steps change the loss: no mask reaches it.",
        "Keep the mask up to the output, or weigh the steps: fit(x, y, sample_weight=mask).",
    ),
    "METRIC_COUNTS_FILL": Cure(
        "Labels at fill steps change {what}.",
        "Keep the mask up to the output, or name the metrics in compile(weighted_metrics=[...]) and weigh the steps.",
    ),
    "LEAK_UNEXPLAINED": Cure(
        "Fill changes the outputs, and no single layer could be found that lets it in.",
        "Look at the table of layers for the first that leaks; code between layers cannot be watched.",
    ),
}
"""By code."""


def cure_for(code: str, kind: str) -> str:
    """How to mend it, for a class of layer."""
    found = CURES[code]
    return found.by_kind.get(kind, found.cure)
