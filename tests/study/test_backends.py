"""The same study on TensorFlow and on JAX: other networks, since initialisers draw otherwise, and the same verdicts.

That the *same weights* leak the same, within 1e-5 of the state's norm, is claim C4 of the experiment `instruments`.
"""

import os
import subprocess
import sys

import pytest

from padleak.study.compare import compare
from padleak.study.results import load

pytestmark = pytest.mark.slow

EXPERIMENT = '''
"""Does a mask keep fill out of an LSTM?"""
from padleak.study import Above, Claim, Design, Experiment, Profile, Within, factorial, per_seed
from padleak.study.trials.sequence import Probe, SequenceCell

def design(profile: Profile) -> Design:
    return factorial(
        SequenceCell, data="keyword?length=10", rows=192, validation=64, test=64, epochs=1, length=12, units=4, probe_rows=10,
        masking=["none", "embedding"], probes=(Probe("post", 4),), seed=list(range(5)),
    )

def moved(masking):
    return lambda table: per_seed(table, "relative_shift", "summary", masking=masking, probe="post+4")

CLAIMS = (
    Claim("L1", "Fill moves an LSTM that knows of no mask", "nobody", (Above("shift", moved("none"), "", 0.05),), ""),
    Claim("L2", "It does not move one that does", "nobody", (Within("shift", moved("embedding"), "", 1e-6),), ""),
)
EXPERIMENT = Experiment("masks", "Does a mask keep fill out of an LSTM?", design, CLAIMS, ())
'''


def test_verdicts_are_those_of_the_other_backend(tmp_path, monkeypatch):
    (tmp_path / "experiments").mkdir()
    (tmp_path / "experiments" / "masks.py").write_text(EXPERIMENT)
    monkeypatch.setenv("PADLEAK_EXPERIMENTS", str(tmp_path / "experiments"))
    for backend in ("tensorflow", "jax"):
        subprocess.run(
            [sys.executable, "-m", "padleak", "run", "--workers", "0", "--results", str(tmp_path / backend)],
            check=True, capture_output=True,
            env=os.environ | {"KERAS_BACKEND": backend},
        )  # fmt: skip
    contrast = compare(load(tmp_path / "tensorflow"), load(tmp_path / "jax"))
    assert contrast.causes == ["backend: tensorflow against jax"]
    assert contrast.claims[["before", "after", "n"]].to_numpy().tolist() == 2 * [["supported", "supported", 5]]
