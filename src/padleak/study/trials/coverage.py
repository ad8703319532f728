"""The coverage trial: how often an interval holds what was planted."""

import math
from collections.abc import Callable, Hashable
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import pandas as pd

from padleak.errors import InputError
from padleak.measures.bootstrap import bootstrap, mean_of, rank_correlation_of
from padleak.measures.inference import Estimate, estimate_mean, variance_shares
from padleak.measures.shift import Comparison, measures
from padleak.study.cell import Cell, Outcome

NOISES: dict[str, Callable] = {
    "normal": lambda generator, size: generator.normal(size=size),
    "skewed": lambda generator, size: generator.exponential(size=size) - 1,
    "heavy": lambda generator, size: generator.standard_t(4, size=size) / math.sqrt(2),
}
"""Noise of mean 0 and variance 1."""

_ROWS, _UNITS = 200, 8
_WITHIN, _DRAWS, _CORRELATION = 5, 1000, 0.6
_EFFECTS = {"a": np.array([-1.0, 1.0]), "b": np.array([-0.5, 0.0, 0.5])}


@dataclass(frozen=True)
class CoverageCell(Cell):
    """Repeats of one interval on drawn data whose truth is known.

    Attributes:
        interval: `mean` (Student's, over seeds), `leak` (the same of the relative shift that was planted in states),
            `variance_share` (of a factor, by jackknife over seeds), `clustered` (bootstrap of a mean over the rows of seeds),
            `rank_correlation` (the same of a rank correlation) or `hierarchical` (over data sets and the seeds within each).
        n: Seeds that the interval is over; data sets, where they are on top.
        noise: A name of `NOISES`.
        planted: The truth, above 0: the mean, or the leak as a share of the states' norm; of a variance share, the size of the
            factor's effect beside that of the other, which is 1.
        repeats: Intervals.
    """

    kind: ClassVar[str] = "coverage"
    revision: ClassVar[int] = 3

    interval: str = "mean"
    n: int = 10
    noise: str = "normal"
    planted: float = 1.0
    repeats: int = 2000

    def why_not(self) -> str | None:
        """Names are checked on the way."""
        for name, known in (("interval", _INTERVALS), ("noise", NOISES)):
            if getattr(self, name) not in known:
                raise InputError(name, f"one of {', '.join(known)}", getattr(self, name))
        for name, least in (("planted", 1e-6), ("repeats", 1)):
            if getattr(self, name) < least:
                raise InputError(name, f"at least {least:g}", str(getattr(self, name)))
        return None if self.n > 1 else "an interval over seeds needs two"

    def shape(self) -> Hashable:
        """Nothing is costly to set up."""
        return self.interval

    def run(self) -> Outcome:
        """Draw, estimate, and see whether the truth lies within."""
        generator = np.random.default_rng(self.seed)
        drawn = [_INTERVALS[self.interval](self, generator) for _ in range(self.repeats)]
        values = {
            "share_covered": np.mean([estimate.low <= truth <= estimate.high for estimate, truth in drawn]),
            "bias": np.mean([estimate.mean / truth - 1 for estimate, truth in drawn]),
        }
        about = {"probe": f"{self.interval} n={self.n}", "layer": self.noise}
        rows = [about | {"metric": metric, "value": float(value)} for metric, value in values.items()]
        return Outcome(pd.DataFrame(rows), {"repeats": self.repeats}, {})


def _mean(cell: CoverageCell, generator: np.random.Generator) -> tuple[Estimate, float]:
    return estimate_mean(cell.planted + NOISES[cell.noise](generator, cell.n)), cell.planted


def _leak(cell: CoverageCell, generator: np.random.Generator) -> tuple[Estimate, float]:
    """Every seed has states of its own, moved by the planted share of their expected norm, by some rows more than by others.

    The expected norm of a row of `u` independent normal units is `sqrt(2) gamma((u + 1) / 2) / gamma(u / 2)`.
    """
    norm = math.sqrt(2) * math.exp(math.lgamma((_UNITS + 1) / 2) - math.lgamma(_UNITS / 2))
    seen = []
    for _ in range(cell.n):
        states = generator.normal(size=(_ROWS, _UNITS))
        direction = generator.normal(size=_UNITS)
        size = cell.planted * norm * (1 + 0.2 * NOISES[cell.noise](generator, _ROWS)[:, None].clip(-4, 4))
        moved = states + size * direction / np.linalg.norm(direction)
        seen.append(measures["relative_shift"](Comparison(states, moved)))
    return estimate_mean(np.array(seen)), cell.planted


def _variance_share(cell: CoverageCell, generator: np.random.Generator) -> tuple[Estimate, float]:
    """A balanced design of two factors, with a level of its own for every seed, and noise; the share of the first factor."""
    grid = [(seed, a, b) for seed in range(cell.n) for a in range(2) for b in range(3)]
    table = pd.DataFrame(grid, columns=["seed", "a", "b"])
    own = 0.5 * NOISES[cell.noise](generator, cell.n)
    noise = NOISES[cell.noise](generator, len(table))
    effects = {"a": cell.planted * _EFFECTS["a"], "b": _EFFECTS["b"]}
    table["value"] = effects["a"][table.a] + effects["b"][table.b] + own[table.seed] + noise
    first = variance_shares(table, "value", ["a", "b"], "seed").iloc[0]
    parts = {name: effect.var() for name, effect in effects.items()}
    truth = parts["a"] / (sum(parts.values()) + 0.25 + 1)
    return Estimate(float(first.share), float(first.low), float(first.high), cell.n), truth


def _clustered(cell: CoverageCell, generator: np.random.Generator) -> tuple[Estimate, float]:
    """Rows of seeds, each with a level of its own."""
    seeds = np.repeat(np.arange(cell.n), _WITHIN)
    values = NOISES[cell.noise](generator, cell.n)[seeds] + NOISES[cell.noise](generator, len(seeds))
    return bootstrap(mean_of(cell.planted + values), [seeds], generator, _DRAWS), cell.planted


def _rank_correlation(cell: CoverageCell, generator: np.random.Generator) -> tuple[Estimate, float]:
    """Rows of seeds, two numbers each, normal with a correlation of .6, half of whose variance is the seed's; the truth is
    Spearman's for that (Pearson 1907)."""
    seeds = np.repeat(np.arange(cell.n), 2 * _WITHIN)
    mixing = np.linalg.cholesky([[1, _CORRELATION], [_CORRELATION, 1]])
    own, rows = generator.normal(size=(2, cell.n)), generator.normal(size=(2, len(seeds)))
    x, y = mixing @ (own[:, seeds] + rows)
    truth = 6 / math.pi * math.asin(_CORRELATION / 2)
    return bootstrap(rank_correlation_of(x, y), [seeds], generator, _DRAWS), truth


def _hierarchical(cell: CoverageCell, generator: np.random.Generator) -> tuple[Estimate, float]:
    """Seeds of data sets, each with a level of its own."""
    data, seeds = np.repeat(np.arange(cell.n), _WITHIN), np.tile(np.arange(_WITHIN), cell.n)
    values = NOISES[cell.noise](generator, cell.n)[data] + NOISES[cell.noise](generator, len(data))
    return bootstrap(mean_of(cell.planted + values), [data, seeds], generator, _DRAWS), cell.planted


_INTERVALS = {
    "mean": _mean, "leak": _leak, "variance_share": _variance_share, "clustered": _clustered,
    "rank_correlation": _rank_correlation,
    "hierarchical": _hierarchical,
}  # fmt: skip
