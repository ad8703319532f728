"""Nothing is unpickled, and nothing that a file holds is run.

One exception is none of ours: Dask pickles what it sends between a run and its workers (docs/cluster.md says who may reach
them).
Keras's own data sets hold pickled arrays; Keras checks their SHA-256 before it reads them.
"""

import ast
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

import padleak
from padleak.audit.files import load_batch
from padleak.errors import InputError
from padleak.study.store import Store
from padleak.study.trials.noop import NoopCell
from padleak.study.unfinished import Checkpoint, at_hand, place_of

REPOSITORY = Path(__file__).parents[2]
SOURCES = sorted(
    file for folder in ("src", "experiments", "benchmarks") for file in (REPOSITORY / folder).rglob("*.py")
)
MODULES = {"pickle", "cloudpickle", "marshal", "shelve", "dill", "joblib"}
CALLS = {
    "eval", "exec", "torch.load", "yaml.load", "yaml.unsafe_load", "yaml.full_load", "pd.read_pickle", "os.system", "os.popen",
    "keras.config.enable_unsafe_deserialization",
}  # fmt: skip
SETTINGS = {"allow_pickle": True, "shell": True, "safe_mode": False, "weights_only": False}
NUMPY_FILES_ARE_READ_IN = "src/padleak/reading/arrays.py"


def dangers(source: str) -> Iterator[str]:
    """What runs, or may run, what a file holds."""
    for node in ast.walk(ast.parse(source)):
        match node:
            case ast.Import(names=names):
                yield from (name.name for name in names if name.name.split(".")[0] in MODULES)
            case ast.ImportFrom(module=str(module)) if module.split(".")[0] in MODULES:
                yield module
            case ast.Call(func=function, keywords=keywords):
                if (name := ast.unparse(function)) in CALLS | {"np.load"}:
                    yield name
                for keyword in keywords:
                    if isinstance(keyword.value, ast.Constant) and keyword.value.value is SETTINGS.get(
                        keyword.arg, ...
                    ):
                        yield f"{keyword.arg}={keyword.value.value}"


class TestSources:
    @pytest.mark.parametrize("file", SOURCES, ids=lambda file: str(file.relative_to(REPOSITORY)))
    def test_hold_no_way_to_run_what_a_file_holds(self, file):
        found = list(dangers(file.read_text()))
        assert found == (["np.load"] if str(file.relative_to(REPOSITORY)) == NUMPY_FILES_ARE_READ_IN else [])

    @pytest.mark.parametrize(
        "source",
        [
            "import pickle", "from joblib import load", "eval(text)", "np.load(file, allow_pickle=True)", "torch.load(file)",
            "load_model(file, safe_mode=False)", "subprocess.run(text, shell=True)", "yaml.load(text)",
        ],
    )  # fmt: skip
    def test_would_be_found_out(self, source):
        assert list(dangers(source))


class Trap:
    """Makes a file when it is unpickled."""

    def __init__(self, file: Path):
        self.file = file

    def __reduce__(self):
        return Path.touch, (self.file,)


@pytest.fixture
def sprung(tmp_path):
    return tmp_path / "sprung"


@pytest.fixture
def objects(sprung):
    """Arrays that run code when they are unpickled."""
    return {"unpadded": np.array([Trap(sprung)], dtype=object)}


class TestObjects:
    def test_the_trap_is_a_real_one(self, objects, sprung, tmp_path):
        np.savez(tmp_path / "a.npz", **objects)
        np.load(tmp_path / "a.npz", allow_pickle=True)["unpadded"]
        assert sprung.exists()

    @pytest.mark.parametrize("kind", ["states", "weights"])
    def test_in_a_results_folder(self, kind, objects, sprung, tmp_path):
        store = Store(tmp_path / "results")
        store.prepare()
        (cell := store.cell_folder("abc")).mkdir()
        np.savez(cell / f"{kind}.npz", **objects)
        (store.folder / "run.json").write_text("{}")
        with pytest.raises(InputError, match=rf"{kind}.npz must be as `padleak run` wrote it"):
            getattr(padleak.load(store.folder), kind)("abc")
        assert not sprung.exists()

    def test_in_what_an_unfinished_cell_left(self, objects, sprung, tmp_path):
        key = NoopCell(number=1).key
        (left := place_of(tmp_path, key)).parent.mkdir()
        np.savez(left, **objects)
        with at_hand(tmp_path):
            assert Checkpoint(key).load() is None
        assert not sprung.exists()

    @pytest.mark.parametrize("save", [np.savez, np.save], ids=["npz", "npy"])
    def test_in_a_batch(self, save, objects, sprung, tmp_path):
        file = tmp_path / ("batch.npz" if save is np.savez else "batch.npy")
        save(file, objects["unpadded"])
        with pytest.raises(InputError, match=r"allow_pickle=False"):
            load_batch(file)
        assert not sprung.exists()
