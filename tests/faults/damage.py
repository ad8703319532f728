"""Damage finished results in every way, and see whether the next run finds each damaged cell and makes it anew.

python tests/faults/damage.py --cells 200 --seed 1
"""

import argparse
import json
import shutil
import sys
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from padleak.study import schedule
from padleak.study.seal import ACCOUNT
from padleak.study.store import Store
from padleak.study.trials.noop import NoopCell

Harm = Callable[[Path, np.random.Generator], None]
_STRANGER = NoopCell(number=10**6)


@dataclass
class Findings:
    """How many cells were damaged, how many of these were found, how many whole ones were taken for damaged, and how many files
    differ after the next run from what they were."""

    damaged: int = 0
    found: int = 0
    false_alarms: int = 0
    differing: int = 0

    def __str__(self) -> str:
        return (
            f"{self.damaged} damaged cells, {self.found} found, {self.false_alarms} whole ones taken for damaged; "
            f"{self.differing} files differ after the next run"
        )


def flip(folder: Path, generator: np.random.Generator) -> None:
    """One bit of one file."""
    file = generator.choice(sorted(folder.iterdir()))
    content = bytearray(file.read_bytes())
    content[generator.integers(len(content))] ^= 1 << int(generator.integers(8))
    file.write_bytes(content)


def truncate(folder: Path, generator: np.random.Generator) -> None:
    """As a power cut leaves it."""
    file = generator.choice(sorted(folder.iterdir()))
    file.write_bytes(file.read_bytes()[: int(generator.integers(file.stat().st_size))])


def append(folder: Path, generator: np.random.Generator) -> None:
    """Some bytes too many."""
    file = generator.choice(sorted(folder.iterdir()))
    file.write_bytes(file.read_bytes() + generator.bytes(3))


def remove(folder: Path, generator: np.random.Generator) -> None:
    """A file."""
    generator.choice(sorted(folder.iterdir())).unlink()


def add(folder: Path, generator: np.random.Generator) -> None:
    """A foreign file."""
    (folder / "weights.npz").write_bytes(generator.bytes(30))


def exchange(folder: Path, generator: np.random.Generator) -> None:
    """All files for another cell's, whole and sealed."""
    store = Store(folder.parent.parent)
    shutil.rmtree(folder)
    store.write(_STRANGER, _STRANGER.run())
    store.cell_folder(_STRANGER.key).rename(folder)


def claim(folder: Path, generator: np.random.Generator) -> None:
    """Other settings than those that were run."""
    about = json.loads((folder / ACCOUNT).read_text())
    about["settings"]["number"] += 1
    (folder / ACCOUNT).write_text(json.dumps(about, indent=1))


HARMS: tuple[Harm, ...] = (flip, truncate, append, remove, add, exchange, claim)


def damage_some(folder: Path, cells: int, seed: int, harms: tuple[Harm, ...] = HARMS) -> Findings:
    """Run half as many cells again as are to be damaged, damage those, and run again."""
    generator, store = np.random.default_rng(seed), Store(folder)
    all_cells = [NoopCell(number=number) for number in range(cells + max(1, cells // 2))]
    store.prepare()
    _run(all_cells, store)
    before = _measured(store)
    harmed = {all_cells[place].key for place in generator.permutation(len(all_cells))[:cells]}
    for place, key in enumerate(sorted(harmed)):
        harms[place % len(harms)](store.cell_folder(key), generator)
    found = set(store.set_aside_damaged())
    _run(all_cells, store)
    after = _measured(store)
    differing = sum(before.get(file) != after.get(file) for file in before.keys() | after.keys())
    return Findings(len(harmed), len(harmed & found), len(found - harmed), differing)


def _run(cells: list[NoopCell], store: Store) -> None:
    schedule.run(cells, store, 0, lambda key, error: None)


def _measured(store: Store) -> dict[Path, bytes]:
    """All files of cells but their accounts, which hold seconds."""
    files = sorted(file for file in store.folder.glob("cells/*/*") if file.name != ACCOUNT)
    return {file.relative_to(store.folder): file.read_bytes() for file in files}


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--cells", type=int, default=200)
    parser.add_argument("--seed", type=int, default=0)
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as place:
        seen = damage_some(Path(place), asked.cells, asked.seed)
    print(f"seed {asked.seed}: {seen}")
    sys.exit(bool(seen.found != seen.damaged or seen.false_alarms or seen.differing))
