"""A report of an audit as text, page, JSON and JUnit."""

import io
import json
import textwrap
from dataclasses import asdict
from typing import Any
from xml.etree import ElementTree

import jinja2
import numpy as np
import pandas as pd
from rich import box
from rich.console import Console
from rich.table import Table
from rich.text import Text

from padleak.audit.account import Account, column_of
from padleak.audit.diagnosis import Finding
from padleak.errors import printable

_WIDTH = 120
_MOST_CONSEQUENCES = 4
_NONE = "·"
_LEGEND = (
    "Leak: how far fill moves what a layer gives at real steps, in times how far exchanging one of them does;\n"
    f"the largest of all conditions. {_NONE} is no more than rounding."
)


def to_text(report: Account) -> str:
    """Findings, then the layers as `model.summary()` shows them."""
    found = [f"{number}. {_say(finding)}" for number, finding in enumerate(report.findings, 1)]
    warned = [
        f"Keras warned at {row['layer']}: {row['warnings']}" for _, row in report.layers.iterrows() if row["warnings"]
    ]
    return printable("\n".join([report.summary, report.conditions, "", *found, _table(report), *warned]))


def _say(finding: Finding) -> str:
    how = f" ({', '.join(finding.sides)}; leak {finding.leak:.2g})" if finding.sides else ""
    lines = [f"{finding.code} at {finding.layer}{how}", finding.message, f"Cure: {finding.cure}"]
    lines += [f"Leak because of it: {consequences(finding)}"] if finding.consequences else []
    return "\n".join(
        textwrap.fill(line, _WIDTH, initial_indent=indent, subsequent_indent="   ", break_on_hyphens=False)
        for line, indent in zip(lines, ("", *["   "] * 3))
    )


def consequences(finding: Finding) -> str:
    """The first layers that leak because of it, without the name of the model."""
    names = [path.partition("/")[2] for path in finding.consequences[:_MOST_CONSEQUENCES]]
    more = len(finding.consequences) - len(names)
    return ", ".join(names) + (f" and {more} more" if more else "")


def _table(report: Account) -> str:
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    shown = _by_side(report)
    for heading in ("Layer (type)", "Output shape", "Mask", *shown.columns):
        table.add_column(heading, justify="right" if heading in shown.columns else "left", overflow="fold")
    for (_, row), (_, leaks) in zip(report.layers.iterrows(), shown.iterrows()):
        cells = [_indented(row), row["output_shape"], _mask(row), *map(_leak, leaks)]
        table.add_row(*map(Text, cells))  # as it stands: brackets in a name are no markup
    stream = io.StringIO()
    Console(file=stream, width=_WIDTH, color_system=None, force_jupyter=False).print(table, _LEGEND, highlight=False)
    return "\n".join(line.rstrip() for line in stream.getvalue().splitlines())


def _by_side(report: Account) -> pd.DataFrame:
    """The largest leak of every call that is more than rounding, by the side of the fill; else 0."""
    table = report.layers
    seen = [
        (leaks.condition.side, column_of(examination, leaks), examination.tolerance)
        for examination in report.examinations
        for leaks in examination.leaks
    ]
    sides: dict[str, list[pd.Series]] = {"post": [], "pre": []}
    for side, name, tolerance in seen:
        if name in table.columns:
            sides[side].append(table[name].where(table[name] > tolerance, 0.0))
    return pd.DataFrame(
        {side: pd.concat(leaks, axis=1).max(axis=1) for side, leaks in sides.items() if leaks}, index=table.index
    )


def _indented(row: pd.Series) -> str:
    *above, name = row["layer"].split("/")
    return f"{'  ' * len(above)}{name} ({row['kind']})"


def _mask(row: pd.Series) -> str:
    """What became of the mask at a call."""
    came, left = row["mask_in"], row["mask_out"]
    taken = ", taken off its input" if came and not row["mask_after"] and row["kind"].endswith("Attention") else ""
    if not came and not left:
        return "none"
    return (left if came == left else f"{came or 'none'} → {left or 'none'}") + taken


def _leak(leak: float) -> str:
    return f"{leak:.2g}" if leak > 0 else _NONE


def to_json(report: Account) -> str:
    """`model`, `leaks`, `max_leak`, `tolerance`, `pad_value`, `findings` and `layers`."""
    whole = {
        "model": report.model, "leaks": report.leaks, "max_leak": _plain(report.max_leak),
        "tolerance": report.tolerance, "pad_value": _plain(report.pad_value),
        "findings": [asdict(finding) | {"leak": _plain(finding.leak)} for finding in report.findings],
        "layers": [{name: _plain(value) for name, value in row.items()} for row in report.layers.to_dict("records")],
    }  # fmt: skip
    return json.dumps(whole, indent=1)


def to_html(report: Account) -> str:
    """One page that stands alone."""
    shown, table = _by_side(report), report.layers
    rows = [
        {
            "name": row["layer"].rpartition("/")[2], "path": row["layer"], "depth": row["layer"].count("/"),
            "kind": row["kind"], "shape": row["output_shape"], "mask": _mask(row), "warnings": row["warnings"],
            "leaks": [(_leak(leak), _shade(leak)) for leak in leaks],
        }
        for (_, row), (_, leaks) in zip(table.iterrows(), shown.iterrows())
    ]  # fmt: skip
    environment = jinja2.Environment(loader=jinja2.PackageLoader("padleak.audit"), autoescape=True)
    template = environment.get_template("audit.html.j2")
    return printable(template.render(report=report, sides=list(shown.columns), rows=rows, consequences=consequences))


def to_junit(report: Account) -> str:
    """A test suite with one case."""
    suite = ElementTree.Element("testsuite", name="padleak audit", tests="1", failures=str(int(report.leaks)))
    case = ElementTree.SubElement(suite, "testcase", classname="padleak.audit", name=report.model)
    told = "\n".join(_say(finding) for finding in report.findings)
    if report.leaks:
        ElementTree.SubElement(case, "failure", message=report.summary).text = told
    elif told:
        ElementTree.SubElement(case, "system-out").text = told
    return printable(ElementTree.tostring(suite, encoding="unicode", xml_declaration=True))


def _shade(leak: float) -> int:
    """From 0, nothing beyond rounding, to 4, as much as one exchanged step or more."""
    if not leak > 0:
        return 0
    return int(np.clip(4 + np.log10(min(leak, 1.0)), 1, 4))


def _plain(value: Any) -> Any:
    """JSON has no infinity, and nothing that is not a number."""
    if isinstance(value, float | np.floating):
        return float(value) if np.isfinite(value) else str(value)
    return value
