"""The pages in a real browser: they load without a complaint, sort, filter, fit a phone, print, and are accessible."""

import base64
import json
import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest

import padleak
from padleak.report.page import Section, gather, templates
from padleak.report.words import told_part

pytestmark = pytest.mark.slow

REPOSITORY = Path(__file__).parents[2]
BROWSER = REPOSITORY / "tests" / "browser"
REFERENCE = REPOSITORY / "results" / "reference"
_OLDEST_NODE = 20
_NO_NETWORK = "EAI_AGAIN|ENOTFOUND|ECONNREFUSED|ECONNRESET|ETIMEDOUT|ENETUNREACH|EHOSTUNREACH|E403|E407|network"
_NO_START = "Failed to launch|error while loading shared libraries"


def call(*command: str) -> subprocess.CompletedProcess:
    return subprocess.run(
        command, cwd=BROWSER, capture_output=True, text=True, check=False, timeout=300, env=os.environ
    )


@pytest.fixture(scope="module")
def node() -> str:
    """Node, with the browser installed beside its script."""
    found, npm = shutil.which("node"), shutil.which("npm")
    if not found or not npm:
        pytest.skip("no browser: node and npm are not on this machine")
    version = call(found, "--version").stdout.strip()
    if int(version.removeprefix("v").partition(".")[0]) < _OLDEST_NODE:
        pytest.skip(f"no browser: node {version} is older than {_OLDEST_NODE}")
    lock, stamp = BROWSER / "package-lock.json", BROWSER / "node_modules" / "installed"
    if not stamp.is_file() or stamp.read_bytes() != lock.read_bytes():
        installed = call(npm, "ci", "--no-audit", "--no-fund", "--ignore-scripts")
        if installed.returncode and re.search(_NO_NETWORK, installed.stderr):
            pytest.skip(f"no browser: the npm registry cannot be reached ({installed.stderr.strip().splitlines()[-1]})")
        assert installed.returncode == 0, installed.stderr
        shutil.copy(lock, stamp)
    return found


def look(node: str, kind: str, page: Path) -> dict:
    """What `look.mjs` sees."""
    seen = call(node, "look.mjs", kind, str(page))
    if seen.returncode and re.search(_NO_START, seen.stderr):
        pytest.skip(f"no browser: Chromium does not start here ({seen.stderr.strip().splitlines()[0]})")
    assert seen.returncode == 0, seen.stderr
    return json.loads(seen.stdout)


def read_section(name: str, experiment: str) -> Section:
    """A figure of the reference, as it was drawn."""
    title, caption = json.loads((REFERENCE / "figures" / f"{name}.json").read_text())
    picture = base64.b64encode((REFERENCE / "figures" / f"{name}.svg").read_bytes()).decode()
    return Section(name, experiment, title, caption, f"data:image/svg+xml;base64,{picture}")


@pytest.fixture(scope="module")
def results():
    return padleak.load(REFERENCE)


@pytest.fixture(scope="module")
def text(results) -> str:
    """The page of the reference by the templates as they are, with one cell that failed."""
    experiments = results.run["experiments"].items()
    content = gather(results, [read_section(name, of) for of, about in experiments for name in about["figures"]])
    content["failures"] = [{"cell": "some cell", "error": "ValueError", "traceback": "one line\n" + 200 * "wide "}]
    return templates().get_template("report.html.j2").render(content)


@pytest.fixture(scope="module")
def seen(node, text, tmp_path_factory) -> dict:
    page = tmp_path_factory.mktemp("page") / "report.html"
    page.write_text(text, encoding="utf-8")
    return look(node, "report", page)


@pytest.fixture(scope="module")
def seen_audit(node, tmp_path_factory) -> dict:
    """The page of an audit that finds something."""
    from padleak.models import backend
    from padleak.models.backend import keras

    backend.start()
    front = [keras.layers.Input((None,)), keras.layers.Embedding(50, 8, mask_zero=True), keras.layers.Masking(0.0)]
    model = keras.Sequential([*front, keras.layers.LSTM(4), keras.layers.Dense(1)])
    page = tmp_path_factory.mktemp("audit") / "audit.html"
    page.write_text(padleak.audit(model).to_html(), encoding="utf-8")
    return look(node, "audit", page)


@pytest.fixture(params=["report", "audit"])
def any_page(request) -> dict:
    return request.getfixturevalue("seen" if request.param == "report" else "seen_audit")


def ids(state: dict) -> list[str]:
    return [row["id"] for row in state["rows"]]


def test_it_loads_without_a_complaint_and_asks_for_nothing_else(any_page):
    assert any_page["heard"] == []
    assert [address for address in any_page["requests"] if not address.startswith("data:")] == any_page["requests"][:1]
    assert any_page["requests"][0].startswith("file:")


def test_it_fits_every_width(any_page):
    assert {width: wide for width, wide in any_page["widths"].items() if wide > int(width)} == {}
    assert {"320", "360", "390"} <= set(any_page["widths"])


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_text_stands_out_from_what_is_behind_it(any_page, scheme):
    least = any_page["contrast"][scheme]
    assert least["texts"] > 20
    assert least["ratio"] >= 4.5, least["text"]


