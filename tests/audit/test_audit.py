"""The auditor on the catalogue of traps, on models that are clean, and on what users get wrong."""

import json
import re
from pathlib import Path
from xml.etree import ElementTree

import numpy as np
import pytest
from clean_models import CLEAN

import padleak
from padleak.audit.catalogue import CATALOGUE, classifier, embed, is_real, lstm, tokens
from padleak.errors import InputError
from padleak.models import backend
from padleak.models.backend import keras
from padleak.testing import assert_padding_invariant

pytestmark = [pytest.mark.slow, pytest.mark.filterwarnings("ignore")]
BATCH = np.array([[5, 6, 7, 8, 9, 0, 0], [4, 3, 2, 1, 7, 8, 0], [9, 8, 7, 6, 5, 4, 3]])


@pytest.fixture(scope="module", autouse=True)
def started():
    backend.start()


@pytest.mark.parametrize("trap", CATALOGUE, ids=lambda trap: trap.name)
class TestCatalogue:
    def test_the_trap_is_found_at_the_right_layer(self, trap):
        report = padleak.audit(trap.build(False), pad_value=trap.pad_value)
        assert report.leaks and report.findings[0].code == trap.code
        assert re.fullmatch(rf".*/{trap.layer}(_\d+)?", report.findings[0].layer)

    def test_the_cure_is_clean(self, trap):
        if not trap.has_cure:
            pytest.skip("there is none within the model")
        report = padleak.audit(trap.build(True), pad_value=trap.cured_value)
        assert not report.leaks and not report.findings


def test_the_catalogue_is_written_down():
    text = (Path(__file__).parents[2] / "docs" / "traps.md").read_text()
    sections = re.findall(r"^## (.*)\n\n`(.*?)`", text, re.MULTILINE)
    assert sections == [(trap.name.capitalize(), trap.code) for trap in CATALOGUE]


@pytest.mark.parametrize("name", CLEAN)
def test_clean_models_pass_without_a_finding(name):
    model = CLEAN[name]()
    report = padleak.audit(model, BATCH if name == "subclassed" else None)
    assert not report.leaks and not report.findings, str(report)


def leaky(**settings):
    ids = tokens()
    return classifier(ids, lstm(**settings)(embed(ids, mask_zero=False)))


class TestLeak:
    def test_is_the_distance_over_that_of_one_exchanged_step(self):
        """The mean of one-hot steps, by hand: fill adds to every mean's length, an exchanged step moves two of its units."""
        ids = tokens()
        x = keras.layers.Embedding(50, 50, embeddings_initializer="identity", name="embedding")(ids)
        report = padleak.audit(keras.Model(ids, keras.ops.mean(x, axis=1)), BATCH, side="post")
        steps, fill = 5, 6
        rows = BATCH[:, :5]
        bare = np.eye(50)[rows].mean(axis=1)
        filled = (np.eye(50)[rows].sum(axis=1) + fill * np.eye(50)[0]) / (steps + fill)
        moved = np.linalg.norm(filled - bare, axis=1).mean()
        exchanged = np.sqrt(2) / steps
        assert report.examinations[0].leaks[0].outputs == pytest.approx(moved / exchanged, rel=1e-5)

    def test_fill_at_the_end_alone_may_be_asked_for(self):
        positions = next(trap for trap in CATALOGUE if trap.code == "POSITIONS_SHIFT").build(False)
        assert not padleak.audit(positions, side="post").leaks and padleak.audit(positions, side="pre").leaks

    def test_weights_that_hide_a_leak_do_not_hide_it_from_drawn_ones(self):
        model = leaky()
        model.get_layer("head").set_weights([np.zeros((8, 2)), np.zeros(2)])
        report = padleak.audit(model)
        assert report.leaks and report.examinations[0].leaks[0].outputs == 0

    def test_a_mask_given_as_an_input_is_tried_with_other_content(self):
        model = CLEAN["mask_as_an_input"]()
        names = {leaks.condition.name for leaks in padleak.audit(model).examinations[0].leaks}
        assert names == {"post", "pre", "post, other content", "pre, other content"}

    def test_one_seed_one_result(self):
        model = leaky()
        assert padleak.audit(model).to_json() == padleak.audit(model).to_json()


