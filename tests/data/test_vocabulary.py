import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from padleak.data import FILL, Vocabulary
from padleak.data.vocabulary import UNKNOWN, collide, split_words
from padleak.errors import InputError

# Counts: egg 3, ham 2, tea 2, fig 1.
TEXTS = [["tea", "egg"], ["egg", "ham"], ["fig", "egg", "tea", "ham"]]


@given(texts=st.lists(st.lists(st.sampled_from("abcdefgh"), max_size=5), max_size=6), size=st.integers(3, 12))
def test_no_word_has_a_reserved_id_and_no_two_share_one(texts, size):
    vocabulary = Vocabulary.of(texts, size)
    ids = vocabulary.encode(list(vocabulary.words))
    assert sorted(ids) == list(range(2, vocabulary.size))
    assert {FILL, UNKNOWN}.isdisjoint(ids)
    assert vocabulary.size <= size


def test_frequent_words_come_first_and_ties_in_the_order_of_the_alphabet():
    assert Vocabulary.of(TEXTS, size=100).words == ("egg", "ham", "tea", "fig")


def test_words_beyond_the_size_are_unknown():
    vocabulary = Vocabulary.of(TEXTS, size=4)
    assert vocabulary.size == 4
    assert vocabulary.encode(["ham", "egg", "tea", "soup"]) == [3, 2, UNKNOWN, UNKNOWN]


def test_size_counts_the_reserved_ids():
    assert Vocabulary.of(TEXTS, size=100).size == 6


def test_many_texts_are_encoded_like_one():
    vocabulary = Vocabulary.of(TEXTS, size=5)
    assert vocabulary.encode_all([*TEXTS, []]) == [*map(vocabulary.encode, TEXTS), []]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("It isn't 'so'.", ["it", "isn't", "so"]),
        ("snake_case, Café-bar 3.14", ["snake", "case", "café", "bar", "3", "14"]),
        ("?! _ '", []),
    ],
)
def test_split_words(text, words):
    assert split_words(text) == words


@pytest.mark.parametrize("size", [3, 4, 50])
def test_collide_puts_the_first_word_on_the_fill_and_keeps_words_apart(size):
    ids = np.arange(1, size)
    collided = collide(ids, size)
    assert collided[ids == 2].tolist() == [FILL]
    assert sorted(collided.tolist()) == list(range(size - 1))


@pytest.mark.parametrize("size", [2, 0, -5])
def test_a_vocabulary_without_room_for_a_word_is_refused(size):
    with pytest.raises(InputError, match="words must be at least 3"):
        Vocabulary.of([["a"]], size)
