"""What a linear reader of states still makes out."""

import numpy as np

from padleak.errors import InputError

_FOLDS = 5
_BLUR = 0.1
"""Standard deviation of the noise that the reader sees states through, as a share of the spread of a unit without fill."""

_DRAWS = 4


def probe_accuracy(states: np.ndarray, labels: np.ndarray, generator: np.random.Generator) -> np.ndarray:
    """Accuracy of linear readers of blurred states, one fitted for each condition.

    A reader without noise would still read states that have drawn together to a millionth of their spread. Least squares on
    class indicators, cross-validated in five folds; the noise is drawn four times, the same for all conditions.

    Args:
        states: `(condition, n, unit)`; the spread of the first condition is the measure of the noise.
        labels: Class numbers `(n,)`.
        generator: Draws folds and noise.

    Returns:
        Share read right `(condition,)`.

    Raises:
        InputError: Fewer rows than folds.
    """
    _, n, units = states.shape
    if n < _FOLDS:
        raise InputError("states", f"{_FOLDS} rows or more", f"{n}")
    blur = _BLUR * np.sqrt(states[0].var(axis=0).mean())
    noise = blur * generator.normal(size=(_DRAWS, n, units))
    seen = (states[:, None] + noise).reshape(len(states), _DRAWS * n, units)
    design = np.concatenate([seen, np.ones((*seen.shape[:2], 1))], axis=2)
    fold = np.tile(generator.permutation(np.arange(n) % _FOLDS), _DRAWS)
    truth = np.tile(labels, _DRAWS)
    wanted = np.eye(labels.max() + 1)[truth]
    right = np.zeros(len(states))
    for held_out in (fold == number for number in range(_FOLDS)):
        taught = design[:, ~held_out]
        gram = taught.transpose(0, 2, 1) @ taught + 1e-9 * np.eye(units + 1)
        weights = np.linalg.solve(gram, taught.transpose(0, 2, 1) @ wanted[~held_out])
        right += ((design[:, held_out] @ weights).argmax(axis=2) == truth[held_out]).sum(axis=1)
    return right / len(truth)
