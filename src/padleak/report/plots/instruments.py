"""Figures of the instruments: do tests keep their level, do intervals cover, do backends agree?"""

import matplotlib as mpl
import numpy as np
import pandas as pd
from scipy.special import bdtrik

from padleak.report.plots import Drawn, add_legend, figures, new_figure, summarise
from padleak.report.words import say_number
from padleak.study.results import Results
from padleak.study.select import where

_COLOURS = mpl.color_sequences["okabe_ito"]
_MARKERS = "os^Dv"
_LEVEL = 0.05
_INTERVALS = {
    "variance_share": "variance share, jackknife", "leak": "planted leak", "clustered": "mean, bootstrap of seeds",
    "rank_correlation": "rank correlation, bootstrap of seeds",
    "hierarchical": "mean, bootstrap of data sets",
}  # fmt: skip


@figures.add
def false_alarms(table: pd.DataFrame, results: Results) -> Drawn | None:
    """Share of null repeats rejected, by level: on the diagonal if a test keeps its level."""
    rows = where(table, kind="two_sample", metric="share_rejected", shift=0.0)
    if rows.empty:
        return None
    rows = rows.assign(level=rows.layer.astype(str).astype(float))
    shares = rows.groupby(["statistic", "design", "n", "level"], observed=True).agg(
        share=("value", "mean"), repeats=("repeats", "sum")
    )
    shares = shares.reset_index()
    tests, designs = list(rows.statistic.unique()), list(rows.design.unique())
    figure, axes = new_figure(len(tests), len(designs), width=12, height=1.9 * len(designs), sharex=True, sharey=True)
    for row, design in zip(axes, designs):
        for panel, test in zip(row, tests):
            chosen = where(shares, statistic=test, design=design)
            if len(chosen):
                _draw_band(panel, chosen)
            for index, (n, line) in enumerate(chosen.groupby("n", observed=True)):
                panel.plot(
                    line.level, line.share - line.level, color=_COLOURS[index + 1], marker=_MARKERS[index],
                    markersize=3, label=f"{n} rows a sample",
                )  # fmt: skip
            panel.set(title=test.replace("_", " ") if design == designs[0] else "", xlabel="level")
            panel.title.set_fontsize(9)
        row[0].set_ylabel(f"{design}:\nrejected less level")
    for row in axes[:-1]:
        for panel in row:
            panel.set_xlabel("")
    add_legend(axes)
    at = shares[np.isclose(shares.level, _LEVEL)]
    return Drawn(
        figure,
        f"Where nothing differs, tests at .05 reject in {100 * at.share.min():.1f} to {100 * at.share.max():.1f} % of cases",
        f"{int(at.repeats.min()):,} repeats a point, 99 permutations, 8 units. Paired rows and rows of a group share "
        "four fifths of their variance, and are exchanged as such. Band: where 99 % of points lie if the level is kept.",
    )


def _draw_band(panel: mpl.axes.Axes, chosen: pd.DataFrame) -> None:
    levels, repeats = np.sort(chosen.level.unique()), chosen.repeats.min()
    low, high = (bdtrik(quantile, repeats, levels) / repeats - levels for quantile in (0.005, 0.995))
    panel.fill_between(levels, low, high, color="0.85", linewidth=0)
    panel.axhline(0, color="0.5", linewidth=0.8)


