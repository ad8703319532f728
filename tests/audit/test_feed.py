"""Batches: what they say of their fill, and how they are laid out. No model: nothing here imports Keras."""

import numpy as np
import pytest

from padleak.audit.batch import feed_of_batch
from padleak.audit.feed import Condition, View
from padleak.audit.probe import leak_of
from padleak.errors import InputError


class TestWhatABatchSays:
    @pytest.mark.parametrize(
        ("batch", "pad_value", "steps", "sides"),
        [
            ([[5, 6, 4, 0], [7, 8, 9, 3]], 0, 3, {"post"}),
            ([[0, 5, 6, 4], [7, 8, 9, 3]], 0, 3, {"pre"}),
            ([[5, 6, 7, 1, 1], [7, 8, 9, 1, 1]], 1, 3, {"post"}),
            ([[5, 6, 7, 1, 1, 1], [7, 8, 9, 4, 3, 2]], 1, 3, {"post"}),
            ([[5, 2, 3, 7, 8, 1], [4, 5, 6, 2, 1, 1]], 1, 4, {"post"}),
            ([[5, 1, 7, 1, 1], [7, 8, 9, 1, 1]], 0, 5, set()),
            ([[5, 6, 7, 8, 8], [7, 6, 5, 4, 3]], 0, 5, set()),
        ],
    )
    def test_what_fill_holds_and_where(self, batch, pad_value, steps, sides):
        feed = feed_of_batch(np.array(batch))
        assert (feed.pad_value, feed.steps, feed.sides_seen) == (pad_value, steps, sides)

    def test_fill_that_is_no_number(self):
        values = np.random.default_rng(0).normal(size=(3, 6, 2))
        values[:, 4:] = np.nan
        feed = feed_of_batch(values)
        assert np.isnan(feed.pad_value) and feed.steps == 4

    def test_what_lies_under_a_mask(self):
        ids = np.array([[5, 6, 7, 9, 9], [3, 4, 9, 8, 9]])
        feed = feed_of_batch({"ids": ids, "mask": np.array([[1, 1, 1, 0, 0], [1, 1, 1, 1, 0]])})
        assert feed.pad_value == 9 and feed.steps == 3

    def test_what_is_likely_is_taken_where_the_batch_says_nothing(self):
        values = np.random.default_rng(0).normal(size=(3, 6, 2))
        assert feed_of_batch(values, likely_pad_value=-1.0).pad_value == -1

    @pytest.mark.parametrize("rows", [[[1, 2, 3, 4], [4, 5, 6]], [np.ones((3, 2)), 2 * np.ones((5, 2))]])
    def test_rows_of_unequal_length_are_made_level(self, rows):
        feed = feed_of_batch(rows)
        (part,) = feed.parts
        assert feed.sides_seen == {"post"} and part.values.shape[:2] == (2, min(map(len, rows)))
        assert np.array_equal(part.values[0], np.asarray(rows[0])[: feed.steps])

    def test_a_list_of_inputs_is_none_of_rows(self):
        feed = feed_of_batch([np.ones((3, 4), int), np.ones((3, 4, 2))])
        assert [part.values.shape for part in feed.parts] == [(3, 4), (3, 4, 2)]

    def test_inputs_of_one_width_have_their_own_real_steps(self):
        source, target = np.arange(1, 17).reshape(2, 8), np.array([[3, 4, 5, 0, 0, 0, 0, 0], [6, 7, 8, 9, 0, 0, 0, 0]])
        feed = feed_of_batch([source, target])
        assert feed.steps == 3 and feed.sides_seen == {"post"}
        assert [part.values.tolist() for part in feed.parts] == [source[:, :3].tolist(), target[:, :3].tolist()]

    def test_an_empty_row_is_seen_wherever_it_is(self):
        batch = np.ones((12, 5), int)
        batch[10] = 0
        assert feed_of_batch(batch).had_empty_row

    @pytest.mark.parametrize("axis", [-1, 0, 2])
    def test_an_axis_that_is_none(self, axis):
        with pytest.raises(InputError, match="time_axis must be an axis of an input"):
            feed_of_batch(np.ones((3, 4), int), time_axis=axis)


class TestComparing:
    @pytest.mark.parametrize("count", [0, 3])
    def test_units_as_many_as_steps_are_no_steps(self, count):
        """Vectors of 8 units in batches that are 8 steps wide, as of a model that insists on a length."""
        vectors = np.random.default_rng(0).normal(size=(3, 8))
        home = View(np.arange(3), 3, np.arange(8 - count), 8)
        away = View(np.arange(3), 3, np.arange(count, 8), 8)
        assert leak_of(vectors, vectors + 1, vectors, home, away) == 0

    def test_what_is_no_number_anyway_says_nothing(self):
        vectors = np.full((3, 2), np.nan)
        home = View(np.arange(3), 3, np.arange(8), 8)
        assert leak_of(vectors, vectors, vectors, home, home) is None


class TestLaying:
    def test_time_elsewhere(self):
        values = np.random.default_rng(0).normal(size=(3, 2, 6))
        feed = feed_of_batch(values, time_axis=2)
        batch, view = feed.lay(Condition("pre", 4))
        assert feed.steps == 6 and batch.shape == (3, 2, 10)
        assert np.array_equal(batch[:, :, view.places], values) and not batch[:, :, :4].any()

    def test_longer_rows_stand_in_front(self):
        feed = feed_of_batch(np.array([[5, 6, 7], [7, 8, 9]]))
        batch, view = feed.lay(Condition("post", 2, beside_longer=True))
        assert batch.tolist() == [[5, 6, 7, 5, 6], [7, 8, 9, 7, 8], [5, 6, 7, 0, 0], [7, 8, 9, 0, 0]]
        assert view.rows.tolist() == [2, 3] and view.truth.tolist() == [True, True, True, False, False]
