"""Paired shift: the same sequences through the same weights, and only the padding differs.

To add a measure, write one function of a `Comparison` and decorate it. Facts beside the registration: `of` (`states` or
`prediction`, what it is computed on), `unit`, and `classes` (True: only for predicted class probabilities).
"""

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from padleak.arguments import say
from padleak.errors import InputError
from padleak.registry import Registry

measures = Registry("measure", package="padleak.measures")


@dataclass(frozen=True, eq=False)
class Comparison:
    """Rows that line up: row `i` of each array belongs to the same sequence (or the same real step).

    Attributes:
        reference: What the model gives without the padding in question, `(row, unit)`.
        probed: What it gives with it, `(row, unit)`.
        changed: What it gives without padding when one real step is exchanged, `(row, unit)`; None where not measured.
        labels: Class numbers or targets, `(row,)`; None for states.
    """

    reference: np.ndarray
    probed: np.ndarray
    changed: np.ndarray | None = None
    labels: np.ndarray | None = None

    def __post_init__(self):
        for name in ("reference", "probed", "changed"):
            array = getattr(self, name)
            if name == "changed" and array is None:
                continue
            if not isinstance(array, np.ndarray) or array.dtype.kind not in "biuf" or array.ndim != 2 or not array.size:
                raise InputError(name, "numbers (row, unit), one or more", say(array))
            if array.shape != self.reference.shape:
                raise InputError(name, f"of shape {self.reference.shape}, as reference is", array.shape)
        labels = self.labels
        is_odd = (
            not isinstance(labels, np.ndarray) or labels.dtype.kind not in "biuf" or labels.shape != (len(self.probed),)
        )
        if labels is not None and is_odd:
            raise InputError("labels", f"class numbers or targets ({len(self.probed)},), one a row", say(labels))

    @cached_property
    def distances(self) -> np.ndarray:
        """Euclidean distance between the two rows of each pair, `(row,)`."""
        return _distances(self.reference, self.probed)

    @cached_property
    def token_distances(self) -> np.ndarray | None:
        """Euclidean distance that exchanging one real step makes, `(row,)`."""
        return None if self.changed is None else _distances(self.reference, self.changed)


@measures.add(of="states", unit="state units")
def absolute_shift(comparison: Comparison) -> float:
    """Mean distance between a row with padding and the same row without."""
    return float(comparison.distances.mean())


@measures.add(of="states", unit="share of the state's norm")
def relative_shift(comparison: Comparison) -> float:
    """Mean distance, divided by the mean norm of the rows without padding."""
    return _ratio(comparison.distances.mean(), np.linalg.norm(comparison.reference, axis=1).mean())


@measures.add(of="states", unit="times the effect of one changed token")
def token_shift(comparison: Comparison) -> float:
    """Mean distance, divided by the mean distance that exchanging one real step makes."""
    if comparison.token_distances is None:
        return float("nan")
    return _ratio(comparison.distances.mean(), comparison.token_distances.mean())


@measures.add(of="states", unit="state units")
def largest_shift(comparison: Comparison) -> float:
    """Largest absolute difference of any unit in any row: 0 where padding changes nothing at all."""
    return float(np.abs(comparison.probed - comparison.reference).max())


@measures.add(of="states", unit="share of the distance without padding")
def separation(comparison: Comparison) -> float:
    """Mean distance between different sequences with padding, divided by the same without: 0 where all look alike."""
    shifted = np.roll(np.arange(len(comparison.reference)), 1)
    probed = _distances(comparison.probed, comparison.probed[shifted]).mean()
    return _ratio(probed, _distances(comparison.reference, comparison.reference[shifted]).mean())


@measures.add(of="prediction", unit="probability", classes=True)
def total_variation(comparison: Comparison) -> float:
    """Mean total-variation distance of the predicted distributions, 0 to 1."""
    return float(np.abs(comparison.probed - comparison.reference).sum(axis=1).mean() / 2)


@measures.add(of="prediction", unit="share of predictions", classes=True)
def flips(comparison: Comparison) -> float:
    """Share of sequences whose predicted class changes."""
    return float((comparison.probed.argmax(axis=1) != comparison.reference.argmax(axis=1)).mean())


@measures.add(of="prediction", unit="units of the target")
def largest_prediction_shift(comparison: Comparison) -> float:
    """Largest absolute difference of any output: 0 where padding changes nothing at all."""
    return float(np.abs(comparison.probed - comparison.reference).max())


@measures.add(of="prediction", unit="share correct, or explained")
def accuracy_drop(comparison: Comparison) -> float:
    """Accuracy without the padding minus accuracy with it (for targets, shares of variance explained)."""
    if comparison.labels is None:
        raise InputError("labels", "given in the comparison for accuracy_drop", None)
    return score(comparison.reference, comparison.labels) - score(comparison.probed, comparison.labels)


def score(prediction: np.ndarray, labels: np.ndarray) -> float:
    """Share of correct classes, or for targets the share of variance explained (R squared).

    Args:
        prediction: Class probabilities `(n, class)`, or `(n, 1)` numbers where labels are floats.
        labels: `(n,)`.
    """
    if np.issubdtype(labels.dtype, np.floating):
        return float(1 - np.mean((prediction[:, 0] - labels) ** 2) / np.var(labels))
    return float((prediction.argmax(axis=1) == labels).mean())


def macro_f1(prediction: np.ndarray, labels: np.ndarray) -> float:
    """F1 score, averaged over the classes that occur in the labels, each weighing alike.

    Args:
        prediction: Class probabilities `(n, class)`.
        labels: `(n,)`.
    """
    classes = np.unique(labels)
    told, true = prediction.argmax(axis=1)[:, None] == classes, labels[:, None] == classes
    return float((2 * (told & true).sum(axis=0) / (told.sum(axis=0) + true.sum(axis=0))).mean())


def _distances(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    return np.linalg.norm(a.astype(np.float64) - b, axis=1)


def _ratio(numerator: float, denominator: float) -> float:
    if denominator > 0:
        return float(numerator / denominator)
    return 0.0 if numerator == 0 else float("inf")
