"""What the data were, counted by hand."""

import numpy as np
import pytest

from padleak.data import load
from padleak.study.about_data import about_data
from padleak.study.trials.missing import MissingCell
from padleak.study.trials.sequence import SequenceCell


@pytest.fixture
def texts(tmp_path):
    """Forty texts of one to four different words, half of one class, and three that cannot be used."""
    words = ["red", "green", "blue", "cyan"]
    rows = [f"w{number} {' '.join(words[: number % 4])},{'no' if number % 2 else 'yes'}" for number in range(40)]
    file = tmp_path / "texts.csv"
    file.write_text("\n".join(["text,label", *rows, ",no", "red green,", ",yes"]) + "\n")
    return f"csv:{file}"


def test_of_sequences(texts):
    cells = [SequenceCell(data=texts, length=length, seed=seed) for length in (2, 4) for seed in range(2)]
    (about,) = about_data(cells)
    lengths = np.array([1 + number % 4 for number in range(40)])
    lengths = lengths[lengths > 1]  # texts of one word are left out
    assert about["source"] == texts and about["rows"] == len(lengths) == 30
    assert about["steps"] == np.quantile(lengths, [0.1, 0.5, 0.9, 1]).astype(int).tolist()
    tested = load(texts).test.labels
    assert about["classes"] == 2 and about["to_test"] == len(tested)
    assert about["largest_class"] == pytest.approx(max((tested == 0).mean(), (tested == 1).mean()))
    assert about["laid_out"][2] == {"cut": pytest.approx((lengths > 2).mean()), "fill": 0}
    assert about["laid_out"][4] == {"cut": 0, "fill": pytest.approx(1 - lengths.mean() / 4)}
    assert about["left_out"] == {"length 1": 10, "empty text": 2, "label missing": 1}


def test_of_tables_that_were_found_and_of_no_others():
    (about,) = about_data([MissingCell(data="wine"), MissingCell(data="gaussian")])
    assert (about["source"], about["rows"], about["columns"], about["classes"]) == ("wine", 178, 13, 3)
    assert about["missing"] == 0 and about["largest_class"] == pytest.approx(71 / 178)


def test_a_file_that_is_gone_costs_no_report(texts, tmp_path):
    cells = [SequenceCell(data=texts)]
    assert cells[0].key  # found while the file was there
    (tmp_path / "texts.csv").unlink()
    assert about_data(cells) == []
