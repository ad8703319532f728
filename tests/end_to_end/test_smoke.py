"""The whole study once, tiny, as a user runs it: cells, claims, report, check, notebooks; then again with nothing to do."""

import io
import json
import os
import re
import subprocess
import sys
from html.parser import HTMLParser
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import golden
import padleak

pytestmark = pytest.mark.slow

REPOSITORY = Path(__file__).parents[2]


def run(*arguments: str, **environment: str) -> subprocess.CompletedProcess:
    return subprocess.run(
        [sys.executable, "-m", "padleak", *arguments],
        capture_output=True, text=True, check=False, cwd=REPOSITORY, env=os.environ | environment,
    )  # fmt: skip


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("results") / "smoke"


@pytest.fixture(scope="module")
def first(folder):
    return run("run", "--profile", "smoke", "--results", str(folder), "--workers", "2")


@pytest.fixture(scope="module")
def results(first, folder):
    assert first.returncode == 0, first.stderr
    return padleak.load(folder)


def test_it_ends_with_the_verdicts_and_the_path_of_the_report(first, folder):
    assert first.returncode == 0, first.stderr
    assert first.stdout.strip().splitlines()[-1] == f"Report: {folder / 'report.html'}"
    assert all(claim in first.stdout for claim in ("L2", "L9", "L11", "P1", "refuted", "supported"))
    assert "cells" in first.stderr and "left" in first.stderr
    assert "absl" not in first.stderr and "TensorFlow" not in first.stderr


def test_everything_that_is_promised_is_there(results, folder):
    for name in (
        "report.html",
        "report.md",
        "measurements.parquet",
        "measurements.csv",
        "verdicts.json",
        "environment.json",
    ):
        assert (folder / name).stat().st_size > 0
    figures = {figure for about in results.run["experiments"].values() for figure in about["figures"]}
    for figure in figures:
        assert (folder / "figures" / f"{figure}.svg").is_file() and (folder / "figures" / f"{figure}.png").is_file()
    assert not [about["missing"] for about in results.run["experiments"].values() if about["missing"]]


def test_verdicts_that_do_not_hang_on_training_come_out_right(results):
    verdicts = results.verdicts.set_index("id")
    assert verdicts.verdict["L9"] == "refuted" and verdicts.effect["L9"] == 0
    assert verdicts.verdict["L11"] == "supported" and verdicts.effect["L11"] <= 8 * 2**-23
    assert {
        "statement",
        "source",
        "experiment",
        "low",
        "high",
        "unit",
        "n",
        "p_holm",
        "figure",
        "cells",
        "missing",
    } <= set(verdicts)


def test_numbers_are_the_golden_ones(results):
    """Those of another processor differ in their last digits, and trained networks in more: there, only how many there are."""
    head, _, known = golden.NUMBERS.read_text().partition("\n")
    known, ours = pd.read_csv(io.StringIO(known)), golden.numbers(results)
    counted = ["experiment", "metric", "n"]
    pd.testing.assert_frame_equal(ours[counted], known[counted], check_dtype=False, check_categorical=False)
    if head == f"# {golden.machine()}":
        for column in ("mean", "square"):
            np.testing.assert_allclose(ours[column], known[column], rtol=1e-6, atol=1e-9)


def test_effects_follow_from_the_published_table(results):
    """A reader with pandas alone gets the number of P8."""
    table = results.measurements
    own = table[table.cell.isin(results.run["experiments"]["pre_against_post"]["cells"])]
    rows = own.query("metric == 'accuracy' and model == 'lstm' and masking == 'embedding' and reference == 'unpadded'")
    accuracy = rows.groupby(["padding", "seed"], observed=True).value.mean()
    effect = (accuracy["pre"] - accuracy["post"]).mean()
    assert results.verdicts.set_index("id").effect["P8"] == pytest.approx(effect)


