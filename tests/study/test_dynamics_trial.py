"""The dynamics trial: what it measures of a network, and its claims on planted half-lives."""

import numpy as np
import pandas as pd
import pytest

from padleak.measures.dynamics import mean_gap
from padleak.study.claims import Case, judge
from padleak.study.experiment import find_experiments
from padleak.study.grid import PROFILES
from padleak.study.trials.dynamics import COUNTS, HORIZON, DynamicsCell, Fall, half_lives
from padleak.study.trials.sequence import Probe, SequenceCell

EXPERIMENT = find_experiments()["pad_dynamics"]
METRICS = (
    "attractors", "unsettled_share", "period", "leading_rate", "latched_share", "distance_predicted", "distance_measured",
    "probe_predicted", "probe_measured", "map_error",
)  # fmt: skip


def make_cell(masking: str = "none", **settings) -> DynamicsCell:
    network = SequenceCell(
        data="first_token?length=12", rows=192, validation=64, test=96, length=12, epochs=2, units=8, masking=masking,
        probe_rows=40, probes=(Probe("post", 4),), **settings,
    )  # fmt: skip
    return DynamicsCell(network=network, sequences=60)


@pytest.mark.slow
@pytest.mark.parametrize("model", ["lstm", "gru", "simple_rnn"])
def test_the_map_is_that_of_the_network(model):
    outcome = make_cell(model=model, layers=2).run()
    found = outcome.measurements[outcome.measurements.layer == "map"].set_index("metric").value
    assert set(found.index) == set(METRICS)
    assert found.map_error < 1e-5
    apart = outcome.measurements[outcome.measurements.metric == "separation"]
    apart = apart[apart.layer == "summary"]
    assert apart["count"].tolist() == list(COUNTS) and apart.value.iloc[0] == 1
    assert outcome.arrays["states"]["trajectory"].shape == (65, 40, 8)


@pytest.mark.slow
def test_what_stays_apart_is_told_of_what_the_head_sees():
    """An LSTM's memory is not bounded: distances within it are no measure of those that its output keeps."""
    program = make_cell("none", model="lstm").network.train().program
    generator = np.random.default_rng(0)
    for variable in program.model.trainable_variables:
        variable.assign(2 * generator.normal(size=variable.shape))  # wild enough for several attractors
    sequences = make_cell().network.train().split.test
    fall = Fall.of(program, sequences, 12)
    held = mean_gap(fall.outputs[-1]) / mean_gap(fall.outputs[0])
    assert np.isnan(fall.latched_share) or fall.latched_share == pytest.approx(held, rel=0.05)


@pytest.mark.slow
def test_behind_a_mask_there_is_no_map_and_nothing_moves():
    rows = make_cell("embedding").run().measurements
    assert rows.metric.tolist() == ["relative_shift"] and rows.value.tolist() == [0]


@pytest.mark.slow
def test_the_same_cell_gives_the_same_numbers():
    first, again = (make_cell("zero_vector").run().measurements for _ in range(2))
    pd.testing.assert_frame_equal(first, again)


def plant(
    measured=lambda foretold: foretold,
    several: float = 1.0,
    several_bare: float = 0.0,
    zero: float = 0.5,
    error: float = 1e-6,
) -> dict:
    """Verdicts where half-lives are foretold from 2 to 64 steps and measured as a function of that. Networks of several
    attractors hold for ever whatever is foretold, and simple RNNs never settle: neither must count for D1, nor those for D2."""
    generator, rows = np.random.default_rng(0), []
    for cell in EXPERIMENT.design(PROFILES["standard"]).cells:
        network = cell.network
        about = {"cell": cell.key, "layout": network.padding, "count": None, "layer": "map"} | cell.factors
        foretold = 2 ** generator.uniform(1, 6)
        life = measured(foretold) * 2 ** generator.normal(0, 0.05)
        held = generator.random() < (several_bare if network.masking == "unpadded" else several)
        turns = network.model == "simple_rnn"
        numbers = dict.fromkeys(METRICS, 0.0) | {
            "attractors": 0 if turns else 1.0 + held, "unsettled_share": float(turns), "map_error": error,
            "distance_predicted": foretold, "probe_predicted": foretold,
            "distance_measured": np.inf if held or turns else life, "probe_measured": np.inf if held or turns else life,
        }  # fmt: skip
        if network.masking not in ("embedding", "masking_layer"):
            rows += [about | {"metric": metric, "value": value} for metric, value in numbers.items()]
        shift = {"none": 1.0, "zero_vector": zero}.get(network.masking, 0.0) * (1 + 0.01 * generator.normal())
        for layout in ("pre", "post"):
            # Where training had none, fill does whatever it wants.
            moved = shift if layout == network.padding else 100 * generator.random()
            rows.append(
                about | {"metric": "relative_shift", "layer": "summary", "layout": layout, "count": 32, "value": moved}
            )
    verdicts = judge([Case("x", EXPERIMENT.claims, pd.DataFrame(rows), 0)])
    return {verdict["id"]: verdict["verdict"] for verdict in verdicts}


@pytest.mark.parametrize(
    ("planted", "verdicts"),
    [
        ({}, {"D1": "supported", "D2": "supported", "D3": "supported"}),
        ({"measured": lambda foretold: 8 * foretold}, {"D1": "refuted"}),
        ({"measured": lambda foretold: 64 / foretold}, {"D1": "refuted"}),
        ({"error": 0.1}, {"D1": "refuted"}),
        ({"several": 0.1}, {"D2": "refuted"}),
        ({"several_bare": 0.9}, {"D2": "refuted"}),
        ({"zero": 0.001}, {"D3": "refuted"}),
    ],
)
def test_claims_find_what_is_planted(planted, verdicts):
    found = plant(**planted)
    assert {name: found[name] for name in verdicts} == verdicts


def test_claims_without_a_single_map_are_inconclusive():
    masked = [cell for cell in EXPERIMENT.design(PROFILES["smoke"]).cells if cell.network.masking == "embedding"]
    rows = [
        {"cell": cell.key, "layout": "post", "count": 32, "layer": "summary", "metric": "relative_shift", "value": 0.0}
        | cell.factors
        for cell in masked
    ]
    verdicts = judge([Case("x", EXPERIMENT.claims, pd.DataFrame(rows), 3)])
    assert {verdict["verdict"] for verdict in verdicts} == {"inconclusive"}


def test_what_lasts_for_ever_counts_as_the_horizon():
    about = {"cell": "c", "seed": 0, "model": "lstm", "layers": 1, "masking": "none", "padding": "post", "data": "d"}
    values = dict.fromkeys(METRICS, 0.0) | {"distance_predicted": np.inf, "probe_measured": np.nan}
    rows = [about | {"layer": "map", "metric": metric, "value": value} for metric, value in values.items()]
    (lives,) = half_lives(pd.DataFrame(rows)).to_dict("records")
    assert lives["distance_predicted"] == HORIZON and lives["distance_measured"] == 0.25
    assert np.isnan(lives["probe_measured"])
