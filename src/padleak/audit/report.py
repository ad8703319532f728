"""What an audit gives back: what it found, and how that is said."""

from dataclasses import dataclass

from padleak.audit import render
from padleak.audit.account import Account


@dataclass(frozen=True, eq=False)
class AuditReport(Account):
    """What an audit found. It prints itself, and shows itself in notebooks.

    Attributes:
        model: Name of the model.
        pad_value: What fill held.
        findings: First causes first.
        examinations: With the weights as given, then with drawn ones.
        note: What was not tried, and how to.
    """

    def to_json(self) -> str:
        """`model`, `leaks`, `max_leak`, `tolerance`, `pad_value`, `findings` and `layers`."""
        return render.to_json(self)

    def to_html(self) -> str:
        """One page that stands alone."""
        return render.to_html(self)

    def to_junit(self) -> str:
        """A test suite with one case, for continuous integration."""
        return render.to_junit(self)

    def _repr_html_(self) -> str:
        """For notebooks: the page within a frame of its own, so that its style stays there."""
        escaped = self.to_html().replace("&", "&amp;").replace('"', "&quot;")
        return f'<iframe sandbox srcdoc="{escaped}" style="width: 100%; height: 30rem; border: 0"></iframe>'

    def __str__(self) -> str:
        return render.to_text(self)
