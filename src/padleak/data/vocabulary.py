"""Words to ids, with two ids that no word may take."""

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from padleak.arguments import check_kind, check_whole
from padleak.errors import InputError

FILL = 0
"""Id of a fill step. No word has it, unless an experiment asks for that fault with `collide`."""

UNKNOWN = 1
"""Id of every word outside the vocabulary."""

FIRST_WORD = 2
"""Id of the most frequent word."""

_WORD = re.compile(r"[^\W_]+(?:'[^\W_]+)?")


def split_words(text: str) -> list[str]:
    """Lower-case words of a text; an apostrophe inside a word stays.

    >>> split_words("It doesn't leak: f(x_1)!")
    ['it', "doesn't", 'leak', 'f', 'x', '1']
    """
    return _WORD.findall(text.lower())


@dataclass(frozen=True)
class Vocabulary:
    """The words that have an id of their own, the most frequent first.

    >>> vocabulary = Vocabulary.of([["the", "cat"], ["the", "dog"]], size=3)
    >>> vocabulary.encode(["the", "bird"])
    [2, 1]
    """

    words: tuple[str, ...]

    def __post_init__(self):
        _check_words("words", self.words)
        if len(set(self.words)) < len(self.words):
            raise InputError("words", "all different", Counter(self.words).most_common(1)[0][0])

    @classmethod
    def of(cls, texts: Iterable[list[str]], size: int) -> "Vocabulary":
        """The `size` ids that cover most of the texts, reserved ones included; ties in alphabetical order."""
        check_whole("words", size)
        if size <= FIRST_WORD:
            raise InputError("words", f"at least {FIRST_WORD + 1}: fill, unknown and one word", size)
        check_kind("texts", texts, Iterable, "lists of words")
        counts: Counter[str] = Counter()
        for text in texts:
            check_kind("texts", text, list | tuple, "lists of words")
            counts.update(text)
        _check_words("texts", tuple(counts))
        ranked = sorted(counts, key=lambda word: (-counts[word], word))
        return cls(tuple(ranked[: size - FIRST_WORD]))

    @property
    def size(self) -> int:
        """Number of ids, the two reserved ones included."""
        return len(self.words) + FIRST_WORD

    def encode(self, text: list[str]) -> list[int]:
        """Ids of the words of a text."""
        _check_words("text", text)
        ids = self._ids()
        return [ids.get(word, UNKNOWN) for word in text]

    def encode_all(self, texts: Iterable[list[str]]) -> list[list[int]]:
        """Ids of many texts."""
        ids = self._ids()
        return [[ids.get(word, UNKNOWN) for word in text] for text in texts]

    def _ids(self) -> dict[str, int]:
        return {word: number for number, word in enumerate(self.words, start=FIRST_WORD)}


def _check_words(argument: str, words: Sequence[str]) -> None:
    check_kind(argument, words, list | tuple, "a list of words")
    for word in words:
        check_kind(argument, word, str, "a list of words")


def collide(values: np.ndarray, size: int) -> np.ndarray:
    """Renumber ids so that the first word takes the fill id, as a vocabulary that starts at 0 has it.

    Args:
        values: Token ids of a vocabulary with reserved ids, `(steps,)`.
        size: Number of ids; the unknown word moves to the last one in use.

    >>> collide(np.array([2, 3, 1]), size=4)
    array([0, 1, 2], dtype=int32)
    """
    return np.where(values == UNKNOWN, size - FIRST_WORD, values - FIRST_WORD).astype(np.int32)
