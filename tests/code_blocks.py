"""Blocks of code in Markdown, told apart and run as a reader would run them."""

import contextlib
import io
import re
from dataclasses import dataclass
from pathlib import Path

from padleak.models import backend
from padleak.models.backend import keras


@dataclass(frozen=True)
class Block:
    """What stands between two fences.

    Attributes:
        page: Where.
        line: Number of its first line.
        language: As the fence says.
        code: Its lines.
        before: The last line of text before it.
    """

    page: Path
    line: int
    language: str
    code: str
    before: str

    @property
    def file(self) -> str:
        """The file that the page says to write it to, or nothing."""
        named = re.search(r"`([\w/]+\.py)`:$", self.before)
        return named[1] if named else ""

    @property
    def why_not(self) -> str:
        """Why it is not run, as a comment before it says, or nothing."""
        said = re.fullmatch(r"<!-- not run: (.+) -->", self.before)
        return said[1] if said else ""

    @property
    def is_run(self) -> bool:
        """Whether it is run where it stands."""
        return self.language == "python" and not self.file and not self.why_not


def blocks_of(page: Path) -> list[Block]:
    """All blocks of a page, in order."""
    text, found = page.read_text(), []
    for match in re.finditer(r"^```([^\n`]*)\n(.*?)^```$", text, flags=re.MULTILINE | re.DOTALL):
        before = [line for line in text[: match.start()].splitlines() if line.strip()]
        line = text[: match.start(2)].count("\n") + 1
        found.append(Block(page, line, match[1], match[2], before[-1] if before else ""))
    return found


def run_page(page: Path) -> str:
    """Run the Python of a page, one block after another in one namespace.

    A block of text shows something that was printed by then.

    Returns:
        What was printed.
    """
    backend.start()
    keras.backend.clear_session()  # names are counted up over all models of a process
    printed, namespace = io.StringIO(), {"__name__": "__main__"}
    for block in blocks_of(page):
        if block.is_run:
            code = compile("\n" * (block.line - 1) + block.code, str(page), "exec")
            with contextlib.redirect_stdout(printed):
                exec(code, namespace)
        elif block.language == "text":
            said = " ".join(printed.getvalue().split())
            for line in block.code.splitlines():
                assert " ".join(line.split()) in said, f"{page.name} shows what is not printed: {line}"
    return printed.getvalue()
