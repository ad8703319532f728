"""The time left goes by the work in the cells, not by their number."""

import pytest

from padleak import progress
from padleak.study import estimate
from padleak.study.trials.sequence import SequenceCell


def test_the_time_left_is_that_of_the_work_left(monkeypatch, capsys):
    now = iter([0.0, 100.0, 100.0, 100.0, 200.0, 200.0, 200.0])
    monkeypatch.setattr(progress.time, "monotonic", lambda: next(now))
    told = progress.Progress({"long": 0.8, "short": 0.2}, {})
    told.advance("long", None)
    told.advance("short", "ValueError: broken")
    said = capsys.readouterr().err.splitlines()
    assert said == [
        "1 of 2 cells, 0:00:25 left",
        "failed: short: ValueError: broken",
        "2 of 2 cells, 1 failed, 0:00:00 left",
    ]


def test_a_long_cell_counts_as_far_as_it_is(monkeypatch, capsys):
    now = iter([0.0, 50.0, 100.0, 100.0, 100.0, 200.0, 200.0, 200.0])
    monkeypatch.setattr(progress.time, "monotonic", lambda: next(now))
    told = progress.Progress({"long": 0.8, "short": 0.2}, {})
    told.under_way("long", 0.001)
    told.under_way("long", 0.5)
    told.under_way("a stranger's", 0.5)
    told.advance("long", None)
    told.under_way("long", 0.9)
    assert capsys.readouterr().err.splitlines() == ["0 of 2 cells, 0:02:30 left", "1 of 2 cells, 0:00:50 left"]


def test_shares_of_work_add_up_and_compiling_is_spread_over_a_shape():
    alone = SequenceCell(model="gru")
    shared = [SequenceCell(seed=seed) for seed in range(10)]
    work = estimate.weigh([alone, *shared])
    assert sum(work.values()) == pytest.approx(1)
    assert work[alone.key] > 2 * work[shared[0].key]
    assert work[shared[0].key] == work[shared[9].key]
