"""Contracts over everything registered: each model, masking and readout, in every combination that can be."""

import itertools
import random

import numpy as np
import pytest

from padleak.data import Sequences, pad
from padleak.models import Network, maskings, models, readouts
from padleak.models.masking import trace_mask
from padleak.models.network import why_not
from padleak.models.rows import Rows
from padleak.models.training import Program, Schedule

pytestmark = pytest.mark.slow

LENGTH = 9
TOLERANCE = 8 * 2**-23


def make_data(features: bool, rows: int = 24) -> Sequences:
    generator = np.random.default_rng(0)
    lengths = generator.integers(2, 7, size=rows)
    draw = (lambda n: generator.normal(size=(n, 3))) if features else (lambda n: generator.integers(2, 12, size=n))
    return Sequences.from_rows([draw(n) for n in lengths], generator.integers(3, size=rows))


def make_network(features: bool, **settings) -> Network:
    kind = {"features": 3} if features else {"words": 12}
    return Network(**{"units": 4, "embedding": 5, "length": LENGTH, "outputs": 3} | kind | settings)


def combinations() -> list:
    """Enough of them that any two settings that can stand together do."""
    cases, seen = [], set()
    for settings in itertools.product(models, maskings, readouts, (False, True)):
        model, masking, readout, features = settings
        network = make_network(features, model=model, masking=masking, readout=readout)
        pairs = set(itertools.combinations(enumerate(settings), 2))
        if why_not(network, "features" if features else "tokens") is None and pairs - seen:
            seen |= pairs
            cases.append(
                pytest.param(network, features, id=f"{model}-{masking}-{readout}-{'x' if features else 'ids'}")
            )
    return cases


@pytest.mark.parametrize(("network", "features"), combinations())
def test_any_two_settings_together_give_probabilities(network, features):
    data = make_data(features)
    padded = pad(data, LENGTH, "post")
    model, view = network.assemble(seed=1)
    states, summary, prediction = (
        np.asarray(x) for x in view.predict_on_batch(network.feed(padded.inputs, padded.mask))
    )
    assert prediction.shape[-1] == 3
    assert np.allclose(prediction.sum(axis=-1), 1, atol=1e-5)
    assert states.shape[:2] == padded.mask.shape
    assert summary.shape[:1] == (len(data),)
    assert np.allclose(
        np.asarray(model.predict_on_batch(network.feed(padded.inputs, padded.mask))), prediction, atol=1e-6
    )


RECURRENT = [name for name in models if models.facts(name).get("bidirectional")]
CORRECT_MASKS = [("embedding", False), ("explicit", False), ("explicit", True), ("masking_layer", True)]


@pytest.mark.parametrize(("masking", "features"), CORRECT_MASKS)
@pytest.mark.parametrize(("layers", "bidirectional"), [(1, False), (2, False), (1, True), (2, True)])
@pytest.mark.parametrize("model", RECURRENT)
def test_a_correct_mask_makes_recurrent_networks_invariant_to_padding(model, layers, bidirectional, masking, features):
    data = make_data(features)
    network = make_network(features, model=model, masking=masking, layers=layers, bidirectional=bidirectional)
    _, view = network.assemble(seed=0)
    one = data.take(np.array([3]))
    bare = pad(one, one.lengths[0], "unpadded")
    reference = [np.asarray(x) for x in view.predict_on_batch(network.feed(bare.inputs, bare.mask))]
    for layout in ("pre", "post", "both", "middle", "scattered", "random"):
        padded = pad(one, LENGTH + 4, layout)
        states, summary, prediction = (
            np.asarray(x) for x in view.predict_on_batch(network.feed(padded.inputs, padded.mask))
        )
        assert np.abs(states[padded.mask] - reference[0][0]).max() <= TOLERANCE
        assert np.abs(summary - reference[1]).max() <= TOLERANCE
        assert np.abs(prediction - reference[2]).max() <= TOLERANCE


@pytest.mark.parametrize(
    ("masking", "seen_fill"),
    [
        ("none", 1),
        ("embedding", 0),
        ("embedding_then_masking", 1),
        ("explicit", 0),
        ("zero_states", 1),
        ("zero_vector", 1),
    ],
)
def test_the_mask_that_reaches_the_lstm(masking, seen_fill):
    padded = pad(make_data(features=False), LENGTH, "post")
    network = make_network(False, masking=masking)
    model, _ = network.assemble(seed=0)
    mask = trace_mask(model, "encoder_1", network.feed(padded.inputs, padded.mask))
    seen = np.ones_like(padded.mask) if mask is None else mask
    assert seen[~padded.mask].mean() == seen_fill
    assert seen[padded.mask].all()


def test_the_final_state_is_what_keras_returns_without_sequences():
    import keras

    network = make_network(False, masking="embedding", bidirectional=True)
    model, view = network.assemble(seed=0)
    padded = pad(make_data(features=False), LENGTH, "post")
    inner = model.get_layer("encoder_1")
    plain = keras.layers.Bidirectional(keras.layers.LSTM(4))
    embedded = model.get_layer("embedding")(padded.inputs)
    mask = padded.inputs != 0
    plain(embedded, mask=mask)
    plain.set_weights(inner.get_weights())
    assert np.allclose(np.asarray(plain(embedded, mask=mask)), view.predict_on_batch(padded.inputs)[1], atol=1e-6)


def test_zero_vector_gives_the_fill_vector_no_gradient_and_no_value():
    network = make_network(False, masking="zero_vector")
    program = Program(network, steps=0)
    padded = pad(make_data(features=False), LENGTH, "post")
    program.reset(0, 0.01)
    before = program.model.get_layer("embedding").get_weights()[0]
    program.train(Rows(padded, make_data(False).labels), Rows(padded, make_data(False).labels), Schedule(8, 2), seed=0)
    after = program.model.get_layer("embedding").get_weights()[0]
    assert np.array_equal(before[0], after[0])
    assert not np.array_equal(before[2:], after[2:])


def test_why_not_says_why():
    assert "float features" in why_not(make_network(True, masking="embedding"), "features")
    assert "token ids" in why_not(make_network(False, masking="masking_layer"), "tokens")
    assert "answer at every step" in why_not(make_network(False, masking="loss_only"), "tokens")
    assert "one length" in why_not(make_network(False, masking="unpadded", readout="flatten"), "tokens")
    assert "direction" in why_not(make_network(False, model="conv1d", bidirectional=True), "tokens")
    assert "vocabulary" in why_not(make_network(True), "features", collides=True)


@pytest.mark.parametrize(
    ("model", "readout"), [*((model, "mean") for model in models), *(("lstm", readout) for readout in readouts)]
)
def test_initial_weights_hang_on_the_seed_and_on_nothing_global(model, readout):
    network = make_network(False, model=model, readout=readout)
    first = network.assemble(seed=4)[0].get_weights()
    random.seed(99)
    np.random.seed(99)
    again, other = network.assemble(seed=4)[0].get_weights(), network.assemble(seed=5)[0].get_weights()
    assert all(np.array_equal(a, b) for a, b in zip(first, again))
    assert not all(np.array_equal(a, b) for a, b in zip(first, other))
