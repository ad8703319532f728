"""A Dask cluster: started here, or joined by its address after a look at whether its workers can do the work."""

import contextlib
import ipaddress
import logging
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from padleak.errors import InputError, first_line
from padleak.models import backend
from padleak.study.crew import Crew
from padleak.study.interrupts import children_deaf_to_interrupts
from padleak.study.pack import installed

if TYPE_CHECKING:
    from distributed import Client

_ADDRESS = re.compile(r"((?P<scheme>tcp|tls)://)?(?P<host>[^/:\s]+|\[[0-9a-fA-F:]+\]):[0-9]+")
_MUST_AGREE = ("padleak", "keras", "numpy")
_SECONDS_TO_REACH = 10


@dataclass(frozen=True)
class Remote:
    """A Dask cluster that somebody started.

    Attributes:
        address: Of its scheduler: `tcp://`, `tls://` or bare `host:port`, or the path of a scheduler file.
        resources: What each cell takes of its worker, such as `{"GPU": 1}`.
        wait: Seconds to wait for a worker, at the start and whenever none is left.
    """

    address: str
    resources: dict[str, float] = field(default_factory=dict)
    wait: float = 30

    def __post_init__(self) -> None:
        if not _ADDRESS.fullmatch(self.address) and not Path(self.address).is_file():
            raise InputError("--scheduler", "HOST:PORT, tcp://HOST:PORT, tls://HOST:PORT or a file", self.address)

    def is_open(self) -> bool:
        """Whether the address is known to be neither of this machine nor encrypted."""
        match = _ADDRESS.fullmatch(self.address)
        if not match or match["scheme"] == "tls" or match["host"] == "localhost":
            return False
        try:
            return not ipaddress.ip_address(match["host"].strip("[]")).is_loopback
        except ValueError:
            return True


@contextlib.contextmanager
def start(workers: int) -> Iterator[Crew]:
    """Processes of one thread on this machine, reached from this machine alone; they end with the block.

    Raises:
        InputError: The machine lets none be started.
    """
    import dask
    from distributed import Client, LocalCluster

    _quieten()
    # A cell that kills its worker is tried once more together with its group, and once more alone. A clock that jumps must
    # not make a worker look dead; one that is gone is seen by its nanny. Dask's profiler would look at each worker a
    # hundred times a second and take some hundredths of its time.
    settings = {
        "distributed.nanny.pre-spawn-environ": backend.environment(),
        "distributed.scheduler.allowed-failures": 1,
        "distributed.scheduler.worker-ttl": None,
        "distributed.worker.profile.enabled": False,
    }
    with dask.config.set(settings):
        with children_deaf_to_interrupts(), _naming_what_the_machine_refuses():
            cluster = LocalCluster(
                n_workers=workers,
                threads_per_worker=1,
                host="127.0.0.1",
                dashboard_address="127.0.0.1:0",
                silence_logs=logging.CRITICAL,
                memory_limit=0,
            )
        with cluster, Client(cluster, set_as_default=False) as client:
            yield Crew(client, {}, wait=120)


@contextlib.contextmanager
def join(remote: Remote) -> Iterator[Crew]:
    """The workers of a cluster that is there; it is left as it was.

    Raises:
        InputError: Nobody answers, there are no workers, or they cannot do the work.
    """
    from distributed import Client

    _quieten()
    where = {"scheduler_file": remote.address} if Path(remote.address).is_file() else {"address": remote.address}
    try:
        client = Client(**where, timeout=_SECONDS_TO_REACH, set_as_default=False)
    except Exception as error:  # Dask raises many kinds for an address that is wrong, silent, or of another program
        raise InputError(
            "--scheduler", "the address of a Dask scheduler that answers", remote.address,
            f"Start one with `dask scheduler`, or leave the option out. ({first_line(error)})",
        ) from None  # fmt: skip
    with client:
        crew = Crew(client, remote.resources, remote.wait)
        _check_workers(client, crew.workers())
        yield crew


def _check_workers(client: "Client", workers: dict[str, int]) -> None:
    """Raises an `InputError` for a worker that has several threads, other versions or another backend."""
    for address, threads in workers.items():
        if threads != 1:
            raise InputError(
                f"worker {address}", "started with one thread", f"{threads} threads",
                "Use `dask worker --nthreads 1 --nworkers N`: networks of several threads would mix their weights.",
            )  # fmt: skip
    here = {name: installed(name) for name in _MUST_AGREE} | {"KERAS_BACKEND": backend.name()}
    for address, there in client.run(_describer(tuple(here)), workers=list(workers)).items():
        for name, value in here.items():
            if there[name] != value:
                raise InputError(f"{name} of worker {address}", f"{value}, as here", there[name])


def _describer(names: tuple[str, ...]) -> Callable:
    # A function within a function travels by value: the workers may lack padleak.
    def describe() -> dict[str, str]:
        import os
        from importlib.metadata import PackageNotFoundError, version

        found = {"KERAS_BACKEND": os.environ.get("KERAS_BACKEND") or "tensorflow"}
        for name in names:
            if name not in found:
                try:
                    found[name] = version(name)
                except PackageNotFoundError:
                    found[name] = "not installed"
        return found

    return describe


@contextlib.contextmanager
def _naming_what_the_machine_refuses() -> Iterator[None]:
    """No shared memory, no sockets, no processes: an error that says so, and what to do."""
    try:
        yield
    except Exception as error:  # Dask wraps whatever it was
        while within := error.__cause__ or error.__context__:
            error = within
        raise InputError(
            "--workers", "as many as this machine lets be started", f"none: {first_line(error)}",
            "With --workers 0 everything runs in this process. Finished cells are kept.",
        ) from None  # fmt: skip


def _quieten() -> None:
    for name in ("distributed", "tornado", "asyncio"):
        logging.getLogger(name).setLevel(logging.CRITICAL)
