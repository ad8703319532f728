"""Contracts over every experiment of the folder, and planted tables with known verdicts."""

import numpy as np
import pandas as pd
import pytest

from padleak.errors import InputError
from padleak.report.plots import figures
from padleak.study.claims import Case, judge
from padleak.study.experiment import choose_experiments, find_experiments
from padleak.study.grid import PROFILES

EXPERIMENTS = find_experiments()


@pytest.mark.parametrize("name", EXPERIMENTS)
class TestEveryExperiment:
    @pytest.mark.parametrize("profile", PROFILES)
    def test_every_profile_has_cells_that_can_be_each_once(self, name, profile):
        cells = EXPERIMENTS[name].design(PROFILES[profile]).cells
        assert cells
        assert len({cell.key for cell in cells}) == len(cells)
        assert not any(cell.why_not() for cell in cells)
        seeds = {cell.seed for cell in cells}
        assert seeds == set(range(len(seeds))) and len(seeds) >= PROFILES[profile].seeds

    def test_claims_have_a_rule_and_a_figure_of_the_experiment(self, name):
        for claim in EXPERIMENTS[name].claims:
            assert claim.figure in EXPERIMENTS[name].figures
            assert claim.parts and all(part.what and part.unit and part.rule for part in claim.parts)

    def test_figures_are_registered(self, name):
        assert all(figure in figures for figure in EXPERIMENTS[name].figures)


def test_claim_ids_are_unique():
    ids = [claim.id for experiment in EXPERIMENTS.values() for claim in experiment.claims]
    assert len(ids) == len(set(ids))


def test_a_misspelt_experiment_is_suggested():
    with pytest.raises(InputError, match="Did you mean core_grid"):
        choose_experiments(["core_gird"])


@pytest.mark.parametrize(
    ("code", "says"),
    [
        ("x = 1\ny = (", r"broken.py, line 2 must be free of errors; got SyntaxError"),
        ("import numpy\n\nnumpy.no_such_thing()", r"broken.py, line 3 must be free of errors; got AttributeError"),
        ("from padleak.study import Experimnt", r"broken.py, line 1 must be free of errors; got ImportError"),
    ],
)
def test_an_error_in_an_experiment_is_told_with_file_and_line(tmp_path, monkeypatch, code, says):
    (tmp_path / "broken.py").write_text(code)
    monkeypatch.setenv("PADLEAK_EXPERIMENTS", str(tmp_path))
    with pytest.raises(InputError, match=says):
        find_experiments()


def test_a_file_without_an_experiment_is_named(tmp_path, monkeypatch):
    (tmp_path / "empty.py").write_text("EXPERIMENT = None\n")
    monkeypatch.setenv("PADLEAK_EXPERIMENTS", str(tmp_path))
    with pytest.raises(InputError, match=r"empty\.py must be defining EXPERIMENT"):
        find_experiments()


def plant(name: str, value) -> dict[str, dict]:
    """Verdicts on a table in which `value(cell, probe layout, count, layer, metric)` was measured, with a little noise."""
    generator, rows = np.random.default_rng(0), []
    metrics = {
        "summary": ("relative_shift", "token_shift", "separation", "largest_shift"),
        "states": ("largest_shift",),
        "prediction": ("accuracy", "macro_f1", "total_variation", "largest_prediction_shift", "validation_loss"),
        "encoder": ("fill_taken_for_real",),
    }
    cells = EXPERIMENTS[name].design(PROFILES["standard"]).cells
    for cell in cells:
        probes = [(cell.padding, None, "unpadded"), *((p.layout, p.count, p.reference) for p in cell.probes)]
        for layout, count, reference in probes:
            for layer, named in metrics.items():
                for metric in named:
                    planted = value(cell, layout, count, layer, metric)
                    noisy = planted * (1 + 0.001 * generator.normal())
                    probe = (
                        f"{layout}{'' if count is None else f'+{count}'}{'@trained' if reference == 'trained' else ''}"
                    )
                    rows.append((cell.key, probe, layout, count, reference, layer, metric, noisy))
    table = pd.DataFrame(rows, columns=["cell", "probe", "layout", "count", "reference", "layer", "metric", "value"])
    table = table.merge(pd.DataFrame([{"cell": cell.key, **cell.factors} for cell in cells]), on="cell")
    return {
        verdict["id"]: verdict
        for verdict in judge([Case(name, EXPERIMENTS[name].claims, table.astype({"count": "Int64"}), 0)])
    }


