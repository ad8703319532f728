"""The application, and what its verbs share: how they speak and what they ask for."""

import os
import sys
import traceback
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console

from padleak.errors import InputError

if TYPE_CHECKING:
    from padleak.study.grid import Profile

app = typer.Typer(
    help="Measure what padding does to sequence models, and what masking does about it.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)

MARKS = {"supported": "green", "refuted": "red", "equivalent": "blue", "inconclusive": "yellow"}

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


def console() -> Console:
    """For results. Wide where there is no terminal, so that nothing is cut."""
    return Console(width=None if sys.stdout.isatty() else 160)


def say(message: str) -> None:
    """A message on the way."""
    print(message, file=sys.stderr, flush=True)


def profile_named(name: str) -> "Profile":
    """The profile of `--profile`.

    Raises:
        InputError: There is none of that name.
    """
    from padleak.arguments import check_name
    from padleak.study.grid import PROFILES

    check_name("--profile", name, PROFILES)
    return PROFILES[name]


def check_writable(option: str, file: Path | None) -> None:
    """Raises an `InputError` for a file that could not be written when all is done."""
    if file is not None and (file.is_dir() or not file.resolve().parent.is_dir()):
        raise InputError(option, "a file in a folder that exists", str(file))


def cores() -> int:
    """Processors that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
