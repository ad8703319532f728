"""An experiment: one question, the cells that answer it, and the claims they settle. One file a question."""

import difflib
import functools
import importlib.util
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

from padleak.arguments import check_kind, check_name
from padleak.errors import InputError, naming_the_line, unknown_name
from padleak.folders import find_folder
from padleak.study.claims import Claim
from padleak.study.grid import PROFILES, Design, Profile


@dataclass(frozen=True)
class Experiment:
    """One question.

    Attributes:
        name: As the command line takes it: the name of its file.
        question: In one sentence.
        design: Which cells each profile runs.
        claims: What is decided on them.
        figures: Names of the figures of `padleak.report.plots` that show the answer.
        reads: What of the user's it can take in place of its own data: `sequences`, `tables`, `corpora` or `pairs`.
    """

    name: str
    question: str
    design: Callable[[Profile], Design]
    claims: tuple[Claim, ...]
    figures: tuple[str, ...]
    reads: str = "sequences"

    def __post_init__(self):
        check_kind("name", self.name, str, "the name of its file")
        check_kind("question", self.question, str, "a question")
        check_kind("design", self.design, Callable, "a function of the profile")
        check_name("reads", self.reads, ("sequences", "tables", "corpora", "pairs"))
        for name, kind in (("claims", Claim), ("figures", str)):
            given = getattr(self, name)
            check_kind(name, given, tuple | list, f"a tuple of {name}")
            for entry in given:
                check_kind(name, entry, kind, f"a tuple of {name}")


def experiments_folder() -> Path:
    """`$PADLEAK_EXPERIMENTS`, else `experiments` here, else those that came with the package."""
    return find_folder("experiments")


def find_experiments() -> dict[str, Experiment]:
    """All experiments of the folder, by name: each file defines one `EXPERIMENT`."""
    found = {}
    for file in sorted(experiments_folder().glob("[!_]*.py")):
        spec = importlib.util.spec_from_file_location(f"padleak_experiments.{file.stem}", file)
        module = importlib.util.module_from_spec(spec)
        with naming_the_line(file):
            spec.loader.exec_module(module)
        experiment = getattr(module, "EXPERIMENT", None)
        if not isinstance(experiment, Experiment) or experiment.name != file.stem:
            raise InputError(str(file), f"defining EXPERIMENT = Experiment(name={file.stem!r}, ...)", experiment)
        found[experiment.name] = replace(experiment, design=_laid_out(file, experiment.design))
    return found


def _laid_out(file: Path, design: Callable[[Profile], Design]) -> Callable[[Profile], Design]:
    """The design, whose errors name the line, too."""

    @functools.wraps(design)
    def lay_out(profile: Profile) -> Design:
        with naming_the_line(file):
            laid_out = design(profile)
        if not isinstance(laid_out, Design):
            raise InputError(f"design of {file}", "a function that gives a Design", laid_out)
        return laid_out

    return lay_out


def choose_experiments(names: list[str]) -> list[Experiment]:
    """The named experiments, or all."""
    found = find_experiments()
    for name in names:
        profile = "".join(difflib.get_close_matches(name, PROFILES, n=1))
        if name not in found and profile:
            raise InputError(
                "experiment", "the name of one", name, f"Is the profile {profile} meant? (--profile {profile})"
            )
        if name not in found:
            raise unknown_name("experiment", found, name)
    return [found[name] for name in names or found]
