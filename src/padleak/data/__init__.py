"""Where sequences come from and how they are padded; where tables come from, and what is missing in either."""

from padleak.data.corpus import Corpus, corpora, load_corpus
from padleak.data.dataset import Dataset, Split, datasets, load
from padleak.data.gaps import gap_patterns, tellings, with_gaps
from padleak.data.missingness import mechanisms
from padleak.data.padding import Padded, pad, paddings
from padleak.data.pairs import Pairs, load_pairs, pair_sets
from padleak.data.sequences import Sequences
from padleak.data.table import Table, load_table, tables
from padleak.data.tasks import tasks
from padleak.data.vocabulary import FILL, Vocabulary
from padleak.data.word_order import word_orders

__all__ = [
    "FILL", "Corpus", "Dataset", "Padded", "Pairs", "Sequences", "Split", "Table", "Vocabulary", "corpora", "datasets",
    "gap_patterns", "load", "load_corpus", "load_pairs", "load_table", "mechanisms", "pad", "paddings", "pair_sets", "tables",
    "tasks", "tellings", "with_gaps", "word_orders",
]  # fmt: skip
