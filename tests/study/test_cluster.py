"""A cluster that somebody else started: scheduler and workers are processes of their own on loopback."""

import contextlib
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import pytest
from distributed import Client
from toys import ToyCell

import padleak
from padleak.data import datasets
from padleak.errors import InputError
from padleak.study import schedule
from padleak.study.cluster import Remote
from padleak.study.store import Store
from padleak.study.trials.sequence import SequenceCell

pytestmark = pytest.mark.slow

HERE = Path(__file__).parent
SOURCES = Path(padleak.__file__).parents[1]

# Makes a worker one that sees nothing of the results folder, and that could not write there unnoticed.
BLIND = """
from pathlib import Path
from padleak.study import work
from padleak.study.store import Store
work.sees = lambda probe: False
def refuse(*args): raise OSError("this worker has no results folder")
Store.put = Store.put_failure = refuse
"""


class Hand:
    """Starts schedulers and workers as one would in terminals, and ends them."""

    def __init__(self, folder: Path):
        self.folder = folder
        self.processes: list[subprocess.Popen] = []
        self.environment = os.environ | {"PYTHONPATH": os.pathsep.join([str(SOURCES), str(HERE)])}

    def scheduler(self, protocol: str = "tcp") -> str:
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]
        fixed = ("--host", "127.0.0.1", "--port", str(port), "--protocol", protocol, "--no-show")
        self._dask("scheduler", *fixed, "--dashboard-address", "127.0.0.1:0")
        deadline = time.monotonic() + 60
        while time.monotonic() < deadline:
            with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=1):
                return f"{protocol}://127.0.0.1:{port}"
            time.sleep(0.1)
        raise TimeoutError("the scheduler did not start")

    def worker(self, address: str, *options: str) -> subprocess.Popen:
        fixed = (
            "--host",
            "127.0.0.1",
            "--dashboard-address",
            "127.0.0.1:0",
            "--no-nanny",
            "--local-directory",
            str(self.folder),
        )
        return self._dask("worker", address, *fixed, *(options or ("--nthreads", "1")))

    def _dask(self, *arguments: str) -> subprocess.Popen:
        quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
        process = subprocess.Popen([sys.executable, "-m", "dask", *arguments], env=self.environment, **quiet)
        self.processes.append(process)
        return process

    def end(self) -> None:
        for process in self.processes:
            process.kill()
        for process in self.processes:
            process.wait(timeout=30)


@pytest.fixture
def hand(tmp_path):
    hand = Hand(tmp_path / "dask")
    hand.folder.mkdir()
    yield hand
    hand.end()


@pytest.fixture
def store(tmp_path):
    store = Store(tmp_path / "results")
    store.prepare()
    return store


def run(cells, store, address, **options):
    told = {}
    schedule.run(cells, store, Remote(address, **options), lambda key, error: told.update({key: error}))
    return told


def contents(store: Store) -> dict[str, bytes]:
    """Every file of every cell, without the seconds that it took, and so without the seal on them."""
    # What a worker was writing when it died is swept by the next run.
    files = {str(file.relative_to(store.folder)): file.read_bytes() for file in store.folder.glob("cells/[!.]*/*")}
    return {name: re.sub(rb'"(seconds|seal)": [^,\n]+', b"", content) for name, content in files.items()}


def run_here(cells, folder: Path) -> Store:
    store = Store(folder)
    store.prepare()
    schedule.run(cells, store, 0, lambda key, error: None)
    return store


def test_a_worker_killed_in_the_middle_changes_nothing(hand, store, tmp_path):
    marks = tmp_path / "marks"
    marks.mkdir()
    cells = [ToyCell(number=number, does="waits", marks=str(marks)) for number in range(24)]
    address = hand.scheduler()
    workers = [hand.worker(address, "--nthreads", "1", "--name", name) for name in ("first", "second")]
    told = {}

    def kill_one(key, error):
        told[key] = error
        if len(told) == 6:
            workers[0].send_signal(signal.SIGKILL)

    schedule.run(cells, store, Remote(address), kill_one)
    assert workers[0].wait(timeout=10) == -signal.SIGKILL
    assert workers[1].poll() is None
    assert told == {cell.key: None for cell in cells}
    assert contents(store) == contents(run_here(cells, tmp_path / "whole"))
    # What the lost worker had finished was not done again.
    started = sum(len((marks / str(cell.number)).read_text()) for cell in cells)
    assert started - len(cells) <= len(cells) + 1  # the whole run here marks each once, the lost worker one cell


