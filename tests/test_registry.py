import importlib
import sys

import pytest

from padleak.errors import InputError
from padleak.registry import Registry


@pytest.fixture
def dishes() -> Registry:
    registry = Registry("dish")

    @registry.add
    def falafel():
        """Fried chickpeas.

        Best eaten hot.
        """

    @registry.add(name="pho", vegan=False)
    def noodle_soup():
        return "slurp"

    return registry


def test_names_are_listed_in_the_order_of_registration(dishes):
    assert dishes.names() == tuple(dishes) == ("falafel", "pho")
    assert "pho" in dishes
    assert "noodle_soup" not in dishes


def test_a_name_gives_the_function(dishes):
    assert dishes["pho"]() == "slurp"


def test_facts_are_what_was_said_beside(dishes):
    assert dishes.facts("pho") == {"vegan": False}
    assert dishes.facts("falafel") == {}


def test_summary_is_the_first_line_of_the_docstring(dishes):
    assert dishes.summary("falafel") == "Fried chickpeas."
    assert dishes.summary("pho") == ""


@pytest.mark.parametrize("look_up", ["__getitem__", "facts", "summary"])
def test_an_unknown_name_suggests_a_near_one(dishes, look_up):
    message = r"^dish must be one of falafel, pho; got falafle\. Did you mean falafel\?$"
    with pytest.raises(InputError, match=message):
        getattr(dishes, look_up)("falafle")


def test_an_unknown_name_with_nothing_near_suggests_nothing(dishes):
    with pytest.raises(InputError, match=r"got xyz\.$"):
        dishes["xyz"]


def test_a_name_of_another_module_is_not_taken_over(dishes):
    def falafel(): ...

    falafel.__module__ = "elsewhere"
    taken = dishes["falafel"]
    with pytest.raises(InputError, match=r"^dish must be a name not taken yet; got falafel"):
        dishes.add(falafel)
    assert dishes["falafel"] is taken


def test_a_module_may_register_its_function_anew(dishes):
    def falafel(): ...

    dishes.add(falafel, vegan=True)
    assert dishes["falafel"] is falafel
    assert dishes.facts("falafel") == {"vegan": True}


@pytest.fixture
def kitchen(tmp_path, monkeypatch):
    """The registry of a package `kitchen`, whose modules `soup` and `stew` register one dish each."""
    package = tmp_path / "kitchen"
    package.mkdir()
    (package / "__init__.py").write_text(
        "from padleak.registry import Registry\ndishes = Registry('dish', package='kitchen')"
    )
    for name in ("soup", "stew"):
        (package / f"{name}.py").write_text(f"from kitchen import dishes\n@dishes.add\ndef {name}(): ...")
    monkeypatch.syspath_prepend(tmp_path)
    yield importlib.import_module("kitchen").dishes
    for module in ("kitchen", "kitchen.soup", "kitchen.stew"):
        sys.modules.pop(module, None)


@pytest.mark.parametrize(
    "look_up",
    [Registry.names, list, lambda dishes: dishes["stew"], lambda dishes: "stew" in dishes],
    ids=["names", "iterate", "item", "contains"],
)
def test_the_first_look_up_imports_every_module_of_the_package(kitchen, look_up):
    assert {"kitchen.soup", "kitchen.stew"}.isdisjoint(sys.modules)
    assert look_up(kitchen)
    assert {"kitchen.soup", "kitchen.stew"} <= set(sys.modules)
    assert kitchen.names() == ("soup", "stew")
