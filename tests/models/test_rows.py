"""Batches: contracts over every batching, and what each is for."""

import numpy as np
import pytest

from padleak.data import Sequences, pad
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
            for inputs, mask, label in zip(*batch):
                assert (inputs[mask] == label + 2).all() and (inputs[~mask] == 0).all()
                assert mask.sum() == sequences.lengths[label]
                seen.add(int(label))
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
