"""The documentation builds without a warning, its links lead somewhere, its code runs, its references are those of the code."""

import re
import subprocess
import sys
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urlsplit

import pytest

from code_blocks import blocks_of, run_page

pytestmark = pytest.mark.slow

REPOSITORY = Path(__file__).parents[1]
DOCS = REPOSITORY / "docs"
PAGES = [page for page in sorted(DOCS.rglob("*.md")) if "_build" not in page.parts and page.name != "traps.md"]
"""Of the traps, the tests of the catalogue run the code."""


@pytest.mark.parametrize(
    "page", [page for page in PAGES if any(block.is_run for block in blocks_of(page))], ids=lambda page: page.stem
)
def test_the_code_of_a_page_runs(page, tmp_path, monkeypatch):
    (tmp_path / "results").symlink_to(REPOSITORY / "results")
    monkeypatch.chdir(tmp_path)
    run_page(page)


def test_there_is_code_and_what_is_not_run_needs_what_is_not_here():
    blocks = [block for page in PAGES for block in blocks_of(page) if block.language == "python"]
    assert sum(block.is_run for block in blocks) >= 8
    assert {block.page.name for block in blocks if block.why_not} == {"cluster.md"}
    assert {block.page.parent.name for block in blocks if block.file} == {"how_to"}  # see test_extending.py


def test_references_are_those_of_the_code():
    folders = (REPOSITORY / "src", REPOSITORY / "experiments")
    code = " ".join(" ".join(file.read_text().split()) for folder in folders for file in folder.rglob("*.py"))
    references = (DOCS / "science.md").read_text().partition("## References")[2]
    cited = re.findall(r"[A-Z][\w -]+?(?: et al\.| & \w+| and \w+)? \d{4}|arXiv:[\d.]+\d|\b[\w-]+#\d+", references)
    assert len(cited) > 40
    assert not [reference for reference in cited if reference not in code]


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    """The site, built from nothing."""
    folder = tmp_path_factory.mktemp("site")
    command = [sys.executable, "-m", "sphinx", "-q", "-W", "--keep-going", str(DOCS), str(folder)]
    built = subprocess.run(command, capture_output=True, text=True, check=False)
    assert built.returncode == 0, built.stderr
    return folder


class Page(HTMLParser):
    """Collects what a page refers to and what may be referred to in it."""

    def __init__(self, file: Path):
        super().__init__()
        self.links, self.loaded, self.ids = set(), set(), set()
        self.feed(file.read_text())

    def handle_starttag(self, tag, attrs):
        attributes = dict(attrs)
        self.ids.add(attributes.get("id"))
        if tag == "a" and "href" in attributes:
            self.links.add(attributes["href"])
        if tag in ("script", "img", "iframe") and "src" in attributes:
            self.loaded.add(attributes["src"])
        if tag == "link" and "stylesheet" in attributes.get("rel", ""):
            self.loaded.add(attributes["href"])


def test_links_lead_somewhere(site):
    pages = {file: Page(file) for file in site.rglob("*.html")}
    assert len(pages) > 20
    dead = []
    for file, page in pages.items():
        for link in page.links:
            address = urlsplit(link)
            if address.scheme:
                continue
            target = (file.parent / unquote(address.path)).resolve() if address.path else file
            is_dead = not target.is_file() or (
                target in pages and address.fragment and unquote(address.fragment) not in pages[target].ids
            )
            if is_dead:
                dead.append(f"{file.relative_to(site)}: {link}")
    assert not dead


def test_nothing_is_loaded_from_elsewhere(site):
    loaded = {source for file in site.rglob("*.html") for source in Page(file).loaded}
    assert loaded and not [source for source in loaded if urlsplit(source).scheme or source.startswith("//")]


def test_every_package_has_its_page_with_what_it_gives_away(site):
    import padleak.data
    import padleak.measures

    assert {
        "padleak",
        "padleak.audit",
        "padleak.data",
        "padleak.measures",
        "padleak.models",
        "padleak.report",
        "padleak.study",
    } <= {file.stem for file in (site / "api").glob("*.html")}
    for package in (padleak.data, padleak.measures):
        text = (site / "api" / f"{package.__name__}.html").read_text()
        assert all(name in text for name in package.__all__)
        assert f'id="{package.__name__}.{"padding.pad" if package is padleak.data else "shift.Comparison"}"' in text
