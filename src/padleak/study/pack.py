"""Results of a cell as files: the same bytes whether they are written here or travel first."""

import functools
import io
import json
import traceback
from collections.abc import Mapping
from importlib.metadata import version

import numpy as np

from padleak.study.cell import Cell, Outcome
from padleak.study.seal import ACCOUNT, seal

VERSIONED = ("padleak", "keras", "tensorflow", "jax", "numpy", "scipy", "pandas")
"""Packages on whose versions a result may hang."""


@functools.cache
def installed(package: str) -> str:
    """Version of a package. Looked up once, since that takes half a millisecond."""
    return version(package)


def pack(cell: Cell, outcome: Outcome) -> dict[str, bytes]:
    """File name -> content."""
    files = {"measurements.parquet": outcome.measurements.to_parquet(index=False)}
    for name, arrays in outcome.arrays.items():
        files[f"{name}.npz"] = _pack_arrays(arrays)
    about = {
        "kind": cell.kind,
        "revision": cell.revision,
        "key": cell.key,
        "settings": cell.settings,
        "factors": cell.factors,
        "facts": outcome.facts,
        "versions": {name: installed(name) for name in VERSIONED},
        "extensions": cell.extensions,
    }
    return files | {ACCOUNT: seal(about, files)}


def pack_failure(cell: Cell, error: BaseException) -> str:
    """Why a cell failed."""
    about = {
        "key": cell.key,
        "cell": str(cell),
        "settings": cell.settings,
        "error": f"{type(error).__name__}: {error}",
        "traceback": "".join(traceback.format_exception(error)),
    }
    return json.dumps(about, indent=1)


def _pack_arrays(arrays: Mapping[str, np.ndarray]) -> bytes:
    buffer = io.BytesIO()
    np.savez_compressed(buffer, **{name.replace("/", "."): array for name, array in arrays.items()})
    return buffer.getvalue()
