import functools
import time

import pytest
from toys import ToyCell

from padleak.errors import InputError
from padleak.study import schedule
from padleak.study.cluster import Remote
from padleak.study.limit import TimeLimit
from padleak.study.store import Store


@pytest.fixture
def store(tmp_path):
    store = Store(tmp_path / "results")
    store.prepare()
    return store


@pytest.fixture
def importable_toys(monkeypatch):
    """Lets worker processes import the toys."""
    from pathlib import Path

    monkeypatch.setenv("PYTHONPATH", str(Path(__file__).parent))


def run(cells, store, workers=0, limit=None):
    told = {}
    schedule.run(cells, store, workers, lambda key, error: told.update({key: error}), limit=limit)
    return told


@pytest.mark.slow
@pytest.mark.parametrize("workers", [0, 2])
def test_every_cell_is_run_once_and_told_of(store, tmp_path, importable_toys, workers):
    cells = [ToyCell(number=n, marks=str(tmp_path)) for n in range(10)]
    assert run(cells, store, workers) == {cell.key: None for cell in cells}
    assert all((tmp_path / str(n)).read_text() == "x" for n in range(10))
    assert store.measurements(cells).value.tolist() == list(range(10))


@pytest.mark.slow
@pytest.mark.parametrize("workers", [0, 2])
def test_what_is_finished_is_not_run_again(store, tmp_path, importable_toys, workers):
    cells = [ToyCell(number=n, marks=str(tmp_path)) for n in range(6)]
    run(cells[:4], store, workers)
    assert set(run(cells, store, workers)) == {cell.key for cell in cells[4:]}
    assert all((tmp_path / str(n)).read_text() == "x" for n in range(6))


@pytest.mark.slow
@pytest.mark.parametrize("workers", [0, 2])
def test_a_failing_cell_is_kept_with_its_reason_and_stops_no_other(store, importable_toys, workers):
    cells = [ToyCell(number=0), ToyCell(number=1, does="fails"), ToyCell(number=2), ToyCell(number=5)]
    told = run(cells, store, workers)
    assert told[cells[1].key] == "RuntimeError: the toy broke"
    assert [cell.key in store for cell in cells] == [True, False, True, True]
    assert "the toy broke" in store.failure(cells[1].key)["traceback"]


@pytest.mark.slow
@pytest.mark.parametrize("workers", [0, 2])
def test_a_cell_that_runs_on_is_stopped_and_stops_no_other(store, importable_toys, workers):
    cells = [ToyCell(number=0, does="runs on"), *(ToyCell(number=n) for n in range(1, 8))]
    told = run(cells, store, workers, TimeLimit(0.6))
    assert told.pop(cells[0].key) == "TimeoutError: stopped after 0.01 minutes (--time-limit)"
    assert told == {cell.key: None for cell in cells[1:]}
    assert "--time-limit" in store.failure(cells[0].key)["error"]


@pytest.mark.slow
def test_a_cell_that_nothing_stops_ends_with_its_worker(store, importable_toys):
    cells = [ToyCell(number=0, does="hangs"), *(ToyCell(number=n) for n in range(1, 8))]
    told = run(cells, store, 2, TimeLimit(0.6, grace=0.5))
    assert told.pop(cells[0].key) == "TimeoutError: could not be stopped: its worker was ended (--time-limit)"
    assert told == {cell.key: None for cell in cells[1:]}


def test_a_cell_for_which_there_is_no_memory_is_kept_with_its_reason(store):
    cells = [ToyCell(number=0, does="eats"), ToyCell(number=1)]
    told = run(cells, store)
    assert "MemoryError" in told[cells[0].key] and "8.00 PiB" in store.failure(cells[0].key)["error"]
    assert told[cells[1].key] is None


@pytest.mark.parametrize("seconds", [float("nan"), float("inf"), 0.0, -1.0, 1e12])
def test_a_limit_that_is_none_is_told(seconds):
    with pytest.raises(InputError, match="--time-limit must be minutes up to"):
        TimeLimit(seconds)


def _busy_until(end):
    while time.monotonic() < end:
        pass


def test_what_ends_just_in_time_is_not_stopped_afterwards():
    """Stopped or not, by a hair: nothing is raised afterwards, and nobody is given up."""
    given_up, stopped = [], 0
    for place in range(200):
        end = time.monotonic() + 0.0001 * place
        try:
            TimeLimit(0.005, grace=5).hold(functools.partial(_busy_until, end), lambda: given_up.append(1))
        except TimeoutError:
            stopped += 1
    assert 0 < stopped < 200 and not given_up


@pytest.mark.slow
@pytest.mark.parametrize("workers", [0, 2])
def test_cells_that_say_how_far_they_are_are_heard(store, importable_toys, workers):
    cell, heard = ToyCell(number=3, does="tells"), {}
    schedule.run([cell], store, workers, lambda key, error: None, heard.__setitem__)
    assert heard == {cell.key: 0.5}


@pytest.mark.slow
def test_a_worker_that_dies_loses_its_cell_alone(store, importable_toys):
    cells = [ToyCell(number=0, does="dies"), *(ToyCell(number=n) for n in range(4, 12))]
    told = run(cells, store, workers=2)
    assert "worker was lost" in told[cells[0].key]
    assert all(told[cell.key] is None and cell.key in store for cell in cells[1:])


@pytest.mark.slow
def test_what_waits_for_a_worker_that_is_gone_goes_to_the_one_in_its_place(store, tmp_path, importable_toys):
    """The rest of a group stays on its worker, unless that dies; Dask alone would wait for it for ever."""
    cells = [ToyCell(number=n, does="waits") for n in range(3)]
    cells.append(ToyCell(number=3, does="dies once", marks=str(tmp_path)))
    told = TimeLimit(60).hold(lambda: run(cells, store, workers=1))
    assert told == {cell.key: None for cell in cells}


@pytest.mark.parametrize("address", ["", "http://127.0.0.1:8786", "127.0.0.1", "tcp://127.0.0.1:port", "no/such/file"])
def test_a_bad_address_is_an_error_before_anything_is_tried(address):
    with pytest.raises(InputError, match="--scheduler must be HOST:PORT"):
        Remote(address)


@pytest.mark.parametrize(
    ("address", "is_open"),
    [
        ("127.0.0.1:8786", False),
        ("tcp://localhost:8786", False),
        ("tcp://[::1]:8786", False),
        ("tls://10.0.0.1:8786", False),
        ("tcp://10.0.0.1:8786", True),
        ("head:8786", True),
    ],
)
def test_an_address_open_to_the_network_is_known(address, is_open):
    assert Remote(address).is_open() == is_open
