"""The report of a million measurements."""

import json
import shutil
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import pandas as pd

from padleak.bench import Benchmark, Figure
from padleak.errors import InputError
from padleak.report.page import write_report
from padleak.report.plots import figures

_ROWS = 1_000_000
_REFERENCE = Path(__file__).parents[1] / "results" / "reference"


def measure(repeats: int, say: Callable[[str], None]) -> list[Figure]:
    """Seconds to write the report of the reference with its cells repeated under further seeds."""
    if not (_REFERENCE / "measurements.parquet").is_file():
        raise InputError("report benchmark", "run where results/reference is", str(_REFERENCE))
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder) / "results"
        shutil.copytree(_REFERENCE, place, ignore=shutil.ignore_patterns("figures"))
        rows = _multiply(place)
        seconds = []
        for turn in range(repeats):
            say(f"report, round {turn + 1} of {repeats}: {rows:,} measurements")
            start = time.perf_counter()
            write_report(place, lambda message: None)
            seconds.append(time.perf_counter() - start)
        drawn, wanted = ({file.stem for file in (at / "figures").iterdir()} for at in (place, _REFERENCE))
        # The reference has no states of single cells.
        missing = [name for name in sorted(wanted - drawn) if not figures.facts(name).get("states")]
        if missing:
            raise RuntimeError(f"not drawn: {', '.join(missing)}")
    return [Figure.of("report.seconds_for_a_million", seconds, "s")]


def _multiply(place: Path) -> int:
    """Repeat all cells of the results under further seeds until there are enough measurements; gives their number."""
    table, run = pd.read_parquet(place / "measurements.parquet"), json.loads((place / "run.json").read_text())
    copies, seeds = -(-_ROWS // len(table)), table.seed.nunique()
    many = [
        table.assign(seed=table.seed + seeds * copy, cell=table.cell.astype(str) + f"-{copy}") for copy in range(copies)
    ]
    whole = pd.concat(many, ignore_index=True).astype({"cell": "category"})
    whole.to_parquet(place / "measurements.parquet", index=False)
    for experiment in run["experiments"].values():
        experiment["cells"] = [f"{cell}-{copy}" for cell in experiment["cells"] for copy in range(copies)]
    (place / "run.json").write_text(json.dumps(run))
    return len(whole)


BENCHMARK = Benchmark("report", "How long does the report of a million measurements take?", measure)
