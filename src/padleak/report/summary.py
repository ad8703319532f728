"""What README.md and ARTIFACT.md say of the results, each block between two markers."""

import json
from collections.abc import Iterator
from pathlib import Path

from padleak.errors import InputError
from padleak.report.page import gather
from padleak.report.templating import templates
from padleak.report.words import say_number
from padleak.study.results import Results

_BLOCKS = {
    "<!-- answer -->": "answer.md.j2",
    "<!-- results -->": "summary.md.j2",
    "<!-- commands -->": "commands.md.j2",
    "<!-- checklist -->": "checklist.md.j2",
}
"""Marker -> template of what stands between two of it."""
_SPEEDS = "<!-- speeds -->"
_ROOMS = ("engine.", "report.", "machine.")


def summarise_into(folder: Path, file: Path) -> None:
    """Replace what stands between the markers of a Markdown file: the answer and the verdicts, the command of every claim, the
    checklist of reproducibility; and, where `bench.json` is in the folder, the ratios that the benchmarks found.

    Raises:
        InputError: The file is no text, or lacks the markers.
    """
    try:
        text = file.read_text(encoding="utf-8")
    except UnicodeDecodeError as error:
        raise InputError(str(file), "text in UTF-8", str(error)) from None
    content = gather(Results(folder), [])
    markers = [marker for marker in _BLOCKS if marker in text]
    for marker in markers or _BLOCKS:
        text = _replace(file, text, marker, templates().get_template(_BLOCKS[marker]).render(content))
    bench = Path(folder) / "bench.json"
    if _SPEEDS in text and bench.is_file():
        text = _replace(file, text, _SPEEDS, "\n".join(_say_speeds(json.loads(bench.read_text(encoding="utf-8")))))
    file.write_text(text, encoding="utf-8")


def _replace(file: Path, text: str, marker: str, block: str) -> str:
    if text.count(marker) != 2:
        raise InputError(str(file), f"a file with two lines {marker}", f"one with {text.count(marker)}")
    before, _, after = text.split(marker)
    return f"{before}{marker}\n{block}\n{marker}{after}"


def _say_speeds(figures: list[dict]) -> Iterator[str]:
    """Ratios, and what the engine costs; the whole list has milliseconds and shares, too."""
    yield "| figure | median | range | unit | rounds |"
    yield "| --- | --- | --- | --- | --- |"
    for figure in figures:
        if figure["unit"] == "times" or figure["name"].startswith(_ROOMS):
            span = "" if figure["low"] is None else f"{say_number(figure['low'])} to {say_number(figure['high'])}"
            yield f"| `{figure['name']}` | {say_number(figure['value'])} | {span} | {figure['unit']} | {figure['repeats']} |"
