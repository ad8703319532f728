"""What must not drift unnoticed: the key of every cell, and the numbers of a smoke run.

    python tests/golden/golden.py RESULTS

writes both anew, from a finished smoke run, and prints the line for CHANGELOG.md without which the tests refuse them.
"""

import hashlib
import sys
from pathlib import Path

import numpy as np
import pandas as pd

from padleak.study.experiment import find_experiments
from padleak.study.grid import PROFILES
from padleak.study.results import Results, load

HERE = Path(__file__).parent
KEYS, NUMBERS = HERE / "keys.txt", HERE / "numbers.csv"
OF_SECONDS = ("padding_cost",)
"""Experiments that measure seconds: no two runs give the same numbers."""


def keys() -> str:
    """A line a cell: profile, experiment, key; of `smoke` and `standard`, on TensorFlow, sorted."""
    lines = [
        f"{profile} {name} {cell.key}"
        for profile in ("smoke", "standard")
        for name, experiment in find_experiments().items()
        for cell in experiment.design(PROFILES[profile]).cells
    ]
    return "\n".join(sorted(lines)) + "\n"


def numbers(results: Results) -> pd.DataFrame:
    """Of each experiment and metric how many numbers there are, their mean and the mean of their squares."""
    tables = {name: results.of(name) for name in results.run["experiments"] if name not in OF_SECONDS}
    table = pd.concat([found.assign(experiment=name) for name, found in tables.items() if len(found)])
    groups = table.assign(square=table.value**2).groupby(["experiment", "metric"], observed=True)
    found = groups.agg(n=("value", "size"), mean=("value", "mean"), square=("square", "mean"))
    return found.reset_index().sort_values(["experiment", "metric"], ignore_index=True)


def fingerprint() -> str:
    """Of both files; CHANGELOG.md names the one that holds."""
    return hashlib.sha256(KEYS.read_bytes() + NUMBERS.read_bytes()).hexdigest()[:12]


def machine() -> str:
    """What the last digits of trained networks hang on."""
    return " ".join(sorted(np.show_config(mode="dicts")["SIMD Extensions"]["found"]))


if __name__ == "__main__":
    KEYS.write_text(keys())
    written = numbers(load(sys.argv[1])).to_csv(index=False, float_format="%.9g")
    NUMBERS.write_text(f"# {machine()}\n{written}")
    print(f"- Golden values `{fingerprint()}`: why they changed.")
