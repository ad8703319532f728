"""Training that ran away is told from training that went badly."""

import numpy as np


def insist_finite(loss: float | np.ndarray, when: str) -> None:
    """Raise where a loss is infinite or not a number: what follows from such weights is no measurement.

    Args:
        loss: One or several.
        when: After how much training, for the message.

    Raises:
        FloatingPointError: It is not finite.

    >>> insist_finite(float("nan"), "after 3 epochs")
    Traceback (most recent call last):
        ...
    FloatingPointError: the loss is nan after 3 epochs: training diverged
    """
    if not np.isfinite(loss).all():
        raise FloatingPointError(f"the loss is {loss} {when}: training diverged")
