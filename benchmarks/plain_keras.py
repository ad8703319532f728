"""The baseline: one cell as a script in plain Keras on TensorFlow does it, with `compile`, `fit` and predictions.

Data, the choice of sequences to probe and measures are padleak's, which cost both the same. What the script knows: predictions
are kept while the cell needs them again, and what is compared is predicted in batches of equal length. What it does not know:
that the program compiled for one cell could serve the next. Shares of fill that a mask lets through are not measured.

    python benchmarks/plain_keras.py '{"masking": "embedding", "epochs": 2, "predict": "predict"}'
"""

import functools
import os
import time
from collections.abc import Callable, Iterator

import numpy as np

from baseline import Result, cell_from, main
from padleak.data import Dataset, Sequences, Split, pad
from padleak.errors import InputError
from padleak.measures.shift import Comparison, measures, score
from padleak.study.trials.examination import exchange_one, stratify
from padleak.study.trials.sequence import Probe, SequenceCell

if __name__ == "__main__":
    # As a script, with TensorFlow's own defaults, whatever the process that starts it has set for itself.
    for variable in ("TF_NUM_INTRAOP_THREADS", "TF_NUM_INTEROP_THREADS", "OMP_NUM_THREADS", "TF_ENABLE_ONEDNN_OPTS"):
        os.environ.pop(variable, None)

import keras
import tensorflow as tf
from keras import layers, ops

_AT_ONCE = 1024
_MASKED_BY_INPUT = ("explicit", "zero_states")
_MASKINGS = (
    "none", "embedding", "masking_layer", "embedding_then_masking", *_MASKED_BY_INPUT, "zero_vector", "loss_only",
    "unpadded",
)  # fmt: skip

View = tuple[np.ndarray, np.ndarray, np.ndarray]
"""States of the real steps, summary and prediction."""

Predict = Callable[[np.ndarray | list[np.ndarray]], list[np.ndarray]]


def run_cell(
    cell: SequenceCell, predict: str = "predict_on_batch", prepare: Callable[[keras.Model], None] | None = None
) -> Result:
    """Train and probe one network.

    Args:
        cell: What to train, and the probes.
        predict: The method of `keras.Model` that predicts: `predict_on_batch`, or `predict`, which most scripts call and
            which sets up a data pipeline anew for each of the many small batches.
        prepare: Called with the compiled model before it is trained, such as to set its first weights.

    Raises:
        InputError: A setting that this script has no code for.
    """
    _check(cell, predict)
    start = time.perf_counter()
    data = cell.load()
    split = cell.draw(data)
    loaded = time.perf_counter()
    keras.backend.clear_session()
    keras.utils.set_random_seed(cell.seed)
    model, view = build(cell, data)
    model.compile(keras.optimizers.Adam(cell.learning_rate), "sparse_categorical_crossentropy", metrics=["accuracy"])
    if prepare:
        prepare(model)
    seconds = fit(cell, model, split)
    trained = time.perf_counter()
    accuracies, measurements = Examination(cell, _predictor(view, predict), split.test).measure()
    return Result(
        accuracies, measurements, loaded - start, trained - loaded, time.perf_counter() - trained,
        len(seconds), float(np.median(seconds[5:] or seconds)),
    )  # fmt: skip


def _check(cell: SequenceCell, predict: str) -> None:
    if predict not in ("predict", "predict_on_batch"):
        raise InputError("predict", "predict or predict_on_batch", predict)
    known = {
        "masking": _MASKINGS,
        "model": ("lstm", "mlp"),
        "readout": ("mean",) if cell.model == "mlp" else ("last", "every"),
    }
    for setting, values in known.items():
        if getattr(cell, setting) not in values:
            raise InputError(setting, f"one of {', '.join(values)} for the baseline", getattr(cell, setting))
    if any(probe.reference != "unpadded" or probe.count is None for probe in cell.probes):
        raise InputError("probes", "by pad count and held against `unpadded` for the baseline", cell.probes)


def build(cell: SequenceCell, data: Dataset) -> tuple[keras.Model, keras.Model]:
    """The classifier, and a second model of the same layers that also gives states and summary."""
    inputs = keras.Input((None,), dtype="int32") if data.words else keras.Input((None, data.train.values.shape[1]))
    real = keras.Input((None,), dtype="bool")
    given = [inputs, real] if cell.masking in _MASKED_BY_INPUT else inputs
    keep = ops.expand_dims(ops.cast(real, "float32"), -1) if cell.masking == "zero_states" else None
    mask = real if cell.masking == "explicit" else None
    x = _front(cell, data, inputs)
    x = x if keep is None else x * keep
    states, summary = _lstm(cell, x, mask, keep) if cell.model == "lstm" else _mlp(cell, x, mask)
    prediction = layers.Dense(len(data.classes), activation="softmax")(summary)
    return keras.Model(given, prediction), keras.Model(given, [states, summary, prediction])


