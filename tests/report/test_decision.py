"""The decision says what the numbers say, and turns around if they do, on planted ones."""

from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest

import padleak
from padleak.report.decision.advice import write_advice
from padleak.report.decision.front import find_standings, gain
from padleak.report.decision.sheet import show
from padleak.report.decision.ways import ACCURACY, LEAKAGE, Choice, Respect, Way, find_choices

NOISE = np.array([-0.01, 0.0, 0.01])
TIME = Respect("time on jax", "µs a sequence", 1000)


def way(kind, leakage, accuracy, side="pre", masked=False, time=None, noise=0.0) -> Way:
    """Three seeds; all ways share the noise of the seeds, so that pairs differ by what is planted, and by `noise`."""
    values = {"leakage": np.full(3, leakage), "accuracy": accuracy + NOISE + noise * np.array([1, -2, 1])}
    values |= {} if time is None else {TIME.name: np.full(3, time)}
    return Way(f"{kind}, {side}", kind, side, masked, {name: pd.Series(seen) for name, seen in values.items()})


def choice(*ways: Way, name="telling", respects=(LEAKAGE, ACCURACY)) -> Choice:
    return Choice(name, "title", "about", ways, respects, "drawn")


def advise(*ways: Way, when: str, **settings) -> str:
    made = choice(*ways, **settings)
    (found,) = [one for one in write_advice({made.name: made}) if one.when == when]
    return " ".join(found.sentences).replace("\N{NO-BREAK SPACE}", " ")


def fronts(made: Choice) -> dict[str, bool]:
    return {row.name: row.on_front for row in show(made).rows}


def test_the_front_holds_what_nothing_clearly_beats():
    clean, leaky, noisy = way("clean", 0, 0.7), way("leaky", 0.5, 0.7), way("noisy", 0, 0.69, noise=0.05)
    accurate = way("accurate", 0.2, 0.8)
    made = choice(clean, leaky, noisy, accurate)
    assert fronts(made) == {"clean, pre": True, "leaky, pre": False, "noisy, pre": True, "accurate, pre": True}
    by = {standing.way.name: (standing.beaten_by, standing.clearly) for standing in find_standings(made)}
    assert by["leaky, pre"] == (accurate, ("leakage", "accuracy"))


def test_a_gain_is_paired_by_seed_and_above_zero_is_better():
    better = gain(way("a", 0.1, 0.8), way("b", 0.3, 0.7), ACCURACY)
    assert (better.mean, better.low) == (pytest.approx(0.1), pytest.approx(0.1))
    assert gain(way("a", 0.1, 0.8), way("b", 0.3, 0.7), LEAKAGE).mean == pytest.approx(0.2)


def test_one_seed_beats_nobody():
    one = {name: pd.Series([value]) for name, value in {"leakage": 0.0, "accuracy": 0.9}.items()}
    other = {name: pd.Series([value]) for name, value in {"leakage": 0.5, "accuracy": 0.3}.items()}
    made = choice(Way("a", "a", "pre", True, one), Way("b", "b", "pre", False, other))
    assert all(fronts(made).values())
    assert all(entry.interval == "" for row in show(made).rows for entry in row.entries)


@pytest.mark.parametrize(
    ("masked", "begins", "says"),
    [
        (0.8, "Do: with embedding the state moves", "It costs no accuracy, it wins some: +10.0 points"),
        (0.6, "It keeps the fill out: with embedding the state moves", "It has a price in accuracy: -10.0 points"),
    ],
)
def test_masking_is_weighed_against_the_best_that_leaks(masked, begins, says):
    said = advise(way("embedding", 0, masked, masked=True), way("none", 0.5, 0.7), when="If you can mask")
    assert said.startswith(begins) and says in said


def test_a_difference_that_is_not_seen_is_said_to_be_none():
    ways = way("embedding", 0, 0.71, masked=True, noise=0.05), way("none", 0.5, 0.7)
    assert "3 seeds see no difference in accuracy: +1.0 points [" in advise(*ways, when="If you can mask")


def test_masks_that_leak_are_told_apart_from_those_that_do_not():
    broken = way("embedding_then_masking", 0.5, 0.7, masked=True)
    said = advise(way("embedding", 0, 0.7, masked=True), broken, when="If you can mask")
    assert "embedding_then_masking is meant as one, and the state moves by 50 % of its norm" in said
    said = advise(broken, way("none", 0.6, 0.7), when="If you can mask")
    assert said == "No mask that was measured keeps the fill out; embedding_then_masking, pre lets in the least (50 %)."
    mended = way("embedding_then_masking", 0, 0.7, masked=True)
    assert "is meant as one" not in advise(mended, way("none", 0.6, 0.7), when="If you can mask")


