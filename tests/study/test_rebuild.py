"""A network that is made anew gives what the trained one gave."""

import json

import numpy as np
import pytest

import padleak
from padleak.errors import InputError
from padleak.study.store import Store
from padleak.study.trials.examination import Examination
from padleak.study.trials.probe import Probe
from padleak.study.trials.rebuild import rebuild
from padleak.study.trials.sequence import SequenceCell

SMALL = {
    "rows": 96, "validation": 32, "test": 64, "length": 14, "units": 5, "embedding": 4, "epochs": 1, "probe_rows": 20,
    "probes": (Probe("pre", 3), Probe("post", 3)),
}  # fmt: skip
CELLS = {
    "lstm": SequenceCell(data="keyword?length=10", masking="none", seed=3, **SMALL),
    "gru, both ways, mask as an input": SequenceCell(
        data="keyword?length=10", masking="explicit", model="gru", bidirectional=True, layers=2, **SMALL
    ),
    "transformer": SequenceCell(data="keyword?length=10", model="transformer", readout="mean", layers=2, **SMALL),
    "features": SequenceCell(data="frequency?length=10", masking="masking_layer", **SMALL),
}


def kept(tmp_path, cell: SequenceCell) -> padleak.Results:
    """Results that hold one cell."""
    store = Store(tmp_path)
    store.prepare()
    store.write(cell, cell.run())
    store.write_text(tmp_path / "run.json", "{}")
    return padleak.load(tmp_path)


def alter(results: padleak.Results, cell: SequenceCell, change) -> None:
    file = results.folder / "cells" / cell.key / "cell.json"
    account = json.loads(file.read_text())
    change(account)
    file.write_text(json.dumps(account))


@pytest.mark.slow
@pytest.mark.parametrize("cell", CELLS.values(), ids=CELLS)
def test_it_gives_the_states_that_the_cell_has_left(tmp_path, cell):
    results = kept(tmp_path, cell)
    again = rebuild(results, cell.key)
    assert again.cell == cell
    states = Examination(again.cell, again.program, again.cell.draw(again.data).test).sample()
    left = results.states(cell.key)
    assert left.keys() == states.keys() and {"unpadded", "pre+3", "post+3"} <= states.keys()
    for name, array in left.items():
        np.testing.assert_allclose(states[name], array, rtol=0, atol=1e-6)


@pytest.mark.slow
def test_training_another_cell_leaves_it_as_it_is(tmp_path):
    cell = CELLS["lstm"]
    again = rebuild(kept(tmp_path, cell), cell.key)
    before = again.program.model.get_weights()
    SequenceCell(data=cell.data, masking=cell.masking, seed=cell.seed + 1, **SMALL).run()
    assert all(map(np.array_equal, before, again.program.model.get_weights()))


@pytest.mark.slow
def test_what_cannot_be_made_anew_is_told(tmp_path):
    cell = CELLS["lstm"]
    results, version = kept(tmp_path, cell), cell.surroundings()["data_version"]
    with pytest.raises(InputError, match="cell of cell nothing"):
        rebuild(results, "nothing")
    for change, told in (
        (lambda account: account.update(kind="mechanism"), "of the kind sequence"),
        (lambda account: account.update(kind="sequence") or account["settings"].update(colour="red"), "colour"),
        (
            lambda account: account["settings"].pop("colour") and account["factors"].update(data_version="0"),
            "version 0",
        ),
        (
            lambda account: account["factors"].update(data_version=version) or account["settings"].update(units=6),
            "shapes",
        ),
        (lambda account: account.pop("factors"), "another file"),
    ):
        alter(results, cell, change)
        with pytest.raises(InputError, match=told):
            rebuild(results, cell.key)
