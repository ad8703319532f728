"""What follows from the measured ways, in plain sentences. Every number, and which way a sentence turns, is computed."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

import numpy as np
import pandas as pd

from padleak.measures.inference import Estimate, estimate_mean
from padleak.report.decision.front import Standing, find_standings, gain, is_clear
from padleak.report.decision.ways import ACCURACY, LEAKAGE, MASKS, Choice, Way
from padleak.report.words import say_percent

_PLACES = {"pre": "in front", "post": "at the end"}
_BASELINE, _BARE = "masked", "unmasked"


@dataclass(frozen=True)
class Advice:
    """What to do in a situation.

    Attributes:
        when: The situation.
        sentences: What was found for it.
        choice: Name of the choice that it was found in.
    """

    when: str
    sentences: tuple[str, ...]
    choice: str


def write_advice(choices: dict[str, Choice]) -> list[Advice]:
    """For each situation of which something was measured."""
    written = []
    for name, when, say in (
        ("telling", "If you can mask", _say_masking),
        ("telling", "If you cannot mask", _say_side),
        ("reading", "If you can choose what reads the states", _say_reading),
        ("batching", "If time counts", _say_batching),
    ):
        sentences = tuple(say(choices[name])) if name in choices else ()
        if sentences:
            written.append(Advice(when, sentences, name))
    return written


def _say_masking(choice: Choice) -> Iterator[str]:
    told = [way for way in choice.ways if way.masked]
    if not told:
        return
    clean, leaking = [way for way in told if _is_clean(way)], [way for way in choice.ways if not _is_clean(way)]
    if not clean:
        least = min(told, key=_leakage)
        yield f"No mask that was measured keeps the fill out; {least.name} lets in the least ({_say_leakage(least)})."
        return
    best = max(clean, key=_accuracy)
    other = max(leaking, key=_accuracy, default=None)
    against = None if other is None else gain(best, other, ACCURACY)
    dear = against is not None and is_clear(against) and against.mean < 0
    keeps = f"with {_join(_kinds(clean), 'or')} the state moves by no more than rounding when rows are filled up."
    yield f"{'It keeps the fill out' if dear else 'Do'}: {keeps}"
    if against is not None:
        yield _weigh(
            against,
            f"It costs no accuracy, it wins some: {{points}} against the best way that leaks ({other.name}).",
            f"It has a price in accuracy: {{points}} against the best way that leaks ({other.name}).",
            f"Against the best way that leaks ({other.name}) {{n}} seeds see no difference in accuracy: {{points}}.",
        )
    yield from _say_sides(clean)
    for kind in MASKS:
        ways = [way for way in told if way.kind == kind]
        if ways and not any(map(_is_clean, ways)):
            worst = max(ways, key=_leakage)
            yield (
                f"Look whether the mask arrives: {kind} is meant as one, and the state moves by {_say_leakage(worst)} of "
                f"its norm ({worst.side})."
            )


def _say_sides(clean: list[Way]) -> Iterator[str]:
    """Whether the side matters behind a mask, over all that keep the fill out on both."""
    both = [kind for kind in _kinds(clean) if {way.side for way in clean if way.kind == kind} >= set(_PLACES)]
    if not both:
        return
    pre, post = (_mean_accuracy(way for way in clean if way.kind in both and way.side == side) for side in _PLACES)
    yield _weigh(
        estimate_mean((pre - post).dropna().to_numpy()),
        "Then pad in front: {points} against fill at the end.",
        "Then pad at the end: fill in front makes it {points}.",
        "Then pad on either side: {n} seeds see no difference (in front minus at the end: {points}).",
    )


def _say_side(choice: Choice) -> Iterator[str]:
    bare = {way.side: way for way in choice.ways if way.kind == "none"}
    if not set(_PLACES) <= set(bare):
        return
    pre, post = bare["pre"], bare["post"]
    right, still = gain(pre, post, ACCURACY), gain(pre, post, LEAKAGE)
    accuracies = f"accuracy {_say_accuracy(pre)} in front, {_say_accuracy(post)} at the end"
    shifts = f"the state moves by {_say_leakage(pre)} of its norm in front, by {_say_leakage(post)} at the end"
    by_accuracy, by_leakage = (
        _side_of(found, respect.rounding) for found, respect in ((right, ACCURACY), (still, LEAKAGE))
    )
    chosen = by_accuracy or by_leakage
    if chosen is None:
        yield f"Which side the fill goes to makes no difference that {right.n} seeds see: {accuracies}; {shifts}."
    elif by_accuracy and by_leakage and by_accuracy != by_leakage:
        yield (
            f"Put the fill {_PLACES[by_accuracy]} for accuracy, {_PLACES[by_leakage]} for less leakage: "
            f"{accuracies}; {shifts}."
        )
    else:
        level = "" if by_accuracy else f" (no difference that {right.n} seeds see)"
        also = "" if by_leakage else f" (no difference that {still.n} seeds see)"
        yield f"Put the fill {_PLACES[chosen]}: {accuracies}{level}; {shifts}{also}."
    if chosen:
        yield from _say_remedies(choice, bare[chosen])


def _side_of(found: Estimate, rounding: float) -> str | None:
    """The side that is clearly better, given the gain of `pre` over `post`."""
    return ("pre" if found.mean > 0 else "post") if is_clear(found, rounding) else None


def _say_remedies(choice: Choice, bare: Way) -> Iterator[str]:
    """What lessens the leakage on a side without a mask, and costs no accuracy that is seen."""
    said: dict[str, list[str]] = {}
    for way in choice.ways:
        if way.masked or way.side != bare.side or way.kind in ("none", "unpadded"):
            continue
        less, right = gain(way, bare, LEAKAGE), gain(way, bare, ACCURACY)
        if less.low > LEAKAGE.rounding and not right.high < 0:
            said.setdefault(f"to {_say_leakage(way)} of the norm (accuracy {say_points(right)})", []).append(way.kind)
    for outcome, kinds in said.items():
        yield f"There, {_join(kinds, 'or')} brings the shift down from {_say_leakage(bare)} {outcome}."


def _say_reading(choice: Choice) -> Iterator[str]:
    bare = tuple(way for way in choice.ways if not way.masked)
    standings = find_standings(Choice(choice.name, "", "", bare, choice.respects, "")) if bare else []
    front = [standing for standing in standings if standing.beaten_by is None]
    if front:
        best = max(front, key=lambda standing: standing.estimates[ACCURACY.name].mean).way
        least = min(front, key=lambda standing: standing.estimates[LEAKAGE.name].mean).way
        said = f"Without a mask, {_say_outcome(least)} leaks the least"
        yield (
            f"{said} and is the most accurate."
            if best is least
            else f"{said}; {_say_outcome(best)} is the most accurate ({say_points(gain(best, least, ACCURACY))} against it)."
        )
    for way in choice.ways:
        if way.masked and not _is_clean(way):
            yield f"A mask is not enough for “{way.name}”: what it gives moves by {_say_leakage(way)} of its norm."


def _say_batching(choice: Choice) -> Iterator[str]:
    standings = {standing.way.name: standing for standing in find_standings(choice)}
    if _BASELINE not in standings:
        return
    baseline = standings[_BASELINE].way
    if _BARE in standings:
        times = _say_times(choice, baseline, standings[_BARE].way, _say_dearer)
        yield f"Rows of one length, with a mask against without: {times}."
    front = [standing.way for standing in standings.values() if standing.beaten_by is None and _is_clean(standing.way)]
    others = sorted((way for way in front if way is not baseline), key=lambda way: -_mean_time(choice, way))
    for way in others:
        right = _weigh(
            gain(way, baseline, ACCURACY),
            "accuracy {points}", "accuracy {points}, a price", "accuracy {points}, which {n} seeds do not tell from none",
        )  # fmt: skip
        times = _say_times(choice, way, baseline, _say_share)
        yield f"“{way.name}” keeps the fill out and takes {times} of the time of “{_BASELINE}”; {right}."
    if not others:
        yield f"Nothing else that keeps the fill out is on the front beside “{_BASELINE}”."
    yield from _say_beaten(standings.values())


def _say_beaten(standings: Iterable[Standing]) -> Iterator[str]:
    """Who beats whom, said of those that beat."""
    said: dict[str, list[str]] = {}
    for standing in standings:
        if standing.beaten_by is not None:
            said.setdefault(standing.beaten_by.name, []).append(f"“{standing.way.name}”")
    if said:
        beats = "; ".join(f"“{by}” beats {_join(names)}" for by, names in said.items())
        yield f"Clearly better in some respect and on average no worse in any: {beats}."


def _say_times(choice: Choice, one: Way, other: Way, say: Callable[[Estimate, str], str]) -> str:
    """How the time of one way compares with that of another, on each backend."""
    said = []
    for respect in choice.respects:
        if respect not in (LEAKAGE, ACCURACY):
            ratio = (one.values[respect.name] / other.values[respect.name]).dropna().to_numpy()
            said.append(say(estimate_mean(ratio), respect.name.removeprefix("time ")))
    return _join(said)


def _say_dearer(ratio: Estimate, where: str) -> str:
    how = "longer" if ratio.low > 1 else "faster" if ratio.high < 1 else f"no difference that {ratio.n} seeds see"
    return f"{ratio.mean:.2f} times as long [{ratio.low:.2f}, {ratio.high:.2f}] {where} ({how})"


def _say_share(ratio: Estimate, where: str) -> str:
    return f"{say_percent(ratio.mean)} [{100 * ratio.low:.0f}, {100 * ratio.high:.0f}] {where}"


def _weigh(found: Estimate, better: str, worse: str, level: str) -> str:
    """One of three sentences, by where the interval of a gain in accuracy lies."""
    chosen = level if not is_clear(found) else better if found.mean > 0 else worse
    return chosen.format(points=say_points(found), n=found.n)


def say_points(found: Estimate) -> str:
    """A gain in accuracy, with its sign.

    >>> say_points(Estimate(0.031, -0.0001, 0.0621, 5))
    '+3.1 points [0.0, +6.2]'
    """
    mean, low, high = (_signed(100 * value) for value in (found.mean, found.low, found.high))
    return f"{mean} points" + (f" [{low}, {high}]" if np.isfinite(found.low) else "")


def _signed(value: float) -> str:
    """With a sign, unless it rounds to zero."""
    said = f"{value:+.1f}"
    return said[1:] if said[1:] == "0.0" else said


def _say_outcome(way: Way) -> str:
    return f"“{way.name}” ({_say_leakage(way)} of its norm, accuracy {_say_accuracy(way)})"


def _say_accuracy(way: Way) -> str:
    return say_percent(_accuracy(way))


def _say_leakage(way: Way) -> str:
    return say_percent(_leakage(way))


def _accuracy(way: Way) -> float:
    return float(way.values[ACCURACY.name].mean())


def _leakage(way: Way) -> float:
    return float(way.values[LEAKAGE.name].mean())


def _is_clean(way: Way) -> bool:
    return _leakage(way) <= LEAKAGE.rounding


def _mean_time(choice: Choice, way: Way) -> float:
    return float(np.mean([way.values[one.name].mean() for one in choice.respects if one not in (LEAKAGE, ACCURACY)]))


def _mean_accuracy(ways: Iterable[Way]) -> pd.Series:
    """By seed, over ways."""
    return pd.concat([way.values[ACCURACY.name] for way in ways], axis=1).mean(axis=1)


def _kinds(ways: Iterable[Way]) -> list[str]:
    return list(dict.fromkeys(way.kind for way in ways))


def _join(names: Iterable[str], word: str = "and") -> str:
    *front, last = names
    return f"{', '.join(front)} {word} {last}" if front else last
