"""A round of checks beside an installation: a few at a time, each as soon as its schedule lets it. The edge."""

import threading
from collections.abc import Iterable
from concurrent.futures import Future, ThreadPoolExecutor
from functools import partial
from pathlib import Path
from types import TracebackType

from packaging.utils import NormalizedName

from locks.processors import processors
from locks.progress import SILENT, Reporter, phase

from ..machine.facts import Machine
from .built_in import PlannedCheck
from .process import Processes, skipped_for_want_of_gpu
from .result import CheckResult, refuse_failed
from .schedule import Schedule

_AT_ONCE = 4
_WAIT_S = 0.5


class Checking:
    """A round of checks; leaving the `with` block ends whatever still runs.

    Args:
        checks: what to run.
        python: the environment's interpreter.
        awaited: packages that are not in place yet; `placed` takes them off, one by one.
        has_bytecode: whether the environment has bytecode of its own, which checks then read as programs do.
        reporter: told of each check when it has ended, in the order in which they end.
    """

    def __init__(
        self,
        checks: Iterable[PlannedCheck],
        python: Path,
        machine: Machine,
        *,
        awaited: Iterable[NormalizedName] = (),
        has_bytecode: bool = False,
        reporter: Reporter = SILENT,
    ) -> None:
        self._schedule = Schedule(checks=tuple(checks), awaited=frozenset(awaited))
        self._machine = machine
        self._reporter = reporter
        self._processes = Processes(python)
        self._at_once = min(_AT_ONCE, processors())
        self._has_bytecode = has_bytecode
        self._shares_bytecode = False
        self._pool = ThreadPoolExecutor(self._at_once, thread_name_prefix="check")
        self._changed = threading.Condition()
        self._closed = False
        self._untold: list[CheckResult] = []
        self._broken: BaseException | None = None

    def __enter__(self) -> "Checking":
        with self._changed:
            self._start_what_may()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        with self._changed:
            self._closed = True
        self._processes.stop()
        self._pool.shutdown(wait=True, cancel_futures=True)
        self._processes.close()

    @property
    def running(self) -> int:
        """How many checks run now."""
        return len(self._schedule.running)

    def placed(self, package: NormalizedName) -> None:
        """Take note that a package is wholly in place, and start what that lets run."""
        with self._changed:
            self._schedule = self._schedule.after_placing(package)
            self._start_what_may()
        self._tell()

    def go_on(self) -> None:
        """Tell of the checks that have ended.

        Raises:
            CheckFailed: a critical one has failed so far.
        """
        self._tell()
        refuse_failed(self._schedule.results())

    def finish(self, *, to_the_end: bool = False) -> tuple[CheckResult, ...]:
        """Wait for the checks, and give the results in the manifest's order.

        Raises:
            CheckFailed: a critical check has failed; not if the checks are to run `to_the_end`.
        """
        with phase(self._reporter, "checking", total=len(self._schedule.checks), unit="checks") as checking:
            while True:
                with self._changed:
                    # NOTE: on Windows, Ctrl-C does not end a wait without a limit.
                    self._changed.wait_for(lambda: self._broken or self._untold or self._schedule.is_done, _WAIT_S)
                    schedule = self._schedule
                self._tell()
                ended_since = len(schedule.ended) - checking.progress.done
                checking.advance(schedule.running_names(), more=ended_since)
                if self._broken:
                    raise self._broken
                if not to_the_end:
                    refuse_failed(schedule.results())
                if schedule.is_done:
                    return schedule.results()

    def _tell(self) -> None:
        """Report what has ended since last time; the thread that installs is the only one to speak."""
        with self._changed:
            news, self._untold = self._untold, []
        for result in news:
            self._reporter.noted(result.line())

    def _start_what_may(self) -> None:
        gains = self._schedule.gains_by_sharing(self._at_once, has_gpu=bool(self._machine.gpus))
        self._shares_bytecode = self._shares_bytecode or (gains and not self._has_bytecode)
        # NOTE: asked anew after each start, for a job that ends at once comes back here before the next one starts.
        while not self._closed and (place := self._schedule.next_place(self._at_once)) is not None:
            planned = self._schedule.checks[place]
            shares = self._shares_bytecode and self._schedule.may_share(place)
            self._schedule = self._schedule.after_starting(place, shares_bytecode=shares)
            if planned.check.needs_gpu and not self._machine.gpus:
                self._take(place, skipped_for_want_of_gpu(planned.check, self._machine.gpu_note))
            else:
                job = self._pool.submit(self._processes.run, planned, shares_bytecode=shares)
                job.add_done_callback(partial(self._job_ended, place))

    def _take(self, place: int, result: CheckResult) -> None:
        self._schedule = self._schedule.after_ending(place, result)
        if place in self._schedule.ended:
            self._untold.append(result)

    def _job_ended(self, place: int, job: "Future[CheckResult]") -> None:
        with self._changed:
            if self._closed:
                return
            if (error := job.exception()) is not None:
                self._broken = error
            else:
                self._take(place, job.result())
                self._start_what_may()
            self._changed.notify_all()
