"""Files that are small and unpack to much, or to somewhere else, are refused before they are unpacked."""

import gzip
import zipfile

import h5py
import keras
import numpy as np
import pandas as pd
import pyarrow
import pyarrow.parquet
import pytest

from padleak.audit.files import load_batch, load_model
from padleak.data.dataset import load
from padleak.errors import InputError
from padleak.reading import limits
from padleak.reading.archive import check_archive
from padleak.reading.arrays import read_arrays

TOO_LARGE = r"times as large unpacked as packed; got .*MiB in"


@pytest.fixture(scope="module")
def model(tmp_path_factory):
    """A harmless model's file."""
    file = tmp_path_factory.mktemp("models") / "model.keras"
    keras.Sequential([keras.layers.Input((None, 2)), keras.layers.GRU(2)]).save(file)
    return file


@pytest.fixture
def small_bombs(monkeypatch):
    """What is harmless ends at 1 MiB, so that bombs of some MiB will do."""
    monkeypatch.setattr(limits, "HARMLESS", 2**20)


@pytest.fixture
def little_memory(monkeypatch):
    monkeypatch.setattr(limits, "total", lambda: 2**20)


def with_members(model, file, **changed):
    """The model's file with members changed or added; `_` stands for `.` in their names."""
    members = {name.replace("_", "."): content for name, content in changed.items()}
    with zipfile.ZipFile(model) as old, zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as new:
        for name in old.namelist():
            new.writestr(name, members.pop(name, None) or old.read(name))
        for name, content in members.items():
            new.writestr(name, content)
    return file


def empty_npy(shape) -> bytes:
    """An `.npy` file that says it holds zeros, and ends there."""
    import io

    buffer = io.BytesIO()
    np.lib.format.write_array_header_1_0(buffer, {"descr": "<f8", "fortran_order": False, "shape": shape})
    return buffer.getvalue()


class TestBombs:
    def test_a_model_with_a_member_of_zeros(self, model, small_bombs, tmp_path):
        bomb = with_members(model, tmp_path / "bomb.keras", metadata_json=bytes(2**23))
        with pytest.raises(InputError, match=TOO_LARGE):
            load_model(bomb, [])

    def test_weights_that_are_declared_and_not_there(self, model, tmp_path):
        with h5py.File(tmp_path / "weights.h5", "w") as weights:
            weights.create_dataset("layers/gru/vars/0", (2**31, 2**31), "f4", chunks=(1024, 1024), fillvalue=1)
        bomb = with_members(model, tmp_path / "bomb.keras", model_weights_h5=(tmp_path / "weights.h5").read_bytes())
        with pytest.raises(InputError, match=r"half of the memory here; got 17,179,869,184\.0 GiB in"):
            load_model(bomb, [])

    def test_weights_that_are_packed_too_well(self, model, small_bombs, tmp_path):
        with h5py.File(tmp_path / "weights.h5", "w") as weights:
            weights.create_dataset("layers/gru/vars/0", data=np.zeros(2**21), compression="gzip")
        bomb = with_members(model, tmp_path / "bomb.keras", model_weights_h5=(tmp_path / "weights.h5").read_bytes())
        with pytest.raises(InputError, match=TOO_LARGE):
            load_model(bomb, [])

    def test_arrays_of_zeros(self, small_bombs, tmp_path):
        np.savez_compressed(tmp_path / "bomb.npz", inputs=np.zeros((2**18, 8), int), labels=np.zeros(2**18, int))
        for read in (lambda: load(f"npz:{tmp_path / 'bomb.npz'}"), lambda: load_batch(tmp_path / "bomb.npz")):
            with pytest.raises(InputError, match=TOO_LARGE):
                read()

    @pytest.mark.parametrize("name", ["a.npy", "a.npz"])
    def test_arrays_that_are_declared_and_not_there(self, name, tmp_path):
        content = empty_npy((10**15,))
        file = tmp_path / name
        if name == "a.npz":
            with zipfile.ZipFile(file, "w") as archive:
                archive.writestr("inputs.npy", content)
        else:
            file.write_bytes(content)
        with pytest.raises(InputError, match="of arrays that fit into memory; got Unable to allocate"):
            load_batch(file)

    @pytest.mark.parametrize("kind", ["csv", "jsonl"])
    def test_a_compressed_text(self, kind, small_bombs, tmp_path):
        with gzip.open(tmp_path / f"bomb.{kind}.gz", "wb") as file:
            file.write(b"text,label\n" + b"a" * 2**23)
        with pytest.raises(InputError, match=TOO_LARGE):
            load(f"{kind}:{tmp_path / f'bomb.{kind}.gz'}")

    @pytest.mark.parametrize("as_dictionary", [False, True])
    def test_a_table_of_one_text_in_many_rows(self, as_dictionary, little_memory, tmp_path):
        """A text of 1 KiB is kept once and told of 8,000 rows."""
        column = pyarrow.array(["a" * 1024] * 8000)
        column = column.dictionary_encode() if as_dictionary else column
        pyarrow.parquet.write_table(pyarrow.table({"text": column, "label": column}), tmp_path / "bomb.parquet")
        assert (tmp_path / "bomb.parquet").stat().st_size < 2**15
        with pytest.raises(InputError, match="half of the memory here; got"):
            load(f"parquet:{tmp_path / 'bomb.parquet'}")

    def test_what_is_too_large_for_the_machine_is_refused_however_it_is_packed(self, little_memory, tmp_path):
        np.savez(tmp_path / "large.npz", inputs=np.random.default_rng(0).random(2**17))
        with pytest.raises(InputError, match=r"at most 512.0 KiB unpacked, half of the memory here; got 1.0 MiB in"):
            read_arrays(tmp_path / "large.npz")