@figures.add
def power_of_tests(table: pd.DataFrame, results: Results) -> Drawn | None:
    """Share of repeats rejected, by the size of the planted shift."""
    rows = where(table, kind="two_sample", metric="share_rejected", layer=f"{_LEVEL:g}", design="free")
    sizes = rows[rows["shift"] > 0].n.unique()
    rows = rows[rows.n.isin(sizes)]
    if not len(sizes):
        return None
    shown = summarise(rows, ["statistic", "shift"])
    figure, axes = new_figure(width=7, height=3.4)
    panel = axes[0, 0]
    for index, (test, line) in enumerate(shown.groupby("statistic", observed=True)):
        panel.errorbar(
            line["shift"], line["mean"], yerr=[line["mean"] - line.low, line.high - line["mean"]], capsize=2,
            color=_COLOURS[index + 1], marker="os^DvP"[index], markersize=4, label=str(test).replace("_", " "),
        )  # fmt: skip
    panel.axhline(_LEVEL, color="0.5", linewidth=0.8)
    panel.set(xlabel="planted shift, standard deviations of a unit", ylabel="share rejected at .05", ylim=(0, 1.03))
    add_legend(axes)
    middle = shown[np.isclose(shown["shift"], sorted(shown["shift"].unique())[len(shown["shift"].unique()) // 2])]
    best = middle.loc[middle["mean"].idxmax()]
    return Drawn(
        figure,
        f"Of a shift of {best['shift']:g} standard deviations, {str(best.statistic).replace('_', ' ')} sees the most "
        f"({100 * best['mean']:.0f} % of cases)",
        f"{sizes[0]} rows a sample of 8 independent units, the shift spread over all; {int(shown.n.max())} seeds of repeats; "
        "bars are 95 % Student intervals over them; the line is the level.",
    )


@figures.add
def coverage_of_intervals(table: pd.DataFrame, results: Results) -> Drawn | None:
    """Share of intervals that hold the truth, and the bias, by number of seeds."""
    rows = where(table, kind="coverage")
    if rows.empty:
        return None
    rows = rows.assign(what=_name_intervals(rows))
    covered = _shares(rows)
    figure, axes = new_figure(width=8, height=3.4)
    panel = axes[0, 0]
    panel.axhspan(0.94, 0.96, color="0.88", linewidth=0)
    for index, (what, line) in enumerate(covered.groupby("what", observed=True, sort=False)):
        panel.errorbar(
            line.n * (1 + 0.02 * (index - 2)), line.share, yerr=[line.share - line.low, line.high - line.share], capsize=2,
            color=_COLOURS[(index + 1) % len(_COLOURS)], marker="os^DvPX*<>"[index], markersize=5, label=what,
        )  # fmt: skip
    panel.axhline(0.95, color="0.5", linewidth=0.8)
    panel.set(xlabel="seeds (or data sets)", ylabel="share of 95 % intervals\nthat hold the truth", xscale="log")
    panel.set_xticks(sorted(covered.n.unique()), [f"{n:g}" for n in sorted(covered.n.unique())])
    panel.minorticks_off()
    add_legend(axes)
    worst = covered.loc[covered.share.idxmin()]
    usual = covered[covered.what == "mean, normal noise"].share
    said = f"Student's intervals over normal seeds cover in {100 * usual.min():.1f} to {100 * usual.max():.1f} % of cases; "
    return Drawn(
        figure,
        said + f"the least is {100 * worst.share:.1f} % ({worst.what}, {worst.n:g} seeds)",
        f"At least {int(covered.repeats.min()):,} intervals a point; bars are 95 % binomial intervals, the band is 94 to 96 %. "
        "Leaks of 5 and 50 % of the norm were planted in states and measured as relative shift.",
    )


def _name_intervals(rows: pd.DataFrame) -> np.ndarray:
    names = rows.interval.astype(str).replace(_INTERVALS)
    planted = np.where(rows.interval == "leak", " of " + (100 * rows.planted).map("{:.0f} %".format), "")
    weak = np.where((rows.interval == "variance_share") & (rows.planted < 1), ", weak factor", "")
    noise = np.where(rows.interval == "mean", ", " + rows.noise.astype(str) + " noise", "")
    return names + planted + noise + weak


def _shares(rows: pd.DataFrame) -> pd.DataFrame:
    """Covered shares by interval and number of seeds, with normal approximations of binomial intervals."""
    covered = where(rows, metric="share_covered").groupby(["what", "n"], observed=True, sort=False)
    shares = covered.agg(share=("value", "mean"), repeats=("repeats", "sum")).reset_index()
    half = 1.96 * np.sqrt(shares.share * (1 - shares.share) / shares.repeats)
    return shares.assign(low=shares.share - half, high=shares.share + half)


@figures.add
def backends_agree(table: pd.DataFrame, results: Results) -> Drawn | None:
    """Leaks of the same weights on other backends against TensorFlow's."""
    rows = where(table, kind="agreement", metric="relative_shift")
    backends = [of for of in rows.layer.unique() if of != "tensorflow"]
    if rows.empty or not backends:
        return None
    keys = ["cell", "model", "masking", "probe"]
    wide = rows.pivot_table(index=keys, columns="layer", values="value", observed=True).reset_index()
    figure, axes = new_figure(len(backends), width=4.5 * len(backends) + 1.5, height=3.4)
    for panel, of in zip(axes[0], backends):
        for index, (model, dots) in enumerate(wide.groupby("model", observed=True)):
            gap = (dots[of] - dots["tensorflow"]).abs().clip(lower=1e-9)
            panel.plot(
                dots["tensorflow"].clip(lower=1e-9), gap, linestyle="none", color=_COLOURS[index + 1],
                marker=_MARKERS[index], markersize=4, alpha=0.7, label=str(model),
            )  # fmt: skip
        panel.set(
            xscale="log", yscale="log", xlabel="leak on TensorFlow, share of the norm",
            ylabel=f"difference on {of}", title=of,
        )  # fmt: skip
    add_legend(axes)
    largest = wide[backends].sub(wide["tensorflow"], axis=0).abs().to_numpy().max()
    return Drawn(
        figure,
        f"The same weights leak the same on {' and '.join(['tensorflow', *backends])}: the largest difference is "
        f"{say_number(float(largest))} of the norm",
        f"{wide.cell.nunique()} networks with drawn weights, fill in front and at the end. Below 1e-9 dots are drawn at 1e-9.",
    )
