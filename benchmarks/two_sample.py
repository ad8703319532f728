"""Permutation tests of states: all relabellings as one matrix product, against a loop over them, and against SciPy."""

import time
from collections.abc import Callable

import numpy as np
from scipy import stats
from scipy.spatial.distance import cdist

from padleak.bench import Benchmark, Figure
from padleak.measures.permutation import Exchange
from padleak.measures.two_sample import compare

_ROWS, _UNITS, _PERMUTATIONS = 2000, 64, 10_000
_LOOPED = 20
"""Relabellings that the loops take; their time is that of one, times the number of all."""


def measure(repeats: int, say: Callable[[str], None]) -> list[Figure]:
    """Seconds for two samples of 1,000 rows of 64 units and 10,000 permutations, and ratios to loops in the same round."""
    figures = []
    for test, kernel in (("energy", _distances), ("mmd", _gaussian)):
        say(f"two_sample: {test}")
        rounds = [_against_loop(test, kernel, seed) for seed in range(repeats)]
        figures += [
            Figure.of(f"two_sample.{test}_seconds", [quick for quick, _ in rounds], "s"),
            Figure.of(f"two_sample.{test}_vs_loop", [slow / quick for quick, slow in rounds], "times"),
        ]
    say("two_sample: SciPy, one unit")
    return [
        *figures,
        Figure.of("two_sample.energy_vs_scipy", [_against_scipy(seed) for seed in range(repeats)], "times"),
    ]


def _against_loop(test: str, kernel: Callable[[np.ndarray], np.ndarray], seed: int) -> tuple[float, float]:
    """Seconds that the test takes, and that a loop would over as many relabellings."""
    x, y = _samples(seed)
    ours = _seconds(lambda: compare(test, x, y, np.random.default_rng(seed), Exchange(_PERMUTATIONS)))
    start = time.perf_counter()
    matrix = kernel(np.concatenate([x, y]))
    once = time.perf_counter() - start
    return ours, once + _seconds(lambda: _loop(matrix)) * _PERMUTATIONS / _LOOPED


def _samples(seed: int, units: int = _UNITS) -> np.ndarray:
    return np.random.default_rng(seed).normal(size=(2, _ROWS // 2, units))


def _seconds(run: Callable[[], object]) -> float:
    start = time.perf_counter()
    run()
    return time.perf_counter() - start


def _distances(rows: np.ndarray) -> np.ndarray:
    return -cdist(rows, rows)


def _gaussian(rows: np.ndarray) -> np.ndarray:
    squared = cdist(rows, rows, "sqeuclidean")
    return np.exp(-squared / (2 * np.median(squared[np.triu_indices(len(rows), 1)])))


def _loop(kernel: np.ndarray) -> list[float]:
    """As it is written down: means over blocks of the kernel for every relabelling."""
    generator, half = np.random.default_rng(0), len(kernel) // 2
    statistics = []
    for _ in range(_LOOPED):
        order = generator.permutation(len(kernel))
        a, b = order[:half], order[half:]
        within = kernel[np.ix_(a, a)].mean() + kernel[np.ix_(b, b)].mean()
        statistics.append(within - 2 * kernel[np.ix_(a, b)].mean())
    return statistics


def _against_scipy(seed: int) -> float:
    """SciPy's permutation test on its own energy distance, which takes one unit."""
    x, y = _samples(seed, units=1)
    generator, few = np.random.default_rng(seed), 200

    def theirs() -> None:
        stats.permutation_test(
            (x[:, 0], y[:, 0]), stats.energy_distance, n_resamples=few, alternative="greater", rng=generator
        )

    ours = _seconds(lambda: compare("energy", x, y, generator, Exchange(_PERMUTATIONS)))
    return _seconds(theirs) * _PERMUTATIONS / few / ours


BENCHMARK = Benchmark("two_sample", "How fast are permutation tests?", measure)
