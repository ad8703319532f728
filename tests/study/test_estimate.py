import pytest

from padleak.study.estimate import Speed, seconds
from padleak.study.trials.noop import NoopCell
from padleak.study.trials.sequence import SequenceCell

SPEED = Speed(program=3, work=1e-4, cell=0.5, start=8)


def test_seconds_of_a_hand_worked_plan():
    cells = [
        SequenceCell(seed=seed, rows=100, epochs=2, length=10, validation=30, test=15, probe_rows=0)
        for seed in range(4)
    ]
    # A cell: 100 rows twice and looks at 90 rows at a third of the price, all of 10 steps.
    work = 10 * (200 + 90 / 3)
    assert cells[0].effort() == work
    assert seconds(cells, SPEED, workers=2) == pytest.approx(8 + (3 + 4 * (work * 1e-4 + 0.5)) / 2)


def test_more_shapes_take_longer_and_more_workers_less():
    same = [SequenceCell(seed=seed) for seed in range(2)]
    different = [SequenceCell(masking=masking) for masking in ("none", "embedding")]
    assert seconds(same, SPEED, 1) < seconds(different, SPEED, 1)
    assert seconds(same, SPEED, 2) < seconds(same, SPEED, 1)
    assert seconds([], SPEED, 2) == 0


def test_deeper_networks_are_more_work_and_feed_forward_ones_less():
    assert SequenceCell(layers=2).effort() == 2 * SequenceCell().effort() == SequenceCell(bidirectional=True).effort()
    assert SequenceCell(model="conv1d", readout="max").effort() < SequenceCell().effort()


def test_cells_of_unknown_cost_cost_what_every_cell_does():
    assert seconds([NoopCell()], SPEED, 1) == pytest.approx(8.5)
