"""The README says what the reference says."""

from pathlib import Path

import padleak
from padleak.report.summary import summarise_into

REPOSITORY = Path(__file__).parents[1]


def test_the_summary_in_the_readme_is_that_of_the_reference(tmp_path):
    copy = tmp_path / "README.md"
    copy.write_text((REPOSITORY / "README.md").read_text())
    summarise_into(REPOSITORY / "results" / "reference", copy)
    assert copy.read_text() == (REPOSITORY / "README.md").read_text()


def test_the_ten_lines_of_the_readme_run(capsys, monkeypatch):
    monkeypatch.chdir(REPOSITORY)
    code = (REPOSITORY / "README.md").read_text().split("```python\n")[1].split("```")[0]
    exec(code)
    shifts = dict(line.split() for line in capsys.readouterr().out.splitlines())
    assert float(shifts["embedding"]) == 0 < float(shifts["none"])


def test_the_reference_is_complete():
    reference = padleak.load(REPOSITORY / "results" / "reference")
    assert reference.run["profile"]["name"] == "standard"
    assert not any(about["missing"] for about in reference.run["experiments"].values())
    figures = [figure for about in reference.run["experiments"].values() for figure in about["figures"]]
    assert all((reference.folder / "figures" / f"{figure}.svg").is_file() for figure in figures)
    assert sum(file.stat().st_size for file in reference.folder.rglob("*") if file.is_file()) < 15e6
