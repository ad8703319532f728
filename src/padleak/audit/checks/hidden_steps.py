"""Do masks call real steps fill?"""

from collections.abc import Iterator

from padleak.audit.checks.case import Case
from padleak.audit.diagnosis import Finding, make_finding


def findings(case: Case) -> Iterator[Finding]:
    """The first mask that does."""
    home = case.given.home
    for call in case.given.reference.calls:
        mask = call.mask_out
        if call.is_leaf and mask is not None and home.fits(mask):
            hidden = float(1 - mask[:, home.places].mean())
            if hidden > 0:
                yield make_finding("REAL_STEP_HIDDEN", call, hidden, "warning")
                return
