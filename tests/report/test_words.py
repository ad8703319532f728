"""Which part of a claim a table tells."""

import pytest

from padleak.report.words import told_part


@pytest.mark.parametrize(
    ("verdict", "holds", "told"),
    [
        ("supported", [True, True], 0),
        ("refuted", [True, False, False], 1),
        ("refuted", [False, True], 0),
        ("inconclusive", [True, False], 0),
        ("inconclusive", [None, None], 0),
        ("equivalent", [False, True], 0),
    ],
)
def test_a_refuted_claim_is_told_by_what_does_not_hold_and_others_by_their_first_part(verdict, holds, told):
    parts = [{"what": number, "holds": one} for number, one in enumerate(holds)]
    assert told_part({"verdict": verdict, "parts": parts})["what"] == told
