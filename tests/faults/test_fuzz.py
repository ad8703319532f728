"""Bad inputs: each is refused with one clear message before any work. `fuzz.py` throws any number of them."""

import os
import subprocess
import sys
import tracemalloc

import numpy as np
import pandas as pd
import pytest
from bad_arguments import GIVEN, attempt, bad_arguments, calls, public_names, registries
from bad_calls import bad_calls, call, verbs
from bad_files import bad_files
from fuzz import FAULTS, PATIENCE, Attempt, Refused, fuzz, throw
from hypothesis import strategies as st

from padleak import audit, memory
from padleak.data import Sequences, load_table, pad
from padleak.data.dataset import Source
from padleak.errors import InputError
from padleak.measures import compare, similarity

TEXTS = Sequences.from_rows([[5, 6, 7], [8]], [0, 1])


def say(tally) -> str:
    return "\n\n".join(f"{outcome}: {bad.kind}: {bad.told}\n{seen}" for outcome, bad, seen in tally.faults[:5])


@pytest.mark.parametrize(("door", "inputs"), [(bad_calls, 100), (bad_files, 120), (bad_arguments, 200)])
def test_bad_inputs_are_refused_with_a_clear_message(door, inputs):
    tally = fuzz(inputs, seed=1, attempts=door())
    assert tally.inputs >= inputs and tally.of("refused") > inputs / 2
    assert not tally.faults, say(tally)


@pytest.mark.slow
@pytest.mark.parametrize("door", [bad_calls, bad_files, bad_arguments])
def test_hundreds_of_bad_inputs_more(door):
    tally = fuzz(250, seed=2, attempts=door())
    assert not tally.faults, say(tally)


@pytest.mark.slow
def test_every_bad_value_of_every_argument_is_refused():
    attempts = [attempt(of, {name: bad}) for of in calls() for name in of.bad for bad in of.bad[name]]
    faults = [(bad.told, *throw(bad)) for bad in attempts]
    assert len(faults) > 1500
    assert [fault for fault in faults if fault[1] != "refused"] == []


def test_good_arguments_are_taken_for_good():
    seen = {of.name: throw(attempt(of, {})) for of in calls()}
    assert {name: outcome for name, outcome in seen.items() if outcome[0] != "accepted"} == {}


def test_nothing_public_is_left_out():
    thrown_at = {part for of in calls() for part in of.name.partition("[")[0].split(".")}
    assert public_names() - GIVEN - thrown_at == set()
    assert len(registries()) > 15


def test_every_verb_and_option_is_found():
    assert set(verbs()) == {"list", "run", "report", "check", "compare", "bench", "audit"}
    found = {parameter.option: parameter for parameter in verbs()["run"]}
    assert (found["--workers"].kind, found["--workers"].low, found["--wait"].kind) == (int, 0, float)
    assert any(parameter.option == "--junit" for parameter in verbs()["audit"])


def an_attempt(**facts) -> Attempt:
    return Attempt("door", "kind", "told", **facts)


def crash():
    raise KeyError("x")


def refuse():
    raise InputError("length", "at least 1", 0)


@pytest.mark.parametrize(
    ("bad", "outcome"),
    [
        (an_attempt(throw=crash), "traceback"),
        (an_attempt(throw=refuse), "refused"),
        (an_attempt(throw=refuse, says=("Did you mean",)), "wrong result"),
        (an_attempt(throw=lambda: 3), "wrong result"),
        (an_attempt(throw=lambda: 3, must_refuse=False), "accepted"),
        (an_attempt(throw=lambda: 3, must_refuse=False, check=lambda result: "not 4"), "wrong result"),
    ],
)
def test_the_harness_tells_outcomes_apart(bad, outcome):
    assert throw(bad)[0] == outcome


def test_the_harness_ends_what_hangs(monkeypatch):
    monkeypatch.setattr("fuzz.PATIENCE", 0.2)
    assert PATIENCE > 1

    def hang():
        while True:
            pass

    tally = fuzz(1, 0, st.just(an_attempt(throw=hang)))
    assert tally.of("hang") == 1 and FAULTS == ("traceback", "hang", "wrong result")


def test_length_over_memory_is_refused_before_allocation_with_the_size():
    tracemalloc.start()
    with pytest.raises(
        InputError, match=r"^length must be .*iB of memory.*got 1000000000000\. .* would take 7,450\.6 GiB"
    ):
        pad(TEXTS, 10**12)
    assert tracemalloc.get_traced_memory()[1] < 10**6
    tracemalloc.stop()


def test_memory_that_is_free_decides(monkeypatch):
    monkeypatch.setattr(memory, "available", lambda: 2 * 9 * 4)
    assert pad(TEXTS, 9).inputs.shape == (2, 9)
    with pytest.raises(InputError, match="would take 80 bytes"):
        pad(TEXTS, 10)


def write(folder, content: bytes, name: str = "a.csv") -> str:
    (folder / name).write_bytes(content)
    return f"{name.rpartition('.')[2]}:{folder / name}"


GOOD = "".join(f"red green {number},{number % 2}\n" for number in range(40))


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"", "must be a readable file"),
        (b"text,label\n", "a table with rows below its header"),
        (b"text,label\nred green,1\n", "at least two classes"),
        (b"text,label\n" + GOOD.replace(",0", ",1").encode(), "at least two classes"),
        (b"text,label\n\xff red,1\n" + GOOD.encode(), "'utf-8' codec can't decode"),
        (f"text,label\nred,green,1\n{GOOD}".encode(), "line 2"),
        (f"text,label\n{GOOD}red,green,1\n".encode(), "line 42"),
        (f"text,text\n{GOOD}".encode(), "named differently"),
    ],
    ids=["empty", "no row", "one row", "one class", "not UTF-8", "ragged first row", "ragged last row", "a name twice"],
)
def test_a_bad_csv_is_refused(tmp_path, content, says):
    with pytest.raises(InputError, match=says):
        Source.parse(write(tmp_path, content)).read()


