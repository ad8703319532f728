"""The trials of our own instruments: they must see a broken instrument, and pass a sound one."""

import numpy as np
import pandas as pd
import pytest

from padleak.errors import InputError
from padleak.measures.inference import Estimate, estimate_mean
from padleak.study.claims import Case, judge
from padleak.study.experiment import find_experiments
from padleak.study.grid import PROFILES
from padleak.study.trials import coverage, two_sample
from padleak.study.trials.agreement import AgreementCell
from padleak.study.trials.coverage import CoverageCell
from padleak.study.trials.two_sample import TwoSampleCell

EXPERIMENT = find_experiments()["instruments"]


def value(outcome, metric, layer=None):
    rows = outcome.measurements[outcome.measurements.metric == metric]
    (found,) = (rows if layer is None else rows[rows.layer == layer]).value
    return found


@pytest.mark.parametrize("design", two_sample.DESIGNS)
def test_nothing_planted_is_rejected_now_and_then_and_a_large_shift_always(design):
    null, planted = (TwoSampleCell(n=20, shift=shift, design=design, repeats=60).run() for shift in (0.0, 4.0))
    assert value(null, "share_rejected", "0.05") <= 0.2 < 0.3 < value(null, "share_rejected", "0.5") < 0.7
    assert value(planted, "share_rejected", "0.05") == 1


def test_a_test_that_cries_wolf_is_seen(monkeypatch):
    monkeypatch.setattr(TwoSampleCell, "_exchange", lambda cell: two_sample.Exchange(cell.permutations))
    assert value(TwoSampleCell(n=40, design="groups", repeats=60).run(), "share_rejected", "0.05") > 0.3


def test_groups_share_the_variance_that_they_are_said_to():
    cell = TwoSampleCell(n=4000, design="groups", units=1)
    x, y = (sample[:, 0].reshape(-1, two_sample.GROUP) for sample in cell._draw(np.random.default_rng(0)))
    for sample in (x, y):
        assert sample.var() == pytest.approx(1, abs=0.1)
        assert np.corrcoef(sample[:, 0], sample[:, 1])[0, 1] == pytest.approx(two_sample.SHARED, abs=0.05)
    assert abs(np.corrcoef(x[:, 0], y[:, 0])[0, 1]) < 0.1


@pytest.mark.parametrize("interval", ["mean", "leak"])
def test_student_s_interval_covers(interval):
    seen = CoverageCell(interval=interval, n=6, planted=0.3, repeats=600).run()
    assert 0.92 < value(seen, "share_covered") < 0.98 and abs(value(seen, "bias")) < 0.15


def test_an_interval_that_is_too_narrow_is_seen(monkeypatch):
    def narrow(values):
        sound = estimate_mean(values)
        return Estimate(sound.mean, (sound.mean + sound.low) / 2, (sound.mean + sound.high) / 2, sound.n)

    monkeypatch.setattr(coverage, "estimate_mean", narrow)
    assert value(CoverageCell(n=10, repeats=600).run(), "share_covered") < 0.8


def test_the_planted_variance_share_is_what_many_seeds_show():
    estimate, truth = coverage._variance_share(CoverageCell(n=4000), np.random.default_rng(0))
    assert estimate.mean == pytest.approx(truth, abs=0.02)


@pytest.mark.parametrize("noise", coverage.NOISES)
def test_noise_has_mean_0_and_variance_1(noise):
    drawn = coverage.NOISES[noise](np.random.default_rng(0), 400_000)
    assert drawn.mean() == pytest.approx(0, abs=0.01) and drawn.var() == pytest.approx(1, abs=0.03)


@pytest.mark.parametrize(
    "cell",
    [
        TwoSampleCell(statistic="enrgy"),
        TwoSampleCell(design="pairs"),
        CoverageCell(interval="men"),
        CoverageCell(noise="x"),
    ],
)
def test_unknown_names_are_errors(cell):
    with pytest.raises(InputError):
        cell.why_not()


@pytest.mark.slow
def test_one_network_leaks_the_same_on_two_backends():
    rows = AgreementCell(counts=(4,)).run().measurements
    wide = rows.pivot_table(index="probe", columns="layer", values="value")
    assert wide.shape[1] >= 2 and (wide["tensorflow"] > 0.01).all()
    assert (wide.sub(wide["tensorflow"], axis=0).abs() < 1e-5).all(axis=None)


def plant(rejected=0.05, covered=0.95, bias=0.0, gap=0.0):
    """Verdicts where all cells measured the same."""
    rows = []
    for cell in EXPERIMENT.design(PROFILES["standard"]).cells:
        wobble = 1e-4 * (cell.seed - 2)
        found = {
            "two_sample": [("0.05", "share_rejected", rejected)],
            "coverage": [("normal", "share_covered", covered), ("normal", "bias", bias + wobble)],
            "agreement": [("tensorflow", "relative_shift", 0.5), ("jax", "relative_shift", 0.5 + gap)],
        }[cell.kind]
        rows += [
            {"cell": cell.key, "probe": "p", "layer": layer, "metric": metric, "value": number, **cell.factors}
            for layer, metric, number in found
        ]
    verdicts = judge([Case("instruments", EXPERIMENT.claims, pd.DataFrame(rows), 0)])
    return {verdict["id"]: verdict["verdict"] for verdict in verdicts}


@pytest.mark.parametrize(
    ("planted", "refuted"),
    [({}, []), ({"rejected": 0.09}, ["C1"]), ({"rejected": 0.01}, ["C1"]), ({"covered": 0.92}, ["C2", "C3"]),
     ({"bias": 0.05}, ["C3"]), ({"gap": 1e-4}, ["C4"])],
)  # fmt: skip
def test_claims_find_what_is_planted(planted, refuted):
    assert plant(**planted) == {
        name: "refuted" if name in refuted else "supported" for name in ("C1", "C2", "C3", "C4")
    }
