"""The baselines do the same work as padleak: from the same first weights they come to the same numbers."""

import numpy as np
import pytest

from padleak.data import load
from padleak.models import Network
from padleak.study.trials.sequence import Probe, SequenceCell

pytestmark = pytest.mark.slow

# One batch holds all training rows, so the order in which the rows come does not matter.
WHOLE = {
    "rows": 128, "validation": 64, "test": 96, "batch": 128, "length": 6, "units": 6, "embedding": 5, "epochs": 2,
    "learning_rate": 0.02, "probe_rows": 24, "probes": (Probe("pre", 4), Probe("stretched", 16)),
}  # fmt: skip
KEYWORD = {"data": "keyword?length=14", "padding": "pre"}
CELLS = {
    "embedding": SequenceCell(masking="embedding", **KEYWORD, **WHOLE),
    "states at zero": SequenceCell(masking="zero_states", **KEYWORD, **WHOLE),
    "features": SequenceCell(data="frequency?length=14", masking="explicit", **WHOLE),
    "every step": SequenceCell(masking="loss_only", readout="every", **KEYWORD, **WHOLE),
    "no memory": SequenceCell(masking="none", model="mlp", readout="mean", layers=2, **KEYWORD, **WHOLE),
    # Cut to one length there is one batch of equal length, so again the order does not matter.
    "equal lengths": SequenceCell(data="keyword?length=14", masking="unpadded", **(WHOLE | {"length": 3})),
}


def first_weights(cell: SequenceCell) -> list[np.ndarray]:
    """The weights that padleak's cell starts from."""
    data = load(cell.data)
    network = Network(
        cell.model, cell.masking, cell.readout, cell.units, cell.layers, cell.bidirectional, cell.embedding,
        words=data.words, features=0 if data.words else data.train.values.shape[1], length=cell.length,
        outputs=len(data.classes),
    )  # fmt: skip
    seed, _ = np.random.SeedSequence(cell.seed).generate_state(2)
    return network.assemble(int(seed))[0].get_weights()


@pytest.mark.parametrize("cell", CELLS.values(), ids=CELLS)
def test_plain_keras_measures_what_padleak_measures(cell):
    import plain_keras

    outcome, kept, weights = cell.run(), [], first_weights(cell)
    table = outcome.measurements[outcome.measurements.reference == "unpadded"]
    ours = dict(zip(table.probe + " " + table.layer + " " + table.metric, table.value))

    def prepare(model):
        model.set_weights(weights)
        kept.append(model)

    result = plain_keras.run_cell(cell, prepare=prepare)
    for mine, theirs in zip(outcome.arrays["weights"].values(), kept[0].get_weights(), strict=True):
        assert np.allclose(mine, theirs, atol=1e-5)
    assert {name.split()[0]: value for name, value in ours.items() if name.endswith(" accuracy")} == {
        probe: accuracy for probe, accuracy in result.accuracies.items() if probe != "unpadded"
    }
    assert result.accuracies["unpadded"] == ours[f"{cell.padding} prediction accuracy_of_reference"]
    others = ("accuracy", "padded_share", "macro_f1")
    shifts = {name: value for name, value in ours.items() if not any(other in name for other in others)}
    assert {name: result.measurements[name] for name in shifts} == pytest.approx(shifts, rel=1e-4, abs=1e-5)
    assert result.steps == 2
