"""Contracts over every estimator, and known answers."""

from dataclasses import replace

import numpy as np
import pytest

from padleak.data.missingness import mechanisms
from padleak.data.table import load_table
from padleak.models.estimators import Known, estimators
from padleak.models.predictors import Encoder

REGRESSION = list(estimators)
CLASSIFICATION = [name for name in estimators if not {"numbers_only", "needs_truth"} & set(estimators.facts(name))]


def rows_of(source, mechanism="mcar", rows=600):
    """Rows to learn from, and as many to be tested on."""
    whole = load_table(source, 0, rows)
    removal = mechanisms[mechanism](whole.values, 0.4, np.random.default_rng(0))
    holed = whole.without(removal.missing)
    train, _, test = holed.split(0, rows // 2 - 1, 2, rows // 2 - 1)
    encoder = Encoder(train)
    return [Known(part, encoder.encode(part, part), removal.masking) for part in (train, test)]


def r2(prediction, rows):
    return 1 - np.mean((prediction - rows.table.targets) ** 2) / rows.table.targets.var()


@pytest.mark.parametrize("name", REGRESSION)
def test_every_estimator_foretells_numbers_better_than_their_mean(name):
    train, test = rows_of("gaussian", rows=2000)
    prediction = estimators[name](train, test)
    assert prediction.shape == (999,) and r2(prediction, test) > 0.3


@pytest.mark.parametrize("name", CLASSIFICATION)
@pytest.mark.parametrize("source", ["breast_cancer", "wine"])
def test_every_estimator_foretells_classes(name, source):
    train, test = rows_of(source)
    scores = estimators[name](train, test)
    assert scores.shape == (len(test.table), len(test.table.classes))
    majority = np.bincount(test.table.targets).max() / len(test.table)
    assert np.mean(scores.argmax(axis=1) == test.table.targets) > majority + 0.15


@pytest.mark.parametrize("mechanism", mechanisms.names())
def test_none_beats_the_bayes_predictor(mechanism):
    train, test = rows_of("gaussian", mechanism, rows=8000)
    scores = {name: r2(estimators[name](train, test), test) for name in REGRESSION}
    assert max(scores, key=scores.get) == "bayes" or scores["bayes"] > max(scores.values()) - 0.003


def test_the_normal_law_comes_up_to_it_where_nothing_hides_in_absence():
    train, test = rows_of("gaussian", "mar", rows=8000)
    best, fitted = (r2(estimators[name](train, test), test) for name in ("bayes", "em"))
    assert best - 0.005 < fitted


@pytest.mark.parametrize("damage", ["twice", "constant", "empty", "constant in training"])
def test_columns_that_tell_nothing_new_cost_no_estimator_its_answer(damage):
    whole = load_table("gaussian?columns=4", 0, 400)
    values = whole.values.copy()
    if damage == "twice":
        values[:, 1] = values[:, 0]
    else:
        values[: 200 if damage == "constant in training" else None, 1] = np.nan if damage == "empty" else 0.1
    holed = replace(whole, values=np.where(np.random.default_rng(0).random(values.shape) < 0.2, np.nan, values))
    train, test = holed.take(np.arange(200)), holed.take(np.arange(200, 400))
    encoder = Encoder(train)
    for name in set(estimators) - {"bayes"}:
        known = (Known(part, encoder.encode(part, part), None) for part in (train, test))
        prediction = estimators[name](*known)
        assert np.isfinite(prediction).all() and r2(prediction, Known(test, None, None)) > 0.3, name


def test_linear_on_zeros_and_flags_is_least_squares():
    train, test = rows_of("gaussian")

    def design(rows):
        zeroed = np.nan_to_num(rows.table.values)
        return np.column_stack([np.ones(len(zeroed)), zeroed, np.isnan(rows.table.values)])

    weights = np.linalg.lstsq(design(train), train.table.targets, rcond=None)[0]
    np.testing.assert_allclose(estimators["linear_flag"](train, test), design(test) @ weights, atol=1e-3)
