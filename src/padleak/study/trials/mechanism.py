"""The mechanism trial: what does each kind of layer make of fill, and what does a mask change about that?

All blocks stand side by side in one model, each with a head of its own, and learn the same task from the same rows. A head
averages real steps alone, so that whatever reaches it from fill came through its block.
"""

import functools
from collections.abc import Hashable, Iterator
from dataclasses import dataclass
from typing import Any, ClassVar, NamedTuple

import numpy as np
import pandas as pd

from padleak.audit.trace import Trace
from padleak.audit.watch import watched
from padleak.errors import InputError
from padleak.models import backend
from padleak.models.backend import keras
from padleak.models.blocks import UNITS, WORDS, blocks
from padleak.models.gradients import BACKENDS, gradients_of
from padleak.models.seeding import seeded
from padleak.study.cell import Cell, Outcome
from padleak.study.trials import elsewhere

_STEPS, _FILL = 8, 6
_TEST_ROWS = 64
_BATCH = 64
_LEARNING_RATE = 0.01
_SIDES = "post", "pre"


@dataclass(frozen=True)
class MechanismCell(Cell):
    """All blocks, at initialisation and trained, on one backend.

    Attributes:
        masked: Whether `Embedding(mask_zero=True)` and `Masking(0.)` tell the blocks of the fill.
        on: The backend.
        rows, epochs: Of training.
    """

    kind: ClassVar[str] = "mechanism"
    applies = (blocks,)

    masked: bool = True
    on: str = "tensorflow"
    rows: int = 512
    epochs: int = 12

    def why_not(self) -> str | None:
        """Gradients are taken on some backends."""
        if self.on not in BACKENDS:
            raise InputError("on", f"one of {', '.join(BACKENDS)}", self.on)
        return None

    def shape(self) -> Hashable:
        """Cells on one backend, with or without the mask."""
        return self.kind, self.masked, self.on

    def effort(self) -> float:
        """Some LSTMs' worth."""
        return 4.0 * self.rows * self.epochs * (_STEPS + _FILL)

    def programs(self) -> float:
        """As many as there are recurrent blocks, about."""
        return 6.0

    def run(self) -> Outcome:
        """Build, look, train, look again, where the backend is."""
        rows = elsewhere.call(self.on, f"{__name__}:measure", settings=self.settings)
        table = pd.DataFrame(rows).astype({"count": "Int64", "value": "float64"})
        return Outcome(table, {}, {})


def measure(settings: dict[str, Any]) -> list[dict[str, Any]]:
    """All measurements of a cell, on this process's backend."""
    backend.start()
    cell = MechanismCell(**settings)
    generator = np.random.default_rng(cell.seed)
    train, test = draw(cell.rows, generator), draw(_TEST_ROWS, generator)
    model = _set_back(_compiled(cell.masked), build(cell.masked, cell.seed))
    rows = list(_look(model, test, "initial"))
    filled, labels = lay(train, "post", _FILL), dict.fromkeys(blocks, train.labels)
    model.fit(filled.inputs, labels, batch_size=_BATCH, epochs=cell.epochs, shuffle=False, verbose=0)
    rows += _look(model, test, "trained")
    return rows


@functools.cache
def _compiled(masked: bool) -> Any:
    """One program for all seeds."""
    model = build(masked, seed=0)
    model.compile(
        keras.optimizers.Adam(_LEARNING_RATE), dict.fromkeys(blocks, keras.losses.BinaryCrossentropy(from_logits=True))
    )
    model.optimizer.build(model.trainable_variables)
    return model


def _set_back(model: Any, fresh: Any) -> Any:
    """Weights, statistics and seeds of a fresh model, and an optimiser that has taken no step."""
    own, new = ([variable for layer in one.layers for variable in layer.variables] for one in (model, fresh))
    for variable, value in zip(own, new, strict=True):
        variable.assign(value)
    for variable in model.optimizer.variables:
        variable.assign(np.zeros(variable.shape, variable.dtype))
    model.optimizer.learning_rate = _LEARNING_RATE
    return model


class Rows(NamedTuple):
    """Sequences of one length, and their labels.

    Attributes:
        features: `(row, step, unit)`, none of them zero.
        ids: `(row, step)`, from 1.
        labels: `(row, 1)`: whether the first feature is above zero on the whole, and so are the ids that stand for it.
    """

    features: np.ndarray
    ids: np.ndarray
    labels: np.ndarray


