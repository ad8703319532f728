"""Keras, imported on first use: it takes six seconds and several hundred megabytes, and planning a study needs neither."""

import importlib
import logging
import os
import sys
from typing import Any


class _LazyKeras:
    """Stands for the module and imports it when something of it is asked for."""

    def __getattr__(self, name: str) -> Any:
        return getattr(importlib.import_module("keras"), name)


keras = _LazyKeras()


def name() -> str:
    """The backend that Keras has or will have, told without importing it: `tensorflow`, `jax` or `torch`."""
    return os.environ.get("KERAS_BACKEND") or "tensorflow"


def start() -> None:
    """Import Keras now: one thread a pool, and without the lines that TensorFlow writes before it reads its log level."""
    if "keras" in sys.modules:
        return
    for variable, value in environment().items():
        os.environ.setdefault(variable, value)
    saved = os.dup(2)
    silence = os.open(os.devnull, os.O_WRONLY)
    try:
        os.dup2(silence, 2)
        importlib.import_module("keras")
        # On any backend Keras imports TensorFlow when it reads a model's configuration; here nobody hears it.
        tensorflow = importlib.import_module("tensorflow")
        # Probing many lengths retraces a few times by design. In a notebook TensorFlow sets its own level when first asked.
        tensorflow.get_logger().setLevel(logging.ERROR)
    finally:
        os.dup2(saved, 2)
        os.close(saved)
        os.close(silence)


def environment(of: str = "") -> dict[str, str]:
    """Environment of a process that trains: quiet, and one thread a pool, since there is a process for every core.

    Args:
        of: The backend; the one of this process if empty.
    """
    chosen = of or name()
    return QUIET | ONE_THREAD | {"KERAS_BACKEND": chosen} | (JAX_ONE_THREAD if chosen == "jax" else {})


QUIET = {
    "TF_CPP_MIN_LOG_LEVEL": "3",
    "TF_ENABLE_ONEDNN_OPTS": "0",
    "ABSL_MIN_LOG_LEVEL": "3",
    "PYTHONWARNINGS": "ignore",
}
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

JAX_ONE_THREAD = {"XLA_FLAGS": "--xla_cpu_multi_thread_eigen=false intra_op_parallelism_threads=1"}
