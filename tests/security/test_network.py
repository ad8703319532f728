"""What runs here is reached from here alone, and nothing goes to the network unless a data set asks for it, and says so."""

import os
import socket
import subprocess
import sys
import time
from pathlib import Path

import psutil
import pytest

REPOSITORY = Path(__file__).parents[2]
WATCH = """
import ipaddress, os, socket

def note(call, address):
    with open(os.environ["NOTES"], "a") as notes:
        notes.write(f"{call} {address}\\n")

def is_here(address):
    if not isinstance(address, tuple):
        return True
    try:
        return ipaddress.ip_address(address[0]).is_loopback
    except ValueError:
        return address[0] == "localhost"

connect, look_up = socket.socket.connect, socket.getaddrinfo

def watched_connect(self, address):
    note("connect" if is_here(address) else "AWAY", address)
    if not is_here(address):
        raise OSError(f"no network: {address}")
    return connect(self, address)

def watched_look_up(host, *rest, **named):
    if not is_here((host,)) and host:
        note("AWAY", host)
        raise socket.gaierror(f"no network: {host}")
    return look_up(host, *rest, **named)

socket.socket.connect, socket.getaddrinfo = watched_connect, watched_look_up
note("watching", os.getpid())
"""
"""What Python runs first in every process: it notes and forbids what leaves this machine."""


@pytest.fixture
def notes(tmp_path):
    return tmp_path / "notes"


@pytest.fixture
def watched(tmp_path, notes):
    """The environment of a process that is watched, and so are those that it starts."""
    (tmp_path / "watch").mkdir()
    (tmp_path / "watch" / "sitecustomize.py").write_text(WATCH)
    paths = [tmp_path / "watch", REPOSITORY / "src"]
    return os.environ | {
        "NOTES": str(notes), "PYTHONPATH": os.pathsep.join(map(str, paths)), "KERAS_HOME": str(tmp_path / "keras"),
    }  # fmt: skip


def start(environment, *arguments: str) -> subprocess.Popen:
    return subprocess.Popen(
        [sys.executable, *arguments],
        cwd=REPOSITORY, env=environment, text=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
    )  # fmt: skip


def finish(process: subprocess.Popen) -> tuple[int, str, str]:
    """Exit code, and what was written to stdout and stderr."""
    output, errors = process.communicate()
    return process.returncode, output, errors


def sockets(process: psutil.Process) -> list:
    """What a process and those that it started have open to a network, or listen on."""
    found = []
    for one in [process, *process.children(recursive=True)]:
        try:
            found += [link for link in one.net_connections("inet") if link.laddr]
        except psutil.Error:  # it ended meanwhile
            continue
    return found


LOOPBACK = ("127.0.0.1", "::1", "::ffff:127.0.0.1")


@pytest.mark.slow
def test_a_run_listens_and_speaks_here_alone(watched, notes, tmp_path):
    """All sockets of the run and its workers, as the system sees them, while cells are at work as in `padleak run`."""
    code = f"""
from padleak.study.schedule import run
from padleak.study.store import Store
from padleak.study.trials.noop import NoopCell
store = Store({str(tmp_path / "results")!r})
store.prepare()
run([NoopCell(number=number, work=5) for number in range(12)], store, 2, print)
"""
    run = start(watched, "-c", code)
    process, listening, linked = psutil.Process(run.pid), set(), set()
    while run.poll() is None:
        for link in sockets(process):
            (listening if link.status == psutil.CONN_LISTEN else linked).add(link.laddr)
            assert link.laddr.ip in LOOPBACK, link
            assert not link.raddr or link.raddr.ip in LOOPBACK, link
        time.sleep(0.2)
    code, _, errors = finish(run)
    assert code == 0, errors
    assert len(listening) >= 5, "scheduler, two nannies and two workers"
    told = notes.read_text()
    assert "connect ('127.0.0.1'" in told and "AWAY" not in told


@pytest.mark.slow
def test_an_audit_opens_no_connection(watched, notes, tmp_path):
    code = f"""
import keras
layers = [keras.layers.Input((None,)), keras.layers.Embedding(9, 2), keras.layers.GRU(2)]
keras.Sequential(layers).save({str(tmp_path / "model.keras")!r})
import sys
from padleak.cli import main
sys.argv = ["padleak", "audit", {str(tmp_path / "model.keras")!r}, "--html", {str(tmp_path / "audit.html")!r}]
main()
"""
    code, output, errors = finish(start(watched, "-c", code))
    assert code == 1 and "NO_MASK" in output, errors
    told = notes.read_text()
    assert "watching" in told and "AWAY" not in told and "connect" not in told


def test_importing_and_listing_opens_no_connection(watched, notes):
    code, output, _ = finish(start(watched, "-m", "padleak", "list"))
    assert code == 0 and output
    assert {line.split()[0] for line in notes.read_text().splitlines()} == {"watching"}


@pytest.mark.slow
def test_a_data_set_from_the_network_says_what_it_fetches_before_it_does(watched, notes):
    """There is no network in this process: what it wanted of it is noted and refused."""
    code = "import padleak.data.dataset as d; d.load('keras:imdb')"
    _, _, errors = finish(start(watched | {"KERAS_BACKEND": "jax"}, "-c", code))
    assert "AWAY storage.googleapis.com" in notes.read_text()
    said, refused = (
        errors.index("Keras fetches imdb.npz from https://storage.googleapis.com"),
        errors.index("no network"),
    )
    assert said < refused and "Connect to a network once" in errors


def test_what_is_watched_is_what_would_leave(watched, notes):
    """The watch sees a connection that leaves, by number and by name, and lets those within this machine through."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        code = (
            f"import socket, urllib.request\nsocket.create_connection(('127.0.0.1', {port}))\n"
            "for address in ('192.0.2.1', 'pypi.org'):\n"
            "    try: urllib.request.urlopen(f'http://{address}')\n"
            "    except OSError: pass"
        )
        assert finish(start(watched, "-c", code))[0] == 0
    told = notes.read_text()
    assert "AWAY ('192.0.2.1', 80)" in told or "AWAY 192.0.2.1" in told
    assert "AWAY pypi.org" in told and f"connect ('127.0.0.1', {port})" in told
