import numpy as np
import pandas as pd
import pytest

from padleak.data import load
from padleak.study.trials.sequence import Probe, SequenceCell

pytestmark = pytest.mark.slow

SMALL = {
    "data": "keyword?length=10", "rows": 256, "validation": 64, "test": 128, "length": 16, "units": 6, "embedding": 5,
    "epochs": 2, "probe_rows": 20, "probes": (Probe("pre", 4), Probe("post", 4), Probe("stretched", 4)),
}  # fmt: skip


@pytest.fixture(scope="module")
def unmasked():
    return SequenceCell(masking="none", **SMALL).run()


def value(outcome, probe: str, layer: str, metric: str) -> float:
    table = outcome.measurements
    return table[(table.probe == probe) & (table.layer == layer) & (table.metric == metric)].value.item()


def run_lstm(tokens: list[int], weights: dict[str, np.ndarray]) -> np.ndarray:
    """The last state of Keras's LSTM, step by step in plain numpy."""
    table = weights["embedding/embeddings"]
    kernel, recurrent, bias = (
        weights[f"encoder_1/lstm_cell/{name}"] for name in ("kernel", "recurrent_kernel", "bias")
    )
    units = recurrent.shape[0]
    state = carry = np.zeros(units)

    def sigmoid(x):
        return 1 / (1 + np.exp(-x))

    for token in tokens:
        gates = table[token] @ kernel + state @ recurrent + bias
        write, forget, new, show = np.split(gates, 4)
        carry = sigmoid(forget) * carry + sigmoid(write) * np.tanh(new)
        state = sigmoid(show) * np.tanh(carry)
    return state


def test_shift_is_what_plain_numpy_makes_of_the_kept_weights(unmasked):
    weights, states = unmasked.arrays["weights"], unmasked.arrays["states"]
    test = load(SMALL["data"]).test.take(np.arange(SMALL["test"]))
    by_length = {int(n): [list(row) for row in test if len(row) == n] for n in set(states["lengths"].tolist())}
    place, moved, norms = dict.fromkeys(by_length, 0), [], []
    for length in states["lengths"].tolist():
        row = by_length[length][place[length]]
        place[length] += 1
        bare, filled = run_lstm(row, weights), run_lstm([*row, 0, 0, 0, 0], weights)
        moved.append(np.linalg.norm(filled - bare))
        norms.append(np.linalg.norm(bare))
    assert len(moved) == len(states["unpadded"])
    assert value(unmasked, "post+4", "summary", "relative_shift") == pytest.approx(
        np.mean(moved) / np.mean(norms), rel=1e-4
    )
    assert np.linalg.norm(states["unpadded"], axis=1) == pytest.approx(norms, rel=1e-4)


def test_a_mask_removes_what_the_unmasked_network_leaks(unmasked):
    masked = SequenceCell(masking="embedding", **SMALL).run()
    for probe in ("pre+4", "post+4", "post"):
        assert value(unmasked, probe, "summary", "largest_shift") > 0.001
        assert value(masked, probe, "summary", "largest_shift") == 0
    assert value(masked, "stretched+4", "summary", "largest_shift") > 0.001


def test_real_steps_before_the_fill_cannot_change_in_one_direction(unmasked):
    assert value(unmasked, "post+4", "states", "largest_shift") == 0
    assert value(unmasked, "pre+4", "states", "largest_shift") > 0.001


def test_the_same_cell_gives_the_same_measurements_and_another_seed_others(unmasked):
    again = SequenceCell(masking="none", **SMALL).run()
    other = SequenceCell(masking="none", seed=1, **SMALL).run()
    pd.testing.assert_frame_equal(again.measurements, unmasked.measurements)
    assert not again.measurements.value.equals(other.measurements.value)
    for name, weight in unmasked.arrays["weights"].items():
        assert np.array_equal(weight, again.arrays["weights"][name])


def test_share_of_fill_is_counted(unmasked):
    lengths = unmasked.arrays["states"]["lengths"]
    assert value(unmasked, "post+4", "input", "padded_share") == pytest.approx(4 * len(lengths) / (lengths + 4).sum())


def test_the_oracle_trains_without_fill_and_flatten_is_probed_at_one_length():
    oracle = SequenceCell(masking="unpadded", **SMALL).run()
    assert oracle.facts["train_padded_share"] == 0
    flat = SequenceCell(
        masking="none",
        model="mlp",
        readout="flatten",
        **SMALL | {"probes": (Probe("pre", reference="trained"), Probe("pre", 4))},
    )
    assert set(flat.run().measurements.probe) == {"post", "pre@trained"}


def test_a_word_on_the_fill_id_is_masked_away():
    collided = SequenceCell(masking="embedding", collides=True, **SMALL).run()
    own = SequenceCell(masking="embedding", **SMALL).run()
    assert value(own, "post", "encoder", "real_taken_for_fill") == 0
    assert value(collided, "post", "encoder", "real_taken_for_fill") > 0.01


def test_numbers_are_predicted_and_scored_by_variance_explained():
    outcome = SequenceCell(masking="masking_layer", **SMALL | {"data": "adding?length=10"}).run()
    assert value(outcome, "post", "prediction", "accuracy") <= 1
    assert "flips" not in set(outcome.measurements.metric)
