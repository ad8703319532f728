"""The answer to the article says what the verdicts and the table say, on planted ones."""

from types import SimpleNamespace

import pandas as pd

from padleak.report.article import answer_article, weigh_article


def claim(name, verdict, n=5):
    parts = [{"what": "told", "effect": 0.25, "low": 0.125, "high": 0.375, "unit": "nats", "n": n}]
    return {"id": name, "statement": f"statement {name}", "verdict": verdict, "n": n, "figure": "drawn", "parts": parts}


def planted(widths=(32, 64), claims=None) -> SimpleNamespace:
    rows = [
        {"kind": "language", "steps": 100, "width": width, "objective": objective, "seed": 0, "metric": metric,
         "probe": probe, "layer": str(layer), "value": value}
        for width in widths
        for objective in ("masked", "causal", "translation")
        for metric, probe, layer, value in (
            ("change_pwcca", "untouched", 1, width / 100), ("change_pwcca", "untouched", 2, width / 200),
            ("told_of_input", "untouched", 0, 5.0),
            ("told_of_input", "untouched", 1, 4.0), ("told_of_input", "untouched", 2, 4.5),
            ("frozen", "topic, full", 0, 0.6), ("frozen", "topic, full", 1, 0.7), ("frozen", "order, full", 0, 0.5),
        )
    ]  # fmt: skip
    if claims is None:
        claims = [
            claim("O1", "refuted"),
            claim("O2", "supported"),
            claim("O4", "inconclusive"),
            claim("O7", "equivalent", n=0),
        ]
    verdicts = pd.DataFrame([*claims, claim("L1", "supported")])
    return SimpleNamespace(
        run={"experiments": {"objectives": {}}}, of=lambda name: pd.DataFrame(rows), verdicts=verdicts
    )


def test_every_statement_that_was_measured_is_answered():
    answers = answer_article(planted())
    assert [answer.question for answer in answers] == [f"{name}: statement {name}" for name in ("O1", "O2", "O4")]
    first, second, third = ((*answer.sentences, "")[:2] for answer in answers)
    assert first[0] == "This did not hold at this scale (5 seeds). Told: 0.25 [0.125, 0.375] nats."
    assert first[1].startswith(
        "Mean change from the first layer on at width 32: masked 0.16, language model 0.16, translator 0.16; at width"
    )
    assert second[1].startswith("Width 32: 5 nats at first, 4 at least, 4.5 at last. Width 64")
    assert third[0].startswith("This stayed open") and third[1] == ""


def test_what_held_and_what_did_not_is_weighed():
    assert weigh_article(planted()) == "O2 held; O1 did not hold; O4 stayed open"


def test_one_width_has_no_scale_and_nothing_measured_no_answer():
    assert all(len(answer.sentences) == 1 for answer in answer_article(planted(widths=(64,))))
    assert answer_article(planted(claims=[claim("O1", "inconclusive", n=0)])) == []
    nothing = SimpleNamespace(run={"experiments": {}}, verdicts=pd.DataFrame())
    assert answer_article(nothing) == [] and weigh_article(nothing) == ""
