import csv
import json
from collections import Counter
from itertools import permutations
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from padleak.data import Dataset
from padleak.data.dataset import Source
from padleak.errors import InputError

TABLES = ["csv", "tsv", "jsonl", "parquet"]
# Each text has every word once, so the words tie and have their ids in the order of the alphabet.
WORDS = ("blue", "cyan", "green", "red")
TEXTS = [" ".join(words) for words in permutations(WORDS)]
ROWS = [(text, ("no", "yes")[number % 2]) for number, text in enumerate(TEXTS)]


def read(kind: str, path: Path | str, options: str = "") -> Dataset:
    return Source.parse(f"{kind}:{path}{options}").read()


def write_table(file: Path, rows: list[tuple], columns: tuple[str, str] = ("text", "label")) -> Path:
    if file.suffix == ".parquet":
        pd.DataFrame(rows, columns=columns).to_parquet(file)
    elif file.suffix == ".jsonl":
        file.write_text("".join(json.dumps(dict(zip(columns, row))) + "\n" for row in rows))
    else:
        with file.open("w", newline="") as stream:
            csv.writer(stream, delimiter="," if file.suffix == ".csv" else "\t").writerows([columns, *rows])
    return file


def gather(data: Dataset) -> list[tuple[list, object]]:
    """Every sequence of both pools with its class, or with its target where there are no classes."""
    names = data.classes or None
    return sorted(
        (row.tolist(), names[label] if names else label.item())
        for pool in (data.train, data.test)
        for row, label in zip(pool, pool.labels)
    )


def encode(rows: list[tuple]) -> list[tuple[list, object]]:
    return sorted(([2 + WORDS.index(word) for word in text.split()], label) for text, label in rows)


@pytest.mark.parametrize("kind", TABLES)
class TestEveryTable:
    def test_comes_back_as_written(self, tmp_path, kind):
        data = read(kind, write_table(tmp_path / f"a.{kind}", ROWS))
        assert gather(data) == encode(ROWS)
        assert (data.classes, data.words, data.skipped) == (("no", "yes"), 6, {})
        assert min(len(data.train), len(data.test)) > 0

    def test_columns_can_be_chosen(self, tmp_path, kind):
        file = write_table(tmp_path / f"a.{kind}", ROWS, ("review", "stars"))
        assert gather(read(kind, file, "?text=review&label=stars")) == encode(ROWS)

    @pytest.mark.parametrize(("columns", "absent"), [(("body", "label"), "text"), (("text", "stars"), "label")])
    def test_a_missing_column_is_an_error_that_lists_those_there(self, tmp_path, kind, columns, absent):
        file = write_table(tmp_path / f"a.{kind}", ROWS, columns)
        message = rf"^{absent} column of {file} must be one of {', '.join(columns)}; .*{absent}=COLUMN"
        with pytest.raises(InputError, match=message):
            read(kind, file)

    def test_rows_of_no_use_are_counted(self, tmp_path, kind):
        bad = [(None, "yes"), ("?!", "yes"), ("red green", None), ("red blue", " "), ("red", "no")]
        data = read(kind, write_table(tmp_path / f"a.{kind}", [*bad, *ROWS]))
        assert gather(data) == encode(ROWS)
        assert data.skipped == {"empty text": 2, "label missing": 2, "length 1": 1}

    def test_one_class_is_an_error(self, tmp_path, kind):
        file = write_table(tmp_path / f"a.{kind}", [(text, "yes") for text in TEXTS] + [("red", "no")])
        with pytest.raises(InputError, match=rf"^{file} must be of at least two classes.*1 \(length 1\)"):
            read(kind, file)

    def test_a_broken_file_is_an_error_that_names_it(self, tmp_path, kind):
        file = tmp_path / f"a.{kind}"
        file.write_bytes(b'{"text": "\xff\n"unfinished')
        with pytest.raises(InputError, match=rf"^{file} must be a readable file"):
            read(kind, file)


def test_equal_texts_stand_on_one_side_of_the_split(tmp_path):
    rows = [(dress(text), label) for text, label in ROWS for dress in (str, str.upper, "¡{}!".format)]
    data = read("csv", write_table(tmp_path / "a.csv", rows))
    train, test = (Counter(tuple(row) for row in pool) for pool in (data.train, data.test))
    assert train.keys().isdisjoint(test)
    assert set((train + test).values()) == {3}


