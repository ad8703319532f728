import pytest
from toys import ToyCell

from padleak.study import schedule
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


def run(cells, store, workers=0):
    told = {}
    schedule.run(cells, store, workers, lambda key, error: told.update({key: error}))
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
def test_a_worker_that_dies_loses_its_cell_alone(store, importable_toys):
    cells = [ToyCell(number=0, does="dies"), *(ToyCell(number=n) for n in range(4, 12))]
    told = run(cells, store, workers=2)
    assert "worker was lost" in told[cells[0].key]
    assert all(told[cell.key] is None and cell.key in store for cell in cells[1:])
