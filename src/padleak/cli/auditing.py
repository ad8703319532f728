"""`padleak audit`: does padding leak into a model?"""

from pathlib import Path
from typing import Annotated

import typer

from padleak.cli.app import app, check_writable
from padleak.errors import InputError


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
    fill: Annotated[int, typer.Option(min=2, max=10_000, help="Steps of fill at most; one step is tried, too.")] = 6,
    custom: Annotated[
        list[str] | None, typer.Option(help="Module that defines the model's own layers; its code is run.")
    ] = None,
    json_file: Annotated[Path | None, typer.Option("--json", help="Also write the findings to this file.")] = None,
    html_file: Annotated[Path | None, typer.Option("--html", help="Also write a page.")] = None,
    junit_file: Annotated[Path | None, typer.Option("--junit", help="Also write a JUnit file.")] = None,
) -> None:
    """Does padding leak into a model, where, how much, and how to mend it?

    Exit code 1 if fill changes an output, 0 if not, whatever else is to mend, and 2 for a mistake. Code that a model file
    brings along is not run.

    Examples:

      padleak audit model.keras

      padleak audit model.keras --inputs batch.npz --pad-value 1 --side pre --html audit.html

      padleak audit model.keras --custom my_package.layers
    """
    import warnings

    from padleak.audit import audit as audit_model
    from padleak.audit import check_side
    from padleak.audit.files import load_batch, load_model

    files = {"--json": json_file, "--html": html_file, "--junit": junit_file}
    for option, file in files.items():
        check_writable(option, file)
    check_side(side)
    warnings.simplefilter("ignore")  # the report tells of them, at their layers
    batch = None if inputs is None else load_batch(inputs)
    try:
        found = audit_model(
            load_model(model, custom or []), batch, pad_value, side, time_axis, trusted=False, fill=fill
        )
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
