"""Contracts over every mechanism, and what sets them apart."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from padleak.data.missingness import check_rate, mechanisms
from padleak.errors import InputError


def draw(seed, rows=4000, columns=6):
    generator = np.random.default_rng(seed)
    return generator.normal(size=(rows, columns)) @ generator.normal(size=(columns, columns)) + generator.normal(
        size=columns
    )


@pytest.mark.parametrize("name", mechanisms.names())
class TestEveryMechanism:
    @settings(max_examples=12, deadline=None)
    @given(rate=st.floats(0.05, 0.8), seed=st.integers(0, 1000))
    def test_columns_that_lose_any_lose_their_share(self, name, rate, seed):
        values = draw(seed)
        missing = mechanisms[name](values, rate, np.random.default_rng(seed)).missing
        assert missing.shape == values.shape and missing.dtype == bool
        losing = missing.mean(axis=0)[missing.any(axis=0)]
        assert len(losing)
        np.testing.assert_allclose(losing, rate, atol=5 * np.sqrt(rate * (1 - rate) / len(values)))

    def test_the_same_generator_removes_the_same(self, name):
        first, second = (mechanisms[name](draw(0), 0.4, np.random.default_rng(3)).missing for _ in range(2))
        np.testing.assert_array_equal(first, second)

    def test_values_are_left_alone(self, name):
        values = draw(0)
        before = values.copy()
        mechanisms[name](values, 0.4, np.random.default_rng(0))
        np.testing.assert_array_equal(values, before)

    def test_a_constant_column_does_no_harm(self, name):
        values = draw(0)
        values[:, 2] = 7
        assert mechanisms[name](values, 0.4, np.random.default_rng(0)).missing.any()


def test_at_random_leaves_a_column_whole_and_hangs_on_it():
    values = draw(1)
    missing = mechanisms["mar"](values, 0.4, np.random.default_rng(0)).missing
    whole = np.flatnonzero(~missing.any(axis=0))
    assert len(whole) == 1
    lost = np.delete(missing, whole, axis=1)
    ranked = [abs(np.corrcoef(values[:, whole[0]], column)[0, 1]) for column in lost.T]
    assert min(ranked) > 0.3


def test_large_values_mask_themselves_and_the_law_is_told():
    values = draw(2)
    removal = mechanisms["self_masking"](values, 0.4, np.random.default_rng(0))
    gone, kept = np.where(removal.missing, values, np.nan), np.where(removal.missing, np.nan, values)
    assert (np.nanmean(gone, axis=0) > np.nanmean(kept, axis=0)).all()
    expected = removal.masking.probability(values)
    assert abs((removal.missing - expected).mean()) < 0.01


@pytest.mark.parametrize("rate", [0, 1, -0.1, 1.5])
def test_a_rate_is_a_share(rate):
    with pytest.raises(InputError, match="rate must be above 0 and below 1"):
        check_rate(rate)
