"""True sequences of one length, and every way to lay them out in a batch."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

STATIC, TOKENS, FEATURES = "static", "tokens", "features"
MASK, POSITIONS, SEGMENTS = "mask", "positions", "segments"

MOST_FILL = 6
"""Steps of fill at most, if nothing else is asked for."""
LONGEST_FILL = 10_000
"""Steps of fill: one, and nearly as many as a made-up sequence has; one odd, one even, for what goes by windows."""
_LOUDER = 1000
"""Times that other content of fill is larger than real features are."""


@dataclass(frozen=True)
class Condition:
    """A way to fill.

    Attributes:
        side: `pre` or `post`.
        count: Steps of fill.
        other_content: Fill holds other tokens, or large features, in place of the pad value.
        beside_longer: The batch holds other sequences, too, that fill it whole.
    """

    side: str
    count: int
    other_content: bool = False
    beside_longer: bool = False

    @property
    def name(self) -> str:
        """Short: `post+6`, `post+6, other content`, `post+6, beside longer rows`."""
        return f"{self.side}+{self.count}{self._addition}"

    @property
    def kind(self) -> str:
        """The same without the count."""
        return self.side + self._addition

    @property
    def _addition(self) -> str:
        return (", other content" if self.other_content else "") + (
            ", beside longer rows" if self.beside_longer else ""
        )


@dataclass(frozen=True, eq=False)
class View:
    """Where in a batch the sequences are.

    Attributes:
        rows: The rows that hold them, `(sequence,)`.
        height: Rows of the batch.
        places: The steps that are real in them, `(step,)`.
        width: Steps of the batch.
    """

    rows: np.ndarray
    height: int
    places: np.ndarray
    width: int

    @property
    def truth(self) -> np.ndarray:
        """Which steps are real, `(width,)`."""
        return np.isin(np.arange(self.width), self.places)

    def contradicts(self, mask: np.ndarray | None) -> bool:
        """Whether a mask `(row, time)` says otherwise than the truth, of these rows."""
        return mask is not None and self.fits(mask) and bool((mask[self.rows] != self.truth).any())

    def fits(self, mask: np.ndarray) -> bool:
        """Whether a mask is one of rows and steps."""
        return mask.shape == (self.height, self.width)


@dataclass(frozen=True, eq=False)
class Part:
    """One input of the model.

    Attributes:
        name: As the model or the user calls it.
        role: `tokens`, `features`, `mask`, `positions`, `segments`, or `static` where it has no time axis.
        values: `(row, step, ...)` without fill; of a static one as it is.
    """

    name: str
    role: str
    values: np.ndarray

    @property
    def has_content(self) -> bool:
        """Whether it holds tokens or features."""
        return self.role in (TOKENS, FEATURES)


@dataclass(frozen=True, eq=False)
class Feed:
    """Sequences of one length, as the parts of a model's inputs.

    Attributes:
        parts: One for each input.
        pack: From the parts' arrays to what the model takes: one array, a list, a dict.
        pad_value: What fill holds in tokens and features.
        steps: Length of every sequence.
        fixed: Length that the model insists on; None where it takes any.
        sides_seen: The sides on which the user's batch has fill.
        had_empty_row: Whether it has a row that is all fill.
        fill: Steps of fill at most, where the model does not insist on a length.
    """

    parts: tuple[Part, ...]
    pack: Callable[[list[np.ndarray]], Any]
    pad_value: float
    steps: int
    fixed: int | None = None
    sides_seen: frozenset[str] = frozenset()
    had_empty_row: bool = False
    fill: int = MOST_FILL

    @property
    def counts(self) -> tuple[int, ...]:
        """Steps of fill that rows get, the fewest first."""
        return (1, self.fill) if self.fixed is None else (self.fixed - self.steps,)

    @property
    def has_mask_input(self) -> bool:
        """Whether the user says which steps are real."""
        return any(part.role == MASK for part in self.parts)

    @property
    def height(self) -> int:
        """How many sequences."""
        return len(self.parts[0].values)

    def conditions(self, sides: tuple[str, ...]) -> list[Condition]:
        """All ways to fill; not at the end where that is what others are held against."""
        most = self.counts[-1]
        plain = [
            Condition(side, count)
            for side in sides
            for count in reversed(self.counts)
            if self.fixed is None or side != "post"
        ]
        other = [Condition(side, most, other_content=True) for side in sides if self.has_mask_input]
        return [*plain, *other, *(Condition(side, most, beside_longer=True) for side in sides)]

    def controls(self, sides: tuple[str, ...]) -> list[Condition]:
        """One way to fill on a side that was not asked for; none where the model insists on a length."""
        others = [side for side in ("post", "pre") if side not in sides]
        return [Condition(side, self.counts[-1]) for side in others if self.fixed is None]

    def lay(self, condition: Condition | None = None, seed: int = 0, empty_row: bool = False) -> tuple[Any, View]:
        """A batch, and where the sequences are in it.

        Args:
            condition: The way to fill; none of it if not given, or at the end where the model insists on a length.
            seed: Of the other content of fill.
            empty_row: Make the first row all fill.
        """
        if condition is None:
            condition = Condition("post", 0 if self.fixed is None else self.counts[-1])
        width = self.steps + condition.count
        places = np.arange(self.steps) + (condition.count if condition.side == "pre" else 0)
        generator = np.random.default_rng(seed) if condition.other_content else None
        laid = [self._lay(part, places, width, generator) for part in self.parts]
        if empty_row:
            for part, values in zip(self.parts, laid):
                if part.role != STATIC:
                    values[0] = self._fill(part)
        rows = np.arange(self.height)
        if condition.beside_longer:
            longer = [self._longer(part, width) for part in self.parts]
            laid, rows = [np.concatenate(both) for both in zip(longer, laid)], rows + self.height
        return self.pack(laid), View(rows, len(laid[0]), places, width)

    def exchanged(self) -> "Feed":
        """The middle step of every sequence exchanged for one of another."""
        return replace(self, parts=tuple(replace(part, values=self._exchange(part)) for part in self.parts))

    def of_rows(self, rows: list[int]) -> "Feed":
        """Some of the sequences, maybe several times."""
        return replace(self, parts=tuple(replace(part, values=part.values[rows]) for part in self.parts))

    def _fill(self, part: Part) -> float:
        return self.pad_value if part.has_content else 0

    def _lay(self, part: Part, places: np.ndarray, width: int, other_content: np.random.Generator | None) -> np.ndarray:
        values = part.values
        if part.role == STATIC:
            return values
        shape = (len(values), width, *values.shape[2:])
        if part.role == POSITIONS:
            return np.broadcast_to(np.arange(width), shape).astype(values.dtype)
        laid = np.full(shape, self._fill(part), dtype=values.dtype)
        if other_content is not None and part.has_content:
            laid = other_content.permuted(np.resize(values, shape), axis=0)
            laid = laid * _LOUDER if part.role == FEATURES else laid
        laid[:, places] = values
        return laid

    def _longer(self, part: Part, width: int) -> np.ndarray:
        """As many sequences that are real to the last step: the same ones, begun anew where they end."""
        if part.role in (STATIC, POSITIONS):
            return self._lay(part, np.arange(self.steps), width, None)
        return np.take(part.values, np.arange(width) % self.steps, axis=1)

    def _exchange(self, part: Part) -> np.ndarray:
        if not part.has_content:
            return part.values
        values = part.values.copy()
        middle = self.steps // 2
        if part.role == FEATURES:
            values[:, middle] = 1.5 * np.roll(values[:, middle], 1, axis=0) + 0.5
            return values
        used = np.unique(values)
        after = used[(np.searchsorted(used, values[:, middle]) + 1) % len(used)]
        values[:, middle] = np.where(after == values[:, middle], np.where(after > 1, after - 1, after + 1), after)
        return values
