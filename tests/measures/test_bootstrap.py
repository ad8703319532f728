"""Bootstrap: the draws are those of the definition, the intervals cover."""

import numpy as np
import pytest
from scipy import stats

from padleak.errors import InputError
from padleak.measures.bootstrap import bootstrap, draw_weights, mean_of, rank_correlation_of

GENERATOR = np.random.default_rng


def test_plain_draws_are_multinomial():
    weights = draw_weights([np.arange(6)], 20_000, GENERATOR(0))
    assert (weights.sum(axis=1) == 6).all()
    assert weights.mean() == 1 and weights.var(axis=0) == pytest.approx(np.full(6, 5 / 6), rel=0.05)


def test_rows_of_a_cluster_are_drawn_together():
    clusters = np.array([2, 0, 1, 0, 2, 2])
    weights = draw_weights([clusters], 500, GENERATOR(0))
    for code in range(3):
        inside = weights[:, clusters == code]
        assert (inside == inside[:, :1]).all()


def test_clusters_within_clusters():
    """Of a data set drawn k times, k times as many seeds are drawn as it has."""
    data = np.repeat([0, 1], [6, 9])
    seeds = np.concatenate([np.repeat([0, 1], 3), np.repeat([0, 1, 2], 3)])
    weights = draw_weights([data, seeds], 4000, GENERATOR(0))
    of_data = [weights[:, data == code][:, ::3] for code in (0, 1)]  # one row of each seed
    times = [drawn.sum(axis=1) / drawn.shape[1] for drawn in of_data]
    assert (times[0] + times[1] == 2).all()
    assert times[0].var() == pytest.approx(0.5, rel=0.1)
    twice = of_data[0][times[0] == 2]
    assert (twice.sum(axis=1) == 4).all() and len(np.unique(twice, axis=0)) > 3


@pytest.mark.parametrize(("x_decimals", "y_decimals"), [(5, 5), (0, 1)], ids=["all differ", "ties"])
def test_rank_correlation_is_spearmans_also_of_drawn_rows(x_decimals, y_decimals):
    generator = GENERATOR(0)
    x, y = generator.normal(size=(2, 30))
    x, y = x.round(x_decimals), (x + y).round(y_decimals)
    weights = draw_weights([np.arange(30)], 20, generator)
    expected = [stats.spearmanr(np.repeat(x, times), np.repeat(y, times))[0] for times in weights]
    assert rank_correlation_of(x, y)(weights) == pytest.approx(np.array(expected))


@pytest.mark.parametrize("clusters", [10, 20])
def test_clustered_intervals_cover(clusters):
    generator, codes, covered = GENERATOR(3), np.repeat(np.arange(clusters), 6), 0
    for _ in range(600):
        values = generator.normal(size=clusters)[codes] + generator.normal(size=len(codes))
        estimate = bootstrap(mean_of(values), [codes], generator, 400)
        covered += estimate.low <= 0 <= estimate.high
    assert 0.915 <= covered / 600 <= 0.975


def test_an_interval_that_leaves_out_the_clusters_is_too_short():
    codes = np.repeat(np.arange(10), 20)
    values = GENERATOR(0).normal(size=10)[codes]
    wide, narrow = (bootstrap(mean_of(values), [levels], GENERATOR(1)) for levels in (codes, np.arange(200)))
    assert wide.high - wide.low > 3 * (narrow.high - narrow.low)


def test_one_cluster_says_nothing():
    estimate = bootstrap(mean_of(np.arange(4.0)), [np.zeros(4, int)], GENERATOR(0))
    assert (estimate.mean, estimate.low, estimate.high) == (1.5, -np.inf, np.inf)


def test_levels_that_do_not_fit_are_an_error():
    with pytest.raises(InputError, match="levels"):
        bootstrap(mean_of(np.arange(4.0)), [np.arange(4), np.arange(3)], GENERATOR(0))
