"""Every trap is found first and at the right layer, every cure and every clean model passes."""

import re
from pathlib import Path

import pytest
from clean_models import CLEAN
from samples import BATCH

import padleak
from padleak.audit.catalogue import CATALOGUE
from padleak.models import backend

pytestmark = [pytest.mark.slow, pytest.mark.filterwarnings("ignore")]


@pytest.mark.parametrize("trap", CATALOGUE, ids=lambda trap: trap.name)
class TestCatalogue:
    def test_the_trap_is_found_at_the_right_layer(self, trap):
        if trap.only_on not in ("", backend.name()):
            pytest.skip(f"a matter of {trap.only_on}")
        report = trap.audit(mended=False)
        assert report.leaks is trap.leaks and report.findings[0].code == trap.code
        assert re.fullmatch(rf"(.*/)?{trap.layer}(_\d+)?", report.findings[0].layer)

    def test_the_cure_is_clean(self, trap):
        if not trap.has_cure:
            pytest.skip("there is none within the model")
        report = trap.audit(mended=True)
        assert not report.leaks and not report.findings


def test_the_catalogue_is_written_down():
    text = (Path(__file__).parents[2] / "docs" / "traps.md").read_text()
    sections = re.findall(r"^### (.*)\n\n`(.*?)`", text, re.MULTILINE)
    assert sections == [(trap.name.capitalize(), trap.code) for trap in CATALOGUE]


@pytest.mark.parametrize("name", CLEAN)
def test_clean_models_pass_without_a_finding(name):
    model = CLEAN[name]()
    report = padleak.audit(model, BATCH if name == "subclassed" else None)
    assert not report.leaks and not report.findings, str(report)
