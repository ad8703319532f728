"""The report: figures, `report.html` and `report.md`, made from finished results alone."""

import base64
import contextlib
import hashlib
import io
import json
import logging
import textwrap
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import matplotlib as mpl
import pandas as pd
from matplotlib.figure import Figure
from PIL import Image

from padleak.discovery import digests
from padleak.errors import InputError, printable
from padleak.report.answer import write_answer
from padleak.report.article import answer_article, weigh_article
from padleak.report.decision.advice import write_advice
from padleak.report.decision.sheet import show
from padleak.report.decision.ways import find_choices
from padleak.report.outline import count_verdicts, group_by_experiment, list_sources
from padleak.report.plots import STYLE, Drawn, figures
from padleak.report.policy import content_policy
from padleak.report.templating import templates
from padleak.report.thread import answer_thread
from padleak.report.words import say_data, say_effect, say_number, say_p, say_power, told_part
from padleak.study.claims import ALPHA, NO_ROWS
from padleak.study.experiment import experiments_folder, find_experiments
from padleak.study.places import not_a_link, own_folder
from padleak.study.results import Results
from padleak.study.seal import made_from, seal_folder

Say = Callable[[str], None]
_WORKERS = 2
"""Over which minutes are spread."""


@dataclass(frozen=True)
class Section:
    """A figure in the report."""

    name: str
    experiment: str
    title: str
    caption: str
    image: str


def write_report(folder: Path, say: Say = lambda message: None) -> Path:
    """Draw all figures and write the report of a results folder.

    Returns:
        Path of `report.html`.

    Raises:
        InputError: There are no results in the folder, or some are damaged.
    """
    results = Results(folder)
    results.read_all()
    sections = list(_draw_figures(results, say))
    say("Writing the report")
    content = gather(results, sections)
    for name in ("report.html", "report.md"):
        page = templates().get_template(f"{name}.j2").render(content)
        not_a_link(Path(folder) / name).write_text(printable(page), encoding="utf-8")
    seal_folder(Path(folder), _fingerprint(results.run))
    return Path(folder) / "report.html"


def is_current(folder: Path, run: dict) -> bool:
    """Whether what is there, whole, was made by this code from this run."""
    return (Path(folder) / "report.html").is_file() and made_from(Path(folder)) == _fingerprint(run)


def _fingerprint(run: dict) -> str:
    """A digest of what a report is made from: the cells, the experiments' code, the user's and our own."""
    digest = hashlib.sha256()
    cells = {name: [about["cells"], about["missing"]] for name, about in run["experiments"].items()}
    digest.update(json.dumps([run["profile"], cells, digests()], sort_keys=True).encode())
    own = []
    with contextlib.suppress(InputError):  # a report of results alone may be written where there are no experiments
        own = sorted(experiments_folder().glob("*.py"))
    for file in (*sorted(Path(__file__).parents[1].rglob("*")), *own):
        if file.suffix in (".py", ".j2", ".css", ".js"):
            digest.update(file.read_bytes())
    return digest.hexdigest()


def _draw_figures(results: Results, say: Say) -> Iterator[Section]:
    """Write every figure as SVG and PNG; those that cannot be drawn keep the files that are there."""
    target = own_folder(results.folder / "figures")
    # The font finder says at length which fonts a machine lacks.
    logging.getLogger("matplotlib.font_manager").setLevel(logging.ERROR)
    _know_figures(results.run, say)
    for experiment, about in results.run["experiments"].items():
        # A results folder that a stranger made may name files that are none of ours.
        for name in filter(figures.__contains__, about["figures"]):
            say(f"Drawing {name}")
            if about["cells"]:
                _draw(name, results.of(experiment), results, target, say)
            if (target / f"{name}.json").is_file():
                title, caption = json.loads((target / f"{name}.json").read_text())
                picture = base64.b64encode((target / f"{name}.svg").read_bytes()).decode()
                yield Section(name, experiment, title, caption, f"data:image/svg+xml;base64,{picture}")


def _know_figures(run: dict, say: Say) -> None:
    """A figure may stand in the file of its experiment, which is read where one is not known yet."""
    if any(name not in figures for about in run["experiments"].values() for name in about["figures"]):
        try:
            find_experiments()
        except InputError as error:  # a report of results alone may be written where there are no experiments
            say(f"Figures that experiments bring along are left out: {error}")


def _draw(name: str, table: pd.DataFrame, results: Results, target: Path, say: Say) -> None:
    """One figure; what goes wrong with it must not cost the report."""
    try:
        with mpl.rc_context(STYLE):
            drawn = figures[name](table, results)
            if drawn is not None:
                _save(drawn, target, name)
    except Exception as error:  # whatever a figure trips over, most often data that the experiment did not foresee
        say(f"Could not draw {name}: {type(error).__name__}: {error}")