def test_workers_that_do_not_see_the_folder_send_results_back(hand, store, tmp_path):
    blind = tmp_path / "blind.py"
    blind.write_text(BLIND)
    cells = [ToyCell(number=0), ToyCell(number=1, does="fails"), *(ToyCell(number=number) for number in range(4, 20))]
    address = hand.scheduler()
    hand.worker(address, "--nthreads", "1", "--preload", str(blind))
    hand.worker(address)
    told = run(cells, store, address)
    assert told == {cell.key: "RuntimeError: the toy broke" if cell.does == "fails" else None for cell in cells}
    assert "the toy broke" in store.failure(cells[1].key)["traceback"]
    assert contents(store) == contents(run_here(cells, tmp_path / "whole"))


def test_only_blind_workers_do_as_well(hand, store, tmp_path):
    blind = tmp_path / "blind.py"
    blind.write_text(BLIND)
    cells = [ToyCell(number=number) for number in range(10)]
    address = hand.scheduler()
    hand.worker(address, "--nthreads", "1", "--preload", str(blind))
    assert run(cells, store, address) == {cell.key: None for cell in cells}
    assert store.measurements(cells).value.tolist() == list(range(10))
    with np.load(store.cell_folder(cells[3].key) / "states.npz") as arrays:
        assert np.array_equal(arrays["unpadded"], np.full((2, 3), 3))


def test_a_cell_that_kills_its_workers_costs_itself_alone(hand, store):
    cells = [ToyCell(number=number, does="dies" if number == 1 else "works") for number in range(12)]
    hand.environment["DASK_DISTRIBUTED__SCHEDULER__ALLOWED_FAILURES"] = "0"
    address = hand.scheduler()
    for _ in range(4):
        hand.worker(address)
    told = run(cells, store, address)
    assert "worker was lost" in told[cells[1].key]
    assert {key for key, error in told.items() if not error} == {cell.key for cell in cells} - {cells[1].key}


def test_an_address_that_nobody_answers_is_one_clear_error(tmp_path):
    start = time.monotonic()
    result = subprocess.run(
        [sys.executable, "-m", "padleak", "run", "--profile", "smoke", "--results", str(tmp_path / "results"),
         "--scheduler", "127.0.0.1:1"],
        capture_output=True, text=True, env=os.environ | {"PYTHONPATH": str(SOURCES)}, cwd=SOURCES.parent, check=False,
    )  # fmt: skip
    assert result.returncode == 2
    assert "--scheduler must be the address of a Dask scheduler that answers; got 127.0.0.1:1." in result.stderr
    assert "Traceback" not in result.stderr
    assert time.monotonic() - start < 60


def test_a_cluster_without_workers_is_an_error_after_the_wait(hand, store):
    address = hand.scheduler()
    with pytest.raises(InputError, match="cluster with workers; got none for 1 seconds"):
        run([ToyCell()], store, address, wait=1)


def test_workers_that_cannot_do_the_work_are_named(hand, store, tmp_path):
    address = hand.scheduler()
    several = hand.worker(address, "--nthreads", "2")
    with pytest.raises(InputError, match=r"worker tcp://127.0.0.1:\d+ must be started with one thread; got 2 threads"):
        run([ToyCell()], store, address)
    several.kill()
    several.wait()
    time.sleep(1)
    # The first distribution of a name on the path is the one that counts.
    other = tmp_path / "other" / "padleak-9.9.dist-info"
    other.mkdir(parents=True)
    (other / "METADATA").write_text("Metadata-Version: 2.1\nName: padleak\nVersion: 9.9\n")
    hand.environment["PYTHONPATH"] = os.pathsep.join([str(other.parent), hand.environment["PYTHONPATH"]])
    hand.worker(address)
    with pytest.raises(InputError, match=r"padleak of worker tcp://127.0.0.1:\d+ must be .*, as here; got 9.9"):
        run([ToyCell()], store, address)
    assert store.finished() == set()


def test_a_worker_of_another_backend_is_named(hand, store):
    hand.environment["KERAS_BACKEND"] = "jax"
    address = hand.scheduler()
    hand.worker(address)
    with pytest.raises(InputError, match=r"KERAS_BACKEND of worker .* must be tensorflow, as here; got jax"):
        run([ToyCell()], store, address)


