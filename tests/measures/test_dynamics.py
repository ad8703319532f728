"""The fill step as a map: against Keras, against maps whose answer is known, and against planted half-lives."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from padleak.errors import InputError
from padleak.measures.dynamics import (
    find_attractors,
    follow,
    jacobian,
    mean_gap,
    measured_half_life,
    predicted_half_life,
    separations,
    what_stays,
)
from padleak.measures.recurrence import KINDS, Recurrence, RecurrentLayer

GATES = {"lstm": 4, "gru": 3, "simple_rnn": 1}


def make_layer(kind: str, width: int, units: int, seed: int = 0) -> RecurrentLayer:
    generator, columns = np.random.default_rng(seed), GATES[kind] * units
    bias = generator.normal(size=(2, columns) if kind == "gru" else columns)
    return RecurrentLayer(kind, generator.normal(size=(width, columns)), generator.normal(size=(units, columns)), bias)


def make_recurrence(kind: str, layers: int = 2) -> Recurrence:
    return Recurrence(tuple(make_layer(kind, 3 if depth == 0 else 4, 4, depth) for depth in range(layers)))


def linear(matrix: np.ndarray, offset: float = 0.0):
    return lambda states: states @ matrix.T + offset


def turn(angle: float, radius: float = 1.0) -> np.ndarray:
    return radius * np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])


@pytest.mark.parametrize("kind", KINDS)
class TestRecurrence:
    def test_a_jacobian_is_the_limit_of_differences(self, kind):
        step = make_recurrence(kind).fill_step(np.ones(3))
        state = np.random.default_rng(1).normal(size=(1, make_recurrence(kind).size))
        nudges = 1e-6 * np.eye(state.shape[1])
        expected = (step(state + nudges) - step(state - nudges)).T / 2e-6
        assert np.allclose(jacobian(step, state)[0], expected, atol=1e-8)

    def test_skipped_steps_leave_the_state(self, kind):
        recurrence, generator = make_recurrence(kind), np.random.default_rng(2)
        inputs = generator.normal(size=(5, 6, 3))
        mask = np.arange(6) < 4
        expected = recurrence.read(inputs[:, :4], np.ones((5, 4), bool))
        assert np.array_equal(recurrence.read(inputs, np.broadcast_to(mask, (5, 6))), expected)

    def test_the_output_is_the_last_layer_s(self, kind):
        recurrence = make_recurrence(kind)
        states = np.arange(2.0 * recurrence.size).reshape(2, -1)
        start = recurrence.layers[0].size
        assert np.array_equal(recurrence.output(states), states[:, start : start + 4])


@pytest.mark.slow
@pytest.mark.parametrize("masking", ["none", "zero_vector"])
def test_what_fill_holds_is_what_keras_gives_the_first_layer(masking):
    from padleak.models import backend
    from padleak.models.backend import keras
    from padleak.models.network import Network
    from padleak.models.recurrent import embed, fill_vector

    backend.start()
    network = Network("simple_rnn", masking=masking, units=3, words=9, embedding=3, outputs=2)
    model, _ = network.assemble(seed=3)
    front = keras.Model(model.inputs[0], model.get_layer("encoder_1").input)
    ids = np.array([[4, 0, 8]])
    expected = np.asarray(front(ids))
    assert np.allclose(embed(model, network, ids), expected)
    assert np.allclose(fill_vector(model, network), expected[0, 1])
    assert masking == "none" or not expected[0, 1].any()


@pytest.mark.slow
@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("layers", [1, 2])
def test_layers_are_those_of_keras(kind, layers):
    from padleak.models import backend
    from padleak.models.network import Network
    from padleak.models.recurrent import embed, recurrence_of

    backend.start()
    network = Network(kind, layers=layers, units=5, words=9, embedding=3, outputs=2)
    model, view = network.assemble(seed=3)
    for layer in model.layers:  # a bias of zero would hide where it goes
        layer.set_weights([w + 0.1 * np.random.default_rng(0).normal(size=w.shape) for w in layer.get_weights()])
    ids = np.random.default_rng(4).integers(0, 9, size=(6, 7))
    recurrence = recurrence_of(model, network)
    states = recurrence.read(embed(model, network, ids), np.ones(ids.shape, bool))
    assert np.allclose(recurrence.output(states), np.asarray(view(ids)[1]), atol=1e-5)


class TestAttractors:
    def census(self, step, states, steps=2000):
        starts = np.asarray(states, float)
        return find_attractors(
            step, follow(step, starts, np.array([steps]))[0], float(np.linalg.norm(starts, axis=1).mean())
        )

    @given(st.floats(0.1, 0.99), st.floats(0.01, 0.09), st.floats(-2, 2))
    def test_a_contraction_has_one_with_the_eigenvalues_of_its_matrix(self, slow, fast, offset):
        basis = np.array([[1.0, 0.5], [0.0, 1.0]])
        matrix = basis @ np.diag([slow, fast]) @ np.linalg.inv(basis)
        census = self.census(linear(matrix, offset), np.random.default_rng(0).normal(size=(20, 2)))
        (only,) = census.attractors
        assert only.is_settled and only.period == 1
        assert only.orbit[0] == pytest.approx(np.linalg.solve(np.eye(2) - matrix, np.full(2, offset)), abs=1e-6)
        assert only.rates == pytest.approx([slow, fast], abs=1e-6)
        assert mean_gap(census.places) == pytest.approx(0, abs=1e-5)

    def test_two_wells_latch_a_bit(self):
        starts = np.linspace(-1, 1, 40)[:, None]
        census = self.census(lambda x: np.tanh(2 * x), starts)
        assert census.settled == 2
        well = 0.9575040240772687  # tanh(2 x) = x
        assert sorted(one.orbit[0, 0] for one in census.attractors) == pytest.approx([-well, well])
        assert census.largest.rates[0] == pytest.approx(2 * (1 - well**2))
        assert census.places == pytest.approx(np.sign(starts) * well)

    def test_a_cycle_is_one_attractor_and_its_phases_are_held(self):
        starts = np.concatenate([np.linspace(0.2, 1, 20), -np.linspace(0.2, 1, 20)])[:, None]
        census = self.census(lambda x: -np.tanh(2 * x), starts)
        (only,) = census.attractors
        assert only.period == 2 and only.is_settled
        assert sorted(set(census.places[:, 0].round(6))) == pytest.approx([-0.957504, 0.957504])

    def test_what_turns_for_ever_has_not_settled(self):
        def step(states):
            radius = np.sqrt((states**2).sum(axis=1, keepdims=True))
            return states @ turn(1.0).T * (0.5 + 0.5 / radius)

        census = self.census(step, np.random.default_rng(0).normal(size=(30, 2)))
        assert census.settled == 0 and census.unsettled_share == 1
        assert census.largest.rates[0] == 1 and np.isnan(census.places).all()

    def test_what_creeps_is_followed_to_its_end(self):
        census = self.census(lambda x: 0.998 * x, np.random.default_rng(0).normal(size=(10, 2)), steps=100)
        assert census.settled == 1
        assert census.attractors[0].rates == pytest.approx([0.998, 0.998])


class TestHalfLives:
    @given(st.floats(0.5, 0.999))
    def test_a_planted_decay_is_foretold_and_measured(self, rate):
        counts = np.array([0, 1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1024])
        states = np.random.default_rng(0).normal(size=(30, 3))
        trajectory = follow(lambda x: rate * x, states, counts)
        expected = np.log(0.5) / np.log(rate)
        assert predicted_half_life(rate) == pytest.approx(expected)
        assert measured_half_life(counts, separations(trajectory)) == pytest.approx(expected, rel=1e-6)

    def test_part_of_a_difference_may_stay(self):
        counts = np.arange(200)
        left = 0.3 + 0.7 * 0.95**counts
        assert predicted_half_life(0.95, 0.3) == pytest.approx(measured_half_life(counts, left), abs=0.02)
        assert what_stays(0.95, 0.3, counts) == pytest.approx(left)
        assert predicted_half_life(0.95, 0.6) == np.inf == measured_half_life(counts, what_stays(0.95, 0.6, counts))

    def test_a_share_that_falls_past_nothing_is_drawn_straight(self):
        counts = np.array([0, 8, 16])
        assert measured_half_life(counts, np.array([1, 0.9, 0]), decays=False) == pytest.approx(8 + 8 * 0.4 / 0.9)
        assert measured_half_life(counts, np.array([1, 0.9, -0.1]), decays=False) == pytest.approx(8 + 8 * 0.4)

    def test_nothing_to_lose_has_none(self):
        assert np.isnan(measured_half_life(np.arange(3), np.full(3, np.nan)))
        assert np.isnan(separations(np.ones((3, 5, 2)))).all()

    def test_gaps_by_hand(self):
        assert mean_gap(np.array([[0.0, 0], [3, 4], [0, 0]])) == pytest.approx(10 / 3)


def test_an_unknown_kind_is_an_error():
    with pytest.raises(InputError, match="kind of a recurrent layer"):
        RecurrentLayer("rnn", np.ones((1, 1)), np.ones((1, 1)), np.ones(1))
