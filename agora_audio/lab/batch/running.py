"""`run_batch`: many recordings through one work, each done once, whatever happens meanwhile.

Two laws:

* A line of the manifest is written when the results of a recording are there, whole, under their names. Whoever dies in
  between leaves a recording without a line, which the next run does again.
* A worker that dies or hangs proves nothing against the recording it had: others may have taken the memory. The
  recording is tried again when nobody else is at work. If that fails as well, it goes into quarantine.
"""

from __future__ import annotations

import contextlib
import itertools
import os
import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import (
    FIRST_COMPLETED,
    BrokenExecutor,
    CancelledError,
    Executor,
    Future,
    ThreadPoolExecutor,
    wait,
)
from dataclasses import dataclass, replace
from typing import Any, TypeAlias

from agora_audio.errors import AudioError, ConfigError
from agora_audio.lab.batch.isolation import Children, pickled, work_isolated
from agora_audio.lab.batch.items import Item
from agora_audio.lab.batch.job import DONE, FAILED, QUARANTINED, begin_job, check_apart, make_plan
from agora_audio.lab.batch.listing import find_items
from agora_audio.lab.batch.lock import Lock, lock
from agora_audio.lab.batch.manifest import Manifest, open_manifest
from agora_audio.lab.batch.storage import open_storage
from agora_audio.lab.batch.task import Outcome, Task, Work, perform, reason_of

__all__ = ["BatchProgress", "Observer", "run_batch"]

# How long the manager waits at most before it looks after lock, manifest and progress, seconds.
_TICK = 0.5
# So many wait to be tried again before all others are held up for them.
_MOST_SUSPECTS = 16
_LOST = "the executor has lost what it was given: is its scheduler gone?"


@dataclass(frozen=True)
class BatchProgress:
    """How far a batch is; what `run_batch` returns when it ends."""

    total: int | None = None
    """Recordings that the batch is about; None: not known."""
    done: int = 0
    """Done in this run."""
    before: int = 0
    """Done in an earlier run."""
    failed: int = 0
    """Recordings that could not be worked on."""
    quarantined: int = 0
    """Recordings that killed their workers or made them hang, in this run or an earlier one."""
    noted: int = 0
    """Of those done, recordings of which something is to be known; it stands in the manifest."""
    sound: float = 0.0
    """Length of what was done in this run, seconds."""
    elapsed: float = 0.0
    """Since the run began, seconds."""
    stopped: str | None = None
    """Why the run ended before its time; None: it did not."""

    @property
    def left(self) -> int | None:
        """Recordings without a line in the manifest; None: not known."""
        return None if self.total is None else self.total - self.done - self.before - self.failed - self.quarantined


Record: TypeAlias = dict[str, Any]
Observer: TypeAlias = Callable[[BatchProgress, "Record | None"], None]


