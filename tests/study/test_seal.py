"""Seals: files cut at every byte are found, what is no cell is set aside, what is made of all cells is sealed too."""

import pytest
from toys import ToyCell

from padleak.study import schedule
from padleak.study.seal import CHECKSUMS, damage, damaged_files, made_from, seal_folder
from padleak.study.store import Store


@pytest.fixture
def store(tmp_path):
    store = Store(tmp_path / "results")
    store.prepare()
    return store


def run(store, count=1):
    cells = [ToyCell(number=number) for number in range(count)]
    schedule.run(cells, store, 0, lambda key, error: None)
    return cells


def test_every_cut_of_every_file_is_found(store):
    (cell,) = run(store)
    folder = store.cell_folder(cell.key)
    assert damage(folder) is None
    for file in sorted(folder.iterdir()):
        content = file.read_bytes()
        for length in range(len(content)):
            file.write_bytes(content[:length])
            assert damage(folder), f"{file.name} cut to {length} bytes"
        file.write_bytes(content)
    assert damage(folder) is None


def test_what_is_not_a_cell_is_set_aside_and_keeps_what_was_there_before(store):
    (cell,) = run(store)
    for _ in range(2):
        (store.folder / "cells" / "notes.txt").write_text("mine")
        assert store.set_aside_damaged() == {"notes.txt": "is not the folder of a cell"}
    assert {place.name for place in (store.folder / "damaged").iterdir()} == {"notes.txt", "notes.txt-2"}
    assert store.finished() == {cell.key}


def test_what_is_made_of_all_cells_is_sealed_too(tmp_path):
    (tmp_path / "figures").mkdir()
    for name in ("run.json", "verdicts.json", "figures/a.svg", "notes.txt"):
        (tmp_path / name).write_text(name)
    seal_folder(tmp_path, "these cells")
    assert made_from(tmp_path) == "these cells" and damaged_files(tmp_path) == []
    (tmp_path / "notes.txt").write_text("not ours to seal")
    assert made_from(tmp_path) == "these cells"
    (tmp_path / "figures" / "a.svg").write_text("figures/a.sv")
    (tmp_path / "run.json").unlink()
    assert made_from(tmp_path) is None
    assert damaged_files(tmp_path) == ["figures/a.svg was altered", "run.json is missing"]
    (tmp_path / CHECKSUMS).write_text("{")
    assert made_from(tmp_path) is None and damaged_files(tmp_path) == [f"{CHECKSUMS} cannot be read"]
