from collections import Counter
from itertools import combinations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from padleak.data import Padded, Sequences, pad, paddings
from padleak.errors import InputError

LAYOUTS = [name for name in paddings if name != "unpadded"]
ROWS = st.lists(st.lists(st.integers(1, 99), max_size=9), min_size=1, max_size=6)
LENGTH = st.integers(1, 9)
SIDE = st.sampled_from(["pre", "post"])
FILL = -1


def gather(rows: list) -> Sequences:
    return Sequences.from_rows(rows, np.zeros(len(rows)))


def cut(row: list, length: int, truncating: str) -> list:
    return row[-length:] if truncating == "pre" else row[:length]


def fill_by_hand(padded: Padded, repeats: bool) -> list[list]:
    """The rows of a rectangle, with every fill step worked out anew from the real steps before it."""
    rows = []
    for inputs, mask in zip(padded.inputs.tolist(), padded.mask):
        fill, row = FILL, []
        for step, real in zip(inputs, mask):
            fill = step if real and repeats else fill
            row.append(step if real else fill)
        rows.append(row)
    return rows


@pytest.mark.parametrize("padding", LAYOUTS)
class TestEveryPadding:
    @given(rows=ROWS, length=LENGTH)
    def test_has_the_shape_asked_for_and_a_real_step_for_each_step_kept(self, padding, rows, length):
        padded = pad(gather(rows), length, padding)
        assert padded.inputs.shape == padded.mask.shape == (len(rows), length)
        assert padded.mask.sum(axis=1).tolist() == [min(len(row), length) for row in rows]

    @given(rows=ROWS, length=LENGTH, truncating=SIDE)
    def test_keeps_the_steps_in_order(self, padding, rows, length, truncating):
        padded = pad(gather(rows), length, padding, truncating)
        for row, inputs, mask in zip(rows, padded.inputs, padded.mask):
            assert inputs[mask].tolist() == cut(row, length, truncating)

    @given(rows=ROWS, length=LENGTH)
    def test_fill_holds_the_value_or_the_step_before_it(self, padding, rows, length):
        padded = pad(gather(rows), length, padding, value=FILL)
        assert padded.inputs.tolist() == fill_by_hand(padded, paddings.facts(padding).get("repeats", False))

    def test_empty_rows_are_all_fill(self, padding):
        padded = pad(gather([[], [5], []]), 4, padding, value=FILL)
        assert padded.inputs[[0, 2]].tolist() == [[FILL] * 4] * 2
        assert not padded.mask[[0, 2]].any()

    def test_pads_features(self, padding):
        rows = [np.random.default_rng(n).normal(size=(n, 2)).astype(np.float32) for n in (3, 0, 7)]
        padded = pad(gather(rows), 5, padding, value=0.25)
        assert padded.inputs.shape == (3, 5, 2)
        assert padded.inputs.dtype == np.float32
        for row, inputs, mask in zip(rows, padded.inputs, padded.mask):
            assert np.array_equal(inputs[mask], row[:5])
        assert (padded.inputs[1] == 0.25).all()

    def test_same_seed_gives_the_same_result(self, padding):
        rows = [[1, 2, 3], [4], [5, 6]]
        first, second = (pad(gather(rows), 8, padding, seed=3) for _ in range(2))
        assert np.array_equal(first.inputs, second.inputs)
        assert np.array_equal(first.mask, second.mask)

    @pytest.mark.parametrize("length", [0, -2])
    def test_refuses_a_length_below_1(self, padding, length):
        with pytest.raises(InputError, match=r"^length must be at least 1"):
            pad(gather([[1]]), length, padding)


@pytest.mark.parametrize(
    ("padding", "row"),
    [
        ("pre", [0, 0, 0, 0, 5, 6, 7]),
        ("post", [5, 6, 7, 0, 0, 0, 0]),
        ("both", [0, 0, 5, 6, 7, 0, 0]),
        ("both", [0, 5, 6, 7, 0, 0]),
        ("middle", [5, 0, 0, 0, 0, 6, 7]),
        ("middle", [5, 6, 0, 0, 0, 7, 8]),
        ("scattered", [5, 0, 6, 0, 7, 0, 0]),
        ("scattered", [5, 6, 0, 7, 8, 0]),
        ("stretched", [5, 5, 6, 6, 7, 7, 7]),
        ("stretched", [5, 6, 6, 7, 8, 8]),
        # Seed 0 draws 0.64, 0.27, 0.04, 0.02, 0.81, 0.91, 0.61; the three smallest become real.
        ("random", [0, 5, 6, 7, 0, 0, 0]),
    ],
)
def test_rows_by_hand(padding, row):
    sequence = sorted(set(row) - {0})
    assert pad(gather([sequence]), len(row), padding).inputs.tolist() == [row]


@given(rows=ROWS, length=LENGTH, truncating=SIDE)
def test_pre_and_post_agree_with_keras(rows, length, truncating):
    kept = [cut(row, length, truncating) for row in rows]
    pre = [[0] * (length - len(row)) + row for row in kept]
    post = [row + [0] * (length - len(row)) for row in kept]
    assert pad(gather(rows), length, "pre", truncating).inputs.tolist() == pre
    assert pad(gather(rows), length, "post", truncating).inputs.tolist() == post


@pytest.mark.parametrize("padding", ["scattered", "stretched"])
def test_spread_steps_sit_at_even_distances(padding):
    for length in range(1, 30):
        sequences = gather([[1] * n for n in range(1, length + 1)])
        for n, mask in enumerate(pad(sequences, length, padding).mask, start=1):
            assert np.flatnonzero(mask).tolist() == [j * length // n for j in range(n)]


def test_random_draws_every_choice_of_positions_equally_often():
    padded = pad(gather([[1, 1]] * 10_000), 5, "random", seed=1)
    drawn = Counter(tuple(np.flatnonzero(mask).tolist()) for mask in padded.mask)
    assert stats.chisquare([drawn[choice] for choice in combinations(range(5), 2)]).pvalue > 0.001


def test_random_draws_anew_for_another_seed():
    first, second = (pad(gather([[1, 2, 3]] * 20), 9, "random", seed=seed).mask for seed in (0, 1))
    assert not np.array_equal(first, second)


def test_unpadded_stacks_sequences_of_one_length():
    padded = pad(gather([[1, 2], [3, 4]]), 2, "unpadded")
    assert padded.inputs.tolist() == [[1, 2], [3, 4]]
    assert padded.mask.all()


def test_unpadded_refuses_mixed_lengths():
    with pytest.raises(InputError, match=r"^sequences must be all of 2 steps.*by_length"):
        pad(gather([[1, 2], [3]]), 2, "unpadded")


def test_padded_share_counts_fill():
    assert pad(gather([[5, 6, 7], [8]]), 4).padded_share == 0.5


def test_unknown_padding_suggests_a_near_one():
    with pytest.raises(InputError, match=r"^padding must be one of pre, post.*Did you mean middle"):
        pad(gather([[1]]), 2, "midle")
