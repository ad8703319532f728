"""Texts whose words stand in another order, as Sinha et al. 2021 (arXiv:2104.06644) trained on.

To add an order, write one decorated function in a file of this folder.
"""

import numpy as np

from padleak.data.sequences import Sequences
from padleak.registry import Registry

word_orders = Registry("word order", package="padleak.data")
"""Functions `(texts, generator) -> texts` of the same lengths and labels."""


@word_orders.add
def natural(texts: Sequences, generator: np.random.Generator) -> Sequences:
    """As they were written."""
    return texts


@word_orders.add
def shuffled_4(texts: Sequences, generator: np.random.Generator) -> Sequences:
    """Four words at a time stay together, and these groups are shuffled within each text."""
    return shuffle_groups(texts, 4, generator)


@word_orders.add
def shuffled_2(texts: Sequences, generator: np.random.Generator) -> Sequences:
    """Two words at a time stay together."""
    return shuffle_groups(texts, 2, generator)


@word_orders.add
def shuffled_1(texts: Sequences, generator: np.random.Generator) -> Sequences:
    """The words of each text, in any order."""
    return shuffle_groups(texts, 1, generator)


@word_orders.add
def corpus(texts: Sequences, generator: np.random.Generator) -> Sequences:
    """Words drawn from all texts: how often each occurs is all that is left."""
    return texts.with_values(generator.choice(texts.values, size=len(texts.values)))


def shuffle_groups(texts: Sequences, size: int, generator: np.random.Generator) -> Sequences:
    """Shuffle groups of words within each text; the last group of a text may be smaller.

    >>> text = Sequences.from_rows([[2, 3, 4, 5, 6]], [0])
    >>> shuffle_groups(text, 2, np.random.default_rng(1)).values.tolist()
    [6, 2, 3, 4, 5]
    """
    text = np.repeat(np.arange(len(texts)), texts.lengths)
    place = np.arange(len(text)) - texts.offsets[:-1][text]
    is_first = place % size == 0
    group = np.cumsum(is_first) - 1
    lot = generator.random(is_first.sum())[group]
    return texts.with_values(texts.values[np.lexsort((place, lot, text))])