def test_words_outside_the_training_pool_are_unknown(tmp_path):
    rows = [(f"{text} extra{number}", label) for number, (text, label) in enumerate(ROWS)]
    data = read("csv", write_table(tmp_path / "a.csv", rows))
    assert all(row[-1] > 5 for row in data.train)
    assert all(row[-1] == 1 for row in data.test)


def test_words_bound_the_vocabulary(tmp_path):
    data = read("csv", write_table(tmp_path / "a.csv", ROWS), "?words=4")
    assert data.words == 4
    assert set(np.concatenate([data.train.values, data.test.values]).tolist()) == {1, 2, 3}


@pytest.mark.parametrize("words", [0, 1])
def test_a_vocabulary_without_room_is_an_error(tmp_path, words):
    with pytest.raises(InputError, match=r"words"):
        read("csv", write_table(tmp_path / "a.csv", ROWS), f"?words={words}")


def write_lines(folder: Path, **texts: list[str]) -> str:
    files = [folder / f"{name}.txt" for name in texts]
    for file, lines in zip(files, texts.values()):
        file.write_text("\n".join(lines))
    return ",".join(map(str, files))


def test_lines_are_one_class_a_file(tmp_path):
    data = read("lines", write_lines(tmp_path, yes=[*TEXTS[:12], "", "red"], no=TEXTS[12:]))
    labels = ["yes.txt"] * 12 + ["no.txt"] * 12
    assert gather(data) == encode(list(zip(TEXTS, labels)))
    assert data.classes == ("no.txt", "yes.txt")
    assert data.skipped == {"empty text": 1, "length 1": 1}


def test_lines_of_one_file_are_an_error(tmp_path):
    with pytest.raises(InputError, match=r"^data set lines must be given one file a class"):
        read("lines", write_lines(tmp_path, yes=TEXTS))


def test_first_rows_of_a_sorted_file_hold_every_class(tmp_path):
    texts = {name: [f"{name} film {n}" for n in range(200)] for name in ("bad", "good")}
    test = read("lines", write_lines(tmp_path, **texts)).draw(seed=0, rows=100, validation=50, test=50).test
    assert set(test.labels.tolist()) == {0, 1}


TOKENS = [list(range(n, 2 * n)) for n in range(2, 32)]
LABELS = np.arange(30) % 3
FEATURES = [np.random.default_rng(n).normal([5, -2], [3, 0.1], size=(n, 2)) for n in range(2, 32)]


def write_ragged(file: Path, rows: list, labels: np.ndarray) -> Path:
    offsets = np.cumsum([0, *map(len, rows)])
    np.savez(file, values=np.concatenate(rows), offsets=offsets, labels=labels)
    return file


def write_padded(file: Path, rows: list, labels: np.ndarray, fill: float = 0, mask: bool = True) -> Path:
    """One step of fill before each sequence, the rest after it."""
    rows = [np.asarray(row) for row in rows]
    real = np.zeros((len(rows), 40), dtype=bool)
    inputs = np.full((len(rows), 40, *rows[0].shape[1:]), fill, dtype=rows[0].dtype)
    for number, row in enumerate(rows):
        real[number, 1 : 1 + len(row)] = True
        inputs[number, 1 : 1 + len(row)] = row
    np.savez(file, inputs=inputs, labels=labels, **({"mask": real} if mask else {}))
    return file


def write_unmasked(file: Path, rows: list, labels: np.ndarray) -> Path:
    return write_padded(file, rows, labels, mask=False)


def check_standardised(data: Dataset, raw: list[np.ndarray]) -> None:
    """Compare with the written rows, each known by its length, standardised as the training rows ask."""
    by_length = {len(row): row for row in raw}
    train = np.concatenate([by_length[n] for n in data.train.lengths])
    assert sorted([*data.train.lengths, *data.test.lengths]) == sorted(by_length)
    for row in (*data.train, *data.test):
        expected = (by_length[len(row)] - train.mean(axis=0)) / train.std(axis=0)
        assert row == pytest.approx(expected, abs=1e-4)


