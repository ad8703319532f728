"""Similarities: held to the invariances that they declare, and to their definitions."""

import numpy as np
import pytest
from scipy.linalg import orthogonal_procrustes
from scipy.stats import ortho_group

from padleak.errors import InputError
from padleak.measures.similarity import INVARIANCES, similarities, similarity

NAMES = similarities.names()


def states(seed=0, rows=60, units=4):
    generator = np.random.default_rng(seed)
    return generator.normal(size=(rows, units)) * [5, 2, 1, 0.3][:units] + generator.normal(size=units)


def change(kind, x):
    generator = np.random.default_rng(9)
    if kind == "translation":
        return x + generator.normal(size=x.shape[1])
    if kind == "scaling":
        return 3.7 * x
    if kind == "rotation":
        return x @ ortho_group.rvs(x.shape[1], random_state=9)
    return x @ generator.normal(size=(x.shape[1], x.shape[1]))


@pytest.mark.parametrize("name", NAMES)
class TestEverySimilarity:
    @pytest.mark.parametrize("kind", INVARIANCES)
    @pytest.mark.parametrize("argument", ["first", "second"])
    def test_it_is_blind_to_what_it_declares_and_to_that_alone(self, name, argument, kind):
        x, y = states(0), states(0) ** 3 + states(1)
        before = similarity(name, x, y)
        after = similarity(name, change(kind, x), y) if argument == "first" else similarity(name, x, change(kind, y))
        assert (abs(before - after) < 1e-6) == (kind in similarities.facts(name)[argument])

    def test_the_same_states_are_as_similar_as_can_be(self, name):
        assert similarity(name, states(), states()) == pytest.approx(1)

    def test_more_noise_less_similar(self, name):
        x, noise = states(rows=200), states(1, rows=200)
        seen = [similarity(name, x, x + amount * noise) for amount in (0, 0.3, 1, 10)]
        assert seen == sorted(seen, reverse=True) and len(set(seen)) == 4

    @pytest.mark.parametrize(("x", "y"), [(np.zeros((5, 2)), np.zeros((6, 2))), (np.zeros((3, 2)), np.zeros((3, 2)))])
    def test_rows_that_do_not_line_up_are_an_error(self, name, x, y):
        with pytest.raises(InputError, match="states must be"):
            similarity(name, x, y)

    def test_constant_states_share_nothing(self, name):
        assert similarity(name, np.ones((9, 2)), states(rows=9)) == 0


def test_debiased_cka_of_what_has_nothing_in_common_is_nothing_on_average():
    """As many units as rows: undebiased it would be near 1."""
    generator = np.random.default_rng(0)
    drawn = [similarity("linear_cka", *generator.normal(size=(2, 30, 30))) for _ in range(200)]
    assert abs(np.mean(drawn)) < 0.02


def test_linear_cka_of_many_rows_is_the_alignment_of_covariances():
    x, y = states(0, 20_00), states(0, 20_00) ** 2
    x, y = x - x.mean(0), y - y.mean(0)
    plain = np.linalg.norm(x.T @ y) ** 2 / np.linalg.norm(x.T @ x) / np.linalg.norm(y.T @ y)
    assert similarity("linear_cka", x, y) == pytest.approx(plain, abs=5e-3)


def test_procrustes_is_what_scipy_s_best_rotation_leaves():
    x, y = states(0), states(0) ** 3
    x, y = ((z - z.mean(0)) / np.linalg.norm(z - z.mean(0)) for z in (x, y))
    rotation, _ = orthogonal_procrustes(x, y)
    assert similarity("procrustes", x, y) == pytest.approx(1 - np.linalg.norm(x @ rotation - y) ** 2 / 2)


def test_canonical_correlations_of_one_unit_are_plain_correlation():
    x, y = states(0, units=1), states(0, units=1) + states(1, units=1)
    expected = abs(np.corrcoef(x[:, 0], y[:, 0])[0, 1])
    assert similarity("svcca", x, y) == pytest.approx(expected) == similarity("pwcca", x, y)


def test_projection_weights_hold_the_direction_that_the_first_argument_is_made_of():
    """`y` shares the large direction of `x` and not the small one: weighted, nearly all is shared; unweighted, half."""
    generator = np.random.default_rng(0)
    large, small, other = generator.normal(size=(3, 5000, 1))
    x, y = np.concatenate([10 * large, 0.1 * small], axis=1), np.concatenate([large, other], axis=1)
    assert similarity("pwcca", x, y) > 0.97 and similarity("pwcca", y, x) == pytest.approx(0.5, abs=0.02)
