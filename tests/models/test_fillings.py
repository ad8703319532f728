"""Contracts over every filling, and the layers behind them by hand."""

import numpy as np
import pytest

from padleak.data.table import Table
from padleak.measures.gaussian import LinearTruth
from padleak.models import backend
from padleak.models.fillings import fillings
from padleak.models.missing_layers import learned_fill, masked_dense, neumiss
from padleak.models.predictors import Encoder
from padleak.models.side_by_side import Shape, build

pytestmark = pytest.mark.slow

NAMES = fillings.names()


@pytest.fixture(scope="module")
def networks():
    """All networks on five columns, two of them categories of three."""
    backend.start()
    return build(Shape(NAMES, numbers=3, columns=5, entries=9, outputs=2, width=8))


@pytest.fixture(scope="module")
def rows():
    """A function from what stands at missing places to the arrays that networks take."""
    generator = np.random.default_rng(0)
    values = np.column_stack([generator.normal(2, 3, (50, 3)), generator.integers(3, size=(50, 2))])
    missing = generator.random(values.shape) < 0.4
    missing[0] = True
    columns = ("a", "b", "c", "d", "e"), (0, 0, 0, 3, 3)

    def of(hidden):
        whole = Table(np.where(missing, hidden, values), np.zeros(50), *columns)
        table = whole.without(missing)
        return Encoder(table).encode(table, whole).take(np.arange(50))

    return of


def answers(networks, arrays):
    return np.asarray(networks(arrays))


@pytest.mark.parametrize("name", NAMES)
class TestEveryFilling:
    def test_what_is_missing_has_no_part_in_the_answer(self, networks, rows, name):
        place = NAMES.index(name)
        one, other = answers(networks, rows(0.0))[:, place], answers(networks, rows(1.0))[:, place]
        assert np.isfinite(one).all()
        if fillings.facts(name).get("hides_nothing"):
            assert np.abs(one - other).max() > 1e-3
        else:
            np.testing.assert_array_equal(one, other)

    def test_what_is_observed_has(self, networks, rows, name):
        arrays = rows(0.0)
        changed = [array.copy() for array in arrays]
        for place in (0, 5, 6):  # values, imputed, complete
            changed[place] = arrays[place] + arrays[1]
        place = NAMES.index(name)
        assert np.abs(answers(networks, arrays)[1:, place] - answers(networks, changed)[1:, place]).max() > 1e-3

    def test_it_is_described(self, name):
        assert fillings.summary(name).endswith(".")


def numpy_of(layer, *arrays):
    from padleak.models.backend import keras

    return keras.ops.convert_to_numpy(layer([keras.ops.convert_to_tensor(array.astype("float32")) for array in arrays]))


@pytest.fixture
def given():
    backend.start()
    generator = np.random.default_rng(1)
    present = (generator.random((20, 4)) < 0.6).astype(float)
    present[0] = 0
    return generator.normal(size=(20, 4)) * present, present


def test_a_masked_dense_layer_averages_over_what_is_there(given):
    values, present = given
    layer = masked_dense(3, seed=0)
    result = numpy_of(layer, values, present)
    kernel, bias = layer.get_weights()
    for row, (value, seen) in enumerate(zip(values, present)):
        scale = 4 / max(seen.sum(), 1)
        by_hand = sum(value[entry] * seen[entry] * kernel[entry] for entry in range(4)) * scale + bias
        np.testing.assert_allclose(result[row], by_hand, atol=1e-5)


def test_a_learned_fill_stands_at_missing_places_alone(given):
    values, present = given
    layer = learned_fill()
    numpy_of(layer, values, present)
    layer.set_weights([np.array([5.0, 6.0, 7.0, 8.0])])
    expected = np.where(present == 1, values, [5, 6, 7, 8])
    np.testing.assert_allclose(numpy_of(layer, values, present), expected, atol=1e-6)


def test_neumiss_is_its_series_by_hand(given):
    values, present = given
    layer = neumiss(3, seed=0)
    numpy_of(layer, values, present)
    *series, mix, mean = (
        np.random.default_rng(place).normal(size=w.shape) for place, w in enumerate(layer.get_weights())
    )
    layer.set_weights([*series, mix, mean])
    result = numpy_of(layer, values, present)
    for row, (value, seen) in enumerate(zip(values, present)):
        state = centred = (value - mean) * seen
        for matrix in series:
            state = (state @ matrix) * seen + centred
        by_hand = np.where(seen == 1, value, mean + state @ mix)
        np.testing.assert_allclose(result[row], by_hand, rtol=1e-4, atol=1e-4)


def test_neumiss_with_the_right_matrices_is_the_conditional_mean():
    """Matrices of `1 - S` sum the Neumann series of the inverse of an observed block of `S`, the last is `S`."""
    backend.start()
    correlation = np.array([[1.0, 0.3, 0.2], [0.3, 1.0, -0.25], [0.2, -0.25, 1.0]])
    mean, depth = np.array([0.5, -1.0, 2.0]), 40
    generator = np.random.default_rng(0)
    values = generator.multivariate_normal(mean, correlation, 30)
    present = (generator.random((30, 3)) < 0.6).astype(float)
    layer = neumiss(depth)
    numpy_of(layer, values * present, present)
    layer.set_weights([np.eye(3) - correlation] * depth + [correlation, mean])
    weights = np.array([1.0, 2.0, 3.0])
    truth = LinearTruth(mean, correlation, weights, 0.0)
    expected = truth.best_prediction(np.where(present == 1, values, np.nan))
    np.testing.assert_allclose(numpy_of(layer, values * present, present) @ weights, expected, atol=1e-4)


@pytest.mark.parametrize("make", [learned_fill, lambda: masked_dense(3, seed=1), lambda: neumiss(2, seed=1)])
def test_layers_are_saved_and_loaded(make, tmp_path, given):
    from padleak.models.backend import keras

    inputs = [keras.Input((4,)), keras.Input((4,))]
    model = keras.Model(inputs, make()(inputs))
    model.save(tmp_path / "model.keras")
    again = keras.saving.load_model(tmp_path / "model.keras")
    arrays = [array.astype("float32") for array in given]
    np.testing.assert_array_equal(model.predict(arrays, verbose=0), again.predict(arrays, verbose=0))
