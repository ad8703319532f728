from collections.abc import Callable

import numpy as np
import pytest

from padleak.data import Dataset
from padleak.data.dataset import Source
from padleak.errors import InputError


def read(options: str = "") -> Dataset:
    return Source.parse(f"docstrings{options}").read()


@pytest.fixture
def install(tmp_path, monkeypatch) -> Callable:
    """Put libraries `alpha` and `beta` in the place of the installed ones; `install` gives one of them texts.

    Texts are told apart by their number of words: `alpha` always has 2 to 21, `beta` 22 to 41.
    """
    monkeypatch.setattr("padleak.data.docstrings.LIBRARIES", ("alpha", "beta"))
    monkeypatch.setenv("PADLEAK_CACHE", str(tmp_path / "cache"))
    stock = {"alpha": range(2, 22), "beta": range(22, 42)}

    def install(library: str, *texts: str, version: str = "1", source: str = "", file: str = "__init__.py") -> None:
        texts += tuple(" ".join(f"w{number}" for number in range(n)) for n in stock[library])
        functions = [f"def f{number}():\n    {text!r}\n" for number, text in enumerate(texts)]
        target = tmp_path / library / file
        target.parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / library / "__init__.py").touch()
        target.write_text("\n".join([source, *functions]))
        metadata = tmp_path / f"{library}-0.dist-info" / "METADATA"
        metadata.parent.mkdir(exist_ok=True)
        metadata.write_text(f"Metadata-Version: 2.1\nName: {library}\nVersion: {version}\n")

    install("alpha")
    install("beta")
    monkeypatch.syspath_prepend(tmp_path)
    return install


def lengths(data: Dataset, library: str) -> list[int]:
    """Lengths of a library's texts besides those that it always has."""
    label = data.classes.index(library)
    found = [n for pool in (data.train, data.test) for n in pool.lengths[pool.labels == label].tolist()]
    for n in range(2, 22) if library == "alpha" else range(22, 42):
        found.remove(n)
    return sorted(found)


def words(count: int) -> str:
    return " ".join(f"v{k}" for k in range(count))


def test_every_text_is_labelled_with_its_library(install):
    data = read()
    assert data.classes == ("alpha", "beta")
    assert lengths(data, "alpha") == lengths(data, "beta") == []
    assert len(data.train) + len(data.test) == 40
    assert min(len(data.train), len(data.test)) > 0


def test_summary_is_the_first_paragraph_and_whole_is_all(install):
    install("alpha", f"{words(50)}\n{words(10)}\n   \n{words(15)}\n\nA last one.")
    assert lengths(read(), "alpha") == [60]
    assert lengths(read("?text=whole"), "alpha") == [78]


def test_docstrings_of_modules_classes_and_inner_functions_are_read(install):
    source = f'''"""{words(50)}"""
class A:
    """{words(51)}"""
    async def method(self):
        """{words(52)}"""
        def inner():
            """{words(53)}"""
    def blank(self):
        """   """
    constant = "{words(54)}"
'''
    install("beta", source=source)
    assert lengths(read(), "beta") == [50, 51, 52, 53]


def test_folders_of_tests_are_left_out(install):
    install("alpha", words(50), file="sub/__init__.py")
    install("alpha", words(60), file="sub/tests/test_it.py")
    assert lengths(read(), "alpha") == [50]


def test_names_of_libraries_are_taken_out(install):
    install("alpha", f"NumPy's np.ndarray, {words(50)} of pandas")
    assert lengths(read(), "alpha") == [51]


def test_a_text_that_occurs_twice_is_used_once(install):
    install("alpha", words(50), words(50).upper(), f"{words(50)}.")
    data = read()
    assert lengths(data, "alpha") == [50]
    assert data.skipped["repeats another text"] == 2


def test_a_text_of_two_libraries_is_used_by_neither(install):
    install("alpha", words(50))
    install("beta", words(50))
    data = read()
    assert lengths(data, "alpha") == lengths(data, "beta") == []
    assert data.skipped["shared by two libraries"] == 1


def test_texts_of_fewer_than_two_words_are_left_out(install):
    install("alpha", "numpy array", "?!")
    data = read()
    assert lengths(data, "alpha") == []
    assert data.skipped["fewer than 2 words"] == 2


def test_a_text_keeps_its_side_of_the_split_when_others_come(install):
    before = read()
    install("alpha", *map(words, range(50, 80)), version="2")
    after = read()
    assert len(after.train) + len(after.test) == 70
    assert set(before.train.lengths.tolist()) < set(after.train.lengths.tolist())
    assert set(before.test.lengths.tolist()) < set(after.test.lengths.tolist())


def test_the_sources_are_walked_once_a_version(install):
    read()
    install("alpha", words(50))
    assert lengths(read(), "alpha") == []
    install("alpha", words(50), version="2")
    assert lengths(read(), "alpha") == [50]


def test_version_changes_with_that_of_a_library(install):
    before = Source.parse("docstrings").version
    install("beta", version="2")
    assert Source.parse("docstrings").version != before


def test_vocabulary_is_made_from_the_training_pool(install):
    install("alpha", *(f"only{n} here{n}" for n in range(40)))
    data = read()
    unknown = [1 in row for row in data.test]
    assert not any(1 in row for row in data.train)
    assert any(unknown) and not all(unknown)


def test_words_bound_the_ids(install):
    data = read("?words=10")
    assert data.words == 10
    assert set(data.train.values.tolist()) == set(range(1, 10))


def test_text_is_summary_or_whole(install):
    with pytest.raises(InputError, match=r"^text must be summary or whole; got half"):
        read("?text=half")


def test_installed_libraries_give_enough_text_twice_the_same():
    first, second = read(), read()
    assert len(first.train) > 8000
    assert first.classes == ("matplotlib", "numpy", "pandas", "scipy")
    for one, other in ((first.train, second.train), (first.test, second.test)):
        assert set(one.labels.tolist()) == {0, 1, 2, 3}
        assert one.lengths.min() >= 2
        assert 1 <= one.values.min() <= one.values.max() < first.words == 2000
        assert np.array_equal(one.values, other.values)
        assert np.array_equal(one.labels, other.labels)


def test_no_installed_text_stands_on_both_sides():
    # With every training word in the vocabulary, equal ids mean equal texts.
    data = read("?words=1000000")
    assert {tuple(row) for row in data.train}.isdisjoint(tuple(row) for row in data.test)


def test_first_rows_of_the_installed_text_stand_for_all():
    data = read()
    for pool in (data.train, data.test):
        whole, first = (np.bincount(labels) / len(labels) for labels in (pool.labels, pool.labels[:1000]))
        assert first == pytest.approx(whole, abs=0.07)
