"""A trained network made anew from what its cell has left: its settings and its weights."""

from typing import Any, NamedTuple

from padleak.data.dataset import Dataset
from padleak.errors import InputError, first_line
from padleak.models import backend
from padleak.models.training import Program
from padleak.study.results import Results
from padleak.study.trials.probe import Probe
from padleak.study.trials.sequence import SequenceCell


class Rebuilt(NamedTuple):
    """A trained network, ready to be shown other data.

    Attributes:
        cell: Its settings; `cell.pad` lays sequences out as training did.
        program: It holds the Keras model (`program.model`), and `program.read` gives states and predictions.
        data: What it was trained and tested on.
    """

    cell: SequenceCell
    program: Program
    data: Dataset


def rebuild(results: Results, cell: str) -> Rebuilt:
    """Build the network of a finished cell and give it the weights that it was left with.

    Args:
        results: A folder that still holds its cells.
        cell: Key of a cell of the kind `sequence`, as in the column `cell` of the tables.

    Raises:
        InputError: A cell of another kind, one without weights, or one whose data or code are not those it was trained
            on.
    """
    account, weights = results.account(cell), results.weights(cell)
    remade = _cell_of(account)
    now, then = remade.surroundings()["data_version"], account["factors"].get("data_version")
    if now != then:
        raise InputError(
            f"data {remade.data}", f"those that cell {cell} was trained on (version {then})", f"version {now}",
            "Words have other numbers now: run the cell again.",
        )  # fmt: skip
    by_now, by_then = (remade.revision, remade.extensions), (account["revision"], account.get("extensions", {}))
    if by_now != by_then:
        raise InputError(
            f"cell {cell}", f"of the code that is here (revision and files of yours: {by_now})", f"{by_then}",
            "Run the cell again.",
        )  # fmt: skip
    backend.start()
    data = remade.load()
    program = Program(remade.network(data), steps=0)
    try:
        program.model.set_weights(list(weights.values()))
    except ValueError as error:
        raise InputError(f"weights of cell {cell}", "of the shapes of its network", first_line(error)) from None
    return Rebuilt(remade, program, data)


def _cell_of(account: dict[str, Any]) -> SequenceCell:
    if account["kind"] != SequenceCell.kind:
        raise InputError("cell", f"of the kind {SequenceCell.kind}, which keeps its weights", account["kind"])
    settings = account["settings"]
    try:
        probes = tuple(Probe(**probe) for probe in settings["probes"])
        return SequenceCell(**settings | {"probes": probes})
    except (KeyError, TypeError) as error:
        raise InputError("settings of the cell", "those of a SequenceCell of this version", str(error)) from None
