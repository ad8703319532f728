"""Notebooks and their scripts are pairs, and what is kept of notebooks is whole and names no machine."""

import re
from pathlib import Path

import jupytext
import nbformat
import pytest

REPOSITORY = Path(__file__).parents[1]
NOTEBOOKS = sorted((REPOSITORY / "notebooks").glob("*.ipynb"))
SCRIPTS = sorted((REPOSITORY / "notebooks").glob("*.py"))
LARGEST = 600_000
PLACE = re.compile(r"(?<![\w.:/])/(work|tmp|home|root|Users|private|var|mnt|opt|usr)/")
READ = nbformat.NO_CONVERT

pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning")


def source(notebook: nbformat.NotebookNode) -> list[tuple[str, str]]:
    return [(cell.cell_type, cell.source) for cell in notebook.cells]


def said(notebook: nbformat.NotebookNode) -> str:
    """All that is text in a notebook; pictures hold any letters."""
    outputs = [output for cell in notebook.cells for output in cell.get("outputs", [])]
    texts = [
        str({kind: text for kind, text in output.get("data", {}).items() if kind != "image/png"}) for output in outputs
    ]
    metadata = [str(notebook.metadata), *(str(cell.metadata) for cell in notebook.cells)]
    return "\n".join(
        [*(output.get("text", "") for output in outputs), *texts, *metadata, *(cell.source for cell in notebook.cells)]
    )


def test_every_notebook_has_its_script():
    assert [file.stem for file in NOTEBOOKS] == [file.stem for file in SCRIPTS]
    assert [file.stem[:2] for file in NOTEBOOKS] == [f"{number:02}" for number in range(1, len(NOTEBOOKS) + 1)]


@pytest.mark.parametrize("file", NOTEBOOKS, ids=lambda file: file.stem)
def test_script_and_notebook_hold_the_same(file):
    script = jupytext.read(file.with_suffix(".py"))
    assert source(nbformat.read(file, READ)) == source(script), "run ./make_notebooks.sh"


@pytest.mark.parametrize("file", NOTEBOOKS, ids=lambda file: file.stem)
def test_outputs_are_kept_and_tell_of_no_machine_and_no_time(file):
    notebook = nbformat.read(file, READ)
    code = [cell for cell in notebook.cells if cell.cell_type == "code"]
    assert [cell.execution_count for cell in code] == list(range(1, len(code) + 1))
    outputs = [output for cell in code for output in cell.outputs]
    assert any("image/png" in output.get("data", {}) for output in outputs)
    assert not [output for output in outputs if output.get("name") == "stderr" or output.output_type == "error"]
    assert not any(cell.metadata for cell in notebook.cells)
    assert not PLACE.search(said(notebook))
    assert file.stat().st_size < LARGEST


def test_a_place_of_a_machine_is_found_out():
    assert PLACE.search("saved in /home/me/results") and PLACE.search("'/tmp/x'")
    assert not PLACE.search("notebooks/tmp/x and https://example.org/home/")
