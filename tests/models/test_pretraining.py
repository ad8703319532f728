"""Training of language models: it learns what is planted, can be left and taken up, and is scored as numpy scores."""

from dataclasses import replace

import numpy as np
import pytest

from padleak.data.corruption import Corruption
from padleak.models import backend
from padleak.models.fine_tuning import FineTuner
from padleak.models.language import LanguageModel
from padleak.models.objectives import Asking, Texts, objectives
from padleak.models.pretraining import STEPS_AT_ONCE, Course, Pretrainer

pytestmark = pytest.mark.slow

WORDS, LENGTH, BATCH = 14, 10, 16
SIZES = {"words": WORDS, "width": 16, "layers": 1, "heads": 2}


@pytest.fixture(scope="module")
def texts():
    """Words that follow each other in a ring: from any neighbour, each can be told."""
    backend.start()
    generator = np.random.default_rng(0)
    ids = 2 + (generator.integers(12, size=(200, 1)) + np.arange(LENGTH)) % 12
    real = np.arange(LENGTH) < generator.integers(6, LENGTH + 1, (200, 1))
    return Texts(np.where(real, ids, 0), real)


def course(objective, steps):
    return Course(objective, Asking(WORDS, Corruption(), 40), steps, BATCH, 0.02, seed=1)


def pretrainer(objective):
    return Pretrainer(LanguageModel(**SIZES, causal=objective == "causal"), compiles=False)


def run(model, texts, plan, start=0):
    return list(model.train(texts, plan, start))


@pytest.mark.parametrize("objective", ["masked", "causal"])
def test_what_is_planted_is_learnt_and_scored_as_numpy_scores(objective, texts):
    model = pretrainer(objective)
    model.reset(3)
    assert run(model, texts, course(objective, 200))[-1] == 200
    asking = Asking(WORDS, Corruption(0.15, 1.0, 0.0), 40)
    lesson = objectives[objective](texts.take(np.arange(BATCH)), asking, np.random.default_rng(0))
    loss, accuracy = model.score([lesson])
    assert accuracy > 0.5
    logits = np.asarray(model.model(lesson.inputs), dtype=float)
    if lesson.places is not None:
        logits = logits[lesson.places]
    odds = np.exp(logits) / np.exp(logits).sum(axis=-1, keepdims=True)
    right = np.take_along_axis(odds, lesson.labels[..., None], axis=-1)[..., 0][lesson.weights > 0]
    assert loss == pytest.approx(-np.log(right).mean(), rel=1e-4)


def test_training_that_is_left_and_taken_up_ends_with_the_same_weights(texts):
    plan = course("masked", 4 * STEPS_AT_ONCE)
    whole = pretrainer("masked")
    whole.reset(5)
    run(whole, texts, plan)
    first = pretrainer("masked")
    first.reset(5)
    for taken in first.train(texts, plan):
        if taken == 2 * STEPS_AT_ONCE:
            kept = first.keep()
            break
    second = pretrainer("masked")
    second.restore(kept)
    run(second, texts, plan, start=taken)
    for one, other in zip(whole.keep(), second.keep(), strict=True):
        np.testing.assert_array_equal(one, other)


def test_the_learning_rate_rises_and_falls_to_nothing():
    rates = [course("masked", 1000).rate(start) for start in range(0, 1000, STEPS_AT_ONCE)]
    assert max(rates) == rates[5] == pytest.approx(0.02, rel=0.02) and rates[0] < 0.003 and rates[-1] < 0.001


def test_an_epoch_has_every_row_once(texts):
    plan = course("masked", 200)
    steps = len(texts.ids) // BATCH
    numbered = Texts(np.arange(len(texts.ids))[:, None] + 2 + np.zeros((1, 3), int), np.ones((len(texts.ids), 3), bool))
    plain = replace(plan, objective="causal")
    lessons = [lesson for start in range(0, steps, STEPS_AT_ONCE) for lesson in plain.lessons(numbered, start)][:steps]
    seen = np.concatenate([lesson.inputs[0][:, 0] for lesson in lessons])
    assert len(set(seen)) == len(seen) == steps * BATCH


def test_a_head_learns_what_states_tell_and_leaves_other_tasks_alone(texts):
    language = LanguageModel(**SIZES)
    weights = language.assemble(0).states.get_weights()
    tuner = FineTuner(language, classes=2, compiles=False)
    labels = (texts.ids[:, 0] % 2).astype(int)
    inputs = texts.ids, texts.real
    tuner.train(weights, inputs, labels, steps=200, batch=32, seed=0)
    answers = tuner.answer(inputs)
    assert answers.shape == labels.shape and (answers == labels).mean() > 0.9
    tuner.train(weights, inputs, 1 - labels, steps=200, batch=32, seed=0)
    assert (tuner.answer(inputs) == 1 - labels).mean() > 0.9
