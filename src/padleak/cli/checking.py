"""`padleak check` and `padleak compare`: results held to themselves, to the reference, to each other."""

import json
from pathlib import Path
from typing import Annotated

import typer
from rich.table import Table

from padleak.cli.app import MARKS, JsonOption, ResultsArgument, app, console, cores, say


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
        again = run_again(load(results), reproduce, seed, min(cores(), reproduce), say)
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


def _print_contrast(contrast) -> None:
    """What was set otherwise, and the differences of claims and metrics."""
    from padleak.report.words import say_interval, say_number

    out = console()
    for cause in contrast.causes or ["Settings, versions and machine are the same."]:
        out.print(cause, highlight=False, markup=False)
    claims, metrics = Table(title="Claims", title_justify="left"), Table(title="Measurements", title_justify="left")
    for heading in ("claim", "before", "after", "first part", "difference [95 %]", "n"):
        claims.add_column(heading)
    for row in contrast.claims.to_dict("records"):
        verdicts = [f"[{MARKS.get(row[side], 'dim')}]{row[side]}[/]" for side in ("before", "after")]
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
