"""The README says what the reference says."""

from pathlib import Path

import pytest

import padleak
from padleak.report.summary import summarise_into

REPOSITORY = Path(__file__).parents[1]


def test_the_summary_in_the_readme_is_that_of_the_reference(tmp_path):
    copy = tmp_path / "README.md"
    copy.write_text((REPOSITORY / "README.md").read_text())
    summarise_into(REPOSITORY / "results" / "reference", copy)
    assert copy.read_text() == (REPOSITORY / "README.md").read_text()


def block(number: int, language: str) -> str:
    """The nth block of code of a language in the README, from 1."""
    return (REPOSITORY / "README.md").read_text().split(f"```{language}\n")[number].split("```")[0]


@pytest.mark.slow
def test_the_audit_of_the_readme_says_what_the_readme_says(capsys):
    from padleak.models import backend
    from padleak.models.backend import keras

    backend.start()
    keras.backend.clear_session()  # names are counted up over all models of a process
    exec(block(1, "python"))
    said = " ".join(capsys.readouterr().out.split())
    shown = (REPOSITORY / "README.md").read_text().split("where the fill gets in:\n\n```\n")[1].split("```")[0]
    assert all(" ".join(line.split()) in said for line in shown.splitlines())


def test_the_ten_lines_of_the_readme_run(capsys, monkeypatch):
    monkeypatch.chdir(REPOSITORY)
    exec(block(2, "python"))
    shifts = dict(line.split() for line in capsys.readouterr().out.splitlines())
    assert float(shifts["embedding"]) == 0 < float(shifts["none"])


def test_the_reference_is_complete():
    reference = padleak.load(REPOSITORY / "results" / "reference")
    assert reference.run["profile"]["name"] == "standard"
    assert not any(about["missing"] for about in reference.run["experiments"].values())
    figures = [figure for about in reference.run["experiments"].values() for figure in about["figures"]]
    assert all((reference.folder / "figures" / f"{figure}.svg").is_file() for figure in figures)
    assert sum(file.stat().st_size for file in reference.folder.rglob("*") if file.is_file()) < 15e6