def run_batch(
    items: Iterable[Item] | Sequence[str] | str,
    work: Work,
    out: str | os.PathLike[str],
    executor: Executor | None = None,
    *,
    workers: int | None = None,
    window: int | None = None,
    time_limit: float = 300.0,
    isolate: bool = True,
    resume: bool = False,
    overwrite: bool = False,
    retry_quarantined: bool = False,
    fail_fast: bool = False,
    limit: int | None = None,
    observe: Observer | None = None,
    clock: Callable[[], float] = time.monotonic,
) -> BatchProgress:
    """Do the same work with many recordings and write a manifest line for each.

    Parameters
    ----------
    items
        What `find_items` returned, or its sources.
    work
        `Detect`, `Process`, or a function of your own, see `Work`; it is sent to other processes.
    out
        Folder, or URL for fsspec, where results and manifest go.
    executor
        Where the work is done: any executor of `concurrent.futures`, of Dask for one; it is not shut down. None: on
        this machine.
    workers
        At the same time on this machine; None: as many as there are cores.
    window
        Recordings handed to the executor at the same time; None: twice the workers, 32 with an executor.
    time_limit
        How long a worker may give no sign of life before it is taken for hung, seconds.
    isolate
        Each recording is worked on in a process of its own, see `isolation`; if not, in the executor's worker, whose
        death is then that of the batch, and nothing notices that it hangs.
    resume
        Go on where an earlier run ended: what is done is left out unless the recording was changed or its results are
        gone; what failed is tried again.
    overwrite
        Begin anew; what is there is overwritten.
    retry_quarantined
        With `resume`: also try again what is in quarantine.
    fail_fast
        End with the first recording that fails.
    limit
        Do at most so many of those that are left.
    observe
        Called in this thread with the progress and the record of each recording that is through, and with None for it
        at least every half second.
    clock
        Monotonic seconds.

    Returns
    -------
    BatchProgress
        Complete if ``left`` is 0. A full disk or a lost executor ends a run early, see ``stopped``.

    Raises
    ------
    ConfigError
        If another batch is writing to `out`, or there was one and neither `resume` nor `overwrite` is given, or it was
        another job.
    AudioError
        If `out` cannot be reached.

    Notes
    -----
    Results of a recording are given their names when all are written, in the worker; manifest lines are written here,
    by one process. Memory does not grow with the results. From the keyboard it ends at once: workers are ended,
    KeyboardInterrupt is raised, and `resume` goes on.

    Examples
    --------
    Sizes of recordings, found in this process:

    >>> import tempfile
    >>> from agora_audio.frames import AudioFormat
    >>> from agora_audio.lab.batch import read_manifest
    >>> from agora_audio.writer import AudioWriter
    >>> def size(item, sound, target):
    ...     return {"bytes": sound.stat().st_size}
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     with AudioWriter(folder + "/a.wav", AudioFormat(16000)) as writer:
    ...         writer.write(bytes(32000))
    ...     progress = run_batch(folder, size, folder + "/out", isolate=False)
    ...     lines = list(read_manifest(folder + "/out"))
    >>> progress.done, [(line["file"], line["status"], line["bytes"]) for line in lines]
    (1, [('a.wav', 'done', 32044)])
    """
    _check_settings(workers, window, limit, time_limit)
    if retry_quarantined and not resume:
        raise ConfigError("retry_quarantined is of use with resume only")
    known = _found(items, out)
    storage = open_storage(out)
    if isolate:
        pickled(Task(work, Item("", ""), storage, None))  # what cannot be sent is one error, before anything is made
    with contextlib.ExitStack() as opened:
        held = lock(storage, clock())
        opened.callback(held.release)
        storage.sweep()
        manifest = open_manifest(storage, clock())
        opened.callback(manifest.close)
        since = begin_job(storage, manifest, work, resume=resume, overwrite=overwrite)
        plan = make_plan(known, storage, manifest, retry_quarantined)
        check_apart(plan.todo, work, storage)
        opened.callback(storage.sweep)
        count = workers or _cores()
        place = opened.enter_context(
            _LocalPlace(count, isolate, time_limit) if executor is None else _Place(executor, isolate, time_limit)
        )
        run = _Run(
            place,
            manifest,
            held,
            clock,
            observe,
            BatchProgress(plan.total, before=plan.before, quarantined=plan.quarantined),
        )
        run.window = window or (2 * count if executor is None else 32)
        run.fail_fast = fail_fast
        run.go(Task(work, item, storage, since) for item in plan.todo[:limit])
        return run.progress


def _check_settings(workers: int | None, window: int | None, limit: int | None, time_limit: float) -> None:
    for name, value, least in (("workers", workers, 1), ("window", window, 1), ("limit", limit, 0)):
        if value is not None and (not isinstance(value, int) or value < least):
            raise ConfigError(f"{name} is {value!r}, must be a whole number from {least}")
    if not isinstance(time_limit, (int, float)) or not time_limit > 0:
        raise ConfigError(f"time_limit is {time_limit!r}, must be seconds above 0")


def _found(items: Iterable[Item] | Sequence[str] | str, out: str | os.PathLike[str]) -> list[Item]:
    given: list[Any] = [items] if isinstance(items, str) else list(items)
    if given and all(isinstance(one, (str, os.PathLike)) for one in given):
        return find_items([os.fspath(one) for one in given], out=out)
    for one in given:
        if not isinstance(one, Item):
            raise ConfigError(f"{one!r:.60} is no recording: give items, or only names of folders and files")
    return given


def _cores() -> int:
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


class _Place:
    """An executor of somebody else, where work is done."""

    def __init__(self, executor: Executor, isolate: bool, time_limit: float) -> None:
        self._executor = executor
        self._isolate = isolate
        self._limit = time_limit

    def submit(self, task: Task, fresh: bool) -> Future[Outcome]:
        """Hand over a task; `fresh`: to a process that has not worked before."""
        if self._isolate:
            return self._executor.submit(work_isolated, pickled(task), self._limit, fresh)
        return self._executor.submit(perform, task)

    def __enter__(self) -> _Place:
        return self

    def __exit__(self, *_: object) -> None:
        """Leave it open."""


class _LocalPlace(_Place):
    """Threads of this process, each with a process of its own that works for it."""

    def __init__(self, workers: int, isolate: bool, time_limit: float) -> None:
        self._threads = ThreadPoolExecutor(workers, "batch")
        self._children = Children()
        super().__init__(self._threads, isolate, time_limit)

    def submit(self, task: Task, fresh: bool) -> Future[Outcome]:
        if self._isolate:
            return self._threads.submit(self._children.perform, pickled(task), self._limit, fresh)
        return super().submit(task, fresh)

    def __exit__(self, *_: object) -> None:
        self._threads.shutdown(wait=False, cancel_futures=True)
        self._children.close()
        self._threads.shutdown()


