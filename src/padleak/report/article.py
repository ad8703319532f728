"""What an article on objectives of pre-training said, held against what was measured here."""

from collections.abc import Iterator

import pandas as pd

from padleak.report.thread import Answer
from padleak.report.words import say_number
from padleak.study.results import Results
from padleak.study.select import at_best_layer, where

_CLAIMS = [f"O{number}" for number in range(1, 10)]
_FOUND = {
    "supported": "This held",
    "refuted": "This did not hold",
    "equivalent": "No effect, within the margin",
    "inconclusive": "This stayed open",
}
_NAMES = {"masked": "masked", "causal": "language model", "translation": "translator"}


def answer_article(results: Results) -> list[Answer]:
    """Its statements, one by one, from the experiments on objectives; as many as were measured."""
    scale = dict(_say_scale(results)) if "objectives" in results.run["experiments"] else {}
    return [
        Answer(
            f"{claim['id']}: {claim['statement']}",
            (_say_verdict(claim), *scale.get(claim["id"], ())),
            claim["figure"],
        )
        for claim in _examined(results)
    ]


def weigh_article(results: Results) -> str:
    """Which of its statements held at this scale, which did not, and which stayed open, in a sentence."""
    named = {
        says: [claim["id"] for claim in _examined(results) if claim["verdict"] in verdicts]
        for says, verdicts in (
            ("held", ("supported",)), ("did not hold", ("refuted", "equivalent")), ("stayed open", ("inconclusive",)),
        )
    }  # fmt: skip
    return "; ".join(f"{', '.join(ids)} {says}" for says, ids in named.items() if ids)


def _examined(results: Results) -> list[dict]:
    """Claims of which something was measured."""
    claims = where(results.verdicts, id=_CLAIMS) if len(results.verdicts) else results.verdicts
    return [claim for claim in claims.to_dict("records") if claim["n"]]


def _say_verdict(claim: dict) -> str:
    parts = "; ".join(
        f"{part['what']}: {say_number(part['effect'])} [{say_number(part['low'])}, {say_number(part['high'])}] {part['unit']}"
        for part in claim["parts"]
        if part["n"]
    )
    seeds = min(part["n"] for part in claim["parts"])
    return f"{_FOUND[claim['verdict']]} at this scale ({seeds} seeds). {parts[0].upper()}{parts[1:]}."


def _say_scale(results: Results) -> Iterator[tuple[str, tuple[str, ...]]]:
    """By claim: what the lesser and the greater width make of it."""
    table = results.of("objectives")
    if table.empty:
        return
    table = table[(table.kind == "language") & (table.steps > 0)]
    if table.width.nunique() < 2:
        return
    changes = where(table, metric="change_pwcca", probe="untouched")
    later = changes[changes.layer.astype(str) != "1"]
    by = ["width", "objective"]
    yield (
        "O1",
        (
            _by_width(later.groupby(by, observed=True).value.mean(), "mean change from the first layer on"),
            _by_width(
                changes.groupby(by, observed=True).value.mean(), "with the first layer's change from the embedded words"
            ),
        ),
    )
    told = where(table, metric="told_of_input", probe="untouched")
    told = told.assign(layer=told.layer.astype(str).astype(int))
    means = told.pivot_table(index=["width", "objective"], columns="layer", values="value", observed=True)
    masked = means[means.index.get_level_values("objective") == "masked"].droplevel("objective")
    yield (
        "O2",
        (
            ". ".join(
                f"Width {width}: {say_number(row.iloc[0])} nats at first, {say_number(row.min())} at least, "
                f"{say_number(row.iloc[-1])} at last"
                for width, row in masked.iterrows()
            )
            + " (published, six layers: 5.21, 4.93, 5.10).",
        ),
    )
    yield "O3", (_by_width(means.iloc[:, 0] - means.iloc[:, -1], "nats lost from first to last layer"),)
    read = where(table, metric="frozen", probe=["topic, full", "order, full"])
    best = at_best_layer(read, [*by, "probe"])
    yield "O8", (_by_width(best.groupby(by, observed=True).value.mean(), "accuracy of a linear reader"),)


def _by_width(values: pd.Series, what: str) -> str:
    """A sentence of values by width and objective."""
    said = [
        f"width {width}: "
        + ", ".join(
            f"{name} {say_number(values[width, objective])}"
            for objective, name in _NAMES.items()
            if (width, objective) in values.index
        )
        for width in sorted(values.index.get_level_values("width").unique())
    ]
    return f"{what[0].upper()}{what[1:]} at {'; at '.join(said)}."
