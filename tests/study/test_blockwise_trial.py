"""The blockwise trial: what it measures by block, and the claims that hang on it, on planted numbers."""

import numpy as np
import pytest

from padleak.study.trials.blockwise import BlockwiseCell, compare, of_one_length
from padleak.study.trials.probe import Probe
from padleak.study.trials.sequence import SequenceCell


def make_cell(model: str = "transformer", masking: str = "embedding", layers: int = 2) -> BlockwiseCell:
    network = SequenceCell(
        data="first_token?length=12", rows=192, validation=64, test=96, length=12, epochs=1, units=8, masking=masking,
        model=model, layers=layers, readout="mean", probe_rows=40, probes=(Probe("post", 4),),
    )  # fmt: skip
    return BlockwiseCell(network=network, counts=(8,))


def test_comparing_by_hand():
    """Real steps of lengths 3 and 5; fill of length 2 turns the second about."""
    bare = np.array([[[3.0, 0], [0, 5]]])
    filled = np.array([[[0, 2.0], [3, 0], [0, -5]]])
    found = compare(bare, filled, np.array([False, True, True]))
    assert found == {"leak": pytest.approx((0 + 10) / 2 / 4), "fill_norm": pytest.approx(2 / 4)}


def test_only_networks_with_blocks():
    assert "no blocks" in BlockwiseCell(network=SequenceCell(model="lstm")).why_not()
    assert make_cell().why_not() is None


@pytest.mark.slow
class TestTrial:
    def leaks(self, **settings):
        table = make_cell(**settings).run().measurements
        rows = table[(table.metric == "leak") & (table.probe == "post+8")]
        return rows.set_index("layer").value

    def test_each_block_is_followed_and_examined(self):
        table = make_cell(layers=3).run().measurements
        followed = table[table.metric == "leak"]
        names = {f"block {block}, {part}" for block in (1, 2, 3) for part in ("attention", "Dense")}
        assert set(followed.layer) == names and set(followed.probe) == {"pre+8", "post+8"}
        assert {"accuracy", "relative_shift"} <= set(table.metric)

    def test_post_norm_loses_keras_own_mask_in_the_second_block(self):
        post = self.leaks(model="transformer_post_norm")
        assert post["block 1, Dense"] < 1e-5 < 1e-3 < post["block 2, attention"]
        assert self.leaks(model="transformer").max() < 1e-5
        assert self.leaks(model="transformer_post_norm", masking="explicit").max() < 1e-5

    def test_weights_set_to_zero_after_the_softmax_leak_and_renormalised_ones_do_not(self):
        assert self.leaks(model="transformer_zeroed", masking="explicit").max() > 1e-3
        assert self.leaks(model="transformer_renormalised", masking="explicit").max() < 1e-5


def test_sequences_of_one_length():
    from padleak.data.sequences import Sequences

    lengths = np.array([2, 2, 2, 5, 5, 7])
    values = np.arange(1, lengths.sum() + 1)
    sequences = Sequences(values, np.concatenate([[0], np.cumsum(lengths)]), np.zeros(6, int))
    chosen = of_one_length(sequences, most=8)
    assert chosen.lengths.tolist() == [5, 5]
