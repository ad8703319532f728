"""Cells an hour on the standard core grid: padleak on two workers, against the script that a person would write.

The grid's shapes are dealt into rounds. padleak runs all cells of each (a worker does, too, in a whole run, so that compiling
weighs what it weighs there), the script one cell of each, since to it all cells of a shape are alike.
"""

import dataclasses
import json
import random
import sys
import tempfile
import time

import pandas as pd

from baseline import cell_from, machine_gflops, run_script
from padleak.bench import Benchmark, Figure
from padleak.study.experiment import choose_experiments
from padleak.study.grid import PROFILES
from padleak.study.trials.sequence import SequenceCell

_BACKENDS = ("tensorflow", "jax")
_WORKERS = 2


def measure(repeats: int, say) -> list[Figure]:
    """Ratios of cells an hour, how far the accuracies are apart, and where the workers' time goes."""
    shapes = _shapes()
    random.Random(0).shuffle(shapes)
    rounds = [shapes[turn::repeats] for turn in range(min(repeats, len(shapes)))]
    plain, ours = [], {backend: [] for backend in _BACKENDS}
    for turn, chosen in enumerate(rounds):
        say(f"grid, round {turn + 1} of {len(rounds)}, {len(chosen)} shapes: plain Keras")
        plain.append(_Plain(run_script("plain_keras.py", [cells[0].settings for cells in chosen], {}), chosen))
        for backend in _BACKENDS:
            say(f"grid, round {turn + 1} of {len(rounds)}: padleak on {backend}")
            cells = [cell.settings for cells in chosen for cell in cells]
            ours[backend] += run_script("grid.py", cells, {"KERAS_BACKEND": backend})
    figures = [Figure.of("grid.plain_keras_cells_per_hour", [3600 / one.seconds for one in plain], "cells/h")]
    for backend, results in ours.items():
        figures += _compare(backend, results, plain)
    flops = sum(result["training_flops"] for result in ours["tensorflow"])
    at_peak = flops / 1e9 / machine_gflops() / _WORKERS / sum(result["cells"] for result in ours["tensorflow"])
    return [*figures, Figure("grid.matrix_products_at_peak_vs_plain_keras", _mean_seconds(plain) / at_peak, "times")]


class _Plain:
    """What the script took for a cell in one round, and its accuracies by cell."""

    def __init__(self, results: list[dict], shapes: list[list[SequenceCell]]):
        self.seconds = sum(one["seconds_fit"] + one["seconds_probing"] for one in results) / len(results)
        self.accuracies = {str(cells[0]): one["accuracies"][cells[0].padding] for one, cells in zip(results, shapes)}


def _mean_seconds(plain: list[_Plain]) -> float:
    return sum(one.seconds for one in plain) / len(plain)


def _compare(backend: str, results: list[dict], plain: list[_Plain]) -> list[Figure]:
    rates = [result["cells"] / result["seconds"] for result in results]
    ratios = [rate * one.seconds for rate, one in zip(rates, plain)]
    gaps = [
        sum(result["accuracies"][cell] - accuracy for cell, accuracy in one.accuracies.items()) / len(one.accuracies)
        for result, one in zip(results, plain)
    ]
    spent = {part: sum(result["spent"][part] for result in results) for part in results[0]["spent"]}
    workers = _WORKERS * sum(result["seconds"] for result in results)
    nothing_but_steps = spent["steps"] / _WORKERS / sum(result["cells"] for result in results)
    return [
        Figure.of(f"grid.{backend}_cells_per_hour", [3600 * rate for rate in rates], "cells/h"),
        Figure.of(f"grid.{backend}_vs_plain_keras", ratios, "times"),
        Figure.of(f"grid.{backend}_accuracy_gap", gaps, "accuracy"),
        *(
            Figure(f"grid.{backend}_share_{part}", seconds / workers, "of workers' time")
            for part, seconds in spent.items()
        ),
        Figure(f"grid.{backend}_steps_alone_vs_plain_keras", _mean_seconds(plain) / nothing_but_steps, "times"),
    ]


def _shapes() -> list[list[SequenceCell]]:
    """The cells of the standard core grid, by shape."""
    (core_grid,) = choose_experiments(["core_grid"])
    shapes = {}
    for cell in core_grid.design(PROFILES["standard"]).cells:
        shapes.setdefault(cell.shape(), []).append(cell)
    return list(shapes.values())


def _run_cells(settings: list[dict]) -> dict:
    """Run cells on two workers that have imported everything.

    Returns:
        Seconds, the accuracies under training's own padding, operations of the training's matrix products, and the
        seconds that the workers spent on each kind of work.
    """
    from padleak.study import cluster
    from padleak.study.schedule import Backlog
    from padleak.study.store import Store

    cells = [cell_from(one) for one in settings]
    warm = [
        dataclasses.replace(cells[0], model="mlp", masking="none", readout="mean", rows=64, epochs=1, seed=seed)
        for seed in range(_WORKERS)
    ]
    with tempfile.TemporaryDirectory() as folder, cluster.start(_WORKERS) as crew:
        store = Store(folder)
        store.prepare()
        crew.run(Backlog(warm), store, lambda key, error: None)
        start = time.perf_counter()
        crew.run(Backlog(cells), store, lambda key, error: None)
        seconds = time.perf_counter() - start
        table, facts = store.measurements(cells), store.facts(cells)
    own = table[(table.metric == "accuracy") & table["count"].isna() & (table.layout == table.padding.astype(str))]
    accuracies = own.groupby("cell", observed=True).value.mean()
    return {
        "seconds": seconds,
        "cells": len(cells),
        "accuracies": {str(cell): accuracies[cell.key] for cell in cells},
        "training_flops": sum(3 * cell.network().flops(cell.length) * cell.rows * cell.epochs for cell in cells),
        "spent": _spent(facts.assign(shape=[str(cell.shape()) for cell in cells])),
    }


def _spent(facts: pd.DataFrame) -> dict[str, float]:
    """Seconds that the workers spent on steps of training, on looks and measures, and on compiling: what a cell took beyond the
    median of its shape."""
    probing = facts.groupby("shape").seconds_probing.transform("median")
    usual = facts.groupby("shape").seconds.transform("median")
    return {
        "steps": float((facts.steps * facts.seconds_per_step).sum()),
        "probing": float(probing.sum()),
        "compiling": float((facts.seconds - usual).clip(lower=0).sum()),
    }


BENCHMARK = Benchmark("grid", "How many cells an hour, against a plain Keras script?", measure)

if __name__ == "__main__":
    print(json.dumps(_run_cells(json.load(sys.stdin))), flush=True)