def test_results_open_in_plain_pandas(results, folder):
    """In a process that cannot import padleak."""
    program = (
        "import json, sys\n"
        "sys.modules['padleak'] = None\n"
        "import pandas as pd\n"
        "folder = sys.argv[1]\n"
        "table = pd.read_parquet(f'{folder}/measurements.parquet')\n"
        "cells = pd.read_csv(f'{folder}/cells.csv')\n"
        "verdicts = pd.DataFrame(json.load(open(f'{folder}/verdicts.json')))\n"
        "seen = table[table.cell.isin(cells.cell)].query('metric == \"relative_shift\"').groupby('masking', observed=True)\n"
        "print(json.dumps([len(table), len(cells), sorted(verdicts['id']), seen.value.mean().to_dict()]))"
    )
    opened = subprocess.run([sys.executable, "-c", program, str(folder)], capture_output=True, text=True, check=False)
    assert opened.returncode == 0, opened.stderr
    shifts = results.measurements.query("metric == 'relative_shift'").groupby("masking", observed=True).value.mean()
    assert json.loads(opened.stdout) == [
        len(results.measurements), len(results.cells), sorted(results.verdicts["id"]), pytest.approx(shifts.to_dict()),
    ]  # fmt: skip


def test_states_and_weights_of_any_cell_can_be_read(results):
    cell = results.measurements.query("masking == 'none' and model == 'lstm'").cell.iloc[0]
    states = results.states(cell)
    assert states["unpadded"].shape == states["post+32"].shape
    assert any(name.endswith("recurrent_kernel") for name in results.weights(cell))


class Page(HTMLParser):
    """Collects what a page refers to."""

    def __init__(self):
        super().__init__()
        self.sources, self.links, self.ids, self.alts, self.open = [], [], set(), [], []

    def handle_starttag(self, tag, attrs):
        attributes = dict(attrs)
        self.ids.add(attributes.get("id"))
        self.links += [attributes["href"]] if tag == "a" else []
        if tag == "img":
            self.sources.append(attributes["src"])
            self.alts.append(attributes["alt"])
        if tag not in ("meta", "img", "br", "input"):
            self.open.append(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag


def test_the_report_is_one_whole_file(results, folder):
    page = Page()
    text = (folder / "report.html").read_text()
    page.feed(text)
    assert page.open == []
    assert page.sources and all(source.startswith("data:image/svg+xml;base64,") for source in page.sources)
    assert all(alt.strip() for alt in page.alts)
    assert all(link.startswith("#") and link[1:] in page.ids for link in page.links)
    assert not re.search("https?:|url\\(|@import", re.sub(r"base64,[A-Za-z0-9+/=]+", "", text))
    assert all(f'id="{claim}"' in text for claim in results.verdicts["id"])
    assert "does not work on token ids" in text


def test_the_markdown_says_the_same(results, folder):
    text = (folder / "report.md").read_text()
    for claim in results.verdicts.to_dict("records"):
        assert f"**{claim['id']}** {claim['statement']}" in text
    assert all((folder / picture).is_file() for picture in re.findall(r"\]\((figures/.*?)\)", text))


def test_a_second_run_computes_nothing(results, folder):
    before = (folder / "measurements.parquet").stat().st_mtime_ns
    again = run("run", "--profile", "smoke", "--results", str(folder))
    assert again.returncode == 0
    assert " 0 to run" in again.stderr
    assert (folder / "measurements.parquet").stat().st_mtime_ns == before


def test_check_is_content_with_it_and_not_with_other_verdicts(results, folder, tmp_path):
    assert run("check", str(folder), "--against", str(folder)).returncode == 0
    other = tmp_path / "other"
    other.mkdir()
    for name in ("run.json", "environment.json"):
        (other / name).write_text((folder / name).read_text())
    verdicts = json.loads((folder / "verdicts.json").read_text())
    verdicts[0]["verdict"] = "equivalent"
    (other / "verdicts.json").write_text(json.dumps(verdicts))
    found = run("check", str(folder), "--against", str(other))
    assert found.returncode == 1 and f"{verdicts[0]['id']}: " in found.stdout


@pytest.mark.parametrize("file", sorted((REPOSITORY / "notebooks").glob("*.ipynb")), ids=lambda file: file.stem)
def test_the_notebook_runs_from_top_to_bottom(results, folder, monkeypatch, file):
    import nbformat
    from nbclient import NotebookClient

    monkeypatch.setenv("PADLEAK_RESULTS", str(folder))
    notebook = nbformat.read(file, as_version=4)
    NotebookClient(notebook, timeout=120, resources={"metadata": {"path": str(file.parent)}}).execute()
    outputs = [output for cell in notebook.cells for output in cell.get("outputs", [])]
    assert any("image/png" in output.get("data", {}) for output in outputs)
    assert not [output.text for output in outputs if output.get("name") == "stderr"]
