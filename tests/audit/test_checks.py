"""What is found beside leaks."""

import numpy as np
import pytest
from clean_models import CLEAN
from samples import BATCH

import padleak
from padleak.audit.catalogue.parts import classifier, embed, is_real, lstm, tokens
from padleak.models import backend
from padleak.models.backend import keras

pytestmark = [pytest.mark.slow, pytest.mark.filterwarnings("ignore")]


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
    def test_batch_statistics_by_hand(self, masked):
        """The moving mean after one step from zero is a hundredth of the batch's, which fill of one known vector moves."""
        ids = tokens()
        x = keras.layers.Embedding(50, 50, embeddings_initializer="identity", mask_zero=masked)(ids)
        x = keras.layers.Dropout(0.5)(x)
        norm = keras.layers.BatchNormalization(scale=False, center=False)
        model = classifier(ids, lstm()(norm(x), mask=is_real(ids)))
        found = padleak.audit(model, BATCH, side="post").findings
        assert [finding.code for finding in found] == ([] if masked else ["FILL_IN_BATCH_STATISTICS"])
        if not masked:
            fill, rows = 6, BATCH[:, :5]
            bare = np.eye(50)[rows]
            filled = np.eye(50)[np.pad(rows, ((0, 0), (0, fill)))]
            exchanged = self.exchanged(rows)
            statistics = [
                [0.01 * values.mean(axis=(0, 1)) for values in (bare, np.eye(50)[exchanged], filled)],
                [0.99 + 0.01 * values.var(axis=(0, 1)) for values in (bare, np.eye(50)[exchanged], filled)],
            ]
            shares = [np.linalg.norm(f - b) / np.linalg.norm(e - b) for b, e, f in statistics]
            assert found[0].leak == pytest.approx(max(shares), rel=1e-3)

    def exchanged(self, rows):
        """What the audit exchanges: the middle step for the next id that occurs."""
        used, changed = np.unique(rows), rows.copy()
        changed[:, 2] = used[(np.searchsorted(used, rows[:, 2]) + 1) % len(used)]
        return changed

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
        assert "EMPTY_ROW" not in self.codes(CLEAN["lstm"](), empty)

    def test_a_gradient_that_counts_the_fill_and_is_a_number(self):
        """The outputs are clean, the gradient is that of an unmasked mean: a straight-through trick gone wrong."""
        ids = tokens()
        x, mask = embed(ids, mask_zero=False), is_real(ids)

        class CleanForward(keras.layers.Layer):
            def call(self, values, mask):
                weights = keras.ops.cast(mask, values.dtype)[..., None]
                clean = keras.ops.sum(values * weights, axis=1) / keras.ops.sum(weights, axis=1)
                careless = keras.ops.mean(values, axis=1)
                return careless + keras.ops.stop_gradient(clean - careless)

        model = classifier(ids, CleanForward()(x, mask))
        assert self.codes(model) == ["FILL_IN_GRADIENTS"]

    def test_a_state_that_is_kept_is_no_gradient_of_fill(self):
        inputs = keras.Input(batch_shape=(2, None, 3))
        assert self.codes(classifier(inputs, lstm(stateful=True)(keras.layers.Masking()(inputs)))) == []

    def test_answers_that_are_no_numbers_are_not_saved_otherwise(self):
        values = np.random.default_rng(0).normal(size=(3, 6, 2))
        values[:, 4:] = np.nan
        inputs = keras.Input((None, 2))
        assert "SAVED_OTHERWISE" not in self.codes(keras.Model(inputs, lstm()(inputs)), values)

    def test_a_loss_that_leaves_out_the_label_of_fill(self):
        ids = tokens()
        model = keras.Model(ids, keras.layers.Dense(5)(embed(ids, mask_zero=False)))
        model.compile("adam", keras.losses.SparseCategoricalCrossentropy(from_logits=True, ignore_class=-1))
        assert self.codes(model) == []

    def test_weights_without_metrics_are_weights(self):
        ids = tokens()
        model = keras.Model(ids, keras.layers.Dense(5, activation="softmax")(embed(ids, mask_zero=False)))
        loss = keras.losses.SparseCategoricalCrossentropy(reduction="mean_with_sample_weight")
        model.compile("adam", loss, weighted_metrics=[])
        assert self.codes(model) == []

    @pytest.mark.parametrize("reduction", ["sum_over_batch_size", "mean_with_sample_weight"])
    def test_how_much_thinner_a_loss_gets(self, reduction):
        ids = tokens()
        model = keras.Model(
            ids, keras.layers.Dense(3, activation="softmax")(lstm(return_sequences=True)(embed(ids)) * 1.0)
        )
        loss = keras.losses.SparseCategoricalCrossentropy(reduction=reduction)
        model.compile("adam", loss, weighted_metrics=["accuracy"])
        found = {finding.code: finding.leak for finding in padleak.audit(model, BATCH).findings}
        thinned = {"LOSS_THINNED_BY_FILL": pytest.approx(6 / 11, rel=1e-4)} if reduction.startswith("sum") else {}
        assert found == thinned

    @pytest.mark.parametrize(
        ("settings", "flagged"),
        [
            ({}, True),
            ({"recurrent_dropout": 0.1}, False),
            ({"use_cudnn": False}, False),
            ({"activation": "relu"}, False),
        ],
    )
    def test_what_cudnn_would_run(self, settings, flagged):
        if backend.name() != "tensorflow":
            pytest.skip("cuDNN is TensorFlow's affair")
        ids = tokens()
        model = classifier(ids, keras.layers.Bidirectional(lstm(**settings))(embed(ids)))
        assert self.codes(model, side="pre") == (["CUDNN_NEEDS_RIGHT_PADDING"] if flagged else [])
        assert self.codes(model) == self.codes(model, BATCH) == []
        assert self.codes(model, BATCH[:, ::-1]) == (["CUDNN_NEEDS_RIGHT_PADDING"] if flagged else [])

    def test_a_model_that_keeps_what_it_needs_is_saved_as_it_is(self):
        for name in ("lstm", "nested", "mask_as_an_input", "half_precision"):
            assert self.codes(CLEAN[name]()) == []
