"""A machine that misbehaves: a clock that jumps, no shared memory. Nothing is lost, and what to do is said."""

import os
import subprocess
import time

import pytest
from storm import command, contents, run

pytestmark = pytest.mark.slow

JUMP = """
import time
_time = time.time
# The monotonic clock is the same for all processes: theirs jumps at once.
time.time = lambda: _time() + HOURS * 3600 * (time.monotonic() > MOMENT)
"""
WITHOUT_SHARED_MEMORY = 'mount -t tmpfs -o ro none /dev/shm && exec "$@"'


@pytest.fixture(scope="module")
def start(tmp_path_factory):
    with pytest.MonkeyPatch.context() as patched:
        patched.setenv("PADLEAK_EXPERIMENTS", "")  # what `command` sets ends with these tests
        yield command(tmp_path_factory.mktemp("storm"))


@pytest.fixture(scope="module")
def undisturbed(start, tmp_path_factory) -> tuple[dict, float]:
    """What a run leaves on a machine that behaves, and seconds until it was at work."""
    folder = tmp_path_factory.mktemp("undisturbed")
    process = subprocess.Popen(start(folder), stderr=subprocess.DEVNULL, stdout=subprocess.DEVNULL)
    began = time.monotonic()
    while not list(folder.glob("cells/[!.]*")) and process.poll() is None:
        time.sleep(0.01)
    until_at_work = time.monotonic() - began
    assert process.wait(120) == 0
    return contents(folder), until_at_work


@pytest.mark.parametrize("hours", [2, -2])
def test_a_clock_that_jumps_changes_nothing(start, undisturbed, tmp_path, monkeypatch, hours):
    """It jumps once, for all processes, while cells are run."""
    whole, until_at_work = undisturbed
    jump = JUMP.replace("HOURS", str(hours)).replace("MOMENT", str(time.monotonic() + until_at_work))
    (tmp_path / "sitecustomize.py").write_text(jump)
    with monkeypatch.context() as patched:
        patched.setenv("PYTHONPATH", os.pathsep.join([str(tmp_path), os.environ.get("PYTHONPATH", "")]))
        run(start(tmp_path / "jumping"))
    assert contents(tmp_path / "jumping") == whole


def test_without_shared_memory_one_is_told_and_one_process_does_it_all(start, undisturbed, tmp_path):
    without = ["unshare", "-rm", "sh", "-c", WITHOUT_SHARED_MEMORY, "sh"]
    if subprocess.run([*without, "true"], capture_output=True).returncode:
        pytest.skip("mounts of one's own are not allowed here")
    several = start(tmp_path / "several")
    refused = subprocess.run([*without, *several], capture_output=True, text=True, timeout=120)
    assert refused.returncode == 2 and "Traceback" not in refused.stderr
    assert "--workers must be as many as this machine lets be started" in refused.stderr
    alone = ["0" if word == "2" else word for word in several]
    subprocess.run([*without, *alone], check=True, capture_output=True, timeout=120)
    assert contents(tmp_path / "several") == undisturbed[0]
