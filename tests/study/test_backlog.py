import pytest
from toys import ToyCell

from padleak.study.backlog import Backlog
from padleak.study.trials.sequence import SequenceCell


def numbers(groups):
    return [[cell.number for cell in group.cells] for group in groups]


def test_groups_are_halved_where_workers_would_idle():
    backlog = Backlog([ToyCell(number=n) for n in range(4)])
    assert sorted(numbers(backlog.take(3))) == [[0], [1], [2, 3]]
    assert not backlog


def test_there_are_never_more_groups_than_idle_workers_or_cells():
    backlog = Backlog([ToyCell(number=n) for n in range(9)])
    assert len(backlog.take(2)) == 2 and backlog
    assert len(backlog.take(5)) == 1 and not backlog
    assert backlog.take(5) == []


@pytest.mark.parametrize(("rows", "groups"), [(100, 1), (100_000, 2)])
def test_a_group_is_not_halved_where_compiling_takes_longer_than_its_cells(rows, groups):
    backlog = Backlog([SequenceCell(rows=rows, seed=seed) for seed in range(6)])
    assert len(backlog.take(2)) == groups


def test_the_longest_work_comes_first():
    short, long = ([SequenceCell(rows=rows, seed=seed) for seed in range(3)] for rows in (100, 1000))
    (first,) = Backlog([*short, *long]).take(1)
    assert first.cells == long


def test_what_comes_back_is_next_and_stays_on_its_worker():
    backlog = Backlog([ToyCell(number=n) for n in range(8)])
    (first,) = backlog.take(1)
    backlog.give_back(first.cells[1:], "tcp://here")
    (again,) = backlog.take(1)
    assert again.cells == first.cells[1:] and again.worker == "tcp://here"


def test_long_groups_are_sent_in_parts_and_nothing_is_lost(monkeypatch):
    monkeypatch.setattr("padleak.study.backlog._LONGEST_GROUP", 3)
    backlog = Backlog([ToyCell(number=n) for n in range(8)])
    taken = []
    while backlog:
        taken += numbers(backlog.take(1))
    assert max(len(group) for group in taken) == 3
    assert sorted(number for group in taken for number in group) == list(range(8))


def test_suspects_wait_until_nothing_else_runs_and_go_alone():
    backlog = Backlog([ToyCell(number=n) for n in range(2)])
    (group,) = backlog.take(1)
    backlog.suspect(group.cells)
    assert backlog.take(2, busy=1) == []
    (suspect,) = backlog.take(2)
    assert numbers([suspect]) == [[0]] and suspect.alone and backlog
