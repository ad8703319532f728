"""The command line. Results go to stdout, messages to stderr; exit code 0 fine, 1 found something, 2 bad call."""

import contextlib
import json
import math
import os
import sys
import time
import traceback
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from padleak.errors import InputError, unknown_name

app = typer.Typer(
    help="Measure what padding does to sequence models, and what masking does about it.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)

_TAKEN_AS = {"sequences": "data", "tables": "table", "corpora": "corpus", "pairs": "pairs"}
"""What experiments read -> the setting of a profile that names the user's."""
_AS_SAID = {"tables": "a table", "corpora": "a corpus", "pairs": "pairs of texts"}
_SECONDS_BETWEEN_REPORTS = 30
_MARKS = {"supported": "green", "refuted": "red", "equivalent": "blue", "inconclusive": "yellow"}

ProfileOption = Annotated[str, typer.Option("--profile", "-p", help="smoke (minutes), standard or paper (hours).")]
ResultsArgument = Annotated[Path, typer.Argument(help="A results folder.")]
JsonOption = Annotated[bool, typer.Option("--json", help="Print JSON for a program to read.")]


def main() -> None:
    """Entry point: a user's mistake is one line on stderr and exit code 2."""
    try:
        app()
    except InputError as error:
        if "--debug" in sys.argv:
            traceback.print_exc()
        else:
            print(f"padleak: {error}", file=sys.stderr)
        raise SystemExit(2) from None


@app.callback()
def _settings(
    debug: Annotated[bool, typer.Option("--debug", help="Show where in the code a bad call was found out.")] = False,
) -> None:
    """Measure what padding does to sequence models, and what masking does about it."""


def _out() -> Console:
    """For results. Wide where there is no terminal, so that nothing is cut."""
    return Console(width=None if sys.stdout.isatty() else 160)


def _say(message: str) -> None:
    print(message, file=sys.stderr, flush=True)


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

    chosen = _profile(profile)
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
    out = _out()
    for experiment in experiments:
        out.print(f"[bold]{experiment['name']}[/] ({experiment['cells']} cells in {profile}): {experiment['question']}")
        for name, statement in experiment["claims"].items():
            out.print(f"  {name:4} {statement}", highlight=False)
    for kind, named in parts.items():
        table = Table(title=kind, title_justify="left", show_header=False, box=None, padding=(0, 2))
        for name, summary in named.items():
            table.add_row(name, summary)
        out.print(table)


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

    where = _where_to_run(workers, scheduler, resource or [], wait)
    of_tables = {"target": target, "missing": missing, "categorical": categorical}
    reads, source = _source(dataset, {"text": text, "label": label}, of_tables)
    chosen = replace(_profile(profile), **{_TAKEN_AS[reads]: source})
    chosen = replace(chosen, seeds=seeds or chosen.seeds)
    named = _that_read(experiments or [], reads)
    if source:
        _say(f"Reading {source}")
        _say_what_is_read(source, reads)
    folder = results or Path("results") / (profile if not source else f"{profile}-{_slug(source)}")
    store = Store(folder)
    plan = Plan.of(choose_experiments(named), chosen)
    # The report covers what was run here before, too.
    whole = Plan.of(choose_experiments(sorted({*store.experiments(chosen), *plan.names})), chosen)
    with store.lock():
        failed = _run_plan(plan, whole, store, where, TimeLimit(60 * time_limit) if time_limit else None)
    raise typer.Exit(1 if failed else 0)


@app.command()
def report(
    results: ResultsArgument = Path("results/standard"),
    into: Annotated[
        Path | None,
        typer.Option(help="Put tables between the <!-- results --> (commands, checklist) lines of this file instead."),
    ] = None,
    watch: Annotated[
        bool, typer.Option("--watch", help="Of a run that is at work: write what is known so far, again and again.")
    ] = False,
    tensorboard: Annotated[
        Path | None, typer.Option(help="Write the cells into this folder instead, for TensorBoard to show.")
    ] = None,
) -> None:
    """Write the report of finished results anew.

    Examples:

      padleak report results/reference

      padleak report results/reference --into README.md

      padleak report results/standard --watch

      padleak report results/standard --tensorboard logs
    """
    from padleak.report.page import write_report
    from padleak.report.summary import summarise_into

    given = [name for name, value in (("--into", into), ("--watch", watch), ("--tensorboard", tensorboard)) if value]
    if len(given) > 1:
        raise InputError(given[1], f"left out with {given[0]}", "both")
    if watch:
        _watch(results)
    elif tensorboard is not None:
        _log(results, tensorboard)
    elif into is None:
        print(write_report(results, _say))
    elif into.is_file():
        summarise_into(results, into)
        print(into)
    else:
        raise InputError("--into", "a Markdown file that exists", str(into))


@app.command()
def check(
    results: ResultsArgument = Path("results/standard"),
    against: Annotated[Path, typer.Option(help="Results to compare the verdicts with.")] = Path("results/reference"),
    reproduce: Annotated[int, typer.Option(min=0, help="Run so many finished cells again and compare the bytes.")] = 0,
    seed: Annotated[int, typer.Option(min=0, help="Of which cells are run again.")] = 0,
    as_json: JsonOption = False,
) -> None:
    """Are results complete and undamaged, and do their verdicts agree with the reference? Exit code 1 if not.

    Examples:

      padleak check results/standard --against results/reference

      padleak check results/smoke --reproduce 10
    """
    from padleak.study.check import check as look
    from padleak.study.reproduce import reproduce as run_again
    from padleak.study.results import load

    found = look(load(results), load(against) if (against / "run.json").is_file() else None)
    if reproduce:
        again = run_again(load(results), reproduce, seed, min(_cores(), reproduce), _say)
        found = {
            "problems": found["problems"] + again["problems"],
            "summary": f"{found['summary']}; {again['summary']}",
        }
    if as_json:
        print(json.dumps(found, indent=1))
    else:
        for problem in found["problems"]:
            print(problem)
        print(f"{results}: {len(found['problems']) or 'no'} problem(s); {found['summary']}")
    raise typer.Exit(1 if found["problems"] else 0)


@app.command()
def compare(
    first: Annotated[Path, typer.Argument(help="A results folder.")],
    second: Annotated[Path, typer.Argument(help="Another.")],
    as_json: JsonOption = False,
) -> None:
    """What changed from one results folder to another, paired by settings and seed, and why? Exit code 1 if a verdict did.

    Examples:

      padleak compare results/reference results/standard

      padleak compare results/before results/after --json
    """
    from padleak.study.compare import compare as hold_side_by_side
    from padleak.study.results import load

    contrast = hold_side_by_side(load(first), load(second))
    if as_json:
        tables = {name: json.loads(getattr(contrast, name).to_json(orient="records")) for name in ("claims", "metrics")}
        print(json.dumps({"causes": contrast.causes, **tables}, indent=1))
    else:
        moved = contrast.moved
        _print_contrast(moved)
        print(
            f"{first} against {second}: {len(contrast.changed)} of {len(contrast.claims)} verdicts changed, "
            f"{len(moved.claims)} effects, {len(moved.metrics)} of {len(contrast.metrics)} metrics"
        )
    raise typer.Exit(1 if len(contrast.changed) else 0)


@app.command()
def bench(
    benchmarks: Annotated[
        list[str] | None, typer.Argument(help="grid, train, engine, report, ...; all if none.")
    ] = None,
    repeats: Annotated[int, typer.Option(min=1, help="Rounds; what is compared takes turns.")] = 3,
    json_file: Annotated[Path | None, typer.Option("--json", help="Also write the figures to this file.")] = None,
) -> None:
    """How fast is it here, and against what? Medians and ranges over rounds; `A_vs_B` says how many times as fast A is.

    Examples:

      padleak bench

      padleak bench grid --repeats 5 --json bench.json
    """
    from dataclasses import asdict

    from padleak.bench import choose_benchmarks

    chosen = choose_benchmarks(benchmarks or [])
    if json_file is not None and (json_file.is_dir() or not json_file.resolve().parent.is_dir()):
        raise InputError("--json", "a file in a folder that exists", str(json_file))
    figures, failed = [], 0
    for benchmark in chosen:
        try:
            figures += benchmark.measure(repeats, _say)
        except Exception as error:  # what the others measured must not be lost
            failed += 1
            _say(f"{benchmark.name} failed: {type(error).__name__}: {error}")
    table = Table(title="Figures measured in this run", title_justify="left")
    for heading in ("figure", "median", "range", "unit", "rounds"):
        table.add_column(heading, justify="right" if heading in ("median", "rounds") else "left", no_wrap=True)
    for figure in figures:
        span = "" if figure.low is None else f"{figure.low:.3g} to {figure.high:.3g}"
        table.add_row(figure.name, f"{figure.value:.3g}", span, figure.unit, str(figure.repeats))
    _out().print(table)
    if json_file is not None:
        json_file.write_text(json.dumps([asdict(figure) for figure in figures], indent=1))
        print(json_file)
    raise typer.Exit(1 if failed else 0)


@app.command()
def audit(
    model: Annotated[Path, typer.Argument(help="A model that Keras saved: MODEL.keras.")],
    inputs: Annotated[
        Path | None, typer.Option(help="A batch, padded or not, as an .npz file; made up from the model if not given.")
    ] = None,
    pad_value: Annotated[
        float | None, typer.Option(help="What fill holds; found in the batch or the model if not given, else 0.")
    ] = None,
    side: Annotated[str, typer.Option(help="Where fill goes: post, pre or both.")] = "both",
    time_axis: Annotated[
        int | None, typer.Option(help="Axis of time in inputs; the one that the model leaves open, or 1, if not given.")
    ] = None,
    custom: Annotated[
        list[str] | None, typer.Option(help="Module that defines the model's own layers; its code is run.")
    ] = None,
    json_file: Annotated[Path | None, typer.Option("--json", help="Also write the findings to this file.")] = None,
    html_file: Annotated[Path | None, typer.Option("--html", help="Also write a page.")] = None,
    junit_file: Annotated[Path | None, typer.Option("--junit", help="Also write a JUnit file.")] = None,
) -> None:
    """Does padding leak into a model, where, how much, and how to mend it? Exit code 1 if it leaks.

    Code that a model file brings along is not run.

    Examples:

      padleak audit model.keras

      padleak audit model.keras --inputs batch.npz --pad-value 1 --side pre --html audit.html

      padleak audit model.keras --custom my_package.layers
    """
    from padleak.audit import audit as audit_model
    from padleak.audit.files import load_batch, load_model

    files = {"--json": json_file, "--html": html_file, "--junit": junit_file}
    for option, file in files.items():
        if file is not None and (file.is_dir() or not file.resolve().parent.is_dir()):
            raise InputError(option, "a file in a folder that exists", str(file))
    batch = None if inputs is None else load_batch(inputs)
    try:
        found = audit_model(load_model(model, custom or []), batch, pad_value, side, time_axis, trusted=False)
    except InputError:
        raise
    except Exception as error:  # exit code 1 says that it leaks, and nothing else
        raise InputError(f"model {model}", "one that can be audited", f"{type(error).__name__}: {error}") from error
    print(found)
    for file, write in zip(files.values(), (found.to_json, found.to_html, found.to_junit)):
        if file is not None:
            file.write_text(write(), encoding="utf-8")
            print(file)
    raise typer.Exit(1 if found.leaks else 0)


def _log(results: Path, folder: Path) -> None:
    """Write cells for TensorBoard."""
    from padleak.models import backend
    from padleak.report.tensorboard import log_cells
    from padleak.study.results import load

    found = load(results)
    found.read_all()
    if folder.exists() and not folder.is_dir():
        raise InputError("--tensorboard", "a folder, or a name that is free", str(folder))
    backend.start()
    print(f"{log_cells(found, folder)} cells in {folder}: tensorboard --logdir {folder}")


def _watch(results: Path) -> None:
    """Write the report of a run at work until its last cell is done, or somebody has seen enough."""
    from padleak.report.page import write_report
    from padleak.study.store import Store
    from padleak.study.watch import watch

    with contextlib.suppress(KeyboardInterrupt):
        print(watch(Store(results), write_report, _say, _SECONDS_BETWEEN_REPORTS) / "report.html")


def _print_contrast(contrast) -> None:
    """What was set otherwise, and the differences of claims and metrics."""
    from padleak.report.words import say_interval, say_number

    out = _out()
    for cause in contrast.causes or ["Settings, versions and machine are the same."]:
        out.print(cause, highlight=False, markup=False)
    claims, metrics = Table(title="Claims", title_justify="left"), Table(title="Measurements", title_justify="left")
    for heading in ("claim", "before", "after", "effects", "difference [95 %]", "n"):
        claims.add_column(heading)
    for row in contrast.claims.to_dict("records"):
        verdicts = [f"[{_MARKS.get(row[side], 'dim')}]{row[side]}[/]" for side in ("before", "after")]
        effects = " -> ".join(say_number(row[f"effect_{side}"]) for side in ("before", "after"))
        difference = f"{say_number(row['difference'])} {say_interval(row)}"
        claims.add_row(f"{row['id']}  {row['statement']}", *verdicts, effects, difference, str(row["n"]))
    for heading in ("experiment", "metric", "pairs", "identical", "difference [95 %]", "n"):
        metrics.add_column(heading, justify="right" if heading in ("pairs", "identical", "n") else "left")
    for row in contrast.metrics.to_dict("records"):
        metrics.add_row(
            row["experiment"],
            row["metric"],
            str(row["pairs"]),
            f"{100 * row['identical']:.0f} %",
            f"{say_number(row['difference'])} {say_interval(row)}",
            str(row["n"]),
        )
    for table in (claims, metrics):
        if table.row_count:
            out.print(table)


def _print_estimates(profile, as_json: bool) -> None:
    """Cells and minutes of every experiment, and of all together (which share cells)."""
    from padleak.study import estimate
    from padleak.study.experiment import find_experiments
    from padleak.study.grid import unique

    designs = {experiment.name: experiment.design(profile).cells for experiment in find_experiments().values()}
    designs["all"] = unique(cell for cells in designs.values() for cell in cells)
    _say("Trying how fast this machine is (about half a minute)")
    speed, workers = estimate.calibrate(), _cores()
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
    _out().print(table)


def _profile(name: str):
    from padleak.study.grid import PROFILES

    if name not in PROFILES:
        raise unknown_name("--profile", PROFILES, name)
    return PROFILES[name]


def _source(dataset: str, of_texts: dict[str, str], of_tables: dict[str, str]) -> tuple[str, str]:
    """What is read, a key of `_TAKEN_AS`, and its source with the options that name columns, files made absolute so that
    workers find them."""
    from urllib.parse import urlencode

    from padleak.data.corpus import corpora
    from padleak.data.dataset import Source, datasets
    from padleak.data.pairs import pair_sets
    from padleak.data.table import tables

    given = {name: value for name, value in (of_texts | of_tables).items() if value}
    if not dataset:
        for name, value in given.items():
            raise InputError(f"--{name}", "used together with --dataset", value)
        return "sequences", ""
    name, _, options = dataset.partition("?")
    name = name.partition(":")[0]
    for reads, registry in (("corpora", corpora), ("pairs", pair_sets)):
        if name in registry and name not in datasets:
            for option, value in given.items():
                raise InputError(f"--{option}", f"left out with {name}", value)
            Source.parse(dataset, registry)
            return reads, _absolute(dataset)
    known = list(dict.fromkeys([*datasets, *tables, *corpora, *pair_sets]))
    if name not in known:
        raise unknown_name("--dataset", known, name)
    has_target = bool(of_tables["target"]) or "target=" in options
    is_table = has_target or (name in tables and name not in datasets)
    other = of_texts if is_table else of_tables
    for option in given:
        if option in other:
            rule = "left out with a table of predictors" if is_table else "used together with --target"
            raise InputError(f"--{option}", rule, given[option])
    if is_table and tables.facts(name).get("synthetic"):
        raise InputError(
            "--dataset",
            "a table that is found, not drawn",
            name,
            "Its experiment draws it anyway: leave --dataset out.",
        )
    if given:
        dataset += ("&" if "?" in dataset else "?") + urlencode(given)
    Source.parse(dataset, tables if is_table else datasets)
    return "tables" if is_table else "sequences", _absolute(dataset)


def _absolute(dataset: str) -> str:
    name, _, rest = dataset.partition(":")
    path, mark, options = rest.partition("?")
    if not path or name == "keras":
        return dataset
    return f"{name}:" + ",".join(str(Path(part).resolve()) for part in path.split(",")) + mark + options


def _that_read(names: list[str], reads: str) -> list[str]:
    """The named experiments; of data that not all take, those that do, and no others."""
    from padleak.study.experiment import choose_experiments

    if reads == "sequences":
        return names
    able = [experiment.name for experiment in choose_experiments([]) if experiment.reads == reads]
    for name in names:
        if name not in able:
            choose_experiments([name])
            raise InputError("experiment", f"one that takes {_AS_SAID[reads]}: {', '.join(able)}", name)
    return names or able


def _say_what_is_read(source: str, reads: str) -> None:
    """What there is, and what was left out."""
    from padleak.data.corpus import load_corpus
    from padleak.data.dataset import load
    from padleak.data.pairs import load_pairs
    from padleak.data.table import load_table
    from padleak.data.vocabulary import FIRST_WORD

    left_out: list[str] = []
    if reads in ("corpora", "pairs"):
        texts = load_corpus(source) if reads == "corpora" else load_pairs(source)
        what = "texts" if reads == "corpora" else "pairs"
        words = len(texts.train.values) + len(texts.test.values)
        _say(
            f"{len(texts.train) + len(texts.test)} {what}, {words} words, {texts.words - FIRST_WORD} of them told apart"
        )
        left_out = [f"{count} ({reason})" for reason, count in getattr(texts, "skipped", {}).items()]
    elif reads == "tables":
        table = load_table(source)
        predicts = f"{len(table.classes)} classes" if table.classes else "a number"
        factors = sum(size > 0 for size in table.categories)
        _say(
            f"{len(table)} rows, {len(table.columns)} predictors ({factors} of categories), "
            f"{100 * table.missing_share:.1f} % of the values missing, {predicts} to predict"
        )
        left_out = list(table.notes)
    else:
        left_out = [f"{count} rows ({reason})" for reason, count in load(source).skipped.items()]
    if left_out:
        _say("Left out: " + ", ".join(left_out))


def _slug(source: str) -> str:
    """A folder name for a source: `csv:/data/My reviews.csv?text=x` becomes `my-reviews`."""
    import re

    path = source.partition("?")[0].partition(":")[2].split(",")[0]
    stem = Path(path).stem if path else source.partition("?")[0]
    return re.sub(r"[^a-z0-9]+", "-", stem.lower()).strip("-") or "data"


def _cores() -> int:
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def _where_to_run(workers: int | None, scheduler: str, resources: list[str], wait: float | None):
    """Processes to start here, or the cluster to join."""
    from padleak.study.cluster import Remote

    if not scheduler:
        if resources:
            raise InputError("--resource", "used together with --scheduler", " ".join(resources))
        if wait is not None:
            raise InputError("--wait", "used together with --scheduler", f"{wait:g}")
        return workers if workers is not None else _cores()
    if workers is not None:
        raise InputError(
            "--workers", "left out with --scheduler", str(workers), "The workers are those that the cluster has."
        )
    remote = Remote(scheduler, dict(map(_amount, resources)), 30 if wait is None else wait)
    if remote.is_open():
        _say(f"{scheduler} is open to the network and not encrypted: who reaches it can run code. See docs/cluster.md.")
    return remote


def _amount(resource: str) -> tuple[str, float]:
    name, _, amount = resource.partition("=")
    try:
        if name and 0 < float(amount) < math.inf:
            return name, float(amount)
    except ValueError:
        pass
    raise InputError("--resource", "NAME=AMOUNT with an amount above 0, such as GPU=1", resource)


def _run_plan(plan, whole, store, workers, limit) -> int:
    """Run, settle, report and print the verdicts; the number of failed cells."""
    from padleak.progress import Progress
    from padleak.report.page import is_current, write_report
    from padleak.study import estimate, study
    from padleak.study.revisions import older_cells
    from padleak.study.watch import Settled

    start = time.monotonic()
    for name, reason in store.set_aside_damaged().items():
        _say(f"damaged, set aside in {store.folder / 'damaged'}, made anew: {name}: {reason}")
    for name, count in older_cells(store, plan.cells).items():
        _say(f"{count} finished cells were measured by older code ({name}); they are kept, and not used")
    finished = store.finished()
    todo = [cell for cell in plan.cells if cell.key not in finished]
    done = len(plan.cells) - len(todo)
    where = f"{workers or 'no'} worker processes" if isinstance(workers, int) else f"the cluster at {workers.address}"
    _say(f"{len(plan.cells)} cells, {done} finished before, {len(todo)} to run on {where}")
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
        except KeyboardInterrupt:
            kept = len(store.finished() & {cell.key for cell in plan.cells})
            _say(f"\nStopped. {kept} of {len(plan.cells)} cells are kept; the same command goes on from there.")
            raise SystemExit(130) from None
        study.settle(whole, store, _say)
        write_report(store.folder, _say)
        _say(f"Took {(time.monotonic() - start) / 60:.1f} minutes")
    failures = len({cell.key for cell in plan.cells} - store.finished())
    print_verdicts(store.folder)
    if failures:
        _say(f"{failures} cells failed; the report lists them with their settings, and the next run tries them again.")
    print(f"Report: {store.folder / 'report.html'}")
    return failures


def print_verdicts(folder: Path) -> None:
    """The table of claims on stdout."""
    from padleak.report.words import say_effect, say_interval, say_p
    from padleak.study.results import load

    table = Table(title="Claims and verdicts", title_justify="left")
    for heading, style in (("claim", "bold"), ("verdict", ""), ("effect [95 %]", ""), ("n", ""), ("p (Holm)", "")):
        table.add_column(heading, style=style, no_wrap=heading != "claim")
    for verdict in load(folder).verdicts.to_dict("records"):
        table.add_row(
            f"{verdict['id']}  {verdict['statement']}",
            f"[{_MARKS[verdict['verdict']]}]{verdict['verdict']}[/]",
            f"{say_effect(verdict)} {say_interval(verdict)}\n{verdict['unit']}",
            str(verdict["n"]) + (f"\n{verdict['missing']} cells missing" if verdict["missing"] else ""),
            say_p(verdict["p_holm"]),
        )
    _out().print(table)


if __name__ == "__main__":
    main()
