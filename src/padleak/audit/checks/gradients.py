"""Does fill reach the weights, where it does not reach the outputs?

A value that is masked away may still have a gradient that is no number: the gradient of a square root at zero is infinite, and
zero times that is none.
"""

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from padleak.audit.checks.case import Case, share
from padleak.audit.diagnosis import Finding, make_finding
from padleak.audit.feed import View
from padleak.models import backend
from padleak.models.backend import keras
from padleak.models.gradients import BACKENDS, gradients_of


def findings(case: Case) -> Iterator[Finding]:
    """The last layer on the way whose weights get another gradient of the same answers, with fill than without."""
    if (
        backend.name() not in BACKENDS
        or case.is_stateful
        or case.filled.outputs > case.given.tolerance
        or not case.model.trainable_variables
    ):
        return
    inputs, home, view = case.three
    try:
        found = [
            gradients_of(case.model, _objective(where, case), one).weights
            for one, where in zip(inputs, (home, home, view))
        ]
    except Exception:  # code that has no gradient
        return
    floor = max(_ROUGH, case.given.tolerance) * max(float(np.linalg.norm(gradient)) for gradient in found[0])
    affected = [
        (case.owner(variable), leak)
        for variable, three in zip(case.model.trainable_variables, zip(*found))
        if (leak := share(*three, floor)) > case.given.tolerance
    ]
    if affected:
        position = max(position for position, _ in affected)
        leak = max(leak for _, leak in affected)
        yield make_finding("FILL_IN_GRADIENTS", case.given.reference.calls[position], leak, "warning")


_ROUGH = 1e-3
"""Of the largest gradient: sums over more steps round otherwise, and some gradients are zero but for that."""


def _objective(view: View, case: Case) -> Callable[[Any], Any]:
    """A sum of all outputs, weighed with the same numbers at the same real steps, and not at all at fill."""

    def objective(outputs: Any) -> Any:
        generator = np.random.default_rng(case.seed)
        flat = keras.tree.flatten(outputs)
        weights = [
            _weights(tuple(output.shape), view if has_time else None, generator).astype("float32")
            for output, has_time in zip(flat, case.has_time)
        ]
        return sum(keras.ops.sum(keras.ops.cast(output, "float32") * weight) for output, weight in zip(flat, weights))

    return objective


def _weights(shape: tuple[int, ...], view: View | None, generator: np.random.Generator) -> np.ndarray:
    if view is None:
        return generator.normal(size=shape)
    laid = np.zeros(shape)
    laid[:, view.places] = generator.normal(size=(shape[0], len(view.places), *shape[2:]))
    return laid
