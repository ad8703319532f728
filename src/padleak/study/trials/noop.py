"""A cell that measures nothing, to see what the engine itself costs."""

from collections.abc import Hashable
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import pandas as pd

from padleak.study.cell import Cell, Outcome


@dataclass(frozen=True)
class NoopCell(Cell):
    """Gives its number.

    Attributes:
        number: Tells cells apart.
        work: Rounds of arithmetic before, some 10 ms each on one core.
    """

    kind: ClassVar[str] = "noop"

    number: int = 0
    work: int = 0

    def run(self) -> Outcome:
        """Sort as often as asked, and give the number."""
        for _ in range(self.work):
            np.sort(np.random.default_rng(self.seed).random(150_000))
        row = {"probe": ["none"], "layer": ["none"], "metric": ["number"], "value": [float(self.number)]}
        return Outcome(pd.DataFrame(row), {}, {})

    def why_not(self) -> str | None:
        """Any number will do."""
        return None

    def shape(self) -> Hashable:
        """Nothing is costly to set up."""
        return None