def draw(rows: int, generator: np.random.Generator) -> Rows:
    """Normal features; the first of them in steps as ids, too."""
    features = generator.normal(size=(rows, _STEPS, UNITS)).astype("float32")
    ids = 1 + np.clip((features[:, :, 0] + 2) / 4 * (WORDS - 1), 0, WORDS - 2).astype("int32")
    return Rows(features, ids, (features[:, :, :1].mean(axis=1) > 0).astype("float32"))


class Laid(NamedTuple):
    """A batch with fill: the model's inputs, and where the real steps are."""

    inputs: dict[str, np.ndarray]
    places: np.ndarray
    fill: np.ndarray


def lay(rows: Rows, side: str, count: int) -> Laid:
    """Fill of zero, and the mask for the heads."""
    width = _STEPS + count
    places = np.arange(_STEPS) + (count if side == "pre" else 0)
    features, ids = np.zeros((len(rows.ids), width, UNITS), "float32"), np.zeros((len(rows.ids), width), "int32")
    features[:, places], ids[:, places] = rows.features, rows.ids
    mask = np.zeros((len(rows.ids), width), "float32")
    mask[:, places] = 1
    inputs = {name: ids if blocks.facts(name)["takes_ids"] else features for name in blocks}
    return Laid(inputs | {"mask": mask}, places, np.setdiff1d(np.arange(width), places))


def build(masked: bool, seed: int) -> Any:
    """All blocks side by side; what each gives goes through a layer that is named after it and does nothing."""
    mask = keras.Input((None,), name="mask")
    inputs, heads = {"mask": mask}, {}
    for name, block in ((name, blocks[name]) for name in blocks):
        if blocks.facts(name)["takes_ids"]:
            inputs[name] = keras.Input((None,), dtype="int32", name=name)
            values = block(inputs[name], masked)
        else:
            inputs[name] = keras.Input((None, UNITS), name=name)
            values = block(keras.layers.Masking(0.0)(inputs[name]) if masked else inputs[name])
        seen = keras.layers.Identity(name=_gives(name))(values)
        weights = keras.ops.expand_dims(mask, -1)
        pooled = keras.ops.sum(seen * weights, axis=1) / keras.ops.sum(weights, axis=1)
        heads[name] = keras.layers.Dense(1, name=f"head_{_plain(name)}")(pooled)
    return seeded(keras.Model(inputs, heads), seed)


def _plain(name: str) -> str:
    return name.lower().replace("-", "_")


def _gives(name: str) -> str:
    return f"gives_{_plain(name)}"


class Look(NamedTuple):
    """What a block gives.

    Attributes:
        values: `(row, step, unit)`.
        mask: The mask on it when the model runs, `(row, step)`; None where there is none.
    """

    values: np.ndarray
    mask: np.ndarray | None


def _looks(trace: Trace) -> dict[str, Look]:
    calls = {call.layer.name: call for call in trace.calls}
    return {name: Look(calls[_gives(name)].inputs[0].value, calls[_gives(name)].inputs[0].mask) for name in blocks}


def _look(model: Any, test: Rows, stage: str) -> Iterator[dict[str, Any]]:
    """All measurements of all blocks at one stage."""
    run = watched(model)
    bare = _looks(run(lay(test, "post", 0).inputs))
    for side in _SIDES:
        laid = lay(test, side, _FILL)
        for name, seen in _looks(run(laid.inputs)).items():
            found = compare(bare[name].values, seen, laid)
            yield from _rows(found, name, stage, side)
    laid = lay(test, "post", _FILL)
    for name, found in _statistics(model, test).items():
        yield from _rows({"statistics_shift": found}, name, stage, "post")
    for name, found in _of_weights(model, laid, test.labels).items():
        yield from _rows(found, name, stage, "post")


def _rows(found: dict[str, float], name: str, stage: str, side: str) -> Iterator[dict[str, Any]]:
    for metric, value in found.items():
        yield {
            "probe": stage, "layout": side, "count": _FILL, "reference": "unpadded", "layer": name, "metric": metric,
            "value": float(value),
        }  # fmt: skip


