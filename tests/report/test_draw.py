"""Axes of one's own: what is drawn are the means over seeds and Student's intervals, reckoned here by scipy."""

import numpy as np
import pandas as pd
import pytest
from matplotlib import pyplot
from matplotlib.figure import Figure
from scipy import stats

from padleak.errors import InputError
from padleak.report.draw import plot

GENERATOR = np.random.default_rng(0)
ROWS = pd.DataFrame(
    [
        {"seed": seed, "metric": "shift", "count": count, "masking": masking, "probe": probe, "value": GENERATOR.normal()}
        for seed in range(5) for count in (0, 4, 8) for masking in ("none", "embedding") for probe in "ab"
    ]
)  # fmt: skip


def by_seed(**chosen):
    rows = ROWS.query(" and ".join(f"{name} == {value!r}" for name, value in chosen.items()))
    return rows.groupby("seed").value.mean().to_numpy()


@pytest.fixture
def axes():
    return Figure().subplots()


def test_numbers_make_a_line_with_a_band(axes):
    assert plot(ROWS, x="count", hue="masking", ax=axes) is axes
    for line in axes.lines:
        means = [by_seed(count=count, masking=line.get_label()).mean() for count in (0, 4, 8)]
        np.testing.assert_allclose(line.get_ydata(), means)
    values = by_seed(count=8, masking="none")
    low, high = stats.t.interval(0.95, 4, loc=values.mean(), scale=stats.sem(values))
    bands = {line.get_label(): band for line, band in zip(axes.lines, axes.collections)}
    at_eight = [y for x, y in bands["none"].get_paths()[0].vertices if x == 8]
    assert (min(at_eight), max(at_eight)) == pytest.approx((low, high))
    assert axes.get_ylabel() == "shift" and axes.get_legend().get_title().get_text() == "masking"


def test_names_make_dots_with_bars(axes):
    plot(ROWS, x="masking", ax=axes)
    assert [label.get_text() for label in axes.get_yticklabels()] == ["embedding", "none"]
    means = axes.containers[0].lines[0].get_xdata().astype(float)
    np.testing.assert_allclose(means, [by_seed(masking=name).mean() for name in ("embedding", "none")])


def test_without_axes_the_current_ones_are_taken():
    figure, axes = pyplot.subplots()
    assert plot(ROWS, x="count") is axes
    pyplot.close(figure)


@pytest.mark.parametrize(
    ("table", "x", "says"),
    [
        (ROWS.assign(metric=["shift", "loss"] * 30), "count", "of one metric, in one row or more; got loss, shift"),
        (ROWS[:0], "count", "got no rows"),
        (ROWS, "cuont", "Did you mean count"),
        ([1], "count", "a pandas frame"),
    ],
)
def test_what_cannot_be_drawn_is_told(table, x, says, axes):
    with pytest.raises(InputError, match=says):
        plot(table, x=x, ax=axes)
