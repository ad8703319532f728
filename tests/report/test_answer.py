"""The sentences at the head of the report say what the verdicts say, on planted ones."""

from types import SimpleNamespace

import pandas as pd

from padleak.report.answer import write_answer


def claim(name, *effects, n=5, source="somebody", verdict="inconclusive"):
    parts = [{"effect": effect, "low": effect - 0.01, "high": effect + 0.02, "holds": True} for effect in effects]
    effect = effects[0] if effects else None
    return {"id": name, "source": source, "verdict": verdict, "n": n, "effect": effect, "parts": parts}


def said(*claims) -> list[str]:
    planted = SimpleNamespace(run={"experiments": {}, "profile": {}}, verdicts=pd.DataFrame(claims))
    return [sentence.replace("\xa0", " ") for sentence in write_answer(planted)]


def test_missing_values_and_objectives_are_told_with_their_direction():
    missing, objective, _ = said(claim("M8", 0.13, 0.1), claim("M9", 0.06), claim("O4", -0.02, 0.04))
    assert (
        "explains 13 points [12, 15] less of the variance" in missing and "10 points [9, 12] less if large" in missing
    )
    assert "missing explain 6 points [5, 8] more than zeros alone" in missing
    assert "predicts 4 points [3, 6] more of masked words than one with 5 %" in objective
    assert "and 2 points [0, 3] less than one with 40 % (O4: inconclusive)" in objective


def rows(bare: list[float], masked: list[float]) -> pd.DataFrame:
    """Accuracies of plain LSTMs, a seed a number, and shifts of those without a mask."""
    cells = [
        {"masking": masking, "padding": side, "layout": side, "seed": seed, "metric": metric, "value": value, "count": count,
         "layer": layer, "data": "made", "length": 24, "model": "lstm", "readout": "last", "layers": 1,
         "bidirectional": False, "collides": False}
        for masking, values in (("none", bare), ("embedding", masked))
        for side in ("pre", "post")
        for seed, score in enumerate(values)
        for metric, layer, value, count in (("accuracy", "prediction", score, None), ("relative_shift", "summary", 0.5, 32))
    ]  # fmt: skip
    return pd.DataFrame(cells)


def test_a_cost_is_asserted_only_where_its_interval_says_so():
    for bare, lead in (
        ([0.30, 0.32, 0.31], "It costs"),
        ([0.30, 0.80, 0.60], "Whether it costs accuracy, these seeds"),
        ([0.80, 0.83, 0.81], "It costs no accuracy"),
    ):
        table = rows(bare, masked=[0.6, 0.63, 0.61])
        about = {"source": "made", "largest_class": 0.25}
        planted = SimpleNamespace(
            run={"experiments": {"core_grid": {}}, "profile": {}, "data": [about]},
            verdicts=pd.DataFrame(columns=list(claim("X1"))), measurements=table,
            of=lambda name, table=table: table,
        )  # fmt: skip
        shift, cost, _ = (sentence.replace("\xa0", " ") for sentence in write_answer(planted))
        assert shift.startswith("Fill (padding steps)") and "by 50 % [50, 50] of its norm" in shift
        assert cost.startswith(lead) and cost.endswith("the most frequent class gives 25 %.")


def test_of_a_table_of_ones_own_the_best_way_is_told_against_zeros():
    for best, told in (([0.80, 0.82, 0.81], "0.61 [0.585, 0.635] more; n = 3"), ([0.1, 0.9, 0.2], "seeds do not tell")):
        table = pd.DataFrame(
            [
                {"mechanism": "as_found", "metric": "r2", "layer": layer, "seed": seed, "value": value}
                for layer, values in (("zero", [0.2, 0.2, 0.2]), ("mean", best))
                for seed, value in enumerate(values)
            ]
        )
        planted = SimpleNamespace(
            run={"experiments": {"missing_values": {}}, "profile": {"table": "csv:t.csv"}},
            verdicts=pd.DataFrame(), of=lambda name, table=table: table,
        )  # fmt: skip
        sentence, _ = write_answer(planted)
        assert (
            sentence.startswith("On your table, with the holes that it has, mean fill, MLP has the highest mean")
            and told in sentence
        )


def test_where_attention_loses_its_mask_is_told():
    attention, _ = said(claim("P7", 0.14, 2e-7, verdict="supported"))
    assert len(said(claim("P7", 0.0, 2.0, verdict="refuted"))) == 1
    assert "(largest change 2e-07)" in attention and "by 14 % [13, 16] of its norm (P7: supported)" in attention


def test_memory_is_told_from_both_of_its_claims():
    memory, _ = said(claim("D1", 0.8), claim("D2", 0.6, 0.55))
    assert "rank correlation of 0.8 [0.79, 0.82]" in memory
    assert "60 % of the networks that were trained with fill" in memory and "55 % of those trained without" in memory


def test_a_sentence_without_its_numbers_is_left_out():
    (counted,) = said(claim("M8", 0.13, 0.1), claim("D1", 0.8), claim("D2", n=0), claim("O4", n=0))
    assert counted == "Of 2 published claims examined, 2 inconclusive. 2 claims could not be measured on what was run."
    assert said() == ["No claims were examined."]


def test_verdicts_are_counted_ours_apart():
    (counted,) = said(
        claim("P1", verdict="supported"), claim("P2", verdict="refuted"), claim("P3", verdict="refuted"),
        claim("C1", source="ours", verdict="supported"), claim("C2", source="ours", verdict="refuted"),
    )  # fmt: skip
    assert counted.startswith("Of 3 published claims examined, 1 supported, 2 refuted. Of 2 of our own")
    assert counted.endswith(" 1 supported, 1 refuted.")
