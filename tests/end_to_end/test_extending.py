"""The pages on how to add things, done as they say, outside the package: each file is found, runs, and reaches the report."""

import csv
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

import padleak
from code_blocks import blocks_of

REPOSITORY = Path(__file__).parents[2]
PAGES = REPOSITORY / "docs" / "how_to"
ADDED = {
    "padding": "after_first",
    "masking": "flagged",
    "model": "bag",
    "measure": "cosine_shift",
    "data set": "same_ends",
}


def padleak_here(folder: Path, *arguments: str) -> subprocess.CompletedProcess:
    """The command, in a folder that is no checkout and with nothing in the environment that names one."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith("PADLEAK_")}
    return subprocess.run(
        [sys.executable, "-m", "padleak", *arguments],
        capture_output=True, text=True, check=False, cwd=folder, env=environment,
    )  # fmt: skip


def files_of_pages() -> dict[str, str]:
    """Path -> code, of every block that a page says to write to a file."""
    blocks = [block for page in sorted(PAGES.glob("*.md")) for block in blocks_of(page)]
    return {block.file: block.code for block in blocks if block.file}


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """A folder with the files of the pages, and nothing else."""
    folder = tmp_path_factory.mktemp("study")
    for name, code in files_of_pages().items():
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).write_text(code)
    return folder


@pytest.fixture
def copy(folder, tmp_path):
    """The same, to be changed."""
    return shutil.copytree(folder, tmp_path / "study", ignore=shutil.ignore_patterns("results"))


def test_every_page_adds_one_file():
    names = {name.partition("/")[2].removesuffix(".py") for name in files_of_pages()}
    assert names == {*ADDED.values(), "flags"}


def test_each_is_listed_with_its_summary(folder):
    listed = json.loads(padleak_here(folder, "list", "--json").stdout)
    assert all(listed[kind][name] for kind, name in ADDED.items())
    assert [(found["name"], list(found["claims"])) for found in listed["experiments"]] == [("flags", ["F1"])]


def test_the_padding_holds_to_what_every_padding_holds_to(folder):
    code = (folder / "padleak_extensions" / "after_first.py").read_text()
    space = {}
    exec(code.replace("@paddings.add\n", ""), space)
    lengths = np.array([0, 1, 2, 5])
    mask = space["after_first"](lengths, 5, np.random.default_rng(0))
    assert mask.sum(axis=1).tolist() == lengths.tolist()
    assert mask[2].tolist() == [True, False, False, False, True]


KEYS = """
from dataclasses import replace
from padleak.study.trials.sequence import SequenceCell
for change in {}, {"padding": "after_first"}, {"data": "same_ends?length=9"}:
    print(replace(SequenceCell(data="keyword"), **change).key)
"""


def keys(folder: Path) -> list[str]:
    """Of a cell that names nothing of the folder, one that names its padding, and one that names its data."""
    run = subprocess.run([sys.executable, "-c", KEYS], capture_output=True, text=True, check=True, cwd=folder)
    return run.stdout.split()


def test_results_hang_on_the_files_that_they_used(copy):
    added = copy / "padleak_extensions"
    (added / "cosine_shift.py").unlink()  # every cell that trains on sequences uses every measure
    before = keys(copy)
    with (added / "after_first.py").open("a") as file:
        file.write("# another\n")
    assert [now == then for now, then in zip(keys(copy), before)] == [True, False, True]
    (added / "_shared.py").write_text("")
    shared = keys(copy)
    (added / "_shared.py").write_text("WORDS = 3\n")
    assert [now == then for now, then in zip(keys(copy), shared)] == [True, False, False]


def test_a_measure_is_wanted_of_every_cell(copy):
    with_measure = keys(copy)
    (copy / "padleak_extensions" / "cosine_shift.py").unlink()
    assert not set(with_measure) & set(keys(copy))


def test_without_a_folder_keys_are_those_of_the_package(tmp_path, copy):
    (copy / "padleak_extensions" / "cosine_shift.py").unlink()
    bare = subprocess.run(
        [sys.executable, "-c", KEYS.split("for change")[0] + "print(SequenceCell(data='keyword').key)"],
        capture_output=True, text=True, check=True, cwd=tmp_path,
    )  # fmt: skip
    assert bare.stdout.strip() == keys(copy)[0]


def test_an_error_is_told_with_its_line(copy):
    file = copy / "padleak_extensions" / "bag.py"
    file.write_text(file.read_text().replace("@models.add\n", "@models.ad\n"))
    found = padleak_here(copy, "list")
    assert found.returncode == 2 and "Traceback" not in found.stderr
    assert f"{file}, line 7 must be free of errors; got AttributeError" in found.stderr


def test_a_name_that_is_taken_is_told(copy):
    file = copy / "padleak_extensions" / "after_first.py"
    file.write_text(file.read_text().replace("def after_first", "def pre"))
    found = padleak_here(copy, "list")
    assert found.returncode == 2 and "padding must be a name not taken yet; got pre" in found.stderr


def test_a_folder_that_is_named_and_missing_is_told(folder):
    environment = os.environ | {"PADLEAK_EXTENSIONS": "nowhere"}
    found = subprocess.run(
        [sys.executable, "-m", "padleak", "list"],
        capture_output=True, text=True, check=False, cwd=folder, env=environment,
    )  # fmt: skip
    assert found.returncode == 2 and "PADLEAK_EXTENSIONS must be a folder that exists" in found.stderr


OWN_CELL = """
from dataclasses import dataclass

from padleak.extensions._shared import TIMES
from padleak.study.trials.noop import NoopCell


