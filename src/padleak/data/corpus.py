"""Texts to learn a language from: a pool to train on and one to test on, in windows of words.

A corpus is named as a data set is: `docstrings?words=4000`, `text:book.txt`. To add one, write one decorated function in a file
of this folder.
"""

import functools
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from padleak.arguments import check_kind, check_whole
from padleak.data import docstrings as library_docstrings
from padleak.data.dataset import Source, load
from padleak.data.files import choose_test_rows, one_file, parse
from padleak.data.sequences import Sequences
from padleak.data.vocabulary import FIRST_WORD, Vocabulary, split_words
from padleak.errors import InputError
from padleak.memory import check_fits
from padleak.registry import Registry

corpora = Registry("corpus", package="padleak.data")
"""Functions `(path?, **options) -> Corpus`. Facts: `files` and `version`, as of data sets."""

_SHORTEST = 8
"""Words; shorter lines tell nothing of what stands around a word."""


FEWEST = 50
"""Texts; some of fewer would hardly be enough to test on."""
_LABEL_WORDS, _LEANERS, _NEUTRAL = 4, 40, 120
"""Words of `cloze` that tell a topic, that lean towards one (each of both), and that do neither."""
_LEANING, _LEANS_RIGHT = 0.2, 0.8
"""Share of its words that lean, and of these the share that leans towards the text's topic."""


@dataclass(frozen=True, eq=False)
class Corpus:
    """Texts as word ids.

    Attributes:
        train, test: Whole texts, labelled with their topic; no text of one is in the other.
        words: Number of ids, those of fill and of unknown words included.
        topics: Names of the topics, in the order of their numbers; a single one where none are known.
        giveaways: Ids of words that tell the topic of their text for certain.
    """

    train: Sequences
    test: Sequences
    words: int
    topics: tuple[str, ...]
    giveaways: tuple[int, ...] = ()

    def windows(self, length: int) -> tuple[Sequences, Sequences]:
        """Both pools cut into windows of at most `length` words."""
        return cut(self.train, length), cut(self.test, length)


def cut(texts: Sequences, length: int) -> Sequences:
    """Texts in windows of `length` words one after another; what is left of a text is one more if it is half as long.

    So padded windows hold little fill.

    >>> texts = Sequences.from_rows([range(2, 27), range(2, 6)], [0, 1])
    >>> windows = cut(texts, 10)
    >>> windows.lengths.tolist(), windows.labels.tolist()
    ([10, 10, 5], [0, 0, 0])
    """
    check_whole("length", length)
    if length < _SHORTEST:
        raise InputError("length", f"at least {_SHORTEST}", length)
    counts = -(-texts.lengths // length)
    text = np.repeat(np.arange(len(texts)), counts)
    place = np.arange(len(text)) - np.repeat(np.cumsum(counts) - counts, counts)
    starts = texts.offsets[:-1][text] + place * length
    lengths = np.minimum(length, texts.offsets[1:][text] - starts)
    kept = 2 * lengths >= length
    return texts.gather(starts[kept], lengths[kept], texts.labels[text][kept])


@corpora.add(version=library_docstrings.version)
def docstrings(*, words: int = 2000) -> Corpus:
    """Whole docstrings of matplotlib, numpy, pandas and scipy; the topic is the library."""
    data = load(f"docstrings?text=whole&words={words}")
    return Corpus(data.train, data.test, data.words, data.classes)


@corpora.add(files=one_file)
def text(path: str, *, words: int = 2000) -> Corpus:
    """The lines of a plain text file, from 8 words on, each once; no topics."""
    lines = parse(Path(path), lambda: Path(path).read_text(encoding="utf-8").splitlines())
    texts = [tokens for tokens in map(split_words, dict.fromkeys(lines)) if len(tokens) >= _SHORTEST]
    testing = choose_test_rows(" ".join(tokens).encode() for tokens in texts)
    if len(texts) < FEWEST or testing.all() or not testing.any():
        raise InputError(path, f"of at least {FEWEST} different lines of {_SHORTEST} words or more", len(texts))
    vocabulary = Vocabulary.of((tokens for tokens, out in zip(texts, testing) if not out), words)
    sequences = Sequences.from_rows(vocabulary.encode_all(texts), np.zeros(len(texts), int))
    return Corpus(sequences.take(~testing), sequences.take(testing), vocabulary.size, ("text",))


@corpora.add
def cloze(*, texts: int = 6000, length: int = 12) -> Corpus:
    """Made-up texts with one word each that tells the topic.

    Most of the others tell nothing, some lean towards a topic: the cloze tasks of Zhang and Hashimoto (2021, arXiv:2104.05694).
    """
    check_whole("texts", texts, 2 * FEWEST)
    check_whole("length", length, _SHORTEST)
    check_fits("texts and length", f"{texts} and {length}", (texts, length), np.float64)
    generator = np.random.default_rng(0)
    topic = generator.integers(2, size=texts)
    telling = generator.random((texts, length)) < _LEANING
    side = np.where(generator.random((texts, length)) < _LEANS_RIGHT, topic[:, None], 1 - topic[:, None])
    lean = _NEUTRAL + _LEANERS * side + generator.integers(_LEANERS, size=side.shape)
    ids = np.where(telling, lean, generator.integers(_NEUTRAL, size=side.shape))
    first = FIRST_WORD + 2 * _LABEL_WORDS
    ids = ids + first
    ids[np.arange(texts), generator.integers(length, size=texts)] = (
        FIRST_WORD + _LABEL_WORDS * topic + generator.integers(_LABEL_WORDS, size=texts)
    )
    whole = Sequences.from_rows(ids, topic)
    half = np.arange(texts) < texts // 2
    words = first + _NEUTRAL + 2 * _LEANERS
    return Corpus(whole.take(half), whole.take(~half), words, ("left", "right"), tuple(range(FIRST_WORD, first)))


def load_corpus(source: str) -> Corpus:
    """Read a corpus, once per process.

    Args:
        source: As described at the head of this module.

    Raises:
        InputError: Unknown name or option, missing file, or too few texts.
    """
    check_kind("source", source, str, "the name of a corpus")
    return _read(source)


@functools.lru_cache(maxsize=4)
def _read(source: str) -> Corpus:
    return Source.parse(source, corpora).read()
