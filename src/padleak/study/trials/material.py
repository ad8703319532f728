"""The texts of a language trial: padded to train and test on, and as they were written for tasks."""

import functools
from typing import NamedTuple

import numpy as np

from padleak.data.corpus import load_corpus
from padleak.data.padding import pad
from padleak.data.pairs import load_pairs
from padleak.data.sequences import Sequences
from padleak.data.vocabulary import UNKNOWN
from padleak.data.word_order import word_orders
from padleak.errors import InputError
from padleak.models.objectives import Texts

_LONGEST_TARGET, _KEPT_WHOLE = 16, 0.98
"""Targets are cut where this share of them is whole, lest most of their steps be fill."""
_FEWEST_TESTS = 10


class Material(NamedTuple):
    """Two pools of rows; none is in both.

    Attributes:
        train, test: Padded at the end; those to train on in the order asked for, those to test on in their own.
        task_train, task_test: The same texts in their own order, labelled with their topic, and without giveaways.
        words, target_words: Sizes of the vocabularies.
        topics: Names of the topics.
        giveaways: Ids of words that give the topic away.
    """

    train: Texts
    test: Texts
    task_train: Sequences
    task_test: Sequences
    words: int
    target_words: int
    topics: tuple[str, ...]
    giveaways: tuple[int, ...]

    @property
    def filled(self) -> float:
        """Share of the steps to train on that are words."""
        return float(self.train.real.mean())


@functools.lru_cache(maxsize=2)
def material_of(data: str, paired: bool, length: int, word_order: str, seed: int) -> Material:
    """The texts of a source, cut to rows of at most `length` words.

    Args:
        data: A corpus, or pairs where `paired`.
        length: Of a row.
        word_order: A name of `word_orders`.
        seed: Of the order.
    """
    source = load_pairs(data).openings(length) if paired else load_corpus(data)
    train, test = (source.train, source.test) if paired else source.windows(length)
    ordered = word_orders[word_order](train, np.random.default_rng([seed, 2]))
    seen = {row.tobytes() for row in train}
    fresh = np.array([row.tobytes() not in seen for row in test])
    if fresh.sum() < _FEWEST_TESTS:
        raise InputError(
            data,
            f"of at least {_FEWEST_TESTS} texts to test on that have {length // 2} words or more",
            int(fresh.sum()),
        )
    test = test.take(fresh)
    targets = (source.train_targets, source.test_targets.take(fresh)) if paired else (None, None)
    steps = _steps_of(targets[0]) if paired else 0
    giveaways = getattr(source, "giveaways", ())
    return Material(
        *(_pad(rows, length, told, steps) for rows, told in zip((ordered, test), targets)),
        *(_hide(rows, giveaways) for rows in (train, test)),
        source.words, getattr(source, "target_words", 0), source.topics, giveaways,
    )  # fmt: skip


def _steps_of(targets: Sequences) -> int:
    """As many as nearly all of them have."""
    return int(min(_LONGEST_TARGET, np.quantile(targets.lengths, _KEPT_WHOLE, method="higher")))


def _pad(rows: Sequences, length: int, targets: Sequences | None, steps: int) -> Texts:
    padded = pad(rows, length, "post")
    if targets is None:
        return Texts(padded.inputs, padded.mask)
    told = pad(targets, steps, "post")
    return Texts(padded.inputs, padded.mask, told.inputs, told.mask)


def _hide(rows: Sequences, words: tuple[int, ...]) -> Sequences:
    """Texts in which certain words are unknown."""
    return rows.with_values(np.where(np.isin(rows.values, words), UNKNOWN, rows.values).astype(rows.values.dtype))
