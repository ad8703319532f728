"""Two runs side by side: verdicts, effects by seed, numbers by settings; and what was otherwise before."""

import dataclasses
import json

import numpy as np
import pandas as pd
import pytest
from scipy import stats
from toys import ToyCell

from padleak.study import schedule
from padleak.study.check import check
from padleak.study.claims import Above, Claim
from padleak.study.compare import compare
from padleak.study.experiment import Experiment
from padleak.study.grid import PROFILES, Design
from padleak.study.results import Results
from padleak.study.store import Store
from padleak.study.study import Plan, settle


def by_seed(table):
    return table.groupby("seed").value.mean()


CLAIM = Claim("L1", "Numbers are large", "nobody", (Above("mean", by_seed, "", 104.0),), "")
CELLS = tuple(ToyCell(number=100 + number, seed=number) for number in range(6))
ADDED = np.array([5.0, 3.0, 4.0, 6.0, 2.0, 5.5])


class Moved(ToyCell):
    """Gives a seed's own number more."""

    def run(self):
        outcome = super().run()
        return dataclasses.replace(
            outcome, measurements=outcome.measurements.assign(value=self.number + ADDED[self.seed])
        )


@pytest.fixture(autouse=True)
def only_toys(monkeypatch):
    experiment = Experiment("toys", "How large?", lambda profile: Design(CELLS), (CLAIM,), ())
    for module in ("check", "compare"):
        monkeypatch.setattr(f"padleak.study.{module}.find_experiments", lambda: {"toys": experiment})
    return experiment


@pytest.fixture
def results(only_toys, tmp_path):
    def run(name, kind=ToyCell, seeds=6):
        cells = tuple(kind(number=cell.number, seed=cell.seed) for cell in CELLS[:seeds])
        store, plan = Store(tmp_path / name), Plan(PROFILES["smoke"], ((only_toys, Design(cells)),))
        store.prepare()
        schedule.run(cells, store, 0, lambda key, error: None)
        settle(plan, store)
        return Results(store.folder)

    return run


def test_a_run_is_the_same_as_itself(results):
    contrast = compare(results("a"), results("b"))
    assert contrast.causes == [] and contrast.changed.empty
    assert contrast.moved.claims.empty and contrast.moved.metrics.empty
    assert contrast.metrics[["experiment", "metric", "pairs", "identical"]].to_numpy().tolist() == [
        ["toys", "m", 6, 1.0]
    ]


def test_differences_are_paired_by_seed_with_students_interval(results):
    contrast = compare(results("a"), results("b", Moved))
    low, high = stats.t.interval(0.95, 5, loc=ADDED.mean(), scale=stats.sem(ADDED))
    for row in (contrast.claims.iloc[0], contrast.metrics.iloc[0]):
        assert row[["difference", "low", "high"]].tolist() == pytest.approx([ADDED.mean(), low, high])
        assert row.n == 6
    claim = contrast.changed.iloc[0]
    assert (claim.id, claim.before, claim.after) == ("L1", "inconclusive", "supported")
    assert contrast.moved.metrics.identical.tolist() == [0.0]


def test_seeds_that_one_alone_has_are_left_out(results):
    contrast = compare(results("a", seeds=4), results("b", Moved))
    assert contrast.claims.n.tolist() == [4] and contrast.metrics.pairs.tolist() == [4]
    assert contrast.claims.difference.tolist() == pytest.approx([ADDED[:4].mean()])


def test_what_was_otherwise_before_is_said(results):
    first, second = results("a"), results("b")
    environment = json.loads((second.folder / "environment.json").read_text())
    environment["versions"]["keras"] = "9.9"
    (second.folder / "environment.json").write_text(json.dumps(environment | {"backend": "jax"}))
    run = second.run | {"profile": second.run["profile"] | {"epochs": 77}, "revisions": {"toy": 2}}
    run["extensions"] = {"ramp.py": "0a1b"}
    (second.folder / "run.json").write_text(json.dumps(run))
    causes = compare(first, Results(second.folder)).causes
    assert causes[0] == f"profile epochs: {PROFILES['smoke'].epochs} against 77"
    assert causes[1] == "backend: tensorflow against jax"
    assert causes[2].startswith("version of keras: ") and causes[2].endswith(" against 9.9")
    assert causes[3:] == ["cells of kind toy: revision 1 against 2", "your ramp.py: None against 0a1b"]


def test_numbers_that_are_missing_in_both_are_the_same(results):
    first, second = results("a"), results("b")
    for run in (first, second):
        table = pd.read_parquet(run.folder / "measurements.parquet")
        table.loc[0, "value"] = np.nan
        table.to_parquet(run.folder / "measurements.parquet")
    contrast = compare(Results(first.folder), Results(second.folder))
    assert contrast.metrics[["pairs", "identical", "difference"]].to_numpy().tolist() == [[6, 1.0, 0.0]]


def test_claims_without_an_effect_in_either_have_not_moved(results):
    nothing = compare(results("a", seeds=0), results("b", seeds=0))
    assert nothing.claims.effect_before.isna().all() and nothing.moved.claims.empty


def test_runs_without_claims_are_compared_and_checked(results):
    first, second = results("a"), results("b")
    for run in (first, second):
        (run.folder / "verdicts.json").write_text("[]")
    assert compare(Results(first.folder), Results(second.folder)).claims.empty
    assert check(Results(first.folder), Results(second.folder))["problems"] == []


def test_effects_outside_the_reference_are_told(results):
    reference, other = results("a"), results("b", Moved)
    assert "1 of 1 effects lie within" in check(reference, reference)["summary"]
    assert "0 of 1 effects lie within its 95 % intervals (outside: L1)" in check(other, reference)["summary"]