def _save(drawn: Drawn, target: Path, name: str) -> None:
    """SVG, PNG and the words; both pictures carry the title and the caption, since they travel without the page."""
    figure = drawn.figure
    width = int(10.5 * figure.get_figwidth())
    figure.suptitle(textwrap.fill(drawn.title, width), x=0.01, ha="left", fontsize=11, fontweight="bold")
    figure.supxlabel(textwrap.fill(drawn.caption, int(1.6 * width)), x=0.01, ha="left", fontsize=8, color="0.3")
    figure.set_figheight(figure.get_figheight() + 0.9)
    drawing = io.BytesIO()
    figure.savefig(drawing, format="svg", metadata={"Date": None})
    words = json.dumps([drawn.title, drawn.caption], indent=1).encode()
    for ending, content in (("svg", drawing.getvalue()), ("png", _picture(figure)), ("json", words)):
        not_a_link(target / f"{name}.{ending}").write_bytes(content)


def _picture(figure: Figure) -> bytes:
    """A picture of at most 256 colours, a third of the size."""
    whole, small = io.BytesIO(), io.BytesIO()
    figure.savefig(whole, format="png")
    Image.open(whole).convert("RGB").quantize(256).save(small, format="png", optimize=True)
    return small.getvalue()


def _minutes_by_experiment(results: Results) -> dict[str, str]:
    """How long the cells of each experiment took, spread over some workers; experiments share cells."""
    seconds = results.cells.set_index("cell").seconds if len(results.cells) else pd.Series(dtype=float)
    return {
        name: f"{seconds.reindex(about['cells']).sum() / 60 / _WORKERS:.1f}"
        for name, about in results.run["experiments"].items()
    }


def _as_far_as_measured(write: Callable[[Results], list], results: Results) -> list:
    """What there is to say; nothing where cells are missing without which there is not."""
    try:
        return write(results)
    except NO_ROWS:
        if not any(about["missing"] for about in results.run["experiments"].values()):
            raise
        return []


def _is_read(source: str) -> bool:
    """Whether data are of texts or files, and not made up."""
    return ":" in source or source == "docstrings"


def gather(results: Results, sections: list[Section]) -> dict:
    """All that the templates need."""
    run = results.run
    verdicts = results.verdicts.to_dict("records")
    for verdict in verdicts:
        verdict["p_shown"] = say_p(verdict["p_holm"])
        verdict["headline"] = told_part(verdict)
        for part in verdict["parts"]:
            part["shown"] = say_effect(part)
            part["power"] = say_power(part)
    facts = results.cells
    drawn = {section.name for section in sections}
    choices = find_choices(results)
    return {
        "policy": content_policy(),
        "answer": _as_far_as_measured(write_answer, results),
        "thread": _as_far_as_measured(answer_thread, results),
        "article": _as_far_as_measured(answer_article, results),
        "weighed": weigh_article(results),
        "advice": write_advice(choices),
        "sheets": [show(choice) for choice in choices.values()],
        "data": [say_data(about) for about in run.get("data", ())],
        "data_read": [say_data(about) for about in run.get("data", ()) if _is_read(about["source"])],
        "verdicts": verdicts,
        "tallies": count_verdicts(verdicts),
        "sources": list_sources(verdicts),
        "groups": group_by_experiment(run["experiments"], verdicts, sections),
        "drawn": drawn,
        "sections": sections,
        "experiments": run["experiments"],
        "undrawn": [name for about in run["experiments"].values() for name in about["figures"] if name not in drawn],
        "profile": run["profile"],
        "environment": results.environment,
        "failures": [failure for about in run["experiments"].values() for failure in about["failures"]],
        "counts": {
            "cells": len(facts),
            "trained": int(facts.epochs.notna().sum()) if "epochs" in facts else 0,
            "measurements": f"{len(results.measurements):,}",
            "tested": sum(pd.notna(verdict["p"]) for verdict in verdicts),
            "open": sum(verdict["verdict"] == "inconclusive" and verdict["n"] > 0 for verdict in verdicts),
            "open_alone": sum(
                verdict["verdict"] == "inconclusive" and (verdict["p"] or 1) < ALPHA for verdict in verdicts
            ),
            "seeds": int(facts.seed.nunique()) if len(facts) else 0,
            "minutes_of": _minutes_by_experiment(results),
            "workers": _WORKERS,
            "minutes": say_number(facts.seconds.sum() / 60) if len(facts) else "0",
            "milliseconds": say_number(1000 * facts.seconds_per_step.median()) if "seconds_per_step" in facts else "-",
            "data": sorted(facts.data.dropna().unique()) if "data" in facts else [],
        },
    }
