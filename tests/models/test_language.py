"""Encoders of every objective: blind to fill, to the future where they are causal, and alike at the start."""

import numpy as np
import pytest

import padleak
from padleak.models import backend
from padleak.models.language import LanguageModel

pytestmark = pytest.mark.slow

WORDS, TARGETS = 60, 40
SIZES = {"words": WORDS, "width": 16, "layers": 2, "heads": 2}
MODELS = {
    "masked": LanguageModel(**SIZES),
    "causal": LanguageModel(**SIZES, causal=True),
    "translation": LanguageModel(**SIZES, decoder_layers=1, target_words=TARGETS),
}


@pytest.fixture(scope="module")
def batch():
    backend.start()
    generator = np.random.default_rng(0)
    real = np.arange(12) < np.array([12, 9, 7, 12, 5, 10])[:, None]
    target_real = np.arange(8) < np.array([8, 3, 5, 8, 6, 4])[:, None]
    return {
        "ids": np.where(real, generator.integers(2, WORDS, real.shape), 0).astype("int32"),
        "real": real,
        "target_ids": np.where(target_real, generator.integers(2, TARGETS, target_real.shape), 0).astype("int32"),
        "target_real": target_real,
    }


def inputs_of(model, batch):
    return {tensor.name: batch[tensor.name] for tensor in model.inputs}


@pytest.fixture(scope="module", params=MODELS)
def views(request, batch):
    return request.param, MODELS[request.param].assemble(seed=3)


def test_our_own_auditor_clears_it(views, batch):
    name, (model, _, _) = views
    found = padleak.audit(model, inputs_of(model, batch))
    assert not found.leaks, f"{name}: {found}"


def test_states_are_the_embedded_words_and_one_for_each_block(views, batch):
    _, (_, _, states) = views
    seen = states([batch["ids"], batch["real"]])
    assert [tuple(state.shape) for state in seen] == [(6, 12, 16)] * 3


def test_logits_are_over_the_words_that_can_be_told(views, batch):
    name, (model, _, _) = views
    logits = model(inputs_of(model, batch))
    assert tuple(logits.shape) == ((6, 8, TARGETS) if name == "translation" else (6, 12, WORDS))


def changed_by(states, batch, step):
    """Where exchanging one word changes the last states of the first row, `(step,)`."""
    other = batch["ids"].copy()
    other[0, step] = 2 + (other[0, step] - 1) % (WORDS - 2)
    first, second = (np.asarray(states([ids, batch["real"]])[-1])[0] for ids in (batch["ids"], other))
    return np.abs(first - second).max(axis=-1) > 1e-6


def test_a_causal_encoder_sees_no_word_to_come(batch):
    _, _, states = MODELS["causal"].assemble(seed=0)
    np.testing.assert_array_equal(changed_by(states, batch, 6), np.arange(12) >= 6)


@pytest.mark.parametrize("name", ["masked", "translation"])
def test_the_others_see_both_sides(name, batch):
    _, _, states = MODELS[name].assemble(seed=0)
    assert changed_by(states, batch, 6).all()


def test_a_decoder_sees_no_target_to_come_and_all_of_the_source(batch):
    model, _, _ = MODELS["translation"].assemble(seed=0)

    def told(**changes):
        return np.asarray(model(inputs_of(model, batch | changes)))[0]

    later, source = batch["target_ids"].copy(), batch["ids"].copy()
    later[0, 5] = 2 + (later[0, 5] - 1) % (TARGETS - 2)
    source[0, 11] = 2 + (source[0, 11] - 1) % (WORDS - 2)
    moved = np.abs(told() - told(target_ids=later)).max(axis=-1) > 1e-6
    np.testing.assert_array_equal(moved, np.arange(8) >= 5)
    assert (np.abs(told() - told(ids=source)).max(axis=-1) > 1e-7).all()


def test_encoders_of_one_seed_begin_with_the_same_weights():
    backend.start()
    one, *others = (model.assemble(seed=5).states.get_weights() for model in MODELS.values())
    for other in others:
        assert all(np.array_equal(a, b) for a, b in zip(one, other, strict=True))
    different = MODELS["masked"].assemble(seed=6).states.get_weights()
    assert any(not np.array_equal(a, b) for a, b in zip(one, different))


def test_all_weights_hang_on_the_seed_alone(views):
    name, (model, _, _) = views
    again = MODELS[name].assemble(seed=3).model
    assert all(np.array_equal(a, b) for a, b in zip(model.get_weights(), again.get_weights(), strict=True))
