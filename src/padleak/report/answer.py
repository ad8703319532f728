"""The answer in nine items, made from the numbers; one without its numbers is left out."""

from collections.abc import Iterator

import numpy as np
import pandas as pd

from padleak.measures.inference import estimate_mean
from padleak.report.outline import count_verdicts
from padleak.report.plots.missing_values import WAYS
from padleak.report.words import say_number, say_percent
from padleak.study.claims import OURS
from padleak.study.results import Results
from padleak.study.select import on_own_side, on_real_data, where


def write_answer(results: Results) -> list[str]:
    """Up to nine items."""
    sentences = []
    if "core_grid" in results.run["experiments"] and len(results.measurements):
        rows = where(
            results.of("core_grid"), model="lstm", readout="last", layers=1, bidirectional=False, collides=False
        )
        rows = on_real_data(rows)
        rows = rows[rows.length == rows.length.max()]
        sentences += [
            *_say_shift(rows),
            *_say_accuracy(rows, _most_frequent(results, rows)),
            *_say_exactness(results.verdicts),
            *_say_tutorial(results.verdicts),
        ]
    if results.run["profile"].get("table") and "missing_values" in results.run["experiments"]:
        sentences += _say_own_table(results.of("missing_values"))
    if len(results.verdicts):
        sentences += [
            *_say_attention(results.verdicts),
            *_say_memory(results.verdicts),
            *_say_missing(results.verdicts),
            *_say_objective(results.verdicts),
        ]
    return [*sentences, _say_verdicts(results.verdicts)]


def _most_frequent(results: Results, rows: pd.DataFrame) -> float | None:
    """Share of the most frequent class of the data that the rows are on, if they are on one data set alone."""
    shares = {about["source"]: about["largest_class"] for about in results.run.get("data", ())}
    names = set(rows.data.astype(str))
    return shares.get(names.pop()) if len(names) == 1 else None


def _say_shift(rows: pd.DataFrame) -> Iterator[str]:
    at = where(on_own_side(rows), masking="none", metric="relative_shift", layer="summary", count=32)
    seeds = at.groupby(["padding", "seed"], observed=True).value.mean()
    if {"pre", "post"} <= set(seeds.index.get_level_values("padding")):
        post, pre = (_say_share(seeds[side]) for side in ("post", "pre"))
        yield (
            "Fill (padding steps) is not nothing to an LSTM: without a mask, 32 steps of it after the text move the state "
            f"that the classifier sees by {post} of its norm, and 32 steps in front of the text by {pre} (brackets: "
            "95\N{NO-BREAK SPACE}% intervals over seeds)."
        )


def _say_accuracy(rows: pd.DataFrame, most_frequent: float | None) -> Iterator[str]:
    """Accuracy with a mask and without; what is said of the difference hangs on its interval, paired by seed."""
    at = where(on_own_side(rows), metric="accuracy", masking=["none", "embedding", "masking_layer"])
    at = at[at["count"].isna()]
    seeds = at.groupby(
        [at.masking.astype(str).ne("none").rename("masked"), "padding", "seed"], observed=True
    ).value.mean()
    if len({key[:2] for key in seeds.index}) < 4:
        return
    gained = estimate_mean((seeds[True, "post"] - seeds[False, "post"]).dropna().to_numpy())
    lead = "Whether it costs accuracy, these seeds do not tell"
    if gained.low > 0:
        lead = "It costs accuracy where the fill comes last"
    elif gained.high < 0:
        lead = "It costs no accuracy where the fill comes last, the mask does"
    bare_post, masked_post, bare_pre, masked_pre = (
        _say_share(seeds[masked, side]) for side in ("post", "pre") for masked in (False, True)
    )
    chance = (
        "" if most_frequent is None else f" Always naming the most frequent class gives {say_percent(most_frequent)}."
    )
    yield (
        f"{lead}: padded at the end to {int(at.length.max())} steps the unmasked LSTM classifies {bare_post} correctly and the "
        f"masked one {masked_post}; padded in front, {bare_pre} and {masked_pre}.{chance}"
    )


def _say_share(seeds: pd.Series) -> str:
    """A mean over seeds and its interval, in hundredths."""
    estimate = estimate_mean(seeds.to_numpy())
    return f"{say_percent(estimate.mean)} [{100 * estimate.low:.0f}, {100 * estimate.high:.0f}]"


def _examined(verdicts: pd.DataFrame, *ids: str) -> Iterator[list[dict]]:
    """The verdicts of some claims, if all of them were measured."""
    claims = {claim["id"]: claim for claim in where(verdicts, id=list(ids)).to_dict("records") if claim["n"]}
    if len(claims) == len(ids):
        yield [claims[name] for name in ids]


def _say_exactness(verdicts: pd.DataFrame) -> Iterator[str]:
    for (claim,) in _examined(verdicts, "L11"):
        does = "undoes" if claim["parts"][0]["holds"] else "does not undo"
        yield (
            f"A correct mask {does} all of it in the LSTM itself: over {claim['n']} masked ones, deep and bidirectional ones "
            f"among them, the largest change of any state or output was {say_number(claim['effect'])}. What pools their states "
            "has to heed the mask, too."
        )


