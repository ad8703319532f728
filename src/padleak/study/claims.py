"""Claims, the rules that decide them, and their verdicts.

A rule is written down with the claim, before anything is run: which number, one for each seed, and where it must lie. A
claim may have several parts; it is supported if all of them are, and refuted if any of them is.

Each part is tested one-sided in both directions with Student's t over seeds. The claim's p-value for `supported` is the
largest of its parts' (intersection-union); for `refuted` the smallest times their number (Bonferroni). The smaller of the
two, doubled, is the claim's p-value, adjusted over all claims of a report by Holm's method. Below .05 the claim is settled,
otherwise it is inconclusive. A claim whose parts are all deterministic bounds is settled without a test.
"""

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import pandas as pd

from padleak.arguments import check_kind, check_number, say
from padleak.errors import InputError
from padleak.measures.inference import (
    detectable,
    estimate_mean,
    holm,
    p_above,
    p_below,
    p_outside,
    p_within,
    standardised,
)

ALPHA = 0.05

OURS = "ours"
"""The source of claims that nobody published: on dynamics, and on our own instruments."""

THREAD = "Cross Validated (2023)"
"""A thread of questions and answers on how masking skips padded inputs: the source of the claims on what masking does inside a
network, and with missing predictors."""

NO_ROWS = (ArithmeticError, LookupError, TypeError, ValueError)
"""What an effect or a figure trips over where the rows that it reads are missing."""

Effect = Callable[[pd.DataFrame], pd.Series]
"""From the measurements of an experiment to one number a replicate, indexed by seed."""


@dataclass(frozen=True)
class Part:
    """One number and where it must lie.

    Attributes:
        what: What the number is, as the report says it.
        effect: How it follows from the measurements.
        unit: Its unit.
    """

    tested: ClassVar[bool] = True

    what: str
    effect: Effect
    unit: str

    def __post_init__(self):
        check_kind("what", self.what, str, "what the number is, in words")
        check_kind("effect", self.effect, Callable, "a function of the measurements")
        check_kind("unit", self.unit, str, "a unit, in words")
        if hasattr(self, "bound"):
            check_number("bound", self.bound)
        if getattr(self, "margin", None) is not None:
            check_number("margin", self.margin, 0)

    def p_supported(self, values: np.ndarray) -> float:
        """p-value that the part holds."""
        raise NotImplementedError

    def p_refuted(self, values: np.ndarray) -> float:
        """p-value that the part does not hold."""
        raise NotImplementedError

    @property
    def rule(self) -> str:
        """The rule in words."""
        raise NotImplementedError


@dataclass(frozen=True)
class Above(Part):
    """The mean lies above a bound; within `margin` of 0 it counts as no effect (equivalent)."""

    bound: float = 0.0
    margin: float | None = None

    def p_supported(self, values: np.ndarray) -> float:
        return p_above(values, self.bound)

    def p_refuted(self, values: np.ndarray) -> float:
        return p_below(values, self.bound)

    @property
    def rule(self) -> str:
        also = "" if self.margin is None else f"; within ±{self.margin:g} it is equivalent"
        return f"mean above {self.bound:g}{also}"


@dataclass(frozen=True)
class Below(Part):
    """The mean lies below a bound."""

    bound: float = 0.0

    def p_supported(self, values: np.ndarray) -> float:
        return p_below(values, self.bound)

    def p_refuted(self, values: np.ndarray) -> float:
        return p_above(values, self.bound)

    @property
    def rule(self) -> str:
        return f"mean below {self.bound:g}"


@dataclass(frozen=True)
class Within(Part):
    """The mean lies within a margin of 0 (two one-sided tests)."""

    margin: float = 0.01

    def p_supported(self, values: np.ndarray) -> float:
        return p_within(values, self.margin)

    def p_refuted(self, values: np.ndarray) -> float:
        return p_outside(values, self.margin)

    @property
    def rule(self) -> str:
        return f"mean within ±{self.margin:g}"


@dataclass(frozen=True)
class AtMost(Part):
    """No value at all exceeds a bound: a deterministic check, without a test."""

    tested: ClassVar[bool] = False
    bound: float = 0.0

    def p_supported(self, values: np.ndarray) -> float:
        return 0.0 if np.max(values) <= self.bound else 1.0

    def p_refuted(self, values: np.ndarray) -> float:
        return 1.0 - self.p_supported(values)

    @property
    def rule(self) -> str:
        return f"every value at most {self.bound:g}"


@dataclass(frozen=True)
class Claim:
    """A statement from a source, and what must be measured for it to stand.

    Attributes:
        id: As in the list of claims.
        statement: What is claimed.
        source: Who claims it.
        parts: What must hold; the first one is the headline.
        figure: Name of the figure that shows it.
    """

    id: str
    statement: str
    source: str
    parts: tuple[Part, ...]
    figure: str

    def __post_init__(self):
        for name in ("statement", "source", "figure"):
            check_kind(name, getattr(self, name), str, "words")
        if not isinstance(self.id, str) or not re.fullmatch(r"[A-Za-z][0-9]+", self.id):
            raise InputError("id", "a letter and a number, such as L1", say(self.id))
        if not isinstance(self.parts, tuple | list) or not self.parts:
            raise InputError("parts", "a tuple of one or more parts", say(self.parts))
        for part in self.parts:
            check_kind("parts", part, Part, "Above, Below, Within or AtMost")

    @property
    def rule(self) -> str:
        """The decision rule in words."""
        return "; and ".join(f"{part.what}: {part.rule}" for part in self.parts)