def test_core_grid_finds_what_is_planted():
    def leaky(cell, layout, count, layer, metric):
        if metric in ("largest_shift", "largest_prediction_shift"):
            return 0.0 if cell.masking in ("embedding", "masking_layer", "explicit") else 0.5
        if metric == "fill_taken_for_real":
            return 1.0 if cell.masking == "embedding_then_masking" else 0.0
        if metric == "relative_shift":
            return 0.3 if cell.model == "lstm" else 0.6
        if metric == "token_shift":
            return 0.4
        if metric == "separation":
            return 0.01 if layout == "post" else 0.9
        return 0.5 if cell.collides and cell.data == "keyword" else 0.9

    verdicts = {name: verdict["verdict"] for name, verdict in plant("core_grid", leaky).items()}
    assert verdicts == {
        "L2": "supported", "L3": "supported", "L9": "refuted", "L10": "refuted", "L11": "supported", "P4": "supported",
    }  # fmt: skip


def test_core_grid_finds_the_opposite_where_that_is_planted():
    def opposite(cell, layout, count, layer, metric):
        if metric in ("largest_shift", "largest_prediction_shift"):
            return 0.0 if cell.masking == "embedding_then_masking" else 0.01
        if metric == "fill_taken_for_real":
            return 0.0
        if metric == "relative_shift":
            return 0.8 if cell.model == "lstm" else 0.2
        if metric == "token_shift":
            return 3.0
        return 0.9

    verdicts = {name: verdict["verdict"] for name, verdict in plant("core_grid", opposite).items()}
    assert verdicts == {
        "L2": "refuted", "L3": "refuted", "L9": "supported", "L10": "supported", "L11": "refuted", "P4": "refuted",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("post_lstm", "post_conv", "masked", "expected"),
    [
        (0.5, 0.75, 0.8, {"P1": "supported", "P3": "equivalent", "P8": "supported"}),
        (0.9, 0.75, 0.7, {"P1": "refuted", "P3": "supported", "P8": "supported"}),
        (0.5, 0.50, 0.9, {"P1": "refuted", "P3": "refuted", "P8": "supported"}),
    ],
)
def test_pre_against_post_finds_what_is_planted(post_lstm, post_conv, masked, expected):
    def accuracy(cell, layout, count, layer, metric):
        if cell.masking != "none":
            return masked
        unmasked = {
            ("lstm", "post"): post_lstm,
            ("conv1d", "post"): post_conv,
            ("lstm", "pre"): 0.8,
            ("conv1d", "pre"): 0.75,
        }
        return unmasked[cell.model, cell.padding]

    verdicts = plant("pre_against_post", accuracy)
    assert {name: verdict["verdict"] for name, verdict in verdicts.items()} == expected


def test_drivers_find_the_factors_that_were_planted():
    def shift(cell, layout, count, layer, metric):
        if metric == "relative_shift":
            return 10 ** (0.5 * (cell.units == 32) + 0.3 * (count == 64) + 0.4 * cell.layers)
        return 0.1 if cell.model == "lstm" else 0.4

    verdict = plant("drivers", shift)["L4"]
    holds = {part["what"].removeprefix("share of variance: "): part["holds"] for part in verdict["parts"]}
    assert holds == {
        "sequence length": False, "amount of padding": True, "layers": True, "hidden units": True, "downstream layer": False,
    }  # fmt: skip
    assert verdict["verdict"] == "refuted"


@pytest.mark.parametrize(
    ("random", "pre", "middle", "verdict"),
    [(0.6, 0.68, 0.7, "supported"), (0.75, 0.68, 0.7, "refuted"), (0.6, 0.68, 0.6, "refuted")],
)
def test_padding_layouts_find_what_is_planted(random, pre, middle, verdict):
    scores = {"random": random, "pre": pre, "middle": middle}

    def score(cell, layout, count, layer, metric):
        return scores.get(cell.padding, 0.7) if cell.model == "conv1d" and cell.readout == "flatten" else 0.5

    assert plant("padding_layouts", score)["P2"]["verdict"] == verdict


