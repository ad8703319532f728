"""The two-sample trial: how often a test rejects where nothing differs, and where a known shift is planted."""

from collections.abc import Hashable
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import pandas as pd

from padleak.errors import InputError
from padleak.measures.permutation import Exchange
from padleak.measures.two_sample import compare, two_sample_tests
from padleak.study.cell import Cell, Outcome

LEVELS = (0.01, 0.02, 0.05, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9)
DESIGNS = ("free", "paired", "groups")
GROUP = 4
"""Rows of a group, and how much of their variance they share."""
SHARED = 0.8


@dataclass(frozen=True)
class TwoSampleCell(Cell):
    """Repeats of one test on samples drawn from known distributions.

    Attributes:
        statistic: A name of `two_sample_tests`.
        n: Rows of each sample.
        units: Units of a row, independent and of variance 1.
        shift: By how much the second sample is moved, in standard deviations of a unit, over all units together.
        design: `free` rows; `paired` ones, that share most of their variance with their twin; or `groups` of four rows of a
            sample that share as much. The exchange is the one that fits.
        permutations: Of each test.
        repeats: Pairs of samples.
    """

    kind: ClassVar[str] = "two_sample"
    revision: ClassVar[int] = 2

    statistic: str = "energy"
    n: int = 100
    units: int = 8
    shift: float = 0.0
    design: str = "free"
    permutations: int = 99
    repeats: int = 200

    def why_not(self) -> str | None:
        """Names are checked on the way."""
        two_sample_tests[self.statistic]
        if self.design not in DESIGNS:
            raise InputError("design", f"one of {', '.join(DESIGNS)}", self.design)
        for name, least in (("n", 2), ("permutations", 1), ("repeats", 1)):
            if getattr(self, name) < least:
                raise InputError(name, f"at least {least}", str(getattr(self, name)))
        if self.design == "groups" and (self.n < 5 * GROUP or self.n % GROUP):
            return f"groups of {GROUP} rows need a multiple of it, at least {5 * GROUP} rows a sample"
        return None

    def shape(self) -> Hashable:
        """Nothing is costly to set up; tests are told apart, so that the long ones start first."""
        return self.statistic, self.n

    def effort(self) -> float:
        """Matrix products over pairs of rows, or over rows and pairs of units."""
        rows = 2 * self.n
        return self.repeats * (self.permutations + 100) * rows * max(rows, self.units**2) / 5e3

    def run(self) -> Outcome:
        """Draw, test, count."""
        generator = np.random.default_rng(self.seed)
        exchange = self._exchange()
        p_values = np.array(
            [compare(self.statistic, *self._draw(generator), generator, exchange).p_value for _ in range(self.repeats)]
        )
        rows = [
            {"probe": f"{self.design} n={self.n}", "layer": f"{level:g}", "metric": "share_rejected",
             "value": float((p_values <= level + 1e-9).mean())}
            for level in LEVELS
        ]  # fmt: skip
        return Outcome(pd.DataFrame(rows), {"repeats": self.repeats}, {})

    def _draw(self, generator: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
        x, y = generator.normal(size=(2, self.n, self.units))
        if self.design != "free":
            shared = generator.normal(size=(2, self.n, self.units))
            if self.design == "paired":
                shared[1] = shared[0]
            else:
                shared = shared[:, np.arange(self.n) // GROUP]
            x, y = (np.sqrt(1 - SHARED) * own + np.sqrt(SHARED) * common for own, common in zip((x, y), shared))
        return x, y + self.shift / np.sqrt(self.units)

    def _exchange(self) -> Exchange:
        groups = np.arange(2 * self.n) % self.n // GROUP + np.repeat([0, self.n], self.n)
        return Exchange(
            self.permutations, paired=self.design == "paired", groups=groups if self.design == "groups" else None
        )
