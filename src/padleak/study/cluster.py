"""The Dask side: a cluster started here or joined by its address, and cells handed to its workers a few at a time."""

import contextlib
import ipaddress
import logging
import queue
import re
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from padleak.errors import InputError, first_line
from padleak.models import backend
from padleak.study.cell import Cell
from padleak.study.interrupts import children_deaf_to_interrupts, no_interrupt_lost
from padleak.study.limit import TimeLimit
from padleak.study.pack import installed
from padleak.study.store import Store
from padleak.study.work import GIVEN_UP, UNDER_WAY, Report, UnderWay, nobody, run_slice

if TYPE_CHECKING:
    from distributed import Client, Future

    from padleak.study.schedule import Backlog, Group

Progress = Callable[[str, str | None], None]
"""Called with the key of each cell done, and what went wrong or None."""

_ADDRESS = re.compile(r"((?P<scheme>tcp|tls)://)?(?P<host>[^/:\s]+|\[[0-9a-fA-F:]+\]):[0-9]+")
_MUST_AGREE = ("padleak", "keras", "numpy")
_SECONDS_TO_REACH = 10
_SECONDS_BETWEEN_LOOKS = 1.0
_RETRIES = 2


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
def start(workers: int) -> Iterator["Crew"]:
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
def join(remote: Remote) -> Iterator["Crew"]:
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
        crew.check()
        yield crew


class Crew:
    """Workers that are there, each with one thread.

    Args:
        client: Connected.
        resources: What each cell takes of its worker.
        wait: Seconds to wait for a worker.
    """

    def __init__(self, client: "Client", resources: dict[str, float], wait: float):
        self._client, self._resources, self._wait = client, resources, wait
        self._fit: dict[str, int] = {}
        self._looked = 0.0
        self._seen = time.monotonic()
        self._running: dict[Future, Group] = {}
        self._given_up: set[str] = set()
        self._stuck: set[str] = set()
        self._arrived: queue.SimpleQueue[Future] = queue.SimpleQueue()

    def check(self) -> None:
        """Wait for a worker and see that all can do the work.

        Raises:
            InputError: There is none, or one that has several threads, other versions or another backend.
        """
        while not self._look():
            time.sleep(0.2)
        here = _describe_here()
        for address, threads in self._fit.items():
            if threads != 1:
                raise InputError(
                    f"worker {address}", "started with one thread", f"{threads} threads",
                    "Use `dask worker --nthreads 1 --nworkers N`: networks of several threads would mix their weights.",
                )  # fmt: skip
        for address, there in self._client.run(_describer(tuple(here)), workers=list(self._fit)).items():
            for name, value in here.items():
                if there[name] != value:
                    raise InputError(f"{name} of worker {address}", f"{value}, as here", there[name])

    def run(
        self,
        backlog: "Backlog",
        store: Store,
        progress: Progress,
        under_way: UnderWay = nobody,
        limit: TimeLimit | None = None,
    ) -> None:
        """Run all cells of the backlog; as many groups are out as there are workers.

        Raises:
            InputError: All workers are gone, the scheduler is, or a worker has other data.
        """
        events: queue.SimpleQueue[tuple[str, float]] = queue.SimpleQueue()
        self._client.subscribe_topic(UNDER_WAY, lambda event: events.put(event[1]))
        self._client.subscribe_topic(GIVEN_UP, lambda event: self._given_up.add(event[1]))
        with store.probe() as probe, no_interrupt_lost() as heed:
            away = Store(store.folder.resolve())
            while backlog or self._running:
                heed()
                idle = len(self._look()) - len(self._running)
                self._take_back_stuck(backlog)
                for group in backlog.take(max(0, idle), busy=len(self._running)):
                    self._hand_out(group, away, probe, limit)
                with contextlib.suppress(queue.Empty):
                    future = self._arrived.get(timeout=_SECONDS_BETWEEN_LOOKS)
                    if group := self._running.pop(future, None):
                        self._take_in(future, group, backlog, store, progress)
                while not events.empty():
                    under_way(*events.get())
                self._take_back_given_up(backlog, store, progress)

    def _hand_out(self, group: "Group", store: Store, probe: Path, limit: TimeLimit | None) -> None:
        future = self._client.submit(
            run_slice, group.cells, store, probe, limit,
            workers=[group.worker] if group.worker else None, allow_other_workers=bool(group.worker),
            resources=self._resources or None, retries=_RETRIES, pure=False,
        )  # fmt: skip
        self._running[future] = group
        future.add_done_callback(self._arrived.put)

    def _take_in(self, future: "Future", group: "Group", backlog: "Backlog", store: Store, progress: Progress) -> None:
        try:
            report: Report = future.result()
        except InputError:
            raise
        except Exception as error:
            if future.cancelled() or self._client.status != "running":
                raise _lost() from None
            self._take_in_loss(error, group, backlog, store, progress)
            return
        if report.parcel:
            report.parcel.unpack_into(store)
        for key, error in report.done.items():
            progress(key, error)
        backlog.give_back(group.cells[len(report.done) :], report.worker)

    def _take_back_stuck(self, backlog: "Backlog") -> None:
        """Take back what waits for a worker that is gone: Dask would keep it for that one, though others may have it."""
        for future in [future for future in self._running if future.key in self._stuck]:
            backlog.give_back(self._running.pop(future).cells, worker="")
            future.cancel()
        self._stuck = set()

    def _take_back_given_up(self, backlog: "Backlog", store: Store, progress: Progress) -> None:
        """What a worker cannot stop ends with it. Dask must not hand it to another; the rest of its group goes on."""
        for future, group in list(self._running.items()):
            hopeless = [cell for cell in group.cells if cell.key in self._given_up]
            if hopeless:
                del self._running[future]
                future.cancel()
                backlog.give_back([cell for cell in group.cells if cell not in hopeless], worker="")
            for cell in hopeless:
                self._given_up.discard(cell.key)
                _fail(cell, TimeoutError("could not be stopped: its worker was ended (--time-limit)"), store, progress)

    def _take_in_loss(
        self, error: Exception, group: "Group", backlog: "Backlog", store: Store, progress: Progress
    ) -> None:
        for cell in group.cells:
            if group.alone:
                _fail(cell, RuntimeError(f"the worker was lost: {error}"), store, progress)
            else:
                backlog.suspect([cell])

    def _look(self) -> dict[str, int]:
        """Threads of the workers that fit, by address; looked up anew every second, since workers come and go."""
        now = time.monotonic()
        if now - self._looked >= _SECONDS_BETWEEN_LOOKS or not self._fit:
            with _scheduler_may_be_lost():
                workers, self._stuck = self._client.run_on_scheduler(_lister())
            self._looked = now
            self._fit = {
                address: threads
                for address, (threads, offered) in workers.items()
                if all(offered.get(name, 0) >= amount for name, amount in self._resources.items())
            }
            if self._fit:
                self._seen = now
            elif now - self._seen > self._wait:
                raise self._nobody(len(workers))
        return self._fit

    def _nobody(self, others: int) -> InputError:
        wanted = " ".join(f"{name}={amount:g}" for name, amount in self._resources.items())
        if others:
            start = f'`dask worker ADDRESS --nthreads 1 --resources "{wanted}"`'
            return InputError("--resource", "offered by a worker", wanted, f"Start workers with {start}.")
        return InputError(
            "--scheduler", "of a cluster with workers", f"none for {self._wait:g} seconds",
            "Start one with `dask worker ADDRESS --nthreads 1`, or wait longer with --wait. Finished cells are kept.",
        )  # fmt: skip


