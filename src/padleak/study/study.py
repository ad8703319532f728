"""The study as a whole: plan it, run it, settle its claims, and write the tables."""

import dataclasses
import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from padleak.study import schedule
from padleak.study.about_data import about_data
from padleak.study.cell import Cell
from padleak.study.claims import Case, judge
from padleak.study.cluster import Remote
from padleak.study.experiment import Experiment
from padleak.study.grid import Design, Profile, unique
from padleak.study.limit import TimeLimit
from padleak.study.places import own_folder
from padleak.study.revisions import revisions_of
from padleak.study.store import Store, describe_environment
from padleak.study.work import Progress, UnderWay

PLAN = "plan.json"
"""File of the results folder that says what is being run; `run.json` says what was."""


@dataclass(frozen=True)
class Plan:
    """Experiments and their cells under one profile."""

    profile: Profile
    designs: tuple[tuple[Experiment, Design], ...]

    @classmethod
    def of(cls, experiments: list[Experiment], profile: Profile) -> "Plan":
        """Lay out every experiment; a bad setting is an error here, before any work starts."""
        return cls(profile, tuple((experiment, experiment.design(profile)) for experiment in experiments))

    @property
    def names(self) -> list[str]:
        """Names of the experiments."""
        return [experiment.name for experiment, _ in self.designs]

    @property
    def cells(self) -> tuple[Cell, ...]:
        """All cells, each once, however many experiments use it."""
        return unique(cell for _, design in self.designs for cell in design.cells)


def run(
    plan: Plan,
    store: Store,
    workers: int | Remote,
    progress: Progress,
    under_way: UnderWay,
    limit: TimeLimit | None = None,
) -> None:
    """Run what is missing; `progress` is told of every cell done, `under_way` how far long ones are."""
    schedule.run(plan.cells, store, workers, progress, under_way, limit)


def describe(plan: Plan, store: Store) -> dict[str, Any]:
    """What was planned, done, missed and skipped, as in `run.json`."""
    experiments = {}
    finished = store.finished()
    for experiment, design in plan.designs:
        keys = {cell.key for cell in design.cells}
        missing = sorted(keys - finished)
        experiments[experiment.name] = {
            "question": experiment.question,
            "figures": list(experiment.figures),
            "cells": sorted(keys - set(missing)),
            "missing": missing,
            "failures": [failure for key in missing if (failure := store.failure(key))],
            "skipped": dict(design.skipped),
        }
    return {
        "profile": dataclasses.asdict(plan.profile),
        "revisions": revisions_of(plan.cells),
        "extensions": {file: digest for cell in plan.cells for file, digest in cell.extensions.items()},
        "experiments": experiments,
    }


def settle(
    plan: Plan, store: Store, say: Callable[[str], None] = lambda message: None, into: Path | None = None
) -> list[dict]:
    """Gather the finished cells, decide the claims and write all tables of the results folder.

    Args:
        plan: What was to be run.
        store: What was.
        say: Told what is being done.
        into: Where the tables go; the results folder itself if not given.

    Returns:
        The verdicts, as in `verdicts.json`.
    """
    say("Gathering measurements")
    measurements = store.measurements(plan.cells)
    about = describe(plan, store) | {"data": about_data(plan.cells)}
    say("Settling claims")
    cases = []
    for experiment, _ in plan.designs:
        here = about["experiments"][experiment.name]
        table = measurements[measurements.cell.isin(here["cells"])] if len(measurements) else measurements
        cases.append(Case(experiment.name, experiment.claims, table, len(here["missing"])))
    verdicts = judge(cases)
    target = Store(own_folder(into) if into else store.folder)
    target.write_tables(measurements)
    target.write_text(target.folder / "cells.csv", store.facts(plan.cells).to_csv(index=False))
    for name, content in (("verdicts", verdicts), ("environment", describe_environment()), ("run", about)):
        target.write_text(target.folder / f"{name}.json", json.dumps(content, indent=1))
    return verdicts


def announce(plan: Plan, store: Store) -> None:
    """Write into `plan.json` what is about to be run, for who looks on."""
    store.write_text(store.folder / PLAN, json.dumps(describe(plan, store), indent=1))
