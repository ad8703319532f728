"""The specification of a network, and how it becomes a Keras model."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from padleak.arguments import check_kind, check_name, check_whole
from padleak.errors import InputError
from padleak.memory import check_fits
from padleak.models.backend import keras
from padleak.models.masking import Front, maskings
from padleak.models.readout import readouts
from padleak.models.seeding import seeded
from padleak.registry import Registry

if TYPE_CHECKING:
    from keras import KerasTensor

models = Registry("model", package="padleak.models")
"""Functions `(Stream, Network) -> Encoded`. Facts:

- `bidirectional`: whether it can run both ways;
- `causal`: one way, no state hangs on later steps;
- `loops`: False where a compiled loop of training steps is slow;
- `flops`: function `(network, steps) -> number`, floating-point operations of the encoder's matrix products for one sequence,
  forwards.
"""


class Encoded(NamedTuple):
    """What an encoder gives: the states `(batch, time, unit)` and the vector the head sees, `(batch, unit)`."""

    states: "KerasTensor"
    summary: "KerasTensor"


@dataclass(frozen=True)
class Network:
    """Everything that fixes the shape of a model, and so what one compiled program can serve.

    Attributes:
        model: Encoder, a name of `models`.
        masking: How it is told about fill, a name of `maskings`.
        readout: A name of `readouts`.
        units: Units of each layer.
        layers: Number of layers.
        bidirectional: Both directions in time.
        embedding: Units of the embedding, for tokens.
        words: Size of the vocabulary, 0 for features.
        features: Features of a step, 0 for tokens.
        length: Steps of a training row.
        outputs: Classes; 1 with `classifies` False is a number to predict.
        classifies: Softmax and cross-entropy, or linear and squared error.
    """

    model: str = "lstm"
    masking: str = "none"
    readout: str = "last"
    units: int = 32
    layers: int = 1
    bidirectional: bool = False
    embedding: int = 16
    words: int = 0
    features: int = 0
    length: int = 48
    outputs: int = 2
    classifies: bool = True

    def __post_init__(self):
        for name, known in (("model", models), ("masking", maskings), ("readout", readouts)):
            check_name(name, getattr(self, name), known)
        for name in ("units", "layers", "embedding", "length", "outputs"):
            check_whole(name, getattr(self, name), 1)
        for name in ("words", "features"):
            check_whole(name, getattr(self, name), 0)
        for name in ("bidirectional", "classifies"):
            check_kind(name, getattr(self, name), bool | np.bool_, "True or False")

    @property
    def takes_any_length(self) -> bool:
        """Whether the same weights take sequences of any length."""
        return not readouts.facts(self.readout).get("fixed_length", False)

    @property
    def answers_every_step(self) -> bool:
        """Whether the output keeps the time axis."""
        return readouts.facts(self.readout).get("every_step", False)

    @property
    def reads_prefixes(self) -> bool:
        """Whether what the head sees is the state at the last step, and later steps have no part in it: then one pass over
        a long row holds what the network gives for every shorter one."""
        causal = models.facts(self.model).get("causal", False) and not self.bidirectional
        return causal and readouts.facts(self.readout).get("last_step", False)

    @property
    def packs(self) -> bool:
        """Whether several sequences can share a row, each answered where it ends."""
        return self.reads_prefixes and not self.answers_every_step

    @property
    def loops(self) -> bool:
        """Whether training steps may run within a compiled loop."""
        return models.facts(self.model).get("loops", True)

    @property
    def width(self) -> int:
        """Features of a step as the encoder sees it."""
        return self.embedding if self.words else self.features

    def flops(self, steps: int) -> int:
        """Floating-point operations of the encoder's matrix products for one sequence, forwards."""
        return models.facts(self.model)["flops"](self, steps)

    @property
    def fact(self) -> dict:
        """What the registration of the masking says."""
        return maskings.facts(self.masking)

    def assemble(self, seed: int) -> tuple["keras.Model", "keras.Model"]:
        """Build the model with fresh weights, and a second view of it that gives the states too.

        Args:
            seed: Of the initial weights.

        Returns:
            The model (inputs -> prediction) and its view (inputs -> states, summary, prediction); they share all weights.
        """
        if not self.width:
            raise InputError("words or features", "above 0 where a network is built", "neither")
        check_fits(
            "words and embedding", f"{self.words} and {self.embedding}", (self.words, self.embedding), np.float32
        )
        check_fits("units", self.units, (self.width + self.units, self.units), np.float32)
        whole = seeded(self._draft(), seed)
        inputs = whole.inputs if self.fact.get("mask_input") else whole.inputs[0]
        return keras.Model(inputs, whole.outputs[-1]), keras.Model(inputs, whole.outputs)

    def reader(self, view: "keras.Model") -> "keras.Model":
        """A view that reads every row at chosen steps: `(inputs, ends (batch, k)) -> states, summary (batch, k, unit),
        prediction (batch, k, output)`. For networks whose head sees a state."""
        ends = keras.Input((None,), dtype="int32", name="ends")
        states, seen = view.outputs[:2] if self.answers_every_step else (view.outputs[0], view.outputs[0])
        summary = keras.ops.take_along_axis(seen, keras.ops.expand_dims(ends, -1), axis=1)
        return keras.Model([*view.inputs, ends], [states, summary, view.get_layer("head")(summary)])

    def reader_at_places(self, view: "keras.Model") -> "keras.Model":
        """A view that answers at chosen places of the batch: `(inputs, rows (answer,), steps (answer,)) -> prediction
        (answer, output)`. For networks whose head sees a state."""
        rows, steps = (keras.Input((), dtype="int32", name=name) for name in ("rows", "steps"))
        summary = gather(view.outputs[0], rows, steps)
        return keras.Model([*view.inputs, rows, steps], view.get_layer("head")(summary))

    def _draft(self) -> "keras.Model":
        """The view, with whatever weights."""
        length = None if self.takes_any_length else self.length
        shape = (length,) if self.words else (length, self.features)
        inputs = keras.Input(shape, dtype="int32" if self.words else "float32", name="inputs")
        mask = keras.Input((length,), dtype="bool", name="mask") if self.fact.get("mask_input") else None
        stream = maskings[self.masking](Front(inputs, mask, self.words, self.embedding))
        states, summary = models[self.model](stream, self)
        head = keras.layers.Dense(self.outputs, activation="softmax" if self.classifies else None, name="head")
        return keras.Model(inputs if mask is None else [inputs, mask], [states, summary, head(summary)])

    def feed(self, inputs: np.ndarray, mask: np.ndarray) -> np.ndarray | list[np.ndarray]:
        """A batch as the model takes it."""
        return [inputs, mask] if self.fact.get("mask_input") else inputs


