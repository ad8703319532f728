"""The embedded real text: docstrings of the installed scientific packages. The task: which library wrote it?"""

import ast
import hashlib
import importlib.metadata
import importlib.util
import json
import os
import re
import warnings
from collections import Counter
from collections.abc import Iterator
from inspect import cleandoc
from pathlib import Path

from filelock import FileLock

from padleak.data.dataset import Dataset, datasets
from padleak.data.sequences import Sequences
from padleak.data.vocabulary import Vocabulary, split_words
from padleak.errors import InputError

LIBRARIES = ("matplotlib", "numpy", "pandas", "scipy")
_OWN_NAMES = {
    *LIBRARIES,
    "mpl",
    "np",
    "pd",
    "plt",
    "pyplot",
    "ndarray",
    "dataframe",
    "dataframes",
    "numpy's",
    "pandas'",
}
_REVISION = "1"
_TEST_SHARE = 0.3


def version() -> str:
    """What the texts hang on: the versions of the libraries and of this reader."""
    return json.dumps([_REVISION, {name: importlib.metadata.version(name) for name in LIBRARIES}])


@datasets.add(holds="tokens", version=version)
def docstrings(*, text: str = "summary", words: int = 2000) -> Dataset:
    """Real text: docstrings of matplotlib, numpy, pandas and scipy; which library wrote it?

    The sources are parsed, not imported. The libraries' own names are taken out, texts that occur twice are used once (not
    at all where two libraries share them), and a hash of the text decides whether it is for training or for testing, so
    nothing stands on both sides.

    Args:
        text: `summary`, the first paragraph (median 9 words), or `whole`.
        words: Size of the vocabulary, made from the training pool.
    """
    if text not in ("summary", "whole"):
        raise InputError("text", "summary or whole", text)
    pools: dict[bool, tuple[list, list]] = {False: ([], []), True: ([], [])}
    texts, skipped = _read_texts(whole=text == "whole")
    for tokens, library in texts:
        pool = pools[_is_for_testing(tokens)]
        pool[0].append(tokens)
        pool[1].append(LIBRARIES.index(library))
    vocabulary = Vocabulary.of(pools[False][0], words)
    train, test = (Sequences.from_rows(vocabulary.encode_all(rows), labels) for rows, labels in pools.values())
    return Dataset(train, test, LIBRARIES, vocabulary.size, skipped).shuffled()


def _is_for_testing(tokens: list[str]) -> bool:
    digest = hashlib.sha256(" ".join(tokens).encode()).digest()
    return int.from_bytes(digest[:4]) / 2**32 < _TEST_SHARE


def _read_texts(whole: bool) -> tuple[list[tuple[list[str], str]], dict[str, int]]:
    """Words and library of every distinct text, and what was left out and why."""
    words_of = [
        (drop_names(split_words(doc if whole else first_paragraph(doc))), library) for library, doc in _harvest()
    ]
    libraries: dict[tuple[str, ...], set[str]] = {}
    for tokens, library in words_of:
        libraries.setdefault(tuple(tokens), set()).add(library)
    skipped = Counter(
        {
            "repeats another text": len(words_of) - len(libraries),
            "fewer than 2 words": sum(len(tokens) < 2 for tokens in libraries),
            "shared by two libraries": sum(len(who) > 1 and len(tokens) >= 2 for tokens, who in libraries.items()),
        }
    )
    kept = [(list(tokens), who.pop()) for tokens, who in libraries.items() if len(who) == 1 and len(tokens) >= 2]
    return kept, dict(skipped)


def first_paragraph(doc: str) -> str:
    """The summary of a docstring."""
    return re.split(r"\n\s*\n", doc, maxsplit=1)[0]


def drop_names(tokens: list[str]) -> list[str]:
    """Words without the libraries' own names, which would give away who wrote a text."""
    return [token for token in tokens if token not in _OWN_NAMES]


def _harvest() -> list[tuple[str, str]]:
    """(library, docstring) of all libraries, from the cache if it is there."""
    digest = hashlib.sha256(version().encode()).hexdigest()[:16]
    cache = cache_folder() / f"docstrings-{digest}.json"
    cache.parent.mkdir(parents=True, exist_ok=True)
    with FileLock(cache.with_suffix(".lock")):
        if not cache.exists():
            found = [(library, doc) for library in LIBRARIES for _, doc in parse_documented(library)]
            partial = cache.with_suffix(".partial")
            partial.write_text(json.dumps(found))
            partial.replace(cache)
        return [tuple(pair) for pair in json.loads(cache.read_text())]


def cache_folder() -> Path:
    """Where made data are kept: `$PADLEAK_CACHE`, else the user's cache folder."""
    home = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(os.environ.get("PADLEAK_CACHE") or Path(home) / "padleak")


def parse_documented(library: str) -> Iterator[tuple[str, str]]:
    """Name and docstring of all modules (which have no name), classes and functions of an installed library, tests left out.

    Its sources are parsed and not imported."""
    root = Path(importlib.util.find_spec(library).origin).parent
    for file in sorted(root.rglob("*.py")):
        if "tests" not in file.relative_to(root).parts:
            yield from _parse_file(file)


def _parse_file(file: Path) -> Iterator[tuple[str, str]]:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", SyntaxWarning)
        tree = ast.parse(file.read_text(encoding="utf-8"))
    for node in ast.walk(tree):
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
            doc = ast.get_docstring(node, clean=False)
            if doc and doc.strip():
                yield getattr(node, "name", ""), cleandoc(doc)
