"""What the baselines share: how a cell is told to them, what they give back, both as JSON, and what the machine can do."""

import dataclasses
import json
import os
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from padleak.models.backend import ONE_THREAD
from padleak.study.trials.sequence import Probe, SequenceCell


@dataclass
class Result:
    """What one cell gave, and how long it took.

    Attributes:
        accuracies: Probe name -> accuracy on its test sequences; `unpadded` is the one on all test sequences without fill.
        measurements: `"probe layer metric"` -> value, in the words of padleak's table of measurements.
        seconds_loading: Reading the data set, nothing where the process has it already.
        seconds_fit: Padding the rows, building the model and training it.
        seconds_probing: Predictions and measures.
        steps: Training steps.
        seconds_per_step: Median over the steps but for the first ones.
    """

    accuracies: dict[str, float] = field(default_factory=dict)
    measurements: dict[str, float] = field(default_factory=dict)
    seconds_loading: float = 0.0
    seconds_fit: float = 0.0
    seconds_probing: float = 0.0
    steps: int = 0
    seconds_per_step: float = float("nan")


def cell_from(settings: dict) -> SequenceCell:
    """A cell from its settings; probes are objects of `layout`, `count` and `reference`."""
    if "probes" in settings:
        settings = settings | {"probes": tuple(Probe(**probe) for probe in settings["probes"])}
    return SequenceCell(**settings)


def run_script(
    script: str, cells: dict | list[dict], environment: dict[str, str], python: str = sys.executable
) -> list[dict]:
    """What a script of this folder prints, an object a line; in a process of its own, told the cells on standard input.

    Raises:
        RuntimeError: It failed; the message is its last line.
    """
    done = subprocess.run(
        [python, str(Path(__file__).with_name(script))],
        input=json.dumps(cells), text=True, capture_output=True, env=os.environ | environment,
    )  # fmt: skip
    if done.returncode:
        raise RuntimeError(f"{script} failed: {done.stderr.strip().splitlines()[-1:]}")
    return [json.loads(line) for line in done.stdout.splitlines() if line.startswith("{")]


def machine_gflops() -> float:
    """What one thread gets done in a large matrix product of 32-bit floats."""
    code = (
        "import time, numpy as np; a = np.random.rand(1024, 1024).astype('float32'); a @ a; t = time.perf_counter()\n"
        "for _ in range(5): a @ a\n"
        "print(5 * 2 * 1024**3 / (time.perf_counter() - t) / 1e9)"
    )
    return float(subprocess.check_output([sys.executable, "-c", code], env=os.environ | ONE_THREAD, text=True))


def main(run: Callable[[dict], Result]) -> None:
    """Read the settings of one cell, or a list of them, from the first argument or standard input; print a line each.

    Args:
        run: Takes settings, gives the result.
    """
    given = json.loads(sys.argv[1] if len(sys.argv) > 1 else sys.stdin.read())
    for settings in given if isinstance(given, list) else [given]:
        print(json.dumps(dataclasses.asdict(run(settings))), flush=True)