@pytest.mark.parametrize(
    ("attention", "chosen", "mean", "expected"),
    [
        (0.5, 0.6, 0.4, {"L8": "supported", "P5": "supported"}),
        (0.001, 0.6, 0.4, {"L8": "refuted", "P5": "supported"}),
        (0.5, 1.2, 0.01, {"L8": "refuted", "P5": "refuted"}),
    ],
)
def test_readouts_find_what_is_planted(attention, chosen, mean, expected):
    """The search must take the network of least loss, which is planted at 64 units, and not that of least shift."""

    def shift(cell, layout, count, layer, metric):
        best = cell.readout == "last" and cell.units == 64 and cell.learning_rate == 0.01
        if metric == "validation_loss":
            return 0.2 if best else 0.5
        if cell.units == 16:
            return 0.0001
        return {"attention": attention, "mean": mean}.get(cell.readout, chosen if best else 1.0)

    verdicts = {name: verdict["verdict"] for name, verdict in plant("readouts", shift).items()}
    assert verdicts == expected


@pytest.mark.parametrize(
    ("since", "skipped", "expected"),
    [
        (0.9, 0.8, {"M10": "supported", "M11": "supported"}),
        (0.7, 0.5, {"M10": "refuted", "M11": "refuted"}),
        (0.8, 0.5, {"M10": "equivalent", "M11": "refuted"}),
    ],
)
def test_missing_steps_find_what_is_planted(since, skipped, expected):
    def accuracy(cell, layout, count, layer, metric):
        if cell.gaps == 0:
            return 0.99
        return skipped if cell.masking == "masking_layer" else {"since": since}.get(cell.gap_telling, 0.8)

    verdicts = plant("missing_steps", accuracy)
    assert {name: verdict["verdict"] for name, verdict in verdicts.items()} == expected


@pytest.mark.parametrize(
    ("zero", "flag", "special", "expected"),
    [
        (0.79, 0.8, 0.51, {"M8": "supported", "M9": "supported"}),
        (0.60, 0.7, 0.51, {"M8": "refuted", "M9": "supported"}),
        (0.60, 0.7, 0.50, {"M8": "refuted", "M9": "refuted"}),
        (0.79, 0.79, 0.51, {"M8": "supported", "M9": "refuted"}),
    ],
)
def test_missing_values_find_what_is_planted(zero, flag, special, expected):
    """Categories are planted at .5 without a special value; rows of the smaller set-up must not count."""
    generator, rows = np.random.default_rng(0), []
    cells = EXPERIMENTS["missing_values"].design(PROFILES["standard"]).cells
    for cell in cells:
        planted = {
            "gaussian": {"bayes": 0.8, "zero": zero, "flag": flag},
            "mixed": {"zero": 0.5, "special_category": special},
        }
        for layer, value in planted.get(cell.data, {}).items():
            published = cell.rows == 10_000 or cell.data == "mixed"
            rows.append((cell.key, layer, "r2", (value if published else 0.1) + 0.001 * generator.normal()))
    table = pd.DataFrame(rows, columns=["cell", "layer", "metric", "value"])
    table = table.merge(pd.DataFrame([{"cell": cell.key, **cell.factors} for cell in cells]), on="cell")
    verdicts = judge([Case("missing_values", EXPERIMENTS["missing_values"].claims, table, 0)])
    assert {verdict["id"]: verdict["verdict"] for verdict in verdicts} == expected


def test_a_user_s_table_is_taken_alone(tmp_path):
    from dataclasses import replace

    file = tmp_path / "t.csv"
    file.write_text("a,b,y\n" + "".join(f"{row},{row % 7},{row % 2}\n" for row in range(50)))
    source = f"csv:{file}?target=y"
    cells = EXPERIMENTS["missing_values"].design(replace(PROFILES["standard"], table=source)).cells
    assert {cell.data for cell in cells} == {source}
    assert {cell.mechanism for cell in cells} == {"as_found", "mcar", "mar", "self_masking"}


def test_texts_of_a_user_have_no_values_that_could_be_missing(tmp_path):
    from dataclasses import replace

    file = tmp_path / "t.csv"
    file.write_text("text,label\n" + "".join(f"word {row} more,{row % 2}\n" for row in range(50)))
    chosen = replace(PROFILES["standard"], data=f"csv:{file}")
    assert all(cell.data.startswith("frequency") for cell in EXPERIMENTS["missing_steps"].design(chosen).cells)
    assert any(cell.data == chosen.data for cell in EXPERIMENTS["core_grid"].design(chosen).cells)


