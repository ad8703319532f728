"""Thirty kills in a storm: nothing lost, nothing different, every torn cell found. `storm.py` does any number."""

import pytest
from storm import storm


@pytest.mark.slow
def test_after_any_kills_the_results_are_those_of_a_run_without(tmp_path, monkeypatch):
    monkeypatch.setenv("PADLEAK_EXPERIMENTS", "")  # what the storm sets ends with the test
    seen = storm(tmp_path, kills=30, seed=1)
    print(seen)
    assert seen.kills >= 30 and len(seen.blows) > 2
    assert (seen.lost, seen.differing) == (0, [])
    assert seen.found == seen.torn
