"""`padleak report`: the page, what README says, TensorBoard's files, and a run at work."""

import contextlib
from pathlib import Path
from typing import Annotated

import typer

from padleak.cli.app import ResultsArgument, app, say
from padleak.errors import InputError

_SECONDS_BETWEEN_REPORTS = 30


@app.command()
def report(
    results: ResultsArgument = Path("results/standard"),
    into: Annotated[
        Path | None,
        typer.Option(
            help="Put tables between the <!-- results --> (answer, commands, checklist) lines of this file instead."
        ),
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
        print(write_report(results, say))
    elif into.is_file():
        summarise_into(results, into)
        print(into)
    else:
        raise InputError("--into", "a Markdown file that exists", str(into))


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
        print(watch(Store(results), write_report, say, _SECONDS_BETWEEN_REPORTS) / "report.html")
