import numpy as np
import pytest

from padleak.data import Dataset, Sequences, load
from padleak.data.dataset import Source
from padleak.errors import InputError


def count_up(first: int, rows: int) -> Sequences:
    """Sequences of two equal tokens, each with a token and a label of its own."""
    numbers = np.arange(first, first + rows)
    return Sequences.from_rows(np.stack([numbers, numbers], axis=1), numbers)


@pytest.fixture
def data() -> Dataset:
    return Dataset(count_up(100, 30), count_up(200, 10))


def first_tokens(sequences: Sequences) -> list[int]:
    return [int(row[0]) for row in sequences]


def test_a_source_is_a_name_a_path_and_options(tmp_path):
    file = tmp_path / "reviews.csv"
    file.touch()
    assert Source.parse("keyword") == Source("keyword", "", {})
    assert Source.parse("keyword?length=60&words=9") == Source("keyword", "", {"length": "60", "words": "9"})
    assert Source.parse(f"csv:{file}?text=the+review&label=a%26b") == Source(
        "csv", str(file), {"text": "the review", "label": "a&b"}
    )


@pytest.mark.parametrize(
    ("source", "message"),
    [
        ("keywrd", r"^data set must be one of .*; got keywrd\. Did you mean keyword\?"),
        (
            "keyword?lenght=9",
            r"^option of data set keyword must be one of length, words; .*Did you mean length\?",
        ),
        ("keyword?length=long", r"^option length of data set keyword must be a number \(int\); got long"),
        ("keyword?length=9.5", r"^option length of data set keyword must be a number \(int\); got 9\.5"),
        ("keyword?length", r"^option length of data set keyword must be a number \(int\); got ''"),
        ("majority?margin=x", r"^option margin of data set majority must be a number \(float\); got x"),
        ("csv", r"^data set csv must be followed by a file \(csv:FILE\)"),
        ("csv:nowhere.csv", r"^data set csv must be a file that exists; got nowhere\.csv"),
        ("lines:/dev/null/a,b.txt", r"^data set lines must be a file that exists; got /dev/null/a"),
        ("keyword:words.csv", r"^data set keyword must be named without a file; got words\.csv"),
    ],
)
def test_a_bad_source_says_what_is_wrong(source, message):
    with pytest.raises(InputError, match=message):
        Source.parse(source)


@pytest.mark.parametrize(("source", "holds"), [("keyword", "tokens"), ("adding", "features")])
def test_a_source_tells_what_it_holds(source, holds):
    assert Source.parse(source).holds == holds


@pytest.mark.parametrize("kind", ["csv", "lines", "ts"])
def test_version_hangs_on_the_content_of_every_file(tmp_path, kind):
    one, other = tmp_path / "a_TRAIN.txt", tmp_path / "a_TEST.txt"
    source = f"{kind}:{one},{other}" if kind == "lines" else f"{kind}:{one}"

    def version(first: str, second: str) -> str:
        one.write_text(first)
        other.write_text(second)
        return Source.parse(source).version

    assert version("x", "y") == version("x", "y")
    assert version("x", "y") != version("z", "y")
    assert (version("x", "y") == version("x", "z")) == (kind == "csv")


def test_version_changes_when_a_line_moves_to_the_next_file(tmp_path):
    one, other = tmp_path / "bad.txt", tmp_path / "good.txt"
    versions = set()
    for moved in (0, 1):
        one.write_text("so dull\n" + "quite nice\n" * (1 - moved))
        other.write_text("quite nice\n" * moved + "very good\n")
        versions.add(Source.parse(f"lines:{one},{other}").version)
    assert len(versions) == 2


def test_load_reads_once():
    assert load("keyword?length=8") is load("keyword?length=8")


def test_draw_gives_what_was_asked_for_without_replacement(data):
    split = data.draw(seed=0, rows=20, validation=5, test=8)
    train, validation = first_tokens(split.train), first_tokens(split.validation)
    assert (len(train), len(validation)) == (20, 5)
    assert len({*train, *validation}) == 25
    assert {*train, *validation} <= set(range(100, 130))
    assert first_tokens(split.test) == list(range(200, 208))


def test_draw_keeps_labels_with_their_rows(data):
    split = data.draw(seed=0, rows=20, validation=5, test=8)
    for part in (split.train, split.validation, split.test):
        assert part.labels.tolist() == first_tokens(part)


def test_draw_repeats_for_a_seed_and_differs_between_seeds(data):
    first, again, other = (data.draw(seed, rows=20, validation=5, test=8) for seed in (1, 1, 2))
    assert first_tokens(first.train) == first_tokens(again.train)
    assert first_tokens(first.validation) == first_tokens(again.validation)
    assert set(first_tokens(first.train)) != set(first_tokens(other.train))
    assert first_tokens(first.test) == first_tokens(other.test)


@pytest.mark.parametrize(("rows", "validation", "sizes"), [(100, 50, (20, 10)), (40, 0, (30, 0)), (28, 7, (24, 6))])
def test_draw_shares_out_a_small_pool_in_proportion(data, rows, validation, sizes):
    split = data.draw(seed=0, rows=rows, validation=validation, test=100)
    assert (len(split.train), len(split.validation)) == sizes
    assert len(split.test) == 10


def test_collided_moves_the_first_word_to_the_fill_and_changes_nothing_else():
    rows = [[2, 3], [1, 4, 2]]
    data = Dataset(Sequences.from_rows(rows, [0, 1]), Sequences.from_rows([[4]], [1]), ("a", "b"), words=5)
    collided = data.collided()
    assert [row.tolist() for row in collided.train] == [[0, 1], [3, 2, 0]]
    assert [row.tolist() for row in collided.test] == [[2]]
    assert collided.train.labels.tolist() == [0, 1]
    assert (collided.classes, collided.words) == (("a", "b"), 5)
    assert [row.tolist() for row in data.train] == rows
