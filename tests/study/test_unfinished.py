"""Work that is left half done: found again, whole, by who comes next; and nothing without a folder at hand."""

import threading

import numpy as np

from padleak.study import unfinished
from padleak.study.store import Store
from padleak.study.unfinished import Checkpoint, at_hand, finished


def test_what_is_left_is_found_again(tmp_path):
    with at_hand(tmp_path):
        assert Checkpoint("k").load() is None
        Checkpoint("k").save({"a": np.arange(3), "b": np.array(2.5)})
        left = Checkpoint("k").load()
    assert left["a"].tolist() == [0, 1, 2] and left["b"] == 2.5
    assert Checkpoint("k").load() is None


def test_a_torn_file_counts_as_none(tmp_path):
    with at_hand(tmp_path):
        Checkpoint("k").save({"a": np.arange(1000)})
        file = unfinished.place_of(tmp_path, "k")
        file.write_bytes(file.read_bytes()[:500])
        assert Checkpoint("k").load() is None


def test_without_a_folder_nothing_is_kept(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with at_hand(None), Checkpoint("k").lock():
        Checkpoint("k").save({"a": np.arange(3)})
        assert Checkpoint("k").load() is None and finished("k", "weights") is None
    assert not list(tmp_path.iterdir())


def test_a_second_waits_until_the_first_is_done(tmp_path):
    order = []

    def work(name):
        with at_hand(tmp_path), Checkpoint("k").lock():
            order.append(name)
            if name == "first":
                begun.set()
                go.wait(10)
            order.append(name)

    begun, go = threading.Event(), threading.Event()
    threads = [threading.Thread(target=work, args=(name,)) for name in ("first", "second")]
    threads[0].start()
    begun.wait(10)
    threads[1].start()
    threads[1].join(0.3)
    assert order == ["first"]
    go.set()
    for thread in threads:
        thread.join(10)
    assert order == ["first", "first", "second", "second"]


def test_a_finished_cell_leaves_nothing_half_done(tmp_path):
    store = Store(tmp_path)
    store.prepare()
    with at_hand(tmp_path), Checkpoint("k").lock():
        Checkpoint("k").save({"a": np.arange(3)})
    (tmp_path / "unfinished" / ".partial-torn").write_text("x")
    store.prepare()
    assert [file.name for file in sorted((tmp_path / "unfinished").iterdir())] == ["k.lock", "k.npz"]
    store.put("k", {"cell.json": b"{}"})
    assert not list((tmp_path / "unfinished").iterdir())
