"""Where sequences come from and how they are padded; where tables come from, and what is missing in either."""

from padleak.data.dataset import Dataset, Split, datasets, load
from padleak.data.gaps import gap_patterns, tellings, with_gaps
from padleak.data.missingness import mechanisms
from padleak.data.padding import Padded, pad, paddings
from padleak.data.sequences import Sequences
from padleak.data.table import Table, load_table, tables
from padleak.data.vocabulary import FILL, Vocabulary

__all__ = [
    "FILL", "Dataset", "Padded", "Sequences", "Split", "Table", "Vocabulary", "datasets", "gap_patterns", "load", "load_table",
    "mechanisms", "pad", "paddings", "tables", "tellings", "with_gaps",
]  # fmt: skip
