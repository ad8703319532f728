"""Event files that TensorFlow reads back hold the curve, the numbers and the settings of a cell."""

import json

import pandas as pd
import pytest

from padleak.errors import InputError
from padleak.report.tensorboard import log_cells
from padleak.study.results import Results

pytestmark = pytest.mark.slow

CURVE = [0.5, 0.25, 0.125]


@pytest.fixture
def results(tmp_path):
    (tmp_path / "run.json").write_text("{}")
    rows = {
        "cell": ["a", "a", "b"],
        "metric": ["accuracy", "accuracy", "loss"],
        "probe": ["p", "p", "q"],
        "value": [0.25, 0.75, 3.0],
    }
    pd.DataFrame(rows).to_parquet(tmp_path / "measurements.parquet")
    cells = [
        {"cell": "a", "kind": "sequence", "units": 8, "validation_loss": json.dumps(CURVE)},
        {"cell": "b", "kind": "cost", "units": None, "validation_loss": None},
    ]
    pd.DataFrame(cells).to_csv(tmp_path / "cells.csv", index=False)
    return Results(tmp_path)


def read(folder):
    """Tag -> step -> what was logged."""
    import tensorflow as tf
    from tensorflow.core.util.event_pb2 import Event

    (file,) = folder.iterdir()
    found: dict[str, dict] = {}
    for record in tf.data.TFRecordDataset(str(file)).as_numpy_iterator():
        event = Event.FromString(record)
        for value in event.summary.value:
            tensor = tf.make_ndarray(value.tensor)
            found.setdefault(value.tag, {})[event.step] = tensor.item()
    return found


@pytest.mark.parametrize("name", ["kind", "cell"])
def test_names_that_lead_out_of_the_folder_are_refused(results, tmp_path, name):
    cells = pd.read_csv(tmp_path / "cells.csv").assign(**{name: "../../elsewhere"})
    cells.to_csv(tmp_path / "cells.csv", index=False)
    with pytest.raises(InputError, match="names stay within a folder"):
        log_cells(results, tmp_path / "logs" / "deep")
    assert not (tmp_path / "logs").exists()


def test_what_was_logged_is_read_back(results, tmp_path):
    assert log_cells(results, tmp_path / "logs") == 2
    logged = read(tmp_path / "logs" / "sequence" / "a")
    assert list(logged["validation_loss"].values()) == CURVE
    assert logged["accuracy/p"] == {0: 0.5}
    assert json.loads(logged["settings"][0]) == {"kind": "sequence", "units": 8.0}
    other = read(tmp_path / "logs" / "cost" / "b")
    assert other.keys() == {"loss/q", "settings"} and other["loss/q"] == {0: 3.0}
