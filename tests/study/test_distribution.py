"""The distribution trial, with a planted leak in place of a network, and its claim on planted p-values."""

import numpy as np
import pandas as pd
import pytest

from padleak.study.claims import Case, judge
from padleak.study.experiment import find_experiments
from padleak.study.grid import PROFILES
from padleak.study.trials.distribution import DistributionCell
from padleak.study.trials.sequence import Probe, SequenceCell

EXPERIMENT = find_experiments()["hidden_state_distributions"]
PROBES = (Probe("pre", 1), Probe("post", 8))


def test_a_planted_shift_is_seen_and_states_that_stay_give_what_no_fill_gives():
    states = np.random.default_rng(0).normal(size=(80, 3))
    cell = DistributionCell(network=SequenceCell(probes=PROBES))
    same = {"unpadded": states, "pre+1": states, "post+8": states + 3}
    rows = pd.DataFrame(cell._rows(same))
    wide = rows.pivot_table(index=["metric", "layer"], columns="probe", values="value")
    assert (wide.loc["share_rejected", "post+8"] == 1).all()
    assert wide["pre+1"].equals(wide["unpadded"].rename("pre+1"))
    assert set(rows["count"]) == {0, 1, 8} and set(wide.loc["statistic"].index) == set(cell.tests)


def test_where_nothing_is_planted_splits_are_rejected_at_the_level():
    """Splits and relabellings must not hang together: once they did, and networks were told apart from themselves."""
    shares = []
    for seed in range(40):
        states = np.random.default_rng(seed + 1000).normal(size=(60, 2))
        cell = DistributionCell(seed=seed, tests=("energy",))
        shares += [found.p_value <= 0.05 for found in cell._compare("energy", states, states)]
    assert 0.01 < np.mean(shares) < 0.12


def test_a_cell_has_the_factors_of_its_network_under_its_own_kind():
    factors = DistributionCell(seed=3, network=SequenceCell(seed=3, masking="none")).factors
    assert factors["kind"] == "distribution" and factors["masking"] == "none" and factors["seed"] == 3


@pytest.mark.slow
def test_a_trained_network_is_tested():
    network = SequenceCell(
        data="first_token?length=12", rows=128, validation=32, test=64, length=12, epochs=1, units=8, masking="embedding",
        probe_rows=40, probes=PROBES,
    )  # fmt: skip
    rows = DistributionCell(network=network, tests=("energy",)).run().measurements
    seen = rows[rows.metric == "statistic"].set_index("probe").value
    assert seen["unpadded"] == seen["pre+1"] == seen["post+8"]


@pytest.mark.parametrize(
    ("unmasked", "masked", "verdict"), [(0.95, 0.05, "supported"), (0.3, 0.05, "refuted"), (0.95, 0.9, "refuted")]
)
def test_the_claim_finds_what_is_planted(unmasked, masked, verdict):
    rows = []
    for cell in EXPERIMENT.design(PROFILES["standard"]).cells:
        for layout, count in (("unpadded", 0), *((probe.layout, probe.count) for probe in cell.network.probes)):
            share = 0.05 if count == 0 else unmasked if cell.network.masking == "none" else masked
            about = {"cell": cell.key, "layout": layout, "count": count, "metric": "share_rejected", "value": share}
            rows += [about | {"layer": test} | cell.factors for test in cell.tests]
    (found,) = judge([Case("x", EXPERIMENT.claims, pd.DataFrame(rows), 0)])
    assert found["verdict"] == verdict
