"""One step of training a masked LSTM: padleak, against PyTorch with and without packing."""

import importlib.util
import os
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np

from baseline import machine_gflops, run_script
from padleak.bench import Benchmark, Figure
from padleak.models import backend
from padleak.study.trials import elsewhere

_TORCH_PYTHON = "PADLEAK_TORCH_PYTHON"
_CELL = {
    "rows": 1024,
    "validation": 64,
    "test": 64,
    "epochs": 1,
    "length": 64,
    "batch": 32,
    "masking": "embedding",
    "probes": [],
}
_BACKENDS = ("tensorflow", "jax")


def measure(repeats: int, say: Callable[[str], None]) -> list[Figure]:
    """Milliseconds a step (batch 32, 64 steps, one thread), taken in turns, and ratios in each round."""
    python = os.environ.get(_TORCH_PYTHON) or (sys.executable if importlib.util.find_spec("torch") else None)
    if python is None:
        say(f"train: PyTorch is not installed; name a Python that has it with {_TORCH_PYTHON} to be compared with it")
    times: dict[str, list[float]] = {}
    for turn in range(max(3, repeats)):
        say(f"train, round {turn + 1}")
        for of in _BACKENDS:
            (seconds, gflops) = elsewhere.call(of, f"{__name__}:step_seconds", seed=turn)
            times.setdefault(of, []).append(1000 * seconds)
            times.setdefault(f"{of} GFLOP/s", []).append(gflops)
        times.setdefault("machine GFLOP/s", []).append(machine_gflops())
        for form in ("padded", "packed") if python else ():
            times.setdefault(form, []).append(1000 * _torch_seconds(python, form, turn))
    figures = [Figure.of(f"train.{of}_ms_per_step", times[of], "ms") for of in _BACKENDS]
    figures += [Figure.of(f"train.{of}_gflops", times[f"{of} GFLOP/s"], "GFLOP/s") for of in _BACKENDS]
    figures.append(Figure.of("machine.gflops", times["machine GFLOP/s"], "GFLOP/s"))
    for form in ("padded", "packed") if python else ():
        figures.append(Figure.of(f"train.torch_{form}_ms_per_step", times[form], "ms"))
        for of in _BACKENDS:
            ratios = [theirs / ours for theirs, ours in zip(times[form], times[of])]
            figures.append(Figure.of(f"train.{of}_vs_torch_{form}", ratios, "times"))
    return figures


def step_seconds(seed: int) -> tuple[float, float]:
    """Median seconds of a step on this process's backend, and the GFLOP/s of its matrix products."""
    backend.start()
    import time

    from baseline import cell_from
    from padleak.models.training import program_for

    cell = cell_from(_CELL | {"seed": seed})
    data = cell.load()
    network = cell.network(data)
    program = program_for(network, steps=1000)
    program.reset(seed, 0.003)
    batches = list(cell.batches_of(cell.draw(data).train).batches(cell.batch, np.random.default_rng(seed)))
    program.take_steps(batches)
    seconds = []
    for _ in range(5):
        start = time.perf_counter()
        program.take_steps(batches)
        seconds.append((time.perf_counter() - start) / len(batches))
    median = float(np.median(seconds))
    return median, 3 * network.flops(cell.length) * cell.batch / median / 1e9


def _torch_seconds(python: str, form: str, seed: int) -> float:
    settings = _CELL | {"seed": seed, "form": form, "threads": 1, "epochs": 3}
    # The other Python has padleak's requirements, which the data are made from, and PyTorch.
    sources = str(Path(__file__).parents[1] / "src")
    (result,) = run_script("torch_lstm.py", settings, backend.ONE_THREAD | {"PYTHONPATH": sources}, python)
    return result["seconds_per_step"]


BENCHMARK = Benchmark("train", "How fast is a training step, against PyTorch padded and packed?", measure)
