"""A language cell: what it measures, that it can be left and taken up, and what it refuses."""

import numpy as np
import pytest

from padleak.data.pairs import load_pairs
from padleak.errors import InputError
from padleak.models.pretraining import Pretrainer
from padleak.study.grid import Design
from padleak.study.store import Store
from padleak.study.trials import downstream, layers
from padleak.study.trials.language import LanguageCell, audited_once
from padleak.study.trials.likeness import LikenessCell
from padleak.study.trials.material import material_of
from padleak.study.unfinished import Checkpoint, at_hand
from padleak.study.work import run_cell

TINY = {"steps": 40, "batch": 16, "width": 16, "tuning": 60, "task_rows": 400}


@pytest.fixture(autouse=True)
def few_texts_to_test_on(monkeypatch):
    monkeypatch.setattr(downstream, "_TEST_ROWS", 200)
    for name, value in {"_ROWS": 600, "_STATES": 2000, "_CLUSTERS": 50, "_FEW_CLUSTERS": 20}.items():
        monkeypatch.setattr(layers, name, value)


PAIRED = TINY | {"data": "docstrings?text=whole&words=1000", "paired": True}


@pytest.mark.slow
def test_every_question_is_answered_and_the_same_again():
    cell = LanguageCell(looks_within=True, tasks=("topic", "order"), **TINY)
    first, second = (cell.run() for _ in range(2))
    assert first.measurements.equals(second.measurements) and np.isfinite(first.measurements.value).all()
    rows = first.measurements
    assert rows[(rows.probe == "learning") & (rows.metric == "loss")]["count"].tolist() == [0, 20, 40]
    assert {"topic, full", "topic, few", "order, full", "order, few"} <= set(rows.probe)
    frozen = rows[(rows.metric == "frozen") & (rows.probe == "topic, full")]
    assert sorted(frozen.layer) == ["0", "1", "2"]
    values = rows.set_index(["probe", "layer", "metric"]).value
    assert values["untouched", "0", "told_of_input"] <= values["untouched", "0", "entropy_of_input"]
    assert values["few masked", "2", "told_of_input"] == pytest.approx(0, abs=1e-9)
    assert first.facts["padded_share"] < 0.1
    states = first.arrays["states"]
    assert states["layer_2"].shape == (*states["ids"].shape, 16)


@pytest.mark.slow
@pytest.mark.parametrize("objective", ["causal", "translation"])
def test_unigrams_are_those_of_numpy(objective):
    cell = LanguageCell(objective=objective, **PAIRED | {"steps": 0})
    measured = cell.run().measurements.set_index("metric").value
    material = cell.material()
    told = material.train.ids if objective == "causal" else material.train.target_ids[:, 1:]
    counts = np.array([(told == word).sum() for word in range(1000)], float) + 1
    counts[:2] = 1
    labels = np.concatenate([lesson.labels[lesson.weights > 0] for lesson in cell.tested(material)])
    assert measured["loss_of_unigrams"] == pytest.approx(np.mean(np.log(counts.sum() / counts[labels])))
    assert measured["accuracy_of_unigrams"] == pytest.approx(np.mean(labels == counts.argmax())) and counts.argmax() > 1


@pytest.mark.slow
def test_a_cell_that_is_killed_is_taken_up_where_it_was(tmp_path, monkeypatch):
    cell = LanguageCell(objective="causal", **TINY)
    store, whole = Store(tmp_path / "interrupted"), Store(tmp_path / "whole")
    for one in (store, whole):
        one.prepare()
    taken = []
    train = Pretrainer.train

    def die(self, texts, course, start=0):
        for step in train(self, texts, course, start):
            taken.append(step)
            if len(taken) == 2:
                raise KeyboardInterrupt
            yield step

    monkeypatch.setattr(Pretrainer, "train", die)
    with pytest.raises(KeyboardInterrupt):
        run_cell(cell, store)
    assert cell.key not in store
    with at_hand(whole.folder):
        Checkpoint(cell.key).save({"variable_000": np.zeros(3), "step": 40, "curve": np.zeros((2, 3)), "seconds": 1.0})
    assert run_cell(cell, store) is None and run_cell(cell, whole) is None
    assert taken == [20, 40, 40, 20, 40]
    tables = [one.measurements([cell]) for one in (store, whole)]
    assert tables[0].equals(tables[1])


