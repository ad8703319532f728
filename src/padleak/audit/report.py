"""What an audit found, for people and for programs."""

import json
from dataclasses import asdict, dataclass
from typing import Any
from xml.etree import ElementTree

import jinja2
import numpy as np
import pandas as pd

from padleak.audit.diagnosis import Finding
from padleak.audit.probe import Examination, Leaks

_LOUD = 0.3
"""Tolerances above it are none to speak of, whatever the number type."""


@dataclass(frozen=True, eq=False)
class AuditReport:
    """What an audit found. It prints itself, and shows itself in notebooks.

    Attributes:
        model: Name of the model.
        findings: First causes first.
        examinations: With the weights as given, then with drawn ones.
    """

    model: str
    findings: tuple[Finding, ...]
    examinations: tuple[Examination, ...]

    @property
    def leaks(self) -> bool:
        """Whether fill changes an output, with the weights as given or with drawn ones."""
        return any(
            leaks.outputs > examination.tolerance for examination in self.examinations for leaks in examination.leaks
        )

    @property
    def max_leak(self) -> float:
        """The largest leak of the outputs, in times the effect of one exchanged step, whatever the weights."""
        return max((leaks.outputs for examination in self.examinations for leaks in examination.leaks), default=0.0)

    @property
    def layers(self) -> pd.DataFrame:
        """One row a call of a layer, in order.

        Columns: `layer` (path), `kind`, `mask_in` and `mask_out` (`right`, `wrong`, `other shape` or nothing), and the leak of
        its outputs under each condition.
        """
        first = self.examinations[0]
        rows = []
        for position, call in enumerate(first.reference.calls):
            if call.is_about_masks:
                continue
            row: dict[str, Any] = {"layer": call.path, "kind": call.kind, "mask_in": "", "mask_out": ""}
            if first.leaks and position < len(first.leaks[0].out_of):
                filled = first.leaks[0].trace.calls[position]
                row |= {"mask_in": _say_mask(filled.mask_in, first.leaks[0])}
                row |= {"mask_out": _say_mask(filled.mask_out, first.leaks[0])}
            for examination in self.examinations:
                for leaks in examination.leaks:
                    if position < len(leaks.out_of):
                        row[_name(examination, leaks)] = leaks.out_of[position]
            rows.append(row)
        return pd.DataFrame(rows)

    @property
    def summary(self) -> str:
        """One line."""
        if not self.leaks:
            noise = max(examination.tolerance for examination in self.examinations)
            limit = f" above {noise:.2g}; the output itself changes that much from run to run" if noise > _LOUD else ""
            return f"{self.model}: no leak found{limit}"
        given = max((leaks.outputs for leaks in self.examinations[0].leaks), default=0.0)
        if given <= self.examinations[0].tolerance:
            return f"{self.model}: leaks, though not with these weights ({self.max_leak:.2g} times one step with drawn ones)"
        return f"{self.model}: fill moves the output {given:.2g} times as far as exchanging one step does"

    def to_json(self) -> str:
        """`model`, `leaks`, `max_leak`, `findings` and `layers`."""
        whole = {
            "model": self.model, "leaks": self.leaks, "max_leak": _plain(self.max_leak),
            "findings": [asdict(finding) | {"leak": _plain(finding.leak)} for finding in self.findings],
            "layers": [{name: _plain(value) for name, value in row.items()} for row in self.layers.to_dict("records")],
        }  # fmt: skip
        return json.dumps(whole, indent=1)

    def to_html(self) -> str:
        """One page that stands alone."""
        table = self.layers
        conditions = [name for name in table.columns if name not in ("layer", "kind", "mask_in", "mask_out")]
        worst = table[conditions].max(axis=1) if conditions else pd.Series(0.0, index=table.index)
        tolerance = max(examination.tolerance for examination in self.examinations)
        rows = [
            row | {"shade": _shade(leak, tolerance), "leaks": [f"{row[name]:.2g}" for name in conditions]}
            for row, leak in zip(table.to_dict("records"), worst)
        ]
        environment = jinja2.Environment(loader=jinja2.PackageLoader("padleak.audit"), autoescape=True)
        return environment.get_template("audit.html.j2").render(report=self, conditions=conditions, rows=rows)

    def to_junit(self) -> str:
        """A test suite with one case, for continuous integration."""
        suite = ElementTree.Element("testsuite", name="padleak audit", tests="1", failures=str(int(self.leaks)))
        case = ElementTree.SubElement(suite, "testcase", classname="padleak.audit", name=self.model)
        if self.leaks:
            failure = ElementTree.SubElement(case, "failure", message=self.summary)
            failure.text = "\n".join(_say(finding) for finding in self.findings)
        return ElementTree.tostring(suite, encoding="unicode", xml_declaration=True)

    def _repr_html_(self) -> str:
        """For notebooks: the page within a frame of its own, so that its style stays there."""
        escaped = self.to_html().replace("&", "&amp;").replace('"', "&quot;")
        return f'<iframe srcdoc="{escaped}" style="width: 100%; height: 30rem; border: 0"></iframe>'

    def __str__(self) -> str:
        found = [f"{number}. {_say(finding)}" for number, finding in enumerate(self.findings, 1)]
        table = self.layers.to_string(index=False, float_format=lambda value: f"{value:.2g}", na_rep="")
        return "\n".join([self.summary, *found, "", table])


def _say(finding: Finding) -> str:
    how = f" ({', '.join(finding.sides)}; leak {finding.leak:.2g})" if finding.sides else ""
    where = f"{finding.code} at {finding.layer}{how}"
    return f"{where}\n   {finding.message}\n   Cure: {finding.cure}"


def _name(examination: Examination, leaks: Leaks) -> str:
    return leaks.condition.name + ("" if examination.weights == "as given" else f", {examination.weights} weights")


def _say_mask(mask: np.ndarray | None, leaks: Leaks) -> str:
    if mask is None:
        return ""
    if mask.ndim != 2 or mask.shape[1] != leaks.steps:
        return "other shape"
    return "right" if (mask == leaks.truth).all() else "wrong"


def _shade(leak: float, tolerance: float) -> int:
    """From 0, nothing beyond rounding, to 4, as much as one exchanged step or more."""
    if not leak > tolerance:
        return 0
    return int(np.clip(4 + np.log10(min(leak, 1.0)), 1, 4))


def _plain(value: Any) -> Any:
    """JSON has no infinity, and nothing that is not a number."""
    if isinstance(value, float | np.floating):
        return float(value) if np.isfinite(value) else str(value)
    return value
