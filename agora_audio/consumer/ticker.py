"""One ticker for all consumers of a process: a thread, or a task of asyncio.

A task or a thread for each consumer is late by tens of milliseconds where there are hundreds; one loop over all is not.
Ticks have absolute deadlines on a monotonic clock; one that was missed is not made up for, since each consumer catches
up by itself. A sink that blocks would hold up the others: a watchdog notices within a few tens of milliseconds, leaves
the thread to that sink and lets another go on with the rest. (In a task of asyncio nothing can do that.)
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from threading import Event, Lock, Thread, current_thread  # noqa: TID251 - the ticker is the rim that may
from time import monotonic  # noqa: TID251 - the default of `clock`
from types import TracebackType
from typing import Any, Protocol, TypeVar

from agora_audio.errors import AudioError, ConfigError
from agora_audio.fields import checked

__all__ = ["Ticker", "TickerStats"]

_LATE = 0.010


class Ticked(Protocol):
    """What a ticker drives: an `AudioConsumer`, or anything like it."""

    @property
    def released(self) -> bool:
        """Whether it is over, and may be forgotten."""

    def tick(self) -> int:
        """Do what is due, and return 0 if that was nothing."""


Member = TypeVar("Member", bound=Ticked)


@dataclass(frozen=True)
class TickerStats:
    """How punctual a ticker was."""

    ticks: int
    """Rounds over all consumers."""
    late_ticks: int
    """Those that began more than 10 ms after their deadline."""
    missed_ticks: int
    """Deadlines that passed while an earlier tick was still waited for."""
    worst_ms: float
    """How long after a deadline there was still no tick, at most, ms."""
    errors: int
    """Exceptions out of consumers, which ended no tick; `Ticker.last_error` is the last."""
    blocked: int
    """How often a sink blocked so long that another thread went on without it."""
    consumers: int
    """Consumers driven now."""


class Ticker:
    """Drive consumers from one thread (``with Ticker() as ticker``) or one task (``await ticker.run()``).

    Parameters
    ----------
    period_ms
        Time between ticks, ms, 5 to 80. It is how late the first sound of a round may be; the rest is sent ahead.
    clock
        Returns the time, seconds, for the deadlines; consumers have their own.
    patience_ms
        How long a sink may block before another thread takes over, ms, 10 to 10,000.

    Attributes
    ----------
    last_error : Exception or None
        What came out of a consumer last.

    Examples
    --------
    >>> from agora_audio.consumer.consumer import AudioConsumer
    >>> from agora_audio.consumer.sinks import MemorySink
    >>> sink = MemorySink()
    >>> with Ticker(period_ms=10) as ticker:
    ...     consumer = ticker.add(AudioConsumer(sink, 16000, 1))
    ...     _ = consumer.push_pcm_data(bytes(640))
    ...     while not consumer.is_push_to_rtc_completed():
    ...         pass
    >>> len(sink.pcm)
    640
    """

    def __init__(
        self, period_ms: float = 20.0, clock: Callable[[], float] = monotonic, patience_ms: float = 50.0
    ) -> None:
        self._period = checked("period_ms", period_ms, 5.0, 80.0, float) / 1000.0
        self._patience = checked("patience_ms", patience_ms, 10.0, 10_000.0, float) / 1000.0
        self._clock = clock
        self.last_error: Exception | None = None
        self._members: tuple[Any, ...] = ()
        self._changed = Lock()
        self._stopped = Event()
        self._threads: list[Thread] = []
        self._generation = 0
        self._running = False
        self._steps = 0  # consumers that were begun with or done: where it stands still, one blocks
        self._busy = False
        self._ticks = self._late = self._missed = self._errors = self._blocked = 0
        self._worst = self._deadline = 0.0

    def add(self, consumer: Member) -> Member:
        """Drive a consumer from the next tick on, until it is removed or released, and return it."""
        if not callable(getattr(consumer, "tick", None)) or not hasattr(consumer, "released"):
            raise ConfigError(f"a {type(consumer).__name__} cannot be driven: it must have tick() and released")
        with self._changed:
            if all(one is not consumer for one in self._members):
                self._members = (*self._members, consumer)
        return consumer

    def remove(self, consumer: Any) -> None:
        """Drive a consumer no more; one that is not driven is no error."""
        with self._changed:
            self._members = tuple(one for one in self._members if one is not consumer)

    def start(self) -> Ticker:
        """Start the thread; AudioError if it, or a task, runs already."""
        self._claim()
        self._stopped.clear()
        self._spawn(self._loop, self._generation, self._clock())
        self._spawn(self._watch)
        return self

    def stop(self) -> None:
        """Stop the thread or the task, waiting for a tick under way, but not for a sink that blocks."""
        self._stopped.set()
        with self._changed:
            threads, self._threads = self._threads, []
        for thread in threads:
            if thread is not current_thread():
                thread.join(2 * self._patience + self._period)
        self._running = False

    async def run(self) -> None:
        """Drive the consumers from this task until `stop` is called or the task is cancelled."""
        import asyncio

        self._claim()
        self._stopped.clear()
        try:
            deadline = self._clock()
            while not self._stopped.is_set():
                self._tick(deadline, self._generation)
                deadline = self._next(deadline)
                await asyncio.sleep(max(0.0, deadline - self._clock()))
        finally:
            self._running = False

    def tick(self) -> None:
        """Let every consumer do what is due, once, in this thread: for a clock and a timer of one's own."""
        self._tick(self._clock(), self._generation)

    def stats(self) -> TickerStats:
        """Return how punctual it was so far."""
        return TickerStats(
            ticks=self._ticks,
            late_ticks=self._late,
            missed_ticks=self._missed,
            worst_ms=1000.0 * self._worst,
            errors=self._errors,
            blocked=self._blocked,
            consumers=len(self._members),
        )

    def __enter__(self) -> Ticker:
        return self.start()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.stop()

    def _claim(self) -> None:
        with self._changed:
            if self._running:
                raise AudioError("the ticker runs already: stop it first, or make another one")
            self._running = True
            self._generation += 1

    def _spawn(self, target: Callable[..., None], *arguments: Any) -> None:
        thread = Thread(target=target, args=arguments, name="agora-audio ticker", daemon=True)
        self._threads.append(thread)
        thread.start()

    def _loop(self, generation: int, deadline: float) -> None:
        while not self._stopped.is_set():
            self._tick(deadline, generation)
            if generation != self._generation:
                return
            deadline = self._next(deadline)
            self._stopped.wait(max(0.0, deadline - self._clock()))

    def _tick(self, deadline: float, generation: int) -> None:
        self._deadline = deadline
        lateness = self._clock() - deadline
        self._ticks += 1
        self._late += lateness > _LATE
        self._worst = max(self._worst, lateness)
        over = False
        self._busy = True
        for consumer in self._members:
            self._steps += 1
            try:
                if not consumer.tick():
                    over |= consumer.released
            except Exception as error:
                self._errors += 1
                self.last_error = error
            if generation != self._generation:
                return  # it blocked, and another thread has taken over
        self._busy = False
        if over:
            with self._changed:
                self._members = tuple(one for one in self._members if not one.released)

    def _next(self, deadline: float) -> float:
        """Return the next deadline that has not passed."""
        deadline += self._period
        behind = self._clock() - deadline
        if behind > 0:
            missed = int(behind / self._period) + 1
            self._missed += missed
            self._worst = max(self._worst, behind)
            deadline += missed * self._period
        return deadline

    def _watch(self) -> None:
        """Let another thread go on where one consumer has taken all of the patience."""
        seen = -1
        while not self._stopped.wait(self._patience / 2):
            if self._busy and self._steps == seen:
                self._blocked += 1
                self._busy = False
                self._generation += 1
                with self._changed:
                    self._threads = [thread for thread in self._threads if thread.is_alive()]
                    self._spawn(self._loop, self._generation, self._next(self._deadline))
            seen = self._steps
