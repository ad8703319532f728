"""A choice as the templates show it: a row a way, numbers with intervals, and a strip that draws them."""

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from padleak.measures.inference import Estimate
from padleak.report.decision.front import Standing, find_standings
from padleak.report.decision.ways import Choice, Respect
from padleak.report.words import say_number


@dataclass(frozen=True)
class Entry:
    """One number.

    Attributes:
        shown: The mean.
        interval: In brackets; empty where one seed has none.
        strip: Where low, mean and high lie between the ends of the column, in percent.
    """

    shown: str
    interval: str
    strip: tuple[float, float, float]


@dataclass(frozen=True)
class Row:
    """One way."""

    name: str
    on_front: bool
    remark: str
    entries: tuple[Entry, ...]


@dataclass(frozen=True)
class Sheet:
    """All ways of a choice."""

    name: str
    title: str
    about: str
    figure: str
    headings: tuple[tuple[str, str], ...]
    rows: tuple[Row, ...]
    seeds: int


def show(choice: Choice) -> Sheet:
    """The ways of a choice: those on the front first, otherwise as measured."""
    standings = sorted(find_standings(choice), key=lambda standing: standing.beaten_by is not None)
    ends = {respect.name: _ends(standings, respect) for respect in choice.respects}
    rows = tuple(
        Row(
            standing.way.name,
            standing.beaten_by is None,
            _say_standing(standing),
            tuple(_enter(standing.estimates[one.name], one, *ends[one.name]) for one in choice.respects),
        )
        for standing in standings
    )
    headings = tuple((respect.name, respect.unit) for respect in choice.respects)
    seeds = max(found.n for standing in standings for found in standing.estimates.values())
    return Sheet(choice.name, choice.title, choice.about, choice.figure, headings, rows, seeds)


def _say_standing(standing: Standing) -> str:
    if standing.beaten_by is None:
        return "on the front"
    return f"“{standing.beaten_by.name}” is better: {', '.join(standing.clearly)}"


def _ends(standings: Iterable[Standing], respect: Respect) -> tuple[float, float]:
    """Of a column: of what is better when less, from 0."""
    found = [standing.estimates[respect.name] for standing in standings]
    values = np.array([value for one in found for value in (one.mean, one.low, one.high) if np.isfinite(value)])
    return float(values.min() if respect.more_is_better else 0.0), float(values.max())


def _enter(found: Estimate, respect: Respect, start: float, end: float) -> Entry:
    places = (np.array([found.low, found.mean, found.high]) - start) / ((end - start) or 1.0)
    mean, low, high = (_say(value, respect) for value in (found.mean, found.low, found.high))
    interval = f"[{low}, {high}]" if np.isfinite(found.low) else ""
    return Entry(mean, interval, tuple(float(100 * place) for place in places.clip(0, 1).round(3)))


def _say(value: float, respect: Respect) -> str:
    """What is no more than rounding is 0."""
    return say_number(0.0 if abs(value) <= respect.rounding else respect.scale * value)
