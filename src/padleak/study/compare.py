"""Are results complete, and do they say what the reference says?"""

from typing import Any

from padleak.study.experiment import find_experiments
from padleak.study.grid import PROFILES, Profile
from padleak.study.results import Results
from padleak.study.revisions import differing, revisions_of
from padleak.study.seal import damage, damaged_files


def compare(results: Results, reference: Results | None) -> dict[str, Any]:
    """Compare a run with itself (is all of it there, and whole?) and its verdicts with a reference.

    Returns:
        `problems`, a sentence each, and a `summary`.
    """
    problems = [f"{results.folder / name}" for name in damaged_files(results.folder)]
    problems += [
        f"cell {cell.name}: {reason}; run again, and it is set aside and made anew"
        for cell in sorted(results.folder.glob("cells/[!.]*"))
        if (reason := damage(cell))
    ]
    problems += [
        f"made by other code than this ({said})" for said in differing(results.run, {"revisions": _of_today()})
    ]
    problems += [
        f"{name}: {len(about['missing'])} cells are missing ({len(about['failures'])} failed); run again to try them"
        for name, about in results.run["experiments"].items()
        if about["missing"]
    ]
    if reference is None:
        return {"problems": problems, "summary": "no reference to compare with"}
    # Settings that a run of an older version does not name have their defaults.
    if Profile(**results.run["profile"]) != Profile(**reference.run["profile"]):
        profiles = [r.run["profile"]["name"] for r in (results, reference)]
        return {
            "problems": problems,
            "summary": f"verdicts not compared: profile {profiles[0]}, reference {profiles[1]}",
        }
    problems += [f"{said}: verdicts of different measurements" for said in differing(results.run, reference.run)]
    ours, theirs = (dict(zip(r.verdicts["id"], r.verdicts["verdict"])) for r in (results, reference))
    for claim in theirs:
        if claim not in ours:
            problems.append(f"{claim}: not examined, {theirs[claim]} in the reference")
        elif ours[claim] != theirs[claim]:
            problems.append(f"{claim}: {ours[claim]}, {theirs[claim]} in the reference")
    return {"problems": problems, "summary": f"{len(ours)} verdicts compared with {reference.folder}"}


def _of_today() -> dict[str, int]:
    """Kind -> revision, of all experiments that are here."""
    designs = (experiment.design(PROFILES["smoke"]) for experiment in find_experiments().values())
    return revisions_of(cell for design in designs for cell in design.cells)