def test_axe_finds_nothing(any_page):
    assert any_page["violations"] == {"light": [], "dark": [], "narrow": []}


def test_every_figure_is_shown_and_has_words_in_its_place(seen, text):
    assert len(seen["pictures"]) == text.count("<img ") > 40
    assert all(picture["loaded"] and len(picture["alt"]) > 40 for picture in seen["pictures"])


def test_links_lead_somewhere_and_from_each_row_to_its_claim(seen, text, results):
    assert seen["deadLinks"] == []
    for claim in results.verdicts["id"]:
        assert text.count(f'<a class="id" href="#{claim}">') == 2 and f'<article class="claim" id="{claim}"' in text


def test_a_keyboard_can_skip_the_contents(seen):
    assert seen["keyboard"] == {"first": "#main", "then": "main"}


def test_without_script_the_table_is_whole(seen, results):
    assert ids(seen["bare"]) == list(results.verdicts["id"])
    assert not seen["bare"]["controls"] and not any(heading["button"] for heading in seen["bare"]["headings"])


def sort_key(value: str) -> tuple[bool, float, str]:
    """Numbers by size, p-values among them; a dash last."""
    number = value.replace("< .001", "0")
    is_number = re.fullmatch(r"[\d.]+", number) is not None
    return value == "-", float(number) if is_number else 0.0, "" if is_number else value.casefold()


def test_every_heading_with_a_button_sorts_by_click_enter_and_space(seen):
    assert [one["column"] for one in seen["sorting"]] == [0, 1, 2, 4, 5]
    for one in seen["sorting"]:
        ways = {way: [heading["sort"] for heading in one[way]["headings"]] for way in ("clicked", "entered", "spaced")}
        assert all(sum(sort is not None for sort in sorts) == 1 for sorts in ways.values())
        turns = [ways[way][one["column"]] for way in ways]
        # The first column is sorted to begin with, so that a click turns it.
        assert turns == (["descending", "ascending"] * 2)[one["column"] > 0 :][:3]


def test_sorted_rows_are_in_order(seen, results):
    by_column = {one["column"]: one for one in seen["sorting"]}
    assert ids(by_column[0]["entered"]) == ids(by_column[0]["clicked"])[::-1] == list(results.verdicts["id"])
    for column in (1, 2, 4, 5):
        keys = [sort_key(row["cells"][column]) for row in by_column[column]["clicked"]["rows"]]
        assert keys == sorted(keys) and len(keys) == len(results.verdicts)
        turned = [sort_key(row["cells"][column]) for row in by_column[column]["entered"]["rows"]]
        missing = [key for key in keys if key[0]]
        assert turned == [*sorted((key for key in keys if not key[0]), reverse=True), *missing]


def test_a_verdict_shows_just_its_rows_and_says_how_many(seen, results):
    counts = results.verdicts.verdict.value_counts()
    assert set(seen["filter"]["verdicts"]) == set(counts.index)
    for verdict, state in seen["filter"]["verdicts"].items():
        assert {row["verdict"] for row in state["rows"]} == {verdict}
        assert state["status"] == f"{counts[verdict]} of {len(results.verdicts)} claims shown"
        assert len(state["rows"]) == counts[verdict]


def test_a_source_shows_just_its_rows(seen, results):
    for source, state in seen["filter"]["sources"].items():
        expected = results.verdicts if source == "" else results.verdicts[results.verdicts.source == source]
        assert sorted(ids(state)) == sorted(expected["id"])
        assert state["status"].startswith(f"{len(expected)} of ")


def test_words_are_sought_in_all_of_a_row_and_together_with_the_verdict(seen, results):
    def text(row) -> str:
        part = told_part(row)
        return f"{row['statement']} {row['source']} {part['unit']} {part['what']}".lower()

    rows = results.verdicts.to_dict("records")
    found = [row for row in rows if all(word in text(row) for word in ("mask", "lstm"))]
    assert sorted(ids(seen["filter"]["words"])) == sorted(row["id"] for row in found) != []
    first = next(iter(seen["filter"]["verdicts"]))
    assert sorted(ids(seen["filter"]["both"])) == sorted(row["id"] for row in found if row["verdict"] == first)
    assert seen["filter"]["nothing"]["rows"] == [] and seen["filter"]["nothing"]["status"].startswith("0 of ")
    assert len(seen["filter"]["cleared"]["rows"]) == len(results.verdicts)


def test_on_paper_everything_is_there_and_nothing_to_press(seen, results):
    paper = seen["filter"]["paper"]
    assert len(seen["filter"]["printed"]["rows"]) == len(results.verdicts)
    assert paper["shown"] == [] and paper["closed"] == 0 < paper["details"] and paper["wholeFigures"]
    assert paper["background"] == "#ffffff" and paper["contrast"]["ratio"] >= 4.5
    assert paper["wide"] <= paper["width"]