class TestNames:
    @pytest.mark.parametrize("name", ["../evil", "/tmp/evil", "a/../../evil", "..\\evil", "C:\\evil"])
    def test_members_that_lead_out_of_the_archive(self, model, name, tmp_path):
        file = with_members(model, tmp_path / "away.keras")
        with zipfile.ZipFile(file, "a") as archive:
            archive.writestr(zipfile.ZipInfo(name), b"evil")
        with pytest.raises(InputError, match=r"an archive whose members stay inside it; got"):
            load_model(file, [])

    def test_members_that_are_links(self, model, tmp_path):
        file, link = with_members(model, tmp_path / "link.keras"), zipfile.ZipInfo("assets")
        link.external_attr = 0o120777 << 16
        with zipfile.ZipFile(file, "a") as archive:
            archive.writestr(link, "/etc")
        with pytest.raises(InputError, match=r"stay inside it; got assets"):
            load_model(file, [])

    def test_weights_in_another_file(self, model, tmp_path):
        (tmp_path / "secret").write_bytes(bytes(range(64)))
        with h5py.File(tmp_path / "weights.h5", "w") as weights:
            weights.create_dataset("layers/gru/vars/0", (8,), "f8", external=[(str(tmp_path / "secret"), 0, 64)])
        file = with_members(model, tmp_path / "away.keras", model_weights_h5=(tmp_path / "weights.h5").read_bytes())
        with pytest.raises(InputError, match=r"holds its weights itself; got layers/gru/vars/0, kept in another file"):
            load_model(file, [])


class TestHarmless:
    def test_what_people_keep_is_read(self, model, tmp_path):
        assert load_model(model, []).count_params() == 36
        check_archive(model)
        np.savez_compressed(tmp_path / "padded.npz", inputs=np.zeros((2**14, 64)))
        assert read_arrays(tmp_path / "padded.npz")["inputs"].shape == (2**14, 64)

    @pytest.mark.parametrize("ending", ["gz", "bz2", "xz", "zip"])
    def test_compressed_texts_are_read(self, ending, tmp_path):
        rows = [(f"word{number} and{number % 7}", "ab"[number % 2]) for number in range(40)]
        pd.DataFrame(rows, columns=["text", "label"]).to_csv(tmp_path / f"a.csv.{ending}", index=False)
        assert load(f"csv:{tmp_path / f'a.csv.{ending}'}").classes == ("a", "b")
