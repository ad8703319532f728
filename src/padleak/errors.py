"""The one error that a user's mistake raises."""

import contextlib
import difflib
import re
import traceback
from collections.abc import Iterable, Iterator
from pathlib import Path

_UNPRINTABLE = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff\ufffe\uffff]")
_LONGEST = 500
"""Characters of a value that are shown."""


class InputError(ValueError):
    """A bad argument, said in one line so that the reader can mend it: what is wrong, and what to do.

    Args:
        argument: Name of the argument, option or file at fault.
        rule: What it must be.
        value: What it was.
        cure: What to do about it; may be empty.
    """

    def __init__(self, argument: str, rule: str, value: object, cure: str = ""):
        shown = " ".join((value if isinstance(value, str) and value else repr(value)).splitlines())
        shown = shown if len(shown) <= _LONGEST else f"{shown[:_LONGEST]} ... ({len(shown)} characters)"
        message = f"{argument} must be {rule}; got {shown}."
        super().__init__(printable(f"{message} {cure}".strip()))
        self.argument = argument

    def __reduce__(self):
        # BaseException would call __init__ with the message alone, which fails on the way back from a worker.
        return _restore, (str(self), self.argument)


def unknown_name(argument: str, known: Iterable[str], name: str, also: str = "") -> InputError:
    """The error for a name that is none of the known ones, with the closest of them; `also` is what else may be done.

    >>> str(unknown_name("masking", ["none", "explicit"], "explizit"))
    'masking must be one of none, explicit; got explizit. Did you mean explicit?'
    """
    known = tuple(known)
    close = difflib.get_close_matches(str(name), known, n=1)
    cure = f"Did you mean {close[0]}?" if close else ""
    return InputError(argument, f"one of {', '.join(known) or 'none'}", name, f"{cure} {also}".strip())


@contextlib.contextmanager
def naming_the_line(file: Path) -> Iterator[None]:
    """Makes of an error in a file of the user's code one that says where it is."""
    try:
        yield
    except Exception as error:  # whatever somebody's file does
        lines = [frame.lineno for frame in traceback.extract_tb(error.__traceback__) if frame.filename == str(file)]
        line = error.lineno if isinstance(error, SyntaxError) and error.filename == str(file) else (lines or [1])[-1]
        raise InputError(f"{file}, line {line}", "free of errors", f"{type(error).__name__}: {error}") from error


def first_line(error: Exception) -> str:
    """What an error says in its first line, or else its kind.

    >>> first_line(OSError("no room\\nat all")), first_line(OSError())
    ('no room', 'OSError')
    """
    return (str(error).strip().splitlines() or [type(error).__name__])[0]


def printable(text: str) -> str:
    r"""Text without what would steer a terminal or is not allowed in XML: names of layers and files may hold it.

    >>> print(printable("a\x1b[31mb\ud800\nc"))
    a�[31mb�
    c
    """
    return _UNPRINTABLE.sub("\N{REPLACEMENT CHARACTER}", text)


def _restore(message: str, argument: str) -> InputError:
    error = InputError.__new__(InputError, message)
    ValueError.__init__(error, message)
    error.argument = argument
    return error
