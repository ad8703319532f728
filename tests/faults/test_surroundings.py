"""A machine that misbehaves: a clock that jumps, no shared memory. Nothing is lost, and what to do is said."""

import os
import subprocess

import pytest
from storm import command, contents, run

pytestmark = pytest.mark.slow

JUMPS = """
import time
_time, _start = time.time, time.monotonic()
# Two hours forth and two hours back, every seventh of a second.
time.time = lambda: _time() + (7200 if int(7 * (time.monotonic() - _start)) % 2 else -7200)
"""
WITHOUT_SHARED_MEMORY = 'mount -t tmpfs -o ro none /dev/shm && exec "$@"'


@pytest.fixture
def start(tmp_path, monkeypatch):
    monkeypatch.setenv("PADLEAK_EXPERIMENTS", "")  # what `command` sets ends with the test
    return command(tmp_path)


@pytest.fixture
def whole(start, tmp_path):
    """What a run leaves on a machine that behaves."""
    run(start(tmp_path / "whole"))
    return contents(tmp_path / "whole")


def test_a_clock_that_jumps_changes_nothing(start, whole, tmp_path, monkeypatch):
    """A process whose clock jumps while it connects may give up; the same command goes on."""
    (tmp_path / "sitecustomize.py").write_text(JUMPS)
    with monkeypatch.context() as patched:
        patched.setenv("PYTHONPATH", os.pathsep.join([str(tmp_path), os.environ.get("PYTHONPATH", "")]))
        done = subprocess.run(start(tmp_path / "jumping"), capture_output=True, text=True, timeout=120)
    assert done.returncode == 0 or (done.returncode == 2 and "Traceback" not in done.stderr)
    run(start(tmp_path / "jumping"))
    assert contents(tmp_path / "jumping") == whole


def test_without_shared_memory_one_is_told_and_one_process_does_it_all(start, whole, tmp_path):
    without = ["unshare", "-rm", "sh", "-c", WITHOUT_SHARED_MEMORY, "sh"]
    if subprocess.run([*without, "true"], capture_output=True).returncode:
        pytest.skip("mounts of one's own are not allowed here")
    several = start(tmp_path / "several")
    refused = subprocess.run([*without, *several], capture_output=True, text=True, timeout=120)
    assert refused.returncode == 2 and "Traceback" not in refused.stderr
    assert "--workers must be as many as this machine lets be started" in refused.stderr
    alone = ["0" if word == "2" else word for word in several]
    subprocess.run([*without, *alone], check=True, capture_output=True, timeout=120)
    assert contents(tmp_path / "several") == whole