@pytest.mark.parametrize("write", [write_ragged, write_padded, write_unmasked])
class TestEveryArray:
    def test_tokens_come_back_as_written(self, tmp_path, write):
        file = write(tmp_path / "a.npz", TOKENS, LABELS)
        data = read("npz", file)
        assert Source.parse(f"npz:{file}").holds == "tokens"
        assert gather(data) == sorted((row, str(label)) for row, label in zip(TOKENS, LABELS))
        assert (data.classes, data.words, data.skipped) == (("0", "1", "2"), 62, {})
        assert min(len(data.train), len(data.test)) > 0

    def test_features_come_back_standardised(self, tmp_path, write):
        file = write(tmp_path / "a.npz", FEATURES, LABELS)
        data = read("npz", file)
        assert Source.parse(f"npz:{file}").holds == "features"
        assert (data.classes, data.words) == (("0", "1", "2"), 0)
        check_standardised(data, FEATURES)

    def test_float_labels_are_numbers_to_predict(self, tmp_path, write):
        targets = np.linspace(-1, 1, 30)
        data = read("npz", write(tmp_path / "a.npz", TOKENS, targets))
        assert data.classes == ()
        assert gather(data) == sorted((row, target) for row, target in zip(TOKENS, targets.tolist()))

    def test_rows_of_no_use_are_counted(self, tmp_path, write):
        rows = [*FEATURES, np.full((3, 2), np.nan), np.ones((1, 2)), np.zeros((0, 2)), np.ones((4, 2))]
        labels = np.append(np.linspace(0, 1, 33), np.nan)
        data = read("npz", write(tmp_path / "a.npz", rows, labels))
        assert data.skipped == {"not a number": 1, "length 1": 1, "all fill": 1, "label missing": 1}
        check_standardised(data, FEATURES)

    def test_ids_below_the_fill_are_an_error(self, tmp_path, write):
        file = write(tmp_path / "a.npz", [*TOKENS, [3, -1]], np.append(LABELS, 0))
        with pytest.raises(InputError, match=rf"^token ids of {file} must be above 0.*got -1.*Add 1"):
            read("npz", file)

    def test_one_class_is_an_error(self, tmp_path, write):
        file = write(tmp_path / "a.npz", TOKENS, np.zeros(30, dtype=int))
        with pytest.raises(InputError, match=rf"^{file} must be of at least two classes"):
            read("npz", file)


@pytest.mark.parametrize("write", [write_ragged, write_padded])
def test_the_id_of_fill_as_a_real_step_is_an_error(tmp_path, write):
    file = write(tmp_path / "a.npz", [*TOKENS, [3, 0]], np.append(LABELS, 0))
    with pytest.raises(InputError, match=rf"^token ids of {file} must be above 0.*got 0"):
        read("npz", file)


def test_fill_can_be_another_number(tmp_path):
    file = write_padded(tmp_path / "a.npz", TOKENS, LABELS, fill=-1, mask=False)
    assert gather(read("npz", file, "?fill=-1")) == sorted((row, str(n)) for row, n in zip(TOKENS, LABELS))


def test_a_step_with_one_channel_at_the_fill_is_real(tmp_path):
    rows = [row * [1, 0] for row in FEATURES]
    data = read("npz", write_padded(tmp_path / "a.npz", rows, LABELS, mask=False))
    assert sorted([*data.train.lengths, *data.test.lengths]) == list(map(len, rows))


def test_what_stands_under_the_mask_does_not_matter(tmp_path):
    data = read("npz", write_padded(tmp_path / "a.npz", FEATURES, LABELS, fill=np.nan))
    assert data.skipped == {}
    check_standardised(data, FEATURES)


def test_labels_can_be_names(tmp_path):
    names = np.array(["up", "down", "flat"])[LABELS]
    data = read("npz", write_ragged(tmp_path / "a.npz", TOKENS, names))
    assert data.classes == ("down", "flat", "up")
    assert gather(data) == sorted(zip(TOKENS, names))


def test_equal_arrays_stand_on_one_side_of_the_split(tmp_path):
    data = read("npz", write_ragged(tmp_path / "a.npz", TOKENS * 3, np.tile(LABELS, 3)))
    train, test = (Counter(tuple(row) for row in pool) for pool in (data.train, data.test))
    assert train.keys().isdisjoint(test)
    assert set((train + test).values()) == {3}


