"""Two hundred damaged cells, some by each kind of harm. `damage.py` does any number."""

import damage
import pytest


@pytest.mark.parametrize("harm", damage.HARMS, ids=lambda harm: harm.__name__)
def test_damage_of_every_kind_is_found_set_aside_and_made_anew(tmp_path, harm):
    found = damage.damage_some(tmp_path, 29, seed=1, harms=(harm,))
    assert found == damage.Findings(damaged=29, found=29)
