"""The simulation of `benchmarks/engine.py`, small: it runs, and gives its figures under their names."""

import math
from pathlib import Path

import pytest

pytestmark = pytest.mark.slow


@pytest.fixture
def engine(monkeypatch):
    monkeypatch.syspath_prepend(str(Path(__file__).parents[2] / "benchmarks"))
    import engine

    return engine


def test_noop_cells_are_cheap_and_leave_memory_flat(engine):
    figures = {figure.name: figure for figure in engine.cost_of_noop_cells(400)}
    assert figures["engine.seconds_per_noop_cell"].value < 0.1
    assert figures["engine.seconds_to_load"].value < 4
    assert figures["engine.client_memory_growth"].value < 20


def test_one_worker_and_two_are_compared(engine):
    figure = engine.two_workers_vs_one(repeats=2, cells=6, work=1)
    assert figure.name == "engine.two_workers_vs_one" and figure.repeats == 2
    assert math.isfinite(figure.value) and 0 < figure.low <= figure.value <= figure.high
