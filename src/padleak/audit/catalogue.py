"""The catalogue of traps: small models in which fill gets through, and each of them mended.

Every trap is a regression test (found, at the right layer), every cure too (clean), and `docs/traps.md` is made from them. To
add one, write a function that builds the model, mended or not, and decorate it; its docstring says why fill gets through.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from padleak.models.backend import keras

WORDS, UNITS = 50, 8


@dataclass(frozen=True)
class Trap:
    """A way in which fill gets through.

    Attributes:
        build: Builds the model, mended if asked to.
        code: Of the finding.
        layer: Name of the layer to blame.
        seen: Threads in which users met it; empty where we know of none.
        has_cure: Whether the model can be mended without other data or another kind of network.
        pad_value: What fill holds.
        cured_value: What it holds where the model is mended.
    """

    build: Callable[[bool], Any]
    code: str
    layer: str
    seen: str
    has_cure: bool
    pad_value: float
    cured_value: float

    @property
    def name(self) -> str:
        """In words."""
        return self.build.__name__.replace("_", " ")


CATALOGUE: list[Trap] = []


def trap(
    code: str, layer: str, seen: str = "", has_cure: bool = True, pad_value: float = 0, cured_value: float | None = None
) -> Callable:
    """Add a function `(mended) -> model` to the catalogue."""

    def add(build: Callable[[bool], Any]) -> Callable[[bool], Any]:
        value = pad_value if cured_value is None else cured_value
        CATALOGUE.append(Trap(build, code, layer, seen, has_cure, pad_value, value))
        return build

    return add


def tokens() -> Any:
    """Ids `(row, time)`."""
    return keras.Input((None,), dtype="int32", name="ids")


def features() -> Any:
    """Numbers `(row, time, feature)`."""
    return keras.Input((None, 3), name="features")


def embed(ids: Any, mask_zero: bool = True) -> Any:
    """Vectors of ids, with a mask."""
    return keras.layers.Embedding(WORDS, UNITS, mask_zero=mask_zero, name="embedding")(ids)


def is_real(ids: Any) -> Any:
    """The mask, for those who hand it on themselves."""
    return keras.ops.not_equal(ids, 0)


def lstm(**settings: Any) -> Any:
    """The layer that all this is about."""
    return keras.layers.LSTM(UNITS, name="lstm", **settings)


def mean(values: Any, mask: Any = None) -> Any:
    """Mean over the steps, of the real ones where a mask arrives."""
    return keras.layers.GlobalAveragePooling1D(name="mean")(values, mask=mask)


def zero_fill(values: Any, mask: Any) -> Any:
    """Zero where there is fill."""
    return values * keras.ops.cast(mask, values.dtype)[..., None]


def classifier(inputs: Any, values: Any) -> Any:
    """A model that ends in two classes."""
    return keras.Model(inputs, keras.layers.Dense(2, name="head")(values))


@trap("NO_MASK", "lstm", seen="keras#20898")
def no_mask_at_all(mended: bool) -> Any:
    """`Embedding` makes no mask unless it is told to, and every layer takes fill for words."""
    ids = tokens()
    return classifier(ids, lstm()(embed(ids, mask_zero=mended)))


@trap("NO_MASK", "lstm")
def backwards_without_a_mask(mended: bool) -> Any:
    """Read from its end, a row that is filled at the end begins with the fill."""
    ids = tokens()
    return classifier(ids, keras.layers.Bidirectional(lstm(), name="lstm")(embed(ids, mask_zero=mended)))


@trap("NO_MASK", "attention", seen="tensorflow#45854")
def attention_without_a_mask(mended: bool) -> Any:
    """Softmax gives every step its share, fill too."""
    ids = tokens()
    x, mask = embed(ids, mask_zero=False), is_real(ids)
    attention = keras.layers.MultiHeadAttention(2, 4, name="attention")
    x = attention(x, x, attention_mask=mask[:, None] if mended else None)
    return classifier(ids, mean(x, mask))


@trap("MASK_WRONG", "masking", seen="LSTM article (2025)")
def masking_behind_an_embedding(mended: bool) -> Any:
    """`Masking(0.)` compares vectors with zero; that of id 0 is not zero, so a right mask gives way to an empty one."""
    ids = tokens()
    x = embed(ids)
    if not mended:
        x = keras.layers.Masking(0.0, name="masking")(x)
    return classifier(ids, lstm()(x))


@trap("MASK_WRONG", "masking")
def masking_behind_a_scaling(mended: bool) -> Any:
    """After a normalisation fill is the mask value no more."""
    x = inputs = features()
    scaling, masking = keras.layers.Rescaling(2.0, offset=1.0), keras.layers.Masking(0.0, name="masking")
    for layer in (masking, scaling) if mended else (scaling, masking):
        x = layer(x)
    return classifier(inputs, lstm()(x))


@trap("MASK_WRONG", "masking", pad_value=0.1)
def a_mask_value_that_is_rounded(mended: bool) -> Any:
    """`Masking` compares exactly: 0.1 is another number after a change of scale and back."""
    x = inputs = features()
    there, back = keras.layers.Rescaling(3.0), keras.layers.Rescaling(1 / 3)
    masking = keras.layers.Masking(0.1, name="masking")
    for layer in (masking, there, back) if mended else (there, back, masking):
        x = layer(x)
    return classifier(inputs, lstm()(x))


@trap("MASK_WRONG", "masking", seen="keras#2819", pad_value=float("nan"), cured_value=-9.0)
def a_mask_value_that_is_no_number(mended: bool) -> Any:
    """NaN equals nothing, not even itself: `Masking(nan)` masks nothing, and everything becomes NaN."""
    inputs = features()
    return classifier(inputs, lstm()(keras.layers.Masking(-9.0 if mended else float("nan"), name="masking")(inputs)))


@trap("MASK_WRONG", "embedding", pad_value=1, cured_value=0)
def filled_with_another_id(mended: bool) -> Any:
    """`mask_zero=True` masks id 0 and no other; a tokenizer that fills with 1 goes unmasked. The cure is to fill with 0."""
    ids = tokens()
    return classifier(ids, lstm()(embed(ids)))


@trap("MASK_IGNORED", "conv", seen="keras#411, keras#12475")
def a_convolution(mended: bool) -> Any:
    """A convolution mixes real steps with the fill beside them, and hands no mask on."""
    ids = tokens()
    x, mask = embed(ids), is_real(ids)
    conv = keras.layers.Conv1D(UNITS, 3, padding="same", name="conv")
    return classifier(ids, mean(conv(zero_fill(x, mask)), mask) if mended else mean(conv(x)))


@trap("MASK_IGNORED", "flatten", seen="keras#4978, keras#13189", has_cure=False)
def flattened(mended: bool) -> Any:
    """`Flatten` gives every step a weight of its own, fill too; what moves in the row meets other weights."""
    ids = keras.Input((12,), dtype="int32", name="ids")
    return classifier(ids, keras.layers.Flatten(name="flatten")(embed(ids)))


@trap("MASK_IGNORED", "largest", seen="keras#3777")
def the_largest_over_time(mended: bool) -> Any:
    """`GlobalMaxPooling1D` takes no mask; a masked LSTM starts with zeros, which may be the largest."""
    ids = tokens()
    x = lstm(return_sequences=True)(embed(ids))
    if mended:
        x = x - 1e9 * (1 - keras.ops.cast(is_real(ids), "float32"))[..., None]
    return classifier(ids, keras.layers.GlobalMaxPooling1D(name="largest")(x))


@trap("MASK_IGNORED", "mean", seen="sentence-transformers#230, keras#3777")
def a_mean_by_arithmetic(mended: bool) -> Any:
    """`ops.mean` knows nothing of masks: the longer the row, the more fill in the mean."""
    ids = tokens()
    x = embed(ids)
    return classifier(ids, mean(x) if mended else keras.ops.mean(x, axis=1))


@trap("MASK_IGNORED", "pool", seen="tf-keras#585")
def pooled_over_neighbours(mended: bool) -> Any:
    """Pooling over windows mixes the last real step with fill, and hands no mask on."""
    ids = tokens()
    x, mask = embed(ids), is_real(ids)
    pool = keras.layers.AveragePooling1D(2, strides=1, padding="same", name="pool")
    if mended:
        x, weight = pool(zero_fill(x, mask)), pool(keras.ops.cast(mask, "float32")[..., None])
        return classifier(ids, lstm()(x / keras.ops.maximum(weight, 0.5), mask=mask))
    return classifier(ids, lstm()(pool(x)))


@trap("MASK_LOST", "multiply", seen="keras#18416")
def arithmetic_between_layers(mended: bool) -> Any:
    """What an operator gives is a new tensor, without the mask."""
    ids = tokens()
    x = embed(ids)
    return classifier(ids, lstm()(keras.layers.Rescaling(2.0)(x) if mended else 2.0 * x))


@trap("MASK_LOST", "get_item", seen="keras#18416")
def a_slice(mended: bool) -> Any:
    """Indexing is arithmetic, too."""
    ids = tokens()
    x = embed(ids)[..., :4]
    return classifier(ids, lstm()(x, mask=is_real(ids) if mended else None))


@trap("MASK_LOST", "lambda")
def a_lambda(mended: bool) -> Any:
    """A `Lambda` hands no mask on unless it is told how."""
    ids = tokens()
    hand_on = {"mask": lambda values, mask: mask} if mended else {}
    return classifier(ids, lstm()(keras.layers.Lambda(lambda values: 2 * values, name="lambda", **hand_on)(embed(ids))))


@trap("MASK_LOST", "reshape", seen="keras#15194")
def a_reshape(mended: bool) -> Any:
    """`Reshape` cannot know where time has gone, and drops the mask."""
    ids = tokens()
    x = keras.layers.Reshape((-1, 2, UNITS // 2), name="reshape")(embed(ids))
    x = keras.layers.Reshape((-1, UNITS), name="back")(x)
    return classifier(ids, lstm()(x, mask=is_real(ids) if mended else None))


@trap("MASK_LOST", "sum", seen="keras#3065, keras#19817")
def merged_with_a_branch_without_a_mask(mended: bool) -> Any:
    """A merge hands a mask on only if all of its inputs have one."""
    ids = tokens()
    x = embed(ids)
    x = keras.layers.Add(name="sum")([x, 2.0 * x])
    return classifier(ids, lstm()(x, mask=is_real(ids) if mended else None))


@trap("MASK_LOST", "doubled", seen="tensorflow#33260")
def a_layer_of_ones_own(mended: bool) -> Any:
    """A layer that does not say `supports_masking` destroys the mask, with a warning that is easily missed."""

    class Doubled(keras.Layer):
        def call(self, values: Any) -> Any:
            return 2 * values

    doubled = Doubled(name="doubled")
    doubled.supports_masking = mended
    ids = tokens()
    return classifier(ids, lstm()(doubled(embed(ids))))


@trap("MASK_LOST", "repeat", seen="keras#7949")
def repeated_for_a_decoder(mended: bool) -> Any:
    """The decoder runs as long as the row is with its fill, and what it writes there counts."""
    ids = tokens()
    x, mask = embed(ids), is_real(ids)
    repeat = keras.layers.Lambda(
        lambda both: keras.ops.repeat(both[0][:, None], keras.ops.shape(both[1])[1], axis=1), name="repeat"
    )
    decoder = keras.layers.GRU(UNITS, return_sequences=True, name="decoder")
    written = decoder(repeat([lstm()(x), x]), mask=mask if mended else None)
    return classifier(ids, mean(written, mask if mended else None))


@trap("MASK_DELETED", "attention_1", seen="keras#20455")
def post_norm_attention(mended: bool) -> Any:
    """`MultiHeadAttention` takes the mask off its own inputs: the residual sum has none, nor has the next block."""
    ids = tokens()
    x = embed(ids)
    for block in ("1", "2"):
        attention = keras.layers.MultiHeadAttention(2, 4, name=f"attention_{block}")
        add, norm = keras.layers.Add(name=f"add_{block}"), keras.layers.LayerNormalization(name=f"norm_{block}")
        if mended:  # pre-norm: the residual branch is another tensor
            seen = norm(x)
            x = add([x, attention(seen, seen)])
        else:
            x = norm(add([x, attention(x, x)]))
    return classifier(ids, mean(x))


@trap("POSITIONS_SHIFT", "positions", seen="nnsight#672, keras-hub#571")
def positions_counted_from_the_row(mended: bool) -> Any:
    """Fill in front moves every word to another position."""
    ids = tokens()
    mask = is_real(ids)
    counted = keras.ops.cast(mask if mended else keras.ops.ones_like(mask), "int32")
    places = keras.ops.maximum(keras.ops.cumsum(counted, axis=1) - 1, 0)
    positions = keras.layers.Embedding(64, UNITS, name="positions")(places)
    return classifier(ids, mean(embed(ids, mask_zero=False) + positions, mask))
