"""Clocks on planted things, the child process of another backend, operations counted by hand, and claims on planted times."""

import time

import numpy as np
import pandas as pd
import pytest

from padleak.models import Network
from padleak.study.claims import Case, judge
from padleak.study.experiment import find_experiments
from padleak.study.grid import PROFILES
from padleak.study.trials import elsewhere
from padleak.study.trials.cost import CostCell
from padleak.study.trials.epoch import EpochCell
from padleak.study.trials.stopwatch import time_in_turns


def test_the_clock_tells_a_slow_arm_from_a_quick_one_and_takes_turns():
    called = []

    def arm(name, seconds):
        def run():
            called.append(name)
            time.sleep(seconds)

        return run

    medians = time_in_turns({"slow": arm("slow", 0.03), "quick": arm("quick", 0.01)}, 5, np.random.default_rng(0))
    assert medians["slow"] >= 0.03 and 0.01 <= medians["quick"] < medians["slow"]
    assert called[:2] == ["slow", "quick"]  # once before the clock starts
    rounds = [set(called[start : start + 2]) for start in range(2, 12, 2)]
    assert len(called) == 12 and rounds == [{"slow", "quick"}] * 5


@pytest.mark.parametrize(
    ("settings", "steps", "expected"),
    [
        ({"model": "lstm", "units": 3, "embedding": 2}, 5, 5 * 2 * (2 * 12 + 3 * 12)),
        ({"model": "gru", "units": 3, "embedding": 2, "layers": 2}, 1, 2 * (2 * 9 + 3 * 9) + 2 * (3 * 9 + 3 * 9)),
        ({"model": "simple_rnn", "units": 3, "embedding": 2, "bidirectional": True}, 4, 4 * 2 * 2 * (2 * 3 + 3 * 3)),
        ({"model": "conv1d", "units": 7, "embedding": 2, "readout": "max"}, 6, 6 * 2 * 5 * 2 * 7),
        ({"model": "mlp", "units": 7, "embedding": 2, "readout": "flatten"}, 6, 2 * 12 * 7),
        # Projection; query, key, value, output; two products with the steps; two layers that widen twofold and narrow.
        (
            {"model": "transformer", "units": 4, "embedding": 2, "readout": "mean"}, 3,
            2 * 3 * 2 * 4 + 4 * 2 * 3 * 16 + 2 * 2 * 9 * 4 + 2 * 2 * 3 * 4 * 8,
        ),
    ],
)  # fmt: skip
def test_operations_counted_by_hand(settings, steps, expected):
    assert Network(words=9, **settings).flops(steps) == expected


def test_a_call_on_ones_own_backend_is_made_here():
    assert elsewhere.call("tensorflow", "os.path:basename", p="a/b") == "b"


def test_a_call_on_another_backend_is_made_in_one_child(monkeypatch):
    monkeypatch.setenv("KERAS_BACKEND", "tensorflow")
    pids = {elsewhere.call("torch", "os:getpid") for _ in range(2)}
    import os

    assert len(pids) == 1 and os.getpid() not in pids
    assert elsewhere.call("torch", "os:getenv", key="KERAS_BACKEND") == "torch"
    with pytest.raises(RuntimeError, match="on torch: FileNotFoundError"):
        elsewhere.call("torch", "os:listdir", path="/no/such/place")
    assert elsewhere.call("torch", "os:getpid") in pids  # an error does not end it


@pytest.mark.slow
@pytest.mark.parametrize("of", ["tensorflow", "jax"])
def test_a_cost_cell_measures_every_arm(of):
    cell = CostCell(backend=of, model="conv1d", readout="max", units=4, batch=4, lengths=(32, 40), repeats=1)
    table = cell.run().measurements
    wide = table.pivot_table(index=["layer", "layout", "count"], columns="metric", values="value")
    assert set(wide.index) == {
        (p, a, c) for p in ("training", "inference") for a in ("unmasked", "masked") for c in (0, 8)
    }
    assert (wide.milliseconds_per_sequence > 0).all()
    training, inference = wide.megaflops_per_sequence["training"], wide.megaflops_per_sequence["inference"]
    assert training.tolist() == pytest.approx((3 * inference).tolist())


