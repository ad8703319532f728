"""The agreement trial: do the same weights leak the same on every backend?"""

import importlib.util
from collections.abc import Hashable
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
import pandas as pd

from padleak.data.padding import pad
from padleak.data.sequences import Sequences
from padleak.data.vocabulary import FIRST_WORD
from padleak.measures.shift import Comparison, measures
from padleak.models import backend
from padleak.models.network import Network, why_not
from padleak.models.training import program_for
from padleak.study.cell import Cell, Outcome
from padleak.study.trials import elsewhere

_PACKAGES = {"tensorflow": "tensorflow", "jax": "jax", "torch": "torch"}
_WORDS, _ROWS, _LENGTH = 50, 32, 12


@dataclass(frozen=True)
class AgreementCell(Cell):
    """One network with drawn weights, looked at with fill and without on every backend that is installed.

    Attributes:
        model, masking, readout, units: As in `Network`.
        counts: Fill steps, in front and at the end.
    """

    kind: ClassVar[str] = "agreement"
    revision: ClassVar[int] = 2

    model: str = "lstm"
    masking: str = "none"
    readout: str = "last"
    units: int = 16
    counts: tuple[int, ...] = (1, 8, 32)

    def why_not(self) -> str | None:
        """Names are checked on the way."""
        if not _network(self).takes_any_length:
            return f"the readout {self.readout} needs one length, so there is no view without fill"
        return why_not(_network(self), "tokens")

    def shape(self) -> Hashable:
        """Cells that differ in the seed alone."""
        return self.model, self.masking, self.readout, self.units

    def programs(self) -> float:
        """One on every backend."""
        return float(len(_PACKAGES))

    def surroundings(self) -> dict[str, Any]:
        """Which backends there are, and the one that draws the weights."""
        return {"backends": " ".join(_installed()), "backend": backend.name()}

    def run(self) -> Outcome:
        """Draw weights here, and measure with them on every backend."""
        backend.start()
        network, generator = _network(self), np.random.default_rng(self.seed)
        model, _ = network.assemble(self.seed)
        # Biases start at zero, where some leaks would hide.
        weights = [(w + 0.3 * generator.normal(size=w.shape)).tolist() for w in model.get_weights()]
        rows = []
        for of in _installed():
            leaks = elsewhere.call(of, f"{__name__}:measure", settings=self.settings, weights=weights)
            rows += [leak | {"layer": of, "metric": "relative_shift", "reference": "unpadded"} for leak in leaks]
        return Outcome(pd.DataFrame(rows).astype({"count": "Int64", "value": "float64"}), {}, {})


def measure(settings: dict[str, Any], weights: list) -> list[dict[str, Any]]:
    """The relative shifts of a network with the given weights, on this process's backend."""
    backend.start()
    cell = AgreementCell(**settings | {"counts": tuple(settings["counts"])})
    program = program_for(_network(cell), steps=0)
    program.model.set_weights([np.asarray(values, "float32") for values in weights])
    generator = np.random.default_rng(cell.seed)
    rows = Sequences.from_rows(list(generator.integers(FIRST_WORD, _WORDS, size=(_ROWS, _LENGTH))), np.zeros(_ROWS))
    bare = pad(rows, _LENGTH, "unpadded")
    reference = program.read(bare.inputs, bare.mask).summary
    leaks = []
    for layout in ("pre", "post"):
        for count in cell.counts:
            filled = pad(rows, _LENGTH + count, layout)
            probed = program.read(filled.inputs, filled.mask).summary
            value = measures["relative_shift"](Comparison(reference, probed))
            leaks.append({"probe": f"{layout}+{count}", "layout": layout, "count": count, "value": value})
    return leaks


def _installed() -> list[str]:
    return [of for of, package in _PACKAGES.items() if importlib.util.find_spec(package)]


def _network(cell: AgreementCell) -> Network:
    return Network(cell.model, cell.masking, cell.readout, cell.units, embedding=8, words=_WORDS, outputs=3)
