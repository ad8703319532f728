"""Figures of missing predictors: what each way with them costs."""

import matplotlib as mpl
import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from padleak.report.plots import Drawn, add_legend, draw_dots, figures, new_figure, say_n, summarise
from padleak.report.words import say_number, short_source
from padleak.study.results import Results
from padleak.study.select import on_real_data, where

_OKABE_ITO = mpl.color_sequences["okabe_ito"]
WAYS = {
    "complete": "nothing removed, MLP",
    "em": "EM (normal law), exact prediction",
    "neumiss": "NeuMiss",
    "neumiss_mlp": "NeuMiss, MLP",
    "flag": "zeros and flags, MLP",
    "mean_flag": "mean fill and flags, MLP",
    "flagged_numbers": "flags for numbers alone, MLP",
    "special_category": "special category alone, MLP",
    "frequent_category": "most frequent category, MLP",
    "learned": "learned fill, MLP",
    "iterative": "iterative imputation, MLP",
    "mean": "mean fill, MLP",
    "zero": "zeros, MLP",
    "masked_dense": "masked Dense layer, MLP",
    "trees": "gradient-boosted trees",
    "linear_flag": "zeros and flags, linear",
    "linear_iterative": "iterative imputation, linear",
}
_MECHANISMS = {
    "mcar": "completely at random",
    "mar": "by other predictors",
    "self_masking": "by their own value",
    "as_found": "as found",
}
_COLOURS = dict(
    zip(
        ("neumiss", "flag", "learned", "iterative", "mean", "zero", "masked_dense", "trees"),
        (_OKABE_ITO[i] for i in (3, 2, 1, 5, 7, 6, 4, 0)),
    )
)
_PUBLISHED = {
    "mcar": {"bayes": 0.7795, "linear_flag": -0.1705, "linear_iterative": -0.0582, "em": -0.0002, "flag": -0.0521,
             "neumiss": -0.0233},
    "self_masking": {"bayes": 0.8018, "linear_flag": -0.1196, "linear_iterative": -0.2402, "em": -0.1229, "flag": -0.0315,
                     "neumiss": -0.0168},
}  # fmt: skip
"""Means over 20 draws at 10,000 rows: R2 of the Bayes predictor, and of the others less that (Le Morvan et al. 2020, from the
results in its authors' repository; width and depth were chosen on validation rows)."""
_BARS = "bars are 95 % Student intervals over seeds."


@figures.add
def beside_neumiss(table: pd.DataFrame, results: Results) -> Drawn | None:
    """Ours beside the published means, in the published set-up."""
    rows = where(table, data="gaussian", rate=0.5, metric="r2", mechanism=list(_PUBLISHED))
    rows = rows[rows.rows == rows.rows.max()]
    if rows.empty:
        return None
    figure, axes = new_figure(columns=2, width=11, height=4.6, sharey=True)
    names = _ordered(rows, "mcar")
    said, apart = {}, {}
    for panel, mechanism in zip(axes[0], _PUBLISHED):
        seen = where(rows, mechanism=mechanism)
        ours, published = summarise(_less(seen, "bayes"), ["layer"]).set_index("layer"), _PUBLISHED[mechanism]
        bayes = where(seen, layer="bayes").value.mean()
        _draw_beside(panel, ours.loc[names], published)
        panel.set(
            xlabel="R² less that of the Bayes predictor",
            title=f"missing {_MECHANISMS[mechanism]}\nBayes predictor: R² {bayes:.3f} (published {published['bayes']:.3f})",
        )
        apart |= {(mechanism, name): abs(ours["mean"][name] - published[name]) for name in published if name != "bayes"}
        apart[mechanism, "bayes"] = abs(bayes - published["bayes"])
        said[mechanism] = {name: f"{-ours['mean'][name]:.2f}" for name in ("zero", "flag", "neumiss")}
    axes[0, 0].set(yticks=range(len(names)), yticklabels=[WAYS[name] for name in names])
    axes[0, 0].invert_yaxis()
    add_legend(axes)
    largest = max(apart, key=apart.get)
    what = "the Bayes predictor" if largest[1] == "bayes" else WAYS[largest[1]]
    return Drawn(
        figure,
        f"With half of the predictors missing, an MLP on zeros explains {said['mcar']['zero']} of the variance less "
        "than can be if they "
        f"are missing completely at random, {said['self_masking']['zero']} less if large ones are; with flags "
        "beside the zeros "
        "it is "
        f"{said['mcar']['flag']} and {said['self_masking']['flag']} less, with NeuMiss {said['mcar']['neumiss']} and "
        f"{said['self_masking']['neumiss']}",
        f"Ten correlated normal predictors, linear response; {_rows_said(rows)}. The number on the right is ours, "
        "the one in brackets "
        f"the published one; the two differ the most for {what} ({_MECHANISMS[largest[0]]}), by "
        f"{say_number(apart[largest])}. "
        f"{say_n(summarise(rows, ['layer']))}; {_BARS}",
    )


