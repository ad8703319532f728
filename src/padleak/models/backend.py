"""Keras, imported on first use: it takes six seconds and several hundred megabytes, and planning a study needs neither."""

import importlib.util
import os
import sys
from types import ModuleType


def _import_lazily(name: str) -> ModuleType:
    if name in sys.modules:
        return sys.modules[name]
    spec = importlib.util.find_spec(name)
    loader = importlib.util.LazyLoader(spec.loader)
    spec.loader = loader
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    loader.exec_module(module)
    return module


keras = _import_lazily("keras")


def name() -> str:
    """The backend that Keras has or will have, told without importing it: `tensorflow`, `jax` or `torch`."""
    return os.environ.get("KERAS_BACKEND") or "tensorflow"


def start() -> None:
    """Import Keras now, without the lines that TensorFlow writes to the terminal before it reads its log level."""
    saved = os.dup(2)
    silence = os.open(os.devnull, os.O_WRONLY)
    try:
        os.dup2(silence, 2)
        keras.__version__  # noqa: B018 (the look-up imports Keras)
    finally:
        os.dup2(saved, 2)
        os.close(saved)
        os.close(silence)


QUIET = {"TF_CPP_MIN_LOG_LEVEL": "3", "TF_ENABLE_ONEDNN_OPTS": "0", "ABSL_MIN_LOG_LEVEL": "3", "PYTHONWARNINGS": "ignore"}
"""Environment that keeps TensorFlow's start-up messages off the terminal, and its arithmetic in one order."""

ONE_THREAD = {
    name: "1"
    for name in (
        "OMP_NUM_THREADS",
        "OPENBLAS_NUM_THREADS",
        "MKL_NUM_THREADS",
        "TF_NUM_INTRAOP_THREADS",
        "TF_NUM_INTEROP_THREADS",
    )
}
"""Environment of a worker: one process a core, so one thread a pool."""
