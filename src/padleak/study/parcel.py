"""Results on their way to a store that is somewhere else."""

from collections.abc import Mapping

from padleak.study.cell import Cell
from padleak.study.pack import pack_failure
from padleak.study.store import Store


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

    def unpack_into(self, store: Store) -> None:
        """Put everything into the store."""
        for key, files in self._results.items():
            store.put(key, files)
        for key, failure in self._failures.items():
            store.put_failure(key, failure)
