"""The leak is what it says, the right layer is blamed, and the model is left as it was."""

import numpy as np
import pytest
from clean_models import CLEAN
from samples import BATCH, leaky

import padleak
from padleak.audit.catalogue import CATALOGUE
from padleak.audit.catalogue.parts import classifier, embed, lstm, tokens
from padleak.audit.files import load_model
from padleak.errors import InputError
from padleak.models.backend import keras

pytestmark = [pytest.mark.slow, pytest.mark.filterwarnings("ignore")]


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

    def test_what_is_tried(self):
        names = [leaks.condition.name for leaks in padleak.audit(CLEAN["lstm"](), side="post").examinations[0].leaks]
        assert names == ["post+6", "post+1", "post+6, beside longer rows"]

    def test_a_mask_given_as_an_input_is_tried_with_other_content(self):
        names = {leaks.condition.name for leaks in padleak.audit(CLEAN["mask_as_an_input"]()).examinations[0].leaks}
        assert {"post+6, other content", "pre+6, other content"} < names

    def test_other_content_of_fill_is_loud(self):
        """A mask that scales fill down, as a large negative number added to scores does, is no mask for large values."""
        inputs, mask = keras.Input((None, 3), name="x"), keras.Input((None,), dtype="bool", name="mask")
        weights = keras.ops.where(mask, 1.0, 1e-5)[..., None]
        weighed = keras.ops.sum(inputs * weights, axis=1) / keras.ops.sum(weights, axis=1)
        report = padleak.audit(classifier([inputs, mask], weighed), side="post")
        plain, _, loud, _ = report.examinations[0].leaks
        assert plain.outputs <= report.examinations[0].tolerance < loud.outputs
        assert report.findings[0].sides == ("post, other content",)

    def test_what_one_step_of_fill_does_by_hand(self):
        ids = tokens()
        x = keras.layers.Embedding(50, 50, embeddings_initializer="identity", name="embedding")(ids)
        report = padleak.audit(keras.Model(ids, keras.ops.sum(x, axis=1)), BATCH, side="post")
        six, one, _ = (leaks.outputs for leaks in report.examinations[0].leaks)
        assert six == pytest.approx(6 * one) and one == pytest.approx(1 / np.sqrt(2))

    def test_consequences_are_told_under_their_cause(self):
        post_norm = next(trap for trap in CATALOGUE if trap.name == "post norm attention").audit(mended=False)
        (finding,) = post_norm.findings
        reached = [path.rsplit("/", 1)[1] for path in finding.consequences]
        assert reached == ["attention_2", "add_2", "norm_2", "mean", "head"]

    def test_answers_in_whole_numbers_count(self):
        ids = tokens()
        pooled = keras.ops.mean(keras.layers.Embedding(50, 8, embeddings_initializer="normal")(ids), axis=1)
        assert padleak.audit(keras.Model(ids, keras.ops.argmax(pooled, axis=-1))).leaks

    @pytest.mark.parametrize("classes", [7, 13])
    def test_classes_as_many_as_steps_are_no_steps(self, classes):
        ids = tokens()
        model = keras.Model(ids, keras.layers.Dense(classes, activation="softmax")(lstm()(embed(ids))))
        model.compile("adam", "sparse_categorical_crossentropy", metrics=["accuracy"])
        report = padleak.audit(model)
        assert not report.leaks and not report.findings

    def test_a_sum_over_rows_hides_no_leak(self):
        ids = tokens()
        x = keras.ops.mean(embed(ids, mask_zero=False), axis=1)
        x = keras.layers.Lambda(lambda rows: rows + keras.ops.sum(rows, axis=0, keepdims=True), name="summed")(x)
        report = padleak.audit(classifier(ids, x))
        assert report.leaks and {"TAKES_NO_MASK", "ROWS_MIXED"} <= {finding.code for finding in report.findings}

    def test_rows_that_hang_on_one_another_without_any_fill_are_no_leak(self):
        inputs = keras.Input((None, 3))
        x = keras.layers.GRU(4)(keras.layers.Masking()(inputs))
        x = keras.layers.Lambda(lambda rows: rows - keras.ops.mean(rows, axis=0, keepdims=True), name="centred")(x)
        report = padleak.audit(classifier(inputs, x))
        assert [finding.code for finding in report.findings] == ["ROWS_MIXED"]
        assert report.findings[0].layer.endswith("centred") and report.findings[0].severity == "warning"

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

    def test_a_block_that_drops_the_mask_on_its_way_out(self):
        class Block(keras.layers.Layer):
            def __init__(self, **settings):
                super().__init__(**settings)
                self.attention, self.norm = keras.layers.MultiHeadAttention(2, 4), keras.layers.LayerNormalization()

            def call(self, values):
                return self.norm(values + self.attention(values, values))

        ids = tokens()
        x = Block(name="first")(embed(ids))
        pool = keras.layers.GlobalAveragePooling1D()
        assert self.first(classifier(ids, pool(x))) == ("MASK_LOST", "first")
        assert self.first(classifier(ids, pool(Block(name="second")(x)))) == ("MASK_LOST", "first")

    @pytest.mark.parametrize("side", ["pre", "both"])
    def test_positions_in_a_layer_of_ones_own(self, side):
        class TokenAndPosition(keras.layers.Layer):
            def __init__(self, **settings):
                super().__init__(**settings)
                self.words = keras.layers.Embedding(50, 8, mask_zero=True)
                self.places = keras.layers.Embedding(40, 8)

            def call(self, ids):
                return self.words(ids) + self.places(keras.ops.arange(keras.ops.shape(ids)[1]))

            def compute_mask(self, ids, previous_mask=None):
                return self.words.compute_mask(ids)

        ids = tokens()
        code, layer = self.first(classifier(ids, lstm()(TokenAndPosition(name="front")(ids))), side=side)
        assert (code, layer) == ("POSITIONS_SHIFT", "front")

    def test_the_encoder_whose_mask_is_missing_in_cross_attention(self):
        source, target = (keras.Input((None,), dtype="int32", name=name) for name in ("source", "target"))
        seen, written = (keras.layers.Embedding(50, 8, mask_zero=True)(ids) for ids in (source, target))

        def attend(name, query, value, **settings):
            layer = keras.layers.MultiHeadAttention(2, 4, name=name)
            return keras.layers.Add()([query, layer(query, value, **settings)])

        seen = attend("encoder", seen, seen)
        written = attend("decoder", written, written, use_causal_mask=True)
        model = keras.Model([source, target], keras.layers.Dense(5)(attend("cross", written, seen)))
        assert self.first(model) == ("MASK_DELETED", "encoder")

    def test_positions_in_a_model_of_ones_own(self):
        class Tagger(keras.Model):
            def __init__(self):
                super().__init__()
                self.words, self.places = keras.layers.Embedding(50, 8, mask_zero=True), keras.layers.Embedding(40, 8)
                self.lstm = lstm()

            def call(self, ids):
                places = self.places(keras.ops.arange(keras.ops.shape(ids)[1]))
                return self.lstm(self.words(ids) + places, mask=self.words.compute_mask(ids))

        model = Tagger()
        (finding,) = padleak.audit(model, BATCH).findings
        assert finding.code == "POSITIONS_SHIFT" and finding.sides == ("pre",)

    def test_a_decoder_without_a_mask_beside_states_of_a_masked_encoder(self):
        source, target = (keras.Input((None,), dtype="int32", name=name) for name in ("source", "target"))
        state = lstm(return_state=True)(embed(source))[1:]
        written = keras.layers.Embedding(50, 8, name="written")(target)
        decoded = keras.layers.LSTM(8, return_sequences=True, name="decoder")(written, initial_state=state)
        assert self.first(keras.Model([source, target], decoded)) == ("NO_MASK", "decoder")

    def test_a_mean_that_takes_no_mask_behind_attention_that_hands_none_on(self):
        ids, mask = tokens(), keras.Input((None,), dtype="bool", name="mask")
        x = embed(ids, mask_zero=False)
        x = x + keras.layers.MultiHeadAttention(2, 4)(x, x, attention_mask=mask[:, None])
        model = keras.Model([ids, mask], keras.layers.Dense(2)(keras.ops.mean(x, axis=1)))
        code, layer = self.first(model)
        assert code == "TAKES_NO_MASK" and layer.startswith("mean")

    def test_a_model_that_insists_on_a_length_is_opened(self):
        ids = keras.Input((20,), dtype="int32")
        x = keras.layers.Embedding(50, 8, name="embedding")(ids)
        for model, expected, blamed in (
            (classifier(ids, lstm()(x)), "NO_MASK", "lstm"),
            (classifier(ids, keras.ops.mean(x, axis=1)), "TAKES_NO_MASK", "mean"),
        ):
            for side in ("both", "post"):
                code, layer = self.first(model, side=side)
                assert code == expected and layer.startswith(blamed)

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


