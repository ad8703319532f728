"""Questions that a thread asked about masking, answered from what was measured."""

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
    """Its three questions, from the experiment `mechanism`, and its aside on predictors, from `missing_values`; of each as many
    as were measured."""
    answers = []
    if "mechanism" in results.run["experiments"]:
        table = where(results.of("mechanism"), on="tensorflow")
        if len(table):
            answers += [_are_weights_zero(table), _what_becomes_of_zero(table), _where_does_it_come_from(table)]
    if "missing_values" in results.run["experiments"]:
        claims = where(results.verdicts, id=["M8", "M9"]).set_index("id").to_dict("index")
        if all(claim["n"] for claim in claims.values()):
            answers.append(_does_it_serve_for_predictors(claims["M8"]["parts"], claims["M9"]["parts"]))
    return answers


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
            f"{verdict}: after training with a mask {say_percent(zero[True])} of a layer's weights at most are "
            "exactly zero, "
            f"without one {say_percent(zero[False])}; all weights of a layer together differ in length by at most "
            f"{say_percent(abs(lengths - 1).max())} from those of its twin without a mask.",
            "What a mask stops is learning from fill: the gradient at a fill step of the input is up to "
            f"{say_number(pulled)} "
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
            "Of the length of a real step's vector, what comes out at fill after training, where zero went in, is "
            f"{told}; in "
            f"{_name(grown)} it is zero before training and something afterwards, when biases have been learnt.",
            f"A mask does not change that: {len(still)} of {len(masked)} kinds of layers give something at fill "
            "with one, too"
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
            f"With a mask it still gets through in {_name(despite)}. The mask goes no further than "
            f"{_name(dropped)}: what "
            "follows there takes fill for steps again.",
        ),
        "layers_and_fill",
    )


def _does_it_serve_for_predictors(zeros: list[dict], told: list[dict]) -> Answer:
    (at_random, by_value), (flags, special) = zeros, told
    holds = {part["holds"] for part in zeros}
    enough = "Not well" if False in holds else "Yes" if holds == {True} else "That is open"
    return Answer(
        "Can a feed-forward network mask missing predictors in the same way, by zeros?",
        (
            f"{enough}: with half of the predictors missing completely at random, zeros cost {_say(at_random)} of the variance "
            "against the best "
            f"prediction there can be, and {_say(by_value)} if large values are the likelier to be missing.",
            f"A flag beside each number wins {_say(flags)} of the variance back. A special value for a missing "
            "category wins "
            f"{_say(special)}: where categories are columns of 0 and 1, one that is missing is a row of zeros, "
            "which no other is.",
        ),
        "beside_neumiss",
    )


def _say(part: dict) -> str:
    return f"{say_number(part['effect'])} [{say_number(part['low'])}, {say_number(part['high'])}]"


def _name(names: list[str]) -> str:
    return "no layer" if not names else names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"
