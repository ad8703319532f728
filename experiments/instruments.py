"""Do our own instruments tell the truth? Levels of tests, coverage of intervals, planted leaks, agreement of backends."""

import numpy as np
import pandas as pd
from scipy.special import bdtrik  # scipy.stats takes a second to import

from padleak.study import OURS, AtMost, Claim, Design, Experiment, Profile, Within, factorial, where
from padleak.study.trials.agreement import AgreementCell
from padleak.study.trials.coverage import NOISES, CoverageCell
from padleak.study.trials.two_sample import DESIGNS, TwoSampleCell

TESTS = ["energy", "mmd", "logistic", "nearest_neighbours", "kolmogorov_smirnov", "wasserstein"]
BOOTSTRAPS = ["clustered", "rank_correlation", "hierarchical"]
LEVEL, CONFIDENCE = 0.05, 0.99
COVERED, MARGIN = 0.95, 0.01
AGREE = 1e-5
"""Share of a state's norm: a hundred roundings of a 32-bit float, for sums that are taken in another order."""


def design(profile: Profile) -> Design:
    """Null repeats of every test, design and size; planted shifts; intervals around known truths; networks on every backend."""
    seeds = {"seed": list(range(profile.seeds))}
    repeats = profile.pick(smoke=20, standard=200, paper=200)
    sizes = profile.pick(smoke=[24], standard=[24, 100, 400], paper=[24, 100, 400, 1000])
    null = factorial(TwoSampleCell, statistic=TESTS, n=sizes, design=list(DESIGNS), repeats=repeats, **seeds)
    shifts = profile.pick(smoke=[0.5], standard=[0.25, 0.5, 0.75, 1.0], paper=[0.125, 0.25, 0.5, 0.75, 1.0])
    planted = factorial(TwoSampleCell, statistic=TESTS, n=profile.pick(smoke=24, standard=100, paper=100), shift=shifts,
                        repeats=repeats, **seeds)  # fmt: skip
    over = {"n": profile.pick(smoke=[5], standard=[5, 10, 20], paper=[5, 10, 20, 40])} | seeds
    intervals = [
        factorial(CoverageCell, interval="mean", noise=list(NOISES), repeats=profile.pick(100, 4000, 4000), **over),
        factorial(CoverageCell, interval="leak", planted=[0.05, 0.5], repeats=profile.pick(20, 800, 2000), **over),
        factorial(
            CoverageCell, interval="variance_share", planted=[0.15, 1.0], repeats=profile.pick(20, 800, 1000), **over
        ),
        factorial(
            CoverageCell,
            interval=BOOTSTRAPS,
            repeats=profile.pick(20, 400, 2000),
            **over,
        ),
    ]
    networks = profile.pick(smoke=["lstm"], standard=["lstm", "gru", "simple_rnn"], paper=["lstm", "gru", "simple_rnn"])
    agreement = factorial(
        AgreementCell,
        model=networks,
        masking=profile.pick(["none"], ["none", "embedding"], ["none", "embedding"]),
        **seeds,
    ) + factorial(AgreementCell, model="transformer", readout="mean", **seeds)
    return sum([null, planted, *intervals, agreement], Design())


def rejections(table: pd.DataFrame) -> pd.DataFrame:
    """By test, design and size, where nothing differs: share of repeats rejected at .05, their number, and the bounds within
    which all shares lie together with the confidence chosen."""
    rows = where(table, kind="two_sample", metric="share_rejected", layer=f"{LEVEL:g}", shift=0.0)
    found = rows.groupby(["statistic", "design", "n"], observed=True).agg(
        share=("value", "mean"), repeats=("repeats", "sum")
    )
    tail = (1 - CONFIDENCE) / 2 / max(1, len(found))
    for name, quantile in (("low", tail), ("high", 1 - tail)):
        found[name] = np.ceil(bdtrik(quantile, found.repeats, LEVEL)) / found.repeats
    return found


def beyond_chance(table: pd.DataFrame) -> pd.Series:
    """Distance of each share from the level, as a share of the distance that chance allows."""
    found = rejections(table)
    room = np.where(found.share > LEVEL, found.high - LEVEL, LEVEL - found.low)
    return (found.share - LEVEL).abs() / room


def off_level(interval: str, least: int, noise: str = "normal"):
    """How far the coverage of an interval lies from 95 %, less what chance allows, by number of seeds and what was planted."""

    def effect(table: pd.DataFrame) -> pd.Series:
        rows = where(table, kind="coverage", interval=interval, metric="share_covered", noise=noise)
        rows = rows[rows.n.fillna(0) >= least]
        found = rows.groupby(["n", "planted"]).agg(share=("value", "mean"), repeats=("repeats", "sum"))
        chance = 2.58 * np.sqrt(COVERED * (1 - COVERED) / found.repeats)
        return ((found.share - COVERED).abs() - chance).clip(lower=0)

    return effect


def bias(table: pd.DataFrame) -> pd.Series:
    """Relative error of the planted leak, by seed."""
    return where(table, kind="coverage", interval="leak", metric="bias").groupby("seed").value.mean()


def disagreement(table: pd.DataFrame) -> pd.Series:
    """Largest difference of a leak between TensorFlow and another backend, by cell."""
    rows = where(table, kind="agreement", metric="relative_shift")
    wide = rows.pivot_table(index=["cell", "probe"], columns="layer", values="value", observed=True)
    if wide.shape[1] < 2:
        return pd.Series(dtype=float)
    return wide.sub(wide["tensorflow"], axis=0).abs().max(axis=1).groupby("cell", observed=True).max()


EXPERIMENT = Experiment(
    name="instruments",
    question="Do our own tests keep their level, our intervals cover, planted leaks come out, and backends agree?",
    design=design,
    figures=("false_alarms", "power_of_tests", "coverage_of_intervals", "backends_agree"),
    claims=(
        Claim(
            "C1", "Every two-sample test used here rejects at alpha when nothing differs", OURS,
            (
                AtMost(
                    "rejections at .05 of every test, design and size: distance from .05", beyond_chance,
                    "of what chance allows (99 % together)", 1,
                ),
            ),
            "false_alarms",
        ),
        Claim(
            "C2", "Every interval used here covers at its level", OURS,
            (
                AtMost(
                    "Student's over 5 or more seeds, normal noise: coverage off 95 %", off_level("mean", 5), "coverage", MARGIN
                ),
                AtMost("jackknife of variance shares, strong and weak: coverage off 95 %", off_level("variance_share", 5),
                       "coverage", MARGIN),
                AtMost("bootstrap of a mean over seeds: coverage off 95 %", off_level("clustered", 5), "coverage", MARGIN),
                AtMost("bootstrap of a rank correlation over seeds: coverage off 95 %", off_level("rank_correlation", 5),
                       "coverage", MARGIN),
                AtMost("bootstrap over data sets: coverage off 95 %", off_level("hierarchical", 5), "coverage", MARGIN),
            ),
            "coverage_of_intervals",
        ),
        Claim(
            "C3", "A planted leak of known size is recovered", OURS,
            (
                Within("relative error of the measured leak", bias, "of the planted leak", 0.01),
                AtMost("Student's over 5 or more seeds: coverage off 95 %", off_level("leak", 5), "coverage", MARGIN),
            ),
            "coverage_of_intervals",
        ),
        Claim(
            "C4", "The same weights leak the same on every backend that is installed", OURS,
            (AtMost("largest difference from TensorFlow", disagreement, "share of the state's norm", AGREE),),
            "backends_agree",
        ),
    ),
)  # fmt: skip
