"""What comparing outputs does not show, a question a file: each gives findings beside the leaks."""

from collections.abc import Iterator

from padleak.audit.checks import batch_statistics, cudnn, empty_rows, gradients, hidden_steps, labels, saving
from padleak.audit.checks.case import Case
from padleak.audit.diagnosis import Finding
from padleak.audit.model import left_as_it_was

CHECKS = hidden_steps, batch_statistics, gradients, empty_rows, labels, saving, cudnn


def check(case: Case) -> Iterator[Finding]:
    """All findings beside the leaks; the model is left as it was after each question."""
    for question in CHECKS:
        with left_as_it_was(case.model), left_as_it_was(case.original):
            yield from question.findings(case)
