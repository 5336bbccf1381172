"""`AudioConsumer`: a pacer, a clock and a sink, with the verbs of Agora's SDK, safe from any thread.

Two locks. The inner one guards the pacer and is held for microseconds: pushing never waits for a sink. The outer one,
of the `SinkGate`, is held while sound is on its way into the sink; who takes sound back holds it too, so that nothing
of an old round is written once `interrupt` has returned. Where a sink blocks, that wait is bounded: the clock is
believed then, and the write that hangs clears the sink itself when it returns.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable
from dataclasses import replace
from threading import Event, RLock
from time import monotonic  # noqa: TID251 - the default of `clock`
from typing import Any

from agora_audio.consumer.books import PacerStats, PacingGap
from agora_audio.consumer.checks import checked_time
from agora_audio.consumer.config import PacerConfig, checked_pacer_config
from agora_audio.consumer.gate import SinkBlocked, SinkGate
from agora_audio.consumer.heard import Heard, InterruptReport
from agora_audio.consumer.pacer import Pacer
from agora_audio.consumer.rounds import Rounds, checked_round
from agora_audio.consumer.sinks import Sink
from agora_audio.errors import AudioError, ConfigError
from agora_audio.fields import checked
from agora_audio.frames import FRAMES_PER_SECOND, AudioFormat, as_buffer

__all__ = ["AudioConsumer", "SinkBlocked"]

_REPORTS_KEPT = 100
_ROUNDS_KEPT = 100
# A poll that waits for room or for the end; nothing is heard of it.
_POLL = 0.01


class AudioConsumer:
    """Send sound to a sink when it is due. Call `consume` each 10 to 80 ms, or let `run` or a `Ticker` do that.

    Any thread may call any method, also from within the sink.

    Parameters
    ----------
    sink
        Anything with ``write(pcm: bytes)``, and ``clear() -> int | None`` if it can take sound back.
    sample_rate, channels
        Format of the sound.
    clock
        Returns the time, seconds; it should not be one that people set.
    config
        Lead and limits; None: a lead of 100 ms.
    rounds
        The rounds of the call, shared with the other hops; None: its own.
    on_error
        Called with what a sink raised, or with `SinkBlocked`, once for each time that it begins to fail; None: a
        warning of the logger "agora_audio" says so.
    patience
        How long `interrupt`, `pause`, `clear` and `release` wait for a write that is under way, seconds.
    failure_limit
        How long sound waits for a sink that fails, seconds; after that what falls due is dropped, and counted, until
        the sink works again.

    Attributes
    ----------
    rounds : Rounds
        Which round is current.
    reports : deque of InterruptReport
        What interrupts reported, oldest first, also those that another hop called; the last 100 are kept.

    Raises
    ------
    ConfigError, FormatError
        If the sink, the format or the config are not what they should be.

    Examples
    --------
    >>> from agora_audio.testing import FakeClock, LoudspeakerSink
    >>> clock = FakeClock()
    >>> speaker = LoudspeakerSink(AudioFormat(16000), clock)
    >>> consumer = AudioConsumer(speaker, 16000, 1, clock)
    >>> consumer.push_pcm_data(bytes(32000))
    32000
    >>> consumer.consume()  # samples
    1600
    >>> clock.advance(0.05)
    >>> report = consumer.interrupt()
    >>> report.heard_ms, report.dropped_bytes, report.exact
    (50, 30400, True)
    """

    def __init__(
        self,
        sink: Sink,
        sample_rate: int,
        channels: int,
        clock: Callable[[], float] = monotonic,
        *,
        config: PacerConfig | None = None,
        rounds: Rounds | None = None,
        on_error: Callable[[Exception], Any] | None = None,
        patience: float = 0.1,
        failure_limit: float = 5.0,
    ) -> None:
        if rounds is not None and not isinstance(rounds, Rounds):
            raise ConfigError(f"rounds is a {type(rounds).__name__}, must be a Rounds or None")
        if not callable(clock) or not (on_error is None or callable(on_error)):
            raise ConfigError("clock and on_error must be functions")
        self.format = AudioFormat(sample_rate, channels)
        self.config = checked_pacer_config(config)
        self.rounds = Rounds() if rounds is None else rounds
        self.reports: deque[InterruptReport] = deque(maxlen=_REPORTS_KEPT)
        self._pacer = Pacer(self.format, self.config, self.rounds.current)
        self._clock = clock
        self._failure_limit = checked("failure_limit", failure_limit, 0.0, 86_400.0, float)
        self._lock = RLock()
        self._gate = SinkGate(sink, self._lock, clock, checked("patience", patience, 0.0, 60.0, float), on_error)
        self._oldest = self.rounds.oldest
        self._began: dict[int, float] = {}
        self._unit = self.format.sample_bytes
        self._frame = -(-sample_rate // FRAMES_PER_SECOND) * self._unit
        self._lead = self.config.lead_ms / 1000.0
        # Of a lead of 100 ms the sink still holds 40 ms when it is tended again by ticks of 20 ms.
        self._rest = max(0.0, 0.5 * self._lead - 0.005)
        self._rest_until = 0.0
        self._was_full = False
        self._room = Event()
        self._room.set()
        self._released = False

    # --- in

    def push_pcm_data(self, pcm: Any, round_id: int | None = None) -> int:
        """Take sound of any size and return how many bytes were taken: all, or 0 if its round is over.

        Parameters
        ----------
        pcm
            int16 little endian, interleaved, bytes-like or an int16 array.
        round_id
            The round it belongs to; None: the current one. A higher number than the current one begins that round.

        Raises
        ------
        FormatError
            If `pcm` is neither bytes-like nor an int16 array.
        AudioError
            After `release`.
        """
        data = pcm if type(pcm) is bytes else bytes(as_buffer(pcm))
        with self._lock:
            self._follow(round_id)
            taken = self._pacer.push(data, round_id)
            if self._pacer.is_full:
                self._was_full = True
                self._room.clear()
        return taken

    def begin_round(self) -> int:
        """Begin the next answer and return its number; what is queued is heard before it."""
        with self._lock:
            self._check_open()
            number = self._pacer.begin_round(self.rounds.next())
            self._note_began(number)
            return number

    def end_round(self, round_id: int | None = None) -> None:
        """Say that the answer is complete: its last frame is filled with silence and sent."""
        with self._lock:
            self._follow(round_id)
            self._pacer.end_round(round_id)

    def mark_text(self, text: str, words: Iterable[Any] | None = None, round_id: int | None = None) -> bool:
        """Say of what text the sound is that is pushed next; see `Pacer.mark_text`."""
        with self._lock:
            self._follow(round_id)
            return self._pacer.mark_text(text, words, round_id)

    def add_words(self, words: Iterable[Any], round_id: int | None = None) -> bool:
        """Add word times to the last text; see `Pacer.add_words`."""
        with self._lock:
            self._follow(round_id)
            return self._pacer.add_words(words, round_id)

    # --- out

    def consume(self) -> int:
        """Hand what is due to the sink.

        Returns
        -------
        int
            Sample frames (samples of each channel) that the sink took; 0: nothing was due, the sink failed, another
            call is at it, or the consumer was released.
        """
        if not self._gate.enter():
            return 0
        try:
            return self._deliver()
        finally:
            if self._gate.leave():  # somebody took back what this call has sent
                self._rest_until = 0.0

    def tick(self) -> int:
        """Consume, unless the sink holds half of the lead: for a timer that comes more often than it has to.

        So the first sound of an answer, and what follows an interrupt, are as early as the timer, and the rest costs
        less. Returns what `consume` does.
        """
        # Not beyond the length of a rest: the clock may have stepped back.
        if 0.0 < self._rest_until - self._clock() <= self._rest and self.rounds.oldest == self._oldest:
            return 0
        return self.consume()

    async def run(self, period_ms: float = 20.0) -> None:
        """Consume each `period_ms`, against absolute deadlines, until `release`."""
        import asyncio

        period = checked("period_ms", period_ms, 0.0, 1000.0, float) / 1000.0 or 0.001
        begun, ticks = self._clock(), 0
        while not self._released:
            self.consume()
            now = self._clock()
            ticks = max(ticks + 1, int((now - begun) / period) + 1)
            await asyncio.sleep(max(0.0, begun + ticks * period - now))

    def clear(self) -> int:
        """Drop what waits, here and in the sink, and return how many bytes that were; the round goes on."""
        with self._gate.quiet() as quiet:
            if self._released:
                return 0
            taken = self._gate.clear() if quiet else None
            with self._lock:
                self._note_cleared(quiet)
                dropped = self._pacer.clear(self._clock(), taken)
                self._note_room()
        return dropped

    def interrupt(self, round_id: int | None = None, decided_at: float | None = None) -> InterruptReport:
        """Be silent now: drop what waits, here and in the sink, begin the next round, and report what was heard.

        Parameters
        ----------
        round_id
            The round that the decision was about: where it has been interrupted already, nothing happens, and the last
            report is returned again. None: whatever is heard.
        decided_at
            When it was decided, on this consumer's clock, for the times in the report; None: now.

        Raises
        ------
        AudioError
            After `release`.
        """
        decided = self._clock() if decided_at is None else checked_time(decided_at, "decided_at")
        number = None if round_id is None else checked_round(round_id)
        with self._gate.quiet() as quiet:
            self._check_open()
            if number is not None and number < self._oldest and self.reports:
                return self.reports[-1]
            return self._interrupt(quiet, decided, lambda: self.rounds.interrupt(number))

    def pause(self) -> int:
        """Be silent now and keep everything; return how many bytes the sink gave back, which `resume` plays again."""
        with self._gate.quiet() as quiet:
            self._check_open()
            taken = self._gate.clear() if quiet else None
            with self._lock:
                self._note_cleared(quiet)
                return self._pacer.pause(self._clock(), taken)

    def resume(self) -> None:
        """Go on where the listener stopped hearing; without a pause it does nothing."""
        with self._lock:
            self._check_open()
            self._rest_until = 0.0
            self._pacer.resume(self._clock())

    def release(self) -> None:
        """End it: what waits is dropped, what the sink has is heard. Afterwards pushing raises, consuming does nothing.

        Calling it again does nothing.
        """
        with self._gate.quiet(), self._lock:
            if not self._released:
                self._pacer.clear(self._clock())
                self._released = True
                self._room.set()

    # --- what is and was

    @property
    def sink_errors(self) -> int:
        """How often the sink failed."""
        return self._gate.errors

    @property
    def last_error(self) -> Exception | None:
        """What it raised last."""
        return self._gate.last_error

    @property
    def released(self) -> bool:
        """Whether `release` was called."""
        return self._released

    @property
    def paused(self) -> bool:
        """Whether nothing is sent until `resume`."""
        return self._pacer.paused

    @property
    def is_full(self) -> bool:
        """Whether more waits than the high-water mark: the producer should pause."""
        return self._pacer.is_full

    @property
    def gaps(self) -> deque[PacingGap]:
        """Gaps heard, oldest first; take out what has been read."""
        return self._pacer.gaps

    def len(self) -> int:
        """Return how many bytes of sound wait to be sent."""
        return 0 if self._released else self._pacer.waiting_bytes

    def is_push_to_rtc_completed(self) -> bool:
        """Return whether all that was pushed has been handed over and, as far as the clock tells, heard."""
        with self._lock:
            return self._released or self._pacer.is_complete(self._clock())

    def next_due(self) -> float | None:
        """Return when sound will be due; None: none is there."""
        with self._lock:
            return None if self._released else self._pacer.next_due()

    def heard(self) -> Heard:
        """Return what has been heard of the round at the playhead, as far as the clock tells.

        A round began with `begin_round`, or else with the first that this consumer heard of it.
        """
        with self._lock:
            heard = self._pacer.heard(self._clock())
            return replace(heard, began=self._began.get(heard.round_id))

    def stats(self) -> PacerStats:
        """Return the books."""
        with self._lock:
            return self._pacer.stats()

    def wait_for_room(self, timeout: float | None = None) -> bool:
        """Block this thread while more waits than the high-water mark; False: `timeout` seconds have passed."""
        return self._room.wait(timeout)

    async def room(self) -> None:
        """Wait while more waits than the high-water mark."""
        import asyncio

        while not self._room.is_set():  # noqa: ASYNC110 - set by threads, which asyncio's own events are not for
            await asyncio.sleep(_POLL)

    async def drain(self) -> None:
        """Wait until all that was pushed has been heard; somebody else has to consume."""
        import asyncio

        while not self.is_push_to_rtc_completed():  # noqa: ASYNC110 - time tells, no event
            await asyncio.sleep(_POLL)

    # --- the sink

    def _deliver(self) -> int:
        if self.rounds.oldest > self._oldest and not self._released:
            self._interrupt(True, self._clock())
        with self._lock:
            if self._released:
                return 0
            owed, self._gate.owed = self._gate.owed, False
            now = self._clock()
            pcm = self._pacer.due(now)
            if self._was_full:
                self._note_room()
        if owed:
            self._gate.clear()
        if not pcm:
            return 0
        try:
            took = self._gate.write(pcm, now)
        except Exception as error:
            self._note_failure(error, pcm, now)
            return 0
        if self._gate.in_trouble or took > self._lead:
            self._note_trouble_over(now + took, took)
        elif self._pacer.waiting_bytes >= self._frame:  # so all that may be sent has been sent
            self._rest_until = now + self._rest
        return len(pcm) // self._unit

    def _note_trouble_over(self, now: float, took: float) -> None:
        self._gate.works_again()
        with self._lock:
            if took > self._lead and not self._gate.owed:
                self._pacer.failed(b"", now)

    def _note_failure(self, error: Exception, pcm: bytes, now: float) -> None:
        since = self._gate.failing_since
        with self._lock:
            if not self._gate.owed:
                keep = since is None or now - since < self._failure_limit
                self._pacer.failed(pcm, self._clock(), keep and not self._released)
        self._gate.report(error)

    def _note_cleared(self, quiet: bool) -> None:
        """Note that the sink is clear, or will be, under the same lock as what is decided on that."""
        self._rest_until = 0.0
        self._gate.owed = self._gate.owed or not quiet

    def _interrupt(self, quiet: bool, decided: float, begin: Callable[[], Any] = lambda: None) -> InterruptReport:
        taken = self._gate.clear() if quiet else None
        with self._lock:
            self._note_cleared(quiet)
            now = self._clock()
            written = self._gate.written_at
            sent_after = 0.0 if written is None else max(0.0, written - decided)
            was_heard = sent_after > 0 or self._pacer.unplayed_ms(now) > 0
            begin()
            self._oldest = self.rounds.oldest
            report = self._pacer.interrupt(now, taken, self._oldest)
            silent = 1000.0 * max(0.0, now - decided) + report.silent_ms if was_heard else 0.0
            report = replace(report, last_sent_ms=1000.0 * sent_after, silent_ms=silent)
            self.reports.append(report)
            self._note_room()
        return report

    def _follow(self, round_id: int | None) -> None:
        """Let the pacer know of rounds that began elsewhere, and the other hops of those that begin here."""
        self._check_open()
        current = self.rounds.current if round_id is None else self.rounds.reach(round_id)
        if current > self._pacer.round_id:
            self._pacer.begin_round(current)
        self._note_began(current)

    def _note_began(self, number: int) -> None:
        if number not in self._began:
            self._began[number] = self._clock()
            if len(self._began) > _ROUNDS_KEPT:
                del self._began[next(iter(self._began))]

    def _note_room(self) -> None:
        if not self._pacer.is_full:
            self._was_full = False
            self._room.set()

    def _check_open(self) -> None:
        if self._released:
            raise AudioError("the AudioConsumer was released: make a new one")