def plant_language(name: str, value) -> dict[str, dict]:
    """Verdicts on a table of language cells in which `value(cell, probe, layer, metric)` was measured, with a little noise."""
    generator, rows = np.random.default_rng(0), []
    cells = [cell for cell in EXPERIMENTS[name].design(PROFILES["standard"]).cells if cell.kind == "language"]
    by_layer = [
        ("untouched", "told_of_input"),
        ("untouched", "change_pwcca"),
        ("topic, full", "frozen"),
        ("order, full", "frozen"),
    ]
    of_model = [("test", metric) for metric in ("accuracy", "accuracy_of_unigrams", "loss", "loss_of_unigrams")]
    of_model += [
        ("audit", "leaks"),
        *((f"{task}, {share}", "tuned") for task in ("topic", "order") for share in ("full", "few")),
    ]
    for cell in cells:
        asked = [(probe, str(layer), metric) for probe, metric in by_layer for layer in range(cell.layers + 1)]
        for probe, layer, metric in [*asked, *((probe, "model", metric) for probe, metric in of_model)]:
            if (planted := value(cell, probe, layer, metric)) is not None:
                noise = 0 if metric == "leaks" else 0.0005 * generator.normal()
                rows.append((cell.key, probe, layer, metric, planted + noise))
    table = pd.DataFrame(rows, columns=["cell", "probe", "layer", "metric", "value"])
    table = table.merge(pd.DataFrame([{"cell": cell.key, **cell.factors} for cell in cells]), on="cell")
    verdicts = judge([Case(name, EXPERIMENTS[name].claims, table, 0)])
    return {verdict["id"]: verdict["verdict"] for verdict in verdicts}


AS_PUBLISHED = {
    "told_of_input": {
        "masked": [5.2, 5.1, 4.9, 5.0, 5.1],
        "causal": [5.3, 5.2, 5, 4.5, 4],
        "translation": [5.2, 5, 4.8, 4.6, 4.5],
    },
    "change_pwcca": {"masked": [0.09, 0.08, 0.07, 0.1], "causal": [0.07] * 4, "translation": [0.06, 0.05, 0.05, 0.04]},
    "frozen": {"masked": [0.8], "causal": [0.7], "translation": [0.7]},
    "accuracy": {"masked": [0.4], "causal": [0.4], "translation": [0.4]},
    "loss": {"masked": [3], "causal": [3], "translation": [3]},
}
TURNED_ROUND = AS_PUBLISHED | {
    "told_of_input": {
        "masked": [5.2, 5.0, 4.5, 4.0, 3.5],
        "causal": [5.3, 5.0, 4.5, 4.7, 4.6],
        "translation": [5.2] * 5,
    },
    "change_pwcca": {"masked": [0.05] * 4, "causal": [0.07] * 4, "translation": [0.06, 0.07, 0.08, 0.09]},
    "frozen": {"masked": [0.7], "causal": [0.8], "translation": [0.7]},
    "accuracy": {"masked": [0.1], "causal": [0.4], "translation": [0.4]},
}


@pytest.mark.parametrize(("curves", "verdict"), [(AS_PUBLISHED, "supported"), (TURNED_ROUND, "refuted")])
def test_objectives_find_what_is_planted(curves, verdict):
    """Networks of the smaller width and those that were not trained are planted otherwise, and must not count."""

    def value(cell, probe, layer, metric):
        if metric == "leaks":
            return 0.0 if cell.audited else None
        if cell.width == 32 or not cell.steps:
            return 9.0
        if metric not in curves:
            return {"accuracy_of_unigrams": 0.1, "loss_of_unigrams": 6.0}.get(metric)
        curve = curves[metric][cell.objective]
        place = (0 if layer == "model" else int(layer)) - (metric == "change_pwcca")
        return curve[min(place, len(curve) - 1)] if place >= 0 else None

    assert plant_language("objectives", value) == dict.fromkeys(("O1", "O2", "O3", "O8", "O9"), verdict)


def test_a_single_model_that_leaks_refutes_that_none_does():
    def value(cell, probe, layer, metric):
        if metric == "leaks":
            return float(cell.objective == "causal" and cell.width == 32) if cell.audited else None
        return {"accuracy": 0.4, "loss": 3.0, "accuracy_of_unigrams": 0.1, "loss_of_unigrams": 6.0}.get(metric)

    assert plant_language("objectives", value)["O9"] == "refuted"


