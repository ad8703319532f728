"""Ways to deal with fill, each with what was measured of it: leakage, accuracy and, where it was timed, what it costs."""

from collections.abc import Iterable
from dataclasses import dataclass

import pandas as pd

from padleak.report.plots.core_grid import plain_lstm
from padleak.report.plots.padding_cost import name_strategies
from padleak.report.plots.readouts import HEADS, at_default
from padleak.study.results import Results
from padleak.study.select import on_own_side, on_real_data, where

MASKS = ("embedding", "masking_layer", "embedding_then_masking", "explicit")
"""Maskings that are meant to tell the layers of fill; whether they do is measured."""

_WORDS = {
    "embedding": "Embedding(mask_zero=True)",
    "explicit": "the mask is an input, handed to each layer",
    "masking_layer": "Masking(0)",
    "embedding_then_masking": "Masking(0) behind Embedding(mask_zero=True)",
    "none": "no mask",
    "zero_states": "no mask, all states at fill multiplied by zero",
    "zero_vector": "no mask, the fill's vector held at zero",
    "unpadded": "no mask, no fill in training",
}
"""What the names of maskings mean, for who has not read the code."""


@dataclass(frozen=True)
class Respect:
    """Something in which ways are compared.

    Attributes:
        name: As the table says it.
        unit: Its unit, as the table shows it.
        scale: From the values to that unit.
        more_is_better: Otherwise less is.
        rounding: Differences up to here are none.
    """

    name: str
    unit: str
    scale: float = 1.0
    more_is_better: bool = False
    rounding: float = 0.0


LEAKAGE = Respect("leakage", "% of the norm", 100, rounding=1e-5)
ACCURACY = Respect("accuracy", "%", 100, more_is_better=True)


@dataclass(frozen=True)
class Way:
    """One way to deal with fill.

    Attributes:
        name: As the table says it.
        kind: What is left of the name without the side.
        side: Where the fill goes.
        masked: Whether it is meant to tell the layers of fill.
        values: By the name of a respect, one number a seed.
    """

    name: str
    kind: str
    side: str
    masked: bool
    values: dict[str, pd.Series]


@dataclass(frozen=True)
class Choice:
    """Ways that were measured on the same rows.

    Attributes:
        name: Short, as a part of an address.
        title: What is to be chosen.
        about: On what it was measured.
        ways: At least two.
        respects: What they are compared in.
        figure: Name of the figure that shows it.
    """

    name: str
    title: str
    about: str
    ways: tuple[Way, ...]
    respects: tuple[Respect, ...]
    figure: str


def find_choices(results: Results) -> dict[str, Choice]:
    """By name, as many as were measured: `telling`, `batching`, `reading`."""
    makers = {"core_grid": telling, "padding_cost": _batching, "readouts": _reading}
    found = []
    for experiment, make in makers.items():
        if results.run["experiments"].get(experiment, {}).get("cells"):
            table = results.of(experiment)
            if len(table):
                found.append(make(table))
    return {choice.name: choice for choice in found if len(choice.ways) > 1}


def telling(table: pd.DataFrame) -> Choice:
    """How the network is told of fill, by side: of measurements of plain LSTMs, as `core_grid` has them."""
    rows = _filled_up(plain_lstm(table))
    named = rows.assign(masked=rows.masking.isin(MASKS), kind=rows.masking.astype(str), side=rows.padding.astype(str))
    longest = "" if rows.empty else f", rows filled up to {int(rows.length.max())} steps"
    kinds = set(named.kind)
    meant = "; ".join(f"“{kind}”: {words}" for kind, words in _WORDS.items() if kind in kinds)
    return Choice(
        "telling", "How to tell the network of the fill", f"LSTM, last state{longest}. {meant}.",
        tuple(_ways(_by_seed(named))), (LEAKAGE, ACCURACY), "accuracy_by_masking",
    )  # fmt: skip


def _reading(table: pd.DataFrame) -> Choice:
    """What reads the states, by masking and side."""
    rows = _filled_up(at_default(on_real_data(table)))
    heads = [HEADS.get(pair, "") for pair in zip(rows.model.astype(str), rows.readout.astype(str))]
    masked = rows.masking.isin(MASKS)
    kinds = [f"{head}, {'masked' if told else 'no mask'}" for head, told in zip(heads, masked)]
    named = rows.assign(masked=masked, kind=kinds, side=rows.padding.astype(str))
    longest = "" if rows.empty else f", rows filled up to {int(rows.length.max())} steps"
    about = f"Read-outs{longest}. Flattened states need one length, so their shift cannot be measured."
    return Choice(
        "reading", "What to read the answer from", about, tuple(_ways(_by_seed(named))), (LEAKAGE, ACCURACY),
        "leakage_by_readout",
    )  # fmt: skip


def _batching(table: pd.DataFrame) -> Choice:
    """How rows are put into batches: what it costs, too."""
    clocks = where(table, kind="epoch", metric="milliseconds_per_sequence")
    backends = [str(name) for name in clocks.backend.unique()] if len(clocks) else []
    respects = (LEAKAGE, ACCURACY, *(Respect(f"time on {name}", "µs a sequence", 1000) for name in backends))
    outcomes = where(table, kind="sequence", reference="unpadded")
    if outcomes.empty or not backends:
        return Choice("batching", "", "", (), respects, "")
    rows = on_own_side(outcomes)
    masked = rows.masking.isin(MASKS)
    named = rows.assign(masked=masked, kind=name_strategies(rows), side=rows.padding.astype(str))
    values = _by_seed(named)
    for backend in backends:
        timed = where(clocks, backend=backend).groupby(["probe", "seed"], observed=True).value.mean()
        for key, known in values.items():
            if key[0] in timed.index:
                known[f"time on {backend}"] = timed[key[0]]
    sides = {"pre": "in front", "post": "at the end"}
    places = " and ".join(sides.get(side, side) for side in sorted(named.side.unique()))
    about = (
        f"LSTM, fill {places}, {int(rows.length.max())} steps where not said otherwise. Time: one thread of "
        "this machine, compilation not counted. Packed rows hold several texts, one after the other."
    )
    ways = tuple(way for way in _ways(values) if len(way.values) == len(respects))
    return Choice("batching", "How to put rows into batches", about, ways, respects, "what_should_i_use")


def _filled_up(rows: pd.DataFrame) -> pd.DataFrame:
    """Rows of the condition under which training had its fill."""
    rows = on_own_side(where(rows, reference="unpadded"))
    return rows[rows["count"].isna()]


def _by_seed(rows: pd.DataFrame) -> dict[tuple[str, str, bool], dict[str, pd.Series]]:
    """Leakage and accuracy, one number a seed, by kind, side and whether it is masked."""
    values: dict[tuple[str, str, bool], dict[str, pd.Series]] = {}
    for respect, metric, layer in ((LEAKAGE, "relative_shift", "summary"), (ACCURACY, "accuracy", "prediction")):
        seen = where(rows, metric=metric, layer=layer)
        for key, group in seen.groupby(["kind", "side", "masked"], observed=True, sort=False):
            values.setdefault(key, {})[respect.name] = group.groupby("seed").value.mean()
    return values


def _ways(values: dict[tuple[str, str, bool], dict[str, pd.Series]]) -> Iterable[Way]:
    """Those of which leakage and accuracy are known; the side is named where there are several."""
    several = len({side for _, side, _ in values}) > 1
    for (kind, side, masked), known in values.items():
        if {LEAKAGE.name, ACCURACY.name} <= set(known):
            yield Way(f"{kind}, {side}" if several else kind, kind, side, bool(masked), known)
