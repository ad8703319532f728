"""What becomes of a row that is all fill?"""

from collections.abc import Iterator

import numpy as np

from padleak.audit.checks.case import Case
from padleak.audit.diagnosis import Finding, make_finding


def findings(case: Case) -> Iterator[Finding]:
    """The first call that makes of it what is no number, where other rows have numbers; if the user's batch has such a row."""
    if not case.feed.had_empty_row:
        return
    inputs, _ = case.feed.lay(case.condition, empty_row=True)
    try:
        run = case.run(inputs)
    except Exception:  # the model says itself that it takes none
        return
    for call in run.calls:
        for tensor in call.outputs:
            value = tensor.value
            if call.is_leaf and value.dtype.kind == "f" and value.ndim > 1 and len(value) > 1:
                finite = np.isfinite(value).reshape(len(value), -1).all(axis=1)
                if not finite[0] and finite[1:].all():
                    yield make_finding("EMPTY_ROW", call, float("inf"), "warning")
                    return
