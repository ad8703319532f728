"""Two-sample tests against their definitions and other libraries, and what a permutation test must keep to."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import optimize, stats
from scipy.spatial.distance import cdist

from padleak.errors import InputError
from padleak.measures.permutation import Exchange, p_value
from padleak.measures.two_sample import _fit_logistic, compare, two_sample_tests

TESTS = two_sample_tests.names()


def draw(seed=0, n_x=40, n_y=30, units=3, shift=0.0):
    generator = np.random.default_rng(seed)
    return generator.normal(size=(n_x, units)), generator.normal(size=(n_y, units)) + shift


def run(test, x, y, exchange=None, seed=0):
    return compare(test, x, y, np.random.default_rng(seed), exchange or Exchange(199))


class TestDefinitions:
    def test_energy(self):
        x, y = draw(shift=0.3)
        expected = 2 * cdist(x, y).mean() - cdist(x, x).mean() - cdist(y, y).mean()
        assert run("energy", x, y).statistic == pytest.approx(expected, rel=1e-4)

    def test_energy_of_one_unit_is_scipy_s(self):
        x, y = draw(units=1, shift=0.5)
        expected = stats.energy_distance(x[:, 0], y[:, 0]) ** 2
        assert run("energy", x, y).statistic == pytest.approx(expected, rel=1e-4)

    def test_mmd(self):
        x, y = draw(shift=0.3)
        both = np.concatenate([x, y])
        width = np.median(cdist(both, both)[np.triu_indices(70, 1)])
        kernel = [np.exp(-(cdist(a, b) ** 2) / (2 * width**2)).mean() for a, b in ((x, x), (y, y), (x, y))]
        assert run("mmd", x, y).statistic == pytest.approx(kernel[0] + kernel[1] - 2 * kernel[2], rel=1e-4)

    @pytest.mark.parametrize(
        ("test", "theirs"),
        [
            ("kolmogorov_smirnov", lambda a, b: stats.ks_2samp(a, b).statistic),
            ("wasserstein", stats.wasserstein_distance),
        ],
    )
    def test_unit_by_unit(self, test, theirs):
        x, y = (sample.round(1) for sample in draw(shift=0.3))  # with ties
        expected = max(theirs(a, b) for a, b in zip(x.T, y.T))
        assert run(test, x, y).statistic == pytest.approx(expected, rel=1e-4)

    def test_logistic_regressions_are_where_scipy_finds_the_least_penalised_loss(self):
        x, y = draw(shift=0.5)
        design = np.concatenate([np.ones((70, 1)), np.concatenate([x, y])], axis=1)
        weights = Exchange(2).weights(40, 30, np.random.default_rng(0))

        def loss(beta, first):
            signed = np.where(first, 1, -1) * (design @ beta)
            size = np.where(first, 70 / 2 / first.sum(), 70 / 2 / (~first).sum())
            return (size * np.log1p(np.exp(-signed))).sum() + (beta[1:] ** 2).sum() / 2

        for first, beta in zip(weights > 0, _fit_logistic(design, weights)):
            theirs = optimize.minimize(loss, np.zeros(4), args=(first,), tol=1e-10).x
            assert np.allclose(beta, theirs, atol=1e-4)

    def test_nearest_neighbours(self):
        x, y = draw(n_x=20, n_y=16, shift=0.5)
        rows, is_x = np.concatenate([x, y]), np.arange(36) < 20
        distances = cdist(rows, rows) + np.diag(np.full(36, np.inf))
        score = np.zeros(36)
        for row in range(36):
            nearest = np.argsort(distances[row])[:6]
            score[row] = (is_x[nearest].sum() / 20 - (~is_x[nearest]).sum() / 16) * 36 / (4 * 6)
        expected = score[is_x].mean() - score[~is_x].mean()
        assert run("nearest_neighbours", x, y).statistic == pytest.approx(expected, rel=1e-4)


@pytest.mark.parametrize("test", TESTS)
class TestEveryTest:
    @pytest.mark.parametrize(
        "exchange",
        [
            Exchange(199),
            Exchange(199, paired=True),
            Exchange(199, paired=True, groups=np.repeat(np.arange(30), 2)),
            Exchange(199, groups=np.repeat(np.arange(40), 3)),
            Exchange(199, strata=np.tile(np.arange(3), 40)),
        ],
        ids=["free", "paired", "paired in groups", "groups", "strata"],
    )
    def test_a_planted_shift_is_found(self, test, exchange):
        x, y = draw(n_x=60, n_y=60, shift=1.5)
        assert run(test, x, y, exchange).p_value < 0.02

    @pytest.mark.parametrize("n", [20, 33, 64])
    def test_where_nothing_at_all_differs_the_p_value_is_1(self, test, n):
        x = np.random.default_rng(n).normal(size=(n, 5))
        assert run(test, x, x.copy(), Exchange(99, paired=True)).p_value == 1
        assert run(test, np.ones((n, 5)), np.ones((n, 5))).p_value == 1

    @pytest.mark.parametrize("chance", [0.5, 0.95])
    def test_ties_do_not_hide_a_difference(self, test, chance):
        generator = np.random.default_rng(4)
        x, y = ((generator.random((60, 2)) < share).astype(float) for share in (0.5, chance))
        assert (run(test, x, y).p_value < 0.02) == (chance != 0.5)

    def test_one_seed_one_result(self, test):
        first, again = (run(test, *draw(), seed=3) for _ in range(2))
        assert first.p_value == again.p_value and np.array_equal(first.null, again.null)

    def test_which_sample_comes_first_does_not_matter(self, test):
        if test == "logistic":
            pytest.skip("folds are drawn for the rows in their order")
        x, y = draw(shift=0.4)
        assert run(test, x, y).statistic == pytest.approx(run(test, y, x).statistic, rel=1e-3)

    def test_p_values_are_those_of_the_null(self, test):
        found = run(test, *draw(shift=0.2))
        assert 1 / 200 <= found.p_value <= 1 and len(found.null) == 199
        if found.by_unit is None:
            assert found.p_value == pytest.approx(
                (1 + (found.null >= found.statistic * (1 - 1e-6)).sum()) / 200, abs=0.006
            )
        else:
            assert found.by_unit.shape == (3,) and found.by_unit.min() == pytest.approx(found.p_value)

    @pytest.mark.slow
    def test_where_nothing_differs_it_rejects_at_its_level(self, test):
        """600 repeats at n = 20 and 20: within the binomial 99.9 % interval of .05."""
        generator = np.random.default_rng(1)
        p = [compare(test, *generator.normal(size=(2, 20, 2)), generator, Exchange(99)).p_value for _ in range(600)]
        assert stats.binom.ppf(0.0005, 600, 0.05) <= np.sum(np.array(p) <= 0.05) <= stats.binom.ppf(0.9995, 600, 0.05)

    @pytest.mark.slow
    def test_where_rows_come_in_groups_only_the_grouped_exchange_keeps_the_level(self, test):
        """Four rows of a group are nearly one: to exchange them one by one cries wolf."""
        generator = np.random.default_rng(2)
        groups, rejected = np.repeat(np.arange(24), 4), {"rows": 0, "groups": 0}
        for _ in range(100):
            rows = np.repeat(generator.normal(size=(24, 2)), 4, axis=0) + 0.1 * generator.normal(size=(96, 2))
            for name, exchange in (("rows", Exchange(99)), ("groups", Exchange(99, groups=groups))):
                rejected[name] += compare(test, rows[:48], rows[48:], generator, exchange).p_value <= 0.05
        assert rejected["groups"] <= 14 and rejected["rows"] >= 30


def test_a_paired_exchange_sees_a_shift_that_the_spread_of_rows_hides():
    generator = np.random.default_rng(0)
    x = 10 * generator.normal(size=(50, 2))
    y = x + 0.3 + 0.1 * generator.normal(size=(50, 2))
    assert run("energy", x, y).p_value > 0.5 and run("energy", x, y, Exchange(199, paired=True)).p_value < 0.01


class TestExchange:
    @given(st.integers(2, 9), st.integers(2, 9), st.integers(0, 2**32 - 1))
    def test_weights_add_up_and_the_first_row_is_what_was_observed(self, n_x, n_y, seed):
        weights = Exchange(19).weights(n_x, n_y, np.random.default_rng(seed))
        assert weights.shape == (20, n_x + n_y) and np.allclose(weights.sum(axis=1), 0, atol=1e-6)
        assert np.allclose(weights[0], [*[1 / n_x] * n_x, *[-1 / n_y] * n_y])
        assert ((weights > 0).sum(axis=1) == n_x).all()

    def test_pairs_swap_and_groups_of_pairs_swap_together(self):
        weights = Exchange(99, paired=True, groups=np.array([0, 0, 1, 2])).weights(4, 4, np.random.default_rng(0))
        assert np.array_equal(weights[:, :4], -weights[:, 4:]) and np.array_equal(weights[:, 0], weights[:, 1])
        assert len({tuple(row) for row in (weights[:, :4] > 0).tolist()}) == 8

    def test_groups_keep_one_label(self):
        groups = np.array([5, 5, 7, 7, 7, 9, 9, 1])
        first = Exchange(99, groups=groups).weights(5, 3, np.random.default_rng(0)) > 0
        assert all((first[:, groups == group].std(axis=1) == 0).all() for group in groups)
        assert len({tuple(row) for row in first.tolist()}) == 6  # two of four groups

    def test_strata_keep_their_counts(self):
        strata = np.array([0, 0, 1, 0, 1, 1, 1])
        first = Exchange(99, strata=strata).weights(3, 4, np.random.default_rng(0)) > 0
        assert (first[:, strata == 0].sum(axis=1) == 2).all() and (first[:, strata == 1].sum(axis=1) == 1).all()
        assert len({tuple(row) for row in first.tolist()}) == 12

    @pytest.mark.parametrize(
        ("exchange", "sizes", "named"),
        [
            (Exchange(paired=True), (3, 4), "of one size"),
            (Exchange(), (1, 4), "at least two rows"),
            (Exchange(groups=np.zeros(7)), (3, 4), "within one sample"),
            (Exchange(groups=np.zeros(3)), (3, 4), "7 entries"),
            (Exchange(strata=np.zeros(7), paired=True), (4, 4), "without pairs"),
        ],
    )
    def test_what_does_not_fit_is_an_error(self, exchange, sizes, named):
        with pytest.raises(InputError, match=named):
            exchange.weights(*sizes, np.random.default_rng(0))


@pytest.mark.parametrize(
    ("x", "y"),
    [(np.zeros((3, 2)), np.zeros((3, 3))), (np.zeros(3), np.zeros(3)), (np.full((3, 2), np.nan), np.zeros((3, 2)))],
)
def test_samples_that_do_not_fit_are_an_error(x, y):
    with pytest.raises(InputError, match="samples must be"):
        run("energy", x, y)


def test_a_p_value_counts_the_observed_one_and_takes_ties_as_further_apart():
    assert p_value(np.array([1.0, 1.0, 0.5, 2.0])) == 0.75