@pytest.mark.parametrize(
    ("arrays", "message"),
    [
        ({"inputs": np.ones((9, 4), int)}, "{file} must be holding .*; got inputs"),
        ({"values": np.ones(9, int), "labels": np.arange(9)}, "{file} must be holding .* values, labels"),
        (
            {"inputs": np.ones((9, 4), int), "labels": np.arange(8)},
            r"labels of {file} must be of shape \(9,\), one a sequence; got \(8,\)",
        ),
        (
            {"inputs": np.ones((9, 4), int), "mask": np.ones((9, 3), bool), "labels": np.arange(9)},
            r"mask of {file} must be of shape \(9, 4\); got \(9, 3\)",
        ),
        (
            {"inputs": np.zeros((9, 4), int), "labels": np.arange(9)},
            "{file} must be holding at least one usable row; .*'all fill': 9",
        ),
    ],
    ids=["no labels", "no offsets", "too few labels", "mask of another shape", "nothing real"],
)
def test_arrays_that_do_not_fit_are_an_error_that_names_the_file(tmp_path, arrays, message):
    file = tmp_path / "a.npz"
    np.savez(file, **arrays)
    with pytest.raises(InputError, match=message.format(file=file)):
        read("npz", file)


@pytest.mark.parametrize("offsets", [[5, 20, 40, 60], [0, 40, 20, 60], [0, 20, 40, 50]])
def test_offsets_that_do_not_cut_the_values_are_an_error(tmp_path, offsets):
    file = tmp_path / "a.npz"
    np.savez(file, values=np.arange(1, 61), offsets=np.array(offsets), labels=np.array([0.1, 0.2, 0.3]))
    with pytest.raises(InputError, match=r"offsets"):
        read("npz", file)


class Trap:
    """Unpickling it leaves a file behind."""

    def __init__(self, file: Path):
        self.file = file

    def __reduce__(self):
        return Path.touch, (self.file,)


def test_object_arrays_are_not_unpickled(tmp_path):
    sprung = tmp_path / "sprung"
    labels = np.array([Trap(sprung)] * 9, dtype=object)
    np.savez(tmp_path / "a.npz", inputs=np.ones((9, 4), int), labels=labels)
    with pytest.raises(ValueError, match=r"allow_pickle=False"):
        read("npz", tmp_path / "a.npz")
    assert not sprung.exists()


@pytest.mark.parametrize(
    "fault",
    [
        "text",
        "objects",
        "empty",
        "npy",
    ],
)
def test_a_broken_npz_is_an_error_that_names_it(tmp_path, fault):
    file = tmp_path / "a.npz"
    if fault == "objects":
        np.savez(file, inputs=np.ones((9, 4), int), labels=np.array([None] * 9))
    elif fault == "npy":
        with file.open("wb") as stream:
            np.save(stream, np.ones(4))
    else:
        file.write_text("no archive" if fault == "text" else "")
    with pytest.raises(InputError, match=str(file)):
        read("npz", file)


def test_a_file_that_leaves_no_test_rows_is_an_error(tmp_path):
    file = write_ragged(tmp_path / "a.npz", [[3, 2]] * 9, LABELS[:9])
    with pytest.raises(InputError, match=str(file)):
        read("npz", file)


TS_ROWS = [np.arange(2.0 * n).reshape(n, 2) % 7 for n in range(2, 32)]
TS_LABELS = [("up", "down")[n % 2] for n in range(2, 32)]


def write_ts(file: Path, rows: list[np.ndarray], labels: list[str]) -> Path:
    head = ["# by hand", "@problemName tiny", "@equalLength false", "@classLabel true up down", "@data"]
    lines = [":".join(",".join(map(str, channel)) for channel in row.T) for row in rows]
    file.write_text("\n".join([*head, *(f"{line}:{label}" for line, label in zip(lines, labels)), ""]))
    return file


def test_ts_by_hand(tmp_path):
    file = tmp_path / "tiny_TRAIN.ts"
    file.write_text("@dimensions 2\n@data\n1,3:10,10:up\n\n# pause\n2:5:up\n2,2:0,20:down\n")
    (tmp_path / "tiny_TEST.ts").write_text("@DATA\n2,2,4:20,0,10:down\n")
    data = read("ts", file)
    # Channel 1 holds 1 3 2 2 (mean 2, variance 1/2), channel 2 holds 10 10 0 20 (mean 10, variance 50).
    train, test = (
        {data.classes[label]: row * np.sqrt([0.5, 50]) + [2, 10] for row, label in zip(pool, pool.labels)}
        for pool in (data.train, data.test)
    )
    assert (sorted(train), sorted(test)) == (["down", "up"], ["down"])
    assert train["up"] == pytest.approx(np.array([[1, 10], [3, 10]]), abs=1e-5)
    assert train["down"] == pytest.approx(np.array([[2, 0], [2, 20]]), abs=1e-5)
    assert test["down"] == pytest.approx(np.array([[2, 20], [2, 0], [4, 10]]), abs=1e-5)
    assert (data.classes, data.skipped) == (("down", "up"), {"length 1": 1})


