"""Cells run again are compared byte by byte: equal ones agree, one that was changed, and resealed, is told."""

import json

import pytest

from padleak.errors import InputError
from padleak.study import study
from padleak.study.experiment import find_experiments
from padleak.study.grid import PROFILES
from padleak.study.reproduce import reproduce
from padleak.study.results import Results
from padleak.study.seal import ACCOUNT, read_account, seal
from padleak.study.store import Store
from padleak.study.study import Plan

EXPERIMENT = """
from padleak.study import Design, Experiment, Profile, factorial
from padleak.study.trials.noop import NoopCell

def design(profile: Profile) -> Design:
    return factorial(NoopCell, number=list(range(6)))

EXPERIMENT = Experiment("few", "Are they the same?", design, (), ())
"""


@pytest.fixture
def results(tmp_path, monkeypatch):
    (tmp_path / "experiments").mkdir()
    (tmp_path / "experiments" / "few.py").write_text(EXPERIMENT)
    monkeypatch.setenv("PADLEAK_EXPERIMENTS", str(tmp_path / "experiments"))
    store = Store(tmp_path / "results")
    store.prepare()
    plan = Plan.of(list(find_experiments().values()), PROFILES["smoke"])
    study.run(plan, store, 0, lambda key, error: None, lambda key, share: None)
    study.settle(plan, store)
    return Results(store.folder)


def test_cells_run_again_give_the_same_bytes(results):
    found = reproduce(results, 4, 0, 0, lambda message: None)
    assert found == {"problems": [], "summary": "4 cells run again (seed 0)"}


def test_a_number_that_was_changed_is_told_although_its_seal_is_right(results):
    folder = sorted(results.folder.glob("cells/*"))[2]
    other = sorted(results.folder.glob("cells/*"))[3] / "measurements.parquet"
    files = {"measurements.parquet": other.read_bytes()}
    about = {key: value for key, value in read_account(folder).items() if key not in ("files", "seal")}
    (folder / "measurements.parquet").write_bytes(files["measurements.parquet"])
    (folder / ACCOUNT).write_bytes(seal(about, files))
    assert Store(results.folder).set_aside_damaged() == {}
    found = reproduce(results, 6, 0, 0, lambda message: None)
    assert found["problems"] == [f"cell {folder.name}: measurements.parquet differs when run again"]


def test_without_cells_there_is_nothing_to_run_again(results):
    (results.folder / "run.json").write_text(json.dumps(results.run))
    (results.folder / "cells").rename(results.folder / "elsewhere")
    with pytest.raises(InputError, match="--reproduce must be used on a folder with finished cells"):
        reproduce(Results(results.folder), 1, 0, 0, lambda message: None)
