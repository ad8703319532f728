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


_OUT_OF_THE_WAY = (
    "Put the fill out of the way before: zeros for what sums, values far below for what takes the largest; or choose a "
    "layer that takes a mask. A layer of your own gets it by call(self, x, mask=None)."
)
_FAR_BELOW = "Set fill far below everything else first: where(mask[..., None], x, -1e4)."
_BY_ARITHMETIC = {
    "Mean": "Divide by the number of real steps, not by all: with m = cast(mask, x.dtype)[..., None] the mean is "
    "sum(x * m, axis=1) / sum(m, axis=1); or use GlobalAveragePooling1D, which takes a mask.",
    "Sum": "Multiply by the mask first: sum(x * cast(mask, x.dtype)[..., None], axis=1).",
    "Max": _FAR_BELOW,
    "GlobalMaxPooling1D": _FAR_BELOW,
    "MaxPooling1D": _FAR_BELOW,
    "Softmax": "Set the scores of fill far below the others first: softmax(where(mask, scores, -1e4)), with the mask in "
    "the shape of the scores.",
    "Conv1D": "Multiply the input by the mask first: then fill is zero, as what lies outside the sequence is.",
    "Flatten": "Flatten puts every step in a place of its own: pool over time with the mask (GlobalAveragePooling1D), or take "
    "the last state.",
}
"""How to keep the fill out of what takes no mask, by class of layer or operation."""

