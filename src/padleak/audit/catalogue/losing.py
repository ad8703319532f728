"""Traps on the way: layers and code that get the mask and hand none on, or one that does not fit any more."""

from typing import Any

from padleak.audit.catalogue.parts import UNITS, WORDS, classifier, embed, is_real, lstm, tokens
from padleak.audit.catalogue.trap import trap
from padleak.models.backend import keras


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


@trap("MASK_LOST", "lambda", seen="keras#10320, tensorflow#28143")
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


@trap("MASK_NOT_REPEATED", "repeat", seen="keras3#1191")
def repeated_for_a_decoder(mended: bool) -> Any:
    """`RepeatVector` has a vector to repeat, and no mask: the decoder begins to write at the fill in front."""
    ids = keras.Input((12,), dtype="int32", name="ids")
    x = keras.layers.RepeatVector(12, name="repeat")(lstm()(embed(ids)))
    decoder = keras.layers.GRU(UNITS, return_sequences=True, name="decoder")
    return classifier(ids, decoder(x, mask=is_real(ids) if mended else None))


@trap("NO_MASK", "over_sentences", seen="keras#4786, keras#5212")
def documents_of_sentences(mended: bool) -> Any:
    """`TimeDistributed` runs a model on every sentence, and no mask tells which sentences there are."""
    documents, ids = keras.Input((None, 5), dtype="int32", name="documents"), keras.Input((5,), dtype="int32")
    sentence = keras.Model(ids, lstm()(embed(ids)))
    x = keras.layers.TimeDistributed(sentence, name="time_distributed")(documents)
    mask = keras.ops.any(is_real(documents), axis=-1)
    return classifier(documents, keras.layers.GRU(UNITS, name="over_sentences")(x, mask=mask if mended else None))


@trap("MASK_IGNORED", "turned", seen="keras#4258, keras#22037")
def a_mask_left_behind(mended: bool) -> Any:
    """A layer that says `supports_masking` and moves the steps hands on a mask of where they were."""

    class Turned(keras.Layer):
        def __init__(self, **settings: Any):
            super().__init__(**settings)
            self.supports_masking = True

        def call(self, values: Any) -> Any:
            return keras.ops.flip(values, axis=1)

        def compute_mask(self, inputs: Any, previous_mask: Any) -> Any:
            return keras.ops.flip(previous_mask, axis=1) if mended else previous_mask

    ids = tokens()
    return classifier(ids, lstm()(Turned(name="turned")(embed(ids))))


@trap("MASK_NOT_PASSED", "decoder", seen="keras#19311")
def a_decoder_with_an_initial_state(mended: bool) -> Any:
    """Keras hands a mask over to layers that are called with one tensor; beside an initial state it does not."""
    source, target = (keras.Input((None,), dtype="int32", name=name) for name in ("source", "target"))
    state = lstm(return_state=True)(embed(source))[1:]
    embedding = keras.layers.Embedding(WORDS, UNITS, mask_zero=True, name="written")
    decoder = keras.layers.LSTM(UNITS, return_sequences=True, name="decoder")
    mask = embedding.compute_mask(target) if mended else None
    return classifier([source, target], decoder(embedding(target), initial_state=state, mask=mask))
