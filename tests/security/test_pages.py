"""What data, names and models hold is text in every page: it becomes no script, no handler, no link and no picture."""

import base64
import json
import re
from html.parser import HTMLParser
from importlib.resources import files
from xml.etree import ElementTree

import keras
import pandas as pd
import pytest

import padleak
from padleak.errors import InputError, printable
from padleak.report import page
from padleak.report.plots import Drawn, new_figure
from padleak.report.summary import summarise_into
from padleak.report.templating import templates, to_markdown
from padleak.study.store import describe_environment

EVIL = [
    "<script>alert(1)</script>",
    "\"><img src=x onerror='alert(1)'>",
    "'><svg onload=alert(1)>",
    "{{7*7}}{% raw %}",
    "[here](javascript:alert(1))",
    "![x](http://evil.example/x.png)",
    "<a href=javascript:alert(1)>",
    "</title></style></pre><script>alert(1)</script>",
    "a\n\n<iframe src=//evil.example>\n",
    "$\\frac$ [red]\x1b[31m",
]
TAGS = {
    "html", "head", "meta", "title", "style", "body", "header", "h1", "h2", "h3", "p", "nav", "a", "main", "section",
    "table", "thead", "tr", "th", "tbody", "td", "strong", "small", "details", "summary", "div", "br", "figure", "img",
    "figcaption", "ul", "ol", "li", "code", "pre", "em", "span", "article", "svg", "rect", "caption", "fieldset", "legend",
    "label", "input", "select", "option", "output", "button", "b", "h4",
}  # fmt: skip
"""Those of our templates."""
OURS = (files("padleak.report") / "templates" / "page.js").read_text(encoding="utf-8").removesuffix("\n")


class Page(HTMLParser):
    """The tags of a page and their attributes."""

    def __init__(self, text: str):
        super().__init__()
        self.tags: set[str] = set()
        self.links: list[str] = []
        self.handlers: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag, attributes):
        self.tags.add(tag)
        self.links += [value or "" for name, value in attributes if name in ("href", "src", "srcset", "action", "data")]
        self.handlers += [name for name, _ in attributes if name.startswith("on")]


def is_tame(text: str) -> bool:
    """Whether a page holds nothing but what our templates hold, their one script included."""
    found = Page(text.replace(f"<script>{OURS}</script>", "", 1))
    links = all(re.match(r"#|data:image/svg\+xml;base64,", link) for link in found.links)
    return found.tags <= TAGS and not found.handlers and links and "49" not in text


def poisoned(thing, evil):
    """The same with the evil behind every text in it, keys too, but for the words that steer."""
    if isinstance(thing, dict):
        return {
            name if name.islower() else f"{name}{evil}": part if name in ("figures", "cells") else poisoned(part, evil)
            for name, part in thing.items()
        }
    if isinstance(thing, list):
        return [poisoned(part, evil) for part in thing]
    return f"{thing}{evil}" if isinstance(thing, str) else thing


@pytest.fixture(params=["".join(EVIL[:-1]), EVIL[-1]], ids=["markup", "formula"])
def evil(request):
    return request.param


@pytest.fixture
def folder(evil, tmp_path, monkeypatch):
    """Results in which every text is poisoned, of cells, data and figures, too."""

    def draw(table, results):
        figure, panels = new_figure(height=9)
        panels[0, 0].plot([0, 1], label=evil)
        panels[0, 0].set(title=evil[:30], yticks=[0], yticklabels=[evil[:30]])
        return Drawn(figure, evil, evil)

    monkeypatch.setattr(page, "figures", {"plain": draw})
    part = {
        "what": "w", "unit": "u", "effect": 1.0, "low": 0.5, "high": 2.0, "n": 3, "rule": "r", "holds": True,
        "standardised": 1.0, "detectable": 0.1,
    }  # fmt: skip
    verdict = part | {
        "id": "X1", "statement": "s", "source": "s", "experiment": "e", "verdict": "supported", "p": 0.01, "p_holm": 0.01,
        "figure": "plain", "cells": ["abc"], "missing": 1, "parts": [part],
    }  # fmt: skip
    about = {
        "question": "q", "figures": ["plain"], "cells": ["abc"], "missing": ["m"], "skipped": {"REASON": 2},
        "failures": [{"key": "m", "cell": "c", "settings": {}, "error": "e", "traceback": "t"}],
    }  # fmt: skip
    run = {"profile": {"name": "p", "data": "csv:/a/b.csv"}, "experiments": {"EXPERIMENT": about}}
    for name, thing in (("verdicts", [verdict]), ("run", run), ("environment", describe_environment())):
        (tmp_path / f"{name}.json").write_text(json.dumps(poisoned(thing, evil)))
    row = {"cell": "abc", "probe": evil, "layer": evil, "metric": "m", "value": 1.0, "data": evil}
    pd.DataFrame([row]).to_parquet(tmp_path / "measurements.parquet")
    cell = {"cell": "abc", "seed": 0, "seconds": 1.0, "epochs": 1, "data": f"csv:{evil}", "seconds_per_step": 1.0}
    pd.DataFrame([cell]).to_csv(tmp_path / "cells.csv", index=False)
    return tmp_path


