"""Checks of what a public function is given, before it does anything.

The rule of all that a package's `__all__` names: whatever is wrong with an argument, its value or its kind, is an `InputError`
that names it. Too many arguments, or too few, are Python's own `TypeError`.
"""

import math
import numbers
from collections.abc import Iterable
from typing import Any

import numpy as np

from padleak.errors import InputError, unknown_name


def check_kind(argument: str, value: Any, kind: type | tuple[type, ...], rule: str) -> None:
    """Raises an `InputError` for what is not of a kind; `rule` says which, in words."""
    if not isinstance(value, kind):
        raise InputError(argument, rule, say(value))


def check_whole(argument: str, value: Any, low: float = -math.inf, high: float = math.inf) -> None:
    """Raises an `InputError` for what is no whole number from `low` to `high`."""
    if not isinstance(value, numbers.Integral) or isinstance(value, bool):
        raise InputError(argument, f"a whole number{_range(low, high)}", say(value))
    if not low <= value <= high:
        raise InputError(argument, f"at least {low}" if high == math.inf else f"between {low} and {high}", say(value))


def check_number(argument: str, value: Any, low: float = -math.inf, high: float = math.inf) -> None:
    """Raises an `InputError` for what is no finite number from `low` to `high`."""
    is_number = isinstance(value, numbers.Real) and not isinstance(value, bool | np.bool_)
    if not is_number or not math.isfinite(value) or not low <= value <= high:
        raise InputError(argument, f"a finite number{_range(low, high)}", say(value))


def check_name(argument: str, value: Any, known: Iterable[str]) -> None:
    """Raises an `InputError`, with the closest of the known ones, for a name that is none of them."""
    known = tuple(known)
    if not isinstance(value, str) or value not in known:
        raise unknown_name(argument, known, value)


def array_of(argument: str, value: Any, rule: str) -> np.ndarray:
    """What numpy makes of a value.

    Raises:
        InputError: It makes nothing of it.
    """
    try:
        return np.asarray(value)
    except (ValueError, TypeError) as error:
        raise InputError(argument, rule, say(value), f"({error})") from None


def check_columns(argument: str, table: Any, columns: Iterable[str]) -> None:
    """Raises an `InputError` for what is no pandas frame with these columns."""
    import pandas as pd

    check_kind(argument, table, pd.DataFrame, "a pandas frame of measurements")
    for column in columns:
        if column not in table:
            raise unknown_name(f"column of {argument}", map(str, table.columns), column)


def _range(low: float, high: float) -> str:
    if low == -math.inf and high == math.inf:
        return ""
    return f", {low} or more" if high == math.inf else f" from {low} to {high}"


def say(value: Any) -> str:
    """A value in few words: of an array its type and shape, of other things that are not short their kind."""
    if isinstance(value, np.ndarray) and value.ndim:
        return f"{value.dtype} of shape {value.shape}"
    told = repr(value) if isinstance(value, str | bytes | numbers.Number | None | bool) else ""
    return told or f"a {type(value).__name__}"
