"""How the page is ordered: claims and figures beside the experiment that decides and draws them."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

VERDICTS = ("supported", "refuted", "equivalent", "inconclusive")
"""In the order in which they are told."""


@dataclass(frozen=True)
class Group:
    """An experiment: what it decides and what it draws.

    Attributes:
        name: Of the experiment.
        question: In one sentence.
        claims: As `gather` shows them.
        sections: Its figures.
    """

    name: str
    question: str
    claims: tuple[dict[str, Any], ...]
    sections: tuple[Any, ...]


def group_by_experiment(experiments: dict[str, dict], claims: list[dict], sections: Iterable[Any]) -> list[Group]:
    """One group an experiment that has claims or figures, in the order of their names."""
    sections = list(sections)
    groups = [
        Group(
            name,
            about["question"],
            tuple(claim for claim in claims if claim["experiment"] == name),
            tuple(section for section in sections if section.experiment == name),
        )
        for name, about in experiments.items()
    ]
    return [group for group in groups if group.claims or group.sections]


def count_verdicts(claims: list[dict]) -> list[tuple[str, int]]:
    """Verdicts and how many claims have each; those that none has are left out."""
    counts = Counter(claim["verdict"] for claim in claims)
    return [(verdict, counts[verdict]) for verdict in VERDICTS if counts[verdict]]


def list_sources(claims: list[dict]) -> list[tuple[str, int]]:
    """Sources and how many claims are from each, most first."""
    return Counter(claim["source"] for claim in claims).most_common()
