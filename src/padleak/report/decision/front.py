"""Which ways are on the front: nothing else is clearly better in one respect and, on average, no worse in any."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import numpy as np

from padleak.measures.inference import Estimate, estimate_mean
from padleak.report.decision.ways import Choice, Respect, Way

_FEWEST_SEEDS = 3
"""Of fewer, two that happen to lie close together would make anything clear."""


@dataclass(frozen=True)
class Standing:
    """How a way does among the others.

    Attributes:
        way: Which.
        estimates: By the name of a respect, its mean over seeds with a 95 % interval.
        beaten_by: Another that is clearly better in some respect and no worse in any; None on the front.
        clearly: The names of those respects.
    """

    way: Way
    estimates: dict[str, Estimate]
    beaten_by: Way | None
    clearly: tuple[str, ...]


def find_standings(choice: Choice) -> list[Standing]:
    """Of each way of a choice, in its order."""
    beaters = {way.name: list(_beaters(way, choice)) for way in choice.ways}
    standings = []
    for way in choice.ways:
        # One that nothing beats itself says more than another that is beaten, too.
        ranked = sorted(beaters[way.name], key=lambda found: (bool(beaters[found[0].name]), -len(found[1])))
        by, clearly = ranked[0] if ranked else (None, ())
        standings.append(Standing(way, estimate(way, choice.respects), by, clearly))
    return standings


def estimate(way: Way, respects: Iterable[Respect]) -> dict[str, Estimate]:
    """Means over seeds with their intervals, by the name of a respect."""
    return {respect.name: estimate_mean(way.values[respect.name].to_numpy()) for respect in respects}


def gain(one: Way, other: Way, respect: Respect) -> Estimate:
    """How much better `one` is than `other`, paired by seed; above 0 is better, in the unit of the respect."""
    differences = (one.values[respect.name] - other.values[respect.name]).dropna().to_numpy()
    if len(differences) < _FEWEST_SEEDS:
        return Estimate(0.0, -np.inf, np.inf, 0)
    return estimate_mean(differences if respect.more_is_better else -differences)


def is_clear(found: Estimate, rounding: float = 0.0) -> bool:
    """Whether the interval of a gain is clear of 0, on either side."""
    return found.low > rounding or found.high < -rounding


def _beaters(way: Way, choice: Choice) -> Iterator[tuple[Way, tuple[str, ...]]]:
    """Ways that are clearly better in some respects, and those; on average they are no worse in any."""
    for other in choice.ways:
        gains = {respect: gain(other, way, respect) for respect in choice.respects}
        if all(found.mean >= -respect.rounding for respect, found in gains.items()):
            clearly = tuple(respect.name for respect, found in gains.items() if found.low > respect.rounding)
            if clearly:
                yield other, clearly
