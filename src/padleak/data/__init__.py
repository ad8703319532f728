"""Where sequences come from, and how they are padded."""

from padleak.data.dataset import Dataset, Split, datasets, load
from padleak.data.padding import Padded, pad, paddings
from padleak.data.sequences import Sequences
from padleak.data.vocabulary import FILL, Vocabulary

__all__ = ["FILL", "Dataset", "Padded", "Sequences", "Split", "Vocabulary", "datasets", "load", "pad", "paddings"]
