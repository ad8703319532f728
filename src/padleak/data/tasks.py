"""What a pre-trained encoder is asked afterwards: texts and a class for each.

To add a task, write one decorated function in a file of this folder.
"""

import numpy as np

from padleak.data.sequences import Sequences
from padleak.data.word_order import shuffle_groups
from padleak.registry import Registry

tasks = Registry("downstream task", package="padleak.data")
"""Functions `(texts, generator) -> texts` whose labels are the classes 0, 1, .... Fact: `needs_topics`."""


@tasks.add(needs_topics=True)
def topic(texts: Sequences, generator: np.random.Generator) -> Sequences:
    """Which topic is a text of? Of docstrings: which library wrote it? A question of words more than of their order."""
    return texts


@tasks.add
def order(texts: Sequences, generator: np.random.Generator) -> Sequences:
    """Are the words in their own order, or shuffled? No bag of words can tell."""
    is_shuffled = generator.permutation(np.arange(len(texts)) % 2)
    shuffled = shuffle_groups(texts, 1, generator)
    values = np.where(np.repeat(is_shuffled, texts.lengths), shuffled.values, texts.values)
    return Sequences(values, texts.offsets, is_shuffled)
