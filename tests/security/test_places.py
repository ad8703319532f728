"""Names and links in data, results and specs lead nowhere outside the results folder."""

import json
import os
import shutil

import pandas as pd
import pytest
from typer.testing import CliRunner

import padleak
from padleak.cli import app
from padleak.cli.source import slug
from padleak.errors import InputError
from padleak.report.page import write_report
from padleak.study.check import check
from padleak.study.seal import damaged_files, seal_folder
from padleak.study.store import Store, describe_environment
from padleak.study.trials.noop import NoopCell

OUTSIDE = ["../evil", "../../evil", "/tmp/evil", "a/../../evil", ".."]


def run_json(experiment="evil", figures=(), **about):
    profile = {"name": "smoke", "data": ""}
    whole = {"question": "?", "figures": list(figures), "cells": ["abc"], "missing": [], "failures": [], "skipped": {}}
    return {"profile": profile, "experiments": {experiment: whole | about}}


@pytest.fixture
def around(tmp_path):
    """A folder with a file that must stay as it is; a test looks at all that is in it."""
    (tmp_path / "kept").write_text("as it was")
    return tmp_path


@pytest.fixture
def folder(around):
    """A results folder without cells, as small as can be."""
    folder = around / "results"
    folder.mkdir()
    (folder / "run.json").write_text(json.dumps(run_json()))
    (folder / "environment.json").write_text(json.dumps(describe_environment()))
    (folder / "verdicts.json").write_text("[]")
    row = {"cell": "abc", "probe": "p", "layer": "l", "metric": "m", "value": 1.0}
    pd.DataFrame([row]).to_parquet(folder / "measurements.parquet")
    pd.DataFrame([{"cell": "abc", "seed": 0, "seconds": 1.0}]).to_csv(folder / "cells.csv", index=False)
    return folder


def outside(around):
    """What is beside the results folder."""
    return {file.name: file.read_text() for file in around.iterdir() if file.is_file()}


class TestNames:
    @pytest.mark.parametrize("name", OUTSIDE)
    def test_of_experiments_and_figures_are_only_names(self, folder, around, name):
        (folder / "run.json").write_text(json.dumps(run_json(experiment=name, figures=[name])))
        (around / "evil.json").write_text('["a title from outside", ""]')
        (around / "evil.svg").write_text("<svg/>")
        before = outside(around)
        write_report(folder)
        assert outside(around) == before
        assert "a title from outside" not in (folder / "report.html").read_text()

    @pytest.mark.parametrize("name", [*OUTSIDE, ""])
    def test_of_cells_are_keys(self, folder, around, name):
        shutil.copy(folder / "run.json", around / "states.npz")
        with pytest.raises(InputError, match=r"^cell must be a key"):
            padleak.load(folder).states(name)

    @pytest.mark.parametrize("name", OUTSIDE)
    def test_in_checksums_are_not_read(self, folder, name):
        seal_folder(folder, "this")
        (folder / "checksums.json").write_text(json.dumps({"made_from": "this", "files": {name: "0"}}))
        assert damaged_files(folder) == [f"{name} does not belong there"]

    def test_in_a_cells_account_are_not_read(self, folder):
        store, cell = Store(folder), NoopCell(number=1)
        store.prepare()
        store.write(cell, cell.run())
        account = store.cell_folder(cell.key) / "cell.json"
        about = json.loads(account.read_text())
        about.pop("seal")
        from padleak.study.seal import _digest, _write

        about["files"]["../../../kept"] = "0"
        account.write_bytes(_write(about | {"seal": _digest(_write(about))}))
        assert any("kept does not belong there" in problem for problem in check(padleak.load(folder), None)["problems"])

    @pytest.mark.parametrize(
        ("source", "name"),
        [("csv:../../etc/passwd", "passwd"), ("csv:/a/..", "data"), ("csv:a/%2e%2e?text=../x", "2e-2e"), ("../..", "data")],
    )  # fmt: skip
    def test_of_data_become_one_plain_folder_name(self, source, name):
        assert slug(source) == name

    def test_of_experiments_are_those_there_are(self, around, monkeypatch):
        (around / "evil.py").write_text("open('sprung', 'w')")
        (around / "experiments").mkdir()
        monkeypatch.chdir(around)
        found = CliRunner().invoke(app, ["run", "../evil", "--profile", "smoke"])
        assert "experiment must be one of" in str(found.exception)
        assert not (around / "sprung").exists()


class TestLinks:
    """A stranger's results folder may hold links to files of ours."""

    @pytest.mark.parametrize("name", ["report.html", "report.md", "checksums.json", ".partial-checksums.json"])
    def test_of_files_are_not_followed(self, folder, around, name):
        (folder / name).symlink_to(around / "kept")
        write_report(folder)
        assert outside(around) == {"kept": "as it was"}
        assert (folder / "report.html").is_file() and not (folder / "report.html").is_symlink()

    def test_of_figures_are_not_followed(self, folder, around, monkeypatch):
        from padleak.report import page

        monkeypatch.setattr(page, "figures", {"plain": lambda table, results: plain_figure()})
        (folder / "run.json").write_text(json.dumps(run_json(figures=["plain"])))
        (folder / "figures").mkdir()
        for ending in ("svg", "png", "json"):
            (folder / "figures" / f"plain.{ending}").symlink_to(around / "kept")
        write_report(folder)
        assert outside(around) == {"kept": "as it was"}
        assert (folder / "figures" / "plain.svg").read_text().startswith("<?xml")

    @pytest.mark.parametrize("name", ["figures", "cells", "failures", "damaged", "unfinished"])
    def test_of_folders_are_refused(self, folder, around, name):
        (around / "elsewhere").mkdir()
        (around / "elsewhere" / ".partial-mine").write_text("as it was")
        (folder / name).symlink_to(around / "elsewhere", target_is_directory=True)
        with pytest.raises(InputError, match=rf"not links to others; got .*{name}"):
            write_report(folder) if name == "figures" else Store(folder).prepare()
        assert [file.name for file in (around / "elsewhere").iterdir()] == [".partial-mine"]

    def test_that_look_half_written_are_swept_and_what_they_lead_to_is_not(self, folder, around):
        (around / "elsewhere").mkdir()
        (around / "elsewhere" / "mine").write_text("as it was")
        (folder / ".partial-x").symlink_to(around / "elsewhere", target_is_directory=True)
        Store(folder).prepare()
        assert (around / "elsewhere" / "mine").exists() and not (folder / ".partial-x").is_symlink()

    def test_pipes_and_devices_are_not_waited_for(self, folder):
        seal_folder(folder, "this")
        (folder / "verdicts.json").unlink()
        os.mkfifo(folder / "verdicts.json")
        (folder / "cells.csv").unlink()
        (folder / "cells.csv").symlink_to("/dev/zero")
        assert damaged_files(folder) == ["cells.csv cannot be read", "verdicts.json cannot be read"]


def plain_figure():
    from padleak.report.plots import Drawn, new_figure

    figure, panels = new_figure()
    panels[0, 0].plot([0, 1])
    return Drawn(figure, "A title", "A caption")
