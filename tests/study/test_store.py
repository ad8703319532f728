import multiprocessing
import os

import numpy as np
import pandas as pd
import pytest
from toys import ToyCell

from padleak.errors import InputError
from padleak.study.store import Store
from padleak.study.work import sees


@pytest.fixture
def store(tmp_path):
    store = Store(tmp_path / "results")
    store.prepare()
    return store


def test_what_is_written_comes_back(store):
    cell = ToyCell(number=3)
    store.write(cell, cell.run())
    table = store.measurements([cell, ToyCell(number=4)])
    assert cell.key in store and ToyCell(number=4).key not in store
    assert table.value.tolist() == [3.0]
    assert table.number.tolist() == [3] and table.cell.tolist() == [cell.key]
    with np.load(store.cell_folder(cell.key) / "states.npz") as arrays:
        assert np.array_equal(arrays["unpadded"], np.full((2, 3), 3))


@pytest.mark.parametrize("step", ["to_parquet", "rename"])
def test_interrupted_writing_leaves_nothing(store, monkeypatch, step):
    def interrupt(*args, **kwargs):
        raise KeyboardInterrupt

    cell = ToyCell(number=1)
    outcome = cell.run()
    target = pd.DataFrame if step == "to_parquet" else type(store.folder)
    monkeypatch.setattr(target, step, interrupt)
    with pytest.raises(KeyboardInterrupt):
        store.write(cell, outcome)
    monkeypatch.undo()
    assert cell.key not in store
    store.prepare()
    assert list((store.folder / "cells").iterdir()) == []
    store.write(cell, outcome)
    assert cell.key in store


def test_everything_is_on_the_disk_before_the_cell_counts_as_done(store, monkeypatch):
    """What a power cut takes is what was not synced; so nothing of a cell may be unsynced when its folder is moved."""
    steps = []
    fsync, rename = os.fsync, type(store.folder).rename

    def note_sync(handle):
        steps.append(os.fstat(handle).st_ino)
        fsync(handle)

    def note_rename(path, target):
        steps.append({file.stat().st_ino for file in (path, *path.iterdir())})
        return rename(path, target)

    monkeypatch.setattr(os, "fsync", note_sync)
    monkeypatch.setattr(type(store.folder), "rename", note_rename)
    cell = ToyCell(number=1)
    store.write(cell, cell.run())
    assert len(steps[-1]) == 4 and steps[-1] == set(steps[:-1])


def test_a_probe_is_read_here_and_leaves_nothing(store, tmp_path):
    with store.probe() as probe:
        assert sees(probe) and not sees(tmp_path / probe.name)
        (tmp_path / probe.name).write_text("another folder of the same name")
        assert not sees(tmp_path / probe.name)
    assert not probe.exists()


def test_a_second_writer_of_the_same_cell_changes_nothing(store):
    cell = ToyCell(number=1)
    store.write(cell, cell.run())
    before = (store.cell_folder(cell.key) / "cell.json").stat().st_mtime_ns
    store.write(cell, cell.run())
    assert (store.cell_folder(cell.key) / "cell.json").stat().st_mtime_ns == before
    assert len(list((store.folder / "cells").iterdir())) == 1


def test_a_failure_is_kept_until_the_cell_succeeds(store):
    cell = ToyCell(number=2)
    store.write_failure(cell, RuntimeError("no luck"))
    assert store.failure(cell.key)["error"] == "RuntimeError: no luck"
    assert store.failure(cell.key)["settings"]["number"] == 2
    store.write(cell, cell.run())
    assert store.failure(cell.key) is None


def test_who_is_refused_sweeps_nothing_of_the_run_at_work(store):
    with store.lock():
        partial = store.folder / "cells" / ".partial-abc"
        partial.mkdir()
        assert store.is_at_work()
        with pytest.raises(InputError, match="used by one run at a time"), Store(store.folder).lock():
            pass
        assert partial.is_dir()
    assert not store.is_at_work()
    with store.lock():
        assert not partial.exists()


def _try_lock(folder, queue):
    try:
        with Store(folder).lock():
            queue.put("locked")
    except InputError as error:
        queue.put(str(error))


def test_a_second_run_on_the_folder_is_turned_away(store):
    context = multiprocessing.get_context("spawn")
    queue = context.Queue()
    with store.lock():
        process = context.Process(target=_try_lock, args=(store.folder, queue))
        process.start()
        assert "another folder with --results" in queue.get(timeout=60)
        process.join()


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write anywhere")
def test_a_folder_that_cannot_be_written_is_named(tmp_path):
    tmp_path.chmod(0o500)
    with pytest.raises(InputError, match="results folder must be a place that can be written to"):
        Store(tmp_path / "results").prepare()


def test_a_file_in_the_place_of_the_folder_is_named(tmp_path):
    (tmp_path / "results").write_text("")
    with pytest.raises(InputError, match="results folder must be a place that can be written to"):
        Store(tmp_path / "results").prepare()
