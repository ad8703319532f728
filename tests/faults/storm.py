"""Kill runs at random moments, tear files, start again: is anything lost, and is a byte of the results another?

    python tests/faults/storm.py --kills 500 --seed 1

Blows: `kill -9` of a worker, of the process that hands out the work, and of all at once, with files cut short as a power cut
may leave them. A run without blows is the measure.
"""

import argparse
import contextlib
import json
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import psutil

from padleak.study.seal import damage

EXPERIMENT = '''
"""Many quick cells."""
from padleak.study import Design, Experiment, Profile, factorial
from padleak.study.trials.noop import NoopCell

def design(profile: Profile) -> Design:
    return factorial(NoopCell, number=list(range(NUMBER)), work=2)

EXPERIMENT = Experiment("storm", "Is anything lost?", design, (), ())
'''
BLOWS = ("worker", "main", "all", "power cut")
_CELLS = 60
_PATIENCE = 120
_AT_WORK = 0.75
"""Share of blows that wait for the next cell to be finished; the others come at any moment, mostly while a run starts."""


@dataclass
class Weather:
    """What a storm did, and what came of it.

    Attributes:
        blows: How many of each kind struck a run that was at work.
        runs: Results that were brought to their end.
        lost: Cells that a finished run lacked.
        differing: Files of finished runs that differ from those of a run without blows.
        torn, found: Files of finished cells that were cut short, and how many cells were set aside for it.
    """

    blows: Counter = field(default_factory=Counter)
    runs: int = 0
    lost: int = 0
    differing: list[str] = field(default_factory=list)
    torn: int = 0
    found: int = 0

    @property
    def kills(self) -> int:
        """Blows of all kinds."""
        return self.blows.total()

    def __str__(self) -> str:
        kinds = ", ".join(f"{count} of {kind}" for kind, count in sorted(self.blows.items()))
        return (
            f"{self.kills} kills ({kinds}), {self.runs} runs brought to their end: {self.lost} lost cells, "
            f"{len(self.differing)} differing files; {self.torn} finished cells torn, {self.found} found"
        )


def storm(folder: Path, kills: int, seed: int, say=lambda message: None) -> Weather:
    """Bring results to their end through kills, again and again, until there were as many as asked for."""
    generator, weather = np.random.default_rng(seed), Weather()
    start = command(folder)
    run(start(folder / "whole"))
    whole = contents(folder / "whole")
    while weather.kills < kills:
        broken = folder / f"broken-{weather.runs}"
        while weather.kills < kills and not _strike(start(broken), broken, generator, weather):
            say(f"{weather}")
        run(start(broken))
        weather.found += len(list(broken.glob("damaged/*")))
        ours = contents(broken)
        weather.lost += sum(name.startswith("cells/") for name in whole.keys() - ours.keys())
        weather.differing += [name for name in whole.keys() | ours.keys() if whole.get(name) != ours.get(name)]
        weather.runs += 1
    return weather


def contents(folder: Path) -> dict[str, bytes]:
    """Name -> bytes of all that a run left, without how long things took and where."""
    found = {}
    for file in sorted(folder.rglob("*")):
        name = file.relative_to(folder).as_posix()
        if file.is_dir() or name.startswith(("damaged/", ".lock")) or name in _OF_TIME:
            continue
        content = file.read_bytes()
        if file.name == "cell.json":
            about = json.loads(content)
            content = json.dumps({key: about[key] for key in about if key not in ("facts", "seal")}).encode()
        found[name] = content
    return found


_OF_TIME = ("plan.json", "cells.csv", "environment.json", "report.html", "report.md", "checksums.json")


def command(folder: Path) -> Callable[[Path], list[str]]:
    """Sets up the experiment; gives the command line of a run by its results folder."""
    experiments = folder / "experiments"
    experiments.mkdir()
    (experiments / "storm.py").write_text(EXPERIMENT.replace("NUMBER", str(_CELLS)))
    os.environ["PADLEAK_EXPERIMENTS"] = str(experiments)
    start = [sys.executable, "-m", "padleak", "run", "--profile", "smoke", "--workers", "2"]
    return lambda results: [*start, "--results", str(results)]


def run(command: list[str]) -> str:
    """To the end; what was said on the way."""
    done = subprocess.run(command, capture_output=True, text=True, timeout=_PATIENCE)
    if done.returncode:
        raise RuntimeError(f"exit code {done.returncode}: {done.stderr}")
    return done.stderr


def _strike(command: list[str], folder: Path, generator: np.random.Generator, weather: Weather) -> bool:
    """Start a run and strike it once, or several times where only its workers die. Whether it came to its end all the same."""
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True)
    end = time.monotonic() + _PATIENCE
    try:
        while process.poll() is None:
            if time.monotonic() > end:
                raise RuntimeError("a run hangs")
            if generator.random() < _AT_WORK:
                _await_a_cell(process, folder)
            time.sleep(generator.uniform(0, 0.5))
            blow = BLOWS[generator.integers(len(BLOWS))]
            if process.poll() is None and _hit(process.pid, blow, generator):
                weather.blows[blow] += 1
                if blow != "worker":
                    process.wait(_PATIENCE)
    finally:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()
    if process.returncode == -signal.SIGKILL and blow == "power cut":
        weather.torn += _tear(folder, generator)
    return process.returncode == 0


def _await_a_cell(process: subprocess.Popen, folder: Path) -> None:
    """Until one more is finished, or the run has ended."""
    before, end = len(list(folder.glob("cells/*"))), time.monotonic() + _PATIENCE
    while process.poll() is None and len(list(folder.glob("cells/*"))) <= before and time.monotonic() < end:
        time.sleep(0.01)


def _hit(pid: int, blow: str, generator: np.random.Generator) -> bool:
    """Whether there was somebody to hit."""
    if blow == "main":
        os.kill(pid, signal.SIGKILL)
    elif blow == "worker":
        workers = [child for child in psutil.Process(pid).children(True) if _is_worker(child)]
        if not workers:
            return False
        with contextlib.suppress(psutil.NoSuchProcess):
            workers[generator.integers(len(workers))].kill()
    else:
        os.killpg(pid, signal.SIGKILL)
    return True


def _is_worker(process: psutil.Process) -> bool:
    """Whether it lives, and was started by the run to do its work."""
    with contextlib.suppress(psutil.NoSuchProcess):
        return "spawn_main" in " ".join(process.cmdline())
    return False


def _tear(folder: Path, generator: np.random.Generator) -> int:
    """Cut some files short; how many cells that were whole are not so any more."""
    files = [file for file in sorted(folder.rglob("*")) if file.is_file() and file.stat().st_size]
    torn = [files[place] for place in generator.permutation(len(files))[:3]]
    cells = {file.parent for file in torn if file.parent.parent == folder / "cells" and file.parent.name[0] != "."}
    cells = [cell for cell in cells if damage(cell) is None]
    for file in torn:
        with file.open("r+b") as opened:
            opened.truncate(int(generator.integers(file.stat().st_size)))
    return len(cells)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--kills", type=int, default=500)
    parser.add_argument("--seed", type=int, default=0)
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as place:
        seen = storm(Path(place), asked.kills, asked.seed, lambda message: print(message, file=sys.stderr, flush=True))
    print(f"seed {asked.seed}: {seen}")
    sys.exit(bool(seen.lost or seen.differing or seen.found != seen.torn))
