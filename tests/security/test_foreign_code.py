"""A model's file may hold code, or name some: none of it is run."""

import base64
import json
import marshal
import pickle
import shutil
import sys
import zipfile
from pathlib import Path

import keras
import pytest
from typer.testing import CliRunner

import padleak
from padleak.cli import app
from padleak.errors import InputError


@pytest.fixture(scope="module")
def model(tmp_path_factory):
    """A harmless model's file."""
    file = tmp_path_factory.mktemp("models") / "model.keras"
    layers = [keras.layers.Input((None,)), keras.layers.Embedding(9, 4), keras.layers.GRU(3), keras.layers.Dense(1)]
    keras.Sequential(layers).save(file)
    return file


@pytest.fixture
def sprung(tmp_path):
    """The file that the trap makes."""
    return tmp_path / "sprung"


def altered(model, file, change):
    """The model's file with another configuration."""
    with zipfile.ZipFile(model) as old, zipfile.ZipFile(file, "w") as new:
        for name in old.namelist():
            content = old.read(name)
            if name == "config.json":
                config = json.loads(content)
                change(config)
                content = json.dumps(config).encode()
            new.writestr(name, content)
    return file


def layer(module, name, settings, registered=None):
    """A layer of a configuration."""
    shape = {"input_shape": [None, None]}
    return {
        "module": module,
        "class_name": name,
        "config": settings,
        "registered_name": registered,
        "build_config": shape,
    }


def trap(sprung):
    """A function that makes a file when it is called, as Keras writes it."""
    source = f"lambda x: (open({str(sprung)!r}, 'w').close(), x)[1]"
    code = base64.b64encode(marshal.dumps(eval(source).__code__)).decode()
    return {"class_name": "__lambda__", "config": {"code": code, "defaults": None, "closure": None}}


def system(sprung):
    return {"module": "os", "class_name": "function", "config": "system", "registered_name": "system"}


class Maker:
    """Makes a file when it is unpickled."""

    def __init__(self, file):
        self.file = file

    def __reduce__(self):
        return Path.touch, (self.file,)


def pickled(sprung):
    return base64.b64encode(pickle.dumps(Maker(sprung))).decode()


ATTACKS = {
    "a lambda": lambda sprung: layer("keras.layers", "Lambda", {"name": "l", "function": trap(sprung)}),
    "a function of os": lambda sprung: layer("keras.layers", "Lambda", {"name": "l", "function": system(sprung)}),
    "os.system": lambda sprung: layer("os", "system", {"command": f"touch {sprung}"}),
    "registered os.system": lambda sprung: layer("os", "system", {"command": f"touch {sprung}"}, "system"),
    "subprocess.Popen": lambda sprung: layer("subprocess", "Popen", {"args": ["touch", str(sprung)]}),
    "builtins.exec": lambda sprung: layer("builtins", "exec", {"object": f"open({str(sprung)!r}, 'w')"}),
    "Path.touch": lambda sprung: layer("pathlib", "Path", {"args": str(sprung)}),
    "an initialiser": lambda sprung: layer(
        "keras.layers", "Dense", {"units": 2, "kernel_initializer": layer("os", "system", {"command": f"touch {sprung}"})}
    ),
    "allowing unsafe models": lambda sprung: layer("keras.config", "enable_unsafe_deserialization", {}),
    "a download": lambda sprung: layer("keras.utils", "get_file", {"fname": str(sprung), "origin": "file:///etc/hosts"}),
    "another model": lambda sprung: layer("keras.models", "load_model", {"filepath": str(sprung)}),
    "a SavedModel": lambda sprung: layer("keras.layers", "TFSMLayer", {"name": "t", "filepath": str(sprung.parent)}),
    "a pickled torch module": lambda sprung: layer(
        "keras.layers", "TorchModuleWrapper", {"name": "t", "module": pickled(sprung)}
    ),
    "a file of this machine": lambda sprung: layer("keras.layers", "StringLookup", {"name": "t", "vocabulary": "/etc/hosts"}),
}  # fmt: skip


def audit(file):
    """What the command says of a file: one line, or nothing where it goes well."""
    found = CliRunner().invoke(app, ["audit", str(file)])
    assert found.exception is None or isinstance(found.exception, InputError | SystemExit), found.exception
    return str(found.exception) if isinstance(found.exception, InputError) else ""


