"""How numbers are said."""

import math
from collections.abc import Mapping


def say_number(value: float | None) -> str:
    """Three significant digits, without needless zeros or exponents.

    >>> say_number(0.01234), say_number(16.248), say_number(9.5e-7), say_number(0.0), say_number(None)
    ('0.0123', '16.2', '9.5e-07', '0', '-')
    """
    if value is None or (isinstance(value, float) and math.isnan(value)):
        return "-"
    return f"{value:.3g}" if abs(value) < 1000 else f"{value:,.0f}"


def told_part(verdict: Mapping) -> Mapping:
    """The part of a claim that a table tells: the first, or of a refuted claim the first that does not hold."""
    failed = [part for part in verdict["parts"] if part["holds"] is False]
    return failed[0] if failed and verdict["verdict"] == "refuted" else verdict["parts"][0]


def say_effect(part: Mapping) -> str:
    """An effect and its interval, in brackets where there is one.

    >>> say_effect({"effect": 0.25, "low": 0.125, "high": 0.5}), say_effect({"effect": 2.0, "low": None, "high": None})
    ('0.25 [0.125, 0.5]', '2')
    """
    return f"{say_number(part['effect'])} {say_interval(part)}".strip()


def say_interval(part: Mapping) -> str:
    """An interval, in brackets; nothing where there is none."""
    if part["low"] is None or (isinstance(part["low"], float) and math.isnan(part["low"])):
        return ""
    return f"[{say_number(part['low'])}, {say_number(part['high'])}]"


def say_p(p_value: float | None) -> str:
    """A p-value; a dash where nothing was tested (a deterministic bound).

    >>> say_p(0.00001), say_p(0.0312), say_p(None)
    ('< .001', '.031', '-')
    """
    if p_value is None or math.isnan(p_value):
        return "-"
    return "< .001" if p_value < 0.001 else f"{p_value:.3f}".removeprefix("0")


def say_power(part: Mapping) -> str:
    """How far a part lies from its bound, and how far it would have to lie to be seen; nothing where there is no spread.

    >>> say_power({"standardised": -1.234, "detectable": 0.05, "n": 5, "unit": "accuracy"})
    '-1.23 seed deviations from the bound; 5 seeds see a distance of 0.05 with 80 % power'
    """
    far = part.get("standardised")
    said = [] if far is None else [f"{say_number(far)} seed deviations from the bound"]
    if part.get("detectable"):
        said.append(f"{part['n']} seeds see a distance of {say_number(part['detectable'])} with 80 % power")
    return "; ".join(said)


def say_data(about: Mapping) -> str:
    """What a data set holds, as `about_data` tells it.

    >>> table = {"source": "csv:/data/x.csv", "rows": 1200, "columns": 3, "missing": 0.25, "classes": 0, "left_out": ["2 rows"]}
    >>> say_data(table).replace(chr(160), "_")
    'csv:x.csv: 1,200 rows; a number to predict; 3 predictors, 25_% of their values missing; left out: 2 rows'
    """
    said = [f"{about['rows']:,} rows" + (f", {about['to_test']:,} of them to test on" if "to_test" in about else "")]
    if about["classes"]:
        names = ", ".join(about["names"]) + (", ..." if len(about["names"]) < about["classes"] else "")
        said.append(f"{about['classes']} classes ({names}), the most frequent {say_percent(about['largest_class'])}")
    else:
        said.append("a number to predict")
    if "steps" in about:
        low, middle, high, longest = about["steps"]
        said.append(f"median {middle} steps, eight of ten rows {low} to {high}, the longest {longest}")
        said += [
            f"at {length} steps {_say_some(laid['cut'])} of the rows are cut, {say_percent(laid['fill'])} of the steps fill"
            for length, laid in about["laid_out"].items()
        ]
    else:
        said.append(f"{about['columns']} predictors, {say_percent(about['missing'])} of their values missing")
    left_out = about["left_out"]
    if left_out:
        reasons = [f"{left_out[why]:,} ({why})" for why in left_out] if isinstance(left_out, Mapping) else left_out
        said.append(f"left out: {', '.join(reasons)}")
    return f"{short_source(about['source'])}: {'; '.join(said)}"


def _say_some(share: float) -> str:
    """A share that is not said to be none where it is some."""
    return "less than " + say_percent(0.01) if 0 < share < 0.005 else say_percent(share)


def say_percent(share: float) -> str:
    """A share as a percentage; the space does not break.

    >>> say_percent(0.3125).replace(chr(160), "_")
    '31_%'
    """
    return f"{100 * share:.0f}\N{NO-BREAK SPACE}%"


def short_source(source: str) -> str:
    """A source of data without folders.

    >>> short_source("lines:/home/me/bad.txt,/home/me/good.txt?words=500")
    'lines:bad.txt,good.txt'
    """
    name, _, path = source.partition("?")[0].partition(":")
    return f"{name}:{','.join(part.rsplit('/', 1)[-1] for part in path.split(','))}" if path else name
