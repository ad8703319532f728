"""Lessons of every objective: what goes in, what is to be told, and what weighs nothing."""

import numpy as np
import pytest

from padleak.data.corruption import Corruption, mask_id
from padleak.data.vocabulary import FIRST_WORD, UNKNOWN
from padleak.models.objectives import Asking, Texts, objectives

WORDS = 50


@pytest.fixture(scope="module")
def texts():
    generator = np.random.default_rng(0)
    real = np.arange(12) < generator.integers(6, 13, (40, 1))
    target_real = np.arange(6) < generator.integers(3, 7, (40, 1))
    return Texts(
        np.where(real, generator.integers(UNKNOWN, WORDS, real.shape), 0),
        real,
        np.where(target_real, generator.integers(UNKNOWN, WORDS, target_real.shape), 0),
        target_real,
    )


def lesson_of(name, texts, seed=0, answers=200, **corruption):
    asking = Asking(WORDS, Corruption(**corruption), answers)
    return objectives[name](texts, asking, np.random.default_rng(seed))


@pytest.mark.parametrize("name", objectives.names())
def test_weights_have_a_mean_of_one_and_known_words_alone_weigh(name, texts):
    lesson = lesson_of(name, texts)
    assert lesson.weights.mean() == pytest.approx(1, rel=1e-5) and lesson.weights.shape == lesson.labels.shape
    assert (lesson.labels[lesson.weights > 0] >= FIRST_WORD).all()
    assert len(set(lesson.weights[lesson.weights > 0].round(4).tolist())) == 1


@pytest.mark.parametrize("name", objectives.names())
def test_a_generator_gives_the_same_again(name, texts):
    first, second = (lesson_of(name, texts, seed=4) for _ in range(2))
    for one, other in zip([*first.inputs, first.labels], [*second.inputs, second.labels]):
        np.testing.assert_array_equal(one, other)


def test_masked_words_are_hidden_where_they_are_asked(texts):
    lesson = lesson_of("masked", texts, rate=0.3, masked=1.0, replaced=0.0)
    rows, steps = lesson.places
    counts = lesson.weights > 0
    assert (lesson.inputs[0][rows[counts], steps[counts]] == mask_id(WORDS)).all()
    np.testing.assert_array_equal(lesson.labels, texts.ids[rows, steps])
    assert len({*zip(rows[counts], steps[counts])}) == counts.sum() == (lesson.inputs[0] == mask_id(WORDS)).sum()
    assert texts.real[rows[counts], steps[counts]].all()


def test_answers_that_there_is_no_place_for_are_left_out_at_random(texts):
    lesson = lesson_of("masked", texts, answers=10, rate=0.5)
    assert lesson.labels.shape == (10,) and (lesson.weights > 0).all() and lesson.places[0].std() > 3


def test_cloze_rows_ask_for_one_word_each(texts):
    asking = Asking(WORDS, Corruption(1.0, 1.0, 0.0), 60, cloze=((7, 8), 0.0))
    lesson = objectives["masked"](texts, asking, np.random.default_rng(0))
    asked = lesson.weights > 0
    assert asked.sum() == 40 and sorted(lesson.places[0][asked]) == list(range(40))
    assert not np.isin(lesson.labels[asked], (7, 8)).any()


def test_a_language_model_is_asked_for_the_next_word(texts):
    lesson = lesson_of("causal", texts)
    np.testing.assert_array_equal(lesson.labels[:, :-1], texts.ids[:, 1:])
    ends = texts.real.sum(axis=1) - 1
    assert not lesson.weights[np.arange(40), ends].any() and not lesson.weights[:, -1].any()
    np.testing.assert_array_equal(lesson.inputs[0], texts.ids)


def test_a_translator_sees_the_target_up_to_the_word_before(texts):
    lesson = lesson_of("translation", texts)
    np.testing.assert_array_equal(lesson.inputs[2], texts.target_ids[:, :-1])
    np.testing.assert_array_equal(lesson.labels, texts.target_ids[:, 1:])
    assert not lesson.weights[~texts.target_real[:, 1:]].any()
