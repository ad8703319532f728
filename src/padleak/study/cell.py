"""A cell: one fully specified piece of work, whose content is its key."""

import dataclasses
import hashlib
import json
import re
from abc import ABC, abstractmethod
from collections.abc import Hashable, Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Any, ClassVar

import numpy as np
import pandas as pd

from padleak.discovery import behind
from padleak.registry import Registry


@dataclass(frozen=True, eq=False)
class Outcome:
    """What running a cell gives.

    Attributes:
        measurements: One row a number: `probe`, `layout`, `count`, `reference`, `layer`, `metric`, `value`. The same cell
            gives the same rows.
        facts: What else is worth keeping, such as seconds; may differ from run to run.
        arrays: File name -> array name -> array (sampled states, weights).
    """

    measurements: pd.DataFrame
    facts: dict[str, Any]
    arrays: dict[str, dict[str, np.ndarray]]


def _identity_of(setting: Any) -> Any:
    """A cell within a cell by what was chosen, so that its new settings, too, leave old results valid."""
    return setting._identity if isinstance(setting, Cell) else dataclasses.asdict(setting)


def _names_within(setting: Any) -> Iterator[str]:
    """Every name that a setting holds, of a source without its file and options."""
    if isinstance(setting, str):
        yield re.split("[:?]", setting)[0]
    elif isinstance(setting, dict | list | tuple):
        for part in setting.values() if isinstance(setting, dict) else setting:
            yield from _names_within(part)


@dataclass(frozen=True)
class Cell(ABC):
    """One piece of work. Concrete cells are frozen dataclasses of plain settings.

    A new setting with a default leaves the keys of old cells as they are, so their results stay valid; a change in what
    `run` measures raises `revision`, and they do not.
    """

    kind: ClassVar[str]
    revision: ClassVar[int] = 1
    is_timed: ClassVar[bool] = False
    """Whether seconds are among what is measured, so that no two runs measure the same."""
    applies: ClassVar[tuple[Registry, ...]] = ()
    """Registries all of whose functions are applied, without a setting that names them."""

    seed: int = 0

    @abstractmethod
    def run(self) -> Outcome:
        """Do the work. The same cell gives the same measurements on the same machine."""

    @abstractmethod
    def why_not(self) -> str | None:
        """Why this combination of settings cannot be, or None. Says so without doing the work."""

    @abstractmethod
    def shape(self) -> Hashable:
        """Cells of one shape share what is costly to set up, and are run one after another."""

    def effort(self) -> float:
        """About how many steps of rows an LSTM would be trained on in the time that this takes; for estimates."""
        return 0.0

    def programs(self) -> float:
        """About how many programs as large as an LSTM's training are compiled for its shape; for estimates."""
        return 0.0

    def surroundings(self) -> dict[str, str]:
        """What the outcome hangs on beside the settings, such as the version of the data."""
        return {}

    @property
    def extensions(self) -> dict[str, str]:
        """File -> digest of the user's own code that the outcome hangs on."""
        return behind(self._names())

    @property
    def settings(self) -> dict[str, Any]:
        """All settings by name."""
        return dataclasses.asdict(self)

    @property
    def factors(self) -> dict[str, Any]:
        """The kind and the settings that are plain values: the columns of a table of measurements."""
        settings = {field.name: getattr(self, field.name) for field in dataclasses.fields(self)}
        plain = {name: value for name, value in settings.items() if isinstance(value, str | int | float | bool)}
        return {"kind": self.kind} | plain | self.surroundings()

    @cached_property
    def key(self) -> str:
        """A digest of the kind, its revision, the settings that differ from their defaults, the surroundings and extensions."""
        text = json.dumps(self._identity, sort_keys=True, default=_identity_of)
        return hashlib.sha256(text.encode()).hexdigest()[:16]

    @property
    def _identity(self) -> list:
        defaults = {f.name: f.default for f in dataclasses.fields(self)}
        chosen = {name: getattr(self, name) for name in defaults if getattr(self, name) != defaults[name]}
        return [self.kind, self.revision, chosen, self.surroundings() | self.extensions]

    def _names(self) -> Iterator[str]:
        """Of all that the outcome may hang on, as registered."""
        yield from _names_within(self.settings)
        for registry in self.applies:
            yield from registry

    def __str__(self) -> str:
        defaults = {f.name: f.default for f in dataclasses.fields(self)}
        chosen = {n: v for n, v in self.factors.items() if n in defaults and v != defaults[n]}
        return f"{self.kind} " + " ".join(f"{name}={value}" for name, value in chosen.items())
