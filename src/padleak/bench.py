"""Figures of speed and memory."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Figure:
    """One measured figure.

    Attributes:
        name: Room and quantity, such as `engine.seconds_to_load`.
        value: The median over repeats.
        unit: Of the value.
        low, high: The smallest and the largest of the repeats, or None.
        repeats: How often it was measured.
    """

    name: str
    value: float
    unit: str
    low: float | None = None
    high: float | None = None
    repeats: int = 1