@pytest.mark.slow
def test_an_epoch_cell_measures_every_strategy():
    cells = find_experiments()["padding_cost"].design(PROFILES["smoke"]).cells
    cell = next(cell for cell in cells if cell.kind == "epoch")
    table = EpochCell(rows=64, batch=16, repeats=1, strategies=cell.strategies).run().measurements
    share = table[table.metric == "padded_share"].set_index("probe").value
    assert set(share.index) == {strategy.name for strategy in cell.strategies}
    assert share["masked, bucketed"] <= share["masked, batch maximum"] <= share["masked"] == share["unmasked"] < 1


def verdicts_of(milliseconds, accuracy_cut: float = 0.8, cut: float = 2.0) -> dict[str, str]:
    """Verdicts of `padding_cost` on planted times `milliseconds(arm, count)` and accuracies, with a little noise."""
    experiment, generator = find_experiments()["padding_cost"], np.random.default_rng(0)
    cells, rows = experiment.design(PROFILES["standard"]).cells, []
    for cell in cells:
        if cell.kind == "cost":
            planted = [
                (arm, arm, length - 32, "clock", phase, "milliseconds_per_sequence", milliseconds(arm, length - 32))
                for arm in ("unmasked", "masked") for length in cell.lengths for phase in ("training", "inference")
            ]  # fmt: skip
        elif cell.kind == "epoch":
            planted = [
                (s.name, "pre", None, "clock", "training", "milliseconds_per_sequence", cut if s.length == 16 else 10.0)
                for s in cell.strategies
            ]
        else:
            value = accuracy_cut if cell.length == 16 else 0.8
            planted = [("pre", "pre", None, "unpadded", "prediction", "accuracy", value)]
        rows += [(cell.key, *about, value * (1 + 0.0005 * generator.normal())) for *about, value in planted]
    table = pd.DataFrame(rows, columns=["cell", "probe", "layout", "count", "reference", "layer", "metric", "value"])
    table = table.merge(pd.DataFrame([{"cell": cell.key, **cell.factors} for cell in cells]), on="cell")
    case = Case("padding_cost", experiment.claims, table.astype({"count": "Int64"}), 0)
    return {verdict["id"]: verdict["verdict"] for verdict in judge([case])}


def test_linear_costs_that_a_mask_does_not_spare():
    verdicts = verdicts_of(lambda arm, count: 32 + count)
    assert verdicts == {"L5": "supported", "L6": "supported", "L7": "supported"}


def test_costs_that_bend_and_a_mask_that_spares_them():
    verdicts = verdicts_of(lambda arm, count: 32 if arm == "masked" else 32 + count**2 / 10, accuracy_cut=0.7, cut=9.9)
    assert verdicts == {"L5": "refuted", "L6": "refuted", "L7": "refuted"}


@pytest.mark.slow
def test_memory_grows_with_the_steps_of_a_row_and_is_told_where_the_compiler_says_it():
    """By the states that an LSTM's training must keep: at least its gates and both states of every step and row."""
    table = {
        backend: CostCell(backend=backend, lengths=(32, 128), repeats=1).run().measurements
        for backend in ("tensorflow", "jax")
    }
    assert "mebibytes_per_step" not in set(table["tensorflow"].metric)
    rows = table["jax"][table["jax"].metric == "mebibytes_per_step"]
    short, long = (rows[(rows.layer == "training") & (rows["count"] == count)].value for count in (0, 96))
    assert len(short) == len(long) == 2
    kept = 64 * 96 * (4 + 2) * 32 * 4 / 2**20
    assert ((long.to_numpy() - short.to_numpy()) > kept).all() and (long.to_numpy() < 5 * short.to_numpy()).all()