def _front(cell: SequenceCell, data: Dataset, inputs: keras.KerasTensor) -> keras.KerasTensor:
    mask_zero = cell.masking in ("embedding", "embedding_then_masking")
    x = layers.Embedding(data.words, cell.embedding, mask_zero=mask_zero)(inputs) if data.words else inputs
    if cell.masking in ("masking_layer", "embedding_then_masking"):
        return layers.Masking(0.0)(x)
    if cell.masking == "zero_vector":
        return x * ops.expand_dims(ops.cast(ops.not_equal(inputs, 0), "float32"), -1)
    return x


def _lstm(
    cell: SequenceCell, x: keras.KerasTensor, mask: keras.KerasTensor | None, keep: keras.KerasTensor | None
) -> tuple[keras.KerasTensor, keras.KerasTensor]:
    for _ in range(cell.layers):
        layer = layers.LSTM(cell.units, return_sequences=True, return_state=True)
        x, *final = (layers.Bidirectional(layer) if cell.bidirectional else layer)(x, mask=mask)
        x = x if keep is None else x * keep
    if cell.readout == "every":
        return x, x
    if keep is not None:
        forward, backward = x[:, -1, : cell.units], x[:, 0, cell.units :]
    else:
        forward, backward = final[0], final[-2]
    return x, layers.concatenate([forward, backward]) if cell.bidirectional else forward


def _mlp(
    cell: SequenceCell, x: keras.KerasTensor, mask: keras.KerasTensor | None
) -> tuple[keras.KerasTensor, keras.KerasTensor]:
    summary = layers.GlobalAveragePooling1D()(x, mask=mask)
    for _ in range(cell.layers):
        summary = layers.Dense(cell.units, activation="relu")(summary)
    return x, summary


def fit(cell: SequenceCell, model: keras.Model, split: Split) -> list[float]:
    """Train with early stopping; gives the seconds of every step."""
    starts, ends = [], []
    timer = keras.callbacks.LambdaCallback(
        on_train_batch_begin=lambda batch, logs: starts.append(time.perf_counter()),
        on_train_batch_end=lambda batch, logs: ends.append(time.perf_counter()),
    )
    stop = keras.callbacks.EarlyStopping(patience=cell.patience, restore_best_weights=True)
    options = {"epochs": cell.epochs, "callbacks": [stop, timer], "verbose": 0}
    if cell.masking == "unpadded":
        train, validation = (equal_lengths(part, cell) for part in (split.train, split.validation))
        model.fit(train, validation_data=validation, shuffle=False, **options)
    else:
        inputs, labels, *weights = labelled(cell, split.train)
        model.fit(
            inputs, labels, sample_weight=weights[0] if weights else None, batch_size=cell.batch,
            validation_data=labelled(cell, split.validation, True), validation_batch_size=_AT_ONCE, **options,
        )  # fmt: skip
    return [end - start for start, end in zip(starts, ends)]


def labelled(cell: SequenceCell, sequences: Sequences, validates: bool = False) -> tuple:
    """Inputs, labels and, where a row answers at every step, weights: validated is the answer at the last real step."""
    padded = pad(sequences, cell.length, cell.padding, cell.truncating, seed=cell.seed)
    inputs = feed(cell, padded.inputs, padded.mask)
    if cell.readout != "every":
        return inputs, sequences.labels
    labels = np.repeat(sequences.labels[:, None], cell.length, axis=1)
    if validates:
        return inputs, labels, np.eye(cell.length, dtype="float32")[_last_real(padded.mask)]
    return (inputs, labels, padded.mask.astype("float32")) if cell.masking == "loss_only" else (inputs, labels)


