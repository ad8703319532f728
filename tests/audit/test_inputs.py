"""Inputs: what users give and get wrong."""

import numpy as np
import pytest
from clean_models import CLEAN
from samples import BATCH, leaky

import padleak
from padleak.audit.catalogue.parts import classifier, embed, lstm
from padleak.errors import InputError
from padleak.models.backend import keras

pytestmark = [pytest.mark.slow, pytest.mark.filterwarnings("ignore")]


def takes_text():
    text = keras.Input((), dtype="string")
    ids = keras.layers.TextVectorization(vocabulary=["good", "bad"])(text)
    return classifier(text, lstm()(embed(ids)))


def takes_images():
    return keras.Sequential(
        [keras.Input((8, 8, 1)), keras.layers.Conv2D(4, 3), keras.layers.Flatten(), keras.layers.Dense(2)]
    )


def leaky_of_length(length):
    ids = keras.Input((length,), dtype="int32")
    return classifier(ids, lstm()(embed(ids, mask_zero=False)))


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

    def test_the_mask_value_of_the_model_is_what_fill_holds(self):
        inputs = keras.Input((None, 3))
        model = classifier(inputs, lstm()(keras.layers.Masking(-1.0)(inputs)))
        report = padleak.audit(model)
        assert report.pad_value == -1 and not report.leaks and padleak.audit(model, pad_value=0).leaks

    def test_fill_with_another_id_is_found_in_the_batch(self):
        report = padleak.audit(CLEAN["lstm"](), np.array([[5, 6, 7, 1, 1, 1], [9, 8, 7, 6, 5, 4]]))
        assert report.pad_value == 1 and report.findings[0].code == "MASK_WRONG"

    @pytest.mark.parametrize("masked", [True, False])
    def test_time_is_where_the_model_leaves_an_axis_open(self, masked):
        inputs = keras.Input((3, None))
        steps = keras.layers.Permute((2, 1))(inputs)
        mask = keras.ops.any(keras.ops.not_equal(steps, 0), axis=-1) if masked else None
        model = classifier(inputs, lstm()(steps, mask=mask))
        assert padleak.audit(model).leaks is not masked
        batch = np.random.default_rng(0).normal(size=(4, 3, 9))
        assert padleak.audit(model, batch).leaks is not masked
        assert padleak.audit(model, batch, time_axis=2).leaks is not masked

    def test_inputs_of_several_lengths_are_all_filled(self):
        question, passage = (keras.Input((None,), name=name) for name in ("question", "passage"))
        pool = keras.layers.GlobalAveragePooling1D
        unmasked = pool(name="unmasked")(keras.layers.Embedding(50, 8)(question))
        masked = pool()(keras.layers.Embedding(50, 8, mask_zero=True)(passage))
        model = keras.Model([question, passage], keras.layers.Dense(1)(keras.layers.Concatenate()([unmasked, masked])))
        batch = [np.array([[3, 4, 5, 0, 0], [1, 2, 3, 4, 5]]), np.array([[3, 4, 5, 2, 7, 8, 9], [1, 2, 3, 4, 0, 0, 0]])]
        report = padleak.audit(model, batch)
        assert report.leaks and report.findings[0].layer.endswith("unmasked")

    def test_inputs_in_a_dict_are_known_by_name(self):
        ids, about = keras.Input((None,), dtype="int32", name="tokens"), keras.Input((2,), name="about")
        joined = keras.layers.Concatenate()([lstm()(embed(ids)), about])
        batch = {"tokens": BATCH, "about": np.array([[1.0, 0], [0, 1], [1, 1]])}
        for structure in ({"tokens": ids, "about": about}, [ids, about]):
            assert not padleak.audit(classifier(structure, joined), batch).leaks

    def test_a_shared_encoder_of_two_inputs_needs_no_batch(self):
        inner = keras.Sequential([keras.Input((None,)), keras.layers.Embedding(50, 8, mask_zero=True), lstm()])
        both = [keras.Input((None,)) for _ in range(2)]
        assert not padleak.audit(classifier(both, keras.layers.Concatenate()([inner(one) for one in both]))).leaks

    def test_features_without_time_stay_as_they_are_beside_a_batch(self):
        batch = [np.array([[5, 6, 7, 0], [4, 3, 2, 1]]), np.array([[1, 0], [0, 1]])]
        assert not padleak.audit(CLEAN["two_inputs"](), batch).leaks

    def test_a_second_axis_that_is_open_is_named(self):
        words, documents = keras.Input((None,)), keras.Input((None, None))
        sentence = keras.Model(words, keras.layers.GRU(4)(keras.layers.Embedding(50, 8)(words)))
        x = keras.layers.TimeDistributed(sentence)(documents)
        mask = keras.ops.any(keras.ops.not_equal(documents, 0), axis=-1)
        model = classifier(documents, keras.layers.GRU(4)(x, mask=mask))
        report = padleak.audit(model)
        assert "time_axis=2" in str(report) and not report.leaks and padleak.audit(model, time_axis=2).leaks

    def test_a_loss_is_looked_at_in_a_model_that_was_opened(self):
        ids = keras.Input((12,), dtype="int32")
        model = keras.Model(
            ids, keras.layers.Dense(3, activation="softmax")(2.0 * lstm(return_sequences=True)(embed(ids)))
        )
        model.compile("adam", "sparse_categorical_crossentropy")
        assert [finding.code for finding in padleak.audit(model, side="post").findings] == ["LOSS_COUNTS_FILL"]

    def test_a_layer_that_is_copied_otherwise_is_not_opened(self):
        """`supports_masking` set on a layer is not copied: the copy would leak, the model does not."""

        class Scaled(keras.layers.Layer):
            def call(self, values):
                return 2 * values

        scaled = Scaled()
        scaled.supports_masking = True
        ids = keras.Input((12,), dtype="int32")
        embedding = keras.layers.Embedding(50, 8, mask_zero=True)
        model = keras.Sequential([ids, embedding, scaled, lstm(), keras.layers.Dense(2)])
        report = padleak.audit(model)
        assert [finding.code for finding in report.findings] == ["SAVED_OTHERWISE"] and not report.leaks

    @pytest.mark.parametrize(
        ("call", "message"),
        [
            (lambda: padleak.audit("model.keras"), "model must be a Keras 3 model"),
            (lambda: padleak.audit(leaky(), side="left"), "side must be one of both, post, pre; got left"),
            (lambda: padleak.audit(leaky(), time_axis=0), "time_axis must be an axis of an input"),
            (lambda: padleak.audit(leaky(), time_axis=2), "time_axis must be an axis of an input"),
            (
                lambda: padleak.audit_callable(lambda batch: batch, BATCH, time_axis=3),
                "time_axis must be an axis of an input",
            ),
            (lambda: padleak.audit(leaky_of_length(1)), "one that takes two steps or more"),
            (lambda: padleak.audit(leaky(), pad_value="0"), "pad_value must be a number"),
            (
                lambda: padleak.audit(leaky_of_length(100), np.ones((2, 120), int)),
                r"as long as the model insists on, \[100\]",
            ),
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