def gather(states: Any, rows: Any, steps: Any) -> Any:
    """States `(row, step, unit)` at places, `(answer, unit)`."""
    seen = keras.ops.take(states, rows, axis=0)
    return keras.ops.take_along_axis(seen, keras.ops.reshape(steps, (-1, 1, 1)), axis=1)[:, 0]


def why_not(network: Network, holds: str, collides: bool = False) -> str | None:
    """Why a combination cannot be, or None.

    Args:
        network: The combination; its sizes do not matter.
        holds: `tokens` or `features`.
        collides: Whether a word takes the fill id.

    Raises:
        InputError: A name that is not registered.
    """
    facts = maskings.facts(network.masking)
    runs_both_ways = models.facts(network.model).get("bidirectional")
    readouts.facts(network.readout)
    if holds not in facts["takes"]:
        other = {"tokens": "token ids", "features": "float features"}[holds]
        return f"masking {network.masking} does not work on {other}"
    if facts.get("weighs_loss") and not network.answers_every_step:
        return f"masking {network.masking} needs an answer at every step, which the readout {network.readout} lacks"
    if facts.get("equal_lengths") and not network.takes_any_length:
        return f"the readout {network.readout} needs one length, and {network.masking} batches have many"
    if network.bidirectional and not runs_both_ways:
        return f"the model {network.model} has no direction"
    if collides and holds == "features":
        return "features have no vocabulary whose first word could take the fill id"
    return None
