"""What results were measured by: a revision of each kind of cell. Older ones are read and marked, and never mixed with newer.

A cell's key holds its revision, so that what another revision measured is no result of a cell of today.
"""

from collections.abc import Iterable, Mapping
from typing import Any

from padleak.study.cell import Cell
from padleak.study.seal import read_account
from padleak.study.store import Store


def revisions_of(cells: Iterable[Cell]) -> dict[str, int]:
    """Kind -> revision of the code that is here."""
    return {cell.kind: cell.revision for cell in sorted(cells, key=lambda cell: cell.kind)}


def older_cells(store: Store, cells: Iterable[Cell]) -> dict[str, int]:
    """Finished cells of the kinds of `cells` that an older revision measured: `kind, revision R` -> how many."""
    cells = tuple(cells)
    now, found = revisions_of(cells), dict[str, int]()
    for key in sorted(store.finished() - {cell.key for cell in cells}):
        about = read_account(store.cell_folder(key))
        if about["revision"] < now.get(about["kind"], 0):
            name = f"{about['kind']}, revision {about['revision']}"
            found[name] = found.get(name, 0) + 1
    return found


def differing(run: Mapping[str, Any], other: Mapping[str, Any]) -> list[str]:
    """Kinds that two runs, as in `run.json`, measured by different revisions, in a few words each.

    Runs of versions that did not keep revisions differ from none.
    """
    ours, theirs = run.get("revisions", {}), other.get("revisions", {})
    return [
        f"{kind}: revision {ours[kind]} against {theirs[kind]}"
        for kind in sorted(ours.keys() & theirs.keys())
        if ours[kind] != theirs[kind]
    ]