@pytest.mark.parametrize("data", ["keyword", "made_here"])
def test_a_worker_whose_own_files_differ_is_refused(hand, store, tmp_path, data, monkeypatch):
    """It has a measure that is not known here, and lacks a data set that is."""
    monkeypatch.setitem(datasets._things, "made_here", datasets["keyword"])
    monkeypatch.setitem(datasets._facts, "made_here", datasets.facts("keyword"))
    own = tmp_path / "own"
    own.mkdir()
    (own / "two.py").write_text(
        "from padleak.measures import measures\n\n@measures.add(of='states', unit='')\ndef two(comparison): return 2.0\n"
    )
    hand.environment["PADLEAK_EXTENSIONS"] = str(own)
    address = hand.scheduler()
    hand.worker(address)
    said = {"keyword": "another key for sequence", "made_here": r"no key for .* \(data set must be one of"}
    with pytest.raises(InputError, match=f"workers of the cluster must be with the same .*; got {said[data]}"):
        run([SequenceCell(data=data)], store, address)
    assert store.finished() == set()


def test_cells_go_to_workers_that_offer_the_resource(hand, store):
    cells = [ToyCell(number=number) for number in range(8)]
    address = hand.scheduler()
    hand.worker(address)
    with Client(address, set_as_default=False) as client:
        client.wait_for_workers(1, timeout=60)
    with pytest.raises(InputError, match="--resource must be offered by a worker; got GPU=1"):
        run(cells, store, address, resources={"GPU": 1.0}, wait=2)
    hand.worker(address, "--nthreads", "1", "--resources", "GPU=1")
    assert run(cells, store, address, resources={"GPU": 1.0}) == {cell.key: None for cell in cells}


def test_a_scheduler_lost_in_the_middle_is_one_clear_error(hand, store):
    cells = [ToyCell(number=number, does="waits") for number in range(40)]
    address = hand.scheduler()
    hand.worker(address)
    with pytest.raises(InputError, match="up until the last cell is done"):
        schedule.run(cells, store, Remote(address), lambda key, error: hand.processes[0].kill())
    assert 0 < len(store.finished()) < 40


def certificates(folder: Path) -> dict[str, str]:
    """An authority of one's own and one certificate for all, as `docs/cluster.md` makes them."""
    command = [
        "openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=padleak",
        "-keyout", str(folder / "key.pem"), "-out", str(folder / "cert.pem"),
    ]  # fmt: skip
    subprocess.run(command, check=True, capture_output=True)
    settings = {"DASK_DISTRIBUTED__COMM__TLS__CA_FILE": str(folder / "cert.pem")}
    for role in ("SCHEDULER", "WORKER", "CLIENT"):
        settings[f"DASK_DISTRIBUTED__COMM__TLS__{role}__CERT"] = str(folder / "cert.pem")
        settings[f"DASK_DISTRIBUTED__COMM__TLS__{role}__KEY"] = str(folder / "key.pem")
    return settings | {"DASK_DISTRIBUTED__COMM__REQUIRE_ENCRYPTION": "True"}


CLIENT = """
import sys
from toys import ToyCell
from padleak.errors import InputError
from padleak.study import schedule
from padleak.study.cluster import Remote
from padleak.study.store import Store
store = Store(sys.argv[2])
store.prepare()
try:
    schedule.run([ToyCell(number=n) for n in range(8)], store, Remote(sys.argv[1]), lambda key, error: print("done"))
except InputError as error:
    print(error)
"""


@pytest.mark.skipif(not shutil.which("openssl"), reason="no openssl to make certificates with")
def test_tls_lets_in_who_has_the_certificate_and_nobody_else(hand, tmp_path):
    plain = hand.environment
    hand.environment = hand.environment | certificates(tmp_path)
    address = hand.scheduler(protocol="tls")
    hand.worker(address)

    def client(environment: dict[str, str], address: str) -> str:
        command = [sys.executable, "-c", CLIENT, address, tempfile.mkdtemp(dir=tmp_path)]
        return subprocess.run(command, env=environment, capture_output=True, text=True, timeout=120, check=True).stdout

    assert client(hand.environment, address) == "done\n" * 8
    refusal = "--scheduler must be the address of a Dask scheduler that answers"
    assert refusal in client(plain, address)
    assert refusal in client(plain, address.replace("tls:", "tcp:"))
