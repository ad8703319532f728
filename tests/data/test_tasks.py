"""Tasks: classes that can be told from the texts, and by nothing else."""

import numpy as np
import pytest

from padleak.data.corpus import load_corpus
from padleak.data.corruption import cloze_like
from padleak.data.sequences import Sequences
from padleak.data.tasks import tasks


@pytest.mark.parametrize("name", tasks.names())
def test_lengths_stay_and_a_seed_gives_the_same(name):
    texts = Sequences.from_rows(np.random.default_rng(0).integers(2, 99, (60, 20)), np.arange(60) % 3)
    first, second = (tasks[name](texts, np.random.default_rng(5)) for _ in range(2))
    np.testing.assert_array_equal(first.values, second.values)
    np.testing.assert_array_equal(first.labels, second.labels)
    np.testing.assert_array_equal(first.offsets, texts.offsets)


def test_order_shuffles_half_of_the_texts():
    texts = Sequences.from_rows([np.arange(2, 2 + size) for size in (18, 25, 32, 16, 20, 31)] * 20, np.zeros(120))
    asked = tasks["order"](texts, np.random.default_rng(0))
    assert asked.labels.sum() == 60
    for label, before, after in zip(asked.labels, texts, asked):
        assert sorted(after) == sorted(before)
        assert np.array_equal(before, after) == (label == 0)


def test_in_a_cloze_corpus_one_word_tells_the_topic_and_others_lean():
    corpus = load_corpus("cloze?texts=4000")
    words = corpus.train.values.reshape(-1, 12)
    half = len(corpus.giveaways) // 2
    for topic, own in enumerate((corpus.giveaways[:half], corpus.giveaways[half:])):
        assert (np.isin(words, own).sum(axis=1) == (corpus.train.labels == topic)).all()
    others = words[~np.isin(words, corpus.giveaways)]
    assert others.max() < corpus.words and (np.bincount(others, minlength=corpus.words) > 0).sum() > 190
    # The likeliest topic from leaning words alone, with the shares known: right far more often than by chance.
    rates = [np.bincount(words[corpus.train.labels == topic].ravel(), minlength=corpus.words) + 1.0 for topic in (0, 1)]
    odds = np.log(rates[1] / rates[1].sum()) - np.log(rates[0] / rates[0].sum())
    odds[list(corpus.giveaways)] = 0
    told = odds[corpus.test.values.reshape(-1, 12)].sum(axis=1) > 0
    assert 0.75 < (told == corpus.test.labels).mean() < 0.95


@pytest.mark.parametrize("share", [0.0, 0.3, 1.0])
def test_one_word_of_a_row_is_the_candidate_and_of_the_right_kind(share):
    generator = np.random.default_rng(0)
    ids = generator.integers(10, 50, (3000, 8))
    ids[np.arange(3000), generator.integers(8, size=3000)] = 2
    candidates = cloze_like(ids, np.ones(ids.shape, bool), (2, 3), share, generator)
    assert (candidates.sum(axis=1) == 1).all()
    assert (ids[candidates] == 2).mean() == pytest.approx(share, abs=0.04)


def test_a_row_without_a_word_of_the_kind_has_no_candidate():
    ids = np.array([[5, 6, 7], [2, 6, 7]])
    candidates = cloze_like(ids, np.ones((2, 3), bool), (2,), 1.0, np.random.default_rng(0))
    assert candidates.tolist() == [[False] * 3, [True, False, False]]
