"""A cell with missing predictors: what it measures, what it refuses."""

import numpy as np
import pytest

from padleak.data.table import load_table
from padleak.errors import InputError
from padleak.models.estimators import estimators
from padleak.models.fillings import fillings
from padleak.study.trials.missing import AS_FOUND, MissingCell, score

TINY = {"rows": 300, "validation": 100, "test": 200, "width": 10, "epochs": 4, "learning_rate": 0.01}
FEW = TINY | {"without": tuple(name for name in fillings if name not in ("zero", "flag", "neumiss_mlp", "complete"))}


@pytest.mark.slow
def test_every_way_that_makes_a_difference_is_scored_and_the_same_again():
    cell = MissingCell(data="mixed", mechanism="mar", rate=0.4, **TINY)
    first, second = cell.run().measurements, cell.run().measurements
    assert first.equals(second)
    scored = set(first[first.metric == "r2"].layer)
    assert scored == (set(fillings) | {"linear_flag", "linear_iterative", "trees"})
    assert np.isfinite(first.value).all()


@pytest.mark.slow
def test_with_the_law_known_the_bayes_predictor_is_the_best_and_its_score_is_right():
    cell = MissingCell(mechanism="self_masking", seed=3, **FEW | {"test": 4000})
    table = cell.run().measurements
    scores = table[table.metric == "r2"].set_index("layer").value
    assert scores.drop("complete").idxmax() == "bayes"
    assert set(estimators) <= set(scores.index) and "neumiss_mlp" not in scores
    share = table[table.metric == "missing_share"].value.item()
    assert share == pytest.approx(0.5, abs=0.02)


@pytest.mark.slow
def test_a_table_with_classes_is_scored_by_accuracy():
    table = MissingCell(data="wine", rate=0.2, batch=16, **FEW | {"epochs": 30}).run().measurements
    scores = table[table.metric == "accuracy"].set_index("layer").value
    assert scores["trees"] > 0.8 and scores["complete"] > 0.8 and "em" not in scores and "r2" not in set(table.metric)


@pytest.mark.slow
def test_a_table_is_taken_as_it_is_found(tmp_path):
    generator = np.random.default_rng(0)
    lines = ["a,b,c,y"]
    for _ in range(120):
        a, b, c = generator.normal(size=3)
        lines.append(f"{a:.3f},{'?' if generator.random() < 0.4 else f'{b:.3f}'},{c:.3f},{a + b:.3f}")
    file = tmp_path / "found.csv"
    file.write_text("\n".join(lines))
    cell = MissingCell(data=f"csv:{file}?target=y&missing=%3F", mechanism=AS_FOUND, **FEW)
    table = cell.run().measurements
    share = table[table.metric == "missing_share"].value.item()
    assert 0.05 < share < 0.25
    assert "complete" not in set(table.layer) and {"zero", "flag", "em", "trees"} <= set(table.layer)
    again = MissingCell(data=cell.data, mechanism="mcar", rate=0.3, **FEW).run().measurements
    assert again[again.metric == "missing_share"].value.item() > share + 0.1


def test_scores_are_shares_of_variance_and_of_right_answers():
    wine = load_table("wine").take(np.array([0, 60, 140, 141]))
    likely = np.eye(3)[[0, 1, 0, 2]]
    assert wine.targets.tolist() == [0, 1, 2, 2]
    assert score(likely, wine) == {"accuracy": 0.75}
    diabetes = load_table("diabetes").take(np.arange(4))
    mean = np.full(4, diabetes.targets.mean())
    assert score(mean, diabetes)["r2"] == pytest.approx(0) and score(diabetes.targets, diabetes)["r2"] == 1


@pytest.mark.parametrize(
    ("settings", "says"),
    [
        ({"data": "gausian"}, "Did you mean gaussian"),
        ({"mechanism": "mnar"}, "mechanism must be one of mcar, mar, self_masking"),
        ({"rate": 1.0}, "rate must be above 0 and below 1"),
        ({"width": 0}, "width must be at least 1"),
        ({"without": ("zeroes",)}, "Did you mean zero"),
    ],
)
def test_wrong_settings_are_told(settings, says):
    with pytest.raises(InputError, match=says):
        MissingCell(**settings).why_not()


def test_nothing_is_missing_in_a_table_that_is_drawn():
    assert "nothing is missing" in MissingCell(mechanism=AS_FOUND).why_not()
    assert MissingCell().why_not() is None
