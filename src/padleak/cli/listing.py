"""`padleak list`: what there is."""

import json
from typing import Annotated

import typer
from rich.table import Table

from padleak.cli.app import JsonOption, ProfileOption, app, console, cores, profile_named, say


@app.command("list")
def list_(
    profile: ProfileOption = "standard",
    cells: Annotated[
        bool,
        typer.Option("--cells", help="Say how long each experiment takes here; tries the machine for half a minute."),
    ] = False,
    as_json: JsonOption = False,
) -> None:
    """What there is: experiments and their claims, data sets, paddings, maskings, models, readouts, tables, measures, tests.

    Examples:

      padleak list --profile smoke

      padleak list --cells
    """
    from padleak.data import (
        corpora,
        datasets,
        gap_patterns,
        mechanisms,
        paddings,
        pair_sets,
        tables,
        tasks,
        tellings,
        word_orders,
    )  # fmt: skip
    from padleak.measures import measures, similarities, two_sample_tests
    from padleak.models import batchings, estimators, fillings, maskings, models, objectives, readouts
    from padleak.study.experiment import find_experiments

    chosen = profile_named(profile)
    if cells:
        _print_estimates(chosen, as_json)
        return
    registries = (
        datasets, paddings, maskings, models, readouts, batchings, tables, mechanisms, fillings, estimators, gap_patterns,
        tellings, corpora, pair_sets, objectives, word_orders, tasks, measures, two_sample_tests, similarities,
    )  # fmt: skip
    parts = {registry.kind: {name: registry.summary(name) for name in registry} for registry in registries}
    experiments = [
        {
            "name": experiment.name,
            "question": experiment.question,
            "cells": len(experiment.design(chosen).cells),
            "claims": {claim.id: claim.statement for claim in experiment.claims},
        }
        for experiment in find_experiments().values()
    ]
    if as_json:
        print(json.dumps({"profile": profile, "experiments": experiments, **parts}, indent=1))
        return
    out = console()
    for experiment in experiments:
        out.print(f"[bold]{experiment['name']}[/] ({experiment['cells']} cells in {profile}): {experiment['question']}")
        for name, statement in experiment["claims"].items():
            out.print(f"  {name:4} {statement}", highlight=False)
    for kind, named in parts.items():
        table = Table(title=kind, title_justify="left", show_header=False, box=None, padding=(0, 2))
        for name, summary in named.items():
            table.add_row(name, summary)
        out.print(table)


def _print_estimates(profile, as_json: bool) -> None:
    """Cells and minutes of every experiment, and of all together (which share cells)."""
    from padleak.study import estimate
    from padleak.study.experiment import find_experiments
    from padleak.study.grid import unique

    designs = {experiment.name: experiment.design(profile).cells for experiment in find_experiments().values()}
    designs["all"] = unique(cell for cells in designs.values() for cell in cells)
    say("Trying how fast this machine is (about half a minute)")
    speed, workers = estimate.calibrate(), cores()
    minutes = {name: estimate.seconds(cells, speed, workers) / 60 for name, cells in designs.items()}
    if as_json:
        rows = [{"experiment": name, "cells": len(cells), "minutes": minutes[name]} for name, cells in designs.items()]
        print(json.dumps(rows, indent=1))
        return
    table = Table(title=f"Profile {profile.name} on {workers} worker processes, by estimate", title_justify="left")
    for heading in ("experiment", "cells", "minutes"):
        table.add_column(heading, justify="left" if heading == "experiment" else "right")
    for name, cells in designs.items():
        table.add_row(name, str(len(cells)), f"{minutes[name]:.1f}")
    console().print(table)
