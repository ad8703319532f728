import numpy as np
import pandas as pd
import pytest
from scipy import stats
from statsmodels.stats.weightstats import ttost_paired

from padleak.measures.inference import (
    detectable,
    estimate_mean,
    holm,
    p_above,
    p_below,
    p_outside,
    p_within,
    standardised,
    variance_shares,
)  # fmt: skip

VALUES = np.array([0.12, 0.31, 0.05, 0.22, 0.18])


def test_interval_is_students():
    estimate = estimate_mean(VALUES)
    half = stats.t.ppf(0.975, 4) * VALUES.std(ddof=1) / np.sqrt(5)
    assert (estimate.low, estimate.high) == pytest.approx((VALUES.mean() - half, VALUES.mean() + half))
    assert estimate.n == 5


def test_one_replicate_says_nothing():
    assert estimate_mean(VALUES[:1]).low == -np.inf
    assert p_above(VALUES[:1], 0) == 1


def test_p_values_by_hand():
    t = (VALUES.mean() - 0.1) / (VALUES.std(ddof=1) / np.sqrt(5))
    assert p_above(VALUES, 0.1) == pytest.approx(stats.t.sf(t, 4))
    assert p_below(VALUES, 0.1) == pytest.approx(stats.t.cdf(t, 4))


def test_equivalence_agrees_with_statsmodels():
    p, *_ = ttost_paired(VALUES, np.zeros(5), -0.4, 0.4)
    assert p_within(VALUES, 0.4) == pytest.approx(p)


def test_a_quantity_without_spread_is_decided_without_a_test():
    assert p_above(np.full(5, 0.2), 0.1) == 0
    assert p_above(np.full(5, 0.1), 0.1) == 1
    assert p_within(np.zeros(5), 0.01) == 0


@pytest.mark.parametrize(
    ("test", "null"),
    [(p_above, 0.0), (p_below, 0.0), (p_within, 1.0), (p_outside, 1.0)],
    ids=lambda x: getattr(x, "__name__", ""),
)
def test_false_positive_rate_is_at_most_alpha_at_the_edge_of_the_null(test, null):
    samples = np.random.default_rng(1).normal(null, 1, size=(4000, 5))
    rate = np.mean([test(sample, null) < 0.05 for sample in samples])
    highest = stats.binom.ppf(0.999, 4000, 0.05) / 4000
    assert rate <= highest


@pytest.mark.parametrize("n", [5, 20])
def test_interval_covers_at_its_level(n):
    samples = np.random.default_rng(2).normal(size=(4000, n))
    covered = np.mean([(e := estimate_mean(sample)).low <= 0 <= e.high for sample in samples])
    assert stats.binom.ppf(0.0005, 4000, 0.95) / 4000 <= covered <= stats.binom.ppf(0.9995, 4000, 0.95) / 4000


def test_holm_by_hand():
    assert holm(np.array([0.01, 0.04, 0.03])) == pytest.approx([0.03, 0.06, 0.06])
    assert len(holm(np.array([]))) == 0


def make_factorial(effects: dict[str, float], noise: float, seeds: int = 5) -> pd.DataFrame:
    index = pd.MultiIndex.from_product([range(seeds), *([0, 1] for _ in effects)], names=["seed", *effects])
    table = index.to_frame(index=False)
    generator = np.random.default_rng(0)
    response = sum(size * table[name] for name, size in effects.items()) + noise * generator.normal(size=len(table))
    return table.assign(response=response)


def test_variance_shares_of_a_known_design():
    # A factor with two equally frequent levels d apart has variance (d / 2)².
    table = make_factorial({"a": 2.0, "b": 1.0, "c": 0.0}, noise=0)
    shares = variance_shares(table, "response", ["a", "b", "c"], "seed").set_index("factor").share
    assert shares.to_dict() == pytest.approx({"a": 0.8, "b": 0.2, "c": 0.0})


def test_variance_shares_match_sums_of_squares_in_plain_pandas():
    table = make_factorial({"a": 1.0, "b": 0.3}, noise=0.5)
    shares = variance_shares(table, "response", ["a", "b"], "seed").set_index("factor").share
    for factor in ("a", "b"):
        fitted = table.groupby(factor).response.transform("mean")
        assert shares[factor] == pytest.approx(fitted.var(ddof=0) / table.response.var(ddof=0))


def test_variance_share_intervals_hold_the_estimate():
    shares = variance_shares(make_factorial({"a": 1.0, "b": 0.3}, noise=0.5), "response", ["a", "b"], "seed")
    assert ((shares.low <= shares.share) & (shares.share <= shares.high)).all()


def test_variance_share_intervals_are_the_jackknife_s_by_hand():
    table = make_factorial({"a": 1.0, "b": 0.3}, noise=0.5)

    def angle(rows):
        return np.arcsin(np.sqrt(rows.groupby("a").response.transform("mean").var(ddof=0) / rows.response.var(ddof=0)))

    seeds = table.seed.unique()
    pseudo = [len(seeds) * angle(table) - (len(seeds) - 1) * angle(table[table.seed != seed]) for seed in seeds]
    low, high = stats.t.interval(0.95, len(seeds) - 1, np.mean(pseudo), stats.sem(pseudo))
    first = variance_shares(table, "response", ["a", "b"], "seed").iloc[0]
    assert (first.low, first.high) == pytest.approx((np.sin(low) ** 2, np.sin(high) ** 2))


def test_standardised_by_hand():
    freedom = len(VALUES) - 1
    hedges = 1 - 3 / (4 * freedom - 1)  # his approximation
    expected = (VALUES.mean() - 0.1) / VALUES.std(ddof=1)
    assert standardised(VALUES, 0.1) == pytest.approx(hedges * expected, rel=0.01)
    assert np.isnan(standardised(np.ones(5))) and np.isnan(standardised(VALUES[:1]))


@pytest.mark.parametrize("n", [2, 5, 20])
def test_a_detectable_distance_is_seen_as_often_as_it_says(n):
    generator = np.random.default_rng(n)
    values = generator.normal(size=n)
    samples = generator.normal(detectable(values), values.std(ddof=1), size=(4000, n))
    seen = np.mean([p_above(sample, 0) < 0.025 for sample in samples])
    assert seen == pytest.approx(0.8, abs=0.03)
