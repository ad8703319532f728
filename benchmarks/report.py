"""The report of a million measurements."""

import shutil
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import pandas as pd

from padleak.bench import Benchmark, Figure
from padleak.errors import InputError
from padleak.report.page import write_report

_ROWS = 1_000_000
_REFERENCE = Path(__file__).parents[1] / "results" / "reference"


def measure(repeats: int, say: Callable[[str], None]) -> list[Figure]:
    """Seconds to write the report of the reference with its cells repeated under further seeds."""
    if not (_REFERENCE / "measurements.parquet").is_file():
        raise InputError("report benchmark", "run where results/reference is", str(_REFERENCE))
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder) / "results"
        shutil.copytree(_REFERENCE, place)
        table = pd.read_parquet(place / "measurements.parquet")
        copies = -(-_ROWS // len(table))
        seeds = table.seed.nunique()
        many = [
            table.assign(seed=table.seed + seeds * copy, cell=table.cell.astype(str) + f"-{copy}")
            for copy in range(copies)
        ]
        pd.concat(many, ignore_index=True).astype({"cell": "category"}).to_parquet(
            place / "measurements.parquet", index=False
        )
        seconds = []
        for turn in range(repeats):
            say(f"report, round {turn + 1} of {repeats}: {copies * len(table):,} measurements")
            start = time.perf_counter()
            write_report(place, lambda message: None)
            seconds.append(time.perf_counter() - start)
    return [Figure.of("report.seconds_for_a_million", seconds, "s")]


BENCHMARK = Benchmark("report", "How long does the report of a million measurements take?", measure)
