"""Whatever cells are missing, the others are settled and reported: random parts of the reference, every claim and sentence."""

import json
from pathlib import Path

import numpy as np
import pytest

import padleak
from padleak.report.page import gather
from padleak.study.claims import Case, judge
from padleak.study.experiment import find_experiments
from padleak.study.results import Results

pytestmark = pytest.mark.slow

REFERENCE = Path(__file__).parents[2] / "results" / "reference"


def part_of(reference, folder, share, seed):
    """The reference as a run leaves it in which each cell failed with a probability of 1 - share."""
    generator, run = np.random.default_rng(seed), json.loads(json.dumps(reference.run))
    cells = sorted(reference.cells.cell)
    kept = {cell for cell, draw in zip(cells, generator.random(len(cells))) if draw < share}
    for about in run["experiments"].values():
        about["missing"] = [cell for cell in about["cells"] if cell not in kept]
        about["cells"] = [cell for cell in about["cells"] if cell in kept]
    measurements = reference.measurements[reference.measurements.cell.isin(kept)]
    experiments = find_experiments()
    cases = [
        Case(
            name, experiments[name].claims, measurements[measurements.cell.isin(about["cells"])], len(about["missing"])
        )
        for name, about in run["experiments"].items()
    ]
    measurements.to_parquet(folder / "measurements.parquet")
    reference.cells[reference.cells.cell.isin(kept)].to_csv(folder / "cells.csv", index=False)
    for name, content in (("run", run), ("verdicts", judge(cases)), ("environment", reference.environment)):
        (folder / f"{name}.json").write_text(json.dumps(content))
    return Results(folder)


@pytest.mark.parametrize(("share", "seed"), [(0.02, 0), (0.2, 1), (0.7, 2)])
def test_a_part_of_the_cells_is_settled_and_told(tmp_path, share, seed):
    reference = padleak.load(REFERENCE)
    part = part_of(reference, tmp_path, share, seed)
    assert part.verdicts["id"].tolist() == reference.verdicts["id"].tolist()
    assert (part.verdicts.missing > 0).any() and 0 < len(part.cells) < len(reference.cells)
    content = gather(part, [])
    assert len(content["verdicts"]) == len(reference.verdicts)