def test_a_mask_that_does_not_fit_is_named_where_the_model_breaks_on_it():
    class EveryOther(keras.layers.Layer):
        def __init__(self, **settings):
            super().__init__(**settings)
            self.supports_masking = True

        def call(self, values):
            return values[:, ::2]

    ids = tokens()
    model = classifier(ids, lstm()(EveryOther(name="every_other")(embed(ids))))
    with pytest.raises(InputError, match=r"every_other had given a mask \(4, 7\) for values \(4, 4, 8\)"):
        padleak.audit(model)


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

    def test_states_are_kept(self):
        inputs = keras.Input(batch_shape=(2, None, 3))
        layer = lstm(stateful=True)
        model = classifier(inputs, layer(keras.layers.Masking()(inputs)))
        model(np.ones((2, 4, 3), "float32"))
        before = [np.asarray(state) for state in layer.states]
        padleak.audit(model)
        assert np.any(before) and all(np.array_equal(old, new) for old, new in zip(before, layer.states))

    def test_metrics_keep_what_they_counted(self):
        ids = tokens()
        model = keras.Model(ids, keras.layers.Dense(3, activation="softmax")(lstm(return_sequences=True)(embed(ids))))
        model.compile("adam", "sparse_categorical_crossentropy", metrics=["accuracy"])
        model.fit(BATCH, np.zeros_like(BATCH), verbose=0)
        before = {name: float(value) for name, value in model.get_metrics_result().items()}
        padleak.audit(model)
        assert {name: float(value) for name, value in model.get_metrics_result().items()} == before

    def test_after_an_error(self):
        class Picky(keras.layers.Layer):
            def call(self, x):
                if isinstance(x.shape[1], int) and x.shape[1] > 7:
                    raise RuntimeError("too long for me")
                return x

        ids = tokens()
        model = classifier(ids, lstm()(Picky()(embed(ids))))

        def run():
            with pytest.raises(InputError, match=r"able to take a batch filled post\+6; got RuntimeError"):
                padleak.audit(model)

        self.check(model, run)


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


