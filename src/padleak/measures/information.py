"""How much a layer tells of a word, in nats: mutual information of clustered states and labels (Voita et al. 2019,
arXiv:1909.01380, section 4)."""

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class Information:
    """An estimate and what it would be of nothing.

    Attributes:
        value: Mutual information of cluster and label, in nats.
        bias: The same with labels shuffled: what so many clusters and labels make of so few rows. Their difference errs low
            where the information is large, since shuffling also undoes what keeps the estimate from growing.
        most: Entropy of the labels: what would be told by a layer that gives the label away.
    """

    value: float
    bias: float
    most: float


def mutual_information(first: np.ndarray, second: np.ndarray) -> float:
    """Of two discrete variables, from their counts, in nats.

    >>> round(mutual_information(np.array([0, 0, 1, 1]), np.array([5, 5, 7, 7])), 6)
    0.693147
    >>> mutual_information(np.array([0, 0, 1, 1]), np.array([5, 7, 5, 7]))
    0.0
    """
    rows, columns = (np.unique(values, return_inverse=True)[1] for values in (first, second))
    table = np.zeros((rows.max() + 1, columns.max() + 1))
    np.add.at(table, (rows, columns), 1)
    joint = table / table.sum()
    apart = joint.sum(axis=1, keepdims=True) * joint.sum(axis=0, keepdims=True)
    seen = joint > 0
    return float((joint[seen] * np.log(joint[seen] / apart[seen])).sum())


def told_of(labels: np.ndarray, clusters: np.ndarray, generator: np.random.Generator) -> Information:
    """What the clusters of states tell of labels.

    Args:
        labels: `(row,)`, any integers.
        clusters: Of each row's state, `(row,)`.
        generator: Of the shuffling.
    """
    counts = np.unique(labels, return_counts=True)[1] / len(labels)
    return Information(
        mutual_information(clusters, labels),
        mutual_information(clusters, generator.permutation(labels)),
        float(-(counts * np.log(counts)).sum()),
    )


def cluster(states: np.ndarray, count: int, generator: np.random.Generator) -> np.ndarray:
    """The cluster of each state by mini-batch k-means, `(row,)`.

    Args:
        states: `(row, unit)`.
        count: Of clusters; at most as many as there are rows.
        generator: Of where they begin and of the batches.
    """
    from sklearn.cluster import MiniBatchKMeans

    seed = int(generator.integers(2**31))
    model = MiniBatchKMeans(
        min(count, len(states)), batch_size=2048, max_iter=20, n_init=1, init="random", random_state=seed
    )
    return model.fit_predict(np.ascontiguousarray(states, dtype=np.float32))