@pytest.mark.parametrize(
    ("less", "more", "verdict"),
    [(0.3, 0.3, "supported"), (0.3, 0.5, "refuted"), (0.5, 0.3, "refuted"), (0.4, 0.4, "inconclusive")],
)
def test_masking_rates_find_what_is_planted(less, more, verdict):
    def value(cell, probe, layer, metric):
        planted = {0.05: less, 0.4: more}.get(cell.corrupted, 0.4)
        return 0.9 if cell.share_told < 1 else planted if metric in ("accuracy", "tuned") else None

    assert plant_language("masking_rate", value) == {"O4": verdict}


@pytest.mark.parametrize(
    ("only_mask", "or_right", "only_wrong", "verdict"),
    [(0.7, 0.7, 0.7, "supported"), (0.9, 0.7, 0.9, "refuted"), (0.7, 0.7, 0.75, "refuted"), (0.7, 0.9, 0.7, "refuted")],
)
def test_masking_splits_find_what_is_planted(only_mask, or_right, only_wrong, verdict):
    read = {(1.0, 0.0): only_mask, (0.8, 0.0): or_right, (0.0, 1.0): only_wrong}

    def value(cell, probe, layer, metric):
        split = cell.share_masked, cell.share_replaced
        if metric == "told_of_input":
            return 3.0 if split == (1.0, 0.0) else 4.0
        return read.get(split, 0.8) if metric == "frozen" else None

    assert plant_language("masking_split", value) == {"O5": verdict}


@pytest.mark.parametrize(
    ("topic", "order", "verdict"), [(0.79, 0.5, "supported"), (0.6, 0.5, "refuted"), (0.79, 0.79, "refuted")]
)
def test_word_orders_find_what_is_planted(topic, order, verdict):
    def value(cell, probe, layer, metric):
        if metric != "tuned":
            return None
        if cell.positions == "none" or not cell.steps:
            return 0.1
        if cell.word_order == "shuffled_1":
            return topic if probe.startswith("topic") else order
        return 0.4 if cell.word_order == "corpus" else 0.8

    assert plant_language("word_order", value) == {"O6": verdict}


@pytest.mark.parametrize(
    ("chosen", "at_random", "verdict"), [(0.9, 0.7, "supported"), (0.7, 0.9, "refuted"), (0.9, 0.4, "refuted")]
)
def test_cloze_finds_what_is_planted(chosen, at_random, verdict):
    def value(cell, probe, layer, metric):
        if metric != "tuned" or probe != "topic, few":
            return None
        if not cell.steps:
            return 0.5
        return at_random if cell.cloze < 0 else 0.6 + (chosen - 0.6) * cell.cloze

    assert plant_language("cloze", value) == {"O7": verdict}


@pytest.mark.parametrize(("field", "source", "reads"), [("corpus", "text", "corpora"), ("pairs", "pairs", "pairs")])
def test_texts_of_a_user_are_taken_by_those_that_read_them(field, source, reads, tmp_path):
    from dataclasses import replace

    file = tmp_path / "t.tsv"
    file.write_text("".join(f"these are the words of line {row} of this text\tname {row}\n" for row in range(60)))
    chosen = replace(PROFILES["standard"], **{field: f"{source}:{file}"})
    able = [experiment for experiment in EXPERIMENTS.values() if experiment.reads == reads]
    assert able
    for experiment in able:
        cells = [cell for cell in experiment.design(chosen).cells if cell.kind == "language"]
        assert {cell.data for cell in cells} == {f"{source}:{file}"}


def test_experiments_share_the_model_that_is_trained_as_bert_is():
    keys = [
        {cell.key for cell in EXPERIMENTS[name].design(PROFILES["standard"]).cells}
        for name in ("masking_rate", "masking_split", "word_order")
    ]
    assert len(keys[0] & keys[1] & keys[2]) == PROFILES["standard"].seeds


def test_a_folder_that_is_named_and_not_there_is_told(monkeypatch):
    monkeypatch.setenv("PADLEAK_EXPERIMENTS", "nowhere")
    with pytest.raises(InputError, match="PADLEAK_EXPERIMENTS must be a folder that exists; got nowhere"):
        find_experiments()
