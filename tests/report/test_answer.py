"""The sentences at the head of the report say what the verdicts say, on planted ones."""

from types import SimpleNamespace

import pandas as pd

from padleak.report.answer import write_answer


def claim(name, *effects, n=5, source="somebody", verdict="inconclusive"):
    parts = [{"effect": effect, "low": effect - 0.01, "high": effect + 0.02} for effect in effects]
    effect = effects[0] if effects else None
    return {"id": name, "source": source, "verdict": verdict, "n": n, "effect": effect, "parts": parts}


def said(*claims) -> list[str]:
    planted = SimpleNamespace(run={"experiments": {}}, verdicts=pd.DataFrame(claims))
    return [sentence.replace("\xa0", " ") for sentence in write_answer(planted)]


def test_missing_values_and_objectives_are_told_with_their_direction():
    missing, objective, _ = said(claim("M8", 0.13), claim("M9", 0.06), claim("O4", -0.02, 0.04))
    assert "explains 13 points [12, 15] less of the variance" in missing
    assert "missing 6 points [5, 8] more than without" in missing
    assert "tells 4 points [3, 6] more of masked words than one with 5 %" in objective
    assert "and 2 points [0, 3] less than one with 40 %" in objective


def test_memory_is_told_from_both_of_its_claims():
    memory, _ = said(claim("D1", 0.8), claim("D2", 0.6, 0.55))
    assert "rank correlation of 0.8 [0.79, 0.82]" in memory
    assert "60 % of the networks that were trained with fill" in memory and "55 % of those trained without" in memory


def test_a_sentence_without_its_numbers_is_left_out():
    assert len(said(claim("M8", 0.13), claim("D1", 0.8), claim("D2", n=0), claim("O4", n=0))) == 1
    assert said() == ["No claims were examined."]


def test_verdicts_are_counted_ours_apart():
    (counted,) = said(
        claim("P1", verdict="supported"), claim("P2", verdict="refuted"), claim("P3", verdict="refuted"),
        claim("C1", source="ours", verdict="supported"), claim("C2", source="ours", verdict="refuted"),
    )  # fmt: skip
    assert counted.startswith("Of 3 published claims examined, 1 supported, 2 refuted. Of 2 of our own")
    assert counted.endswith("1 supported.")