@pytest.mark.parametrize(
    ("pre", "post", "noise", "says"),
    [
        (0.8, 0.7, 0, "Then pad in front: +10.0 points"),
        (0.7, 0.8, 0, "Then pad at the end: fill in front makes it -10.0 points"),
        (0.7, 0.71, 0.05, "Then pad on either side: 3 seeds see no difference"),
    ],
)
def test_behind_a_mask_the_side_follows_from_the_accuracy(pre, post, noise, says):
    ways = way("embedding", 0, pre, masked=True, noise=noise), way("embedding", 0, post, "post", masked=True)
    assert says in advise(*ways, when="If you can mask")


@pytest.mark.parametrize(
    ("pre", "post", "says"),
    [
        (
            (0.2, 0.8),
            (0.5, 0.6),
            "Put the fill in front: accuracy 80 % in front, 60 % at the end; the state moves by 20 %",
        ),
        (
            (0.5, 0.6),
            (0.2, 0.8),
            "Put the fill at the end: accuracy 60 % in front, 80 % at the end; the state moves by 50 %",
        ),
        ((0.5, 0.8), (0.2, 0.6), "Put the fill in front for accuracy, at the end for less leakage: accuracy 80 %"),
        ((0.2, 0.7), (0.5, 0.7), "Put the fill in front: accuracy 70 % in front, 70 % at the end (no difference that"),
        (
            (0.2, 0.7),
            (0.2, 0.6),
            "the state moves by 20 % of its norm in front, by 20 % at the end (no difference that",
        ),
        ((0.2, 0.7), (0.2, 0.7), "Which side the fill goes to makes no difference that 3 seeds see: accuracy 70 %"),
    ],
)
def test_without_a_mask_the_side_follows_from_accuracy_and_leakage(pre, post, says):
    assert says in advise(way("none", *pre), way("none", *post, "post"), when="If you cannot mask")


def test_a_remedy_is_named_where_it_lessens_the_leakage_and_costs_nothing_that_is_seen():
    bare = way("none", 0.5, 0.8), way("none", 0.9, 0.6, "post")
    helps, harms, useless = way("zero_vector", 0.1, 0.8), way("zero_states", 0.1, 0.5), way("zero_vector", 0.6, 0.8)
    assert "There, zero_vector brings the shift down from 50 % to 10 %" in advise(
        *bare, helps, when="If you cannot mask"
    )
    assert "There" not in advise(*bare, harms, useless, when="If you cannot mask")


def test_read_outs_are_named_by_what_they_do():
    ways = way("last", 0.4, 0.6), way("attention", 0.8, 0.7), way("max, masked", 0.1, 0.7, masked=True)
    said = advise(*ways, name="reading", when="If you can choose what reads the states")
    assert "“last, pre” (40 % of its norm, accuracy 60 %) leaks the least; “attention, pre” (80 %" in said
    assert "A mask is not enough for “max, masked, pre”" in said
    ways = way("last", 0.4, 0.7), way("attention", 0.8, 0.6), way("max, masked", 0, 0.7, masked=True)
    said = advise(*ways, name="reading", when="If you can choose what reads the states")
    assert (
        said
        == "Without a mask, “last, pre” (40 % of its norm, accuracy 70 %) leaks the least and is the most accurate."
    )


def batching(bare: float, bucketed: float, accuracy: float) -> str:
    named = {
        "unmasked": way("unmasked", 0.5, 0.7, time=bare),
        "masked": way("masked", 0, 0.7, masked=True, time=0.1),
        "bucketed": way("bucketed", 0, accuracy, masked=True, time=bucketed),
    }
    ways = [Way(name, name, "pre", one.masked, one.values) for name, one in named.items()]
    return advise(*ways, name="batching", respects=(LEAKAGE, ACCURACY, TIME), when="If time counts")


def test_time_is_weighed_against_accuracy():
    said = batching(bare=0.05, bucketed=0.04, accuracy=0.7)
    assert "2.00 times as long [2.00, 2.00] on jax (longer)" in said
    assert (
        "“bucketed” keeps the fill out and takes 40 % [40, 40] on jax of the time of “masked”; accuracy 0.0 points"
        in said
    )
    assert "“bucketed” beats “unmasked” and “masked”" in said
    said = batching(bare=0.2, bucketed=0.04, accuracy=0.6)
    assert (
        "0.50 times as long [0.50, 0.50] on jax (faster)" in said
        and "accuracy -10.0 points [-10.0, -10.0], a price" in said
    )
    said = batching(bare=0.1, bucketed=0.2, accuracy=0.6)
    assert "1.00 times as long [1.00, 1.00] on jax (no difference that 3 seeds see)" in said
    assert "Nothing else that keeps the fill out is on the front beside “masked”." in said
    assert "“masked” beats “unmasked” and “bucketed”" in said


