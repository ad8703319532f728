"""Contracts over every table that needs no file, and the laws of those that are drawn."""

from dataclasses import replace

import numpy as np
import pytest

from padleak.data.dataset import Source
from padleak.data.table import load_table, tables
from padleak.errors import InputError

WITHOUT_FILE = [name for name in tables if "files" not in tables.facts(name)]


def drawn(name):
    """Seed and rows, of a table that is drawn."""
    return (2, 100) if tables.facts(name).get("synthetic") else ()


@pytest.mark.parametrize("name", WITHOUT_FILE)
class TestEveryTable:
    def test_it_is_whole_and_says_what_it_holds(self, name):
        table = load_table(name, seed=1, rows=500)
        assert table.values.shape == (len(table), len(table.columns)) and len(table.categories) == len(table.columns)
        assert np.isfinite(table.values).all() and table.missing_share == 0
        for column, count in zip(table.values.T, table.categories):
            assert not count or set(np.unique(column)) <= set(range(count))
        if table.classes:
            assert set(np.unique(table.targets)) == set(range(len(table.classes)))

    def test_the_same_seed_gives_the_same_table_and_parts(self, name):
        first, second = (Source.parse(name, tables).read(*drawn(name)) for _ in range(2))
        np.testing.assert_array_equal(first.values, second.values)
        np.testing.assert_array_equal(first.targets, second.targets)
        parts = [table.split(1, 60, 20, 20).test.values for table in (first, second)]
        np.testing.assert_array_equal(*parts)
        assert (parts[0] != first.split(2, 60, 20, 20).test.values).any()

    def test_parts_share_no_row(self, name):
        table = load_table(name, seed=0, rows=150)
        numbered = replace(table, targets=np.arange(len(table)), classes=())
        parts = numbered.split(seed=3, rows=75, validation=25, test=50)
        rows = np.concatenate([part.targets for part in parts])
        assert len(np.unique(rows)) == len(rows) <= 150
        assert [len(part) for part in parts] == [75, 25, 50]

    def test_a_table_that_is_too_small_is_divided_in_proportion(self, name):
        table = load_table(name, seed=0, rows=100).take(np.arange(100))
        assert [len(part) for part in table.split(seed=0, rows=600, validation=200, test=200)] == [60, 20, 20]

    def test_it_has_a_version(self, name):
        assert len(Source.parse(name, tables).version) == 12

    def test_what_is_shared_cannot_be_written_to(self, name):
        if not tables.facts(name).get("synthetic"):
            with pytest.raises(ValueError, match="read-only"):
                load_table(name).targets[0] = 7


def test_normal_rows_follow_their_law():
    table = load_table("gaussian", seed=4, rows=100_000)
    scale = np.sqrt(np.diag(table.truth.covariance))
    assert np.abs((table.values.mean(axis=0) - table.truth.mean) / scale).max() < 0.02
    spread = np.cov(table.values.T) - table.truth.covariance
    assert np.abs(spread / np.outer(scale, scale)).max() < 0.02
    signal = 1 + table.values.sum(axis=1)
    assert signal.var() / (table.targets - signal).var() == pytest.approx(10, rel=0.05)


def test_means_and_covariances_are_drawn_as_the_published_code_draws_them():
    """Factors, then variances of their own, then means, from numpy's old generator."""
    old = np.random.RandomState(7)
    factors, own, mean = old.randn(10, 5), old.uniform(0.01, 0.1, size=10), old.randn(10)
    truth = load_table("gaussian", seed=7, rows=10).truth
    np.testing.assert_array_equal(truth.covariance, factors @ factors.T + np.diag(own))
    np.testing.assert_array_equal(truth.mean, mean)


def test_categories_tell_of_each_other_and_of_the_response():
    table = load_table("mixed", seed=0, rows=20_000)
    assert table.categories == (0,) * 5 + (4,) * 5 and not table.is_numeric
    shares = [np.bincount(column.astype(int)) / len(table) for column in table.values.T[5:]]
    np.testing.assert_allclose(shares, 0.25, atol=0.02)
    means = [table.targets[table.values[:, 5] == level].mean() for level in range(4)]
    assert np.ptp(means) > 0.1 * table.targets.std()


@pytest.mark.parametrize(
    ("source", "says"),
    [
        ("gausian", "Did you mean gaussian"),
        ("gaussian?columns=1", "columns must be at least 2; got 1"),
        ("gaussian?columns=many", "option columns of table gaussian must be a number"),
        ("mixed?factors=0", "factors must be at least 1"),
        ("mixed?levels=1", "levels must be at least 2"),
        ("gaussian?signal_to_noise=0", "signal_to_noise must be above 0; got 0.0"),
        ("wine:red.csv", "table wine must be named without a file"),
        ("csv:nowhere.csv", "table csv must be a file that exists; got nowhere.csv"),
    ],
)
def test_a_wrong_source_is_told(source, says):
    with pytest.raises(InputError, match=says):
        load_table(source, 0, 50)


def test_every_part_has_every_class_in_its_proportion():
    wine = load_table("wine")
    rare = wine.take(np.concatenate([np.flatnonzero(wine.targets == 0)[:10], np.flatnonzero(wine.targets > 0)]))
    for seed in range(30):
        for part, size in zip(rare.split(seed, 6000, 2000, 2000), (6, 2, 2)):
            assert abs((part.targets == 0).sum() - size) <= 1


def test_a_part_without_rows_is_told():
    with pytest.raises(InputError, match="a row each of 178; got 6000, 1 and 2000"):
        load_table("wine").split(0, 6000, 1, 2000)


def test_a_law_does_not_hang_on_the_number_of_rows():
    few, many = (load_table("mixed", seed=3, rows=rows) for rows in (50_000, 100_000))
    np.testing.assert_allclose(few.values[:, :5].mean(axis=0), many.values[:, :5].mean(axis=0), atol=0.02)
