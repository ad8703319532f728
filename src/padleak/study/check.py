"""Are results complete and whole, and do they say what the reference says?"""

from typing import Any

from padleak.study.experiment import find_experiments
from padleak.study.grid import PROFILES
from padleak.study.results import Results
from padleak.study.revisions import differing, revisions_of
from padleak.study.seal import damage, damaged_files


def check(results: Results, reference: Results | None) -> dict[str, Any]:
    """Look at a run itself, and hold its verdicts and effects to those of a reference.

    Returns:
        `problems`, a sentence each, and a `summary`. An effect outside the reference's interval is told in the summary; it is
        no problem, since other seeds or data may move it.
    """
    problems = _of_itself(results)
    if reference is None:
        return {"problems": problems, "summary": "no reference to compare with"}
    if results.profile != reference.profile:
        profiles = [r.profile.name for r in (results, reference)]
        return {
            "problems": problems,
            "summary": f"verdicts not compared: profile {profiles[0]}, reference {profiles[1]}",
        }
    problems += [f"{said}: verdicts of different measurements" for said in differing(results.run, reference.run)]
    problems += _of_verdicts(results, reference)
    verdicts = f"{len(results.verdicts)} verdicts compared with {reference.folder}"
    return {"problems": problems, "summary": f"{verdicts}; {_effects_within(results, reference)}"}


def _of_itself(results: Results) -> list[str]:
    """Damaged files and cells, cells that are missing, and other code."""
    damaged = [f"{results.folder}: {said}" for said in damaged_files(results.folder)]
    cells = [
        f"cell {cell.name}: {reason}; run again, and it is set aside and made anew"
        for cell in sorted(results.folder.glob("cells/[!.]*"))
        if (reason := damage(cell))
    ]
    older = [f"made by other code than this ({said})" for said in differing(results.run, {"revisions": _of_today()})]
    missing = [
        f"{name}: {len(about['missing'])} cells are missing ({len(about['failures'])} failed); run again to try them"
        for name, about in results.run["experiments"].items()
        if about["missing"]
    ]
    return damaged + cells + older + missing


def _of_verdicts(results: Results, reference: Results) -> list[str]:
    """Claims that come out otherwise."""
    ours, theirs = (dict(zip(r.verdicts["id"], r.verdicts["verdict"])) for r in (results, reference))
    return [
        f"{claim}: {ours.get(claim, 'not examined')}, {verdict} in the reference"
        for claim, verdict in theirs.items()
        if ours.get(claim) != verdict
    ]


def _effects_within(results: Results, reference: Results) -> str:
    """How many headline effects lie within the reference's 95 % intervals, and which do not."""
    both = results.verdicts.merge(reference.verdicts, on="id", suffixes=("", "_reference"))
    both = both.dropna(subset=["effect", "low_reference", "high_reference"])
    within = both.effect.between(both.low_reference, both.high_reference)
    outside = f" (outside: {', '.join(both.id[~within])})" if not within.all() else ""
    return f"{within.sum()} of {len(both)} effects lie within its 95 % intervals{outside}"


def _of_today() -> dict[str, int]:
    """Kind -> revision, of all experiments that are here."""
    designs = (experiment.design(PROFILES["smoke"]) for experiment in find_experiments().values())
    return revisions_of(cell for design in designs for cell in design.cells)