def test_the_sheet_shows_numbers_in_their_units_and_where_they_lie():
    rows = {row.name: row for row in show(choice(way("a", 1e-8, 0.7), way("b", 0.5, 0.6))).rows}
    assert [entry.shown for entry in rows["a, pre"].entries] == ["0", "70"]
    assert [entry.shown for entry in rows["b, pre"].entries] == ["50", "60"]
    assert rows["b, pre"].entries[0].strip == (100.0, 100.0, 100.0) and rows["a, pre"].entries[0].strip == (
        0.0,
        0.0,
        0.0,
    )
    assert rows["b, pre"].remark == "“a, pre” is better: leakage, accuracy"


def planted_table() -> pd.DataFrame:
    """A grid of `none` and `embedding` on both sides, two seeds; and, larger by 1, what must not be mixed in."""
    rows = [
        {"model": "lstm", "readout": "last", "layers": 1, "bidirectional": False, "collides": False, "data": "docstrings",
         "length": length, "masking": masking, "padding": side, "layout": layout, "seed": seed, "reference": "unpadded",
         "count": count, "metric": metric, "layer": layer,
         "value": value + seed / 100 + (layout != side or count is not None or length == 8)}
        for length in (8, 16) for masking in ("none", "embedding") for side in ("pre", "post") for layout in ("pre", "post")
        for seed in (0, 1) for count in (None, 4)
        for metric, layer, value in (("relative_shift", "summary", 0.5), ("accuracy", "prediction", 0.7))
    ]  # fmt: skip
    return pd.DataFrame(rows).astype({"count": "Int64"})


def results_of(table: pd.DataFrame, cells: list[str]) -> SimpleNamespace:
    return SimpleNamespace(run={"experiments": {"core_grid": {"cells": cells}}}, of=lambda name: table)


def test_ways_are_read_from_the_condition_that_training_had():
    (made,) = find_choices(results_of(planted_table(), ["some"])).values()
    assert {one.name: one.masked for one in made.ways} == {
        "none, pre": False, "none, post": False, "embedding, pre": True, "embedding, post": True,
    }  # fmt: skip
    assert all(one.values["leakage"].to_dict() == {0: 0.5, 1: 0.51} for one in made.ways)
    assert all(one.values["accuracy"].to_dict() == {0: 0.7, 1: 0.71} for one in made.ways)
    assert "filled up to 16 steps" in made.about


def test_nothing_is_advised_on_what_was_not_run():
    assert find_choices(SimpleNamespace(run={"experiments": {}})) == {}
    assert find_choices(results_of(planted_table(), [])) == {}
    assert find_choices(results_of(planted_table().query("masking == 'none' and padding == 'pre'"), ["some"])) == {}
    assert write_advice({}) == []


@pytest.fixture(scope="module")
def reference():
    return padleak.load(Path(__file__).parents[2] / "results" / "reference")


def test_the_reference_is_read_as_plain_pandas_reads_it(reference):
    choices = find_choices(reference)
    assert list(choices) == ["telling", "batching", "reading"]
    ways = {one.name: one for one in choices["batching"].ways}
    table = reference.of("padding_cost")
    clock = table.query("kind == 'epoch' and metric == 'milliseconds_per_sequence' and probe == 'masked, bucketed'")
    rows = table.query(
        "kind == 'sequence' and batching == 'bucketed' and metric == 'accuracy' and reference == 'unpadded'"
    )
    bucketed = ways["masked, bucketed"].values
    assert set(bucketed) == {"leakage", "accuracy", "time on tensorflow", "time on jax"}
    assert bucketed["time on jax"].mean() == pytest.approx(clock.query("backend == 'jax'").value.mean())
    assert bucketed["accuracy"].mean() == pytest.approx(rows.value.mean())
    heads = {one.name for one in choices["reading"].ways}
    assert {"LSTM, attention, masked, pre", "LSTM, attention, no mask, post"} <= heads


@pytest.mark.parametrize("kind", ["epoch", "sequence", "cost"])
def test_half_of_an_experiment_gives_no_choice_and_no_error(reference, kind):
    table = reference.of("padding_cost").query("kind == @kind").dropna(axis="columns", how="all")
    results = SimpleNamespace(run={"experiments": {"padding_cost": {"cells": ["some"]}}}, of=lambda name: table)
    assert find_choices(results) == {}