def compare(bare: np.ndarray, seen: Look, laid: Laid) -> dict[str, float]:
    """What a block gives at fill, and what fill does to what it gives at real steps.

    Args:
        bare: What it gives without fill, `(row, step, unit)`.
        seen: What it gives with fill.
        laid: Where the real steps are.

    Returns:
        `fill_norm`, mean length of a vector at fill, in lengths at real steps; `fill_zero_share`, values at fill that are
        exactly zero; `last_state_distance`, how far they are from the last real step's, in lengths of that; `leak`, how far
        fill moves real steps, in lengths; `mask_arrives`, whether the right mask is on what it gives.
    """
    real, fill = seen.values[:, laid.places], seen.values[:, laid.fill]
    length = np.linalg.norm(real, axis=-1).mean()
    last = real[:, -1:]
    truth = np.isin(np.arange(seen.values.shape[1]), laid.places)
    return {
        "fill_norm": np.linalg.norm(fill, axis=-1).mean() / length,
        "fill_zero_share": (fill == 0).mean(),
        "last_state_distance": np.linalg.norm(fill - last, axis=-1).mean() / np.linalg.norm(last, axis=-1).mean(),
        "leak": np.linalg.norm(real - bare, axis=-1).mean() / np.linalg.norm(bare, axis=-1).mean(),
        "mask_arrives": seen.mask is not None and bool((seen.mask == truth).all()),
    }


def layers_of(model: Any, name: str) -> list[Any]:
    """The layers of a block that have weights."""
    inside = keras.Model(model.input, model.get_layer(_gives(name)).output)
    return [layer for layer in inside.layers if layer.variables]


def _statistics(model: Any, test: Rows) -> dict[str, float]:
    """How far one training step with fill leaves moving means and variances from where one without does, in their move."""
    kept = {
        name: [variable for layer in layers_of(model, name) for variable in _floats(layer.non_trainable_variables)]
        for name in blocks
    }
    before = [(variable, keras.ops.convert_to_numpy(variable)) for variables in kept.values() for variable in variables]
    after = []
    for count in (0, _FILL):
        model(keras.tree.map_structure(keras.ops.convert_to_tensor, lay(test, "post", count).inputs), training=True)
        after.append({name: _flat(variables) for name, variables in kept.items() if variables})
        for variable, value in before:
            variable.assign(value)
    at_first = {name: _flat(variables) for name, variables in kept.items() if variables}
    return {
        name: np.linalg.norm(after[1][name] - after[0][name]) / np.linalg.norm(after[0][name] - at_first[name])
        for name in at_first
    }


def _floats(variables: list[Any]) -> list[Any]:
    return [variable for variable in variables if "float" in str(variable.dtype)]


def _flat(variables: list[Any]) -> np.ndarray:
    return np.concatenate([keras.ops.convert_to_numpy(variable).ravel() for variable in variables]).astype(float)


def _of_weights(model: Any, laid: Laid, labels: np.ndarray) -> dict[str, dict[str, float]]:
    """Weights that are zero, weights that learn nothing from a batch, and gradients at fill."""
    tensors = keras.tree.map_structure(keras.ops.convert_to_tensor, laid.inputs)
    target = keras.ops.convert_to_tensor(labels)

    def loss(heads: dict[str, Any]) -> Any:
        return sum(
            keras.ops.mean(keras.losses.binary_crossentropy(target, head, from_logits=True)) for head in heads.values()
        )

    found = gradients_of(model, loss, tensors)
    by_input = dict(zip(sorted(laid.inputs), found.inputs))  # flattened in the order of names
    gradients = {id(variable): gradient for variable, gradient in zip(model.trainable_variables, found.weights)}
    told = {}
    for name in blocks:
        weights = [variable for layer in layers_of(model, name) for variable in layer.trainable_variables]
        told[name] = _of_inputs(by_input[name], laid)
        if weights:
            values = _flat(weights)
            learnt = [gradients[id(variable)] for variable in weights]
            told[name] |= {"zero_weights": (values == 0).mean(), "weights_norm": np.linalg.norm(values)}
            if blocks.facts(name)["takes_ids"]:
                occurring = np.unique(laid.inputs[name][:, laid.places])
                sizes = np.linalg.norm(learnt[0], axis=1)
                told[name] |= {"pad_vector_gradient": sizes[0] / sizes[occurring].mean()}
                learnt = [learnt[0][occurring]]
            told[name] |= {"weights_without_gradient": np.mean(np.concatenate([part.ravel() for part in learnt]) == 0)}
    return told


def _of_inputs(gradient: np.ndarray | None, laid: Laid) -> dict[str, float]:
    if gradient is None:
        return {}
    at_fill, at_real = (np.linalg.norm(gradient[:, places], axis=-1).mean() for places in (laid.fill, laid.places))
    return {"fill_gradient": at_fill / at_real}