def _rows_said(rows: pd.DataFrame) -> str:
    return f"{int(rows.rows.max()):,} rows to train on, as many to validate and to test"


def _draw_beside(panel: Axes, ours: pd.DataFrame, published: dict[str, float]) -> None:
    places = pd.Series(np.arange(len(ours)), index=ours.index)
    draw_dots(panel, ours, places, "ours", _OKABE_ITO[5])
    known = [name for name in ours.index if name in published]
    panel.plot(
        [published[name] for name in known], places[known], "x", color=_OKABE_ITO[6], label="published", markersize=8
    )
    panel.axvline(0, color="0.4", linewidth=1)
    right = ours.high.max()
    for name, mean in ours["mean"].items():
        beside = f"{mean:+.3f}" + (f"  ({published[name]:+.3f})" if name in published else "")
        panel.annotate(
            beside, (1.0, places[name]), xycoords=panel.get_yaxis_transform(), ha="right", va="center", fontsize=8
        )
    low = min(ours.low.min(), *published.values())
    panel.set_xlim(low - 0.02, right + 0.65 * (right - low))


def _less(rows: pd.DataFrame, yardstick: str) -> pd.DataFrame:
    """Scores less that of the yardstick in the same cell, without the yardstick."""
    truth = where(rows, layer=yardstick).set_index("cell").value
    others = rows[(rows.layer != yardstick) & (rows.layer != "table")]
    return others.assign(value=others.value - others.cell.map(truth).astype(float))


def _ordered(rows: pd.DataFrame, mechanism: str) -> list[str]:
    """Ways from the best to the worst under a mechanism."""
    means = where(rows, mechanism=mechanism).groupby("layer", observed=True).value.mean()
    return [name for name in means.sort_values(ascending=False).index if name in WAYS]


@figures.add
def fillings_by_rate(table: pd.DataFrame, results: Results) -> Drawn | None:
    """Variance lost against the Bayes predictor by rate, a panel a mechanism."""
    rows = where(table, data="gaussian", metric="r2")
    rows = rows[rows.rows == rows.rows.min()]
    if rows.empty:
        return None
    rows = _less(rows, "bayes")
    rows = rows.assign(value=-rows.value)
    mechanisms = [name for name in _MECHANISMS if name in set(rows.mechanism.astype(str))]
    figure, axes = new_figure(columns=len(mechanisms), width=12, height=3.8, sharey=True)
    for panel, mechanism in zip(axes[0], mechanisms):
        shown = summarise(where(rows, mechanism=mechanism), ["layer", "rate"])
        for offset, (name, colour) in zip(np.linspace(-0.02, 0.02, len(_COLOURS)), _COLOURS.items()):
            _draw_bars(panel, where(shown, layer=name), offset, WAYS[name], colour)
        panel.set(title=f"missing {_MECHANISMS[mechanism]}", xlabel="share of values missing")
    axes[0, 0].set_ylabel("variance explained by the Bayes\npredictor and not so")
    axes[0, 0].set_ylim(bottom=0)
    add_legend(axes)
    highest = rows.rate.max()
    means = (
        summarise(where(rows, rate=highest, layer=list(_COLOURS)), ["layer"]).set_index("layer")["mean"].sort_values()
    )
    return Drawn(
        figure,
        f"The more is missing, the more a way with it matters: at {100 * highest:.0f} % missing the best "
        f"({WAYS[means.index[0]]}) "
        f"loses {means.iloc[0]:.2f} of the variance and the worst ({WAYS[means.index[-1]]}) {means.iloc[-1]:.2f}",
        f"Ten correlated normal predictors, linear response, {int(rows.rows.min()):,} rows to train on. Means over "
        "the mechanisms in "
        f"the title. {say_n(summarise(rows, ['layer']))}; {_BARS} Every seed draws a law of "
        f"its own, which makes the bars long: they say little of differences between ways.",
    )


def _draw_bars(panel: Axes, rows: pd.DataFrame, offset: float, label: str, colour: object) -> None:
    rows = rows.sort_values("rate")
    spread = [rows["mean"] - rows.low, rows.high - rows["mean"]]
    style = {"color": colour, "marker": "o", "markersize": 4, "elinewidth": 0.8}
    panel.errorbar(rows.rate + offset, rows["mean"], yerr=spread, label=label, **style)


