"""The mechanism trial: its numbers by hand, and what must hold of every block."""

import numpy as np
import pytest

from padleak.models import backend
from padleak.models.backend import keras
from padleak.models.blocks import blocks
from padleak.study.trials.mechanism import (
    Look,
    MechanismCell,
    build,
    compare,
    draw,
    lay,
    layers_of,
)

pytestmark = [pytest.mark.slow, pytest.mark.filterwarnings("ignore")]
SMALL = {"rows": 64, "epochs": 2}


@pytest.fixture(scope="module")
def outcome():
    found = {
        masked: MechanismCell(masked=masked, on=backend.name(), **SMALL).run().measurements for masked in (False, True)
    }
    return {
        masked: table.set_index(["probe", "layout", "layer", "metric"]).value.sort_index()
        for masked, table in found.items()
    }


def test_comparing_by_hand():
    """Two real steps of lengths 1 and 2, then fill of (3, 4); fill turns the second real step round."""
    bare = np.array([[[1.0, 0], [0, 2]]])
    seen = np.array([[[1.0, 0], [0, -2], [3, 4], [0, 0]]])
    rows = lay(draw(1, np.random.default_rng(0)), "post", 2)
    laid = rows._replace(places=np.array([0, 1]), fill=np.array([2, 3]))
    found = compare(bare, Look(seen, np.array([[True, True, False, False]])), laid)
    assert found["fill_norm"] == pytest.approx((5 + 0) / 2 / 1.5)
    assert found["fill_zero_share"] == 0.5
    assert found["leak"] == pytest.approx((0 + 4) / 2 / 1.5)
    assert found["last_state_distance"] == pytest.approx((np.hypot(3, 6) + 2) / 2 / 2)
    assert found["mask_arrives"] is True
    assert compare(bare, Look(seen, None), laid)["mask_arrives"] is False


class TestByHand:
    """What a layer gives at fill, from its weights: a bias, a mean that is subtracted, a bias."""

    @pytest.fixture(scope="class")
    def drawn(self):
        backend.start()
        model, generator = build(masked=False, seed=0), np.random.default_rng(1)
        for layer in model.layers:
            if layer.name.startswith(("dense", "batch_norm", "layer_norm")):
                layer.set_weights([0.5 + np.abs(generator.normal(size=weight.shape)) for weight in layer.get_weights()])
        return model, draw(8, generator)

    def weights(self, model, name):
        (layer,) = layers_of(model, name)
        return [weight.astype(float) for weight in layer.get_weights()]

    def at_fill(self, model, rows, name):
        view = keras.Model(model.inputs, model.get_layer(f"gives_{name.lower()}").output)
        laid = lay(rows, "post", 6)
        given = np.asarray(view([laid.inputs[tensor.name] for tensor in model.inputs]))
        return given[:, laid.fill], given[:, laid.places], rows.features.astype(float)

    def test_dense_gives_its_bias(self, drawn):
        fill, real, features = self.at_fill(*drawn, "Dense")
        kernel, bias = self.weights(drawn[0], "Dense")
        np.testing.assert_allclose(fill, np.broadcast_to(bias, fill.shape), atol=1e-6)
        np.testing.assert_allclose(real, features @ kernel + bias, atol=1e-4)

    def test_batch_normalisation_subtracts_its_mean(self, drawn):
        fill, real, features = self.at_fill(*drawn, "BatchNormalization")
        gamma, beta, mean, variance = self.weights(drawn[0], "BatchNormalization")
        scale = gamma / np.sqrt(variance + 1e-3)
        np.testing.assert_allclose(fill, np.broadcast_to(beta - mean * scale, fill.shape), atol=1e-6)
        np.testing.assert_allclose(real, (features - mean) * scale + beta, atol=1e-5)

    def test_layer_normalisation_gives_its_bias(self, drawn):
        fill, real, features = self.at_fill(*drawn, "LayerNormalization")
        gamma, beta = self.weights(drawn[0], "LayerNormalization")
        normed = (features - features.mean(axis=-1, keepdims=True)) / np.sqrt(
            features.var(axis=-1, keepdims=True) + 1e-3
        )
        np.testing.assert_allclose(fill, np.broadcast_to(beta, fill.shape), atol=1e-6)
        np.testing.assert_allclose(real, normed * gamma + beta, atol=1e-5)


@pytest.mark.parametrize("name", list(blocks))
class TestEveryBlock:
    def test_has_all_its_numbers(self, outcome, name):
        for masked in (False, True):
            for stage in ("initial", "trained"):
                for side in ("post", "pre"):
                    found = outcome[masked][stage, side, name]
                    assert {"fill_norm", "fill_zero_share", "leak", "mask_arrives"} <= set(found.index)
                    assert np.isfinite(found).all()

    def test_spreads_only_if_it_says_so(self, outcome, name):
        leaks = [outcome[False]["trained", side, name, "leak"] for side in ("post", "pre")]
        assert max(leaks) < 1e-6 or blocks.facts(name)["mixes"]

    def test_learns(self, outcome, name):
        has_weights = name not in ("Dropout", "AveragePooling1D")
        assert (("trained", "post", name, "weights_norm") in outcome[False].index) is has_weights
        if has_weights:
            before, after = (outcome[False][stage, "post", name, "weights_norm"] for stage in ("initial", "trained"))
            assert before != after


def test_statistics_count_fill_only_without_a_mask(outcome):
    shift = {
        masked: outcome[masked]["trained", "post", "BatchNormalization", "statistics_shift"] for masked in (False, True)
    }
    assert shift[True] < 1e-4 < 0.1 < shift[False]


def test_one_seed_one_result_whatever_ran_before():
    cells = [MechanismCell(seed=seed, on=backend.name(), **SMALL) for seed in (0, 1, 0)]
    first, other, again = (cell.run().measurements for cell in cells)
    assert first.equals(again) and not first.equals(other)
