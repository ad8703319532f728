"""The distribution trial: do two-sample tests see the fill in the states of a trained network?"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
import pandas as pd

from padleak.measures.permutation import Exchange
from padleak.measures.similarity import similarities, similarity
from padleak.measures.two_sample import TwoSample, compare, two_sample_tests
from padleak.study.cell import Outcome
from padleak.study.trials.examination import Examination
from padleak.study.trials.network import NetworkCell

LEVEL = 0.05


@dataclass(frozen=True)
class DistributionCell(NetworkCell):
    """One trained network, tests on what its head sees of texts with fill against other texts without, and similarities of the
    two views of the same texts.

    No text is in both samples: half of the probe sequences are seen with fill, the other half without, as somebody who has
    padded data alone would compare them with clean ones. Where nothing is planted both halves go without.

    Attributes:
        network: What is trained; its probes by pad count are the conditions.
        tests: Names of `two_sample_tests`.
        permutations: Of each test.
        splits: Ways to halve the probe sequences.
    """

    kind: ClassVar[str] = "distribution"
    revision: ClassVar[int] = 3
    applies = (similarities,)

    tests: tuple[str, ...] = ("energy", "mmd", "logistic", "nearest_neighbours", "kolmogorov_smirnov", "wasserstein")
    permutations: int = 99
    splits: int = 10

    def why_not(self) -> str | None:
        """What rules the network out; names are checked on the way."""
        for test in self.tests:
            two_sample_tests[test]
        if not self.network.network().takes_any_length:
            return f"the readout {self.network.readout} needs one length, so there is no view without fill"
        return self.network.why_not()

    def effort(self) -> float:
        """Training, and a few tests for each probe."""
        tests = len(self.tests) * len(self.network.probes) * self.splits * self.permutations * self.network.probe_rows
        return self.network.effort() + tests

    def run(self) -> Outcome:
        """Train, look, test."""
        program, split, history, _ = self.network.train()
        views = Examination(self.network, program, split.test).few()
        states = {name: view.summary for name, view in views.items()}
        table = pd.DataFrame(self._rows(states)).astype({"count": "Int64", "value": "float64"})
        return Outcome(table, {"epochs": len(history.validation_loss)}, {"states": states})

    def _rows(self, states: dict[str, np.ndarray]) -> Iterator[dict[str, Any]]:
        probes = {probe.name: probe for probe in self.network.probes if probe.count is not None}
        for name in ("unpadded", *probes):
            layout, count = (probes[name].layout, probes[name].count) if name in probes else ("unpadded", 0)
            about = {"probe": name, "layout": layout, "count": count, "reference": "unpadded"}
            for layer, metric, value in (*self._tests(states, name), *_similarities(states, name)):
                yield about | {"layer": layer, "metric": metric, "value": float(value)}

    def _tests(self, states: dict[str, np.ndarray], name: str) -> Iterator[tuple[str, str, float]]:
        for test in self.tests:
            found = self._compare(test, states["unpadded"], states[name])
            yield test, "share_rejected", np.mean([one.p_value <= LEVEL + 1e-9 for one in found])
            yield test, "statistic", np.mean([one.statistic for one in found])

    def _compare(self, test: str, clean: np.ndarray, filled: np.ndarray) -> list[TwoSample]:
        """A test of every split. Splits and relabellings are the same for all conditions, so that states which the fill leaves
        as they are give what no fill gives."""
        split, relabel = (np.random.default_rng(seed) for seed in np.random.SeedSequence(self.seed).spawn(2))
        halves = [np.array_split(split.permutation(len(clean)), 2) for _ in range(self.splits)]
        exchange = Exchange(self.permutations)
        return [compare(test, clean[one], filled[other], relabel, exchange) for one, other in halves]


def _similarities(states: dict[str, np.ndarray], name: str) -> Iterator[tuple[str, str, float]]:
    """How alike the same sequences are represented with fill and without: every text is in both."""
    for which in similarities:
        yield which, "similarity", similarity(which, states["unpadded"], states[name])
