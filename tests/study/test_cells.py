"""Cells: keys, shapes, designs, and what their settings must keep to."""

import dataclasses
import importlib
import pkgutil
from dataclasses import dataclass
from typing import ClassVar

import pandas as pd
import pytest

from padleak.errors import InputError
from padleak.study.cell import Cell, Outcome
from padleak.study.grid import PROFILES, Design, factorial
from padleak.study.trials.sequence import Probe, SequenceCell


@dataclass(frozen=True)
class Toy(Cell):
    """A cell that multiplies."""

    kind: ClassVar[str] = "toy"
    size: int = 1
    colour: str = "red"

    def run(self) -> Outcome:
        return Outcome(pd.DataFrame(), {}, {})

    def why_not(self) -> str | None:
        return "grey has no size" if self.colour == "grey" else None

    def shape(self):
        return self.colour


def test_equal_settings_have_one_key_and_others_another():
    assert Toy(size=2).key == Toy(size=2, colour="red").key
    assert len({Toy().key, Toy(size=2).key, Toy(seed=1).key, Toy(colour="blue").key}) == 4


def test_a_new_setting_with_a_default_keeps_old_keys():
    @dataclass(frozen=True)
    class Grown(Toy):
        weight: float = 1.0

    assert Grown(size=3).key == Toy(size=3).key
    assert Grown(size=3, weight=2.0).key != Toy(size=3).key


def test_a_new_setting_of_a_cell_within_a_cell_keeps_old_keys_too():
    @dataclass(frozen=True)
    class Grown(Toy):
        weight: float = 1.0

    @dataclass(frozen=True)
    class Around(Toy):
        inner: Cell = dataclasses.field(default_factory=Toy)

    assert Around(inner=Grown(size=3)).key == Around(inner=Toy(size=3)).key
    assert Around(inner=Grown(size=3, weight=2.0)).key != Around(inner=Toy(size=3)).key


def test_a_new_revision_changes_all_keys():
    class Revised(Toy):
        revision = 2

    assert Revised().key != Toy().key


def test_key_hangs_on_the_data_and_on_the_backend(tmp_path, monkeypatch):
    file = tmp_path / "a.csv"
    file.write_text("text,label\n" + "".join(f"word{i} word{i + 1},{i % 2}\n" for i in range(30)))
    cell = SequenceCell(data=f"csv:{file}")
    assert SequenceCell(data=f"csv:{file}").key == cell.key
    monkeypatch.setenv("KERAS_BACKEND", "jax")
    assert SequenceCell(data=f"csv:{file}").key != cell.key


def test_golden_key():
    """Keys must not drift, or every finished result is lost."""
    assert Toy(seed=3, size=2).key == "e840078762c047f9"


def test_a_factorial_crosses_lists_and_counts_what_cannot_be():
    design = factorial(Toy, size=[1, 2, 3], colour=["red", "grey"], seed=[0, 1])
    assert len(design.cells) == 6
    assert design.skipped == {"grey has no size": 6}


def test_designs_add_without_repeating_cells():
    design = factorial(Toy, size=[1, 2]) + factorial(Toy, size=[2, 3])
    assert [cell.size for cell in design.cells] == [1, 2, 3]
    assert (Design() + design).cells == design.cells


def test_an_unknown_setting_is_named():
    with pytest.raises(InputError, match=r"setting of a Toy must be one of .*colour.*; got color"):
        factorial(Toy, color="red")


@pytest.mark.parametrize("bad", [{"masking": "embeding"}, {"model": "ltsm"}, {"readout": "lats"}, {"padding": "prre"}])
def test_a_misspelt_name_is_an_error_with_a_suggestion(bad):
    with pytest.raises(InputError, match=r"Did you mean|must be one of"):
        SequenceCell(**bad).why_not()


def test_cells_of_one_shape_differ_in_seed_and_side_alone():
    cell = SequenceCell()
    same = [dataclasses.replace(cell, seed=1), dataclasses.replace(cell, padding="pre")]
    other = [
        dataclasses.replace(cell, units=8),
        dataclasses.replace(cell, masking="none"),
        dataclasses.replace(cell, length=9),
    ]
    assert {c.shape() for c in same} == {cell.shape()}
    assert cell.shape() not in {c.shape() for c in other}


def test_probe_names_are_short_and_tell_them_apart():
    probes = [Probe("pre", 4), Probe("pre"), Probe("pre", reference="trained"), Probe("post", 4)]
    assert [probe.name for probe in probes] == ["pre+4", "pre", "pre@trained", "post+4"]


def test_profiles_grow():
    seeds = [PROFILES[name].seeds for name in ("smoke", "standard", "paper")]
    assert seeds == sorted(seeds) and seeds[1] >= 5


def test_a_setting_means_the_same_kind_of_value_in_every_kind_of_cell():
    """They are columns of one table."""
    import padleak.study.trials as trials

    for module in pkgutil.iter_modules(trials.__path__, f"{trials.__name__}."):
        importlib.import_module(module.name)
    kinds = {}
    for cell in Cell.__subclasses__():
        if cell.__module__.startswith(trials.__name__):
            for field in dataclasses.fields(cell):
                assert kinds.setdefault(field.name, field.type) == field.type, (cell, field.name)
    assert len(kinds) > 20
