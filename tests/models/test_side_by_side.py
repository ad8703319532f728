"""Networks side by side learn what each would learn alone."""

import numpy as np
import pytest

from padleak.data.table import load_table
from padleak.models import backend
from padleak.models.fillings import fillings
from padleak.models.predictors import Encoder
from padleak.models.side_by_side import Shape, SideBySide

pytestmark = pytest.mark.slow

FILLINGS = ("zero", "flag", "neumiss", "masked_dense")
ROWS = 160


@pytest.fixture(scope="module")
def parts():
    """Predictors and targets to train on, and to validate on."""
    backend.start()
    whole = load_table("gaussian?columns=4", 0, 2 * ROWS)
    holed = whole.without(np.random.default_rng(0).random(whole.values.shape) < 0.4)
    encoder = Encoder(holed)
    rows = np.arange(ROWS), np.arange(ROWS, 2 * ROWS)
    scaled = (whole.targets - whole.targets.mean()) / whole.targets.std()
    return [(encoder.encode(holed.take(part), whole.take(part)), scaled[part]) for part in rows]


def shape(names=FILLINGS, outputs=1):
    return Shape(names, numbers=4, columns=4, entries=4, outputs=outputs, width=8)


@pytest.fixture(scope="module")
def program():
    return SideBySide(shape())


def train(program, parts, seed=0, epochs=3, learning_rate=0.01):
    return program.train(*parts, batch=32, epochs=epochs, learning_rate=learning_rate, seed=seed)


def test_each_learns_what_keras_teaches_it_alone(program, parts):
    """Same weights, rows and order, a plain Adam each, at the network's own pace."""
    from padleak.models.backend import keras

    weights_seed, order_seed = np.random.SeedSequence(5).generate_state(2)
    program._reset(int(weights_seed))
    alone = {}
    for name in FILLINGS:
        view = keras.Model(program.model.inputs, program.model.get_layer(f"{name}-head").output)
        copy = keras.models.clone_model(view)
        copy.set_weights(view.get_weights())
        pace = fillings.facts(name).get("pace", 1)
        copy.compile(keras.optimizers.Adam(0.01 * pace), "mse", jit_compile=False)
        order = np.random.default_rng(order_seed).permutation(ROWS)
        for rows in order.reshape(-1, 32):
            copy.train_on_batch(parts[0][0].take(rows), parts[0][1][rows])
        alone[name] = copy.predict_on_batch(parts[1][0].take(np.arange(ROWS)))[:, 0]
    train(program, parts, seed=5, epochs=1)
    together = program.predict(parts[1][0])[:, :, 0]
    for place, name in enumerate(FILLINGS):
        np.testing.assert_allclose(together[:, place], alone[name], atol=2e-4)


def test_the_same_seed_gives_the_same_and_traces_nothing_anew(program, parts):
    train(program, parts, seed=1)
    first, traces = program.predict(parts[1][0]), program._engine.traces
    train(program, parts, seed=2)
    other = program.predict(parts[1][0])
    train(program, parts, seed=1)
    np.testing.assert_array_equal(program.predict(parts[1][0]), first)
    assert np.abs(other - first).max() > 1e-3
    assert program._engine.traces == traces


def test_losses_are_means_of_squared_errors(program, parts):
    predictions = program.predict(parts[1][0])[:, :, 0]
    expected = ((predictions - parts[1][1][:, None]) ** 2).mean(axis=0)
    np.testing.assert_allclose(program.losses(*parts[1]), expected, rtol=1e-5)


def test_the_best_weights_stay(program, parts):
    learnt = train(program, parts, epochs=8, learning_rate=0.05)
    np.testing.assert_allclose(program.losses(*parts[1]), learnt.losses, rtol=1e-5)


def test_a_network_whose_rate_has_fallen_is_at_its_end(program, parts):
    """A rate under the slowest teaches nothing, and ends training at once."""
    learnt = train(program, parts, epochs=50, learning_rate=1e-7)
    assert learnt.epochs < 50
    weights_seed, _ = np.random.SeedSequence(0).generate_state(2)
    trained = program.predict(parts[1][0])
    program._reset(int(weights_seed))
    np.testing.assert_array_equal(program.predict(parts[1][0]), trained)


def test_classes_are_learnt_by_cross_entropy(parts):
    labels = [(targets > 0).astype(int) for _, targets in parts]
    program = SideBySide(shape(("zero", "flag"), outputs=2))
    data = [(predictors, part) for (predictors, _), part in zip(parts, labels)]
    learnt = program.train(*data, batch=32, epochs=15, learning_rate=0.02, seed=0)
    outputs = program.predict(parts[1][0])
    odds = np.exp(outputs - outputs.max(axis=-1, keepdims=True))
    shares = odds / odds.sum(axis=-1, keepdims=True)
    expected = -np.log(shares[np.arange(ROWS), :, labels[1]]).mean(axis=0)
    np.testing.assert_allclose(program.losses(*data[1]), expected, rtol=1e-4)
    assert (learnt.losses < 0.6).all() and ((outputs.argmax(axis=-1) == labels[1][:, None]).mean(axis=0) > 0.7).all()
