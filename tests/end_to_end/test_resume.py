"""Ctrl-C in the middle and a second start give the numbers of one uninterrupted run; `tests/faults` does worse."""

import os
import signal
import subprocess
import sys
import time

import pytest

pytestmark = pytest.mark.slow

EXPERIMENT = '''
"""A few quick cells."""
from padleak.study import Design, Experiment, Profile, factorial
from padleak.study.trials.sequence import Probe, SequenceCell

def design(profile: Profile) -> Design:
    return factorial(
        SequenceCell, data="keyword?length=10", rows=192, validation=64, test=64, epochs=1, length=12, units=4, probe_rows=10,
        masking=["none", "embedding"], probes=(Probe("post", 4),), seed=list(range(profile.seeds)),
    )

EXPERIMENT = Experiment("tiny", "Does it resume?", design, (), ())
'''


@pytest.fixture
def command(tmp_path, monkeypatch):
    experiments = tmp_path / "experiments"
    experiments.mkdir()
    (experiments / "tiny.py").write_text(EXPERIMENT)
    monkeypatch.setenv("PADLEAK_EXPERIMENTS", str(experiments))
    start = [sys.executable, "-m", "padleak", "run", "--profile", "smoke", "--workers", "2", "--seeds", "15"]
    return lambda folder: [*start, "--results", str(folder)]


def hear() -> None:
    """Background jobs of scripts are deaf to interrupts, and so are the processes that they start."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)


def finished(folder) -> int:
    return len(list(folder.glob("cells/[!.]*/cell.json")))


def test_interrupted_and_started_again_gives_the_same_numbers(command, tmp_path):
    whole, broken = tmp_path / "whole", tmp_path / "broken"
    subprocess.run(command(whole), check=True, capture_output=True)
    process = subprocess.Popen(
        command(broken), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, start_new_session=True,
        preexec_fn=hear,
    )  # fmt: skip
    while finished(broken) < 2 and process.poll() is None:
        time.sleep(0.02)
    os.killpg(process.pid, signal.SIGINT)
    _, messages = process.communicate(timeout=60)
    assert process.returncode != 0
    kept = finished(broken)
    assert 0 < kept < 30
    assert "the same command goes on from there" in messages
    assert "Traceback" not in messages
    again = subprocess.run(command(broken), check=True, capture_output=True, text=True)
    assert f"{kept} finished before" in again.stderr
    assert (broken / "measurements.csv").read_bytes() == (whole / "measurements.csv").read_bytes()
    assert (broken / "measurements.parquet").read_bytes() == (whole / "measurements.parquet").read_bytes()
