"""What a language model is asked in training: an objective makes a lesson of texts.

To add one, write a function of `(Texts, Asking, generator)` that gives a `Lesson`, and decorate it. Facts: `causal`, whether a
step of the encoder may see itself and those before it alone; `translates`, whether it has a target that a decoder tells.
"""

from typing import NamedTuple

import numpy as np

from padleak.data.corruption import Corruption, cloze_like
from padleak.data.vocabulary import FIRST_WORD
from padleak.models.engines.engine import Lesson
from padleak.registry import Registry

objectives = Registry("objective", package="padleak.models")


class Texts(NamedTuple):
    """Padded texts, and what they are translated into, if anything.

    Attributes:
        ids, real: `(row, step)`; True = a word.
        target_ids, target_real: `(row, step)`, between marks of begin and end.
    """

    ids: np.ndarray
    real: np.ndarray
    target_ids: np.ndarray | None = None
    target_real: np.ndarray | None = None

    def take(self, rows: np.ndarray) -> "Texts":
        """The given rows."""
        return Texts(*(None if part is None else part[rows] for part in self))


class Asking(NamedTuple):
    """What fixes the lessons beside the texts.

    Attributes:
        words: Size of the vocabulary.
        corruption: What a masked language model sees.
        answers: How many words it tells of a batch; places that are left over weigh nothing.
        cloze: Ids of words that give a topic away, and the share of rows in which one of them is the candidate for masking, see
            `cloze_like`; all known words are candidates if None.
    """

    words: int
    corruption: Corruption
    answers: int
    cloze: tuple[tuple[int, ...], float] | None = None


@objectives.add
def masked(texts: Texts, asking: Asking, generator: np.random.Generator) -> Lesson:
    """Tell words that are hidden from what stands on both sides (BERT; Devlin et al. 2019, arXiv:1810.04805)."""
    known = texts.ids >= FIRST_WORD
    may = known if asking.cloze is None else cloze_like(texts.ids, known, *asking.cloze, generator)
    seen = asking.corruption.corrupt(texts.ids, texts.real, asking.words, generator, may)
    rows, steps = np.nonzero(seen.told)
    kept = generator.permutation(len(rows))[: asking.answers]
    rows, steps = (np.pad(part[kept], (0, asking.answers - len(kept))).astype("int32") for part in (rows, steps))
    counts = np.arange(asking.answers) < len(kept)
    return Lesson([seen.inputs, texts.real], texts.ids[rows, steps], _weigh(counts), (rows, steps))


@objectives.add(causal=True)
def causal(texts: Texts, asking: Asking, generator: np.random.Generator) -> Lesson:
    """Tell the next word from those before it: a language model."""
    labels = np.pad(texts.ids[:, 1:], ((0, 0), (0, 1)))
    return Lesson([texts.ids, texts.real], labels, _weigh(labels >= FIRST_WORD))


@objectives.add(translates=True)
def translation(texts: Texts, asking: Asking, generator: np.random.Generator) -> Lesson:
    """Tell the words of the target, one after another, from the whole source."""
    labels = texts.target_ids[:, 1:]
    before = [texts.target_ids[:, :-1], texts.target_real[:, :-1]]
    return Lesson([texts.ids, texts.real, *before], labels, _weigh(texts.target_real[:, 1:] & (labels >= FIRST_WORD)))


def _weigh(counts: np.ndarray) -> np.ndarray:
    """Weights whose mean is 1: Keras divides the weighted sum by the number of places, whether they count or not."""
    return (counts * (counts.size / max(1, counts.sum()))).astype("float32")