class TestCode:
    @pytest.mark.parametrize("attack", ATTACKS)
    def test_in_a_layer_is_not_run(self, model, attack, sprung, tmp_path):
        add = ATTACKS[attack](sprung)
        file = altered(model, tmp_path / "evil.keras", lambda config: config["config"]["layers"].insert(2, add))
        said = audit(file)
        assert said.startswith(f"model {file} must be loadable without running code of its own; got ")
        assert "\n" not in said and len(said) < 700 and "--custom" in said
        assert not sprung.exists()

    def test_of_this_kind_would_run_if_it_were_trusted(self, model, sprung, tmp_path):
        """The trap is a real one."""
        add = ATTACKS["a lambda"](sprung)
        file = altered(model, tmp_path / "evil.keras", lambda config: config["config"]["layers"].insert(2, add))
        keras.models.load_model(file, safe_mode=False)
        assert sprung.exists()

    @pytest.mark.parametrize("loss", [trap, system])
    def test_in_a_loss_is_not_run(self, model, loss, sprung, tmp_path):
        settings = {"optimizer": "adam", "loss": loss(sprung), "metrics": None}
        assert (
            audit(altered(model, tmp_path / "evil.keras", lambda config: config.update(compile_config=settings))) == ""
        )
        assert not sprung.exists()

    @pytest.mark.parametrize("trusted", [True, False])
    def test_is_made_anew_in_an_audit_only_if_it_is_trusted(self, trusted, monkeypatch):
        """What saving loses is found by loading what would be saved."""
        modes = []
        load = keras.saving.deserialize_keras_object
        note = lambda config, **settings: (modes.append(settings["safe_mode"]), load(config, **settings))[1]  # noqa: E731
        monkeypatch.setattr(keras.saving, "deserialize_keras_object", note)
        ids = keras.Input((None,))
        padleak.audit(keras.Model(ids, keras.layers.GRU(2)(keras.layers.Embedding(9, 2)(ids))), trusted=trusted)
        assert modes == [not trusted]

    def test_is_never_trusted_by_the_command(self, model, monkeypatch):
        asked = []
        monkeypatch.setattr(
            sys.modules["padleak.audit"], "audit", lambda *model, **settings: asked.append(settings) or 1 / 0
        )
        CliRunner().invoke(app, ["audit", str(model)])
        assert asked == [{"trusted": False, "fill": 6}]


class TestOtherFormats:
    def test_hdf5_is_no_model_to_us(self, sprung, tmp_path):
        """Keras trusted this format with code for long."""
        self.write_hdf5(tmp_path / "evil.h5", sprung)
        assert "a file that model.save('NAME.keras') wrote" in audit(tmp_path / "evil.h5")
        assert not sprung.exists()

    @pytest.mark.parametrize("name", ["evil.h5", "evil.keras"])
    def test_hdf5_and_archive_in_one(self, model, name, sprung, tmp_path):
        """Zip is read from the end and HDF5 from the beginning, so that a file can be both."""
        self.write_hdf5(tmp_path / "evil.h5", sprung)
        (tmp_path / name).write_bytes((tmp_path / "evil.h5").read_bytes() + model.read_bytes())
        assert zipfile.is_zipfile(tmp_path / name)
        said = audit(tmp_path / name)
        assert ("model.save" in said) is (name == "evil.h5")
        assert not sprung.exists()

    def test_a_folder_is_no_model_to_us(self, model, tmp_path):
        shutil.unpack_archive(model, tmp_path / "unpacked.keras", "zip")
        assert "a file that model.save('NAME.keras') wrote" in audit(tmp_path / "unpacked.keras")

    def test_a_pickle_is_no_model_to_us(self, sprung, tmp_path):
        for name in ("evil.keras", "evil.pt", "evil.pkl"):
            (tmp_path / name).write_bytes(pickle.dumps(Maker(sprung)))
            assert "a file that model.save('NAME.keras') wrote" in audit(tmp_path / name)
        assert not sprung.exists()
        pickle.loads((tmp_path / "evil.pkl").read_bytes())
        assert sprung.exists()

    @staticmethod
    def write_hdf5(file, sprung):
        """A model of the old format whose configuration holds the trap."""
        import h5py

        layers = [
            {"class_name": "InputLayer", "config": {"batch_input_shape": [None, 4], "name": "i"}},
            {"class_name": "Lambda", "config": {"name": "l", "function": trap(sprung), "function_type": "lambda"}},
        ]
        config = {"class_name": "Sequential", "config": {"name": "s", "layers": layers}}
        with h5py.File(file, "w") as archive:
            archive.attrs["model_config"] = json.dumps(config)
            archive.create_group("model_weights").attrs["layer_names"] = []