class TestWhoIsToBlame:
    """Models that people write, and what a stranger found to be said wrongly of them once."""

    def first(self, model, *arguments, **settings):
        finding = padleak.audit(model, *arguments, **settings).findings[0]
        return finding.code, finding.layer.split("/")[1]

    def test_an_encoder_without_a_mask_beside_a_decoder_with_one(self):
        source, target = (keras.Input((None,), dtype="int32", name=name) for name in ("source", "target"))
        encoded = keras.layers.LSTM(8, return_sequences=True, name="encoder")(keras.layers.Embedding(50, 8)(source))
        decoded = keras.layers.LSTM(8, return_sequences=True)(keras.layers.Embedding(50, 8, mask_zero=True)(target))
        model = keras.Model([source, target], keras.layers.Attention(name="attention")([decoded, encoded]))
        found = {(finding.code, finding.layer.split("/")[1]) for finding in padleak.audit(model).findings}
        assert found == {("NO_MASK", "encoder"), ("NO_MASK", "attention")}

    def test_a_layer_of_ones_own_that_loses_the_mask_within(self):
        class TokenAndPosition(keras.Layer):
            def __init__(self, **settings):
                super().__init__(**settings)
                self.words = keras.layers.Embedding(50, 8, mask_zero=True)
                self.scale = keras.layers.Dense(8)

            def call(self, ids):
                return self.scale(2.0 * self.words(ids))

        ids = tokens()
        assert self.first(classifier(ids, lstm()(TokenAndPosition(name="front")(ids)))) == (
            "MASK_LOST_IN_CODE",
            "front",
        )

    def test_a_model_that_insists_on_a_length_is_opened(self):
        ids = keras.Input((20,), dtype="int32")
        x = keras.layers.Embedding(50, 8, name="embedding")(ids)
        for model, blamed in (
            (classifier(ids, lstm()(x)), "lstm"),
            (classifier(ids, keras.ops.mean(x, axis=1)), "mean"),
        ):
            for side in ("both", "post"):
                code, layer = self.first(model, side=side)
                assert code == "NO_MASK" and layer.startswith(blamed)

    def test_one_that_cannot_be_opened_is_not_called_clean_without_a_look(self):
        flattened = next(trap for trap in CATALOGUE if trap.name == "flattened").build(False)
        with pytest.raises(InputError, match="`both` or `pre` for a model that insists on a length"):
            padleak.audit(flattened, side="post")

    @pytest.mark.parametrize("masked", [True, False])
    def test_a_state_that_is_kept_from_batch_to_batch(self, masked):
        x = inputs = keras.Input(batch_shape=(4, None, 3))
        if masked:
            x = keras.layers.Masking(0.0)(x)
        model = classifier(inputs, lstm(stateful=True)(x))
        assert padleak.audit(model).leaks is not masked


class TestBesideLeaks:
    def codes(self, model, inputs=None, **settings):
        return [finding.code for finding in padleak.audit(model, inputs, **settings).findings]

    def test_a_real_step_that_is_zero_is_hidden(self):
        batch = np.random.default_rng(0).normal(size=(4, 8, 3))
        assert "REAL_STEP_HIDDEN" not in self.codes(CLEAN["masked_features"](), batch)
        batch[1, 3] = 0
        assert self.codes(CLEAN["masked_features"](), batch) == ["REAL_STEP_HIDDEN"]

    def test_an_id_of_zero_that_is_a_word(self):
        assert self.codes(CLEAN["lstm"](), np.array([[3, 4, 0, 5, 6], [1, 2, 3, 4, 5]])) == ["REAL_STEP_HIDDEN"]

    @pytest.mark.parametrize("masked", [True, False])
    def test_batch_normalisation_without_a_mask(self, masked):
        ids = tokens()
        x = keras.layers.BatchNormalization()(embed(ids, mask_zero=masked))
        x = lstm()(x, mask=is_real(ids))
        assert self.codes(classifier(ids, x)) == ([] if masked else ["FILL_IN_BATCH_STATISTICS"])

    @pytest.mark.parametrize("masked", [True, False])
    def test_loss_and_metrics_of_answers_at_every_step(self, masked):
        ids = tokens()
        x = lstm(return_sequences=True)(embed(ids, mask_zero=masked))
        model = keras.Model(ids, keras.layers.Dense(3, activation="softmax")(x))
        model.compile("adam", "sparse_categorical_crossentropy", metrics=["accuracy"])
        counted = {"LOSS_COUNTS_FILL", "METRIC_COUNTS_FILL"} & set(self.codes(model, side="post"))
        assert counted == (set() if masked else {"LOSS_COUNTS_FILL", "METRIC_COUNTS_FILL"})

    def test_a_row_of_nothing_but_fill(self):
        model, empty = CLEAN["averaged"](), np.concatenate([BATCH, np.zeros((1, 7), int)])
        assert self.codes(model, BATCH) == []
        (finding,) = padleak.audit(model, empty).findings
        assert finding.code == "EMPTY_ROW" and finding.layer.endswith("mean")
        assert self.codes(CLEAN["lstm"](), empty) == []


