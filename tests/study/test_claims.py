import numpy as np
import pandas as pd
import pytest
from scipy import stats

from padleak.study.claims import Above, AtMost, Below, Case, Claim, Within, judge


def decide(*parts_and_values, missing: int = 0, family: int = 0) -> dict:
    """The verdict on a claim whose parts see the given values, in a family with `family` claims of p = 1 beside it."""
    parts = tuple(
        part(f"part {i}", lambda table, i=i: table[f"part {i}"], "units", *rule)
        for i, (part, rule, _) in enumerate(parts_and_values)
    )
    table = pd.DataFrame({f"part {i}": values for i, (_, _, values) in enumerate(parts_and_values)}).assign(cell="c")
    claims = [Claim("X1", "what is claimed", "someone", parts, "figure")]
    idle = Above("idle", lambda table: pd.Series([-1.0, 1.0]), "units")
    claims += [Claim(f"Y{i}", "idle", "someone", (idle,), "figure") for i in range(family)]
    return judge([Case("experiment", tuple(claims), table, missing)])[0]


LARGE = np.array([0.9, 1.0, 1.1, 1.05, 0.95])
NOISY = np.array([-1.0, 1.2, -0.3, 0.4, 0.1])


@pytest.mark.parametrize(
    ("part", "rule", "values", "verdict"),
    [
        (Above, (0.5,), LARGE, "supported"),
        (Above, (2.0,), LARGE, "refuted"),
        (Above, (0.0,), NOISY, "inconclusive"),
        (Above, (0.0, 5.0), NOISY, "equivalent"),
        (Above, (0.0, 0.01), LARGE, "supported"),
        (Below, (2.0,), LARGE, "supported"),
        (Below, (0.5,), LARGE, "refuted"),
        (Within, (2.0,), LARGE, "supported"),
        (Within, (0.5,), LARGE, "refuted"),
        (AtMost, (1.1,), LARGE, "supported"),
        (AtMost, (1.0,), LARGE, "refuted"),
    ],
)
def test_planted_effects_get_their_verdict(part, rule, values, verdict):
    assert decide((part, rule, values))["verdict"] == verdict


def test_all_parts_must_hold_for_support_and_one_that_fails_refutes():
    assert decide((Above, (0.5,), LARGE), (Below, (2.0,), LARGE))["verdict"] == "supported"
    assert decide((Above, (0.5,), LARGE), (Below, (0.5,), LARGE))["verdict"] == "refuted"
    assert decide((Above, (0.5,), LARGE), (Above, (0.0,), NOISY))["verdict"] == "inconclusive"


def test_p_value_of_one_part_is_twice_the_one_sided_one():
    assert decide((Above, (0.5,), LARGE))["p"] == pytest.approx(
        2 * stats.ttest_1samp(LARGE, 0.5, alternative="greater").pvalue
    )


def test_holm_counts_the_whole_family():
    alone, among_many = decide((Above, (0.5,), LARGE)), decide((Above, (0.5,), LARGE), family=9)
    assert among_many["p_holm"] == pytest.approx(10 * alone["p_holm"])


def test_nothing_measured_is_inconclusive_and_says_what_is_missing():
    verdict = decide((Above, (0.5,), LARGE * np.nan), missing=4)
    assert (verdict["verdict"], verdict["n"], verdict["missing"], verdict["effect"]) == ("inconclusive", 0, 4, None)


def test_a_deterministic_bound_is_not_tested():
    verdict = decide((AtMost, (2.0,), LARGE))
    assert verdict["p"] is None and verdict["p_holm"] is None
    assert (verdict["effect"], verdict["low"], verdict["high"]) == (1.1, 0.9, 1.1)


def test_null_effects_reach_p_below_alpha_no_more_often_than_alpha():
    samples = np.random.default_rng(0).normal(size=(1500, 5))
    claims = tuple(
        Claim(f"X{i}", "", "", (Above("", lambda table, i=i: pd.Series(samples[i]), ""),), "") for i in range(1500)
    )
    verdicts = judge([Case("experiment", claims, pd.DataFrame({"cell": ["c"]}), 0)])
    settled = np.mean([verdict["p"] < 0.05 for verdict in verdicts])
    assert settled <= stats.binom.ppf(0.999, 1500, 0.05) / 1500
    assert {verdict["verdict"] for verdict in verdicts} == {"inconclusive"}


def test_parts_say_how_far_they_lie_from_the_bound_and_how_far_would_be_seen():
    (part,) = decide((Above, (0.5,), LARGE))["parts"]
    deviations = (LARGE.mean() - 0.5) / LARGE.std(ddof=1)
    assert part["standardised"] == pytest.approx(0.8 * deviations, rel=0.01)  # Hedges's correction for 5 is .798
    # The distance at which a test of noncentral t has a power of 80 %.
    noncentrality = part["detectable"] / (LARGE.std(ddof=1) / np.sqrt(5))
    assert stats.nct.sf(stats.t.ppf(0.975, 4), 4, noncentrality) == pytest.approx(0.8, abs=1e-6)


def test_a_deterministic_bound_has_neither():
    (part,) = decide((AtMost, (1.1,), LARGE))["parts"]
    assert part["standardised"] is None and part["detectable"] is None
