"""Runs the notebooks from their scripts and keeps their outputs: `make_notebooks.sh` calls it.

A notebook is written whole if it ran to its end, said nothing on stderr and names no place of the machine it ran on.
"""

import base64
import io
import json
import os
import re
import sys
import time
from pathlib import Path

import jupytext
import nbformat
from nbclient import NotebookClient
from PIL import Image

FOLDER = Path(__file__).resolve().parents[1] / "notebooks"
METADATA = {
    "kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"},
    "language_info": {"name": "python"},
}
_MOST_BYTES = 600_000
_OF_A_MACHINE = re.compile(r"/(work|tmp|home|root|Users|private|var|mnt|opt|usr)/[\w.-]*")


def read_script(script: Path) -> nbformat.NotebookNode:
    """The notebook of a script, without outputs; its cells are numbered, so that another run changes outputs alone."""
    notebook = jupytext.read(script)
    notebook.metadata = nbformat.from_dict(METADATA)
    for number, cell in enumerate(notebook.cells):
        cell.id, cell.metadata = f"cell-{number}", nbformat.from_dict({})
    return notebook


def run(notebook: nbformat.NotebookNode) -> nbformat.NotebookNode:
    """The notebook with its outputs, and nothing that tells when or where it was run."""
    NotebookClient(notebook, timeout=600, record_timing=False, resources={"metadata": {"path": str(FOLDER)}}).execute()
    notebook.metadata = nbformat.from_dict(METADATA)
    for cell in notebook.cells:
        for output in cell.get("outputs", []):
            if "image/png" in output.get("data", {}):
                output.data["image/png"] = _in_few_colours(output.data["image/png"])
    return notebook


def _in_few_colours(picture: str) -> str:
    """The same PNG (base64) in 256 colours: a third of the size."""
    small = io.BytesIO()
    image = Image.open(io.BytesIO(base64.b64decode(picture))).convert("RGB")
    image.quantize(256).save(small, "PNG", optimize=True)
    return base64.b64encode(small.getvalue()).decode()


def problems(notebook: nbformat.NotebookNode) -> list[str]:
    """Why a notebook is not to be kept."""
    found = []
    for number, cell in enumerate(notebook.cells):
        for output in cell.get("outputs", []):
            said = json.dumps({kind: text for kind, text in _texts(output).items() if kind != "image/png"})
            if output.get("name") == "stderr":
                found.append(f"cell {number} says on stderr: {said[:300]}")
            found += [f"cell {number} names {place[0]}" for place in _OF_A_MACHINE.finditer(said)]
    size = len(nbformat.writes(notebook))
    return found + ([f"{size:,} bytes, more than {_MOST_BYTES:,}"] if size > _MOST_BYTES else [])


def _texts(output: nbformat.NotebookNode) -> dict[str, str]:
    return dict(output.get("data", {})) | {"text": output.get("text", "")}


def main(names: list[str]) -> int:
    """Runs the named notebooks, or all; the number of those that were not kept."""
    results = os.environ.get("PADLEAK_RESULTS", FOLDER.parent / "results" / "standard")
    os.environ["PADLEAK_RESULTS"] = str(Path(results).resolve())
    failed = 0
    for script in sorted(FOLDER.glob("*.py")):
        if names and script.stem not in names:
            continue
        start = time.perf_counter()
        notebook = run(read_script(script))
        wrong = problems(notebook)
        if not wrong:
            nbformat.write(notebook, script.with_suffix(".ipynb"))
        print(f"{script.stem}: {time.perf_counter() - start:.0f} s", *wrong, sep="\n  ")
        failed += bool(wrong)
    return failed


if __name__ == "__main__":
    sys.exit(min(1, main(sys.argv[1:])))
