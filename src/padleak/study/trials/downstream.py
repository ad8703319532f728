"""What an encoder is worth for tasks: under a linear reader, and trained further; with many rows and with few."""

from collections.abc import Iterator
from typing import Any, NamedTuple

import numpy as np

from padleak.data.padding import pad
from padleak.data.sequences import Sequences
from padleak.data.tasks import tasks
from padleak.models.fine_tuning import STEPS_THAT_PAY, FineTuner, fine_tuner_for
from padleak.models.language import LanguageModel
from padleak.models.pretraining import Pretrainer
from padleak.study.trials.material import Material

FULL, FEW = "full", "few"
_TEST_ROWS = 2000
_ROWS_OF_A_CLASS = 16
_LEAST_CLASSES = 2
_BATCH = 32
FEWER_STEPS = 6
"""Of fine-tuning on few rows there are a sixth as many."""

Row = dict[str, Any]


class Labelled(NamedTuple):
    """Padded texts and their classes, `(row, step)` and `(row,)`."""

    ids: np.ndarray
    real: np.ndarray
    labels: np.ndarray

    @property
    def inputs(self) -> tuple[np.ndarray, np.ndarray]:
        """As an encoder takes them."""
        return self.ids, self.real

    def take(self, rows: np.ndarray) -> "Labelled":
        """The given rows."""
        return Labelled(*(part[rows] for part in self))


class Downstream:
    """Tasks for the encoders of one seed; rows to test on are the same for every seed."""

    def __init__(self, language: LanguageModel, material: Material, length: int, rows: int, seed: int):
        self._language, self._material, self._length, self._rows, self._seed = language, material, length, rows, seed

    def measure(self, task: str, weights: list[np.ndarray], pretrainer: Pretrainer, steps: int) -> Iterator[Row]:
        """Accuracy on test texts, with many rows to learn from and with few.

        Args:
            task: A name of `tasks`.
            weights: Of the encoder.
            pretrainer: It has them.
            steps: Of fine-tuning on many rows; 0 leaves it out.
        """
        train, test = (
            self._draw(task, self._material.task_train, self._rows, self._seed),
            self._draw(task, self._material.task_test, _TEST_ROWS, 0),
        )
        few = train.take(_few(train.labels))
        majority = np.bincount(train.labels).argmax()
        yield _row(task, FULL, "majority", np.mean(test.labels == majority))
        read = [_means(pretrainer.states(*part.inputs), part.real) for part in (train, few, test)]
        for share, rows, features, taken in (
            (FULL, train, read[0], steps),
            (FEW, few, read[1], steps // FEWER_STEPS),
        ):
            for layer, (known, asked) in enumerate(zip(features, read[2])):
                yield _row(task, share, "frozen", _read_linearly(known, rows.labels, asked, test.labels), str(layer))
            if taken:
                tuner = self._tuner(compiles=steps >= STEPS_THAT_PAY)
                tuner.train(weights, rows.inputs, rows.labels, taken, _BATCH, self._seed)
                yield _row(task, share, "tuned", np.mean(tuner.answer(test.inputs) == test.labels))

    def _tuner(self, compiles: bool) -> FineTuner:
        classes = max(_LEAST_CLASSES, len(self._material.topics))
        return fine_tuner_for(self._language.encoder, classes, compiles)

    def _draw(self, task: str, pool: Sequences, count: int, seed: int) -> Labelled:
        generator = np.random.default_rng([seed, 3])
        rows = tasks[task](pool.take(generator.permutation(len(pool))[:count]), generator)
        padded = pad(rows, self._length, "post")
        return Labelled(padded.inputs, padded.mask, rows.labels)


def _few(labels: np.ndarray) -> np.ndarray:
    """The first rows of each class."""
    return np.concatenate([np.flatnonzero(labels == one)[:_ROWS_OF_A_CLASS] for one in np.unique(labels)])


def _means(states: list[np.ndarray], real: np.ndarray) -> list[np.ndarray]:
    """Of each layer, over real steps, `(row, unit)`."""
    weights = real[..., None] / real.sum(axis=1)[:, None, None]
    return [(layer * weights).sum(axis=1) for layer in states]


def _read_linearly(train: np.ndarray, labels: np.ndarray, test: np.ndarray, right: np.ndarray) -> float:
    """Accuracy of a logistic regression."""
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    reader = make_pipeline(StandardScaler(), LogisticRegression(max_iter=200, C=0.1))
    return reader.fit(train, labels).score(test, right)


def _row(task: str, share: str, metric: str, value: float, layer: str = "model") -> Row:
    return {"probe": f"{task}, {share}", "layer": layer, "metric": metric, "value": float(value)}