class TestTheModelIsLeftAsItWas:
    def check(self, model, run):
        before = [np.array(weight) for weight in model.get_weights()]
        calls = keras.Layer.__call__
        run()
        assert keras.Layer.__call__ is calls
        assert all(np.array_equal(old, new) for old, new in zip(before, model.get_weights(), strict=True))

    def test_after_an_audit(self):
        model = leaky()
        model.compile("adam", "mse")
        self.check(model, lambda: padleak.audit(model))
        assert model.compiled and model.optimizer.iterations == 0

    def test_after_an_error(self):
        class Picky(keras.layers.Layer):
            def call(self, x):
                if isinstance(x.shape[1], int) and x.shape[1] > 7:
                    raise RuntimeError("too long for me")
                return x

        ids = tokens()
        model = classifier(ids, lstm()(Picky()(embed(ids))))

        def run():
            with pytest.raises(InputError, match=r"able to take a batch filled post; got RuntimeError"):
                padleak.audit(model)

        self.check(model, run)


def takes_text():
    text = keras.Input((), dtype="string")
    ids = keras.layers.TextVectorization(vocabulary=["good", "bad"])(text)
    return classifier(text, lstm()(embed(ids)))


def takes_images():
    return keras.Sequential(
        [keras.Input((8, 8, 1)), keras.layers.Conv2D(4, 3), keras.layers.Flatten(), keras.layers.Dense(2)]
    )


class TestInputs:
    def test_a_users_batch_is_cut_to_its_real_steps(self):
        assert padleak.audit(leaky(), BATCH).leaks
        assert not padleak.audit(CLEAN["lstm"](), BATCH).leaks

    def test_a_dict_with_a_mask(self):
        batch = {"ids": BATCH, "padding_mask": BATCH != 0}
        assert not padleak.audit(CLEAN["mask_as_an_input"](), batch).leaks

    def test_a_model_that_insists_on_a_length(self):
        ids = keras.Input((9,), dtype="int32")
        assert not padleak.audit(classifier(ids, lstm()(embed(ids)))).leaks
        assert padleak.audit(classifier(ids, lstm()(embed(ids, mask_zero=False)))).leaks

    @pytest.mark.parametrize(
        ("call", "message"),
        [
            (lambda: padleak.audit("model.keras"), "model must be a Keras 3 model"),
            (lambda: padleak.audit(leaky(), side="left"), "side must be one of both, post, pre; got left"),
            (lambda: padleak.audit(leaky(), np.arange(5)), r"inputs must be arrays \(row, time\)"),
            (lambda: padleak.audit(leaky(), np.zeros((0, 6))), "one row or more"),
            (lambda: padleak.audit(leaky(), np.array([["a", "b"]])), "arrays of numbers"),
            (lambda: padleak.audit(takes_text()), "one that takes strings"),
            (lambda: padleak.audit(takes_images()), "no input of the model has a time axis to be seen"),
            (lambda: padleak.audit(leaky(), np.zeros((3, 5), int)), "sequences of 2 or more real steps"),
            (lambda: padleak.audit(CLEAN["subclassed"]()), "inputs must be given for a model that does not say"),
        ],
    )
    def test_mistakes_are_named(self, call, message):
        with pytest.raises(InputError, match=message):
            call()


