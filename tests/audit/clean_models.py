"""Models that look suspicious and are clean."""

from collections.abc import Callable
from typing import Any

from padleak.audit.catalogue.parts import UNITS, classifier, embed, features, is_real, lstm, mean, tokens, zero_fill
from padleak.models.backend import keras

CLEAN: dict[str, Callable[[], Any]] = {}


def clean(build: Callable[[], Any]) -> Callable[[], Any]:
    CLEAN[build.__name__] = build
    return build


def on_tokens(name: str, body: Callable[[Any], Any]) -> None:
    def build() -> Any:
        ids = tokens()
        return classifier(ids, body(embed(ids)))

    CLEAN[name] = build


def on_features(name: str, body: Callable[[Any], Any]) -> None:
    def build() -> Any:
        inputs = features()
        return classifier(inputs, body(keras.layers.Masking(0.0)(inputs)))

    CLEAN[name] = build


def layer(name: str, *arguments: Any, **settings: Any) -> Any:
    return getattr(keras.layers, name)(*arguments, **settings)


on_tokens("lstm", lambda x: lstm()(x))
on_tokens("gru", lambda x: layer("GRU", UNITS)(x))
on_tokens("simple_rnn", lambda x: layer("SimpleRNN", UNITS)(x))
on_tokens("stacked", lambda x: layer("GRU", UNITS)(lstm(return_sequences=True)(x)))
on_tokens("both_ways", lambda x: layer("Bidirectional", lstm())(x))
on_tokens("both_ways_summed", lambda x: layer("Bidirectional", lstm(), merge_mode="sum")(x))
on_tokens("both_ways_stacked", lambda x: lstm()(layer("Bidirectional", layer("GRU", 4, return_sequences=True))(x)))
on_tokens("backwards", lambda x: lstm(go_backwards=True)(x))
on_tokens("dense_each_step", lambda x: lstm()(layer("Dense", 5, activation="relu")(x)))
on_tokens("time_distributed", lambda x: lstm()(layer("TimeDistributed", layer("Dense", 5))(x)))
on_tokens("normalised", lambda x: lstm()(layer("LayerNormalization")(x)))
on_tokens("batch_normalised_in_inference", lambda x: lstm()(layer("BatchNormalization")(x)))
on_tokens("dropped_out", lambda x: lstm(dropout=0.5)(layer("SpatialDropout1D", 0.5)(x)))
on_tokens("averaged", lambda x: mean(x))
on_tokens("averaged_states", lambda x: mean(lstm(return_sequences=True)(x)))
on_tokens("rnn_of_cells", lambda x: layer("RNN", [layer("LSTMCell", 4), layer("GRUCell", 4)])(x))
on_tokens("residual", lambda x: lstm()(layer("Add")([x, layer("Dense", UNITS)(x)])))
on_tokens("concatenated", lambda x: lstm()(layer("Concatenate")([x, layer("Dense", 3)(x)])))
on_tokens("attention_pool", lambda x: mean(layer("Attention")([x, x])))
on_tokens("additive_attention", lambda x: mean(layer("AdditiveAttention")([x, x])))
on_features("masked_features", lambda x: lstm()(x))
on_features("masked_features_both_ways", lambda x: layer("Bidirectional", lstm())(x))


@clean
def convolution_on_zeroed_steps() -> Any:
    ids = tokens()
    x, mask = embed(ids), is_real(ids)
    for _ in range(2):
        x = layer("Conv1D", UNITS, 3, padding="same", activation="relu")(zero_fill(x, mask))
    return classifier(ids, mean(x, mask))


@clean
def causal_convolution() -> Any:
    ids = tokens()
    x, mask = embed(ids), is_real(ids)
    return classifier(ids, mean(layer("Conv1D", UNITS, 3, padding="causal")(zero_fill(x, mask)), mask))


@clean
def pre_norm_transformer() -> Any:
    ids = tokens()
    x = embed(ids)
    for _ in range(3):
        seen = layer("LayerNormalization")(x)
        x = layer("Add")([x, layer("MultiHeadAttention", 2, 4)(seen, seen)])
        seen = layer("LayerNormalization")(x)
        x = layer("Add")([x, layer("Dense", UNITS)(layer("Dense", 16, activation="gelu")(seen))])
    return classifier(ids, mean(x))


@clean
def nested() -> Any:
    inner = keras.Sequential([layer("Dense", 5), lstm(return_sequences=True)], name="inner")
    ids = tokens()
    return classifier(ids, layer("GRU", 4)(inner(embed(ids))))


@clean
def shared() -> Any:
    ids = tokens()
    both = layer("Bidirectional", layer("GRU", UNITS, return_sequences=True), merge_mode="ave")
    return classifier(ids, layer("GRU", 4)(both(both(embed(ids)))))


@clean
def sequential() -> Any:
    return keras.Sequential(
        [
            keras.Input((None,)),
            layer("Embedding", 50, 8, mask_zero=True),
            lstm(),
            layer("Dense", 1, activation="sigmoid"),
        ]
    )


@clean
def mask_as_an_input() -> Any:
    ids, mask = tokens(), keras.Input((None,), dtype="bool", name="padding_mask")
    x = embed(ids, mask_zero=False)
    x = layer("MultiHeadAttention", 2, 4)(x, x, attention_mask=mask[:, None])
    return keras.Model({"ids": ids, "padding_mask": mask}, layer("Dense", 2)(mean(x, mask)))


@clean
def two_inputs() -> Any:
    ids, age = tokens(), keras.Input((2,), name="age")
    return keras.Model([ids, age], layer("Dense", 2)(layer("Concatenate")([lstm()(embed(ids)), age])))


@clean
def two_outputs() -> Any:
    ids = tokens()
    steps = lstm(return_sequences=True)(embed(ids))
    return keras.Model(ids, {"tags": layer("Dense", 3)(steps), "label": layer("Dense", 2)(layer("GRU", 4)(steps))})


@clean
def half_precision() -> Any:
    ids = tokens()
    x = layer("Embedding", 50, 8, mask_zero=True, dtype="mixed_float16")(ids)
    return classifier(ids, layer("GRU", UNITS, dtype="mixed_float16")(x))


@clean
def brain_floats() -> Any:
    ids = tokens()
    x = layer("Embedding", 50, 8, mask_zero=True, dtype="mixed_bfloat16")(ids)
    x = layer("MultiHeadAttention", 2, 4, dtype="mixed_bfloat16")(x, x)
    return keras.Model(ids, layer("Dense", 2, dtype="mixed_bfloat16")(mean(x)))


@clean
def subclassed() -> Any:
    class Tagger(keras.Model):
        def __init__(self) -> None:
            super().__init__()
            self.embedding, self.lstm = layer("Embedding", 50, 8, mask_zero=True), lstm()
            self.head = layer("Dense", 2)

        def call(self, ids: Any) -> Any:
            return self.head(self.lstm(self.embedding(ids)))

    return Tagger()
