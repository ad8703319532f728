"""Data sets: a pool to train on, a pool to test on, and how to name one.

A source is written `NAME`, `NAME:FILE` or either with options, as in a web address: `docstrings?text=whole`,
`keyword?length=60`, `csv:reviews.csv?text=review&label=stars`. To add a data set, write one decorated function in a file
of this folder.
"""

import functools
import hashlib
import inspect
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any
from urllib.parse import parse_qsl

import numpy as np

from padleak.arguments import check_kind, check_whole
from padleak.data.sequences import Sequences
from padleak.data.vocabulary import collide
from padleak.errors import InputError, unknown_name
from padleak.registry import Registry

datasets = Registry("data set", package="padleak.data")
"""Functions `(path?, **options) -> Dataset`. Facts: `holds` ("tokens", "features" or a function of the path that tells),
`files` (a function from the path to the files read; absent where there is no path), `version` (a function that tells what
else the data hang on)."""


@dataclass(frozen=True, eq=False)
class Split:
    """What one seed trains, validates and tests on; `test` is the same for every seed."""

    train: Sequences
    validation: Sequences
    test: Sequences


@dataclass(frozen=True, eq=False)
class Dataset:
    """Two disjoint pools of labelled sequences.

    Attributes:
        train: Pool from which each seed draws its training and validation rows.
        test: Pool for testing; no text (or array) of it is in `train`, though unknown words may make two texts look alike.
        classes: Names of the classes, in the order of their numbers; empty when labels are numbers to predict.
        words: Number of token ids, reserved ones included; 0 for features.
        skipped: Reason -> number of rows left out.
    """

    train: Sequences
    test: Sequences
    classes: tuple[str, ...] = ()
    words: int = 0
    skipped: dict[str, int] = field(default_factory=dict)

    def draw(self, seed: int, rows: int, validation: int, test: int) -> Split:
        """Draw training and validation rows without replacement, and the first `test` rows of the test pool.

        Smaller pools give what they have, in the proportion asked for.
        """
        for name, value, low in (
            ("seed", seed, 0),
            ("rows", rows, 1),
            ("validation", validation, 0),
            ("test", test, 1),
        ):
            check_whole(name, value, low)
        order = np.random.default_rng(seed).permutation(len(self.train))
        rows = min(rows, len(order) * rows // (rows + validation))
        return Split(
            train=self.train.take(order[:rows]),
            validation=self.train.take(order[rows : rows + validation]),
            test=self.test.take(np.arange(min(test, len(self.test)))),
        )

    def shuffled(self) -> "Dataset":
        """The same pools in a fixed random order, so that any first rows stand for all: sources often come class by class."""
        generators = np.random.default_rng(0).spawn(2)
        train, test = (
            pool.take(generator.permutation(len(pool))) for pool, generator in zip((self.train, self.test), generators)
        )
        return replace(self, train=train, test=test)

    def collided(self) -> "Dataset":
        """The same data with the first word on the fill id: the fault of a vocabulary that starts at 0."""
        return replace(
            self,
            train=self.train.with_values(collide(self.train.values, self.words)),
            test=self.test.with_values(collide(self.test.values, self.words)),
        )


@dataclass(frozen=True)
class Source:
    """A parsed source string, and the registry that its name is of."""

    name: str
    path: str
    options: dict[str, str]
    registry: Registry = datasets

    @classmethod
    def parse(cls, text: str, registry: Registry = datasets) -> "Source":
        """Take `NAME[:PATH][?OPTION=VALUE&...]` apart and check the name, the options and that the files exist."""
        check_kind(registry.kind, text, str, "named as NAME, NAME:FILE or either with ?OPTION=VALUE")
        head, _, query = text.partition("?")
        name, _, path = head.partition(":")
        source = cls(name, path, dict(parse_qsl(query, keep_blank_values=True)), registry)
        source._check()
        return source

    def _check(self) -> None:
        files = self.registry.facts(self.name).get("files")
        if files is None and self.path:
            raise InputError(
                f"{self.registry.kind} {self.name}", "named without a file", self.path, f"Write {self.name}."
            )
        if files is not None and not self.path:
            raise InputError(f"{self.registry.kind} {self.name}", f"followed by a file ({self.name}:FILE)", "no file")
        for file in files(self.path) if files else ():
            if not file.is_file():
                raise InputError(
                    f"{self.registry.kind} {self.name}", "a file that exists", str(file), "Check the path."
                )
        self._convert_options()

    def _convert_options(self) -> dict[str, object]:
        parameters = {
            name: parameter
            for name, parameter in inspect.signature(self.registry[self.name]).parameters.items()
            if parameter.kind is inspect.Parameter.KEYWORD_ONLY
        }
        converted = {}
        for name, text in self.options.items():
            if name not in parameters:
                raise unknown_name(f"option of {self.registry.kind} {self.name}", parameters, name)
            kind = parameters[name].annotation
            try:
                converted[name] = kind(text)
            except ValueError:
                raise InputError(
                    f"option {name} of {self.registry.kind} {self.name}", f"a number ({kind.__name__})", text
                ) from None
        return converted

    def read(self, *drawn: int) -> Any:
        """Read or make the data; `drawn` are the numbers that what is made hangs on, if any."""
        arguments = (self.path,) if self.path else drawn
        return self.registry[self.name](*arguments, **self._convert_options())

    @functools.cached_property
    def holds(self) -> str:
        """`tokens` or `features`, told without reading the data."""
        holds = self.registry.facts(self.name)["holds"]
        return holds(self.path) if callable(holds) else holds

    @functools.cached_property
    def version(self) -> str:
        """A digest that changes when the data do: of the files, or of what else they hang on."""
        facts = self.registry.facts(self.name)
        digest = hashlib.sha256()
        for file in facts["files"](self.path) if "files" in facts else ():
            digest.update(hashlib.sha256(file.read_bytes()).digest())
        tell: Callable[[], str] = facts.get("version", str)
        digest.update(tell().encode())
        return digest.hexdigest()[:12]


@functools.lru_cache(maxsize=128)
def source_of(text: str, registry: Registry = datasets) -> Source:
    """`Source.parse`, once per process: cells ask for their source again and again, and its version takes reading its files."""
    return Source.parse(text, registry)


def load(source: str) -> Dataset:
    """Read or make a data set, once per process.

    Args:
        source: As described at the head of this module.

    Raises:
        InputError: Unknown name or option, missing file, or no usable rows.
    """
    check_kind("source", source, str, "the name of a data set")
    return _read(source)


@functools.lru_cache(maxsize=8)
def _read(source: str) -> Dataset:
    return Source.parse(source).read()