def _fail(cell: Cell, reason: Exception, store: Store, progress: Progress) -> None:
    """Keep why a cell has no result, and tell of it."""
    store.write_failure(cell, reason)
    progress(cell.key, f"{type(reason).__name__}: {reason}")


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


# What follows is sent to processes that may lack padleak: functions within functions travel by value, not by name.


def _lister() -> Callable:
    def list_workers(dask_scheduler) -> tuple[dict[str, tuple[int, dict[str, float]]], set[str]]:
        workers = {address: (state.nthreads, state.resources) for address, state in dask_scheduler.workers.items()}
        return workers, {task.key for task in dask_scheduler.unrunnable}

    return list_workers


def _describer(names: tuple[str, ...]) -> Callable:
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


def _describe_here() -> dict[str, Any]:
    return {name: installed(name) for name in _MUST_AGREE} | {"KERAS_BACKEND": backend.name()}


@contextlib.contextmanager
def _scheduler_may_be_lost() -> Iterator[None]:
    """Of the many errors that Dask raises when its scheduler goes away, makes one."""
    try:
        yield
    except Exception:
        raise _lost() from None


def _lost() -> InputError:
    return InputError(
        "--scheduler", "up until the last cell is done", "no answer any more",
        "Finished cells are kept; the same command goes on from there.",
    )  # fmt: skip


def _quieten() -> None:
    for name in ("distributed", "tornado", "asyncio"):
        logging.getLogger(name).setLevel(logging.CRITICAL)
