from itertools import accumulate

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from padleak.data import Sequences
from padleak.errors import InputError

ROWS = st.lists(st.lists(st.integers(1, 99), max_size=6), min_size=1, max_size=8)


def gather(rows: list) -> Sequences:
    return Sequences.from_rows(rows, np.arange(len(rows)))


def as_lists(sequences: Sequences) -> list[list]:
    return [row.tolist() for row in sequences]


@given(rows=ROWS)
def test_rows_come_back_as_they_went_in(rows):
    sequences = gather(rows)
    assert as_lists(sequences) == rows
    assert sequences.offsets.tolist() == list(accumulate(map(len, rows), initial=0))
    assert sequences.lengths.tolist() == list(map(len, rows))


@given(rows=ROWS, data=st.data())
def test_take_by_index_follows_the_given_order(rows, data):
    chosen = data.draw(st.lists(st.integers(0, len(rows) - 1), max_size=10))
    taken = gather(rows).take(np.array(chosen, dtype=int))
    assert as_lists(taken) == [rows[index] for index in chosen]
    assert taken.labels.tolist() == chosen


@given(rows=ROWS, data=st.data())
def test_take_by_mask_keeps_the_marked_rows(rows, data):
    keep = data.draw(st.lists(st.booleans(), min_size=len(rows), max_size=len(rows)))
    taken = gather(rows).take(np.array(keep))
    assert as_lists(taken) == [row for row, kept in zip(rows, keep) if kept]
    assert taken.labels.tolist() == [index for index, kept in enumerate(keep) if kept]


@given(rows=ROWS, length=st.integers(1, 8))
def test_truncate_cuts_off_the_named_end(rows, length):
    sequences = gather(rows)
    assert as_lists(sequences.truncate(length, "post")) == [row[:length] for row in rows]
    assert as_lists(sequences.truncate(length, "pre")) == [row[-length:] for row in rows]
    assert sequences.truncate(length).labels.tolist() == sequences.labels.tolist()


@given(rows=ROWS)
def test_by_length_lists_the_rows_of_each_length_shortest_first(rows):
    groups = gather(rows).by_length()
    expected = {n: [i for i, row in enumerate(rows) if len(row) == n] for n in sorted(set(map(len, rows)))}
    assert [(n, group.tolist()) for n, group in groups.items()] == list(expected.items())


def test_features_are_cut_by_time():
    rows = [np.arange(6.0).reshape(3, 2), np.zeros((0, 2)), np.array([[7.5, 8.5]])]
    sequences = gather(rows)
    assert sequences.has_features
    assert sequences.values.dtype == np.float32
    assert as_lists(sequences) == [row.tolist() for row in rows]
    assert as_lists(sequences.truncate(2, "pre"))[0] == [[2.0, 3.0], [4.0, 5.0]]


def test_tokens_are_not_features():
    sequences = gather([[1, 2], [3]])
    assert not sequences.has_features
    assert sequences.values.dtype == np.int32


def test_with_values_keeps_cuts_and_labels():
    sequences = gather([[1, 2], [3]])
    changed = sequences.with_values(sequences.values * 10)
    assert as_lists(changed) == [[10, 20], [30]]
    assert changed.labels.tolist() == [0, 1]


@pytest.mark.parametrize("index", [-1, 2])
def test_index_outside_raises(index):
    with pytest.raises(IndexError):
        gather([[1], [2]])[index]


@pytest.mark.parametrize("offsets", [[1, 3], [0, 2], [0, 4], [0, 2, 1, 3]])
def test_offsets_that_do_not_cut_the_values_raise(offsets):
    with pytest.raises(InputError, match=r"^offsets must be rising from 0 to 3"):
        Sequences(np.array([7, 8, 9]), np.array(offsets), np.zeros(len(offsets) - 1))


@pytest.mark.parametrize(
    ("act", "argument"),
    [
        (lambda: Sequences.from_rows([[1], [2]], [0]), "labels"),
        (lambda: Sequences.from_rows([], []), "rows"),
        (lambda: gather([[1]]).truncate(0), "length"),
        (lambda: gather([[1]]).truncate(1, "left"), "truncating"),
    ],
    ids=["labels", "rows", "length", "truncating"],
)
def test_errors_name_the_argument(act, argument):
    with pytest.raises(InputError, match=rf"^{argument} must be") as caught:
        act()
    assert caught.value.argument == argument
