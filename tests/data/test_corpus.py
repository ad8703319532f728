"""Corpora: pools that share no text, windows that lose no word they need not."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from padleak.data.corpus import corpora, cut, load_corpus
from padleak.data.sequences import Sequences
from padleak.data.vocabulary import FIRST_WORD
from padleak.errors import InputError


@settings(max_examples=40, deadline=None)
@given(lengths=st.lists(st.integers(0, 60), min_size=1, max_size=12), length=st.integers(8, 40))
def test_windows_are_those_of_a_loop(lengths, length):
    numbers = iter(range(10**6))
    rows = [[next(numbers) for _ in range(size)] for size in lengths]
    offsets = np.concatenate([[0], np.cumsum(lengths)])
    texts = Sequences(np.array([word for row in rows for word in row], "int32"), offsets, np.arange(len(rows)))
    expected = [
        (label, row[start : start + length])
        for label, row in enumerate(rows)
        for start in range(0, len(row), length)
        if 2 * len(row[start : start + length]) >= length
    ]
    windows = cut(texts, length)
    assert [(label, window.tolist()) for label, window in zip(windows.labels, windows)] == expected


def test_docstrings_are_long_texts_of_four_libraries():
    corpus = load_corpus("docstrings?words=1000")
    assert corpus.topics == ("matplotlib", "numpy", "pandas", "scipy") and corpus.words == 1000
    assert set(np.unique(corpus.train.labels)) == set(range(4))
    train, test = corpus.windows(32)
    assert len(train) > 20_000 < len(test) * 5 and train.lengths.max() == 32 and train.lengths.min() == 16
    assert train.values.min() >= FIRST_WORD - 1 and train.values.max() < 1000


def test_lines_of_a_file_are_texts_and_none_is_on_both_sides(tmp_path):
    lines = [f"the {number} lines of this file all have words enough {number % 5}" for number in range(200)]
    file = tmp_path / "book.txt"
    file.write_text("\n".join([*lines, "too short", *lines[:50]]))
    corpus = load_corpus(f"text:{file}?words=300")
    train, test = ({tuple(row) for row in pool} for pool in (corpus.train, corpus.test))
    assert corpus.topics == ("text",) and len(corpus.train) + len(corpus.test) == 200
    assert not train & test and len(train) == len(corpus.train) and 30 < len(corpus.test) < 90


@pytest.mark.parametrize(
    ("source", "says"),
    [
        ("docstring", "Did you mean docstrings"),
        ("text:nowhere.txt", "corpus text must be a file that exists; got nowhere.txt"),
        ("text", "corpus text must be followed by a file"),
        ("docstrings?word=3", "Did you mean words"),
    ],
)
def test_a_wrong_source_is_told(source, says):
    with pytest.raises(InputError, match=says):
        load_corpus(source)


def test_a_file_of_few_lines_and_a_window_of_few_words_are_told(tmp_path):
    (tmp_path / "poem.txt").write_text("one two three\n")
    with pytest.raises(InputError, match="of at least 50 different lines of 8 words or more; got 0"):
        load_corpus(f"text:{tmp_path / 'poem.txt'}")
    with pytest.raises(InputError, match="length must be at least 8; got 4"):
        load_corpus("docstrings").windows(4)


@pytest.mark.parametrize("name", corpora.names())
def test_every_corpus_is_described(name):
    assert corpora.summary(name).endswith(".")
