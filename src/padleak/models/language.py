"""Small Transformers that learn a language: one encoder for every objective, and a decoder for those that translate."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

from padleak.models.attention_layers import positions
from padleak.models.backend import keras
from padleak.models.seeding import seeded

if TYPE_CHECKING:
    from keras import KerasTensor

_WIDENING = 4
_MASK_IDS = 1
"""Ids beside those of words: the one that stands for a masked word."""


class Views(NamedTuple):
    """Views of one set of weights.

    Attributes:
        model: `[ids, real] -> logits (row, step, word)`; of a translator `[ids, real, target ids, target real] -> logits`.
        states: `[ids, real] -> [(row, step, unit)]` of the encoder: the embedded words, then what each block gives.
    """

    model: "keras.Model"
    states: "keras.Model"


@dataclass(frozen=True)
class LanguageModel:
    """What fixes an encoder and its objective's head.

    Attributes:
        words: Size of the vocabulary.
        causal: Whether a step sees itself and those before it alone.
        width, layers, heads: Of the encoder.
        decoder_layers: Of a decoder that attends to the encoder; 0 for none, and then the head stands on the encoder.
        target_words: Vocabulary of the decoder.
    """

    words: int
    causal: bool = False
    width: int = 64
    layers: int = 4
    heads: int = 4
    decoder_layers: int = 0
    target_words: int = 0

    def assemble(self, seed: int) -> Views:
        """Fresh weights. The encoders of two objectives that are built with one seed begin with the same.

        Args:
            seed: Of all weights.
        """
        encoder = seeded(self._encoder(), seed)
        top = encoder.outputs[-1]
        if not self.decoder_layers:
            head = keras.layers.Dense(self.words, kernel_initializer=_drawn(seed), name="head")
            return Views(keras.Model(encoder.inputs, head(top)), encoder)
        inputs, real = encoder.inputs
        decoder = seeded(self._decoder(), seed + 1)
        return Views(
            keras.Model([inputs, real, *decoder.inputs[:2]], decoder([*decoder.inputs[:2], top, real])), encoder
        )

    def _encoder(self) -> "keras.Model":
        ids = keras.Input((None,), dtype="int32", name="ids")
        real = keras.Input((None,), dtype="bool", name="real")
        values = self._embed(ids, real, self.words + _MASK_IDS)
        states = [values]
        for depth in range(1, self.layers + 1):
            values = self._attend(values, values, real, f"attention_{depth}", self.causal)
            values = self._widen(values, f"wide_{depth}")
            states.append(values)
        states[-1] = keras.layers.LayerNormalization(name="norm")(values)
        return keras.Model([ids, real], states)

    def _decoder(self) -> "keras.Model":
        ids = keras.Input((None,), dtype="int32", name="target_ids")
        real = keras.Input((None,), dtype="bool", name="target_real")
        source = keras.Input((None, self.width), name="source")
        source_real = keras.Input((None,), dtype="bool", name="source_real")
        values = self._embed(ids, real, self.target_words)
        for depth in range(1, self.decoder_layers + 1):
            values = self._attend(values, values, real, f"target_attention_{depth}", causal=True)
            values = self._attend(values, source, source_real, f"source_attention_{depth}", causal=False)
            values = self._widen(values, f"target_wide_{depth}")
        values = keras.layers.LayerNormalization(name="target_norm")(values)
        return keras.Model([ids, real, source, source_real], keras.layers.Dense(self.target_words, name="head")(values))

    def _embed(self, ids: "KerasTensor", real: "KerasTensor", words: int) -> "KerasTensor":
        """Words and places, which are counted from the first real step."""
        values = keras.layers.Embedding(words, self.width, name="embedding")(ids)
        return positions("counted", name="positions")(values, mask=real)

    def _attend(
        self, values: "KerasTensor", seen: "KerasTensor", real: "KerasTensor", name: str, causal: bool
    ) -> "KerasTensor":
        """Normalised first; what is added goes round. The mask is handed over, since Keras would lose it on the way."""
        norm = keras.layers.LayerNormalization(name=f"{name}_norm")(values)
        told = norm if seen is values else seen
        layer = keras.layers.MultiHeadAttention(self.heads, self.width // self.heads, name=name)
        return values + layer(norm, told, value_mask=real, use_causal_mask=causal)

    def _widen(self, values: "KerasTensor", name: str) -> "KerasTensor":
        norm = keras.layers.LayerNormalization(name=f"{name}_norm")(values)
        wide = keras.layers.Dense(_WIDENING * self.width, activation="gelu", name=name)(norm)
        return values + keras.layers.Dense(self.width, name=f"{name}_narrow")(wide)


def _drawn(seed: int) -> Any:
    return keras.initializers.GlorotUniform(seed)
