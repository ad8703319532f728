"""`padleak run`: plan, run, settle, report."""

import math
import time
from pathlib import Path
from typing import Annotated

import typer
from rich.table import Table

from padleak.cli.app import MARKS, ProfileOption, app, console, cores, profile_named, say
from padleak.cli.source import TAKEN_AS, find_source, say_what_is_read, slug, that_read
from padleak.errors import InputError


@app.command()
def run(
    experiments: Annotated[list[str] | None, typer.Argument(help="Names from `padleak list`; all if none.")] = None,
    profile: ProfileOption = "standard",
    results: Annotated[
        Path | None, typer.Option(help="Where results go; results/PROFILE if not given.", show_default=False)
    ] = None,
    workers: Annotated[
        int | None, typer.Option(min=0, help="Processes; one a core if not given, 0 for none beside this one.")
    ] = None,
    dataset: Annotated[
        str,
        typer.Option(
            help="Your data in place of the embedded text: csv:FILE, lines:NEG,POS, ts:FILE, text:FILE, pairs:FILE, ..."
        ),
    ] = "",
    text: Annotated[str, typer.Option(help="Column of texts in your table.")] = "",
    label: Annotated[str, typer.Option(help="Column of labels in your table.")] = "",
    target: Annotated[
        str, typer.Option(help="Column to predict, in a table of predictors some of which are missing.")
    ] = "",
    missing: Annotated[
        str, typer.Option(help="What marks a missing value beside an empty field: '?', 'glucose=0,insulin=0'.")
    ] = "",
    categorical: Annotated[str, typer.Option(help="Predictors whose numbers are codes, between commas.")] = "",
    seeds: Annotated[int | None, typer.Option(min=1, help="Seeds in place of the profile's.")] = None,
    scheduler: Annotated[
        str, typer.Option(help="A Dask cluster in place of processes here: HOST:PORT, tls://HOST:PORT, scheduler file.")
    ] = "",
    resource: Annotated[
        list[str] | None, typer.Option(help="What a cell takes of a worker of the cluster, NAME=AMOUNT: GPU=1.")
    ] = None,
    wait: Annotated[
        float | None, typer.Option(min=0, help="Seconds to wait for a worker of the cluster (30 if not given).")
    ] = None,
    time_limit: Annotated[
        float, typer.Option(min=0, help="Minutes that one cell may take before it counts as failed; 0 for no limit.")
    ] = 120,
) -> None:
    """Run experiments, settle their claims and write the report. What is finished already is kept.

    Examples:

      padleak run

      padleak run core_grid --profile smoke --workers 2

      padleak run --dataset "csv:reviews.csv" --text review --label stars

      padleak run --dataset csv:heart.csv --target num --missing "?" --categorical sex,cp

      padleak run word_order --dataset text:book.txt

      padleak run --scheduler tcp://127.0.0.1:8786
    """
    from dataclasses import replace

    from padleak.study.experiment import choose_experiments
    from padleak.study.limit import TimeLimit
    from padleak.study.store import Store
    from padleak.study.study import Plan

    where = where_to_run(workers, scheduler, resource or [], wait)
    of_tables = {"target": target, "missing": missing, "categorical": categorical}
    reads, source = find_source(dataset, {"text": text, "label": label}, of_tables)
    chosen = replace(profile_named(profile), **{TAKEN_AS[reads]: source})
    chosen = replace(chosen, seeds=seeds or chosen.seeds)
    named = that_read(experiments or [], reads)
    if source:
        say(f"Reading {source}")
        say_what_is_read(source, reads, chosen.rows)
    folder = results or Path("results") / (profile if not source else f"{profile}-{slug(source)}")
    store = Store(folder)
    check_same_data(store, chosen)
    plan = Plan.of(choose_experiments(named), chosen)
    # The report covers what was run here before, too.
    whole = Plan.of(choose_experiments(sorted({*store.experiments(chosen), *plan.names})), chosen)
    with store.lock():
        failed = run_plan(plan, whole, store, where, TimeLimit(60 * time_limit) if time_limit else None)
    raise typer.Exit(1 if failed else 0)


def check_same_data(store, profile) -> None:
    """Raises an `InputError` for a folder of results on other data: their report would be lost."""
    before = store.profile()
    for setting in TAKEN_AS.values() if before else ():
        there, here = (getattr(one, setting) for one in (before, profile))
        if there != here:
            rule = f"a folder of results on {here or 'our own data'}"
            raise InputError("--results", rule, f"{store.folder}, on {there or 'our own data'}", "Name another folder.")


