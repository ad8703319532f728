"""Gaps within sequences: contracts over patterns and tellings, and a loop over steps to hold them to."""

import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from padleak.data.gaps import Gapped, gap_patterns, tellings, with_gaps
from padleak.data.sequences import Sequences
from padleak.errors import InputError


def draw(seed, count=40, channels=2):
    generator = np.random.default_rng(seed)
    rows = [generator.normal(size=(length, channels)) for length in generator.integers(1, 12, size=count)]
    return Sequences.from_rows(rows, np.zeros(count, int))


@pytest.mark.parametrize("name", gap_patterns.names())
class TestEveryPattern:
    @settings(max_examples=15, deadline=None)
    @given(share=st.floats(0.05, 0.9), seed=st.integers(0, 1000))
    def test_about_the_share_is_missing_in_long_sequences(self, name, share, seed):
        offsets = np.arange(0, 101 * 200, 200)
        missing = gap_patterns[name](offsets, share, np.random.default_rng(seed))
        assert missing.shape == (offsets[-1],) and missing.dtype == bool
        assert missing.mean() == pytest.approx(share, abs=0.03)

    def test_sequences_of_any_length_are_taken(self, name):
        offsets = np.array([0, 0, 1, 3, 6])
        assert gap_patterns[name](offsets, 0.9, np.random.default_rng(0)).shape == (6,)


def test_a_hole_is_one_run_that_spares_both_ends():
    offsets = np.concatenate([[0], np.cumsum(np.random.default_rng(0).integers(3, 15, size=200))])
    missing = gap_patterns["block"](offsets, 0.5, np.random.default_rng(1))
    for start, end in itertools.pairwise(offsets):
        row = missing[start:end].astype(int)
        assert row[0] == row[-1] == 0
        assert np.abs(np.diff(row)).sum() in (0, 2)
        assert row.sum() == min(round(0.5 * (end - start)), end - start - 2)


def by_loop(values, missing):
    """The last value seen and the steps since, of one sequence and channel."""
    last, since, seen, ago = [], [], 0.0, 0
    for value, gone in zip(values, missing):
        seen, ago = (seen, ago + 1) if gone else (value, 0)
        last.append(seen)
        since.append(ago)
    return last, since


def test_last_values_and_times_are_those_of_a_loop():
    sequences = draw(3)
    missing = np.random.default_rng(4).random(len(sequences.values)) < 0.6
    gapped = Gapped(sequences.values, missing, sequences.offsets)
    for start, end in zip(sequences.offsets, sequences.offsets[1:]):
        for channel in range(2):
            last, since = by_loop(sequences.values[start:end, channel], missing[start:end])
            np.testing.assert_allclose(gapped.last[start:end, channel], last)
            np.testing.assert_array_equal(gapped.since[start:end, 0], since)


@pytest.mark.parametrize("name", tellings.names())
@pytest.mark.parametrize("pattern", gap_patterns.names())
def test_no_telling_gives_a_missing_value_away(name, pattern):
    sequences = draw(5)
    missing = gap_patterns[pattern](sequences.offsets, 0.5, np.random.default_rng(6))
    other = sequences.with_values(np.where(missing[:, None], 99.0, sequences.values).astype("float32"))
    told, of_other = (with_gaps(data, 0.5, pattern, name, np.random.default_rng(6)) for data in (sequences, other))
    assert missing.any()
    np.testing.assert_array_equal(told.values, of_other.values)
    np.testing.assert_array_equal(told.offsets, sequences.offsets)


def test_flags_stand_where_values_are_missing():
    sequences = draw(7)
    told = with_gaps(sequences, 0.5, "scattered", "flag", np.random.default_rng(0)).values
    missing = gap_patterns["scattered"](sequences.offsets, 0.5, np.random.default_rng(0))
    np.testing.assert_array_equal(told[:, 2], missing)
    np.testing.assert_array_equal(told[:, :2], np.where(missing[:, None], 0, sequences.values))


def test_tokens_and_shares_that_are_none_are_refused():
    tokens = Sequences.from_rows([[3, 4]], [0])
    with pytest.raises(InputError, match="sequences must be of features"):
        with_gaps(tokens, 0.5, "block", "zero", np.random.default_rng(0))
    with pytest.raises(InputError, match="share of gaps must be above 0 and below 1; got 1"):
        with_gaps(draw(0), 1, "block", "zero", np.random.default_rng(0))
    with pytest.raises(InputError, match="Did you mean since"):
        with_gaps(draw(0), 0.5, "block", "sinse", np.random.default_rng(0))
