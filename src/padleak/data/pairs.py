"""Pairs of texts to translate: what a function does, in a sentence, and the words of its name.

They are named as a data set is: `docstrings`, `pairs:german.tsv`. To add some, write one decorated function in a file of this
folder.
"""

import functools
import hashlib
import json
import re
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from filelock import FileLock

from padleak.data import docstrings as library_docstrings
from padleak.data.dataset import Source
from padleak.data.docstrings import LIBRARIES, cache_folder, first_paragraph, parse_documented
from padleak.data.files import choose_test_rows, one_file, parse, read_separated
from padleak.data.sequences import Sequences
from padleak.data.vocabulary import Vocabulary, split_words
from padleak.errors import InputError
from padleak.registry import Registry

pair_sets = Registry("pairs", package="padleak.data")
"""Functions `(path?, **options) -> Pairs`. Facts: `files` and `version`, as of data sets."""

BEGIN, END = "<begin>", "<end>"
"""Words around every target: they are the first two of its vocabulary."""

_NAME_PARTS = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|[0-9]+")


@dataclass(frozen=True, eq=False)
class Pairs:
    """Sources and targets as word ids, in two pools; no source of one is in the other.

    Attributes:
        train, test: Sources, `n` each.
        train_targets, test_targets: Their translations, between `BEGIN` and `END`.
        words, target_words: Number of ids of each vocabulary.
        skipped: Reason -> number of pairs left out.
    """

    train: Sequences
    test: Sequences
    train_targets: Sequences
    test_targets: Sequences
    words: int
    target_words: int
    skipped: dict[str, int] = field(default_factory=dict)


@pair_sets.add(version=library_docstrings.version)
def docstrings(*, words: int = 2000, target_words: int = 1000) -> Pairs:
    """Summaries of functions and classes of matplotlib, numpy, pandas and scipy, and the words of their names."""
    return _make("docstrings", _harvest_names(), words, target_words)


@pair_sets.add(files=one_file)
def pairs(path: str, *, words: int = 2000, target_words: int = 2000) -> Pairs:
    """A tab-separated file without a header: source, target."""
    table = parse(Path(path), lambda: read_separated(path, "\t", header=None))
    if table.shape[1] < 2:
        raise InputError(path, "of two columns between tabs, source and target", f"{table.shape[1]}")
    texts = table[[0, 1]].fillna("")
    return _make(
        path, ((split_words(a), split_words(b)) for a, b in texts.itertuples(index=False)), words, target_words
    )


def _make(name: str, found: Iterable[tuple[list[str], list[str]]], words: int, target_words: int) -> Pairs:
    """Drop and count what cannot be used, number the words, divide into pools."""
    skipped: Counter[str] = Counter()
    kept: dict[tuple[str, ...], list[str]] = {}
    for source, target in found:
        reason = "empty" if not target else "fewer than 2 words" if len(source) < 2 else ""
        reason = reason or ("repeats another source" if tuple(source) in kept else "")
        if reason:
            skipped[reason] += 1
        else:
            kept[tuple(source)] = [BEGIN, *target, END]
    testing = choose_test_rows(" ".join(source).encode() for source in kept)
    if len(kept) < 2 or testing.all() or not testing.any():
        raise InputError(
            name, "of enough different pairs to test on some", f"{len(kept)} usable; left out: {dict(skipped)}"
        )
    sources, targets = [list(source) for source in kept], list(kept.values())
    vocabularies = [
        Vocabulary.of((row for row, out in zip(rows, testing) if not out), size)
        for rows, size in ((sources, words), (targets, target_words))
    ]
    whole = [
        Sequences.from_rows(vocabulary.encode_all(rows), np.zeros(len(rows), int))
        for vocabulary, rows in zip(vocabularies, (sources, targets))
    ]
    pools = [side.take(chosen) for side in whole for chosen in (~testing, testing)]
    return Pairs(*pools[:2], *pools[2:], *(vocabulary.size for vocabulary in vocabularies), dict(skipped))


def _harvest_names() -> Iterator[tuple[list[str], list[str]]]:
    """Words of summaries and of names, from the cache if it is there. Names that a summary holds are not taken out of it."""
    digest = hashlib.sha256(library_docstrings.version().encode()).hexdigest()[:16]
    cache = cache_folder() / f"names-{digest}.json"
    cache.parent.mkdir(parents=True, exist_ok=True)
    with FileLock(cache.with_suffix(".lock")):
        if not cache.exists():
            found = [
                (name, first_paragraph(doc)) for library in LIBRARIES for name, doc in parse_documented(library) if name
            ]
            partial = cache.with_suffix(".partial")
            partial.write_text(json.dumps(found))
            partial.replace(cache)
        known = json.loads(cache.read_text())
    for name, summary in known:
        yield split_words(summary), split_name(name)


def split_name(name: str) -> list[str]:
    """Words of a name, whether between underscores or humps.

    >>> split_name("_read_CSVFile2"), split_name("__init__")
    (['read', 'csv', 'file', '2'], ['init'])
    """
    return [part.lower() for part in _NAME_PARTS.findall(name)]


@functools.lru_cache(maxsize=4)
def load_pairs(source: str) -> Pairs:
    """Read pairs, once per process.

    Args:
        source: As described at the head of this module.

    Raises:
        InputError: Unknown name or option, missing file, or too few pairs.
    """
    return Source.parse(source, pair_sets).read()
