"""What an audit found: the facts, before anybody says them."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from padleak.audit.diagnosis import Finding
from padleak.audit.feed import View
from padleak.audit.probe import AS_GIVEN, Examination, Leaks

FACTS = ["layer", "kind", "output_shape", "mask_in", "mask_after", "mask_out", "warnings"]
"""Columns of the table of layers; all others are leaks."""
_LOUD = 0.3
"""Tolerances above it are none to speak of, whatever the number type."""


@dataclass(frozen=True, eq=False)
class Account:
    """What an audit found.

    Attributes:
        model: Name of the model.
        pad_value: What fill held.
        findings: First causes first.
        examinations: With the weights as given, then with drawn ones.
        note: What was not tried, and how to.
    """

    model: str
    pad_value: float
    findings: tuple[Finding, ...]
    examinations: tuple[Examination, ...]
    note: str = ""

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
    def tolerance(self) -> float:
        """Leaks up to it are rounding."""
        return max(examination.tolerance for examination in self.examinations)

    @property
    def layers(self) -> pd.DataFrame:
        """One row a call of a layer, in order.

        Columns: `layer` (path), `kind`, `output_shape` without fill, `mask_in`, `mask_after` (on the same tensors, after the
        call) and `mask_out` (`right`, `wrong`, `of pairs` of steps, `other shape` or nothing), `warnings`, and the leak of its
        outputs under each condition.
        """
        first = self.examinations[0]
        rows = []
        for position, call in enumerate(first.reference.calls):
            if call.is_about_masks:
                continue
            shape = tuple(call.outputs[0].value.shape) if call.outputs else ()
            row: dict[str, Any] = dict.fromkeys(FACTS, "") | {
                "layer": call.path, "kind": call.kind, "output_shape": str(shape),
                "warnings": "; ".join(dict.fromkeys(call.warnings)),
            }  # fmt: skip
            if first.leaks and position < len(first.leaks[0].out_of):
                filled, view = first.leaks[0].trace.calls[position], first.leaks[0].view
                after = next((mask for mask in filled.masks_after if mask is not None), None)
                masks = {"mask_in": filled.mask_in, "mask_after": after, "mask_out": filled.mask_out}
                row |= {name: _say_mask(mask, view) for name, mask in masks.items()}
            for examination in self.examinations:
                for leaks in examination.leaks:
                    if position < len(leaks.out_of):
                        row[column_of(examination, leaks)] = leaks.out_of[position]
            rows.append(row)
        return pd.DataFrame(rows)

    @property
    def summary(self) -> str:
        """One line."""
        if not self.leaks:
            limit = f" above {self.tolerance:.2g}; the output itself changes that much from run to run"
            beside = f"; {len(self.findings)} to mend beside" if self.findings else ""
            return f"{self.model}: no leak found{limit if self.tolerance > _LOUD else ''}{beside}"
        given = max((leaks.outputs for leaks in self.examinations[0].leaks), default=0.0)
        if given <= self.examinations[0].tolerance:
            return f"{self.model}: leaks, though not with these weights ({self.max_leak:.2g} times one step with drawn ones)"
        return f"{self.model}: fill moves the output {given:.2g} times as far as exchanging one step does"

    @property
    def conditions(self) -> str:
        """What was tried, in words."""
        tried = [leaks.condition for leaks in self.examinations[0].leaks]
        counts = " and ".join(str(count) for count in sorted({condition.count for condition in tried}))
        words = {"post": "at the end", "pre": "in front"}
        sides = " and ".join(words[side] for side in words if any(side == condition.side for condition in tried))
        more = [
            words
            for words, is_so in (
                ("with other content", any(condition.other_content for condition in tried)),
                ("beside longer rows", any(condition.beside_longer for condition in tried)),
                ("with weights as given and drawn", len(self.examinations) > 1),
            )
            if is_so
        ]
        more += [self.note] if self.note else []
        return f"Tried: {', '.join([f'{counts} steps of fill (value {self.pad_value:g}) {sides}', *more])}"


def column_of(examination: Examination, leaks: Leaks) -> str:
    """Name of the column that holds the leaks."""
    return leaks.condition.name + ("" if examination.weights == AS_GIVEN else f", {examination.weights} weights")


def _say_mask(mask: np.ndarray | None, view: View) -> str:
    if mask is None:
        return ""
    if not view.fits(mask):
        return "of pairs" if mask.ndim > 2 and mask.shape[-1] == view.width else "other shape"
    return "wrong" if view.contradicts(mask) else "right"
