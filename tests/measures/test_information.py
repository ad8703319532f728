"""Mutual information: scikit-learn's, planted answers, and what it makes of nothing."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from padleak.measures.information import cluster, mutual_information, told_of


@settings(max_examples=40, deadline=None)
@given(rows=st.integers(1, 200), kinds=st.integers(1, 9), seed=st.integers(0, 999))
def test_it_is_that_of_scikit_learn(rows, kinds, seed):
    from sklearn.metrics import mutual_info_score

    first, second = np.random.default_rng(seed).integers(kinds, size=(2, rows))
    assert mutual_information(first, second) == pytest.approx(mutual_info_score(first, second), abs=1e-9)


def planted(noise, rows=4000, words=20, seed=0):
    """States that are a point for each word, and noise."""
    generator = np.random.default_rng(seed)
    labels = generator.integers(words, size=rows)
    return generator.normal(size=(words, 8))[labels] + noise * generator.normal(size=(rows, 8)), labels


def told_by(states, labels, clusters=200, seed=0):
    generator = np.random.default_rng(seed)
    return told_of(labels, cluster(states, clusters, generator), generator)


def test_states_that_give_the_word_away_tell_all_of_it():
    states, labels = planted(noise=0.01)
    told = told_by(states, labels)
    assert told.most == pytest.approx(np.log(20), abs=0.01)
    assert told.value == pytest.approx(told.most, rel=0.02)


def test_states_of_noise_tell_no_more_than_shuffled_labels():
    _, labels = planted(noise=1)
    states = np.random.default_rng(9).normal(size=(len(labels), 8))
    told = told_by(states, labels)
    assert told.value == pytest.approx(told.bias, rel=0.05) and told.bias > 0.1


def test_more_noise_tells_less():
    values = [told_by(*planted(noise)).value for noise in (0.1, 0.5, 1.0, 2.0)]
    assert values == sorted(values, reverse=True)


def test_few_rows_make_few_clusters_and_the_same_generator_the_same():
    states, labels = planted(noise=0.5, rows=30)
    first, second = (told_by(states, labels, 1000, seed=1) for _ in range(2))
    assert first == second and first.value <= first.most + 1e-9
