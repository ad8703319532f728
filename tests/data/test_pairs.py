"""Pairs: who is on which side, what is left out, and how a name becomes words."""

import numpy as np
import pytest

from padleak.data.dataset import Source
from padleak.data.pairs import load_pairs, pair_sets, split_name
from padleak.data.vocabulary import FIRST_WORD
from padleak.errors import InputError


def test_docstrings_are_paired_with_the_words_of_names():
    pairs = load_pairs("docstrings?target_words=500")
    assert len(pairs.train) == len(pairs.train_targets) > 5000 < 5 * len(pairs.test)
    assert len(pairs.test) == len(pairs.test_targets) and pairs.words == 2000 and pairs.target_words == 500
    assert not {tuple(row) for row in pairs.train} & {tuple(row) for row in pairs.test if 1 not in row}
    assert pairs.topics == ("matplotlib", "numpy", "pandas", "scipy")
    assert len(np.unique(pairs.train.labels)) == 4 and (pairs.train.labels == pairs.train_targets.labels).all()


def test_quotes_within_texts_are_no_marks_of_fields(tmp_path):
    lines = [f'he said "go {number} on\tword {number}\n' for number in range(60)]
    (tmp_path / "p.tsv").write_text("".join(lines))
    pairs = load_pairs(f"pairs:{tmp_path / 'p.tsv'}")
    assert len(pairs.train) + len(pairs.test) == 60 and (pairs.train.lengths == 5).all()


def test_openings_are_first_words_of_long_sources_with_their_targets():
    pairs = load_pairs("docstrings?text=whole")
    some = pairs.openings(24)
    long = pairs.test.lengths >= 12
    assert len(some.test) == len(some.test_targets) == long.sum() and some.test.lengths.max() == 24
    last = np.flatnonzero(long)[-1]
    np.testing.assert_array_equal(some.test[len(some.test) - 1], pairs.test[int(last)][:24])
    np.testing.assert_array_equal(some.test_targets[len(some.test) - 1], pairs.test_targets[int(last)])


def ends(targets):
    return {(row[0], row[-1]) for row in targets}


@pytest.mark.parametrize("source", ["docstrings", "file"])
def test_every_target_stands_between_its_two_marks(source, tmp_path):
    if source == "file":
        (tmp_path / "p.tsv").write_text("".join(f"das wort {number}\tthe word {number}\n" for number in range(99)))
        source = f"pairs:{tmp_path / 'p.tsv'}"
    pairs = load_pairs(source)
    assert ends(pairs.train_targets) | ends(pairs.test_targets) == {(FIRST_WORD, FIRST_WORD + 1)}
    assert pairs.train_targets.lengths.min() >= 3


def test_pairs_of_a_file_stay_together_and_what_cannot_be_used_is_counted(tmp_path):
    rows = [f"quelle {number % 90} text\tziel z{number % 90}\n" for number in range(100)] + [
        "kurz\tx y\n",
        "ohne ziel hier\t\n",
    ]
    (tmp_path / "p.tsv").write_text("".join(rows))
    pairs = load_pairs(f"pairs:{tmp_path / 'p.tsv'}?words=500&target_words=500")
    assert pairs.skipped == {"repeats another source": 10, "fewer than 2 words": 1, "empty": 1}
    assert len(pairs.train) + len(pairs.test) == 90
    for sources, targets in ((pairs.train, pairs.train_targets), (pairs.test, pairs.test_targets)):
        assert (sources.lengths == 3).all() and (targets.lengths == 4).all()
    numbers = {}
    for source, target in zip(pairs.train, pairs.train_targets):
        assert numbers.setdefault(source[1], target[2]) == target[2]
    assert len(set(numbers.values())) == len(numbers) == len(pairs.train)


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("read_csv", "read csv"),
        ("LSTMCell", "lstm cell"),
        ("_getHTTPResponse2", "get http response 2"),
        ("__len__", "len"),
        ("_", ""),
    ],
)
def test_names_are_split_at_underscores_and_humps(name, words):
    assert split_name(name) == words.split()


@pytest.mark.parametrize(
    ("source", "text", "says"),
    [
        ("pairs:{}", "one column\n" * 40, "of two columns between tabs"),
        ("pairs:{}", "a b\tc\n", "of at least 50 different pairs"),
        ("pairs:{}?word=3", "a b\tc\n", "Did you mean words"),
        ("pair:{}", "a b\tc\n", "pairs must be one of docstrings, pairs; got pair"),
    ],
)
def test_what_cannot_serve_is_told(source, text, says, tmp_path):
    file = tmp_path / "p.tsv"
    file.write_text(text)
    with pytest.raises(InputError, match=says):
        load_pairs(source.format(file))


def test_a_pool_is_the_same_each_time():
    first, second = (Source.parse("docstrings", pair_sets).read() for _ in range(2))
    np.testing.assert_array_equal(first.train.values, second.train.values)
    np.testing.assert_array_equal(first.test_targets.values, second.test_targets.values)
