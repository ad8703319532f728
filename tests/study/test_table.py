"""The quick way of joining tables gives what the plain one gives."""

from dataclasses import dataclass
from typing import ClassVar

import pandas as pd
import pytest

from padleak.study.cell import Cell, Outcome
from padleak.study.store import Store


@dataclass(frozen=True)
class Tabled(Cell):
    """Gives a table of its own making."""

    kind: ClassVar[str] = "tabled"
    rows: int = 2
    rate: float = 1.0
    colour: str = "red"
    loud: bool = False

    def table(self) -> pd.DataFrame:
        rows = range(self.rows)
        return pd.DataFrame(
            {
                "probe": [f"p{row}" for row in rows],
                "count": pd.array([row * 2 for row in rows], dtype="int64"),
                "value": pd.array([row / 3 for row in rows], dtype="float64"),
            }
        )

    def run(self) -> Outcome:
        return Outcome(self.table(), {}, {})

    def why_not(self) -> str | None:
        return None

    def shape(self):
        return None


@dataclass(frozen=True)
class OtherColumns(Tabled):
    """Lacks a column of measurements, has another, and another factor."""

    kind: ClassVar[str] = "other-columns"
    depth: int = 3

    def table(self) -> pd.DataFrame:
        return super().table().drop(columns="count").assign(reference="trained")


@dataclass(frozen=True)
class NoNumbers(Tabled):
    """Has texts where others have none, and missing ones among them."""

    kind: ClassVar[str] = "no-numbers"

    def table(self) -> pd.DataFrame:
        return super().table().assign(layer=[None, *["encoder"] * (self.rows - 1)])


def slow(store: Store, cells: list[Cell]) -> pd.DataFrame:
    """A frame a cell, and pandas for the rest."""
    tables = [
        pd.read_parquet(store.cell_folder(cell.key) / "measurements.parquet").assign(cell=cell.key, **cell.factors)
        for cell in cells
        if cell.key in store
    ]
    table = pd.concat(tables, ignore_index=True)
    if "depth" in table:  # only one kind of cell has it: whole numbers, some missing
        table = table.astype({"depth": "Int64"})
    texts = [name for name in table if table[name].dtype.kind in "OTU" or str(table[name].dtype) in ("str", "string")]
    return table.astype(dict.fromkeys(texts, "category"))


CASES = {
    "alike": [Tabled(rows=rows, colour=colour) for rows in (1, 2, 5) for colour in ("red", "blue")],
    "a factor that is now whole, now not": [Tabled(rate=rate, seed=seed) for seed in (0, 1) for rate in (1, 0.5)],
    "kinds in turns": [kind(seed=seed) for seed in range(3) for kind in (Tabled, OtherColumns, NoNumbers)],
    "another kind first": [OtherColumns(), Tabled(), Tabled(loud=True), OtherColumns(depth=4)],
    "one without rows": [Tabled(), Tabled(rows=0), Tabled(seed=2)],
    "one alone": [NoNumbers(rows=3)],
}


@pytest.mark.parametrize("cells", CASES.values(), ids=CASES)
def test_measurements_are_those_of_the_plain_way(tmp_path, cells):
    store = Store(tmp_path)
    store.prepare()
    for cell in cells[::-1]:
        store.write(cell, cell.run())
    wanted = [*cells, Tabled(seed=99)]
    pd.testing.assert_frame_equal(store.measurements(wanted), slow(store, wanted))


def test_a_whole_number_that_some_kinds_lack_stays_whole(tmp_path):
    store = Store(tmp_path)
    store.prepare()
    for cell in (cells := [Tabled(), OtherColumns(depth=4)]):
        store.write(cell, cell.run())
    depth = store.measurements(cells).depth
    assert depth.isna().tolist() == [True, True, False, False]
    assert str(depth.iloc[-1]) == "4"


def test_no_finished_cells_give_an_empty_table(tmp_path):
    assert Store(tmp_path).measurements([Tabled()]).empty
