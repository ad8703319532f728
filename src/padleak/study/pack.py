"""Results of a cell as files: the same bytes whether they are written here or travel first."""

import functools
import io
import json
import traceback
from collections.abc import Mapping
from importlib.metadata import version
from typing import TYPE_CHECKING

import numpy as np

from padleak.study.cell import Cell, Outcome
from padleak.study.seal import ACCOUNT, seal

if TYPE_CHECKING:
    from padleak.study.store import Store

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


class Parcel:
    """Results on their way to a store that is somewhere else."""

    folder = None

    def __init__(self) -> None:
        self._results: dict[str, dict[str, bytes]] = {}
        self._failures: dict[str, str] = {}

    def __contains__(self, key: str) -> bool:
        return key in self._results

    def put(self, key: str, files: Mapping[str, bytes]) -> None:
        """Keep the packed outcome of a cell."""
        self._results[key] = dict(files)

    def write_failure(self, cell: Cell, error: BaseException) -> None:
        """Keep why a cell failed."""
        self._failures[cell.key] = pack_failure(cell, error)

    def unpack_into(self, store: "Store") -> None:
        """Put everything into the store."""
        for key, files in self._results.items():
            store.put(key, files)
        for key, failure in self._failures.items():
            store.put_failure(key, failure)


def _pack_arrays(arrays: Mapping[str, np.ndarray]) -> bytes:
    buffer = io.BytesIO()
    np.savez_compressed(buffer, **{name.replace("/", "."): array for name, array in arrays.items()})
    return buffer.getvalue()