class _Run:
    """The loop of the manager: it hands out tasks, writes the manifest, and looks after those who died."""

    window: int
    fail_fast: bool

    def __init__(
        self,
        place: _Place,
        manifest: Manifest,
        held: Lock,
        clock: Callable[[], float],
        observe: Observer | None,
        progress: BatchProgress,
    ) -> None:
        self._place = place
        self._manifest = manifest
        self._held = held
        self._clock = clock
        self._observe = observe
        self.progress = progress
        self._begun = clock()
        self._flying: dict[Future[Outcome], tuple[Task, bool]] = {}
        self._suspects: deque[Task] = deque()

    def go(self, tasks: Iterator[Task]) -> None:
        """Work until all is done, or something ends it."""
        try:
            while self._fill(tasks) and self.progress.stopped is None:
                done, _ = wait(self._flying, _TICK, FIRST_COMPLETED)
                self._settle(done)
                now = self._clock()
                self._held.renew(now)
                self._manifest.flush(now)
                self._tell(None)
        finally:
            for future in self._flying:
                future.cancel()

    def _fill(self, tasks: Iterator[Task]) -> bool:
        """Hand out what may be at work now; return whether anything is."""
        if any(alone for _, alone in self._flying.values()):
            return True
        room = self.window - len(self._flying) if len(self._suspects) < _MOST_SUSPECTS else 0
        for task in itertools.islice(tasks, room):
            self._submit(task, alone=False)
        if not self._flying and self._suspects:
            self._submit(self._suspects.popleft(), alone=True)
        return bool(self._flying)

    def _submit(self, task: Task, alone: bool) -> None:
        if self.progress.stopped is not None:
            return
        try:
            self._flying[self._place.submit(task, alone)] = task, alone
        except Exception as error:  # executors have errors of their own
            self._stop(f"the executor takes no more: {reason_of(error)}")

    def _settle(self, done: Iterable[Future[Outcome]]) -> None:
        records = []
        for future in done:
            task, alone = self._flying.pop(future)
            outcome = self._outcome_of(future)
            status = self._judge(task, alone, outcome) if outcome is not None else None
            if outcome is not None and status is not None:
                again = {"attempts": 2} if alone else {}
                item = task.item
                named = {"file": item.name, "source": item.source, "status": status, "output": item.output}
                records.append({**named, **again, **outcome.details})
        if records:
            self._write(records)

    def _outcome_of(self, future: Future[Outcome]) -> Outcome | None:
        """Return how it went; None: nobody will ever know."""
        try:
            return future.result()
        except CancelledError:
            self._stop(_LOST)
        except MemoryError:
            return Outcome("memory", {"error": "out of memory"})
        except Exception as error:
            kind = type(error).__name__
            if isinstance(error, BrokenExecutor) or kind == "KilledWorker":
                return Outcome("died", {"error": f"the worker died: {reason_of(error)}"})
            lost = "Cancelled" in kind or "Closed" in kind  # Dask's, which is not imported here
            self._stop(_LOST if lost else f"the executor failed: {reason_of(error)}")
        return None

    def _judge(self, task: Task, alone: bool, outcome: Outcome) -> str | None:
        """Return what is to stand in the manifest; None: nothing yet."""
        if outcome.status in (DONE, FAILED):
            return outcome.status
        if outcome.status == "unusable":
            self._stop(outcome.error)
            return None
        if not alone:
            self._suspects.append(task)
            return None
        if outcome.status == "space":
            self._stop(outcome.error)
            return None
        return QUARANTINED

    def _write(self, records: list[Record]) -> None:
        try:
            self._manifest.append(records, self._clock())
        except (OSError, AudioError) as error:
            self._stop(f"the manifest cannot be written: {reason_of(error)}")
            return
        # All are counted before anybody is told of the first: whoever interrupts the telling hears the right number.
        for record in records:
            so_far, status = self.progress, record["status"]
            self.progress = replace(
                so_far,
                done=so_far.done + (status == DONE),
                failed=so_far.failed + (status == FAILED),
                quarantined=so_far.quarantined + (status == QUARANTINED),
                noted=so_far.noted + bool(record.get("notes")),
                sound=so_far.sound + _seconds(record.get("duration")),
            )
        for record in records:
            self._tell(record)
            if self.fail_fast and record["status"] != DONE:
                self._stop("a recording failed")

    def _stop(self, reason: str) -> None:
        if self.progress.stopped is None:
            self.progress = replace(self.progress, stopped=reason)

    def _tell(self, record: Record | None) -> None:
        self.progress = replace(self.progress, elapsed=self._clock() - self._begun)
        if self._observe is not None:
            self._observe(self.progress, record)


def _seconds(value: Any) -> float:
    return float(value) if isinstance(value, (int, float)) else 0.0
