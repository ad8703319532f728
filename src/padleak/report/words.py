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


def say_effect(verdict: Mapping) -> str:
    """The headline effect of a verdict."""
    return say_number(verdict["effect"])


def say_interval(verdict: Mapping) -> str:
    """Its interval, in brackets; nothing where there is none."""
    if verdict["low"] is None or (isinstance(verdict["low"], float) and math.isnan(verdict["low"])):
        return ""
    return f"[{say_number(verdict['low'])}, {say_number(verdict['high'])}]"


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
