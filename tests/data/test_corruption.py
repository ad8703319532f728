"""Shares of what is chosen, masked, replaced and told, over any settings."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from padleak.data.corruption import KEPT, MASKED, REPLACED, UNTOUCHED, Corruption, mask_id
from padleak.data.vocabulary import FIRST_WORD
from padleak.errors import InputError

WORDS = 500


def batch(seed=0, rows=400, steps=50):
    generator = np.random.default_rng(seed)
    ids = generator.integers(FIRST_WORD, WORDS, size=(rows, steps)).astype("int32")
    real = np.arange(steps) < generator.integers(1, steps + 1, size=(rows, 1))
    return np.where(real, ids, 0).astype("int32"), real


@settings(max_examples=25, deadline=None)
@given(
    rate=st.floats(0.05, 1),
    masked=st.floats(0, 1),
    part=st.floats(0, 1),
    told=st.floats(0.2, 1),
    seed=st.integers(0, 99),
)
def test_every_share_is_what_was_asked_for(rate, masked, part, told, seed):
    ids, real = batch(seed)
    replaced = (1 - masked) * part
    corruption = Corruption(rate, masked, replaced, told)
    inputs, fate, counts = corruption.corrupt(ids, real, WORDS, np.random.default_rng(seed))
    chosen = fate != UNTOUCHED
    n = real.sum()
    assert not (chosen & ~real).any() and not (counts & ~chosen).any()
    assert chosen.sum() / n == pytest.approx(rate, abs=5 / np.sqrt(n))
    for what, share in ((MASKED, masked), (REPLACED, replaced), (KEPT, 1 - masked - replaced)):
        assert (fate == what).sum() / n == pytest.approx(rate * share, abs=5 / np.sqrt(n))
    assert counts.sum() / n == pytest.approx(rate * told, abs=5 / np.sqrt(n))
    np.testing.assert_array_equal(inputs[fate == MASKED], mask_id(WORDS))
    same = (fate == UNTOUCHED) | (fate == KEPT)
    np.testing.assert_array_equal(inputs[same], ids[same])
    if (fate == REPLACED).any():
        others = inputs[fate == REPLACED]
        assert others.min() >= FIRST_WORD and others.max() < WORDS


def test_each_call_chooses_anew_and_each_seed_the_same():
    ids, real = batch()
    generator = np.random.default_rng(1)
    first, second = (Corruption().corrupt(ids, real, WORDS, generator).fate for _ in range(2))
    again = Corruption().corrupt(ids, real, WORDS, np.random.default_rng(1)).fate
    assert (first != second).any()
    np.testing.assert_array_equal(first, again)


def test_only_candidates_are_chosen():
    ids, real = batch()
    candidates = ids % 7 == 0
    corrupted = Corruption(rate=1.0).corrupt(ids, real, WORDS, np.random.default_rng(0), candidates)
    np.testing.assert_array_equal(corrupted.fate != UNTOUCHED, candidates & real)
    assert corrupted.inputs.dtype == ids.dtype


@pytest.mark.parametrize(
    ("shares", "says"),
    [
        ({"rate": 0.0}, "rate must be a share above 0 and at most 1; got 0"),
        ({"rate": 1.2}, "rate must be a share"),
        ({"told": 0.0}, "told must be a share above 0"),
        ({"masked": -0.1}, "masked must be a share of 0 or more"),
        ({"masked": 0.8, "replaced": 0.3}, "masked and replaced must be shares of 0 or more that make at most 1"),
        ({"replaced": -0.1}, "masked and replaced must be"),
    ],
)
def test_shares_that_are_none_are_told(shares, says):
    with pytest.raises(InputError, match=says):
        Corruption(**shares)
