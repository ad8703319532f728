"""Encoding of tables, held to pandas."""

import numpy as np
import pandas as pd
import pytest

from padleak.data.table import Table
from padleak.models.predictors import Encoder


@pytest.fixture
def table():
    """A category in front of two numbers, each with something missing."""
    generator = np.random.default_rng(0)
    values = np.column_stack(
        [generator.integers(3, size=40), generator.normal(5, 3, 40), generator.normal(-1, 0.5, 40)]
    )
    values[generator.random(values.shape) < 0.25] = np.nan
    return Table(values, generator.normal(size=40), ("kind", "a", "b"), (3, 0, 0))


def test_numbers_are_scaled_by_what_was_observed_and_come_first(table):
    encoder = Encoder(table)
    encoded = encoder.encode(table, table)
    frame = pd.DataFrame(table.values[:, 1:])
    expected = ((frame - frame.mean()) / frame.std(ddof=0)).fillna(0)
    np.testing.assert_allclose(encoded.values[:, :2], expected, atol=1e-6)
    np.testing.assert_array_equal(encoded.missing, np.isnan(table.values)[:, [1, 2, 0]])
    assert encoder.numbers == 2 and encoder.entries == 5
    zero = (0 - frame.mean()) / frame.std(ddof=0)
    np.testing.assert_allclose(encoded.zero, np.tile([*zero, 0, 0, 0], (40, 1)), atol=1e-6)


def test_a_category_is_a_column_that_is_one_and_dark_where_missing(table):
    encoded = Encoder(table).encode(table, table)
    dummies = pd.get_dummies(pd.Categorical(table.values[:, 0], categories=[0, 1, 2])).to_numpy(float)
    np.testing.assert_array_equal(encoded.values[:, 2:], dummies)
    np.testing.assert_array_equal(encoded.present[:, 2:], np.repeat(~np.isnan(table.values[:, :1]), 3, axis=1))
    frequent = pd.Series(table.values[:, 0]).mode()[0]
    np.testing.assert_array_equal(encoded.typical[0], [0, 0, *(np.arange(3) == frequent)])


def test_what_was_removed_is_only_in_complete(table):
    whole = Table(np.where(np.isnan(table.values), 2.0, table.values), table.targets, table.columns, table.categories)
    other = Table(np.where(np.isnan(table.values), 1.0, table.values), table.targets, table.columns, table.categories)
    encoder = Encoder(table)
    first, second = encoder.encode(table, whole), encoder.encode(table, other)
    for name in ("values", "present", "missing", "zero", "typical", "imputed"):
        np.testing.assert_array_equal(getattr(first, name), getattr(second, name))
    assert (first.complete != second.complete).any()
    observed = first.present == 1
    np.testing.assert_array_equal(first.complete[observed], first.values[observed])
    np.testing.assert_allclose(first.imputed[observed], first.values[observed], atol=1e-6)


def test_imputation_foretells_what_follows_from_the_rest():
    generator = np.random.default_rng(1)
    base = generator.normal(size=400)
    values = np.column_stack([base, 2 * base + 0.01 * generator.normal(size=400), generator.normal(size=400)])
    missing = np.zeros(values.shape, bool)
    missing[:100, 1] = True
    table = Table(values, base, ("a", "b", "c"), (0, 0, 0))
    encoded = Encoder(table.without(missing)).encode(table.without(missing), table)
    np.testing.assert_allclose(encoded.imputed[:100, 1], encoded.complete[:100, 1], atol=0.05)


def test_a_column_that_is_all_missing_or_constant_does_no_harm(table):
    values = table.values.copy()
    values[:, 1], values[:, 2] = np.nan, 0.1
    bare = Table(values, table.targets, table.columns, table.categories)
    encoder = Encoder(bare)
    values[:, 2] = 50_000
    for encoded in (encoder.encode(bare, bare), encoder.encode(bare.without(values == 3), bare)):
        assert all(np.abs(array).max() <= 1 for array in vars(encoded).values())
