"""The answer in eight sentences, made from the numbers; a sentence without its numbers is left out."""

from collections.abc import Iterator

import numpy as np
import pandas as pd

from padleak.measures.inference import estimate_mean
from padleak.report.words import say_number, say_percent
from padleak.study.claims import OURS
from padleak.study.results import Results
from padleak.study.select import on_own_side, on_real_data, where


def write_answer(results: Results) -> list[str]:
    """Up to eight sentences."""
    sentences = []
    if "core_grid" in results.run["experiments"] and len(results.measurements):
        rows = where(
            results.of("core_grid"), model="lstm", readout="last", layers=1, bidirectional=False, collides=False
        )
        rows = on_real_data(rows)
        rows = rows[rows.length == rows.length.max()]
        sentences += [
            *_say_shift(rows),
            *_say_accuracy(rows),
            *_say_exactness(results.verdicts),
            *_say_tutorial(results.verdicts),
        ]
    if len(results.verdicts):
        sentences += [
            *_say_memory(results.verdicts),
            *_say_missing(results.verdicts),
            *_say_objective(results.verdicts),
        ]
    return [*sentences, _say_verdicts(results.verdicts)]


def _say_shift(rows: pd.DataFrame) -> Iterator[str]:
    at = where(on_own_side(rows), masking="none", metric="relative_shift", layer="summary", count=32)
    means = at.groupby("padding", observed=True).value.mean()
    if {"pre", "post"} <= set(means.index):
        yield (
            f"Fill is not nothing to an LSTM: without a mask, 32 steps of it after the text move the state that the "
            f"classifier sees by {say_percent(means['post'])} of its norm, and 32 steps in front of the text by "
            f"{say_percent(means['pre'])}."
        )


def _say_accuracy(rows: pd.DataFrame) -> Iterator[str]:
    at = where(on_own_side(rows), metric="accuracy", masking=["none", "embedding", "masking_layer"])
    at = at[at["count"].isna()]
    seeds = at.groupby(
        [at.masking.astype(str).ne("none").rename("masked"), "padding", "seed"], observed=True
    ).value.mean()

    def say(masked: bool, side: str) -> str:
        estimate = estimate_mean(seeds[masked, side].to_numpy())
        return f"{say_percent(estimate.mean)} [{100 * estimate.low:.0f}, {100 * estimate.high:.0f}]"

    cases = {key[:2] for key in seeds.index}
    if len(cases) == 4:
        length = int(at.length.max())
        yield (
            f"It costs accuracy where the fill comes last: padded at the end to {length} steps the unmasked LSTM classifies "
            f"{say(False, 'post')} correctly and the masked one {say(True, 'post')}; padded in front, {say(False, 'pre')} and "
            f"{say(True, 'pre')} (95 % intervals over seeds)."
        )


def _examined(verdicts: pd.DataFrame, *ids: str) -> Iterator[list[dict]]:
    """The verdicts of some claims, if all of them were measured."""
    claims = {claim["id"]: claim for claim in where(verdicts, id=list(ids)).to_dict("records") if claim["n"]}
    if len(claims) == len(ids):
        yield [claims[name] for name in ids]


def _say_exactness(verdicts: pd.DataFrame) -> Iterator[str]:
    for (claim,) in _examined(verdicts, "L11"):
        yield (
            f"A correct mask undoes all of it: over {claim['n']} masked LSTMs, deep and bidirectional ones among them, the "
            f"largest change of any state or output was {say_number(claim['effect'])}."
        )


def _say_tutorial(verdicts: pd.DataFrame) -> Iterator[str]:
    for (claim,) in _examined(verdicts, "L9"):
        yield (
            f"The mask has to arrive, though: Embedding(mask_zero=True) followed by Masking(0), as tutorials print it, "
            f"tells the LSTM of {say_percent(claim['effect'])} of the fill."
        )


def _say_memory(verdicts: pd.DataFrame) -> Iterator[str]:
    for half_lives, attractors in _examined(verdicts, "D1", "D2"):
        ranks, (several, bare) = half_lives["parts"][0], attractors["parts"]
        yield (
            "How long an unmasked recurrent network remembers under fill: where its states end in one attractor, half-lives "
            f"foretold from the Jacobian of the fill step there have a rank correlation of {say_number(ranks['effect'])} "
            f"[{say_number(ranks['low'])}, {say_number(ranks['high'])}] with the measured ones. "
            f"{say_percent(several['effect'])} of the networks that were trained with fill and settle have several attractors; "
            f"{say_percent(bare['effect'])} of those trained without have exactly one."
        )


def _say_missing(verdicts: pd.DataFrame) -> Iterator[str]:
    for zeroing, telling in _examined(verdicts, "M8", "M9"):
        lost, flagged = zeroing["parts"][0], telling["parts"][0]
        yield (
            "Missing values are not padding: with half of the predictors missing at random and zeros in their place, an MLP "
            f"explains {_say_points(lost, 'less', 'more')} of the variance than the best predictor, and with flags that tell "
            f"which are missing {_say_points(flagged)} than without."
        )


def _say_objective(verdicts: pd.DataFrame) -> Iterator[str]:
    for (claim,) in _examined(verdicts, "O4"):
        against_40, against_5 = claim["parts"][:2]
        yield (
            "Masking as an objective: a model that is trained with 15\N{NO-BREAK SPACE}% of the words masked tells "
            f"{_say_points(against_5)} of masked words than one with 5\N{NO-BREAK SPACE}%, and {_say_points(against_40)} than "
            "one with 40\N{NO-BREAK SPACE}%."
        )


def _say_points(part: dict, above: str = "more", below: str = "less") -> str:
    """A difference of shares, in hundredths: how much, its interval, and in which direction.

    >>> _say_points({"effect": -0.02, "low": -0.03, "high": -0.01})
    '2 points [1, 3] less'
    """
    points = np.array([part["effect"], part["low"], part["high"]], dtype=float) * 100
    if points[0] < 0:
        points, above = 0 - points[[0, 2, 1]], below
    effect, low, high = map(say_number, points)
    return f"{effect} points [{low}, {high}] {above}"


def _say_verdicts(verdicts: pd.DataFrame) -> str:
    if verdicts.empty:
        return "No claims were examined."
    ours = verdicts.source == OURS
    published = verdicts[~ours].verdict.value_counts()
    named = [
        f"{published[name]} {name}"
        for name in ("supported", "refuted", "equivalent", "inconclusive")
        if name in published
    ]
    said = [f"Of {(~ours).sum()} published claims examined, {', '.join(named)}."] if named else []
    if ours.any():
        kept = (verdicts[ours].verdict == "supported").sum()
        said.append(
            f"Of {ours.sum()} of our own (on dynamics, gaps, objectives and our instruments), {kept} supported."
        )
    return " ".join(said)
