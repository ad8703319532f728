"""A trap: a small model in which fill gets through or would, and the same mended."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Trap:
    """A way in which fill gets through.

    Attributes:
        build: Builds the model, mended if asked to.
        code: Of the finding.
        layer: Name of the layer to blame.
        seen: Threads in which users met it; empty where we know of none.
        leaks: Whether fill changes the model's outputs; otherwise the trap is in the data, in training or in saving.
        has_cure: Whether the model can be mended without other data or another kind of network.
        pad_value: What fill holds; to be found if not given.
        cured_value: What it holds where the model is mended.
        only_on: The backend that has it; all of them if empty.
        batch: Gives the inputs, mended if asked to; they are made up if not given.
    """

    build: Callable[[bool], Any]
    code: str
    layer: str
    seen: str = ""
    leaks: bool = True
    has_cure: bool = True
    pad_value: float | None = None
    cured_value: float | None = None
    only_on: str = ""
    batch: Callable[[bool], Any] | None = None

    @property
    def name(self) -> str:
        """In words."""
        return self.build.__name__.replace("_", " ")

    def audit(self, mended: bool) -> Any:
        """The report of an audit."""
        from padleak.audit import audit

        inputs = None if self.batch is None else self.batch(mended)
        return audit(self.build(mended), inputs, self.cured_value if mended else self.pad_value)


CATALOGUE: list[Trap] = []
"""All traps, in the order in which they are told."""


def trap(code: str, layer: str, **facts: Any) -> Callable:
    """Add a function `(mended) -> model` to the catalogue; for `facts` see `Trap`."""

    def add(build: Callable[[bool], Any]) -> Callable[[bool], Any]:
        CATALOGUE.append(Trap(build, code, layer, **facts))
        return build

    return add
