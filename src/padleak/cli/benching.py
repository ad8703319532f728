"""`padleak bench`: how fast is it here?"""

import json
from pathlib import Path
from typing import Annotated

import typer
from rich.table import Table

from padleak.cli.app import app, check_writable, console, say


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
    check_writable("--json", json_file)
    figures, failed = [], 0
    for benchmark in chosen:
        try:
            figures += benchmark.measure(repeats, say)
        except Exception as error:  # what the others measured must not be lost
            failed += 1
            say(f"{benchmark.name} failed: {type(error).__name__}: {error}")
    table = Table(title="Figures measured in this run", title_justify="left")
    for heading in ("figure", "median", "range", "unit", "rounds"):
        table.add_column(heading, justify="right" if heading in ("median", "rounds") else "left", no_wrap=True)
    for figure in figures:
        span = "" if figure.low is None else f"{figure.low:.3g} to {figure.high:.3g}"
        table.add_row(figure.name, f"{figure.value:.3g}", span, figure.unit, str(figure.repeats))
    console().print(table)
    if json_file is not None:
        json_file.write_text(json.dumps([asdict(figure) for figure in figures], indent=1))
        print(json_file)
    raise typer.Exit(1 if failed else 0)
