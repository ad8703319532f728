"""Workers of a Dask cluster: cells are handed to them a few at a time, and what they did is taken in."""

import contextlib
import queue
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from padleak.errors import InputError
from padleak.study.backlog import Backlog, Group
from padleak.study.cell import Cell
from padleak.study.interrupts import no_interrupt_lost
from padleak.study.limit import TimeLimit
from padleak.study.store import Store
from padleak.study.work import GIVEN_UP, UNDER_WAY, Progress, Report, UnderWay, nobody, run_slice

if TYPE_CHECKING:
    from distributed import Client, Future

_SECONDS_BETWEEN_LOOKS = 1.0
_RETRIES = 2


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

    def workers(self) -> dict[str, int]:
        """Threads of each worker, by its address, as soon as there is one.

        Raises:
            InputError: None comes.
        """
        while not self._look():
            time.sleep(0.2)
        return self._fit

    def run(
        self,
        backlog: Backlog,
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

    def _hand_out(self, group: Group, store: Store, probe: Path, limit: TimeLimit | None) -> None:
        future = self._client.submit(
            run_slice, group.cells, store, probe, limit,
            workers=[group.worker] if group.worker else None, allow_other_workers=bool(group.worker),
            resources=self._resources or None, retries=_RETRIES, pure=False,
        )  # fmt: skip
        self._running[future] = group
        future.add_done_callback(self._arrived.put)

    def _take_in(self, future: "Future", group: Group, backlog: Backlog, store: Store, progress: Progress) -> None:
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

    def _take_back_stuck(self, backlog: Backlog) -> None:
        """Take back what waits for a worker that is gone: Dask would keep it for that one, though others may have it."""
        for future in [future for future in self._running if future.key in self._stuck]:
            backlog.give_back(self._running.pop(future).cells, worker="")
            future.cancel()
        self._stuck = set()

    def _take_back_given_up(self, backlog: Backlog, store: Store, progress: Progress) -> None:
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

    def _take_in_loss(self, error: Exception, group: Group, backlog: Backlog, store: Store, progress: Progress) -> None:
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


def _lister() -> Callable:
    # A function within a function travels by value: the scheduler may lack padleak.
    def list_workers(dask_scheduler) -> tuple[dict[str, tuple[int, dict[str, float]]], set[str]]:
        workers = {address: (state.nthreads, state.resources) for address, state in dask_scheduler.workers.items()}
        return workers, {task.key for task in dask_scheduler.unrunnable}

    return list_workers


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
