"""Probes: the conditions under which a trained network is looked at."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Probe:
    """One condition under which a trained network is looked at.

    Attributes:
        layout: Where the fill goes, a name of `paddings`.
        count: Fill steps that every sequence gets; None fills up to the length of training.
        reference: What it is held against: the same sequences `unpadded`, or as in training (`trained`).
    """

    layout: str
    count: int | None = None
    reference: str = "unpadded"

    @property
    def name(self) -> str:
        """Short and unique: `post+16`, `pre@trained`."""
        return f"{self.layout}{'' if self.count is None else f'+{self.count}'}" + (
            "@trained" if self.reference == "trained" else ""
        )


SIDES = ("pre", "post")
LAYOUTS = ("both", "middle", "scattered", "random", "stretched")


def probe_grid(counts: tuple[int, ...] = (1, 4, 16, 32, 64), layouts: tuple[str, ...] = LAYOUTS) -> tuple[Probe, ...]:
    """Either side by pad count, and the other layouts at 16 fill steps."""
    by_count = [Probe(side, count) for side in SIDES for count in counts]
    return (*by_count, *(Probe(layout, 16) for layout in layouts))
