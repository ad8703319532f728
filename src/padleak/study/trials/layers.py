"""What the layers of a language model hold: how much of the word that goes in and of the word to tell, and how they change."""

import itertools
from collections.abc import Iterator
from typing import Any, NamedTuple

import numpy as np

from padleak.data.corruption import KEPT, MASKED, REPLACED, UNTOUCHED, Corruption
from padleak.data.vocabulary import FIRST_WORD
from padleak.measures.information import cluster, told_of
from padleak.measures.neighbours import share_alike
from padleak.measures.similarity import similarity
from padleak.models.pretraining import Pretrainer
from padleak.study.trials.material import Material

_TYPES = 1000
"""Most frequent words that count."""
_STATES, _CLUSTERS = 16_000, 500
_FEW_STATES, _FEW_CLUSTERS = 2000, 250
"""Of untouched words, and of each fate, as many as there are of the rarest. Voita et al.: 5 million states, 10,000 clusters."""
_ROWS, _SAMPLED_ROWS = 3000, 8
_BY_FATE = {"untouched": UNTOUCHED, "masked": MASKED, "kept": KEPT, "replaced": REPLACED}

Row = dict[str, Any]


class Seen(NamedTuple):
    """Words and their states.

    Attributes:
        states: Of each layer, `(word, unit)`, each with mean 0 and variance 1: the last layer of the encoder is so by itself.
        inputs, outputs: The word that goes in, and the one that is to be told there, `(word,)`.
        fate: What became of each word, `(word,)`.
    """

    states: list[np.ndarray]
    inputs: np.ndarray
    outputs: np.ndarray
    fate: np.ndarray

    def some(self, chosen: np.ndarray, most: int, generator: np.random.Generator) -> "Seen":
        """At most so many of those that are chosen."""
        places = generator.permutation(np.flatnonzero(chosen))[:most]
        return Seen([layer[places] for layer in self.states], *(part[places] for part in self[1:]))


def look_within(
    pretrainer: Pretrainer, material: Material, causal: bool, corruption: Corruption | None
) -> Iterator[Row]:
    """Measurements by layer: 0 is the embedded words.

    Args:
        pretrainer: Trained.
        material: Its test texts are looked at.
        causal: Whether the word to tell is the next one.
        corruption: What a masked language model is trained with: of the words it chooses, a third each are masked, kept and
            replaced here, so that there are enough of each. None: texts are as they were written.
    """
    generator = np.random.default_rng(0)
    seen = see(pretrainer, material, causal, corruption, generator)
    may = np.isin(seen.inputs, _frequent(material)) & (seen.fate == UNTOUCHED)
    many = seen.some(may, _STATES, generator)
    yield from _information(many, "untouched", _CLUSTERS, generator)
    yield from _changes(many.states)
    if corruption is not None:
        right = np.isin(seen.outputs, _frequent(material))
        most = min(_FEW_STATES, *(int((right & (seen.fate == fate)).sum()) for fate in _BY_FATE.values()))
        for name, fate in _BY_FATE.items():
            few = seen.some(right & (seen.fate == fate), most, generator)
            yield from _information(few, f"few {name}", _FEW_CLUSTERS, generator)


def see(
    pretrainer: Pretrainer,
    material: Material,
    causal: bool,
    corruption: Corruption | None,
    generator: np.random.Generator,
) -> Seen:
    """All words of some test texts that are known and have a known one behind them: the same for every objective."""
    texts = material.test.take(generator.permutation(len(material.test.ids))[:_ROWS])
    ids, fate = texts.ids, np.full(texts.ids.shape, UNTOUCHED)
    if corruption is not None:
        thirds = Corruption(corruption.rate, 1 / 3, 1 / 3)
        ids, fate, _ = thirds.corrupt(texts.ids, texts.real, material.words, generator, texts.ids >= FIRST_WORD)
    following = np.pad(texts.ids[:, 1:], ((0, 0), (0, 1)))
    known = (texts.ids >= FIRST_WORD) & (following >= FIRST_WORD)
    states = [_normalise(layer[known]) for layer in pretrainer.states(ids, texts.real)]
    return Seen(states, ids[known], (following if causal else texts.ids)[known], fate[known])


def _normalise(states: np.ndarray) -> np.ndarray:
    centred = states - states.mean(axis=-1, keepdims=True)
    return centred / np.maximum(centred.std(axis=-1, keepdims=True), 1e-6)


def sample_states(pretrainer: Pretrainer, material: Material) -> dict[str, np.ndarray]:
    """Of a few test texts: `ids` and `real` `(row, step)`, and the states of each layer `(row, step, unit)`."""
    texts = material.test.take(np.arange(min(_SAMPLED_ROWS, len(material.test.ids))))
    states = pretrainer.states(texts.ids, texts.real)
    return {"ids": texts.ids, "real": texts.real} | {f"layer_{depth}": layer for depth, layer in enumerate(states)}


def _frequent(material: Material) -> np.ndarray:
    """Ids of the most frequent words: they are numbered in this order."""
    return np.arange(FIRST_WORD, min(FIRST_WORD + _TYPES, material.words))


def _information(seen: Seen, probe: str, clusters: int, generator: np.random.Generator) -> Iterator[Row]:
    """What each layer tells of the word that goes in and of the word to tell, and which words are near each other."""
    for layer, states in enumerate(seen.states):
        about = {"probe": probe, "layer": str(layer)}
        found = cluster(states, clusters, generator)
        for of, labels in (("input", seen.inputs), ("output", seen.outputs)):
            information = told_of(labels, found, generator)
            alike = share_alike(states[:_FEW_STATES], labels[:_FEW_STATES])
            yield about | {"metric": f"told_of_{of}", "value": information.value}
            yield about | {"metric": f"told_of_{of}_shuffled", "value": information.bias}
            yield about | {"metric": f"neighbours_of_{of}", "value": alike}
            if layer == 0:
                yield about | {"metric": f"entropy_of_{of}", "value": information.most}


def _changes(states: list[np.ndarray]) -> Iterator[Row]:
    """How far each layer is from the one before, as 1 less a similarity."""
    for layer, (lower, upper) in enumerate(itertools.pairwise(states), start=1):
        for name in ("pwcca", "linear_cka"):
            value = 1 - similarity(name, lower[:_FEW_STATES], upper[:_FEW_STATES])
            yield {"probe": "untouched", "layer": str(layer), "metric": f"change_{name}", "value": value}
