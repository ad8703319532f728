"""Three questions that a thread asked about masking, answered from what was measured, layer by layer."""

from dataclasses import dataclass

import pandas as pd

from padleak.report.words import say_number, say_percent
from padleak.study.results import Results
from padleak.study.select import where

_ROUNDING = 1e-6
_SOMETHING = 1e-3
_BIASED = ("Embedding", "Dense", "BatchNormalization", "LayerNormalization")


@dataclass(frozen=True)
class Answer:
    """A question and what was measured.

    Attributes:
        question: In the thread's words.
        sentences: The answer.
        figure: Name of the figure that shows it.
    """

    question: str
    sentences: tuple[str, ...]
    figure: str


def answer_thread(results: Results) -> list[Answer]:
    """The three answers; none where the experiment `mechanism` was not run."""
    if "mechanism" not in results.run["experiments"]:
        return []
    table = where(results.of("mechanism"), on="tensorflow")
    if table.empty:
        return []
    return [_are_weights_zero(table), _what_becomes_of_zero(table), _where_does_it_come_from(table)]


def _of(table: pd.DataFrame, metric: str, masked: bool, stage: str = "trained") -> pd.Series:
    """Mean over seeds of the side of fill that does more, by layer."""
    rows = where(table, metric=metric, masked=masked, probe=stage)
    return rows.groupby(["layer", "seed"], observed=True, sort=False).value.max().groupby("layer", sort=False).mean()


def _are_weights_zero(table: pd.DataFrame) -> Answer:
    zero = {
        masked: where(table, metric="zero_weights", probe="trained", masked=masked).value.max()
        for masked in (True, False)
    }
    lengths = _of(table, "weights_norm", True) / _of(table, "weights_norm", False)
    pulled, held = (_of(table, "fill_gradient", masked).max() for masked in (False, True))
    verdict = "No" if zero[True] <= _SOMETHING else "Some of them are zero"
    return Answer(
        "Does masking force weights to zero?",
        (
            f"{verdict}: after training with a mask {say_percent(zero[True])} of a layer's weights at most are exactly zero, "
            f"without one {say_percent(zero[False])}; all weights of a layer together differ in length by at most "
            f"{say_percent(abs(lengths - 1).max())} from those of its twin without a mask.",
            f"What a mask stops is learning from fill: the gradient at a fill step of the input is up to {say_number(pulled)} "
            f"times that at a real one without a mask, and {say_number(held)} at most with one.",
        ),
        "weights_of_twins",
    )


def _what_becomes_of_zero(table: pd.DataFrame) -> Answer:
    trained, untrained = _of(table, "fill_norm", False), _of(table, "fill_norm", False, "initial")
    masked = _of(table, "fill_norm", True)
    told = ", ".join(f"{say_percent(trained[name])} in {name}" for name in _BIASED if name in trained)
    still = [name for name in masked.index if masked[name] > _SOMETHING]
    grown = [name for name in trained.index if untrained[name] <= _ROUNDING < _SOMETHING < trained[name]]
    silent = [name for name in masked.index if masked[name] <= _ROUNDING < trained[name]]
    return Answer(
        "A zero input is zero already: what would a mask add?",
        (
            f"Of the length of a real step's vector, what comes out at fill after training, where zero went in, is {told}; in "
            f"{_name(grown)} it is zero before training and something afterwards, when biases have been learnt.",
            f"A mask does not change that: {len(still)} of {len(masked)} kinds of layers give something at fill with one, too"
            + (f"; only {_name(silent)} gives zeros there because of it" if silent else "")
            + ". It is a note that travels beside the values and says which steps to leave out.",
        ),
        "layers_and_fill",
    )


def _where_does_it_come_from(table: pd.DataFrame) -> Answer:
    bare, masked = _of(table, "leak", False), _of(table, "leak", True)
    through = [f"{name} ({say_percent(bare[name])})" for name in bare.index if bare[name] > _ROUNDING]
    despite = [f"{name} ({say_percent(masked[name])})" for name in masked.index if masked[name] > _ROUNDING]
    arrives = (
        where(table, metric="mask_arrives", probe="trained", masked=True)
        .groupby("layer", observed=True, sort=False)
        .value.min()
    )
    dropped = [name for name in arrives.index if not arrives[name]]
    return Answer(
        "Where does fill get into the answer, then?",
        (
            "Through layers that mix steps. Six steps of fill move real steps, in shares of their length, in "
            f"{_name(through)}; layers that look at one step at a time let nothing through, whatever stands at fill.",
            f"With a mask it still gets through in {_name(despite)}. The mask goes no further than {_name(dropped)}: what "
            "follows there takes fill for steps again.",
        ),
        "layers_and_fill",
    )


def _name(names: list[str]) -> str:
    return "no layer" if not names else names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"
