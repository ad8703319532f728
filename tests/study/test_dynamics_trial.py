"""The dynamics trial: what it measures of a network, and its claims on planted half-lives."""

import numpy as np
import pandas as pd
import pytest

from padleak.study.claims import Case, judge
from padleak.study.experiment import find_experiments
from padleak.study.grid import PROFILES
from padleak.study.trials.dynamics import COUNTS, HORIZON, DynamicsCell, half_lives
from padleak.study.trials.sequence import Probe, SequenceCell

EXPERIMENT = find_experiments()["pad_dynamics"]
METRICS = (
    "attractors", "unsettled_share", "period", "leading_rate", "latched_share", "half_life_predicted",
    "half_life_of_distance", "half_life_of_probe", "map_error",
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
    assert apart["count"].tolist() == list(COUNTS) and apart.value.iloc[0] == 1
    assert outcome.arrays["states"]["trajectory"].shape == (65, 40, 8)


@pytest.mark.slow
def test_behind_a_mask_there_is_no_map_and_nothing_moves():
    rows = make_cell("embedding").run().measurements
    assert rows.metric.tolist() == ["relative_shift"] and rows.value.tolist() == [0]


@pytest.mark.slow
def test_the_same_cell_gives_the_same_numbers():
    first, again = (make_cell("zero_vector").run().measurements for _ in range(2))
    pd.testing.assert_frame_equal(first, again)


def plant(
    measured=lambda predicted: predicted, several: float = 1.0, several_bare: float = 0.0, zero: float = 0.5
) -> dict:
    """Verdicts where half-lives are predicted from 2 to 64 steps, and measured as a function of that."""
    generator, rows = np.random.default_rng(0), []
    for cell in EXPERIMENT.design(PROFILES["standard"]).cells:
        about = {"cell": cell.key, "layout": cell.network.padding, "count": None, "layer": "map"} | cell.factors
        predicted = 2 ** generator.uniform(1, 6)
        life = measured(predicted) * 2 ** generator.normal(0, 0.05)
        chance = several_bare if cell.network.masking == "unpadded" else several
        numbers = dict.fromkeys(METRICS, 0.0) | {
            "attractors": 1.0 + (generator.random() < chance), "half_life_predicted": predicted,
            "half_life_of_distance": life, "half_life_of_probe": life,
        }  # fmt: skip
        if cell.network.masking != "embedding":
            rows += [about | {"metric": metric, "value": value} for metric, value in numbers.items()]
        shift = {"none": 1.0, "zero_vector": zero, "embedding": 0.0}.get(cell.network.masking, 1.0)
        noisy = shift * (1 + 0.01 * generator.normal())
        rows.append(about | {"metric": "relative_shift", "layer": "summary", "count": 32, "value": noisy})
    verdicts = judge([Case("x", EXPERIMENT.claims, pd.DataFrame(rows), 0)])
    return {verdict["id"]: verdict["verdict"] for verdict in verdicts}


@pytest.mark.parametrize(
    ("planted", "verdicts"),
    [
        ({}, {"D1": "supported", "D2": "supported", "D3": "supported"}),
        ({"measured": lambda predicted: 8 * predicted}, {"D1": "refuted"}),
        ({"measured": lambda predicted: 64 / predicted}, {"D1": "refuted"}),
        ({"several": 0.1}, {"D2": "refuted"}),
        ({"several_bare": 0.9}, {"D2": "refuted"}),
        ({"zero": 0.001}, {"D3": "refuted"}),
    ],
)
def test_claims_find_what_is_planted(planted, verdicts):
    found = plant(**planted)
    assert {name: found[name] for name in verdicts} == verdicts


def test_what_lasts_for_ever_counts_as_the_horizon():
    about = {"cell": "c", "seed": 0, "model": "lstm", "layers": 1, "masking": "none", "padding": "post", "data": "d"}
    values = dict.fromkeys(METRICS, 0.0) | {"half_life_predicted": np.inf, "half_life_of_probe": np.nan}
    rows = [about | {"layer": "map", "metric": metric, "value": value} for metric, value in values.items()]
    (lives,) = half_lives(pd.DataFrame(rows)).to_dict("records")
    assert lives["predicted"] == HORIZON and np.isnan(lives["probe"]) and lives["distance"] == 0.25
