"""What a linear reader makes out: planted classes, and the noise it reads through."""

import numpy as np
import pytest
from scipy import stats

from padleak.errors import InputError
from padleak.measures.linear_probe import probe_accuracy


def draw(shrink: float, n: int = 300, classes: int = 3):
    """Classes 4 deviations apart along units of their own, drawn together by a factor."""
    generator = np.random.default_rng(0)
    labels = generator.integers(classes, size=n)
    states = 4 * np.eye(5)[labels] + generator.normal(size=(n, 5))
    return np.stack([states, shrink * states]), labels


def read(states, labels, seed=0):
    return probe_accuracy(states, labels, np.random.default_rng(seed))


def test_drawing_states_together_hides_them_only_where_the_noise_is_larger():
    for shrink, low, high in ((1.0, 0.97, 1.0), (0.5, 0.95, 1.0), (0.02, 0.3, 0.65), (1e-6, 0.2, 0.45)):
        assert low <= read(*draw(shrink))[1] <= high


def test_labels_without_a_bearing_on_states_are_read_by_chance():
    states, labels = draw(1.0, n=2000, classes=2)
    shuffled = np.random.default_rng(1).permutation(labels)
    assert abs(read(states, shuffled)[0] - 0.5) < 4 * np.sqrt(0.25 / 2000)


def test_moving_and_turning_states_changes_little():
    states, labels = draw(1.0)
    turn = stats.ortho_group.rvs(5, random_state=0)
    first, moved = read(np.stack([states[0], states[0] @ turn + 7]), labels)
    assert moved == pytest.approx(first, abs=0.02)


def test_conditions_share_folds_and_noise():
    states, labels = draw(1.0)
    accuracies = read(np.stack([states[0], states[0]]), labels)
    assert accuracies[0] == accuracies[1]


def test_too_few_rows_are_an_error():
    with pytest.raises(InputError, match="5 rows or more"):
        read(np.zeros((1, 4, 2)), np.zeros(4, int))
