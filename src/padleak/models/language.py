"""Small Transformers that learn a language: one encoder for every objective, and a decoder for those that translate."""

import functools
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, NamedTuple

from padleak.models.attention_layers import masked_attention
from padleak.models.backend import keras
from padleak.models.network import gather
from padleak.models.seeding import from_plan

if TYPE_CHECKING:
    from keras import KerasTensor

POSITIONS = ("rotary", "none")
_WIDENING = 4
_MASK_IDS = 1
"""Ids beside those of words: the one that stands for a masked word."""


class Views(NamedTuple):
    """Views of one set of weights.

    Attributes:
        model: `[ids, real] -> logits (row, step, word)`; of a translator `[ids, real, target ids, target real] -> logits`.
        at_places: `[ids, real, rows, steps] -> logits (answer, word)` at `(answer,)` places; None of a translator.
        states: `[ids, real] -> [(row, step, unit)]` of the encoder: the embedded words, then what each block gives.
    """

    model: "keras.Model"
    at_places: "keras.Model | None"
    states: "keras.Model"


@dataclass(frozen=True)
class LanguageModel:
    """What fixes an encoder and its objective's head.

    Attributes:
        words: Size of the vocabulary.
        causal: Whether a step sees itself and those before it alone.
        width, layers, heads: Of the encoder.
        positions: `rotary`, by which steps know how far apart they are, or `none`, for words in a bag.
        decoder_layers: Of a decoder that attends to the encoder; 0 for none, and then the head stands on the encoder.
        target_words: Vocabulary of the decoder.
    """

    words: int
    causal: bool = False
    width: int = 64
    layers: int = 4
    heads: int = 4
    positions: str = "rotary"
    decoder_layers: int = 0
    target_words: int = 0

    @property
    def encoder(self) -> "LanguageModel":
        """The same without a decoder."""
        return replace(self, decoder_layers=0, target_words=0)

    def assemble(self, seed: int) -> Views:
        """Fresh weights. The encoders of two objectives that are built with one seed begin with the same.

        Args:
            seed: Of all weights.
        """
        encoder = from_plan(_plan_encoder(self.encoder), seed)
        top = encoder.outputs[-1]
        if not self.decoder_layers:
            head = keras.layers.Dense(self.words, kernel_initializer=_drawn(seed), name="head")
            places = [keras.Input((), dtype="int32", name=name) for name in ("rows", "steps")]
            at_places = keras.Model([*encoder.inputs, *places], head(gather(top, *places)))
            return Views(keras.Model(encoder.inputs, head(top)), at_places, encoder)
        inputs, real = encoder.inputs
        decoder = from_plan(_plan_decoder(self), seed + 1)
        model = keras.Model([inputs, real, *decoder.inputs[:2]], decoder([*decoder.inputs[:2], top, real]))
        return Views(model, None, encoder)

    def _encoder(self) -> "keras.Model":
        ids = keras.Input((None,), dtype="int32", name="ids")
        real = keras.Input((None,), dtype="bool", name="real")
        values = keras.layers.Embedding(self.words + _MASK_IDS, self.width, name="embedding")(ids)
        states = [values]
        for depth in range(1, self.layers + 1):
            values = self._attend(values, real, f"attention_{depth}", self.causal)
            values = self._widen(values, f"wide_{depth}")
            states.append(values)
        states[-1] = keras.layers.LayerNormalization(name="norm")(values)
        return keras.Model([ids, real], states)

    def _decoder(self) -> "keras.Model":
        ids = keras.Input((None,), dtype="int32", name="target_ids")
        real = keras.Input((None,), dtype="bool", name="target_real")
        source = keras.Input((None, self.width), name="source")
        source_real = keras.Input((None,), dtype="bool", name="source_real")
        values = keras.layers.Embedding(self.target_words, self.width, name="embedding")(ids)
        for depth in range(1, self.decoder_layers + 1):
            values = self._attend(values, real, f"target_attention_{depth}", causal=True)
            values = self._look_at(values, source, source_real, f"source_attention_{depth}")
            values = self._widen(values, f"target_wide_{depth}")
        values = keras.layers.LayerNormalization(name="target_norm")(values)
        return keras.Model([ids, real, source, source_real], keras.layers.Dense(self.target_words, name="head")(values))

    def _attend(self, values: "KerasTensor", real: "KerasTensor", name: str, causal: bool) -> "KerasTensor":
        """Normalised first; what is added goes round. The mask is handed over, since Keras would lose it on the way."""
        norm = keras.layers.LayerNormalization(name=f"{name}_norm")(values)
        layer = masked_attention(self.heads, is_rotary=self.positions == "rotary", is_causal=causal, name=name)
        return values + layer(norm, mask=real)

    def _look_at(self, values: "KerasTensor", seen: "KerasTensor", real: "KerasTensor", name: str) -> "KerasTensor":
        """Attend to the states of another text."""
        norm = keras.layers.LayerNormalization(name=f"{name}_norm")(values)
        layer = keras.layers.MultiHeadAttention(self.heads, self.width // self.heads, name=name)
        return values + layer(norm, seen, value_mask=real)

    def _widen(self, values: "KerasTensor", name: str) -> "KerasTensor":
        norm = keras.layers.LayerNormalization(name=f"{name}_norm")(values)
        wide = keras.layers.Dense(_WIDENING * self.width, activation="gelu", name=name)(norm)
        return values + keras.layers.Dense(self.width, name=f"{name}_narrow")(wide)


@functools.lru_cache(maxsize=4)
def _plan_encoder(language: LanguageModel) -> dict:
    return language._encoder().get_config()


@functools.lru_cache(maxsize=4)
def _plan_decoder(language: LanguageModel) -> dict:
    return language._decoder().get_config()


def _drawn(seed: int) -> Any:
    return keras.initializers.GlorotUniform(seed)
