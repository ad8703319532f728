"""Does a finished cell, run again, give the same bytes?"""

import tempfile
from collections.abc import Callable
from typing import Any

import numpy as np

from padleak.errors import InputError
from padleak.study import schedule
from padleak.study.cell import Cell
from padleak.study.experiment import choose_experiments
from padleak.study.results import Results
from padleak.study.seal import read_account
from padleak.study.store import Store
from padleak.study.study import Plan


def reproduce(results: Results, count: int, seed: int, workers: int, say: Callable[[str], None]) -> dict[str, Any]:
    """Run some finished cells again, elsewhere, and compare the checksums of what they measured and kept.

    Args:
        results: What is there.
        count: How many cells, drawn from all that time nothing.
        seed: Of which.
        workers: Processes.
        say: Told what goes on.

    Returns:
        `problems`, a sentence each, and a `summary`.

    Raises:
        InputError: There are no finished cells of today's experiments and settings.
    """
    chosen = _choose(results, count, seed)
    say(f"Running {len(chosen)} cells again")
    with tempfile.TemporaryDirectory() as folder:
        again = Store(folder)
        again.prepare()
        schedule.run(chosen, again, workers, lambda key, error: say(f"{key}: {error or 'run again'}"))
        problems = [problem for cell in chosen for problem in _differences(cell, Store(results.folder), again)]
        say(f"{len(problems)} files differ" if problems else "All files are the same, byte for byte")
    return {"problems": problems, "summary": f"{len(chosen)} cells run again (seed {seed})"}


def _choose(results: Results, count: int, seed: int) -> list[Cell]:
    plan = Plan.of(choose_experiments(list(results.run["experiments"])), results.profile)
    finished = Store(results.folder).finished() if results.has_cells() else set()
    cells = sorted(
        (cell for cell in plan.cells if cell.key in finished and not cell.is_timed), key=lambda cell: cell.key
    )
    if not cells:
        raise InputError(
            "--reproduce", "used on a folder with finished cells of today's experiments", str(results.folder),
            "Run them here first.",
        )  # fmt: skip
    return [cells[place] for place in np.random.default_rng(seed).permutation(len(cells))[:count]]


def _differences(cell: Cell, first: Store, second: Store) -> list[str]:
    """Of two runs of a cell, a sentence for each file that differs."""
    if cell.key not in second:
        return [f"cell {cell.key}: failed when run again ({second.failure(cell.key)['error']})"]
    then, now = (read_account(store.cell_folder(cell.key)) for store in (first, second))
    versions = {
        name: (old, now["versions"][name]) for name, old in then["versions"].items() if now["versions"][name] != old
    }
    why = f" (versions differ: {versions})" if versions else ""
    return [
        f"cell {cell.key}: {name} differs when run again{why}"
        for name in sorted(then["files"].keys() | now["files"].keys())
        if then["files"].get(name) != now["files"].get(name)
    ]
