import numpy as np
import pytest

from padleak.data import load, pad
from padleak.models import Network
from padleak.models.rows import EqualLengthRows, Rows, batchings
from padleak.models.training import History, Program, Schedule

pytestmark = pytest.mark.slow

NETWORK = Network(words=40, embedding=6, units=8, length=12, outputs=4, masking="embedding")


@pytest.fixture(scope="module")
def data():
    return load("first_token?length=12").train.take(np.arange(256))


@pytest.fixture(scope="module")
def rows(data):
    return Rows(pad(data, 12, "post"), data.labels)


@pytest.mark.parametrize("steps", [0, 1000], ids=["as traced", "compiled to machine code"])
def test_a_program_set_back_trains_to_the_weights_of_a_fresh_one(rows, steps):
    schedule = Schedule(batch=64, epochs=2)
    used = Program(NETWORK, steps)
    used.reset(5, 0.01)
    used.train(rows, rows, schedule, seed=1)
    used.reset(7, 0.003)
    used.train(rows, rows, schedule, seed=2)
    fresh = Program(NETWORK, steps)
    fresh.reset(7, 0.003)
    fresh.train(rows, rows, schedule, seed=2)
    for ours, theirs in zip(used.model.get_weights(), fresh.model.get_weights()):
        assert np.array_equal(ours, theirs)


def test_training_is_what_fit_does(rows, data):
    """Plain Keras on the same batches in the same order gives the same weights."""
    import keras

    program = Program(NETWORK, steps=0)
    program.reset(3, 0.003)
    plain, _ = NETWORK.assemble(3)
    plain.compile(keras.optimizers.Adam(0.003), "sparse_categorical_crossentropy", jit_compile=False)
    program.train(rows, rows, Schedule(batch=64, epochs=2, patience=9), seed=4)
    generator, padded = np.random.default_rng(4), pad(data, 12, "post")
    losses = []
    for _ in range(2):
        order = generator.permutation(256)
        plain.fit(padded.inputs[order], data.labels[order], batch_size=64, shuffle=False, verbose=0)
        losses.append((plain.evaluate(padded.inputs, data.labels, verbose=0), plain.get_weights()))
    best = min(losses, key=lambda pair: pair[0])[1]
    for ours, theirs in zip(program.model.get_weights(), best):
        assert np.allclose(ours, theirs, atol=1e-6)


def test_a_compiled_epoch_is_what_compiled_fit_does(rows, data):
    import keras

    program = Program(NETWORK, steps=1000)
    program.reset(3, 0.003)
    plain, _ = NETWORK.assemble(3)
    plain.compile(keras.optimizers.Adam(0.003), "sparse_categorical_crossentropy", jit_compile=True)
    program.train(rows, rows, Schedule(batch=64, epochs=1), seed=4)
    order, padded = np.random.default_rng(4).permutation(256), pad(data, 12, "post")
    plain.fit(padded.inputs[order], data.labels[order], batch_size=64, shuffle=False, verbose=0)
    for ours, theirs in zip(program.model.get_weights(), plain.get_weights()):
        assert np.allclose(ours, theirs, atol=1e-6)


def test_later_seeds_trace_and_compile_nothing(rows, data):
    """Counted where the tracing happens; a new shape is counted, so the counter counts."""
    program = Program(NETWORK, steps=1000)
    padded = pad(data, 12, "post")

    def run(seed):
        program.reset(seed, 0.003)
        program.train(rows, rows, Schedule(batch=64, epochs=2), seed)
        program.read_at(padded.inputs, padded.mask, np.full((256, 2), 5))
        return program.traces

    assert 0 < run(1) == run(2) == run(3)
    before = program.traces
    program.read(padded.inputs[:, :7], padded.mask[:, :7])
    assert program.traces == before + 1


def test_it_learns_and_keeps_the_weights_of_the_best_epoch(rows):
    program = Program(NETWORK, steps=0)
    program.reset(0, 0.02)
    history = program.train(rows, rows, Schedule(batch=32, epochs=12), seed=0)
    assert program.loss(rows) == pytest.approx(min(history.validation_loss))
    assert history.validation_loss[-1] < 0.5 < history.validation_loss[0]


def test_training_that_runs_away_is_an_error(rows):
    program = Program(NETWORK, steps=0)
    program.reset(1, 1e38)
    with pytest.raises(FloatingPointError, match="epochs: training diverged"):
        program.train(rows, rows, Schedule(batch=64, epochs=9, patience=9), seed=1)


