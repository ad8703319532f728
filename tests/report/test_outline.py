"""The order of the page, and what it lets the browser do."""

import base64
import hashlib
import re
from types import SimpleNamespace

from padleak.report.outline import count_verdicts, group_by_experiment, list_sources
from padleak.report.page import templates
from padleak.report.policy import content_policy

CLAIMS = [
    {"id": "A1", "verdict": "refuted", "source": "one", "experiment": "first"},
    {"id": "A2", "verdict": "supported", "source": "two", "experiment": "second"},
    {"id": "A3", "verdict": "refuted", "source": "two", "experiment": "second"},
]


def test_claims_and_figures_stand_beside_their_experiment():
    sections = [SimpleNamespace(name="drawn", experiment="second"), SimpleNamespace(name="alone", experiment="third")]
    experiments = {name: {"question": f"{name}?"} for name in ("first", "second", "third", "fourth")}
    groups = group_by_experiment(experiments, CLAIMS, iter(sections))
    assert [
        (group.name, [claim["id"] for claim in group.claims], [section.name for section in group.sections])
        for group in groups
    ] == [("first", ["A1"], []), ("second", ["A2", "A3"], ["drawn"]), ("third", [], ["alone"])]
    assert groups[0].question == "first?"


def test_verdicts_and_sources_are_counted():
    assert count_verdicts(CLAIMS) == [("supported", 1), ("refuted", 2)]
    assert list_sources(CLAIMS) == [("two", 2), ("one", 1)]


def test_the_policy_names_style_and_script_as_they_stand_in_the_page():
    page = (
        templates()
        .from_string('<style>{% include "page.css" %}</style><script>{% include "page.js" %}</script>')
        .render()
    )
    for tag in ("style", "script"):
        (text,) = re.findall(f"<{tag}>(.*)</{tag}>", page, re.DOTALL)
        digest = base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()
        assert f"{tag}-src 'sha256-{digest}'" in content_policy()
    assert content_policy().startswith("default-src 'none'; img-src data:;")
