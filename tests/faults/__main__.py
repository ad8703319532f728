"""All faults by one command, each with its figures: storms of kills, damaged cells, bad inputs.

python tests/faults --kills 500 --cells 200 --inputs 10000 --seed 1
"""

import argparse
import subprocess
import sys
from pathlib import Path

FIGURES = {"damage": "cells", "fuzz": "inputs", "storm": "kills"}
"""Script -> what it is asked for so many of."""

if __name__ == "__main__":
    parser = argparse.ArgumentParser(prog="tests/faults", description=__doc__.splitlines()[0])
    for script, count in {"storm": 500, "damage": 200, "fuzz": 10_000}.items():
        parser.add_argument(f"--{FIGURES[script]}", type=int, default=count, help=f"{count} if not given ({script}.py)")
    parser.add_argument("--seed", type=int, default=0)
    asked = parser.parse_args()
    failed = 0
    for script, option in FIGURES.items():
        print(f"{script}.py", flush=True)
        command = [f"--{option}", str(getattr(asked, option)), "--seed", str(asked.seed)]
        failed += (
            subprocess.run([sys.executable, str(Path(__file__).with_name(f"{script}.py")), *command]).returncode != 0
        )
    sys.exit(bool(failed))
