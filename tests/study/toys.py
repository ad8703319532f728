"""Cells for tests of the engine: quick, importable by workers, and able to go wrong."""

import contextlib
import os
import signal
import time
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

import numpy as np
import pandas as pd

from padleak.study.cell import Cell, Outcome
from padleak.study.unfinished import tell


@dataclass(frozen=True)
class ToyCell(Cell):
    """Gives its number; fails, dies, hangs, eats memory, waits or says how far it is if told to."""

    kind: ClassVar[str] = "toy"
    number: int = 0
    does: str = "works"
    marks: str = ""

    def run(self) -> Outcome:
        if self.marks:
            with (Path(self.marks) / f"{self.number}").open("a") as mark:
                mark.write("x")
        if self.does == "fails":
            raise RuntimeError("the toy broke")
        if self.does == "dies once" and len((Path(self.marks) / f"{self.number}").read_text()) == 1:
            os.kill(os.getpid(), signal.SIGKILL)
        if self.does == "dies":
            os.kill(os.getpid(), signal.SIGKILL)
        if self.does == "runs on":
            while True:
                with contextlib.suppress(Exception):
                    time.sleep(0.01)
        if self.does == "hangs":
            time.sleep(1000)  # without a step of Python
        if self.does == "eats":
            np.ones(2**50)
        if self.does == "tells":
            tell(0.5)
        if self.does in ("waits", "tells"):
            time.sleep(0.3)
        table = pd.DataFrame({"probe": ["p"], "layer": ["l"], "metric": ["m"], "value": [float(self.number)]})
        return Outcome(table, {"seconds": 0.1}, {"states": {"unpadded": np.full((2, 3), self.number)}})

    def why_not(self) -> str | None:
        return None

    def shape(self):
        return self.number // 4
