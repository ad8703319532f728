"""Who is nearest to whom among states (Voita et al. 2019, arXiv:1909.01380, section 6)."""

import numpy as np


def share_alike(states: np.ndarray, labels: np.ndarray, count: int = 5) -> float:
    """Of the nearest neighbours of each state, the share that has its label, mean over states.

    Args:
        states: `(row, unit)`; the nearest have the largest cosine.
        labels: `(row,)`.
        count: Neighbours of each, fewer than there are rows.

    >>> share_alike(np.array([[1, 0], [1, 0.1], [0, 1], [0.1, 1]]), np.array([7, 7, 8, 8]), count=1)
    1.0
    """
    lengths = np.linalg.norm(states, axis=1, keepdims=True)
    directions = states / np.maximum(lengths, 1e-12)
    likeness = directions @ directions.T
    np.fill_diagonal(likeness, -np.inf)
    nearest = np.argpartition(-likeness, count - 1, axis=1)[:, :count]
    return float((labels[nearest] == labels[:, None]).mean())
