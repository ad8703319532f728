"""Benchmarks: figures of speed and memory, each measured in one run beside what it is compared with.

A benchmark is a file of the folder `benchmarks/` that defines `BENCHMARK = Benchmark(...)`; it is found by itself.
"""

import importlib
import os
import statistics
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from padleak.arguments import check_kind, check_number
from padleak.errors import InputError, unknown_name
from padleak.folders import find_folder


@dataclass(frozen=True)
class Figure:
    """One measured figure.

    Attributes:
        name: Room and quantity, such as `engine.seconds_to_load`.
        value: The median over repeats.
        unit: Of the value; of ratios `times`, where above 1 we are faster.
        low, high: The smallest and the largest of the repeats, or None.
        repeats: How often it was measured.
    """

    name: str
    value: float
    unit: str
    low: float | None = None
    high: float | None = None
    repeats: int = 1

    @classmethod
    def of(cls, name: str, values: Sequence[float], unit: str) -> "Figure":
        """The median of several values, with their range."""
        check_kind("name", name, str, "a name")
        check_kind("unit", unit, str, "a unit")
        check_kind("values", values, Sequence, "numbers, one or more")
        if not values:
            raise InputError("values", "numbers, one or more", "none")
        for value in values:
            check_number("values", value)
        return cls(name, statistics.median(values), unit, min(values), max(values), len(values))


@dataclass(frozen=True)
class Benchmark:
    """Something to measure.

    Attributes:
        name: The name of its file.
        question: What it answers.
        measure: Called with the number of repeats and a function that says what is going on; gives the figures.
    """

    name: str
    question: str
    measure: Callable[[int, Callable[[str], None]], list[Figure]]


def benchmarks_folder() -> Path:
    """`$PADLEAK_BENCHMARKS`, else `benchmarks` here, else those that came with the package."""
    return find_folder("benchmarks")


def choose_benchmarks(names: list[str]) -> list[Benchmark]:
    """The named benchmarks, or all."""
    check_kind("benchmarks", names, list | tuple, "a list of names")
    for name in names:
        check_kind("benchmarks", name, str, "a list of names")
    folder = benchmarks_folder()
    if str(folder) not in sys.path:  # they share modules of their own, with child processes, too
        sys.path.insert(0, str(folder))
        os.environ["PYTHONPATH"] = os.pathsep.join(filter(None, [str(folder), os.environ.get("PYTHONPATH")]))
    files = {file.stem: file for file in sorted(folder.glob("[!_]*.py")) if "BENCHMARK = " in file.read_text()}
    for name in names:
        if name not in files:
            raise unknown_name("benchmark", files, name)
    return [importlib.import_module(name).BENCHMARK for name in names or files]