@pytest.mark.slow
def test_encoders_are_compared_from_the_weights_of_finished_cells(tmp_path, monkeypatch):
    first, second = (LanguageCell(objective=name, **PAIRED) for name in ("masked", "translation"))
    store = Store(tmp_path)
    store.prepare()
    assert run_cell(first, store) is None and run_cell(second, store) is None
    monkeypatch.setattr(Pretrainer, "train", lambda *_: pytest.fail("trained again"))
    assert run_cell(LikenessCell(first=first, second=second), store) is None
    assert run_cell(LikenessCell(first=first, second=first), store) is None
    rows = store.measurements([LikenessCell(first=first, second=second), LikenessCell(first=first, second=first)])
    same = rows[rows.second_objective == "masked"]
    assert same.value.to_numpy() == pytest.approx(1) and len(same) == 6
    assert (rows[rows.second_objective == "translation"].value < 0.999).any()


def test_one_cell_of_each_shape_is_audited():
    cells = [LanguageCell(seed=seed, positions=kind) for kind in ("rotary", "none") for seed in (0, 1)]
    assert [cell.audited for cell in audited_once(Design(tuple(cells))).cells] == [True, False, True, False]


def test_without_tuning_encoders_are_read_as_they_are():
    table = LanguageCell(**TINY | {"steps": 0, "tuning": 0}, tasks=("order",)).run().measurements
    assert set(table[table.probe == "order, few"].metric) == {"frozen"}
    assert set(table[table.probe == "order, full"].metric) == {"frozen", "majority"}


def test_a_cell_whose_training_runs_away_has_failed_and_says_so(tmp_path):
    store = Store(tmp_path)
    store.prepare()
    cell = LanguageCell(**TINY | {"learning_rate": 1e38})
    assert "training diverged" in run_cell(cell, store)
    assert cell.key not in store and "training diverged" in store.failure(cell.key)["error"]


def test_texts_to_train_on_are_shuffled_and_those_of_tasks_are_not():
    natural, shuffled = (
        material_of("docstrings?words=1000", False, 16, order, 0) for order in ("natural", "shuffled_1")
    )
    assert (natural.train.ids != shuffled.train.ids).mean() > 0.5
    np.testing.assert_array_equal(np.sort(natural.train.ids), np.sort(shuffled.train.ids))
    np.testing.assert_array_equal(natural.test.ids, shuffled.test.ids)
    np.testing.assert_array_equal(natural.task_train.values, shuffled.task_train.values)
    assert natural.filled > 0.9


@pytest.mark.parametrize(
    ("data", "paired"), [("docstrings?words=1000", False), ("docstrings?text=whole&words=1000", True)]
)
def test_no_row_to_test_on_is_a_row_to_train_on(data, paired):
    material = material_of(data, paired, 16, "natural", 0)
    trained = {tuple(row) for row in material.train.ids}
    assert not trained & {tuple(row) for row in material.test.ids} and len(material.test.ids) > 1000
    assert len(material.test.ids) == len(material.task_test)
    assert (material.test.target_ids is None) != paired


def test_nearly_all_targets_are_whole_and_few_of_their_steps_are_fill():
    told = material_of("docstrings?text=whole&words=1000", True, 16, "natural", 0).train
    ends = told.target_ids[:, -1] == load_pairs("docstrings?text=whole&words=1000").train_targets[0][-1]
    whole = ends | ~told.target_real[:, -1]
    assert 0.97 < whole.mean() < 1 and told.target_real.mean() > 0.5


def test_words_that_give_the_topic_away_are_hidden_in_tasks():
    material = material_of("cloze", False, 12, "natural", 0)
    assert np.isin(material.train.ids, material.giveaways).sum() == len(material.train.ids)
    assert not np.isin(material.task_test.values, material.giveaways).any()


@pytest.mark.parametrize(
    ("settings", "says"),
    [
        ({"data": "docstring"}, "Did you mean docstrings"),
        ({"objective": "maskd"}, "Did you mean masked"),
        ({"word_order": "natral"}, "Did you mean natural"),
        ({"tasks": ("topics",)}, "Did you mean topic"),
        ({"steps": 50}, "steps must be 0 or a multiple of 20; got 50"),
        ({"width": 33}, r"width must be a multiple of heads \(2\)"),
        ({"corrupted": 1.5}, "rate must be a share above 0"),
        ({"tasks": ("order",), "tuning": 90}, "tuning must be 0 or a multiple of 60"),
        ({"positions": "learned"}, "positions must be one of rotary, none"),
    ],
)
def test_wrong_settings_are_told(settings, says):
    with pytest.raises(InputError, match=says):
        LanguageCell(**settings).why_not()


def test_a_corpus_cannot_be_translated():
    assert "nothing to translate into" in LanguageCell(objective="translation").why_not()
    assert LanguageCell(objective="translation", **PAIRED).why_not() is None
