"""Conditional means, Bayes predictors and expectation maximisation, held to loops over rows and to integrals."""

import numpy as np
import pytest

from padleak.measures.gaussian import LinearTruth, SelfMasking, condition, fit


@pytest.fixture
def generator():
    return np.random.default_rng(0)


def law(generator, entries=4):
    factors = generator.normal(size=(entries, entries))
    return generator.normal(size=entries), factors @ factors.T + 0.1 * np.eye(entries)


def holed(generator, mean, covariance, rows, share=0.5):
    values = generator.multivariate_normal(mean, covariance, rows)
    missing = generator.random(values.shape) < share
    missing[0], missing[1] = True, False  # a row that misses all, and one that misses nothing
    return np.where(missing, np.nan, values)


def conditional_of_row(row, mean, covariance):
    gone, seen = np.flatnonzero(np.isnan(row)), np.flatnonzero(~np.isnan(row))
    slope = covariance[np.ix_(gone, seen)] @ np.linalg.inv(covariance[np.ix_(seen, seen)])
    expected = row.copy()
    expected[gone] = mean[gone] + slope @ (row[seen] - mean[seen])
    left = np.zeros_like(covariance)
    left[np.ix_(gone, gone)] = covariance[np.ix_(gone, gone)] - slope @ covariance[np.ix_(seen, gone)]
    return expected, left


def test_conditionals_are_those_of_each_row(generator):
    mean, covariance = law(generator)
    values = holed(generator, mean, covariance, rows=60)
    known = condition(values, mean, covariance)
    for row, expected, pattern in zip(values, known.means, known.pattern):
        by_hand, left = conditional_of_row(row, mean, covariance)
        np.testing.assert_allclose(expected, by_hand, atol=1e-9)
        np.testing.assert_allclose(known.covariances[pattern], left, atol=1e-9)


def test_nothing_of_a_missing_value_is_used(generator):
    mean, covariance = law(generator)
    values = holed(generator, mean, covariance, rows=10)
    assert np.isfinite(condition(values, mean, covariance).means).all()


def test_the_bayes_predictor_is_the_expected_response(generator):
    mean, covariance = law(generator)
    truth = LinearTruth(mean, covariance, generator.normal(size=4), 2.0)
    values = holed(generator, mean, covariance, rows=40)
    by_hand = [2 + conditional_of_row(row, mean, covariance)[0] @ truth.weights for row in values]
    np.testing.assert_allclose(truth.best_prediction(values), by_hand)


def test_under_self_masking_it_is_the_integral_over_what_may_be_missing():
    """Two entries, one or both missing: expectation by summation over a fine grid."""
    mean, covariance = np.array([0.3, -0.5]), np.array([[1.0, 0.6], [0.6, 2.0]])
    truth = LinearTruth(mean, covariance, np.array([1.5, -1.0]), 0.7)
    masking = SelfMasking(np.array([2.0, 2.5]), np.array([0.8, 1.2]))
    grid = np.linspace(-9, 9, 1201)
    first, second = np.meshgrid(grid, grid, indexing="ij")
    points = np.stack([first, second], axis=-1)
    density = np.exp(-0.5 * np.einsum("...i,ij,...j->...", points - mean, np.linalg.inv(covariance), points - mean))
    gone = masking.probability(points)
    response = 0.7 + points @ truth.weights
    seen = int(np.abs(grid - 0.9).argmin())

    def expected(weight, response):
        return (weight * response).sum() / weight.sum()

    by_grid = [
        expected((density * gone.prod(axis=-1)), response),
        expected((density * gone[..., 1])[seen], response[seen]),
        expected((density * gone[..., 0])[:, seen], response[:, seen]),
    ]
    rows = np.array([[np.nan, np.nan], [grid[seen], np.nan], [np.nan, grid[seen]]])
    np.testing.assert_allclose(truth.best_prediction(rows, masking), by_grid, atol=1e-6)


def em_by_loops(values, steps):
    mean, covariance = np.nanmean(values, axis=0), np.diag(np.nanvar(values, axis=0))
    for _ in range(steps):
        parts = [conditional_of_row(row, mean, covariance) for row in values]
        whole = np.array([expected for expected, _ in parts])
        mean = whole.mean(axis=0)
        spread = sum(left for _, left in parts) / len(values)
        covariance = (whole - mean).T @ (whole - mean) / len(values) + spread
    return mean, covariance


def test_expectation_maximisation_takes_the_steps_of_a_loop_over_rows(generator):
    mean, covariance = law(generator, entries=3)
    values = holed(generator, mean, covariance, rows=80, share=0.3)
    for steps in (1, 7):
        fitted = fit(values, tolerance=0, steps=steps)
        by_hand = em_by_loops(values, steps)
        np.testing.assert_allclose(fitted.mean, by_hand[0], atol=1e-8)
        np.testing.assert_allclose(fitted.covariance, by_hand[1], atol=1e-8)


def test_without_missing_entries_it_gives_mean_and_covariance(generator):
    values = generator.normal(size=(50, 3)) @ generator.normal(size=(3, 3))
    fitted = fit(values)
    np.testing.assert_allclose(fitted.mean, values.mean(axis=0), atol=1e-9)
    np.testing.assert_allclose(fitted.covariance, np.cov(values.T, ddof=0), atol=1e-9)


def test_it_finds_the_law_behind_missing_entries(generator):
    mean, covariance = law(generator)
    fitted = fit(holed(generator, mean, covariance, rows=20_000))
    scale = np.sqrt(np.diag(covariance))
    assert np.abs((fitted.mean - mean) / scale).max() < 0.05
    assert np.abs((fitted.covariance - covariance) / np.outer(scale, scale)).max() < 0.06


@pytest.mark.parametrize("rate", [0.1, 0.5, 0.7])
def test_widths_give_the_rate_and_of_normal_columns_the_published_width(rate, generator):
    values = 3 + 2 * generator.normal(size=(200_000, 2))
    masking = SelfMasking.at_rate(values, rate)
    np.testing.assert_allclose(masking.probability(values).mean(axis=0), rate, atol=1e-6)
    ratio = (masking.widths / 2) ** 2
    published = np.sqrt(ratio / (1 + ratio)) * np.exp(-(2**2) / (2 * (1 + ratio)))
    np.testing.assert_allclose(published, rate, atol=0.005)