def test_ts_without_a_partner_is_split(tmp_path):
    data = read("ts", write_ts(tmp_path / "tiny.ts", TS_ROWS, TS_LABELS))
    assert min(len(data.train), len(data.test)) > 0
    check_standardised(data, TS_ROWS)
    for pool in (data.train, data.test):
        assert [data.classes[label] for label in pool.labels] == [("up", "down")[n % 2] for n in pool.lengths]


def test_a_missing_number_in_ts_is_counted(tmp_path):
    rows = [*TS_ROWS, np.array([[1.0, np.nan], [2.0, 3.0]])]
    data = read("ts", write_ts(tmp_path / "tiny.ts", rows, [*TS_LABELS, "up"]))
    assert data.skipped == {"not a number": 1}


@pytest.mark.parametrize("line", ["1,two:3,4:up", "1,2:3:up", "up"])
def test_a_line_of_ts_that_is_not_understood_is_named(tmp_path, line):
    file = tmp_path / "tiny.ts"
    file.write_text(f"@data\n1,2:3,4:up\n{line}\n")
    with pytest.raises(InputError, match=rf"^{file}, line 3 must be numbers between commas"):
        read("ts", file)


def test_ts_without_data_is_an_error(tmp_path):
    file = tmp_path / "tiny.ts"
    file.write_text("@problemName tiny\n1,2:3,4:up\n")
    with pytest.raises(InputError, match=rf"^{file} must be holding at least one usable row"):
        read("ts", file)


def test_ts_rows_of_different_numbers_of_channels_are_an_error(tmp_path):
    file = tmp_path / "tiny.ts"
    file.write_text("@data\n1,2:3,4:up\n1,2,3:4,5,6:7,8,9:down\n")
    with pytest.raises(InputError, match=str(file)):
        read("ts", file)


def test_keras_has_two_data_sets():
    with pytest.raises(InputError, match=r"must be keras:imdb or keras:reuters; got mnist"):
        read("keras", "mnist")


@pytest.mark.slow
def test_keras_out_of_reach_of_a_download_is_an_error(monkeypatch):
    import keras

    def fail(**options):
        raise OSError("no network")

    monkeypatch.setattr(keras.datasets.imdb, "load_data", fail)
    with pytest.raises(InputError, match=r"^data set keras:imdb must be .*no network.*Connect"):
        read("keras", "imdb")


@pytest.mark.parametrize(
    ("name", "content", "says"),
    [
        ("a.csv", b"id;text;label\n1;red, green;no\n2;red;yes, no, no\n", "Save it with commas, or with tabs as tsv"),
        ("a.csv", "text,label\nd\xe9j\xe0 vu,no\n".encode("latin-1"), "It is not UTF-8: `iconv"),
        ("a.csv", b"PK\x03\x04 a workbook \x93", "It is a workbook or an archive: save the table as CSV."),
        ("a.csv", b"text,label\n", "a table with rows below its header"),
        ("a.csv", b"text,lable\nred green,no\n", "Did you mean lable\\? Name the column of labels with --label"),
        ("a.csv", b"text,label\n" + b"".join(b"red green,%d\n" % n for n in range(40)), "40 classes in 40 usable"),
        ("a.ts", b"@data\n1,?,2:a\n1,2,3:b\n", "Missing values \\(\\?\\) are not read: fill them first."),
    ],
    ids=["semicolons", "Latin-1", "workbook", "header alone", "misspelt", "a class a row", "question marks"],
)  # fmt: skip
def test_a_file_that_is_often_given_by_mistake_is_an_error_with_its_cure(tmp_path, name, content, says):
    (tmp_path / name).write_bytes(content)
    with pytest.raises(InputError, match=says):
        read(name.partition(".")[2], tmp_path / name)