class TestReport:
    def test_json_is_what_was_found(self):
        report = padleak.audit(leaky())
        told = json.loads(report.to_json())
        assert told["leaks"] is True and told["max_leak"] == pytest.approx(report.max_leak)
        (finding,) = told["findings"]
        assert set(finding) == {"code", "layer", "message", "leak", "severity", "cure", "sides"}
        assert [row["layer"] for row in told["layers"]] == report.layers.layer.tolist()

    def test_a_page_stands_alone_and_says_it_all(self):
        report = padleak.audit(leaky())
        page = report.to_html()
        assert report.findings[0].cure[:20] in page and "http" not in page
        assert all(path in page for path in report.layers.layer)

    def test_junit_fails_where_it_leaks(self):
        for model, failures in ((leaky(), "1"), (CLEAN["lstm"](), "0")):
            suite = ElementTree.fromstring(padleak.audit(model).to_junit())
            assert suite.get("failures") == failures and len(suite.findall("testcase/failure")) == int(failures)

    def test_assertion_says_where_and_how_much(self):
        assert_padding_invariant(CLEAN["gru"]())
        with pytest.raises(AssertionError, match=r"NO_MASK at .*lstm"):
            assert_padding_invariant(leaky())


class TestCallable:
    def test_a_mean_over_fill_leaks_and_one_without_does_not(self):
        table = np.random.default_rng(0).normal(size=(50, 4))

        def careless(ids):
            return table[ids].mean(axis=1)

        def careful(ids):
            real = (ids != 0)[..., None]
            return (table[ids] * real).sum(axis=1) / real.sum(axis=1)

        found = padleak.audit_callable(careless, BATCH)
        assert found.leaks and found.findings[0].code == "LEAK_UNEXPLAINED"
        assert not padleak.audit_callable(careful, BATCH).leaks

    def test_labels_are_compared_too(self):
        def label(ids):
            return (np.where(ids != 0, 1, -3).mean(axis=1) > 0).astype(int)

        assert padleak.audit_callable(label, BATCH).leaks
        assert padleak.audit_callable(lambda ids: label(ids).astype(bool), BATCH).leaks
        assert padleak.audit_callable(lambda ids: [float(score) for score in label(ids)], BATCH).leaks

    @pytest.mark.parametrize("given", [None, 0.5, ["good", "bad", "good"], np.zeros(2)])
    def test_what_is_not_a_number_for_each_row_is_an_error(self, given):
        with pytest.raises(InputError, match="a row for each of the 3 of the batch"):
            padleak.audit_callable(lambda batch: given, BATCH)

    def test_an_output_that_changes_by_itself_is_said_so(self):
        generator = np.random.default_rng(0)
        report = padleak.audit_callable(lambda batch: generator.normal(size=(len(batch), 2)), BATCH)
        assert "the output itself changes" in report.summary

    def test_a_function_that_fails_is_said_so(self):
        with pytest.raises(InputError, match="able to take a batch without fill; got ZeroDivisionError"):
            padleak.audit_callable(lambda batch: 1 / 0, BATCH)


class TestWhileTraining:
    def test_the_recorder_logs_the_leak_of_every_epoch(self):
        from padleak.audit.recorder import LeakRecorder

        ids = np.random.default_rng(0).integers(1, 50, size=(32, 6))
        for model, low in ((leaky(), 1e-3), (CLEAN["lstm"](), None)):
            model.compile("adam", "mse")
            recorder = LeakRecorder()
            history = model.fit(ids, np.zeros((32, 2)), epochs=2, verbose=0, callbacks=[recorder]).history
            assert history["padding_leak"] == recorder.leaks and len(recorder.leaks) == 2
            assert max(recorder.leaks) == 0 if low is None else min(recorder.leaks) > low


def test_the_fixture_is_there(assert_padding_invariant):
    assert_padding_invariant(CLEAN["simple_rnn"]())


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