@dataclass(frozen=True)
class Case:
    """What there is to decide claims on: the measurements of an experiment, its claims, and how many cells are missing."""

    experiment: str
    claims: tuple[Claim, ...]
    measurements: pd.DataFrame
    missing: int


def judge(cases: Iterable[Case]) -> list[dict]:
    """Decide all claims of a report as one family.

    Returns:
        One object a claim: `id, statement, source, rule, experiment, verdict, effect, low, high, unit, n, p, p_holm, figure,
        cells, missing, parts`. `verdict` is supported, refuted, equivalent or inconclusive. Of each part beside effect and
        interval: `standardised`, its distance from the bound in standard deviations of a seed, and `detectable`, the distance
        that as many seeds would see with a power of 80 %, at .05 and not adjusted.
    """
    verdicts = [_examine(case, claim) for case in cases for claim in case.claims]
    tested = [verdict for verdict in verdicts if verdict["p"] is not None]
    for verdict, adjusted in zip(tested, holm(np.array([verdict["p"] for verdict in tested]))):
        verdict["p_holm"] = float(adjusted)
        if adjusted >= ALPHA:
            verdict["verdict"] = "inconclusive"
    return sorted(verdicts, key=lambda verdict: (verdict["id"][0], int(verdict["id"][1:])))


def _examine(case: Case, claim: Claim) -> dict:
    """One claim before adjustment."""
    values = [_values(part, case) for part in claim.parts]
    verdict = {
        "id": claim.id, "statement": claim.statement, "source": claim.source, "rule": claim.rule,
        "experiment": case.experiment, "verdict": "inconclusive", "effect": None, "low": None, "high": None,
        "unit": claim.parts[0].unit, "n": 0, "p": None, "p_holm": None, "figure": claim.figure,
        "cells": [], "missing": case.missing, "parts": [],
    }  # fmt: skip
    verdict["parts"] = [_describe(part, seen) for part, seen in zip(claim.parts, values)]
    if not all(len(seen) for seen in values):
        return verdict
    verdict |= {name: verdict["parts"][0][name] for name in ("effect", "low", "high", "n")}
    verdict["cells"] = sorted(case.measurements["cell"].unique())
    ways = _ways(claim.parts, values)
    if any(part.tested for part in claim.parts):
        verdict["verdict"] = min(ways, key=ways.get)
        if ways.get("equivalent", 1) < ALPHA:
            verdict["verdict"] = "equivalent"
        verdict["p"] = min(1.0, len(ways) * ways[verdict["verdict"]])
    else:
        verdict["verdict"] = min(ways, key=ways.get)
    return verdict


def _ways(parts: tuple[Part, ...], values: list[np.ndarray]) -> dict[str, float]:
    """p-value of each way in which the claim can be settled."""
    against = [part.p_refuted(seen) for part, seen in zip(parts, values)]
    ways = {
        "supported": max(part.p_supported(seen) for part, seen in zip(parts, values)),
        "refuted": min(1.0, len(parts) * min(against)),
    }
    margin = getattr(parts[0], "margin", None) if isinstance(parts[0], Above) else None
    if margin is not None:
        ways["equivalent"] = p_within(values[0], margin)
    return ways


def _values(part: Part, case: Case) -> np.ndarray:
    """The number of every seed; none where cells are missing without which there is none."""
    if case.measurements.empty:
        return np.array([])
    try:
        with np.errstate(all="ignore"):
            return part.effect(case.measurements).dropna().to_numpy(dtype=float)
    except NO_ROWS:
        if not case.missing:
            raise
        return np.array([])


def _describe(part: Part, values: np.ndarray) -> dict:
    about = {
        "what": part.what, "rule": part.rule, "unit": part.unit, "n": len(values),
        "standardised": None, "detectable": None,
    }  # fmt: skip
    if not len(values):
        return about | {"effect": None, "low": None, "high": None, "holds": None}
    if not part.tested:
        spread = {"effect": float(values.max()), "low": float(values.min()), "high": float(values.max())}
        return about | spread | {"holds": bool(part.p_supported(values) == 0)}
    estimate = estimate_mean(values)
    holds = True if part.p_supported(values) < ALPHA else False if part.p_refuted(values) < ALPHA else None
    bounded = {name: _finite(getattr(estimate, name)) for name in ("low", "high")}
    if isinstance(part, Above | Below):
        bounded["standardised"] = _finite(standardised(values, part.bound))
    bounded["detectable"] = _finite(detectable(values))
    return about | {"effect": _finite(estimate.mean), **bounded, "holds": holds}


def _finite(number: float) -> float | None:
    """JSON has no infinity."""
    return float(number) if np.isfinite(number) else None
