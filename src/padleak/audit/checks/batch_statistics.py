"""Do statistics that are kept in training count fill?"""

from collections.abc import Iterator
from typing import Any

import numpy as np

from padleak.audit.checks.case import Case, share, without_dropout
from padleak.audit.diagnosis import Finding, make_finding
from padleak.audit.model import left_as_it_was
from padleak.models.backend import keras


def findings(case: Case) -> Iterator[Finding]:
    """The first layer whose moving means or variances a training step moves elsewhere because of fill."""
    kept = [variable for variable in case.model.non_trainable_variables if "float" in str(variable.dtype)]
    # Without fill is what is compared with; a model that insists on a length cannot be run so.
    if not kept or case.feed.fixed is not None:
        return
    inputs, _, _ = case.three
    after = [_after_a_step(case.model, one, kept) for one in inputs]
    leaks = case.filled
    for position, leak in _by_owner(case, kept, after).items():
        comes_in = leaks.into[position] if position < len(leaks.into) else 0.0
        if leak > case.given.tolerance >= comes_in:
            yield make_finding("FILL_IN_BATCH_STATISTICS", case.given.reference.calls[position], leak, "warning")
            return


def _after_a_step(model: Any, inputs: Any, kept: list[Any]) -> list[np.ndarray]:
    """What variables hold after a call in training."""
    with left_as_it_was(model), without_dropout(model):
        model(inputs, training=True)
        return [keras.ops.convert_to_numpy(variable).astype(float) for variable in kept]


def _by_owner(case: Case, kept: list[Any], after: list[list[np.ndarray]]) -> dict[int, float]:
    """The largest share by the call that owns the variable, in the order of the calls."""
    found: dict[int, float] = {}
    for variable, three in zip(kept, zip(*after)):
        owner = case.owner(variable)
        found[owner] = max(found.get(owner, 0.0), share(*three, 1e-6 * float(np.linalg.norm(three[0]))))
    return dict(sorted(found.items()))
