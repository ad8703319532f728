"""Ways with missing predictors that need no network, to hold networks to.

To add one, write one function here (or in a new file of this folder) and decorate it. Facts: `numbers_only` (predictors and
target), `most_columns` (with more it takes too long), `needs_truth` (how the rows were drawn).
"""

from typing import Any, NamedTuple

import numpy as np

from padleak.data.table import Table
from padleak.measures.gaussian import SelfMasking, condition, fit
from padleak.models.predictors import Predictors
from padleak.registry import Registry

estimators = Registry("estimator", package="padleak.models")
"""Functions `(train, test) -> prediction`, both `Known`: numbers `(row,)`, or logarithms of probabilities `(row, class)`."""


class Known(NamedTuple):
    """Rows of a table.

    Attributes:
        table: With what is missing in it.
        predictors: The same, encoded.
        masking: The law by which values went missing, where it hangs on them and is known.
    """

    table: Table
    predictors: Predictors
    masking: SelfMasking | None


@estimators.add(needs_truth=True)
def bayes(train: Known, test: Known) -> np.ndarray:
    """The best there can be, from the law that the rows were drawn by."""
    return test.table.truth.best_prediction(test.table.values, test.masking)


@estimators.add(numbers_only=True, most_columns=50)
def em(train: Known, test: Known) -> np.ndarray:
    """A normal law of predictors and target together, fitted by expectation maximisation; exact where nothing hides in what is
    missing."""
    tells = _tells(train.table)
    fitted = fit(np.column_stack([train.table.targets, train.table.values[:, tells]]))
    unknown = np.full(len(test.table), np.nan)
    return condition(np.column_stack([unknown, test.table.values[:, tells]]), *fitted).means[:, 0]


@estimators.add
def linear_flag(train: Known, test: Known) -> np.ndarray:
    """Linear (or logistic) regression on zeros and flags."""
    return _linear(
        train, test, lambda given: np.hstack([given.values + (1 - given.present) * given.zero, given.missing])
    )


@estimators.add
def linear_iterative(train: Known, test: Known) -> np.ndarray:
    """Linear (or logistic) regression on what scikit-learn's IterativeImputer foretells."""
    return _linear(train, test, lambda given: given.imputed)


@estimators.add
def trees(train: Known, test: Known) -> np.ndarray:
    """Gradient-boosted trees, which send missing values down a branch of their own (scikit-learn's HistGradientBoosting)."""
    from sklearn.ensemble import HistGradientBoostingClassifier, HistGradientBoostingRegressor

    tells = _tells(train.table)
    is_category = np.array(train.table.categories)[tells] > 0
    kind = HistGradientBoostingClassifier if train.table.classes else HistGradientBoostingRegressor
    model = kind(categorical_features=is_category if is_category.any() else None, random_state=0)
    model.fit(train.table.values[:, tells], train.table.targets)
    return _answer(model, test.table.values[:, tells], train.table)


def _tells(table: Table) -> np.ndarray:
    """Which columns take more than one value, `(column,)`."""
    low, high = (np.where(np.isnan(table.values), end, table.values) for end in (np.inf, -np.inf))
    return high.max(axis=0) > low.min(axis=0)


def _linear(train: Known, test: Known, entries: Any) -> np.ndarray:
    from sklearn.linear_model import LinearRegression, LogisticRegression

    model = LogisticRegression(max_iter=2000) if train.table.classes else LinearRegression()
    model.fit(entries(train.predictors).astype(float), train.table.targets)
    return _answer(model, entries(test.predictors).astype(float), train.table)


def _answer(model: Any, entries: np.ndarray, table: Table) -> np.ndarray:
    if not table.classes:
        return model.predict(entries)
    # A class that no training row has is not among the model's.
    logarithms = np.full((len(entries), len(table.classes)), -np.inf)
    logarithms[:, model.classes_.astype(int)] = np.log(model.predict_proba(entries) + 1e-12)
    return logarithms
