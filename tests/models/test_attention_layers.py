"""Attention that masks elsewhere, and positions: held to plain numpy."""

import numpy as np
import pytest

from padleak.models import backend
from padleak.models.attention_layers import masked_attention, positions
from padleak.models.backend import keras

pytestmark = [pytest.mark.slow, pytest.mark.filterwarnings("ignore")]
UNITS, HEADS = 8, 2


@pytest.fixture(scope="module", autouse=True)
def started():
    backend.start()


def values(steps: int = 5, rows: int = 3) -> np.ndarray:
    return np.random.default_rng(0).normal(size=(rows, steps, UNITS)).astype("float32")


def softmax(scores: np.ndarray) -> np.ndarray:
    shares = np.exp(scores - scores.max(axis=-1, keepdims=True))
    return shares / shares.sum(axis=-1, keepdims=True)


def by_hand(layer, x: np.ndarray, mask: np.ndarray, scores: str) -> np.ndarray:
    """Head by head, row by row."""
    kernel, bias, out, out_bias = (weight.astype(float) for weight in layer.get_weights())
    given = np.zeros((*x.shape[:2], UNITS))
    width = UNITS // HEADS
    for row, (steps, real) in enumerate(zip(x.astype(float), mask)):
        parts = (steps @ kernel + bias).reshape(len(steps), 3, HEADS, width)
        for head in range(HEADS):
            query, key, value = parts[:, 0, head], parts[:, 1, head], parts[:, 2, head]
            raw = query @ key.T / np.sqrt(width)
            if scores == "before":
                weights = softmax(np.where(real, raw, -np.inf))
            else:
                weights = softmax(raw) * real
                weights = weights / weights.sum(axis=-1, keepdims=True) if scores == "renormalised" else weights
            given[row][:, head * width : (head + 1) * width] = weights @ value
    return given @ out + out_bias


@pytest.mark.parametrize("scores", ["before", "zeroed", "renormalised"])
class TestMaskedAttention:
    def test_is_what_numpy_gives(self, scores):
        layer, x = masked_attention(HEADS, scores), values()
        mask = np.array([[1, 1, 1, 0, 0], [1, 1, 1, 1, 1], [0, 1, 1, 1, 1]], bool)
        found = np.asarray(layer(x, mask=mask))
        np.testing.assert_allclose(found, by_hand(layer, x, mask, scores), atol=1e-5)

    @pytest.mark.parametrize("is_rotary", [False, True])
    def test_fill_in_front_counts_only_where_weights_lose_their_sum(self, scores, is_rotary):
        layer, x = masked_attention(HEADS, scores, is_rotary), values()
        bare = np.asarray(layer(x, mask=np.ones((3, 5), bool)))
        filled = np.concatenate([np.ones((3, 4, UNITS), "float32"), x], axis=1)
        mask = np.arange(9) >= 4
        moved = np.abs(np.asarray(layer(filled, mask=np.broadcast_to(mask, (3, 9))))[:, 4:] - bare).max()
        assert bool(moved < 1e-5) is (scores != "zeroed")

    def test_comes_back_from_its_configuration(self, scores):
        layer = masked_attention(HEADS, scores, is_rotary=True)
        again = type(layer).from_config(layer.get_config())
        assert (again.heads, again.scores, again.is_rotary) == (HEADS, scores, True)


class TestPositions:
    def test_sinusoidal_by_hand(self):
        x = values(steps=6)
        places, frequencies = np.arange(6)[:, None], 10_000.0 ** (-np.arange(0, UNITS, 2) / UNITS)
        expected = np.concatenate([np.sin(places * frequencies), np.cos(places * frequencies)], axis=-1)
        np.testing.assert_allclose(
            np.asarray(positions("sinusoidal")(x)) - x, np.broadcast_to(expected, x.shape), atol=1e-5
        )

    @pytest.mark.parametrize(("kind", "moves"), [("learned", True), ("counted", False)])
    def test_fill_in_front_moves_what_is_counted_from_the_row(self, kind, moves):
        layer, x = positions(kind), values()
        bare = np.asarray(layer(x, mask=np.ones((3, 5), bool)))
        filled = np.concatenate([np.zeros((3, 2, UNITS), "float32"), x], axis=1)
        mask = np.broadcast_to(np.arange(7) >= 2, (3, 7))
        assert bool(np.abs(np.asarray(layer(filled, mask=mask))[:, 2:] - bare).max() > 1e-3) is moves

    def test_learned_ones_are_rows_of_a_table(self):
        layer, x = positions("learned"), values()
        given = np.asarray(layer(x)) - x
        np.testing.assert_allclose(given, np.broadcast_to(layer.get_weights()[0][:5], x.shape), atol=1e-6)

    def test_a_mask_goes_on(self):
        ids = keras.Input((None,), dtype="int32")
        x = keras.layers.Embedding(9, UNITS, mask_zero=True)(ids)
        for layer in (positions("learned"), masked_attention(HEADS)):
            x = layer(x)
        pooled = keras.layers.GlobalAveragePooling1D()(x)
        model = keras.Model(ids, pooled)
        short, long = np.array([[1, 2, 3]]), np.array([[1, 2, 3, 0, 0]])
        np.testing.assert_allclose(np.asarray(model(short)), np.asarray(model(long)), atol=1e-6)
