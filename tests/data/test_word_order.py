"""Every order keeps what it must, and destroys what it says."""

from collections import Counter

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from padleak.data.sequences import Sequences
from padleak.data.word_order import shuffle_groups, word_orders

TEXTS = st.lists(st.lists(st.integers(2, 9), max_size=12), min_size=1, max_size=6).filter(any)


@pytest.mark.parametrize("name", word_orders.names())
@settings(max_examples=20, deadline=None)
@given(rows=TEXTS, seed=st.integers(0, 9))
def test_lengths_and_labels_stay_and_a_seed_gives_the_same(name, rows, seed):
    texts = Sequences.from_rows([np.array(row, int) for row in rows], range(len(rows)))
    first, second = (word_orders[name](texts, np.random.default_rng(seed)) for _ in range(2))
    np.testing.assert_array_equal(first.values, second.values)
    np.testing.assert_array_equal(first.offsets, texts.offsets)
    np.testing.assert_array_equal(first.labels, texts.labels)
    assert set(first.values) <= set(texts.values)


@settings(max_examples=30, deadline=None)
@given(rows=TEXTS, size=st.integers(1, 5), seed=st.integers(0, 9))
def test_groups_of_a_text_are_all_there_and_whole(rows, size, seed):
    texts = Sequences.from_rows([np.array(row, int) for row in rows], range(len(rows)))
    for before, after in zip(texts, shuffle_groups(texts, size, np.random.default_rng(seed))):
        groups = [tuple(before[start : start + size]) for start in range(0, len(before), size)]
        assert Counter(before) == Counter(after)
        assert can_be_cut_into(tuple(after), Counter(groups))


def can_be_cut_into(words, groups):
    """Whether some order of the groups gives the words."""
    if not words:
        return not any(groups.values())
    return any(
        can_be_cut_into(words[len(group) :], groups - Counter([group]))
        for group in list(groups)
        if words[: len(group)] == group
    )


def test_orders_differ_and_the_corpus_keeps_frequencies_alone():
    generator = np.random.default_rng(0)
    texts = Sequences.from_rows(np.sort(generator.integers(2, 200, (50, 40)), axis=1), np.zeros(50))
    pairs = {}
    for name in word_orders:
        other = word_orders[name](texts, np.random.default_rng(1)).values.reshape(50, 40)
        pairs[name] = (np.diff(other, axis=1) >= 0).mean()
    assert pairs["natural"] == 1 > pairs["shuffled_4"] > pairs["shuffled_2"] > pairs["shuffled_1"] + 0.1
    assert abs(pairs["corpus"] - 0.5) < 0.05
    drawn = word_orders["corpus"](texts, generator)
    assert not all(Counter(a) == Counter(b) for a, b in zip(texts, drawn))
