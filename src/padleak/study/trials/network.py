"""Cells that train one network and ask something else of it than its probes do."""

from abc import ABC
from collections.abc import Hashable
from dataclasses import dataclass, field
from typing import Any, Self

from padleak.study.cell import Cell
from padleak.study.trials.sequence import SequenceCell


@dataclass(frozen=True)
class NetworkCell(Cell, ABC):
    """A cell around a network, which shares its programs, its data and its columns.

    Attributes:
        network: What is trained.
    """

    network: SequenceCell = field(default_factory=SequenceCell)

    @classmethod
    def of(cls, cells: tuple[Cell, ...]) -> tuple[Self, ...]:
        """A cell for each of the networks, of the same seed."""
        return tuple(cls(seed=cell.seed, network=cell) for cell in cells)

    def shape(self) -> Hashable:
        """As the network."""
        return self.kind, self.network.shape()

    def programs(self) -> float:
        """As the network."""
        return self.network.programs()

    def surroundings(self) -> dict[str, Any]:
        """As the network."""
        return self.network.surroundings()

    @property
    def factors(self) -> dict[str, Any]:
        """Those of the network, too."""
        return self.network.factors | super().factors
