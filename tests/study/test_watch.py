"""Who looks on while a run is at work: what is finished is settled and written, again and again."""

import dataclasses
import json

import pytest
from toys import ToyCell

from padleak.errors import InputError
from padleak.report.page import write_report
from padleak.study import schedule, watch
from padleak.study.claims import Above, Claim
from padleak.study.experiment import Experiment, choose_experiments
from padleak.study.grid import PROFILES, Design
from padleak.study.results import Results
from padleak.study.store import Store
from padleak.study.study import Plan, announce

CELLS = tuple(ToyCell(number=10 + number, seed=number) for number in range(4))
CLAIM = Claim(
    "L1", "Numbers are large", "nobody", (Above("mean", lambda t: t.groupby("seed").value.mean(), "", 1.0),), ""
)
PLAN = Plan(
    PROFILES["smoke"], ((Experiment("toys", "How large?", lambda profile: Design(CELLS), (CLAIM,), ()), Design(CELLS)),)
)


@pytest.fixture
def store(tmp_path, monkeypatch):
    monkeypatch.setattr(watch, "choose_experiments", lambda names: [PLAN.designs[0][0]])
    store = Store(tmp_path / "results")
    store.prepare()
    return store


def run(cells, store, progress=lambda key, error: None):
    schedule.run(cells, store, 0, progress)


def test_what_is_finished_is_written_until_nothing_is_missing(store):
    announce(PLAN, store)
    run(CELLS[:2], store)
    seen, said = [], []

    def write(folder):
        results = Results(folder)
        seen.append(
            (len(results.measurements), results.verdicts.missing[0], len(results.run["experiments"]["toys"]["missing"]))
        )
        run(CELLS, store)  # meanwhile, the others are finished

    with store.lock():
        assert watch.watch(store, write, said.append, seconds=0) == store.folder / "live"
    assert seen == [(2, 2, 2), (4, 0, 0)]
    assert said[0].startswith("2 of 4 cells, ") and said[-1].startswith("4 of 4 cells, ")
    # Those are the run's to write.
    assert not (store.folder / "verdicts.json").exists() and not (store.folder / "run.json").exists()


def test_it_ends_with_the_run_though_cells_failed(store):
    announce(PLAN, store)
    run(CELLS[:3], store)
    seen = []
    watch.watch(store, lambda folder: seen.append(len(Results(folder).measurements)), lambda line: None, seconds=0)
    assert seen == [3]


def test_before_the_first_cell_is_finished_there_is_a_report(store):
    announce(PLAN, store)
    watch.watch(store, write_report, lambda line: None, seconds=0)
    results = Results(store.folder / "live")
    assert results.measurements.empty and results.cells.empty and results.verdicts.verdict.tolist() == ["inconclusive"]


def test_an_experiment_that_is_not_here_is_named(store, monkeypatch):
    announce(PLAN, store)
    monkeypatch.setattr(watch, "choose_experiments", choose_experiments)
    with pytest.raises(InputError, match=r"experiment must be one of .*; got toys"):
        watch.plan_of(store)


def test_before_a_run_has_begun_there_is_nothing_to_watch(store):
    for content in (
        None,
        "{",
        json.dumps({"profile": {"name": "smoke"}}),
        json.dumps({"experiments": {}, "profile": {"no": 1}}),
    ):
        if content is not None:
            (store.folder / "plan.json").write_text(content)
        with pytest.raises(InputError, match="results folder must be of a run that has begun"):
            watch.watch(store, lambda folder: None, lambda line: None, seconds=0)


def test_verdicts_are_told_once_when_the_last_cell_of_an_experiment_is_done(store):
    said = []
    settled = watch.Settled(PLAN, store, said.append)
    run(CELLS[:3], store, lambda key, error: settled.done(key))
    assert said == []
    run(CELLS[3:], store, lambda key, error: settled.done(key))
    settled.done(CELLS[0].key)
    assert said == ["toys: L1 supported (not adjusted yet)"]


def test_failed_cells_do_not_keep_verdicts_back(store):
    said = []
    cells = (*CELLS[:3], dataclasses.replace(CELLS[3], does="fails"))
    plan = dataclasses.replace(PLAN, designs=((PLAN.designs[0][0], Design(cells)),))
    settled = watch.Settled(plan, store, said.append)
    run(cells, store, lambda key, error: settled.done(key))
    assert said == ["toys: L1 supported (not adjusted yet)"]


def test_experiments_that_were_finished_before_are_not_told_again(store):
    run(CELLS, store)
    said = []
    watch.Settled(PLAN, store, said.append).done(CELLS[0].key)
    assert said == []