class TestCures:
    """What is said to be done can be done, and what is then found is what is left."""

    def test_after_the_cure_of_a_convolution_what_pools_is_named_and_not_the_cure(self):
        ids = tokens()
        real = keras.ops.cast(keras.ops.not_equal(ids, 0), "float32")[..., None]
        conv = keras.layers.Conv1D(8, 5, padding="same", bias_initializer="ones", name="conv")
        states = conv(embed(ids) * real)
        (found,) = padleak.audit(classifier(ids, keras.layers.GlobalMaxPooling1D(name="largest")(states))).findings
        assert found.code == "TAKES_NO_MASK" and found.layer.endswith("/largest") and "far below" in found.cure
        cured = keras.ops.where(keras.ops.not_equal(ids, 0)[..., None], states, -1e4)
        assert not padleak.audit(classifier(ids, keras.layers.GlobalMaxPooling1D()(cured))).leaks

    def test_a_mask_that_was_lost_is_to_be_handed_to_the_layer_that_lacks_it(self):
        ids = tokens()
        x = embed(ids)
        attended = x + keras.layers.MultiHeadAttention(2, 4, name="attention")(x, x)
        (found,) = padleak.audit(classifier(ids, keras.layers.GlobalAveragePooling1D(name="mean")(attended))).findings
        assert found.code == "MASK_DELETED" and "mean(y, mask=mask)" in found.cure and "next_layer" not in found.cure

    @pytest.mark.parametrize(
        ("pool", "says"), [("mean", "sum(m, axis=1)"), ("max", "far below"), ("sum", "Multiply by")]
    )
    def test_of_arithmetic_each_has_its_own(self, pool, says):
        ids = tokens()
        states = keras.layers.Dense(4, bias_initializer="ones")(embed(ids))
        (found,) = padleak.audit(classifier(ids, getattr(keras.ops, pool)(states, axis=1))).findings
        assert says in found.cure


