"""Cells an hour on the standard core grid: padleak on two workers, against the script that a person would write.

Of the grid's shapes some are drawn; padleak runs all cells of each (a worker does, too, in a whole run, so that compiling
weighs what it weighs there), the script one cell of each, since to it all cells of a shape are alike.
"""

import dataclasses
import json
import os
import random
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from padleak.bench import Benchmark, Figure
from padleak.study.experiment import choose_experiments
from padleak.study.grid import PROFILES
from padleak.study.trials.sequence import SequenceCell

_SHAPES = 4
_HERE = Path(__file__).parent
_BACKENDS = ("tensorflow", "jax")


def measure(repeats: int, say) -> list[Figure]:
    """Ratios of cells an hour, with other shapes in every repeat, and how far the accuracies are apart."""
    shapes = _shapes()
    draw = random.Random(0)
    ratios, gaps, rates = ({backend: [] for backend in _BACKENDS} for _ in range(3))
    plain_rates = []
    for turn in range(repeats):
        chosen = draw.sample(shapes, _SHAPES)
        say(f"grid, round {turn + 1} of {repeats}: plain Keras")
        plain = _run("plain_keras.py", [cells[0].settings for cells in chosen], {})
        plain_rate = len(plain) / sum(one["seconds_fit"] + one["seconds_probing"] for one in plain)
        plain_rates.append(3600 * plain_rate)
        for backend in _BACKENDS:
            say(f"grid, round {turn + 1} of {repeats}: padleak on {backend}")
            every = [cell.settings for cells in chosen for cell in cells]
            (ours,) = _run("grid.py", every, {"KERAS_BACKEND": backend})
            rate = len(every) / ours["seconds"]
            rates[backend].append(3600 * rate)
            ratios[backend].append(rate / plain_rate)
            same = [ours["accuracies"][str(cells[0])] for cells in chosen]
            theirs = [one["accuracies"][cells[0].padding] for one, cells in zip(plain, chosen)]
            gaps[backend].append(sum(same) / len(same) - sum(theirs) / len(theirs))
    return [
        Figure.of("grid.plain_keras_cells_per_hour", plain_rates, "cells/h"),
        *(Figure.of(f"grid.{backend}_cells_per_hour", rates[backend], "cells/h") for backend in _BACKENDS),
        *(Figure.of(f"grid.{backend}_vs_plain_keras", ratios[backend], "times") for backend in _BACKENDS),
        *(Figure.of(f"grid.{backend}_accuracy_gap", gaps[backend], "accuracy") for backend in _BACKENDS),
    ]


def _shapes() -> list[list[SequenceCell]]:
    """The cells of the standard core grid, by shape."""
    (core_grid,) = choose_experiments(["core_grid"])
    shapes = {}
    for cell in core_grid.design(PROFILES["standard"]).cells:
        shapes.setdefault(cell.shape(), []).append(cell)
    return list(shapes.values())


def _run(script: str, cells: list[dict], environment: dict[str, str]) -> list[dict]:
    """What a script prints, an object a line; in a process of its own, told the cells on standard input."""
    done = subprocess.run(
        [sys.executable, str(_HERE / script)],
        input=json.dumps(cells), text=True, capture_output=True, env=os.environ | environment,
    )  # fmt: skip
    if done.returncode:
        raise RuntimeError(f"{script} failed: {done.stderr.strip().splitlines()[-1:]}")
    return [json.loads(line) for line in done.stdout.splitlines() if line.startswith("{")]


def _run_cells(settings: list[dict]) -> dict:
    """Run cells on two workers that have imported everything; seconds and the accuracy under training's own padding."""
    from baseline import cell_from
    from padleak.study import cluster
    from padleak.study.schedule import Backlog
    from padleak.study.store import Store

    cells = [cell_from(one) for one in settings]
    warm = [
        dataclasses.replace(cells[0], model="mlp", readout="mean", rows=64, epochs=1, seed=seed) for seed in range(2)
    ]
    with tempfile.TemporaryDirectory() as folder, cluster.start(2) as crew:
        store = Store(folder)
        store.prepare()
        crew.run(Backlog(warm), store, lambda key, error: None)
        start = time.perf_counter()
        crew.run(Backlog(cells), store, lambda key, error: None)
        seconds = time.perf_counter() - start
        table = store.measurements(cells)
    own = table[(table.metric == "accuracy") & table["count"].isna() & (table.layout == table.padding.astype(str))]
    accuracies = own.groupby("cell", observed=True).value.mean()
    return {"seconds": seconds, "accuracies": {str(cell): accuracies[cell.key] for cell in cells}}


BENCHMARK = Benchmark("grid", "How many cells an hour, against a plain Keras script?", measure)

if __name__ == "__main__":
    print(json.dumps(_run_cells(json.load(sys.stdin))), flush=True)
