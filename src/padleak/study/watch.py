"""What a run that is at work has found so far, for who looks on: its finished cells, settled as if they were all."""

import json
import time
from collections.abc import Callable
from pathlib import Path

from padleak.errors import InputError
from padleak.study.cell import Cell
from padleak.study.claims import Case, judge
from padleak.study.experiment import choose_experiments
from padleak.study.grid import Profile
from padleak.study.store import Store
from padleak.study.study import PLAN, Plan, settle

LIVE = "live"
"""Folder, within the results, of what is known so far; the run itself writes its own files at its end."""


def plan_of(store: Store) -> Plan:
    """What the run in a folder is doing, or did.

    Raises:
        InputError: No run has begun there, or it runs what is not here.
    """
    try:
        run = json.loads((store.folder / PLAN).read_text())
        names, profile = list(run["experiments"]), Profile(**run["profile"])
    except (OSError, ValueError, KeyError, TypeError):
        raise InputError(
            "results folder", "of a run that has begun", str(store.folder), "Start one with `padleak run`."
        ) from None
    return Plan.of(choose_experiments(names), profile)


def watch(store: Store, write: Callable[[Path], object], say: Callable[[str], None], seconds: float) -> Path:
    """Settle and write anew in `live/` whenever more cells are finished, until none is missing or the run has ended.

    Args:
        store: Of a run that somebody else has under way.
        write: Writes the report of a results folder.
        say: Told how far the run is.
        seconds: Between two looks.

    Returns:
        The folder that was written last.
    """
    plan, seen = plan_of(store), -1
    wanted = {cell.key for cell in plan.cells}
    while True:
        ended = not store.is_at_work()  # asked first, lest its last cells be missed
        done = len(store.finished() & wanted)
        if done > seen:
            settle(plan, store, into=store.folder / LIVE)
            write(store.folder / LIVE)
            say(f"{done} of {len(wanted)} cells, {store.folder / LIVE / 'report.html'}")
            seen = done
        if ended or done == len(wanted):
            return store.folder / LIVE
        time.sleep(seconds)


class Settled:
    """Tells the verdicts of each experiment as soon as its last cell is done, before they are adjusted for one another.

    Args:
        plan: What is run.
        store: Where its results are.
        say: Told the verdicts of an experiment.
    """

    def __init__(self, plan: Plan, store: Store, say: Callable[[str], None]):
        self._store, self._say = store, say
        finished = store.finished()
        self._open = {
            experiment.name: (experiment, design.cells, left)
            for experiment, design in plan.designs
            if experiment.claims and (left := {cell.key for cell in design.cells} - finished)
        }

    def done(self, key: str) -> None:
        """A cell is done, well or not."""
        for name, (experiment, cells, left) in list(self._open.items()):
            left.discard(key)
            if not left:
                del self._open[name]
                self._say(f"{name}: {self._verdicts(experiment, cells)}")

    def _verdicts(self, experiment, cells: tuple[Cell, ...]) -> str:
        measurements = self._store.measurements(cells)
        missing = len({cell.key for cell in cells} - self._store.finished())
        verdicts = judge([Case(experiment.name, experiment.claims, measurements, missing)])
        return ", ".join(f"{verdict['id']} {verdict['verdict']}" for verdict in verdicts) + " (not adjusted yet)"