def test_early_stopping_counts_epochs_since_the_best():
    assert not History([3.0, 2.0, 2.5]).should_stop(patience=2)
    assert History([3.0, 2.0, 2.5, 2.4]).should_stop(patience=2)


def test_answers_at_every_step_are_read_at_the_last_real_step(data):
    network = Network(words=40, embedding=6, units=8, length=12, outputs=4, masking="loss_only", readout="every")
    program = Program(network, steps=0)
    padded = pad(data, 12, "post")
    every_step = np.asarray(program.view.predict_on_batch(padded.inputs)[2])
    expected = np.array([every_step[row, length - 1] for row, length in enumerate(padded.mask.sum(axis=1))])
    assert np.allclose(program.read(padded.inputs, padded.mask).prediction, expected, atol=1e-6)


@pytest.mark.parametrize(
    ("model", "masking", "readout"),
    [
        ("lstm", "none", "last"),
        ("lstm", "embedding", "every"),
        ("lstm", "zero_states", "last"),
        ("gru", "explicit", "last"),
        ("simple_rnn", "embedding", "last"),
    ],
)
def test_reading_a_prefix_is_reading_the_shorter_row(data, model, masking, readout):
    """Whatever follows the step that is read, fill or words."""
    network = Network(
        words=40, embedding=6, units=8, length=12, outputs=4, model=model, masking=masking, readout=readout
    )
    assert network.reads_prefixes
    program = Program(network, steps=0)
    padded = pad(data.take(np.arange(64)), 12, "pre")
    at_7, at_12 = program.read_at(padded.inputs, padded.mask, np.tile([6, 11], (64, 1)))
    cut, whole = (program.read(padded.inputs[:, :steps], padded.mask[:, :steps]) for steps in (7, 12))
    real = padded.mask[:, :7].any(axis=1)
    for ours, theirs in ((at_7, cut), (at_12, whole)):
        assert np.allclose(ours.summary[real], theirs.summary[real], atol=1e-6)
        assert np.allclose(ours.prediction[real], theirs.prediction[real], atol=1e-6)
    assert not np.allclose(at_7.summary[real], at_12.summary[real], atol=1e-3)


@pytest.mark.parametrize("settings", [{"bidirectional": True}, {"readout": "mean"}, {"model": "conv1d"}])
def test_where_later_steps_count_prefixes_are_not_read(settings):
    assert not Network(words=40, **settings).reads_prefixes


@pytest.mark.parametrize("at_ends", [False, True])
def test_batches_of_several_sizes_train_as_in_plain_keras(data, at_ends):
    """An engine may fill small batches up, but must take the same steps."""
    import keras

    network = Network(words=40, embedding=6, units=8, length=12, outputs=4, masking="unpadded")
    program = Program(network, steps=1000)
    program.reset(3, 0.003)
    plain, _ = network.assemble(3)
    plain.compile(keras.optimizers.Adam(0.003), "sparse_categorical_crossentropy", jit_compile=False)
    batches = list(EqualLengthRows(data, at_ends).batches(20, np.random.default_rng(0)))
    assert len({len(batch.labels) for batch in batches}) > 1
    program.take_steps(batches)
    for batch in batches:
        plain.train_on_batch(batch.inputs, batch.labels)
    for ours, theirs in zip(program.model.get_weights(), plain.get_weights()):
        assert np.allclose(ours, theirs, atol=1e-6)


def test_a_packed_step_is_one_on_rows_run_together(data):
    """Held against Keras on the same rows, answers picked out by hand."""
    import keras

    network = Network(words=40, embedding=6, units=8, length=12, outputs=4, masking="embedding")
    program = Program(network, steps=1000)
    program.reset(3, 0.003)
    (batch,) = batchings["packed"](data.take(np.arange(16)), lambda s: pad(s, 24, "pre")).batches(
        16, np.random.default_rng(0)
    )
    assert len(set(batch.places.rows)) < 16
    plain, view = network.assemble(3)
    flat = keras.layers.Reshape((-1,))(view.outputs[0])
    picked = [flat[row, step * 8 : step * 8 + 8] for row, step in zip(*(place.tolist() for place in batch.places))]
    together = keras.Model(view.inputs, view.get_layer("head")(keras.ops.stack(picked)))
    together.compile(keras.optimizers.Adam(0.003), "sparse_categorical_crossentropy", jit_compile=False)
    program.take_steps([batch])
    together.train_on_batch(batch.inputs, batch.labels)
    for ours, theirs in zip(program.model.get_weights(), plain.get_weights()):
        assert np.allclose(ours, theirs, atol=1e-6)
