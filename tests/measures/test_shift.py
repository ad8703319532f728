import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from padleak.measures import Comparison, measures
from padleak.measures.shift import macro_f1, score


def make_comparison(seed: int, rows: int = 7, units: int = 4, identical: bool = False) -> Comparison:
    generator = np.random.default_rng(seed)
    reference, probed, changed = (generator.dirichlet(np.ones(units), rows) for _ in range(3))
    labels = generator.integers(units, size=rows)
    return Comparison(reference, reference.copy() if identical else probed, changed, labels)


@pytest.mark.parametrize("name", measures.names())
class TestEveryMeasure:
    @given(seed=st.integers(0, 10_000))
    def test_is_a_finite_number_that_padding_left_alone_makes_neutral(self, name, seed):
        value = measures[name](make_comparison(seed, identical=True))
        assert value == pytest.approx(1.0 if name == "separation" else 0.0)
        assert np.isfinite(measures[name](make_comparison(seed)))

    @given(seed=st.integers(0, 10_000))
    def test_does_not_depend_on_the_order_of_units(self, name, seed):
        whole = make_comparison(seed)
        shuffled = Comparison(
            *(part[:, ::-1] for part in (whole.reference, whole.probed, whole.changed)), 3 - whole.labels
        )
        assert measures[name](shuffled) == pytest.approx(measures[name](whole))

    def test_says_what_it_is_of_and_its_unit(self, name):
        facts = measures.facts(name)
        assert facts["of"] in ("states", "prediction")
        assert facts["unit"]


def test_shifts_of_a_hand_worked_case():
    reference = np.array([[3.0, 4.0], [0.0, 5.0]])
    probed = np.array([[3.0, 4.0], [6.0, 5.0]])
    changed = np.array([[3.0, 5.0], [1.0, 5.0]])
    comparison = Comparison(reference, probed, changed)
    assert measures["absolute_shift"](comparison) == 3.0
    assert measures["relative_shift"](comparison) == pytest.approx(3.0 / 5.0)
    assert measures["token_shift"](comparison) == 3.0
    assert measures["largest_shift"](comparison) == 6.0
    distance = np.hypot(3.0, 1.0)
    assert measures["separation"](comparison) == pytest.approx(np.hypot(3.0, 1.0) / distance)


def test_measures_of_predictions_in_a_hand_worked_case():
    reference = np.array([[0.9, 0.1], [0.2, 0.8], [0.6, 0.4], [0.3, 0.7]])
    probed = np.array([[0.4, 0.6], [0.2, 0.8], [0.6, 0.4], [0.5, 0.5]])
    comparison = Comparison(reference, probed, labels=np.array([0, 1, 1, 1]))
    assert measures["total_variation"](comparison) == pytest.approx((0.5 + 0.2) / 4)
    assert measures["flips"](comparison) == 0.5
    assert measures["largest_prediction_shift"](comparison) == 0.5
    assert measures["accuracy_drop"](comparison) == pytest.approx(3 / 4 - 1 / 4)


def test_a_planted_shift_is_recovered():
    generator = np.random.default_rng(0)
    reference = generator.normal(size=(500, 8))
    direction = generator.normal(size=(500, 8))
    planted = 0.3 * direction / np.linalg.norm(direction, axis=1, keepdims=True)
    assert measures["absolute_shift"](Comparison(reference, reference + planted)) == pytest.approx(0.3)


def test_token_shift_is_missing_where_no_token_was_changed():
    comparison = make_comparison(0)
    assert np.isnan(measures["token_shift"](Comparison(comparison.reference, comparison.probed)))


def test_score_of_numbers_is_the_share_of_variance_explained():
    labels = np.array([1.0, 2.0, 3.0, 6.0])
    assert score(labels[:, None], labels) == 1
    assert score(np.full((4, 1), labels.mean()), labels) == pytest.approx(0)


@given(seed=st.integers(0, 10_000))
def test_macro_f1_is_the_mean_harmonic_mean_of_precision_and_recall(seed):
    generator = np.random.default_rng(seed)
    prediction, labels = generator.dirichlet(np.ones(4), 30), generator.integers(3, size=30)
    told, scores = prediction.argmax(axis=1), []
    for label in set(labels.tolist()):
        right = sum((told == label) & (labels == label))
        precision, recall = right / max(1, sum(told == label)), right / sum(labels == label)
        scores.append(2 * precision * recall / (precision + recall) if right else 0)
    assert macro_f1(prediction, labels) == pytest.approx(np.mean(scores))
