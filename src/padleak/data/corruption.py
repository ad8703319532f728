"""What a masked language model sees in place of words, and which words it has to tell."""

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from padleak.data.vocabulary import FIRST_WORD
from padleak.errors import InputError

UNTOUCHED, MASKED, REPLACED, KEPT = range(4)
"""What became of a word."""


class Corrupted(NamedTuple):
    """A batch as a masked language model learns from it.

    Attributes:
        inputs: Word ids as it sees them, `(row, step)`.
        fate: What became of each word: `UNTOUCHED`, `MASKED`, `REPLACED` by another or `KEPT` as it was though it is to be
            told, `(row, step)`.
        told: Which words count in the loss, `(row, step)`, True = they do.
    """

    inputs: np.ndarray
    fate: np.ndarray
    told: np.ndarray


@dataclass(frozen=True)
class Corruption:
    """How words are chosen and what stands in their place (Devlin et al. 2019, arXiv:1810.04805).

    Attributes:
        rate: Share of words that are chosen.
        masked, replaced: Shares of the chosen that the mask's id, or another word, stands for; the others are kept.
        told: Share of the chosen that count in the loss (Wettig et al. 2023, arXiv:2202.08005, who take the rates apart).
    """

    rate: float = 0.15
    masked: float = 0.8
    replaced: float = 0.1
    told: float = 1.0

    def __post_init__(self):
        for name, value, low in (("rate", self.rate, 0), ("told", self.told, 0), ("masked", self.masked, -1e-9)):
            if not low < value <= 1:
                raise InputError(name, f"a share {'above 0' if low == 0 else 'of 0 or more'} and at most 1", value)
        if self.replaced < 0 or self.masked + self.replaced > 1 + 1e-9:
            raise InputError(
                "masked and replaced", "shares of 0 or more that make at most 1", f"{self.masked}, {self.replaced}"
            )

    def corrupt(
        self,
        ids: np.ndarray,
        real: np.ndarray,
        words: int,
        generator: np.random.Generator,
        candidates: np.ndarray | None = None,
    ) -> Corrupted:
        """Choose words anew and corrupt them: called for every epoch, no two are alike (Liu et al. 2019, arXiv:1907.11692).

        Args:
            ids: `(row, step)`.
            real: `(row, step)`, True = a word, not fill. Only words are chosen.
            words: Size of the vocabulary; the mask's id is the one after it.
            generator: Of the choice.
            candidates: Which words may be chosen, `(row, step)`; all if not given. The rate is a share of these.
        """
        may = real if candidates is None else real & candidates
        is_chosen = may & (generator.random(ids.shape) < self.rate)
        lot = generator.random(ids.shape)
        fate = np.where(lot < self.masked, MASKED, np.where(lot < self.masked + self.replaced, REPLACED, KEPT))
        fate = np.where(is_chosen, fate, UNTOUCHED)
        inputs = np.where(fate == MASKED, mask_id(words), ids)
        others = generator.integers(FIRST_WORD, words, size=ids.shape)
        inputs = np.where(fate == REPLACED, others, inputs).astype(ids.dtype)
        return Corrupted(inputs, fate, is_chosen & (generator.random(ids.shape) < self.told))


def mask_id(words: int) -> int:
    """The id that stands for a masked word: the first that no word has."""
    return words


def cloze_like(
    ids: np.ndarray, real: np.ndarray, giveaways: tuple[int, ...], share: float, generator: np.random.Generator
) -> np.ndarray:
    """One word of each row as the candidate for masking: in a share of the rows one that gives the topic away, in the others
    one that does not (Zhang and Hashimoto 2021, arXiv:2104.05694).

    Args:
        ids, real: `(row, step)`; True = a word.
        giveaways: Ids of the words that give the topic away.
        share: Of rows.
        generator: Of the choice.

    Returns:
        `(row, step)`, True = the candidate; none in a row that has no word of the kind.
    """
    is_cloze = generator.random((len(ids), 1)) < share
    may = real & (np.isin(ids, giveaways) == is_cloze)
    lot = np.where(may, generator.random(ids.shape), -1)
    return may & (lot == lot.max(axis=1, keepdims=True))
