"""Keys drift on purpose or not at all: else finished results would be lost, or taken for what they are not."""

from pathlib import Path

import pytest

import golden

REPOSITORY = Path(__file__).parents[2]


def test_every_key_is_the_golden_one(monkeypatch):
    monkeypatch.delenv("KERAS_BACKEND", raising=False)
    monkeypatch.delenv("PADLEAK_EXPERIMENTS", raising=False)
    ours, known = set(golden.keys().splitlines()), set(golden.KEYS.read_text().splitlines())
    assert (sorted(known - ours)[:3], sorted(ours - known)[:3]) == ([], []), "see tests/golden/golden.py"


def test_the_changelog_names_the_golden_values_that_hold():
    newest = golden.fingerprint()
    named = [line for line in (REPOSITORY / "CHANGELOG.md").read_text().splitlines() if "Golden values `" in line]
    assert named and f"`{newest}`" in named[0], f"say in CHANGELOG.md why they are `{newest}` now"


def test_a_change_of_either_file_needs_a_new_line(monkeypatch, tmp_path):
    before = golden.fingerprint()
    for name in ("KEYS", "NUMBERS"):
        changed = tmp_path / name
        changed.write_bytes(getattr(golden, name).read_bytes() + b"\n")
        with monkeypatch.context() as patched:
            patched.setattr(golden, name, changed)
            assert golden.fingerprint() != before


@pytest.mark.parametrize("profile", ["smoke", "standard"])
def test_there_is_a_key_for_every_experiment(profile):
    from padleak.study.experiment import find_experiments

    known = {line.split()[1] for line in golden.KEYS.read_text().splitlines() if line.startswith(profile)}
    assert known == set(find_experiments())
