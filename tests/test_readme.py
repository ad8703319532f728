"""README and ARTIFACT say what the reference says."""

import re
from pathlib import Path

import pytest

import padleak
from code_blocks import run_page
from padleak.report.summary import summarise_into

REPOSITORY = Path(__file__).parents[1]


@pytest.mark.parametrize("name", ["README.md", "ARTIFACT.md"])
def test_what_is_said_of_results_is_that_of_the_reference(tmp_path, name):
    copy = tmp_path / name
    copy.write_text((REPOSITORY / name).read_text())
    summarise_into(REPOSITORY / "results" / "reference", copy)
    assert copy.read_text() == (REPOSITORY / name).read_text()


def test_every_claim_has_a_command_that_names_its_experiment():
    rows = re.findall(
        r"^\| \*\*(\w+)\*\* .*? \| `\./run_all\.sh standard (\w+)` \|", (REPOSITORY / "ARTIFACT.md").read_text(), re.M
    )
    verdicts = padleak.load(REPOSITORY / "results" / "reference").verdicts
    assert rows == list(zip(verdicts["id"], verdicts["experiment"]))


@pytest.mark.slow
def test_its_code_runs_and_prints_what_is_shown(monkeypatch):
    monkeypatch.chdir(REPOSITORY)
    shifts = dict(
        re.findall(r"^(none|zero_vector|embedding) ([0-9.]+)$", run_page(REPOSITORY / "README.md"), re.MULTILINE)
    )
    assert float(shifts["embedding"]) == 0 < float(shifts["none"])


def test_its_links_lead_to_files():
    links = re.findall(r"\]\(([^)#:]+)\)", (REPOSITORY / "README.md").read_text())
    assert len(links) > 8
    assert not [link for link in links if not (REPOSITORY / link).exists()]


def test_the_reference_is_complete():
    reference = padleak.load(REPOSITORY / "results" / "reference")
    assert reference.run["profile"]["name"] == "standard"
    assert not any(about["missing"] for about in reference.run["experiments"].values())
    figures = [figure for about in reference.run["experiments"].values() for figure in about["figures"]]
    assert all((reference.folder / "figures" / f"{figure}.svg").is_file() for figure in figures)
    assert sum(file.stat().st_size for file in reference.folder.rglob("*") if file.is_file()) < 15e6
