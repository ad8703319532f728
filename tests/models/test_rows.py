"""Batches: contracts over every batching, and what each is for."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from padleak.data import Sequences, pad
from padleak.models.packing import first_fit
from padleak.models.rows import Batch, EqualLengthRows, Rows, TrimmedRows, batchings


def make_sequences(n: int = 100, longest: int = 30) -> Sequences:
    """Rows that hold their own label in every real step, so that no step can get lost or end up in another row."""
    lengths = np.random.default_rng(0).integers(1, longest + 1, size=n)
    return Sequences.from_rows([np.full(length, row + 2) for row, length in enumerate(lengths)], np.arange(n))


@pytest.mark.parametrize("side", ["pre", "post", "both"])
@pytest.mark.parametrize("name", batchings.names())
class TestEveryBatching:
    def test_no_real_step_is_lost(self, name, side):
        sequences = make_sequences()
        rows = batchings[name](sequences, lambda s: pad(s, 30, side))
        seen = set()
        for batch in rows.batches(25, np.random.default_rng(1)):
            assert (batch.inputs[~batch.mask] == 0).all()
            for index, label in enumerate(batch.labels.tolist()):
                rows, steps = np.nonzero(batch.inputs == label + 2)
                assert len(steps) == sequences.lengths[label] and batch.mask[rows, steps].all()
                if batch.places is None:
                    assert (rows == index).all()
                else:
                    assert (rows == batch.places.rows[index]).all() and steps.max() == batch.places.steps[index]
                seen.add(label)
        assert seen == set(range(100))

    def test_batches_have_one_size_and_the_order_hangs_on_the_generator(self, name, side):
        rows = batchings[name](make_sequences(), lambda s: pad(s, 30, side))
        first, again, other = (list(rows.batches(25, np.random.default_rng(seed))) for seed in (1, 1, 2))
        assert {len(batch.labels) for batch in first} == {25}
        assert all(np.array_equal(a.labels, b.labels) for a, b in zip(first, again))
        assert not all(np.array_equal(a.labels, b.labels) for a, b in zip(first, other))

    def test_one_shape_is_kept_where_it_is_promised(self, name, side):
        rows = batchings[name](make_sequences(), lambda s: pad(s, 30, side))
        shapes = {batch.inputs.shape for batch in rows.batches(25, np.random.default_rng(1))}
        assert len(shapes) == 1 or not batchings.facts(name).get("one_shape")

    def test_all_rows_are_there_for_validation(self, name, side):
        rows = batchings[name](make_sequences(), lambda s: pad(s, 30, side))
        assert sorted(np.concatenate([batch.labels for batch in rows.rectangles()])) == list(range(100))


def computed_steps(name: str) -> int:
    rows = batchings[name](make_sequences(), lambda s: pad(s, 64, "post"))
    return sum(batch.mask.size for batch in rows.batches(25, np.random.default_rng(1)))


def test_batch_maximum_and_buckets_spare_fill():
    real = make_sequences().lengths.sum()
    assert real < computed_steps("packed") < computed_steps("batch_maximum")
    assert real < computed_steps("bucketed") < computed_steps("batch_maximum") < computed_steps("rectangle") == 6400


@pytest.mark.parametrize(("side", "first"), [("post", 0), ("pre", 14)])
def test_a_trimmed_batch_is_a_multiple_of_eight_wide(side, first):
    padded = pad(Sequences.from_rows([[2] * 9, [3] * 11], np.arange(2)), 30, side)
    trimmed = Batch(padded.inputs, padded.mask, np.arange(2)).trim()
    assert trimmed.inputs.tolist() == padded.inputs[:, first : first + 16].tolist()
    assert trimmed.mask.sum() == 20


def test_batches_cover_an_epoch_in_one_shape():
    batches = list(
        Rows(pad(make_sequences(256, 12), 12, "post"), np.arange(256)).batches(100, np.random.default_rng(0))
    )
    assert [len(batch.labels) for batch in batches] == [100, 100]
    assert len(set(np.concatenate([batch.labels for batch in batches]).tolist())) == 200


def test_equal_length_batches_have_no_fill_and_cover_every_row():
    sequences = Sequences.from_rows([[2] * n for n in (3, 5, 3, 4, 3)], np.arange(5))
    batches = list(EqualLengthRows(sequences).batches(2, np.random.default_rng(0)))
    assert all(batch.mask.all() and (batch.inputs != 0).all() for batch in batches)
    assert sorted(np.concatenate([batch.labels for batch in batches])) == [0, 1, 2, 3, 4]


def test_trimmed_rows_take_the_batches_that_rows_take():
    padded = pad(make_sequences(), 30, "post")
    plain, trimmed = (
        list(kind(padded, np.arange(100)).batches(25, np.random.default_rng(3))) for kind in (Rows, TrimmedRows)
    )
    assert all(np.array_equal(a.labels, b.labels) for a, b in zip(plain, trimmed))


def test_packed_batches_hold_the_sequences_that_the_rectangle_s_hold():
    plain, packed = (
        list(batchings[name](make_sequences(), lambda s: pad(s, 30, "post")).batches(25, np.random.default_rng(3)))
        for name in ("rectangle", "packed")
    )
    assert [sorted(batch.labels) for batch in plain] == [sorted(batch.labels) for batch in packed]


@given(st.lists(st.lists(st.integers(1, 9), min_size=6, max_size=6), min_size=1, max_size=5))
def test_first_fit_overlaps_nothing_and_opens_no_row_too_early(lengths):
    lengths = np.array(lengths)
    for batch, rows, starts in zip(lengths, *first_fit(lengths, 9)):
        taken = [
            (row, step) for row, start, length in zip(rows, starts, batch) for step in range(start, start + length)
        ]
        assert len(set(taken)) == len(taken) and max(step for _, step in taken) < 9
        used = np.zeros(6, int)
        for row, length in zip(rows, batch):
            assert (used[:row] + length > 9).all()
            used[row] += length


def test_rows_of_equal_length_can_be_read_at_their_ends():
    sequences = make_sequences()
    (everything,) = EqualLengthRows(sequences, at_ends=True).rectangles()
    assert everything.places.steps.tolist() == (sequences.lengths - 1).tolist()
    for batch in EqualLengthRows(sequences, at_ends=True).batches(25, np.random.default_rng(0)):
        assert batch.mask.all() and set(batch.places.steps) == {batch.mask.shape[1] - 1}