def where_to_run(workers: int | None, scheduler: str, resources: list[str], wait: float | None):
    """Processes to start here, or the cluster to join."""
    from padleak.study.cluster import Remote

    if not scheduler:
        if resources:
            raise InputError("--resource", "used together with --scheduler", " ".join(resources))
        if wait is not None:
            raise InputError("--wait", "used together with --scheduler", f"{wait:g}")
        return workers if workers is not None else cores()
    if workers is not None:
        raise InputError(
            "--workers", "left out with --scheduler", str(workers), "The workers are those that the cluster has."
        )
    remote = Remote(scheduler, dict(map(_amount, resources)), 30 if wait is None else wait)
    if remote.is_open():
        say(f"{scheduler} is open to the network and not encrypted: who reaches it can run code. See docs/cluster.md.")
    return remote


def _amount(resource: str) -> tuple[str, float]:
    name, _, amount = resource.partition("=")
    try:
        if name and 0 < float(amount) < math.inf:
            return name, float(amount)
    except ValueError:
        pass
    raise InputError("--resource", "NAME=AMOUNT with an amount above 0, such as GPU=1", resource)


def run_plan(plan, whole, store, workers, limit) -> int:
    """Run, settle, report and print the verdicts; the number of failed cells."""
    from padleak.progress import Progress
    from padleak.report.page import is_current, write_report
    from padleak.study import estimate, study
    from padleak.study.revisions import older_cells
    from padleak.study.watch import Settled

    start = time.monotonic()
    for name, reason in store.set_aside_damaged().items():
        say(f"damaged, set aside in {store.folder / 'damaged'}, made anew: {name}: {reason}")
    for name, count in older_cells(store, plan.cells).items():
        say(f"{count} finished cells were measured by older code ({name}); they are kept, and not used")
    finished = store.finished()
    todo = [cell for cell in plan.cells if cell.key not in finished]
    done = len(plan.cells) - len(todo)
    where = f"{workers or 'no'} worker processes" if isinstance(workers, int) else f"the cluster at {workers.address}"
    say(f"{len(plan.cells)} cells, {done} finished before, {len(todo)} to run on {where}")
    if todo or not is_current(store.folder, study.describe(whole, store)):
        names = {cell.key: str(cell) for cell in todo}
        try:
            study.announce(whole, store)
            with Progress(estimate.weigh(todo), names) as progress:
                settled = Settled(plan, store, progress.say)

                def advance(key: str, error: str | None) -> None:
                    progress.advance(key, error)
                    settled.done(key)

                study.run(plan, store, workers, advance, progress.under_way, limit)
            study.settle(whole, store, say)
            write_report(store.folder, say)
        except KeyboardInterrupt:
            kept = len(store.finished() & {cell.key for cell in plan.cells})
            say(f"\nStopped. {kept} of {len(plan.cells)} cells are kept; the same command goes on from there.")
            raise SystemExit(130) from None
        say(f"Took {(time.monotonic() - start) / 60:.1f} minutes")
    failures = len({cell.key for cell in plan.cells} - store.finished())
    print_verdicts(store.folder)
    if whole.profile.name == "smoke":
        say(
            "Profile smoke shows that everything runs: at two seeds and one epoch its numbers and verdicts mean nothing."
        )
    if failures:
        say(f"{failures} cells failed; the report lists them with their settings, and the next run tries them again.")
    print(f"Report: {store.folder / 'report.html'}")
    return failures


def print_verdicts(folder: Path) -> None:
    """The table of claims on stdout."""
    from padleak.report.words import say_effect, say_p, told_part
    from padleak.study.results import load

    table = Table(title="Claims and verdicts", title_justify="left")
    for heading, style in (("claim", "bold"), ("verdict", ""), ("effect [95 %]", ""), ("n", ""), ("p (Holm)", "")):
        table.add_column(heading, style=style, no_wrap=heading != "claim")
    for verdict in load(folder).verdicts.to_dict("records"):
        part = told_part(verdict)
        table.add_row(
            f"{verdict['id']}  {verdict['statement']}",
            f"[{MARKS[verdict['verdict']]}]{verdict['verdict']}[/]",
            f"{say_effect(part)}\n{part['unit']}",
            str(part["n"]) + (f"\n{verdict['missing']} cells missing" if verdict["missing"] else ""),
            say_p(verdict["p_holm"]),
        )
    console().print(table)