def test_a_huge_field_is_read_and_a_label_of_another_type_is_counted(tmp_path):
    data = Source.parse(write(tmp_path, f"text,label\n{'word ' * 10**5},1\n{GOOD}".encode())).read()
    assert max([*data.train.lengths, *data.test.lengths]) == 10**5
    rows = "".join(f'{{"text": "red green {number}", "label": {number % 2}}}\n' for number in range(40))
    data = Source.parse(write(tmp_path, f'{{"text": "red green", "label": [1]}}\n{rows}'.encode(), "a.jsonl")).read()
    assert data.skipped == {"label neither word nor number": 1}


def test_text_in_parquet_that_is_not_utf8_is_refused(tmp_path):
    rows = pd.DataFrame({"text": [f"red green {number}" for number in range(40)], "label": ["no", "yes"] * 20})
    rows.to_parquet(tmp_path / "a.parquet", compression=None, use_dictionary=False)
    whole = (tmp_path / "a.parquet").read_bytes()
    with pytest.raises(InputError, match=r"a\.parquet must be a readable file of its format"):
        Source.parse(write(tmp_path, whole.replace(b"green 7", b"gr\xffen 7"), "a.parquet")).read()


@pytest.mark.parametrize(
    ("place", "value", "says"),
    [((0, 0), -1, "above 0, the id of fill; got -1"), ((1, 2), 2**31, "below 10000000; got 2147483648")],
)
def test_ids_that_no_vocabulary_has_are_refused(tmp_path, place, value, says):
    ids = np.random.default_rng(0).integers(1, 50, size=(30, 6))
    ids[place] = value
    np.savez(tmp_path / "a.npz", inputs=ids, labels=np.arange(30) % 2)
    with pytest.raises(InputError, match=says):
        Source.parse(f"npz:{tmp_path / 'a.npz'}").read()


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf, 1e300])
def test_rows_with_features_that_are_no_numbers_are_counted(tmp_path, value):
    features = np.random.default_rng(0).normal(size=(30, 6, 2))
    features[3, 2, 1] = value
    np.savez(tmp_path / "a.npz", inputs=features, labels=np.arange(30) % 2)
    data = Source.parse(f"npz:{tmp_path / 'a.npz'}").read()
    assert sum(data.skipped.values()) == 1 and len(data.train) + len(data.test) == 29
    assert np.isfinite(data.train.values).all() and data.train.values.dtype == np.float32


@pytest.mark.parametrize(
    ("throw_it", "says"),
    [
        (lambda: pad(TEXTS, 0), "length must be at least 1; got 0"),
        (lambda: pad(TEXTS, 4, "prr"), "Did you mean pre"),
        (lambda: pad(TEXTS, "4"), "length must be a whole number"),
        (lambda: similarity("linear_cka", np.full((9, 2), np.nan), np.ones((9, 2))), "finite throughout"),
        (
            lambda: compare("energy", np.ones((1, 2)), np.ones((5, 2)), np.random.default_rng(0)),
            "at least two rows each",
        ),
        (lambda: load_table("wine?x=1"), "option of table wine must be one of none; got x"),
        (lambda: audit("model.keras"), "model must be a Keras 3 model; got str"),
    ],
)
def test_a_bad_argument_is_refused(throw_it, says):
    with pytest.raises(InputError, match=says):
        throw_it()


def test_ids_over_the_vocabulary_of_a_model_are_refused():
    import keras

    model = keras.Sequential(
        [keras.Input((None,)), keras.layers.Embedding(10, 2, mask_zero=True), keras.layers.SimpleRNN(2)]
    )
    with pytest.raises(InputError, match=r"ids in inputs must be from 0 to 9, as the Embedding has 10 rows; got 12"):
        audit(model, np.array([[3, 12, 4], [5, 6, 0]]))
    with pytest.raises(InputError, match=r"pad_value must be from 0 to 9.*got nan"):
        audit(model, np.array([[3, 4, np.nan], [5, 6, np.nan]]), pad_value=np.nan)
    with pytest.raises(InputError, match=r"pad_value must be from 0 to 9.*got 99"):
        audit(model, np.array([[3, 4, 4], [5, 6, 0]]), pad_value=99)


def test_an_error_in_an_experiment_is_told_with_file_and_line(tmp_path, monkeypatch):
    code = "from padleak.study import Experiment\n\ndef design(profile):\n    return 1 / 0\n\n"
    (tmp_path / "asked.py").write_text(code + 'EXPERIMENT = Experiment("asked", "Why?", design, (), ())\n')
    monkeypatch.setenv("PADLEAK_EXPERIMENTS", os.path.relpath(tmp_path))
    with pytest.raises(Refused, match=r"asked\.py, line 4 must be free of errors; got ZeroDivisionError"):
        call(["run", "asked"])


@pytest.mark.parametrize("debug", [False, True])
def test_a_refusal_is_one_message_and_debug_shows_where(debug):
    command = [sys.executable, "-m", "padleak", *(["--debug"] if debug else []), "run", "core_gird"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert ("Traceback" in done.stderr) == debug
    assert (done.stdout, done.returncode) == ("", 2)
    assert len(done.stderr.splitlines()) == 1 or debug
