"""The three answers say what the numbers say, on planted ones."""

from types import SimpleNamespace

import pandas as pd

from padleak.report.thread import answer_thread


def planted(zero_weights: float) -> SimpleNamespace:
    """A Dense layer that gives a tenth at fill once trained, and a mean of neighbours that leaks and drops the mask."""
    rows = []
    for masked in (False, True):
        for layer, metric, stage, value in (
            ("Dense", "zero_weights", "trained", zero_weights),
            ("Dense", "weights_norm", "trained", 2.0),
            ("Dense", "fill_gradient", "trained", 0.0 if masked else 0.5),
            ("Dense", "fill_norm", "initial", 0.0),
            ("Dense", "fill_norm", "trained", 0.1),
            ("Dense", "leak", "trained", 0.0),
            ("Dense", "mask_arrives", "trained", 1.0),
            ("Pooling", "fill_norm", "initial", 0.0),
            ("Pooling", "fill_norm", "trained", 0.0),
            ("Pooling", "leak", "trained", 0.25),
            ("Pooling", "mask_arrives", "trained", 0.0),
        ):
            rows.append(
                {"on": "tensorflow", "masked": masked, "layer": layer, "metric": metric, "probe": stage, "value": value}
            )
    table = pd.DataFrame(rows).assign(seed=0)
    return SimpleNamespace(run={"experiments": {"mechanism": {}}}, of=lambda name: table)


def said(answer) -> str:
    return " ".join(answer.sentences).replace("\xa0", " ")


def test_the_three_answers():
    weights, zero, source = (said(answer) for answer in answer_thread(planted(0.0)))
    assert weights.startswith("No:") and "up to 0.5 times" in weights
    assert "10 % in Dense" in zero and "in Dense it is zero before training" in zero and "1 of 2 kinds" in zero
    assert "Pooling (25 %);" in source and "no further than Pooling" in source


def test_weights_that_are_zero_are_said_to_be():
    first, *_ = answer_thread(planted(0.3))
    assert said(first).startswith("Some of them are zero: after training with a mask 30 %")


def with_verdicts(effect: float, holds: bool | None) -> SimpleNamespace:
    """Four parts, each a hundredth above the one before."""
    effects = {"M8": (effect, effect + 0.01), "M9": (effect + 0.02, effect + 0.03)}
    parts = {
        name: [{"effect": one, "low": one - 0.001, "high": one + 0.001, "holds": holds} for one in ones]
        for name, ones in effects.items()
    }
    verdicts = pd.DataFrame([{"id": name, "n": 20, "parts": parts[name]} for name in parts])
    return SimpleNamespace(run={"experiments": {"missing_values": {}}}, verdicts=verdicts)


def test_predictors_are_answered_from_their_verdicts():
    (answer,) = answer_thread(with_verdicts(0.13, holds=False))
    assert said(answer).startswith("Not well:") and "cost 0.13 [0.129, 0.131] of the variance" in said(answer)
    assert "and 0.14 [" in said(answer) and "wins 0.15 [" in said(answer) and "wins 0.16 [" in said(answer)
    (answer,) = answer_thread(with_verdicts(0.02, holds=True))
    assert said(answer).startswith("Yes:")
    (answer,) = answer_thread(with_verdicts(0.02, holds=None))
    assert said(answer).startswith("That is open:")


def test_nothing_is_said_of_what_was_not_measured():
    assert answer_thread(SimpleNamespace(run={"experiments": {}})) == []
    unmeasured = with_verdicts(0.1, holds=False)
    unmeasured.verdicts["n"] = 0
    assert answer_thread(unmeasured) == []
