"""Fifty kills in two storms: nothing lost, nothing different, every torn cell found. `storm.py` does any number."""

import pytest
from storm import storm

pytestmark = pytest.mark.slow


@pytest.mark.parametrize("seed", [1, 2])
def test_after_any_kills_the_results_are_those_of_a_run_without(tmp_path, monkeypatch, seed):
    monkeypatch.setenv("PADLEAK_EXPERIMENTS", "")  # what the storm sets ends with the test
    seen = storm(tmp_path, kills=25, seed=seed)
    print(f"seed {seed}: {seen}")
    assert seen.kills >= 25 and len(seen.blows) > 2
    assert (seen.lost, seen.differing) == (0, [])
    assert seen.found == seen.torn
