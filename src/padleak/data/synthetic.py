"""Tasks whose answer is known exactly, each with a knob for its difficulty.

Lengths are uniform between a quarter of `length` and `length`, so padding has something to do.
"""

from collections.abc import Callable

import numpy as np

from padleak.data.dataset import Dataset, datasets
from padleak.data.sequences import Sequences
from padleak.data.vocabulary import FIRST_WORD
from padleak.errors import InputError
from padleak.memory import check_fits

_TRAIN_ROWS, _TEST_ROWS = 6000, 1500
_MOST_WORDS, _MOST_CLASSES = 10**6, 1000

Task = Callable[[np.random.Generator, np.ndarray], Sequences]


@datasets.add(holds="tokens", synthetic=True)
def first_token(*, length: int = 24, classes: int = 4, words: int = 40) -> Dataset:
    """The first token decides the class; all others are noise. Longer is harder for a recurrent network."""
    _check("length", length, 4)
    _check("classes", classes, 2, _MOST_CLASSES)
    _check("words", words, FIRST_WORD + classes + 1, _MOST_WORDS)

    def task(generator: np.random.Generator, lengths: np.ndarray) -> Sequences:
        labels = generator.integers(classes, size=len(lengths))
        offsets = _offsets(lengths)
        values = generator.integers(FIRST_WORD + classes, words, size=offsets[-1])
        values[offsets[:-1]] = FIRST_WORD + labels
        return Sequences(values.astype(np.int32), offsets, labels)

    return _make(task, length, tuple(f"mark {number}" for number in range(classes)), words)


@datasets.add(holds="tokens", synthetic=True)
def keyword(*, length: int = 24, words: int = 40) -> Dataset:
    """Whether one keyword (the first word of the vocabulary) stands anywhere. Longer and more words are harder."""
    _check("length", length, 4)
    _check("words", words, FIRST_WORD + 2, _MOST_WORDS)

    def task(generator: np.random.Generator, lengths: np.ndarray) -> Sequences:
        labels = generator.integers(2, size=len(lengths))
        offsets = _offsets(lengths)
        values = generator.integers(FIRST_WORD + 1, words, size=offsets[-1])
        places = offsets[:-1] + generator.integers(lengths)
        values[places[labels == 1]] = FIRST_WORD
        return Sequences(values.astype(np.int32), offsets, labels)

    return _make(task, length, ("absent", "present"), words)


@datasets.add(holds="tokens", synthetic=True)
def majority(*, length: int = 24, margin: float = 0.2, words: int = 40) -> Dataset:
    """Which of two marks is the more frequent. A smaller margin (in shares of the length) is harder."""
    _check("length", length, 4)
    _check("margin", margin, 0.01, 1)
    _check("words", words, FIRST_WORD + 3, _MOST_WORDS)

    def task(generator: np.random.Generator, lengths: np.ndarray) -> Sequences:
        labels = generator.integers(2, size=len(lengths))
        lead = np.maximum(1, np.round(margin * lengths)).astype(int)
        fewer = ((lengths - lead) * generator.uniform(0, 0.5, size=len(lengths))).astype(int)
        offsets = _offsets(lengths)
        values = generator.integers(FIRST_WORD + 2, words, size=offsets[-1])
        # Shuffle the places inside each sequence, then hand the first ones to the marks.
        row = np.repeat(np.arange(len(lengths)), lengths)
        places = np.lexsort((generator.random(len(row)), row))
        rank = np.arange(len(row)) - offsets[row]
        more = rank < (fewer + lead)[row]
        either = rank < (2 * fewer + lead)[row]
        values[places[more]] = FIRST_WORD + labels[row[more]]
        values[places[either & ~more]] = FIRST_WORD + 1 - labels[row[either & ~more]]
        return Sequences(values.astype(np.int32), offsets, labels)

    return _make(task, length, ("first mark", "second mark"), words)


@datasets.add(holds="tokens", synthetic=True)
def order(*, length: int = 24, words: int = 40) -> Dataset:
    """Which of two marks comes first. Longer is harder."""
    _check("length", length, 8)
    _check("words", words, FIRST_WORD + 3, _MOST_WORDS)

    def task(generator: np.random.Generator, lengths: np.ndarray) -> Sequences:
        labels = generator.integers(2, size=len(lengths))
        offsets = _offsets(lengths)
        values = generator.integers(FIRST_WORD + 2, words, size=offsets[-1])
        early = generator.integers(lengths - 1)
        late = generator.integers(early + 1, lengths)
        values[offsets[:-1] + early] = FIRST_WORD + labels
        values[offsets[:-1] + late] = FIRST_WORD + 1 - labels
        return Sequences(values.astype(np.int32), offsets, labels)

    return _make(task, length, ("first mark leads", "second mark leads"), words)


@datasets.add(holds="features", synthetic=True)
def adding(*, length: int = 24) -> Dataset:
    """The sum of the two marked numbers (Hochreiter & Schmidhuber 1997); a number to predict. Longer is harder."""
    _check("length", length, 8)

    def task(generator: np.random.Generator, lengths: np.ndarray) -> Sequences:
        offsets = _offsets(lengths)
        values = np.stack([generator.uniform(0, 1, offsets[-1]), np.zeros(offsets[-1])], axis=1)
        first = offsets[:-1] + generator.integers(lengths // 2)
        second = offsets[:-1] + generator.integers(lengths // 2, lengths)
        values[first, 1] = values[second, 1] = 1
        targets = values[first, 0] + values[second, 0]
        return Sequences(values.astype(np.float32), offsets, targets.astype(np.float32))

    return _make(task, length, classes=(), words=0)


@datasets.add(holds="features", synthetic=True)
def frequency(*, length: int = 24, classes: int = 4, noise: float = 0.5) -> Dataset:
    """Which frequency a sine of random phase has. More noise (standard deviation, amplitude 1) is harder."""
    _check("length", length, 8)
    _check("classes", classes, 2, 16)
    _check("noise", noise, 0, 100)

    def task(generator: np.random.Generator, lengths: np.ndarray) -> Sequences:
        labels = generator.integers(classes, size=len(lengths))
        offsets = _offsets(lengths)
        row = np.repeat(np.arange(len(lengths)), lengths)
        time = np.arange(offsets[-1]) - offsets[row]
        cycles_per_step = 0.4 * (labels + 1) / classes
        phase = generator.uniform(0, 2 * np.pi, len(lengths))
        wave = np.sin(2 * np.pi * cycles_per_step[row] * time + phase[row])
        values = wave + noise * generator.normal(size=offsets[-1])
        return Sequences(values[:, None].astype(np.float32), offsets, labels)

    return _make(task, length, tuple(f"frequency {number + 1}" for number in range(classes)), words=0)


def _make(task: Task, length: int, classes: tuple[str, ...], words: int) -> Dataset:
    check_fits("length", length, (_TRAIN_ROWS, length), np.float64)
    train, test = (
        task(generator, generator.integers(max(length // 4, 4), length + 1, size=rows))
        for generator, rows in zip(np.random.default_rng(0).spawn(2), (_TRAIN_ROWS, _TEST_ROWS))
    )
    return Dataset(train, test, classes, words)


def _offsets(lengths: np.ndarray) -> np.ndarray:
    return np.concatenate([[0], np.cumsum(lengths)]).astype(np.int64)


def _check(name: str, value: float, lowest: float, highest: float = np.inf) -> None:
    if not lowest <= value <= highest:
        rule = f"at least {lowest}" if highest == np.inf else f"between {lowest} and {highest}"
        raise InputError(name, rule, value)