def test_a_leak_that_begins_with_many_steps_of_fill_is_found_where_many_are_asked_for():
    def forgets(batch):
        return batch.sum(axis=1) * np.where((batch == 0).sum(axis=1) > 9, 0.5, 1.0)

    assert not padleak.audit_callable(forgets, BATCH).leaks
    assert padleak.audit_callable(forgets, BATCH, fill=20).leaks
    with pytest.raises(InputError, match="fill must be between 2 and 10000; got 1"):
        padleak.audit_callable(forgets, BATCH, fill=1)


class TestWhatIsNoNumber:
    def test_a_model_that_gives_none_is_refused_with_the_layer_behind_which_it_begins(self):
        model = leaky()
        model.get_layer("head").set_weights([np.full((8, 2), np.nan), np.zeros(2)])
        with pytest.raises(InputError, match=r"where nothing is filled; got nan in 100%.*/head"):
            padleak.audit(model)

    def test_a_function_that_gives_none_is_refused(self):
        with pytest.raises(InputError, match="one that gives numbers"):
            padleak.audit_callable(lambda batch: batch.sum(axis=1) * np.nan, BATCH)


def test_what_is_to_mend_beside_leaks_is_counted_in_the_first_line():
    report = next(trap for trap in CATALOGUE if trap.code == "LOSS_COUNTS_FILL" and not trap.leaks).audit(mended=False)
    assert f"no leak found; {len(report.findings)} to mend beside" in report.summary


@pytest.mark.parametrize(
    ("name", "says"),
    [
        ("old.h5", "Of the older format"), ("text.keras", "It is no archive"), ("folder.keras", "That is a folder"),
        ("model.zip", "Its name must end in .keras"), ("nowhere.keras", "There is no such file"),
    ],
)  # fmt: skip
def test_of_a_file_that_is_no_model_it_is_told_why(tmp_path, name, says):
    if name == "folder.keras":
        (tmp_path / name).mkdir()
    elif name != "nowhere.keras":
        (tmp_path / name).write_text("something else")
    with pytest.raises(InputError, match=says):
        load_model(tmp_path / name, [])


class TestInfinity:
    """Logits of minus infinity are no leak by themselves, and hide none."""

    def model(self, masked: bool):
        ids = tokens()
        logits = keras.layers.Dense(3)(lstm()(embed(ids, mask_zero=masked)))
        return keras.Model(ids, keras.ops.where(keras.ops.array([True, True, False]), logits, -float("inf")))

    def test_a_leak_beside_it_is_found(self):
        assert padleak.audit(self.model(masked=False)).leaks

    def test_without_one_there_is_none(self):
        assert not padleak.audit(self.model(masked=True)).leaks
