"""Pairs of texts to translate: what a function does, in a sentence, and the words of its name.

They are named as a data set is: `docstrings`, `pairs:german.tsv`. To add some, write one decorated function in a file of this
folder.
"""

import csv
import functools
import hashlib
import json
import re
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import NamedTuple

import numpy as np
from filelock import FileLock

from padleak.arguments import check_kind, check_whole
from padleak.data import docstrings as library_docstrings
from padleak.data.corpus import FEWEST
from padleak.data.dataset import Source
from padleak.data.docstrings import LIBRARIES, cache_folder, drop_names, first_paragraph, parse_documented
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
        train, test: Sources, labelled with their topic, `n` each.
        train_targets, test_targets: Their translations, between `BEGIN` and `END`.
        words, target_words: Number of ids of each vocabulary.
        topics: Names of the topics, in the order of their numbers; a single one where none are known.
        skipped: Reason -> number of pairs left out.
    """

    train: Sequences
    test: Sequences
    train_targets: Sequences
    test_targets: Sequences
    words: int
    target_words: int
    topics: tuple[str, ...]
    skipped: dict[str, int] = field(default_factory=dict)

    def openings(self, length: int) -> "Pairs":
        """The first `length` words of the sources that have half as many, with their targets: padded, they hold little fill."""
        check_whole("length", length, 1)
        long = [2 * pool.lengths >= length for pool in (self.train, self.test)]
        return replace(
            self,
            train=self.train.take(long[0]).truncate(length),
            test=self.test.take(long[1]).truncate(length),
            train_targets=self.train_targets.take(long[0]),
            test_targets=self.test_targets.take(long[1]),
        )


class Pair(NamedTuple):
    """Words of a source, of its translation, and its topic."""

    source: list[str]
    target: list[str]
    topic: str


@pair_sets.add(version=library_docstrings.version)
def docstrings(*, text: str = "summary", words: int = 2000, target_words: int = 1000) -> Pairs:
    """Docstrings of matplotlib, numpy, pandas and scipy, and the words of the functions' and classes' names.

    The topic is the library, whose names are taken out.

    Args:
        text: `summary`, the first paragraph, or `whole`.
        words, target_words: Sizes of the vocabularies, made from the training pool.
    """
    if text not in ("summary", "whole"):
        raise InputError("text", "summary or whole", text)
    return _make("docstrings", _harvest_names(whole=text == "whole"), words, target_words)


@pair_sets.add(files=one_file)
def pairs(path: str, *, words: int = 2000, target_words: int = 2000) -> Pairs:
    """A tab-separated file without a header: source, target, and a topic if you have one. Quotes are words' own."""
    table = parse(Path(path), lambda: read_separated(path, "\t", quoting=csv.QUOTE_NONE))
    if table.shape[1] < 2:
        raise InputError(path, "of two columns between tabs, source and target", f"{table.shape[1]}")
    texts = table.fillna("").astype(str)
    topics = texts[2] if table.shape[1] > 2 else [Path(path).stem] * len(texts)
    found = (Pair(split_words(a), split_words(b), c) for a, b, c in zip(texts[0], texts[1], topics))
    return _make(path, found, words, target_words)


def _make(name: str, found: Iterable[Pair], words: int, target_words: int) -> Pairs:
    """Drop and count what cannot be used, number the words, divide into pools."""
    skipped: Counter[str] = Counter()
    kept: dict[tuple[str, ...], Pair] = {}
    for pair in found:
        reason = "empty" if not pair.target else "fewer than 2 words" if len(pair.source) < 2 else ""
        reason = reason or ("repeats another source" if tuple(pair.source) in kept else "")
        if reason:
            skipped[reason] += 1
        else:
            kept[tuple(pair.source)] = pair._replace(target=[BEGIN, *pair.target, END])
    testing = choose_test_rows(" ".join(source).encode() for source in kept)
    if len(kept) < FEWEST or testing.all() or not testing.any():
        raise InputError(
            name, f"of at least {FEWEST} different pairs", f"{len(kept)} usable; left out: {dict(skipped)}"
        )
    sources, targets, topics = zip(*kept.values())
    names, labels = np.unique(topics, return_inverse=True)
    vocabularies = [
        Vocabulary.of((row for row, out in zip(rows, testing) if not out), size)
        for rows, size in ((sources, words), (targets, target_words))
    ]
    whole = [
        Sequences.from_rows(vocabulary.encode_all(rows), labels)
        for vocabulary, rows in zip(vocabularies, (sources, targets))
    ]
    pools = [side.take(chosen) for side in whole for chosen in (~testing, testing)]
    sizes = (vocabulary.size for vocabulary in vocabularies)
    return Pairs(*pools, *sizes, tuple(names.tolist()), dict(skipped))


def _harvest_names(whole: bool) -> Iterator[Pair]:
    """Docstrings and names, from the cache if it is there. A name's words that stand in its docstring stay there."""
    digest = hashlib.sha256(library_docstrings.version().encode()).hexdigest()[:16]
    cache = cache_folder() / f"documented-{digest}.json"
    cache.parent.mkdir(parents=True, exist_ok=True)
    with FileLock(cache.with_suffix(".lock")):
        if not cache.exists():
            found = [(library, *named) for library in LIBRARIES for named in parse_documented(library) if named[0]]
            partial = cache.with_suffix(".partial")
            partial.write_text(json.dumps(found))
            partial.replace(cache)
        known = json.loads(cache.read_text())
    for library, name, doc in known:
        yield Pair(drop_names(split_words(doc if whole else first_paragraph(doc))), split_name(name), library)


def split_name(name: str) -> list[str]:
    """Words of a name, whether between underscores or humps.

    >>> split_name("_read_CSVFile2"), split_name("__init__")
    (['read', 'csv', 'file', '2'], ['init'])
    """
    return [part.lower() for part in _NAME_PARTS.findall(name)]


def load_pairs(source: str) -> Pairs:
    """Read pairs, once per process.

    Args:
        source: As described at the head of this module.

    Raises:
        InputError: Unknown name or option, missing file, or too few pairs.
    """
    check_kind("source", source, str, "the name of a set of pairs")
    return _read(source)


@functools.lru_cache(maxsize=4)
def _read(source: str) -> Pairs:
    return Source.parse(source, pair_sets).read()
