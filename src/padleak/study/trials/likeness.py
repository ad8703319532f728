"""The likeness trial: how much of the geometry of the same words two trained encoders share, layer by layer."""

from collections.abc import Hashable
from dataclasses import dataclass, field
from typing import Any, ClassVar

import numpy as np
import pandas as pd

from padleak.measures.similarity import similarity
from padleak.models import backend
from padleak.study.cell import Cell, Outcome
from padleak.study.trials.language import LanguageCell

_WORDS, _ROWS = 2000, 100


@dataclass(frozen=True)
class LikenessCell(Cell):
    """Two encoders that learn from the same texts. Weights of finished cells are taken; others are trained.

    Attributes:
        first, second: What is compared.
    """

    kind: ClassVar[str] = "likeness"
    revision: ClassVar[int] = 2

    first: LanguageCell = field(default_factory=LanguageCell)
    second: LanguageCell = field(default_factory=LanguageCell)

    def why_not(self) -> str | None:
        """As both."""
        return self.first.why_not() or self.second.why_not()

    def shape(self) -> Hashable:
        """Cells that compare encoders of the same two kinds."""
        return self.kind, self.first.shape(), self.second.shape()

    def surroundings(self) -> dict[str, str]:
        """As the first."""
        return self.first.surroundings()

    @property
    def factors(self) -> dict[str, Any]:
        """Those of the first, and what the second was taught, with which seed."""
        return self.first.factors | super().factors | {
            "second_objective": self.second.objective, "second_seed": self.second.seed,
        }  # fmt: skip

    def run(self) -> Outcome:
        """Read both on the same test texts, as they were written."""
        backend.start()
        first, second = (self._states(cell) for cell in (self.first, self.second))
        rows = [
            {"probe": "untouched", "layer": str(layer), "metric": name, "value": similarity(name, x, y)}
            for layer, (x, y) in enumerate(zip(first, second, strict=True))
            for name in ("pwcca", "linear_cka")
        ]
        table = pd.DataFrame(rows).assign(layout=None, count=None, reference=None)
        columns = ["probe", "layout", "count", "reference", "layer", "metric", "value"]
        return Outcome(table[columns].astype({"count": "Int64", "value": "float64"}), {}, {})

    def _states(self, cell: LanguageCell) -> list[np.ndarray]:
        """Of the first words of some test texts, by layer."""
        material = cell.material()
        weights = cell.encoder_weights(material)
        pretrainer = cell.pretrainer(material)
        pretrainer.encoder.set_weights(weights)
        texts = material.test.take(np.random.default_rng(0).permutation(len(material.test.ids))[:_ROWS])
        return [layer[texts.real][:_WORDS] for layer in pretrainer.states(texts.ids, texts.real)]