CURES = {
    "NO_MASK": Cure(
        "No mask was made on the way to {kind}, so it takes fill for real steps.",
        "Make one where the data come in: Embedding(..., mask_zero=True) for ids (0 is then no word), Masking(mask_value) "
        "for features, or hand a mask over: layer(x, mask=mask).",
    ),
    "MASK_WRONG": Cure(
        "The mask that {kind} gives is not that of the fill.",
        "Make the mask from the data themselves, before anything changes them or their order.",
        {
            "Masking": "Masking compares with mask_value exactly: fill with that, or set it to what fill holds. Behind an "
            "Embedding it sees vectors that are not zero: leave it out, and set Embedding(mask_zero=True). Before a scaling or "
            "a rounding: mask what the data hold, not what they become.",
            "Embedding": "mask_zero=True masks id 0 and nothing else: fill with 0, and let no word have it.",
        },
    ),
    "MASK_SHAPE": Cure(
        "The mask that {kind} gives is not one of rows and steps, so what follows drops it.",
        "Give a mask (row, time) that fits what goes out; a layer that changes the steps says how in compute_mask.",
        {
            "Masking": "Masking takes features (row, time, feature); of ids (row, time) it makes one answer a row. Leave it "
            "out, and set Embedding(mask_zero=True).",
        },
    ),
    "MASK_LOST": Cure(
        "{kind} gets the mask and hands none on, so what follows takes fill for real steps.",
        "Hand the mask on yourself: mask = layer.compute_mask(x), then next_layer(y, mask=mask); or set supports_masking = "
        "True in the constructor of a layer of your own that keeps time as it is.",
        {
            "Lambda": "Lambda(function, mask=lambda inputs, mask: mask) keeps the mask.",
            "Conv1D": "A convolution takes no mask: multiply its input by the mask first, and hand the mask on by hand; where "
            "GlobalMaxPooling1D follows, which takes none either, set fill to -1e4 before it.",
            "MultiHeadAttention": "It hands on a mask attached to its query, not one that it gets: next_layer(y, mask=mask).",
        },
    ),
    "MASK_DELETED": Cure(
        "{kind} takes the mask off its own inputs, so what uses them afterwards (a residual sum) has none.",
        "Hand the mask on explicitly: attention(x, x, attention_mask=mask[:, None, :]) and next_layer(y, mask=mask), or "
        "normalise before the attention (pre-norm), so that the residual branch is another tensor. Add with layers.Add(): "
        "a sum by + hands no mask on.",
    ),
    "MASK_LOST_IN_CODE": Cure(
        "Code in {kind} that is no layer (arithmetic, slicing, ops) makes new tensors without the mask.",
        "Take the mask before (mask = self.embedding.compute_mask(ids)), and hand it to the layers that follow: "
        "layer(y, mask=mask).",
    ),
    "MASK_NOT_REPEATED": Cure(
        "{kind} makes steps out of one vector, and no mask for them.",
        "Hand on the mask of the sequence that they stand for: decoder(repeated, mask=mask).",
    ),
    "MASK_IGNORED": Cure(
        "{kind} gets the right mask and takes no notice of it.",
        _OUT_OF_THE_WAY,
        _BY_ARITHMETIC
        | {
            "BatchNormalization": "Use LayerNormalization, or hand the mask over: BatchNormalization takes mask=.",
            "MultiHeadAttention": "It replaces an explicit query_mask by what is attached to its query, and query_mask hides "
            "no key: attention(x, x, attention_mask=mask[:, None, :]), and next_layer(y, mask=mask).",
        },
    ),
    "MASK_NOT_PASSED": Cure(
        "{kind} takes a mask and its input has one, but Keras does not hand it over beside other tensors (an initial state).",
        "Hand it over yourself: layer(x, initial_state=state, mask=embedding.compute_mask(ids)).",
    ),
    "TAKES_NO_MASK": Cure(
        "{kind} mixes steps, and takes no mask.",
        _OUT_OF_THE_WAY,
        _BY_ARITHMETIC,
    ),
    "LEAK_IN_CODE": Cure(
        "Code of {kind} that is no layer mixes fill into real steps.",
        "Hand it the mask, and put the fill out of the way before it mixes steps; of a layer that takes no mask, fill shorter "
        "or not at all: batches of equal length.",
    ),
    "POSITIONS_SHIFT": Cure(
        "{kind} counts positions from the start of the row, so fill in front moves every step.",
        "Fill at the end, or hand over positions that start at the first real step: cumsum(mask) - 1.",
    ),
    "STEP_READ_BY_PLACE": Cure(
        "{kind} takes the first or the last step of the row, which is fill where there is fill.",
        "Take the last real step: last = argmax(cumsum(mask, axis=1), axis=1), take_along_axis(x, last[:, None, None], 1); or "
        "let a recurrent layer give its last state (return_sequences=False). A first step that stands for the whole wants fill "
        "at the end.",
    ),
    "ROWS_MIXED": Cure(
        "What {kind} gives for a row hangs on the rows beside it.",
        "Let every row be worked out by itself: no statistics over axis 0, no length or mask of one row used for all.",
    ),
    "REAL_STEP_HIDDEN": Cure(
        "The mask that {kind} gives calls real steps fill.",
        "Let no real step hold what fill holds.",
        {
            "Embedding": "mask_zero=True hides id 0: let no word have it (shift ids by one, and make input_dim one larger).",
            "Masking": "Choose a mask_value that no real step can hold (-1e9, say), and fill with it; pad_sequences needs "
            "dtype='float32', or it cuts numbers to whole ones.",
        },
    ),
    "FILL_IN_BATCH_STATISTICS": Cure(
        "In training {kind} takes fill into the means and variances of its batches.",
        "Hand the mask over, batch_norm(x, mask=mask), or use LayerNormalization.",
    ),
    "FILL_IN_GRADIENTS": Cure(
        "Fill does not change the outputs, but it changes the gradient of the weights of {kind}.",
        "Make what is masked away harmless before the function, not after it: sqrt(where(mask, x, 1)), not "
        "where(mask, sqrt(x), 0).",
    ),
    "EMPTY_ROW": Cure(
        "Of a row that is all fill {kind} makes what is no number.",
        "Leave empty rows out, or divide by at least one: sum(x * mask) / maximum(sum(mask), 1); a softmax over nothing has no "
        "answer.",
    ),
    "LOSS_COUNTS_FILL": Cure(
        "Labels at fill steps change the loss: no mask reaches it.",
        "Keep the mask up to the output, and let a loss of your own give one number a step, (row, time), so that Keras can "
        "mask it; or weigh the steps: compile(weighted_metrics=[]), fit(x, y, sample_weight=mask).",
    ),
    "METRIC_COUNTS_FILL": Cure(
        "Labels at fill steps change {what}.",
        "Precision, Recall, AUC, RootMeanSquaredError and their like take weights and no mask: "
        "compile(weighted_metrics=[...]), fit(x, y, sample_weight=mask). Others need the mask to reach the output.",
    ),
    "LOSS_THINNED_BY_FILL": Cure(
        "Steps that weigh nothing still count in the mean that the loss takes, so fill makes loss and gradients smaller.",
        "Divide by the weights: compile(loss=SparseCategoricalCrossentropy(reduction='mean_with_sample_weight')), and of "
        "others likewise.",
    ),
    "SAVED_OTHERWISE": Cure(
        "Saved and loaded, the model gives other answers: {kind} does not keep what makes it mask.",
        "Set supports_masking in the layer's constructor, not on the layer; keep what is given to the constructor in "
        "get_config.",
    ),
    "CUDNN_NEEDS_RIGHT_PADDING": Cure(
        "On a GPU TensorFlow would run {kind} on cuDNN, which takes no mask with {what}.",
        "Fill at the end: pad_sequences(..., padding='post'), and leave empty rows out; or LSTM(..., use_cudnn=False).",
    ),
    "LEAK_UNEXPLAINED": Cure(
        "Fill changes the outputs, and no single layer could be found that lets it in.",
        "Look at the table of layers, where there is one, for the first that leaks; code between layers cannot be watched: "
        "hand it the mask.",
    ),
}
"""By code."""


def cure_for(code: str, kind: str, needs_mask: str = "") -> str:
    """How to mend it, for a class of layer; `needs_mask` is the name of the layer that the mask should have reached."""
    found = CURES[code]
    cure = found.by_kind.get(kind, found.cure)
    return cure.replace("next_layer", needs_mask) if needs_mask else cure