class TestReport:
    def test_holds_nothing_but_ours(self, folder, evil):
        page.write_report(folder)
        text = (folder / "report.html").read_text()
        assert is_tame(text)
        assert ("X1" in text and "alert" in text) or "alert" not in evil

    def test_as_markdown_holds_no_tags_and_no_links(self, folder, evil):
        page.write_report(folder)
        (folder / "README.md").write_text("<!-- results -->\n<!-- results -->")
        summarise_into(folder, folder / "README.md")
        for name in ("report.md", "README.md"):
            text = (folder / name).read_text().replace("<!-- results -->", "")
            assert not re.search(r"<[a-zA-Z/!?]", text)
            assert set(re.findall(r"\]\((.*?)\)", text)) <= {"figures/plain.png"}

    def test_has_figures_that_hold_text_alone(self, folder, evil):
        said = []
        page.write_report(folder, said.append)
        if "frac" in evil:  # a formula that is none costs the figure alone
            assert any(line.startswith("Could not draw plain") for line in said)
            return
        assert not any(line.startswith("Could not draw") for line in said), said
        shown = re.search(r"data:image/svg\+xml;base64,([^\"]+)", (folder / "report.html").read_text())[1]
        assert base64.b64decode(shown) == (folder / "figures" / "plain.svg").read_bytes()
        tree = ElementTree.fromstring(base64.b64decode(shown))
        names = {element.tag.rpartition("}")[2] for element in tree.iter()}
        assert not names & {"script", "img", "iframe", "foreignObject", "a", "image", "animate", "set"}
        links = [value for e in tree.iter() for name, value in e.attrib.items() if name.endswith("href")]
        assert all(link.startswith("#") for link in links)
        assert not [name for e in tree.iter() for name in e.attrib if name.startswith("on")]

    @pytest.mark.parametrize("name", ["report.html.j2", "methods.html.j2"])
    def test_templates_of_pages_escape(self, name):
        environment = templates()
        assert environment.autoescape(name)
        assert not re.search(r"\|\s*safe|autoescape|Markup", environment.loader.get_source(environment, name)[0])


@pytest.fixture(scope="module")
def report():
    """An audit of a model whose names are evil as far as Keras lets them be."""
    ids = keras.Input((None,), name="ids<script>")
    names = [re.sub("/", "", text) for text in EVIL]
    values = keras.layers.Embedding(9, 4, name=names[1])(ids)
    for name in names[2:]:
        values = keras.layers.Dense(2, name=name)(values)
    values = keras.layers.GRU(2, return_sequences=True)(values)
    return padleak.audit(keras.Model(ids, values, name=names[0]))


class TestAudit:
    def test_page_holds_nothing_but_ours(self, report):
        text = report.to_html()
        assert is_tame(text) and report.leaks
        assert text.count("alert(1)") > 5

    def test_notebook_shows_it_in_a_frame_without_scripts(self, report):
        found = Page(report._repr_html_())
        assert found.tags == {"iframe"} and not found.handlers
        assert "<iframe sandbox srcdoc=" in report._repr_html_()

    def test_text_shows_brackets_and_steers_no_terminal(self, report):
        assert "[red]" in str(report) and "{{7*7}}" in str(report)
        assert not re.search(r"[\x00-\x08\x0b-\x1f\x7f]", str(report))

    def test_junit_is_well_formed(self, report):
        assert "alert(1)" in ElementTree.fromstring(report.to_junit()).find("testcase").attrib["name"]

    def test_json_is_read_back(self, report):
        assert json.loads(report.to_json())["model"].startswith("<script>")


def test_messages_steer_no_terminal():
    assert str(InputError("model", "good", "\x1b]0;title\x07\udc80")) == "model must be good; got �]0;title��."
    assert printable("ä\tb\n\N{NO-BREAK SPACE}€") == "ä\tb\n\N{NO-BREAK SPACE}€"


def test_this_would_find_what_is_not_escaped():
    for text in (
        "<script>x</script>",
        "<p onclick=x>",
        "<a href='javascript:x'>",
        "<img src='http://x'>",
        "<svg onload=x>",
        "<iframe>",
        "49",
    ):
        assert not is_tame(text)
    assert is_tame("<p>&lt;script&gt;</p>")
    assert to_markdown("p < .001 [1, 2]") == "p < .001 [1, 2]"
