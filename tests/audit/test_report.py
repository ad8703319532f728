"""What people and programs read: text, page, JSON, JUnit, exit codes."""

import json
from xml.etree import ElementTree

import numpy as np
import pytest
from clean_models import CLEAN
from samples import BATCH, leaky

import padleak
from padleak.audit.catalogue import CATALOGUE
from padleak.audit.catalogue.parts import classifier, embed, lstm, tokens
from padleak.errors import InputError
from padleak.models.backend import keras
from padleak.testing import assert_padding_invariant

pytestmark = [pytest.mark.slow, pytest.mark.filterwarnings("ignore")]


class TestReport:
    def test_json_is_what_was_found(self):
        report = padleak.audit(leaky())
        told = json.loads(report.to_json())
        assert told["leaks"] is True and told["max_leak"] == pytest.approx(report.max_leak)
        (finding,) = told["findings"]
        assert set(finding) == {"code", "layer", "message", "leak", "severity", "cure", "sides", "consequences"}
        assert [row["layer"] for row in told["layers"]] == report.layers.layer.tolist()

    def test_a_page_stands_alone_and_says_it_all(self):
        report = padleak.audit(leaky())
        page = report.to_html()
        assert report.findings[0].cure[:20] in page and "http" not in page
        assert all(path in page for path in report.layers.layer)

    def test_text_has_a_row_for_every_layer_in_order(self):
        report = padleak.audit(CLEAN["nested"]())
        rows = [line.strip().split(" ")[0] for line in str(report).split("─\n")[1].split("\n\n")[0].splitlines()]
        assert rows == [path.rsplit("/", 1)[-1] for path in report.layers.layer]

    def test_text_is_the_same_in_a_notebook(self, monkeypatch):
        report = padleak.audit(CLEAN["lstm"]())
        plain = str(report)
        monkeypatch.setattr("rich.console._is_jupyter", lambda: True)
        assert str(report) == plain

    def test_what_became_of_the_mask(self):
        table = next(trap for trap in CATALOGUE if trap.name == "post norm attention").audit(mended=False).layers
        row = table[table.layer.str.endswith("attention_1")].iloc[0]
        assert (row.mask_in, row.mask_after, row.mask_out) == ("right", "", "right")
        assert table[table.layer.str.endswith("add_1")].iloc[0].mask_out == ""

    def test_what_keras_warned_of(self):
        report = next(trap for trap in CATALOGUE if trap.name == "a layer of ones own").audit(mended=False)
        assert "destroy the mask" in str(report) and "destroy the mask" in report.to_html()

    def test_junit_fails_where_it_leaks(self):
        for model, failures in ((leaky(), "1"), (CLEAN["lstm"](), "0")):
            suite = ElementTree.fromstring(padleak.audit(model).to_junit())
            assert suite.get("failures") == failures and len(suite.findall("testcase/failure")) == int(failures)

    def test_assertion_says_where_and_how_much(self):
        assert_padding_invariant(CLEAN["gru"]())
        with pytest.raises(AssertionError, match=r"NO_MASK at .*lstm"):
            assert_padding_invariant(leaky())


class TestCommand:
    def run(self, *arguments):
        from typer.testing import CliRunner

        from padleak.cli import app

        return CliRunner().invoke(app, ["audit", *map(str, arguments)])

    def test_exit_codes_and_files(self, tmp_path):
        for name, model, code in (("leaky", leaky(), 1), ("clean", CLEAN["lstm"](), 0)):
            model.save(tmp_path / f"{name}.keras")
            files = {kind: tmp_path / f"{name}.{kind}" for kind in ("json", "html", "xml")}
            found = self.run(
                tmp_path / f"{name}.keras", "--json", files["json"], "--html", files["html"], "--junit", files["xml"]
            )
            assert found.exit_code == code, found.output
            assert json.loads(files["json"].read_text())["leaks"] is bool(code)
            assert all(file.stat().st_size for file in files.values())

    def test_what_training_would_do_is_told_of_a_file_too(self, tmp_path):
        ids = tokens()
        model = keras.Model(
            ids, keras.layers.Dense(3, activation="softmax")(2.0 * lstm(return_sequences=True)(embed(ids)))
        )
        model.compile("adam", "sparse_categorical_crossentropy")
        model.save(tmp_path / "model.keras")
        found = self.run(tmp_path / "model.keras")
        assert found.exit_code == 0 and "LOSS_COUNTS_FILL" in found.output

    def test_inputs_from_a_file(self, tmp_path):
        leaky().save(tmp_path / "model.keras")
        np.savez(tmp_path / "batch.npz", ids=BATCH)
        np.save(tmp_path / "batch.npy", BATCH)
        for name in ("batch.npz", "batch.npy"):
            assert self.run(tmp_path / "model.keras", "--inputs", tmp_path / name).exit_code == 1

    def test_a_models_own_code_is_not_run(self, tmp_path):
        ids = tokens()
        shout = keras.layers.Lambda(lambda x: x * 2)
        classifier(ids, lstm()(shout(embed(ids)))).save(tmp_path / "model.keras")
        found = self.run(tmp_path / "model.keras")
        assert isinstance(found.exception, InputError) and "without running code of its own" in str(found.exception)

    def test_a_file_that_is_no_model(self, tmp_path):
        (tmp_path / "notes.keras").write_text("hello")
        for name in ("notes.keras", "missing.keras"):
            assert "model.save" in str(self.run(tmp_path / name).exception)
