"""Designs: which cells a question needs, and which combinations cannot be."""

import itertools
import math
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any, TypeVar

from padleak.arguments import check_kind, check_name, check_whole, say
from padleak.data.dataset import Source
from padleak.errors import InputError
from padleak.study.cell import Cell

T = TypeVar("T")

_MOST_SEEDS, _MOST_CELLS = 1000, 10**6
"""Designs are laid out as a whole before anything runs."""


@dataclass(frozen=True)
class Profile:
    """How much of the study is run.

    Attributes:
        name: `smoke`, `standard` or `paper`.
        seeds: Replicates of every cell; a seed draws rows, initial weights and data order.
        rows: Training rows of a cell.
        validation: Validation rows of a cell.
        test: Test rows of a cell, the same for every seed.
        epochs: Epochs at most.
        data: Used in place of each experiment's own data where it asks with `sources`; "" for none.
        table: Of the user, for experiments that read tables; "" for none.
        corpus, pairs: Of the user, for experiments that train language models; "" for none.
    """

    name: str
    seeds: int
    rows: int
    validation: int
    test: int
    epochs: int
    data: str = ""
    table: str = ""
    corpus: str = ""
    pairs: str = ""

    def __post_init__(self):
        check_kind("name", self.name, str, "a profile's name")
        check_whole("seeds", self.seeds, 1, _MOST_SEEDS)
        for size in ("rows", "validation", "test", "epochs"):
            check_whole(size, getattr(self, size), 1)
        for source in ("data", "table", "corpus", "pairs"):
            check_kind(source, getattr(self, source), str, 'a source, or ""')

    def sources(self, *own: str, holds: tuple[str, ...] = ("tokens", "features")) -> list[str]:
        """The data to use where any data of a kind serve: the user's, else the experiment's own."""
        return [self.data] if self.data and Source.parse(self.data).holds in holds else list(own)

    def pick(self, smoke: T, standard: T, paper: T) -> T:
        """A value by profile."""
        return {"smoke": smoke, "standard": standard, "paper": paper}[self.name]

    @property
    def language(self) -> dict[str, Any]:
        """The settings that cells which train one small language model after another take from the profile."""
        sizes = self.pick(
            smoke={"steps": 40, "batch": 16, "width": 16, "tuning": 60, "task_rows": 400},
            standard={"steps": 840, "tuning": 240},
            paper={"steps": 4000},
        )
        return {"seed": list(range(self.seeds))} | ({"data": self.corpus} if self.corpus else {}) | sizes

    @property
    def settings(self) -> dict[str, Any]:
        """The settings that every cell takes from the profile, seeds as levels."""
        sizes = {name: getattr(self, name) for name in ("rows", "validation", "test", "epochs")}
        return {"seed": list(range(self.seeds))} | sizes


PROFILES = {
    profile.name: profile
    for profile in (
        Profile("smoke", seeds=2, rows=192, validation=64, test=256, epochs=1),
        Profile("standard", seeds=5, rows=1536, validation=384, test=768, epochs=6),
        Profile("paper", seeds=20, rows=6000, validation=1000, test=3000, epochs=12),
    )
}


@dataclass(frozen=True)
class Design:
    """Cells to run, and the reasons why others are left out, with their number."""

    cells: tuple[Cell, ...] = ()
    skipped: Counter[str] = field(default_factory=Counter)

    def __post_init__(self):
        check_kind("cells", self.cells, tuple | list, "a tuple of cells")
        for cell in self.cells:
            check_kind("cells", cell, Cell, "a tuple of cells")
        check_kind("skipped", self.skipped, dict, "reasons and how often they hold")

    def __add__(self, other: "Design") -> "Design":
        """Both, each cell once."""
        return Design(unique([*self.cells, *other.cells]), self.skipped + other.skipped)


def unique(cells: Iterable[Cell]) -> tuple[Cell, ...]:
    """The cells in their order, each key once."""
    return tuple({cell.key: cell for cell in cells}.values())


def factorial(kind: type[Cell], **levels: Any) -> Design:
    """All combinations of levels.

    Args:
        kind: The class of cell.
        levels: Setting -> one value, or a list of values to cross.

    Returns:
        The cells that can be; the others counted by their reason.

    >>> from padleak.study.trials.sequence import SequenceCell
    >>> len(factorial(SequenceCell, masking=["none", "embedding"], seed=[0, 1, 2]).cells)
    6
    """
    if not isinstance(kind, type) or not issubclass(kind, Cell):
        raise InputError("kind", "a class of cells", say(kind))
    for name in levels:
        check_name(f"setting of a {kind.__name__}", name, kind.__dataclass_fields__)
    crossed = [value if isinstance(value, list) else [value] for value in levels.values()]
    count = math.prod(map(len, crossed))
    if count > _MOST_CELLS:
        raise InputError("levels", f"such that at most {_MOST_CELLS} cells are laid out", f"{count} combinations")
    cells, skipped = [], Counter()
    for values in itertools.product(*crossed):
        cell = kind(**dict(zip(levels, values)))
        reason = cell.why_not()
        if reason:
            skipped[reason] += 1
        else:
            cells.append(cell)
    return Design(unique(cells), skipped)