@dataclass(frozen=True)
class TwiceCell(NoopCell):
    kind = "twice"

    def run(self):
        outcome = super().run()
        outcome.measurements["value"] *= TIMES
        return outcome
"""

OWN_EXPERIMENT = """
from padleak.extensions.twice import TwiceCell
from padleak.study import Experiment, factorial

EXPERIMENT = Experiment("own", "Of its own kind?", lambda profile: factorial(TwiceCell, number=[3, 4]), (), ())
"""


@pytest.mark.slow
def test_workers_know_kinds_of_cells_that_stand_there(tmp_path):
    (tmp_path / "padleak_extensions").mkdir()
    (tmp_path / "padleak_extensions" / "_shared.py").write_text("TIMES = 2")
    for name, code in (("padleak_extensions/twice.py", OWN_CELL), ("experiments/own.py", OWN_EXPERIMENT)):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(code)
    done = padleak_here(tmp_path, "run", "own", "--profile", "smoke", "--workers", "1")
    assert done.returncode == 0, done.stderr
    assert sorted(padleak.load(tmp_path / "results" / "smoke").measurements.value) == [6, 8]


AUDIT = """
import sys
import keras, padleak

print(padleak.audit(keras.Sequential([keras.layers.Input((None,)), keras.layers.Embedding(9, 4), keras.layers.LSTM(2)])).leaks)
assert not [name for name in sys.modules if name.startswith("padleak.extensions.")]
"""


@pytest.mark.slow
def test_an_audit_runs_nothing_of_the_folder_where_it_is_started(folder):
    run = subprocess.run([sys.executable, "-c", AUDIT], capture_output=True, text=True, check=False, cwd=folder)
    assert (run.returncode, run.stdout) == (0, "True\n"), run.stderr


@pytest.fixture(scope="module")
def results(folder):
    """One run of the experiment of the pages, which uses all of them, on worker processes."""
    done = padleak_here(folder, "run", "flags", "--profile", "smoke", "--seeds", "3", "--workers", "2")
    assert done.returncode == 0, done.stderr
    return padleak.load(folder / "results" / "smoke")


@pytest.mark.slow
class TestRun:
    def test_cells_use_what_was_added(self, results):
        run = results.run["experiments"]["flags"]
        assert len(run["cells"]) == 6 and not run["missing"]
        table = results.measurements
        for column, name in (("padding", "after_first"), ("model", "bag"), ("data", "same_ends")):
            assert set(table[column]) == {name}
        assert set(table.masking) == {"none", "flagged"}

    def test_the_measure_was_taken_and_sees_fill(self, results):
        taken = results.measurements.query(
            "metric == 'cosine_shift' and layer == 'summary' and probe == 'after_first+16'"
        )
        assert len(taken) == 6
        assert (taken.value > 0.001).all()

    def test_the_verdict_follows_from_the_measure(self, results):
        table = results.measurements
        rows = table.query("metric == 'cosine_shift' and layer == 'summary' and probe == 'after_first+16'")
        means = rows.groupby("masking", observed=True).value.mean()
        (verdict,) = results.verdicts.to_dict("records")
        assert (verdict["id"], verdict["n"]) == ("F1", 3)
        assert verdict["effect"] == pytest.approx(means["none"] - means["flagged"])

    @pytest.mark.parametrize("page", ["report.md", "report.html"])
    def test_the_report_shows_the_claim_and_the_figure(self, results, page):
        text = (results.folder / page).read_text()
        assert "A flag keeps fill from turning the summary of a bag of words" in text
        assert "With a flag, fill turns the summary" in text
        assert (results.folder / "figures" / "turning.png").is_file()

    def test_cells_say_whose_code_they_used(self, results):
        about = json.loads((results.folder / "cells" / results.measurements.cell.iloc[0] / "cell.json").read_text())
        used = {"after_first.py", "bag.py", "cosine_shift.py", "same_ends.py"}
        assert used <= set(about["extensions"]) <= used | {"flagged.py"}

    def test_the_run_says_whose_code_it_used(self, results):
        assert set(results.run["extensions"]) == {f"{name}.py" for name in ADDED.values()}

    def test_the_figure_is_drawn_again_by_report(self, results, folder):
        picture = results.folder / "figures" / "turning.png"
        picture.unlink()
        assert padleak_here(folder, "report", str(results.folder)).returncode == 0
        assert picture.is_file()

    def test_the_same_command_has_nothing_left_to_do(self, results, folder):
        again = padleak_here(folder, "run", "flags", "--profile", "smoke", "--seeds", "3", "--workers", "0")
        assert again.returncode == 0 and " 0 to run" in again.stderr

    def test_a_table_takes_the_place_of_the_data_in_this_process(self, results, folder):
        generator = np.random.default_rng(0)
        with (folder / "reviews.csv").open("w", newline="") as file:
            rows = csv.writer(file)
            rows.writerow(["text", "label"])
            for row in range(120):
                words = [
                    ("good", "bad")[row % 2],
                    *generator.choice(["a", "film", "of", "it"], generator.integers(2, 9)),
                ]
                rows.writerow([f"{' '.join(words)} {row}", row % 2])
        command = [
            "run",
            "flags",
            "--profile",
            "smoke",
            "--seeds",
            "2",
            "--workers",
            "0",
            "--dataset",
            "csv:reviews.csv",
        ]
        done = padleak_here(folder, *command)
        assert done.returncode == 0, done.stderr
        own = padleak.load(folder / "results" / "smoke-reviews")
        assert len(own.run["experiments"]["flags"]["cells"]) == 4
        assert all("reviews.csv" in source for source in set(own.measurements.data))
        assert "reviews.csv" in (own.folder / "report.md").read_text()
        assert own.verdicts["n"].tolist() == [2]
