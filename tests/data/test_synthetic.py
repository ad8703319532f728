import functools
from collections import Counter

import numpy as np
import pytest

from padleak.data import Dataset
from padleak.data.dataset import Source
from padleak.errors import InputError

TOKENS = [
    "first_token",
    "first_token?length=40&classes=3&words=9",
    "first_token?length=4&classes=2&words=5",
    "keyword",
    "keyword?length=4&words=4",
    "majority",
    "majority?length=40&margin=0.01",
    "majority?length=4&margin=1&words=5",
    "order",
    "order?length=8&words=5",
]
FEATURES = ["adding", "adding?length=8", "frequency", "frequency?length=40&classes=7&noise=0"]
CLASSES = [source for source in [*TOKENS, *FEATURES] if not source.startswith("adding")]


@functools.cache
def read(source: str) -> Dataset:
    return Source.parse(source).read()


def named(*names: str):
    return pytest.mark.parametrize("source", [s for s in [*TOKENS, *FEATURES] if s.split("?")[0] in names])


def options(source: str) -> dict[str, str]:
    return {"length": "24", **Source.parse(source).options}


def labelled_rows(source: str):
    for pool in (read(source).train, read(source).test):
        yield from zip(pool, pool.labels)


@named("first_token")
def test_first_token_alone_tells_the_class(source):
    classes = len(read(source).classes)
    for row, label in labelled_rows(source):
        assert row[0] == 2 + label
        assert min(row[1:]) >= 2 + classes


@named("keyword")
def test_keyword_stands_once_where_it_is_present_and_nowhere_else(source):
    for row, label in labelled_rows(source):
        assert row.tolist().count(2) == label


@named("majority")
def test_majority_mark_leads_by_the_margin(source):
    margin = float(options(source).get("margin", 0.2))
    for row, label in labelled_rows(source):
        first, second = row.tolist().count(2), row.tolist().count(3)
        assert label == (second > first)
        assert abs(second - first) == max(1, round(margin * len(row)))


@named("order")
def test_order_is_told_by_two_marks_that_stand_once_each(source):
    for row, label in labelled_rows(source):
        row = row.tolist()
        assert (row.count(2), row.count(3)) == (1, 1)
        assert label == (row.index(3) < row.index(2))


@named("adding")
def test_adding_is_the_sum_of_one_marked_number_in_each_half(source):
    for row, target in labelled_rows(source):
        numbers, marks = row.T
        half = len(row) // 2
        assert sorted(set(marks)) == [0, 1]
        assert (marks[:half].sum(), marks[half:].sum()) == (1, 1)
        assert target == pytest.approx(sum(numbers[marks == 1]), abs=1e-6)
        assert 0 <= numbers.min() <= numbers.max() <= 1


def fit_sines(source: str) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Residual sums of squares `(n, classes)` of a sine of each frequency, the labels and the lengths."""
    data = read(source)
    frequencies = [0.4 * number / len(data.classes) for number in range(1, len(data.classes) + 1)]
    residuals, labels, lengths = [], [], []
    for length, rows in data.train.by_length().items():
        waves = np.stack([data.train[row][:, 0] for row in rows], axis=1).astype(float)
        angles = [2 * np.pi * frequency * np.arange(length) for frequency in frequencies]
        designs = [np.stack([np.sin(angle), np.cos(angle)], axis=1) for angle in angles]
        fits = [design @ np.linalg.lstsq(design, waves)[0] for design in designs]
        residuals.append(np.stack([((waves - fit) ** 2).sum(axis=0) for fit in fits], axis=1))
        labels.append(data.train.labels[rows])
        lengths.append(np.full(len(rows), length))
    return np.concatenate(residuals), np.concatenate(labels), np.concatenate(lengths)


@pytest.mark.parametrize("source", ["frequency?noise=0", "frequency?length=40&classes=7&noise=0"])
def test_frequency_without_noise_is_recovered_by_least_squares(source):
    residuals, labels, _ = fit_sines(source)
    assert np.array_equal(residuals.argmin(axis=1), labels)
    assert residuals.min(axis=1).max() < 1e-8


def test_frequency_has_the_noise_asked_for():
    residuals, labels, lengths = fit_sines("frequency?noise=0.7")
    noise = residuals[np.arange(len(labels)), labels].sum() / (lengths - 2).sum()
    assert np.sqrt(noise) == pytest.approx(0.7, rel=0.02)


@pytest.mark.parametrize("source", [*TOKENS, *FEATURES])
def test_lengths_are_uniform_between_a_quarter_and_the_whole(source):
    length = int(options(source)["length"])
    counts = Counter(read(source).train.lengths.tolist())
    expected = sum(counts.values()) / len(counts)
    assert sorted(counts) == list(range(max(length // 4, 4), length + 1))
    assert all(abs(count - expected) <= 5 * np.sqrt(expected) for count in counts.values())


@pytest.mark.parametrize("source", TOKENS)
def test_tokens_are_words_of_the_vocabulary(source):
    data = read(source)
    for pool in (data.train, data.test):
        assert 2 <= pool.values.min() <= pool.values.max() < data.words


@pytest.mark.parametrize("source", CLASSES)
def test_classes_are_equally_frequent(source):
    data = read(source)
    for pool in (data.train, data.test):
        expected = len(pool) / len(data.classes)
        assert set(pool.labels.tolist()) == set(range(len(data.classes)))
        assert (np.abs(np.bincount(pool.labels) - expected) <= 5 * np.sqrt(expected)).all()


def test_adding_has_no_classes():
    assert read("adding").classes == ()


@pytest.mark.parametrize("source", ["first_token", "keyword", "majority", "order", "adding", "frequency"])
def test_two_loads_are_equal_and_their_pools_differ(source):
    first, second = Source.parse(source).read(), Source.parse(source).read()
    for one, other in ((first.train, second.train), (first.test, second.test)):
        assert np.array_equal(one.values, other.values)
        assert np.array_equal(one.offsets, other.offsets)
        assert np.array_equal(one.labels, other.labels)
    assert not np.array_equal(first.train.lengths[:100], first.test.lengths[:100])


@pytest.mark.parametrize(
    "source",
    [
        "first_token?length=3",
        "first_token?classes=1",
        "first_token?words=6",
        "keyword?length=3",
        "keyword?words=3",
        "majority?length=3",
        "majority?margin=0",
        "majority?margin=1.1",
        "majority?margin=nan",
        "majority?words=4",
        "order?length=7",
        "order?words=4",
        "adding?length=7",
        "frequency?length=7",
        "frequency?classes=1",
        "frequency?classes=17",
        "frequency?noise=-0.1",
        "frequency?noise=inf",
    ],
)
def test_a_knob_out_of_bounds_is_named(source):
    (knob,) = Source.parse(source).options
    with pytest.raises(InputError, match=rf"^{knob} must be (at least|between)"):
        Source.parse(source).read()