def equal_lengths(sequences: Sequences, cell: SequenceCell) -> tf.data.Dataset:
    """Batches without fill, in another order every epoch."""
    groups = [
        (pad(sequences.take(rows), length, "unpadded").inputs, sequences.labels[rows])
        for length, rows in sequences.by_length().items()
    ]
    generator = np.random.default_rng(cell.seed)

    def batches() -> Iterator[tuple[np.ndarray, np.ndarray]]:
        orders = [generator.permutation(len(labels)) for _, labels in groups]
        chunks = [
            (inputs[rows], labels[rows])
            for (inputs, labels), order in zip(groups, orders)
            for rows in np.split(order, range(cell.batch, len(order), cell.batch))
        ]
        for index in generator.permutation(len(chunks)):
            yield chunks[index]

    inputs, labels = groups[0]
    signature = (tf.TensorSpec((None, None, *inputs.shape[2:]), inputs.dtype), tf.TensorSpec((None,), labels.dtype))
    count = sum(-(-len(labels) // cell.batch) for _, labels in groups)
    dataset = tf.data.Dataset.from_generator(batches, output_signature=signature)
    return dataset.apply(tf.data.experimental.assert_cardinality(count)).prefetch(tf.data.AUTOTUNE)


def feed(cell: SequenceCell, inputs: np.ndarray, mask: np.ndarray) -> np.ndarray | list[np.ndarray]:
    """A batch as the model takes it."""
    return [inputs, mask] if cell.masking in _MASKED_BY_INPUT else inputs


def _predictor(view: keras.Model, predict: str) -> Predict:
    if predict == "predict_on_batch":
        return view.predict_on_batch
    return functools.partial(view.predict, batch_size=_AT_ONCE, verbose=0)


class Examination:
    """The test sequences under every probe.

    Args:
        cell: Its probes, and training's own layout.
        predict: Gives states, summary and prediction of one rectangle.
        test: All test sequences; those probed by pad count are picked from them.
    """

    def __init__(self, cell: SequenceCell, predict: Predict, test: Sequences):
        self._cell, self._predict, self._test = cell, predict, test
        self._few = stratify(test, cell.probe_rows)

    def measure(self) -> tuple[dict[str, float], dict[str, float]]:
        """Accuracy by probe, and every measure."""
        few, test = self._few, self._test
        unpadded, changed = self._by_length(few), self._by_length(exchange_one(few, self._cell.seed))
        accuracies = {"unpadded": score(self._by_length(test)[2], test.labels)}
        measurements = {}
        own = Probe(self._cell.padding)
        for probe in (own, *self._cell.probes):
            probed = self._by_length(few, probe.layout, probe.count)
            prediction = self._rectangle(test, self._cell.length, own.layout)[2] if probe is own else probed[2]
            accuracies[probe.name] = score(prediction, test.labels if probe is own else few.labels)
            measurements |= {
                f"{probe.name} {about}": value for about, value in shifts(unpadded, probed, changed, few.labels)
            }
        return accuracies, measurements

    def _by_length(self, sequences: Sequences, layout: str = "unpadded", count: int | None = 0) -> View:
        """In batches of equal length, with `count` fill steps each or (None) filled up to the length of training."""
        groups = sequences.by_length()
        parts = [
            self._rectangle(sequences.take(rows), self._cell.length if count is None else length + count, layout)
            for length, rows in groups.items()
        ]
        states, summary, prediction = (np.concatenate(part) for part in zip(*parts))
        in_order = np.argsort(np.concatenate(list(groups.values())))
        # The few lie by length, so their states are in order; of all test sequences only the prediction is looked at.
        return states, summary[in_order], prediction[in_order]

    def _rectangle(self, sequences: Sequences, length: int, layout: str) -> View:
        padded = pad(sequences, length, layout, seed=self._cell.seed)
        states, summary, prediction = self._predict(feed(self._cell, padded.inputs, padded.mask))
        if self._cell.readout == "every":
            rows, end = np.arange(len(sequences)), _last_real(padded.mask)
            summary, prediction = summary[rows, end], prediction[rows, end]
        return states[padded.mask], summary, prediction


def shifts(reference: View, probed: View, changed: View, labels: np.ndarray) -> Iterator[tuple[str, float]]:
    """Every measure, named by layer and metric."""
    for index, (layer, of) in enumerate([("states", "states"), ("summary", "states"), ("prediction", "prediction")]):
        comparison = Comparison(reference[index], probed[index], changed[index], labels if of == "prediction" else None)
        for metric in measures:
            if measures.facts(metric)["of"] == of:
                yield f"{layer} {metric}", measures[metric](comparison)


def _last_real(mask: np.ndarray) -> np.ndarray:
    return mask.shape[1] - 1 - np.argmax(mask[:, ::-1], axis=1)


if __name__ == "__main__":
    main(lambda settings: run_cell(predict=settings.pop("predict", "predict_on_batch"), cell=cell_from(settings)))
