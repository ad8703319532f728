"""What was damaged is found, set aside, named and made anew: files cut at every byte, altered, missing, foreign, exchanged."""

import json
import shutil

import numpy as np
import pytest
from toys import ToyCell

from padleak.study import schedule
from padleak.study.seal import ACCOUNT, CHECKSUMS, damage, damaged_files, made_from, seal_folder
from padleak.study.store import Store

SEED, DAMAGED = 20, 200


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


def _flip(folder, generator):
    file = generator.choice(sorted(folder.iterdir()))
    content = bytearray(file.read_bytes())
    content[generator.integers(len(content))] ^= 1 << int(generator.integers(8))
    file.write_bytes(content)


def _append(folder, generator):
    file = generator.choice(sorted(folder.iterdir()))
    file.write_bytes(file.read_bytes() + generator.bytes(3))


def _remove(folder, generator):
    generator.choice(sorted(folder.iterdir())).unlink()


def _add(folder, generator):
    (folder / "weights.npz").write_bytes(generator.bytes(30))


def _exchange(folder, generator):
    for file in folder.iterdir():
        file.unlink()
    other = ToyCell(number=1000)
    Store(folder.parent.parent).write(other, other.run())
    for file in Store(folder.parent.parent).cell_folder(other.key).iterdir():
        shutil.copy(file, folder)
    shutil.rmtree(Store(folder.parent.parent).cell_folder(other.key))


def _claim(folder, generator):
    about = json.loads((folder / ACCOUNT).read_text())
    about["settings"]["number"] += 1
    (folder / ACCOUNT).write_text(json.dumps(about, indent=1))


@pytest.mark.parametrize("harm", [_flip, _append, _remove, _add, _exchange, _claim])
def test_damage_of_every_kind_is_found_set_aside_and_made_anew(store, harm):
    """With the others, two hundred damaged cells."""
    generator = np.random.default_rng(SEED)
    cells = run(store, -(-DAMAGED // 6) + 3)
    before = {cell.key: store.cell_folder(cell.key) / "measurements.parquet" for cell in cells}
    before = {key: file.read_bytes() for key, file in before.items()}
    harmed = {cell.key for cell in cells[3:]}
    for key in harmed:
        harm(store.cell_folder(key), generator)
    assert store.set_aside_damaged().keys() == harmed
    assert {place.name for place in (store.folder / "damaged").iterdir()} == harmed
    assert store.finished() == {cell.key for cell in cells[:3]}
    run(store, len(cells))
    assert {key: (store.cell_folder(key) / "measurements.parquet").read_bytes() for key in before} == before
    assert store.set_aside_damaged() == {}


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
