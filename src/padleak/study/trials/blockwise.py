"""The blockwise trial: a network with attention is trained and examined as any other, and then followed block by block."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
import pandas as pd

from padleak.audit.trace import Trace
from padleak.audit.watch import watched
from padleak.data.padding import pad
from padleak.data.sequences import Sequences
from padleak.measures.shift import measures
from padleak.models import backend
from padleak.models.network import Network
from padleak.study.cell import Outcome
from padleak.study.trials.examination import Examination
from padleak.study.trials.network import NetworkCell

_SUMS = {"attended": "attention", "widened": "Dense"}
"""Names of the layers that add what attention and what Dense layers give to the stream, each with its block's number."""


@dataclass(frozen=True)
class BlockwiseCell(NetworkCell):
    """A Transformer, and what fill does to what each of its blocks gives.

    Attributes:
        counts: Fill steps under which it is followed.
        sequences: How many test sequences of one length.
    """

    kind: ClassVar[str] = "blockwise"
    applies = (measures,)

    counts: tuple[int, ...] = (32,)
    sequences: int = 48

    def why_not(self) -> str | None:
        """As the network, which must have blocks."""
        if not self.network.model.startswith("transformer"):
            return f"the model {self.network.model} has no blocks of attention"
        return self.network.why_not()

    def effort(self) -> float:
        """As the network."""
        return self.network.effort()

    def run(self) -> Outcome:
        """Train, examine, follow."""
        program, split, history, _ = self.network.train()
        examined = Examination(self.network, program, split.test).measure(min(history.validation_loss))
        rows = list(self._follow(program.network, program.model, of_one_length(split.test, self.sequences)))
        blockwise = pd.DataFrame(rows).astype({"count": "Int64", "value": "float64"})[examined.columns]
        facts = {"epochs": len(history.validation_loss), "validation_loss": history.validation_loss}
        return Outcome(pd.concat([examined, blockwise], ignore_index=True), facts, {})

    def _follow(self, network: Network, model: Any, sequences: Sequences) -> Iterator[dict[str, Any]]:
        run = watched(model)
        length = int(sequences.lengths[0])
        bare = _of_blocks(run(network.feed(*_padded(sequences, length, "post"))))
        for side in ("pre", "post"):
            for count in self.counts:
                inputs, mask = _padded(sequences, length + count, side)
                about = {"probe": f"{side}+{count}", "layout": side, "count": count, "reference": "unpadded"}
                for name, filled in _of_blocks(run(network.feed(inputs, mask))).items():
                    for metric, value in compare(bare[name], filled, mask[0]).items():
                        yield about | {"layer": name, "metric": metric, "value": value}


def _padded(sequences: Sequences, length: int, side: str) -> tuple[np.ndarray, np.ndarray]:
    padded = pad(sequences, length, side)
    return padded.inputs, padded.mask


def _of_blocks(trace: Trace) -> dict[str, np.ndarray]:
    """The sums that each block makes, with what attention gives and with what the Dense layers give: `(row, step, unit)`."""
    found = {}
    for call in trace.calls:
        name, _, depth = call.path.rpartition("/")[2].rpartition("_")
        if name in _SUMS:
            found[f"block {depth}, {_SUMS[name]}"] = call.outputs[0].value
    return found


def compare(bare: np.ndarray, filled: np.ndarray, mask: np.ndarray) -> dict[str, float]:
    """What fill does to a block's real steps, and what stands at fill.

    Args:
        bare: Without fill, `(row, step, unit)`.
        filled: With fill, `(row, more steps, unit)`.
        mask: Which steps are real, `(more steps,)`.

    Returns:
        `leak`, how far real steps are moved, in mean lengths of a real step; `fill_norm`, length at fill, in the same.
    """
    length = np.linalg.norm(bare, axis=-1).mean()
    return {
        "leak": float(np.linalg.norm(filled[:, mask] - bare, axis=-1).mean() / length),
        "fill_norm": float(np.linalg.norm(filled[:, ~mask], axis=-1).mean() / length),
    }


def of_one_length(sequences: Sequences, most: int) -> Sequences:
    """Sequences of the length that most have, at least 4 steps if any do."""
    backend.start()
    lengths, counts = np.unique(sequences.lengths, return_counts=True)
    counts = np.where(lengths >= 4, counts, 0) if (lengths >= 4).any() else counts
    return sequences.take(np.flatnonzero(sequences.lengths == lengths[counts.argmax()])[:most])
