"""Rehearse an answer: sound that arrives as from a TTS, ticks, interrupts and pauses, on a clock that may be virtual.

`Rehearsal` drives a real `AudioConsumer` and a loudspeaker that is none, and keeps what happened for the report and for
`plot_pacing`. On the virtual clock it takes as long as the work takes, and gives the same result each time.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import asdict, dataclass, field
from heapq import heappop, heappush
from threading import Thread
from typing import Any, Literal

from agora_audio.consumer.books import PacerStats, PacingGap
from agora_audio.consumer.config import PacerConfig
from agora_audio.consumer.consumer import AudioConsumer
from agora_audio.consumer.heard import InterruptReport, PlayedInterval
from agora_audio.consumer.sinks import LoudspeakerSink
from agora_audio.errors import ConfigError
from agora_audio.fields import checked
from agora_audio.frames import AudioFormat

__all__ = ["Arrival", "PacingTrace", "Rehearsal"]

Recall = Literal["exact", "unknown", "no"]

# A year, seconds.
_LONGEST = 31_536_000.0


def _checked_moment(name: str, value: Any) -> float:
    return float(checked(name, value, 0.0, _LONGEST, float))


def _checked_spans(name: str, spans: Any) -> Iterator[tuple[float, float]]:
    """Give spans as beginning and length; ConfigError if they are none."""
    try:
        pairs = [(begin, seconds) for begin, seconds in spans]
    except (TypeError, ValueError):
        raise ConfigError(f"{name} is {spans!r:.60}, must be pairs of a time and a length, seconds") from None
    for begin, seconds in pairs:
        yield _checked_moment(f"a time of {name}", begin), _checked_moment(f"a length of {name}", seconds)


@dataclass(frozen=True)
class Arrival:
    """How sound arrives.

    Raises
    ------
    ConfigError
        If a value lies outside its range.
    """

    piece_ms: int = 200
    """Sound in a piece, ms, 1 to 600,000."""
    speed: float = 2.0
    """How many times faster than real time the pieces come, 0.01 to 1000."""
    stalls: tuple[tuple[float, float], ...] = ()
    """From when on, and for how long, nothing comes, seconds; all that follows is later by as much."""

    def __post_init__(self) -> None:
        checked("piece_ms", self.piece_ms, 1, 600_000, int)
        checked("speed", self.speed, 0.01, 1000.0, float)
        object.__setattr__(self, "stalls", tuple(_checked_spans("stalls", self.stalls)))


@dataclass
class PacingTrace:
    """What happened, times in seconds since the beginning, sound in seconds of it."""

    format: AudioFormat
    """Rate and channels of the sound."""
    config: PacerConfig
    """Lead and limits."""
    arrived: list[tuple[float, float]] = field(default_factory=list)
    """Time of a piece, and how much has arrived with it."""
    sent: list[tuple[float, float]] = field(default_factory=list)
    """Time of a tick, and how much sound has been sent by then, less what was taken back."""
    waiting: list[tuple[float, float]] = field(default_factory=list)
    """Time, and how much waits in the pacer then."""
    held: list[tuple[float, float]] = field(default_factory=list)
    """Time, and how much the sink holds then, before and after each tick."""
    gaps: list[PacingGap] = field(default_factory=list)
    """Gaps that were heard within a round."""
    interrupts: list[tuple[float, InterruptReport]] = field(default_factory=list)
    """Time and report of each interrupt."""
    pauses: list[tuple[float, float]] = field(default_factory=list)
    """Beginning and end of each pause."""
    missed: list[tuple[float, str]] = field(default_factory=list)
    """When an `interrupt` or a `pause` would have been that never was, since all was over by then."""
    played: list[PlayedInterval] = field(default_factory=list)
    """When sound was heard."""
    ticks: int = 0
    """Calls of `consume`."""
    first_audible: float | None = None
    """When the first sample above -50 dBFS was heard; None: none was."""
    stats: PacerStats = field(default_factory=PacerStats)
    """The books at the end."""

    @property
    def duration(self) -> float:
        """The last time at which anything happened, seconds."""
        last = [pairs[-1][0] for pairs in (self.arrived, self.held) if pairs]
        return max([*last, *(interval.end for interval in self.played[-1:])], default=0.0)

    def to_dict(self) -> dict[str, Any]:
        """Return the report: sound in seconds, gaps, pauses and interrupts, for JSON; to the microsecond."""
        second, stats = self.format.sample_rate * self.format.sample_bytes, self.stats
        report: dict[str, Any] = {
            "sample_rate": self.format.sample_rate,
            "channels": self.format.channels,
            "arrived_seconds": self.arrived[-1][1] if self.arrived else 0.0,
            "heard_seconds": sum(interval.end - interval.start for interval in self.played),
            "dropped_seconds": stats.dropped_bytes / second,
            "waiting_seconds": stats.waiting_bytes / second,
            "padding_seconds": stats.padding_bytes / second,
            "duration_seconds": self.duration,
            "first_audible_at": self.first_audible,
            "ticks": self.ticks,
            "underruns": stats.underruns,
            "underrun_ms": stats.underrun_ms,
            "late_gaps": stats.late_gaps,
            "late_ms": stats.late_ms,
            "gaps": [asdict(gap) for gap in self.gaps],
            "pauses": [{"start": begin, "end": end} for begin, end in self.pauses],
            "interrupts": [{"time": at, **asdict(report)} for at, report in self.interrupts],
            "missed": [{"time": at, "what": name} for at, name in self.missed],
        }
        return {key: _rounded(value, key) for key, value in report.items()}


def _rounded(value: Any, key: str) -> Any:
    """Return what JSON may hold with its seconds and milliseconds to the microsecond."""
    if isinstance(value, dict):
        return {name: _rounded(one, name) for name, one in value.items()}
    if isinstance(value, (list, tuple)):
        return [_rounded(one, key) for one in value]
    return round(value, 3 if key.endswith("_ms") else 6) if isinstance(value, float) else value


class Rehearsal:
    """Play the sound of an answer, as it arrives, through a consumer.

    Parameters
    ----------
    blocks
        PCM in pieces of any size; cut or joined to those of `arrival`.
    format
        Rate and channels of the sound.
    config
        Of the pacer; None: a lead of 100 ms.
    arrival
        How the sound arrives; None: as the blocks come, read in a thread. For the real clock only.
    tick_ms
        Time between two calls of `consume`, ms, 1 to 1000.
    interrupts
        When the listener interrupts, seconds. What arrives afterwards is the next answer.
    pauses
        When a pause begins, and how long it takes, seconds; those that overlap are one. An interrupt ends it earlier.
    recall
        Whether the sink can take back what has not been heard: `exact`; `unknown`, as one that does not say how much
        that was; or `no`.
    realtime
        Go by the real clock.
    play
        Called with what is heard, gaps as zeros; None: nobody.

    Attributes
    ----------
    trace : PacingTrace
        What has happened so far.

    Examples
    --------
    >>> rehearsal = Rehearsal([bytes(64000)], AudioFormat(16000), interrupts=[1.25])
    >>> trace = rehearsal.run()
    >>> trace.interrupts[0][1].heard_ms, trace.gaps
    (1250, [])
    """

    def __init__(
        self,
        blocks: Iterable[bytes],
        format: AudioFormat,
        config: PacerConfig | None = None,
        arrival: Arrival | None = Arrival(),
        tick_ms: float = 40.0,
        interrupts: Iterable[float] = (),
        pauses: Iterable[tuple[float, float]] = (),
        recall: Recall = "exact",
        realtime: bool = False,
        play: Callable[[bytes], Any] | None = None,
    ) -> None:
        if recall not in ("exact", "unknown", "no"):
            raise ConfigError(f"recall is {recall!r}, must be exact, unknown or no")
        if arrival is None and not realtime:
            raise ConfigError("arrival is None, which needs realtime: on a virtual clock nothing comes by itself")
        self._clock: _VirtualClock | _RealClock = _RealClock() if realtime else _VirtualClock()
        self._speaker = LoudspeakerSink(format, self._clock, play if play is not None else _nobody)
        self._consumer = AudioConsumer(
            _Recalling(self._speaker, recall),
            format.sample_rate,
            format.channels,
            self._clock,
            config=config,
            on_error=self._fail,
        )
        self.trace = PacingTrace(format, self._consumer.config)
        self._blocks = blocks
        self._arrival = arrival
        self._tick = checked("tick_ms", tick_ms, 1.0, 1000.0, float) / 1000.0
        self._second = format.sample_rate * format.sample_bytes
        self._events: list[tuple[float, int, str]] = []
        self._arrived = 0
        self._over = False
        self._failure: BaseException | None = None
        for at in interrupts:
            self._plan(_checked_moment("a time of interrupts", at), "interrupt")
        for begin, end in _joined(_checked_spans("pauses", pauses)):
            self._plan(begin, "pause")
            self._plan(end, "resume")

    def run(self) -> PacingTrace:
        """Go through with it, until all has been heard, and return the trace.

        What comes out of `blocks` or `play` is raised; `trace` then holds what happened until then.
        """
        pieces = self._pieces()
        if self._arrival is None:
            thread = Thread(target=self._read, daemon=True)
            thread.start()
        else:
            self._plan(0.0, "arrival")
        try:
            while not self._is_done():
                self._pass(self.trace.ticks * self._tick, pieces)
                if self._failure is not None:
                    raise self._failure
        finally:
            self._finish()
        return self.trace

    def _is_done(self) -> bool:
        return self._over and not self._consumer.paused and self._consumer.is_push_to_rtc_completed()

    def _pass(self, until: float, pieces: Iterator[bytes]) -> None:
        """Let everything happen up to the tick at `until`, and the tick."""
        while self._events and self._events[0][0] <= until:
            at, _, name = heappop(self._events)
            self._clock.wait(at)
            if name == "arrival":
                self._arrive(at, pieces)
            elif name == "interrupt" and self._is_done():
                self.trace.missed.append((at, name))
            else:
                self._act(name)
        self._clock.wait(until)
        self._note_held()
        self._consumer.consume()
        self.trace.ticks += 1
        self._note_held()
        now, stats = self._clock(), self._consumer.stats()
        self.trace.sent.append((now, stats.sent_bytes / self._second))
        self.trace.waiting.append((now, stats.waiting_bytes / self._second))

    def _arrive(self, at: float, pieces: Iterator[bytes]) -> None:
        assert self._arrival is not None
        if self._consumer.is_full:  # the producer waits for room
            self._plan(at + self._tick, "arrival")
            return
        piece = next(pieces, None)
        if piece is None:
            self._end()
            return
        self._take(piece)
        after = at + len(piece) / self._second / self._arrival.speed
        for begin, seconds in self._arrival.stalls:
            if at < begin <= after:
                after += seconds
        self._plan(after, "arrival")

    def _act(self, name: str) -> None:
        now, trace = self._clock(), self.trace
        self._note_held()
        if name == "interrupt":
            self._note_heard(interrupted=True)
            self._note_pause_over(now)
            report = self._consumer.interrupt()
            trace.interrupts.append((now, report))
            trace.played += report.intervals
            if self._over:
                self._consumer.end_round()
        elif name == "pause":
            self._consumer.pause()
            trace.pauses.append((now, now))
        else:
            self._note_pause_over(now)
            self._consumer.resume()
        self._note_held()

    def _note_pause_over(self, now: float) -> None:
        if self._consumer.paused:
            self.trace.pauses[-1] = (self.trace.pauses[-1][0], now)

    def _take(self, piece: bytes) -> None:
        self._consumer.push_pcm_data(piece)
        self._arrived += len(piece)
        self.trace.arrived.append((self._clock(), self._arrived / self._second))

    def _end(self) -> None:
        self._consumer.end_round()
        self._over = True

    def _fail(self, error: BaseException) -> None:
        self._failure = error

    def _read(self) -> None:
        """Take the sound as it comes, in a thread of its own: a pipe that gives nothing holds up no tick."""
        try:
            for block in self._blocks:
                self._consumer.wait_for_room()
                if self._consumer.released:
                    return
                self._take(block)
            self._end()
        except BaseException as error:
            self._fail(error)

    def _finish(self) -> None:
        trace = self.trace
        self._note_held()
        self._speaker.finish()
        self._note_heard()
        trace.gaps = list(self._consumer.gaps)
        trace.stats = self._consumer.stats()
        trace.missed += [(at, name) for at, _, name in sorted(self._events) if name in ("interrupt", "pause")]
        self._consumer.release()

    def _note_heard(self, interrupted: bool = False) -> None:
        heard = self._consumer.heard()
        if self.trace.first_audible is None:
            self.trace.first_audible = heard.first_audible
        if not interrupted:
            self.trace.played += heard.intervals

    def _note_held(self) -> None:
        self.trace.held.append((self._clock(), self._speaker.buffered_ms() / 1000.0))

    def _plan(self, at: float, name: str) -> None:
        heappush(self._events, (at, len(self.trace.arrived), name))

    def _pieces(self) -> Iterator[bytes]:
        """Go through the sound in pieces of the length in which it arrives."""
        if self._arrival is None:
            return
        unit = self.trace.format.sample_bytes
        size = max(1, round(self._arrival.piece_ms * self.trace.format.sample_rate / 1000)) * unit
        rest = bytearray()
        for block in self._blocks:
            rest += block
            while len(rest) >= size:
                yield bytes(rest[:size])
                del rest[:size]
        if rest:
            yield bytes(rest)


def _joined(spans: Iterable[tuple[float, float]]) -> list[tuple[float, float]]:
    """Return spans as beginning and end, in order, those that overlap as one."""
    joined: list[tuple[float, float]] = []
    for begin, seconds in sorted(spans):
        if joined and begin <= joined[-1][1]:
            joined[-1] = (joined[-1][0], max(joined[-1][1], begin + seconds))
        else:
            joined.append((begin, begin + seconds))
    return joined


class _VirtualClock:
    """A clock that is at once where it is waited for."""

    def __init__(self) -> None:
        self._now = 0.0

    def __call__(self) -> float:
        return self._now

    def wait(self, until: float) -> None:
        self._now = max(self._now, until)


class _RealClock:
    """Seconds since it was made."""

    def __init__(self) -> None:
        self._begun = time.monotonic()

    def __call__(self) -> float:
        return time.monotonic() - self._begun

    def wait(self, until: float) -> None:
        while (left := until - self()) > 0:
            time.sleep(left)


class _Recalling:
    """A sink whose `clear` tells more or less."""

    def __init__(self, speaker: LoudspeakerSink, recall: Recall) -> None:
        self.write = speaker.write
        self._speaker = speaker
        self._recall = recall

    def clear(self) -> int | None:
        """Take back what has not been heard."""
        if self._recall == "no":
            return 0
        taken = self._speaker.clear()
        return taken if self._recall == "exact" else None


def _nobody(pcm: bytes) -> None:
    """Hear nothing."""