@figures.add
def fillings_of_categories(table: pd.DataFrame, results: Results) -> Drawn | None:
    """What flags gain for numbers, and special values for categories."""
    mixed = where(table, data="mixed", metric="r2")
    if mixed.empty:
        return None
    rows = _less(mixed, "zero")
    names = [name for name in ("flagged_numbers", "special_category", "flag", "frequent_category", "mean", "learned")
             if name in set(rows.layer.astype(str))]  # fmt: skip
    mechanisms = [name for name in _MECHANISMS if name in set(rows.mechanism.astype(str))]
    figure, axes = new_figure(width=8.5, height=3.8)
    panel, shown = axes[0, 0], summarise(rows, ["layer", "mechanism"])
    for offset, mechanism, colour in zip((-0.2, 0, 0.2), mechanisms, (_OKABE_ITO[i] for i in (5, 3, 6))):
        dots = where(shown, mechanism=mechanism, layer=names)
        places = dots.layer.astype(str).map(names.index) + offset
        draw_dots(panel, dots, places, f"missing {_MECHANISMS[mechanism]}", colour)
    panel.axvline(0, color="0.4", linewidth=1)
    said = {"flag": "zeros, flags and special categories", "mean": "mean, most frequent category"}
    panel.set(
        yticks=range(len(names)), yticklabels=[said.get(name, WAYS[name].removesuffix(", MLP")) for name in names]
    )
    panel.set_xlabel("R² gained over zeros and no category lit")
    panel.invert_yaxis()
    add_legend(axes)
    means = summarise(rows, ["layer"]).set_index("layer")["mean"]
    return Drawn(
        figure,
        f"Flags for missing numbers gain {means['flagged_numbers']:.3f} of the variance over zeros alone; a special "
        f"value for missing categories gains {means['special_category']:.3f} over leaving their columns dark",
        "MLPs on five numbers and five categories that hang together, half of the values missing. A category is a "
        "column that is 1, so that all of them dark are no category that there is. Means over mechanisms in the title. "
        f"{say_n(shown)}; {_BARS}",
    )


@figures.add
def fillings_on_tables(table: pd.DataFrame, results: Results) -> Drawn | None:
    """Scores on real tables with values removed."""
    rows = on_real_data(where(table, metric=["r2", "accuracy"]))
    if rows.empty:
        return None
    sources = list(rows.data.unique())
    figure, axes = new_figure(columns=len(sources), width=4.6 + 2.9 * len(sources), height=4.8, sharey=True)
    names = [name for name in WAYS if name in set(rows.layer.astype(str))]
    mechanisms = [name for name in _MECHANISMS if name in set(rows.mechanism.astype(str))]
    offsets = np.linspace(-0.24, 0.24, len(mechanisms)) if len(mechanisms) > 1 else [0]
    said = []
    for panel, source in zip(axes[0], sources):
        seen = where(rows, data=source)
        shown = summarise(seen, ["layer", "mechanism"])
        for offset, mechanism, colour in zip(offsets, mechanisms, (_OKABE_ITO[i] for i in (5, 3, 6, 0))):
            dots = where(shown, mechanism=mechanism, layer=names)
            draw_dots(
                panel,
                dots,
                dots.layer.astype(str).map(names.index) + offset,
                f"missing {_MECHANISMS[mechanism]}",
                colour,
            )
        metric = "R²" if (seen.metric == "r2").any() else "accuracy"
        panel.set(title=short_source(source), xlabel=f"{metric} on test rows")
        said.append(f"{_say_scores(where(seen, layer=names))} on {short_source(source)}")
    axes[0, 0].set(yticks=range(len(names)), yticklabels=[WAYS[name] for name in names])
    axes[0, 0].invert_yaxis()
    add_legend(axes)
    return Drawn(
        figure,
        f"Mean score with zeros, with mean fill, and with the best: {'; '.join(said)}",
        f"{_removed_said(rows)} Zeros are those of the table's own units, which may lie far from all values. Rows "
        f"are divided anew for every seed. {say_n(summarise(rows, ['layer']))}; {_BARS}",
    )


def _say_scores(rows: pd.DataFrame) -> str:
    """Of the table as it was found; of one that was whole, means over the mechanisms."""
    found = where(rows, mechanism="as_found")
    means = (
        summarise(found if len(found) else rows, ["layer"]).set_index("layer")["mean"].drop("complete", errors="ignore")
    )
    return f"{means['zero']:.2f}, {means['mean']:.2f}, {means.max():.2f} ({WAYS[means.idxmax()]})"


def _removed_said(rows: pd.DataFrame) -> str:
    removed = rows[rows.mechanism != "as_found"]
    shares = ", ".join(f"{100 * rate:.0f} %" for rate in sorted(removed.rate.unique()))
    if removed.empty:
        return ""
    others = "" if len(removed) == len(rows) else " (of a table with holes of its own, beside them: as found)"
    return f"{shares} of the values removed from training, validation and test rows alike{others}."
