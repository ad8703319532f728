"""Results of an older revision are read and marked, and never mixed with those of today."""

import dataclasses
import json

import pytest
from toys import ToyCell

from padleak.study import schedule
from padleak.study.check import check
from padleak.study.claims import Above, Claim
from padleak.study.experiment import Experiment
from padleak.study.grid import PROFILES, Design
from padleak.study.results import Results
from padleak.study.revisions import older_cells
from padleak.study.store import Store
from padleak.study.study import Plan, settle

CELLS = tuple(ToyCell(number=number, seed=number) for number in range(4))
MEAN = Claim("L1", "Numbers are large", "nobody", (Above("mean", lambda t: t.set_index("seed").value, "", 1.0),), "")
EXPERIMENT = Experiment("toys", "How large?", lambda profile: Design(CELLS), (MEAN,), ())


class RevisedCell(ToyCell):
    """Measures ten times as much since it was revised."""

    revision = 2

    def run(self):
        outcome = super().run()
        return dataclasses.replace(outcome, measurements=outcome.measurements.assign(value=10.0 * self.number))


def results(folder, cells):
    store, plan = Store(folder), Plan(PROFILES["smoke"], ((EXPERIMENT, Design(cells)),))
    store.prepare()
    schedule.run(cells, store, 0, lambda key, error: None)
    settle(plan, store)
    return Results(folder)


@pytest.fixture
def revised():
    return tuple(RevisedCell(number=cell.number, seed=cell.seed) for cell in CELLS)


def test_older_cells_are_told_kept_and_not_used(tmp_path, revised):
    results(tmp_path, CELLS)
    store = Store(tmp_path)
    assert older_cells(store, CELLS) == {}
    assert older_cells(store, revised) == {"toy, revision 1": 4}
    now = results(tmp_path, revised)
    assert now.measurements.value.tolist() == [0, 10, 20, 30]
    assert now.run["revisions"] == {"toy": 2}
    assert len(store.finished()) == 8


def test_cells_of_other_settings_are_not_called_older(tmp_path):
    results(tmp_path, CELLS)
    assert older_cells(Store(tmp_path), CELLS[:2]) == {}


def test_results_of_an_older_revision_are_read_and_marked_where_they_are_compared(tmp_path, revised):
    older, newer = results(tmp_path / "older", CELLS), results(tmp_path / "newer", revised)
    assert older.measurements.value.tolist() == [0, 1, 2, 3]
    said = "toy: revision 2 against 1: verdicts of different measurements"
    assert said in check(newer, older)["problems"]
    assert said not in check(newer, newer)["problems"]


def test_results_of_code_of_another_revision_are_marked(tmp_path, monkeypatch, revised):
    found = results(tmp_path, CELLS)
    experiments = {"toys": dataclasses.replace(EXPERIMENT, design=lambda profile: Design(revised))}
    monkeypatch.setattr("padleak.study.check.find_experiments", lambda: experiments)
    assert "made by other code than this (toy: revision 1 against 2)" in check(found, None)["problems"]


def test_results_of_before_revisions_were_kept_are_read_too(tmp_path):
    found = results(tmp_path, CELLS)
    old = {name: value for name, value in found.run.items() if name != "revisions"}
    (tmp_path / "run.json").write_text(json.dumps(old))
    assert not [problem for problem in check(found, Results(tmp_path))["problems"] if "revision" in problem]
