"""Two results folders side by side: what was set otherwise, what came out otherwise, and by how much."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from padleak.measures.inference import estimate_mean
from padleak.study.claims import Claim
from padleak.study.experiment import find_experiments
from padleak.study.results import Results
from padleak.study.revisions import differing

_NOT_SETTINGS = ("cell", "value", "data_version", "backend")
"""Columns of measurements by which rows are not paired: what came out, and what may be the cause of it."""
_OF_A_CLAIM = ["id", "statement", "before", "after", "effect_before", "effect_after", "difference", "low", "high", "n"]


@dataclass(frozen=True)
class Contrast:
    """Two runs, the second less the first.

    Attributes:
        causes: What was otherwise before anything was measured, a phrase each: settings, versions, machine, revisions, files of
            the user's.
        claims: A row a claim: `id, statement, before, after` (verdicts), `effect_before, effect_after`, and for the headline
            `difference, low, high, n` over the seeds that both have, with a 95 % interval.
        metrics: A row an experiment and metric: `pairs` of rows of the same settings and seed, `identical`, the share of these
            that agree in every bit, and `difference, low, high, n` of the means of seeds.
    """

    causes: list[str]
    claims: pd.DataFrame
    metrics: pd.DataFrame

    @property
    def moved(self) -> "Contrast":
        """The same without what did not change: claims of the same verdict and effect, metrics that agree in every bit."""
        before, after = self.claims.effect_before, self.claims.effect_after
        stayed = (self.claims.before == self.claims.after) & ((before == after) | (before.isna() & after.isna()))
        return Contrast(self.causes, self.claims[~stayed], self.metrics[self.metrics.identical < 1])

    @property
    def changed(self) -> pd.DataFrame:
        """Claims with another verdict."""
        return self.claims[self.claims.before != self.claims.after]


def compare(first: Results, second: Results) -> Contrast:
    """Hold two runs side by side, pairing by claim, by settings and by seed."""
    return Contrast(_causes(first, second), _claims(first, second), _metrics(first, second))


def _causes(first: Results, second: Results) -> list[str]:
    said = _unlike("profile", first.run["profile"], second.run["profile"])
    for name in ("python", "platform", "processors", "backend"):
        said += _unlike("", {name: first.environment.get(name)}, {name: second.environment.get(name)})
    said += _unlike("version of", first.environment.get("versions", {}), second.environment.get("versions", {}))
    said += [f"cells of kind {kind}" for kind in differing(first.run, second.run)]
    said += _unlike("your", *(results.run.get("extensions", {}) for results in (first, second)))
    for run, other, which in ((first, second, "first"), (second, first, "second")):
        alone = sorted(run.run["experiments"].keys() - other.run["experiments"].keys())
        said += [f"only the {which} ran {', '.join(alone)}"] if alone else []
    return said


def _unlike(what: str, first: dict[str, Any], second: dict[str, Any]) -> list[str]:
    """A phrase for each entry that is not the same."""
    names = [name for name in first | second if first.get(name) != second.get(name)]
    return [f"{what} {name}: {first.get(name)} against {second.get(name)}".strip() for name in names]


def _claims(first: Results, second: Results) -> pd.DataFrame:
    both = first.verdicts.merge(second.verdicts, on="id", how="outer", suffixes=("_before", "_after"), sort=False)
    known = {
        claim.id: (experiment.name, claim) for experiment in find_experiments().values() for claim in experiment.claims
    }
    rows = []
    for verdict in both.to_dict("records"):
        row = {"id": verdict["id"], "statement": _either(verdict, "statement")}
        row |= {"before": _said(verdict["verdict_before"]), "after": _said(verdict["verdict_after"])}
        row |= {f"effect_{side}": verdict[f"effect_{side}"] for side in ("before", "after")}
        paired = _difference(first, second, *known[row["id"]]) if row["id"] in known else np.array([])
        rows.append(row | _estimate(paired))
    found = pd.DataFrame(rows, columns=None if rows else _OF_A_CLAIM)
    return found.sort_values("id", key=_by_letter_and_number, ignore_index=True)


def _either(verdict: dict[str, Any], name: str) -> Any:
    before = verdict[f"{name}_before"]
    return before if isinstance(before, str) else verdict[f"{name}_after"]


def _said(verdict: Any) -> str:
    return verdict if isinstance(verdict, str) else "not examined"


def _by_letter_and_number(ids: pd.Series) -> pd.Series:
    return ids.str[0] + ids.str[1:].str.zfill(4)


def _difference(first: Results, second: Results, experiment: str, claim: Claim) -> np.ndarray:
    """The headline of a claim by seed, second less first, of the seeds that both have."""
    if any(experiment not in results.run["experiments"] for results in (first, second)):
        return np.array([])
    before, after = (claim.parts[0].effect(results.of(experiment)) for results in (first, second))
    if not (before.index.is_unique and after.index.is_unique):
        return np.array([])
    return (after - before).dropna().to_numpy(dtype=float)


def _metrics(first: Results, second: Results) -> pd.DataFrame:
    shared = [name for name in first.run["experiments"] if name in second.run["experiments"]]
    rows = []
    for experiment in shared:
        pairs = _paired(first.of(experiment), second.of(experiment))
        for metric, of_metric in pairs.groupby("metric", observed=True):
            by_seed = of_metric.groupby("seed").difference.mean().dropna().to_numpy()
            row = {"experiment": experiment, "metric": metric, "pairs": len(of_metric)}
            rows.append(row | {"identical": float(of_metric.identical.mean())} | _estimate(by_seed))
    columns = ["experiment", "metric", "pairs", "identical", "difference", "low", "high", "n"]
    return pd.DataFrame(rows, columns=columns)


def _paired(first: pd.DataFrame, second: pd.DataFrame) -> pd.DataFrame:
    """`metric, seed, difference, identical` of rows of the same settings, seed, probe and layer; of several such, of their
    means."""
    by = [name for name in first.columns if name in second.columns and name not in _NOT_SETTINGS]
    before, after = (_by_settings(table, by) for table in (first, second))
    pairs = before.join(after.value.rename("value_after"), how="inner")
    neither = pairs.value.isna() & pairs.value_after.isna()
    identical = (pairs.value == pairs.value_after) | neither
    return pairs.assign(difference=(pairs.value_after - pairs.value).mask(identical, 0.0), identical=identical)


def _by_settings(table: pd.DataFrame, by: list[str]) -> pd.DataFrame:
    """`metric, seed, value` by a digest of all columns of `by`; what is empty in a row counts as not being there."""
    settings = pd.util.hash_pandas_object(table[by].astype("string"), index=False)
    kept = table.assign(settings=settings.to_numpy(), metric=table.metric.astype(str))
    return kept.groupby("settings").agg(metric=("metric", "first"), seed=("seed", "first"), value=("value", "mean"))


def _estimate(differences: np.ndarray) -> dict[str, float]:
    """Mean with its interval over seeds; NaN where there is no pair."""
    if not len(differences):
        return {"difference": np.nan, "low": np.nan, "high": np.nan, "n": 0}
    found = estimate_mean(differences)
    return {"difference": found.mean, "low": found.low, "high": found.high, "n": found.n}