def _say_tutorial(verdicts: pd.DataFrame) -> Iterator[str]:
    for (claim,) in _examined(verdicts, "L9"):
        yield (
            f"The mask has to arrive, though: Embedding(mask_zero=True) followed by Masking(0), as tutorials print it, "
            f"tells the LSTM of {say_percent(claim['effect'])} of the fill."
        )


def _say_attention(verdicts: pd.DataFrame) -> Iterator[str]:
    for (claim,) in _examined(verdicts, "P7"):
        if claim["verdict"] != "supported":
            continue
        after, before = claim["parts"][:2]
        yield (
            "In Transformers Keras hands its own mask on where blocks normalise before attention (largest change "
            f"{say_number(before['effect'])}); where they normalise after the sum it is lost from the second block on, and "
            f"fill moves what the head sees by {say_percent(after['effect'])} [{100 * after['low']:.0f}, "
            f"{100 * after['high']:.0f}] of its norm (P7: {claim['verdict']})."
        )


def _say_memory(verdicts: pd.DataFrame) -> Iterator[str]:
    for half_lives, attractors in _examined(verdicts, "D1", "D2"):
        ranks, (several, bare) = half_lives["parts"][0], attractors["parts"]
        yield (
            "How long an unmasked recurrent network remembers under fill: where its states end in one attractor, half-lives "
            f"foretold from the Jacobian of the fill step there have a rank correlation of {say_number(ranks['effect'])} "
            f"[{say_number(ranks['low'])}, {say_number(ranks['high'])}] with the measured ones (D1: {half_lives['verdict']}). "
            f"{say_percent(several['effect'])} of the networks that were trained with fill and settle have several attractors; "
            f"{say_percent(bare['effect'])} of those trained without have exactly one (D2: {attractors['verdict']})."
        )


def _say_missing(verdicts: pd.DataFrame) -> Iterator[str]:
    for zeroing, telling in _examined(verdicts, "M8", "M9"):
        (at_random, by_value), flagged = zeroing["parts"][:2], telling["parts"][0]
        yield (
            "Missing values are not padding: with half of the predictors missing and zeros in their place, an MLP explains "
            f"{_say_points(at_random, 'less', 'more')} of the variance than the best possible predictor if they are missing "
            f"completely at random, and {_say_points(by_value, 'less', 'more')} if large ones are; flags that tell which are "
            f"missing explain {_say_points(flagged)} than zeros alone, on average of the two."
        )


def _say_own_table(table: pd.DataFrame) -> Iterator[str]:
    """Of the holes that the user's table has: what did best, against zeros, paired by seed."""
    rows = where(table, mechanism="as_found", metric=["r2", "accuracy"], layer=list(WAYS))
    seeds = rows.pivot_table(index="seed", columns="layer", values="value", observed=True)
    if "zero" not in seeds or len(seeds.columns) < 2:
        return
    best = seeds.mean().idxmax()
    metric = "R²" if (rows.metric == "r2").any() else "accuracy"
    gained = estimate_mean((seeds[best] - seeds["zero"]).dropna().to_numpy())
    told = "more" if gained.low > 0 else "a difference that these seeds do not tell from none"
    against = (
        "which is zeros themselves" if best == "zero" else f"against {say_number(seeds['zero'].mean())} with zeros "
        f"({say_number(gained.mean)} [{say_number(gained.low)}, {say_number(gained.high)}] {told}; n = {gained.n} seeds)"
    )  # fmt: skip
    yield (
        f"On your table, with the holes that it has, {WAYS[best]} has the highest mean: {metric} "
        f"{say_number(seeds[best].mean())}, {against}."
    )


def _say_objective(verdicts: pd.DataFrame) -> Iterator[str]:
    for (claim,) in _examined(verdicts, "O4"):
        against_40, against_5 = claim["parts"][:2]
        yield (
            "Masking as an objective: a model that is trained with 15\N{NO-BREAK SPACE}% of the words masked predicts "
            f"{_say_points(against_5)} of masked words than one with 5\N{NO-BREAK SPACE}%, and {_say_points(against_40)} than "
            f"one with 40\N{NO-BREAK SPACE}% (O4: {claim['verdict']})."
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
    measured = verdicts[verdicts.n > 0]
    ours = measured.source == OURS
    said = []
    if (~ours).any():
        said.append(f"Of {(~ours).sum()} published claims examined, {_tally(measured[~ours])}.")
    if ours.any():
        said.append(
            f"Of {ours.sum()} of our own (on dynamics, gaps, objectives and our instruments), {_tally(measured[ours])}."
        )
    if len(measured) < len(verdicts):
        said.append(f"{len(verdicts) - len(measured)} claims could not be measured on what was run.")
    return " ".join(said)


def _tally(verdicts: pd.DataFrame) -> str:
    return ", ".join(f"{count} {verdict}" for verdict, count in count_verdicts(verdicts.to_dict("records")))
