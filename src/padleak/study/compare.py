"""Are results complete, and do they say what the reference says?"""

from typing import Any

from padleak.study.results import Results
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
        f"{name}: {len(about['missing'])} cells are missing ({len(about['failures'])} failed); run again to try them"
        for name, about in results.run["experiments"].items()
        if about["missing"]
    ]
    if reference is None:
        return {"problems": problems, "summary": "no reference to compare with"}
    if results.profile != reference.profile:
        profiles = [r.profile.name for r in (results, reference)]
        return {
            "problems": problems,
            "summary": f"verdicts not compared: profile {profiles[0]}, reference {profiles[1]}",
        }
    ours, theirs = (dict(zip(r.verdicts["id"], r.verdicts["verdict"])) for r in (results, reference))
    for claim in theirs:
        if claim not in ours:
            problems.append(f"{claim}: not examined, {theirs[claim]} in the reference")
        elif ours[claim] != theirs[claim]:
            problems.append(f"{claim}: {ours[claim]}, {theirs[claim]} in the reference")
    return {"problems": problems, "summary": f"{len(ours)} verdicts compared with {reference.folder}"}
