"""Stamps for pushes of PCM, and the sessions that stamps tell of: `PtsAllocator` sends, `SessionParser` receives.

Both take the same layouts by the same names, see `agora_audio.consumer.pts_layouts`. A session is one answer: it begins
with its first frame and ends when all frames of the push that is marked as its end have come, when a frame of another
session comes, or when nothing comes for a while. Stamps are lost with their frames: none of the three can be left out.

Three laws of the parser:

1. Each START is followed by one END of the same session, before any other START.
2. Time comes from the caller: what is due by `now` is decided at its own time, before the stamp that comes at `now`.
3. Marked frames of the session that ended last are its leftovers, however late, and begin nothing; unmarked ones begin
   it anew.
"""

from __future__ import annotations

import enum
import math
from dataclasses import dataclass
from typing import Any, Literal

from agora_audio.consumer.checks import checked_time, checked_whole
from agora_audio.consumer.pts_layouts import BASE, FRAME_MS, get_layout
from agora_audio.errors import ConfigError, FormatError
from agora_audio.frames import AudioFormat

__all__ = ["PtsAllocator", "SessionEnd", "SessionEvent", "SessionParser"]

TURN_ENDED, TURN_INTERRUPTED = 1, 2


class PtsAllocator:
    """Give each push of a stream of sessions its stamp.

    Parameters
    ----------
    sample_rate, channels
        Format of the PCM.
    layout
        Name of the layout: "v2", "v4" to "v8".
    version
        Value of its field `version`.

    Attributes
    ----------
    session : int
        Number of the session that the next push belongs to: 1, 2, ... up to what the layout holds, then 1 again.

    Raises
    ------
    ConfigError
        If the layout is unknown or the version does not fit.
    FormatError
        If the format is not one of PCM.

    Notes
    -----
    The base counts the milliseconds of the session, exactly at any rate, and begins again at 0 with a push that would
    not fit in any more; in "v2" it begins at 0 with every push. A field that the end fills by itself
    (`last_chunk_duration_ms`, `last_frame_number`, `turn_duration_packs`) counts a part of 10 ms as a whole one.

    Examples
    --------
    >>> allocator = PtsAllocator(16000)
    >>> hex(allocator.allocate(32000)), hex(allocator.allocate(1920, is_end=True)), allocator.session
    ('0x80000000000', '0x879000003e8', 2)
    """

    def __init__(self, sample_rate: int, channels: int = 1, layout: str = "v4", version: int = 0) -> None:
        self.format = AudioFormat(sample_rate, channels)
        self.layout = get_layout(layout)
        self.layout.encode(version=version)
        self.session = 1
        self._version = version
        self._sessions = next(field.largest for field in self.layout.fields if field.name == self.layout.session)
        self._samples = 0  # of this session
        self._base_at = 0  # sample of this session from which the base counts

    def allocate(self, size: int, is_end: bool = False, **fields: int) -> int:
        """Return the stamp of the next push.

        Parameters
        ----------
        size
            Bytes of PCM in the push.
        is_end
            Whether it is the last one of the session. In "v8" this is a push of silence that carries the command that
            the turn ended, or with ``command_type=2`` that it was interrupted.
        fields
            Further fields of the layout, such as `sentence` and `chunk`.

        Raises
        ------
        FormatError
            If `size` is no whole number of samples, or the push is too long for the base or, at the end, for the field
            that says how long it is. Nothing is counted then.
        ConfigError
            If a field is unknown, does not fit, or is one that the allocator fills.
        """
        samples = self._sample_count(size)
        if not isinstance(is_end, bool):
            raise FormatError(f"is_end is {is_end!r}, must be True or False")
        base_at = self._base_at if self.layout.counts else self._samples
        frames = math.ceil(self._ms(samples) / FRAME_MS)
        if self._overflows(base_at, frames):
            base_at = self._samples
            if self._overflows(base_at, frames):
                raise FormatError(
                    f"a push of {size} bytes lasts {self._ms(samples)} ms, the base of {self.layout.name} holds "
                    f"{self.layout.push_ms}: push it in parts"
                )
        pts = self.layout.encode({**self._own_fields(fields, base_at, frames, is_end), **fields})
        self._base_at = base_at
        self._samples += samples
        if is_end:
            self.session = self.session % self._sessions + 1
            self._samples = self._base_at = 0
        return pts

    def _sample_count(self, size: Any) -> int:
        number = checked_whole(size, "size", " of bytes: len(pcm)")
        samples, rest = divmod(number, self.format.sample_bytes)
        if rest or samples < 0:
            raise FormatError(f"size is {number}, must be whole samples of {self.format.sample_bytes} bytes")
        return samples

    def _ms(self, samples: int) -> int:
        """Return how long samples last, milliseconds, rounded up."""
        return -(-samples * 1000 // self.format.sample_rate)

    def _base(self, base_at: int) -> int:
        return (self._samples - base_at) * 1000 // self.format.sample_rate

    def _overflows(self, base_at: int, frames: int) -> bool:
        return self._base(base_at) + FRAME_MS * max(0, frames - 1) > self.layout.fields[-1].largest

    def _own_fields(self, fields: dict[str, int], base_at: int, frames: int, is_end: bool) -> dict[str, int]:
        layout = self.layout
        own = {
            "version": self._version,
            layout.session: self.session,
            BASE: self._base(base_at),
            layout.end: int(is_end),
        }
        taken = [name for name in own if name in fields]
        if taken:
            raise ConfigError(f"{taken[0]} is what the allocator fills in: leave it out")
        return {**own, **(self._end_fields(frames) if is_end else {})}

    def _end_fields(self, frames: int) -> dict[str, int]:
        """Return what the fields of the layout say about a session's last push, or about a turn."""
        known = {field.name: field.largest for field in (*self.layout.fields, *self.layout.command_fields)}
        if "command_type" in known:
            packs = math.ceil(self._ms(self._samples) / FRAME_MS)
            # A longer turn still ends; the receiver reads "this long or longer".
            return {"command_type": TURN_ENDED, "turn_duration_packs": min(packs, known["turn_duration_packs"])}
        for name, value in (("last_chunk_duration_ms", frames * FRAME_MS), ("last_frame_number", frames)):
            if name in known:
                if value > known[name]:
                    raise FormatError(
                        f"the last push of a session has {frames} frames of {FRAME_MS} ms, {name} of "
                        f"{self.layout.name} holds {known[name]}: end the session with a shorter push"
                    )
                return {name: value}
        return {}


class SessionEnd(enum.IntEnum):
    """Why a session ended, with the numbers of the SDK's parser."""

    LAST_CHUNK = 0
    """All of its last push has come, or as much as its stamps tell."""
    TIMEOUT = 1
    """Nothing came any more."""
    INTERRUPT = 2
    """Another session began before its end was marked, or a command said so."""
    OTHER = 3
    """`flush` closed it."""


@dataclass(frozen=True)
class SessionEvent:
    """A session began or ended."""

    kind: Literal["start", "end"]
    """Which of the two."""
    session: int
    """Its number."""
    time: float
    """When, on the caller's clock, seconds."""
    reason: SessionEnd | None = None
    """Why it ended."""
    frames: int = 0
    """How many of its frames came, 10 ms each; at the end."""


class SessionParser:
    """Follow the sessions that received stamps tell of. Pure: no clock, no ticker, no callback, one thread.

    Parameters
    ----------
    layout
        Name of the layout that the sender uses: "v2", "v4" to "v8".
    timeout
        A session ends when nothing of it has come for this long, seconds.
    end_timeout
        The same once its end has been marked.

    Attributes
    ----------
    session : int or None
        Number of the session that is open.

    Raises
    ------
    ConfigError
        If the layout is unknown or a time is not of 0 to 3600 s.

    Notes
    -----
    Session 0 is none: audio without a stamp, or with one that was lost, reads as 0. Its frames neither begin nor end
    anything.

    Examples
    --------
    >>> parser, allocator = SessionParser(), PtsAllocator(16000)
    >>> parser.parse(allocator.allocate(320), 5.0)
    (SessionEvent(kind='start', session=1, time=5.0, reason=None, frames=0),)
    >>> parser.next_due()
    5.5
    >>> parser.parse(allocator.allocate(320, is_end=True), 5.01)[0].reason.name
    'LAST_CHUNK'
    """

    def __init__(self, layout: str = "v4", timeout: float = 0.5, end_timeout: float = 0.2) -> None:
        self.layout = get_layout(layout)
        self.timeout = _duration("timeout", timeout)
        self.end_timeout = _duration("end_timeout", end_timeout)
        self.session: int | None = None
        self._ended: int | None = None  # the last one that did
        self._now = self._last_seen = -math.inf
        self._frames = self._marked = self._expected = 0
        self._events: list[SessionEvent] = []

    def parse(self, pts: int, now: float) -> tuple[SessionEvent, ...]:
        """Take the stamp of a received frame of 10 ms and return what it tells, oldest first.

        Raises
        ------
        FormatError
            If `pts` is none of the layout, or `now` no finite number; nothing changes then.
        """
        values = self.layout.decode(pts)
        now = self._catch_up(now)
        number = values[self.layout.session]
        if number:
            self._take(number, values, now)
        return self._told()

    def poll(self, now: float) -> tuple[SessionEvent, ...]:
        """Return what has ended by `now`, with the time at which it did."""
        self._catch_up(now)
        return self._told()

    def next_due(self) -> float | None:
        """Return when the open session ends if nothing comes, seconds; None: none is open."""
        if self.session is None:
            return None
        return self._last_seen + (self.end_timeout if self._marked else self.timeout)

    def flush(self, now: float) -> tuple[SessionEvent, ...]:
        """Close the session that is open."""
        now = self._catch_up(now)
        if self.session is not None:
            self._end(now, SessionEnd.OTHER)
        return self._told()

    def _catch_up(self, now: Any) -> float:
        """Decide what is due by `now`, and return it, or the last one if it runs backwards."""
        self._now = max(self._now, checked_time(now))
        due = self.next_due()
        if due is not None and due <= self._now:
            complete = self._marked and not self._tells_length()
            self._end(due, SessionEnd.LAST_CHUNK if complete else SessionEnd.TIMEOUT)
        return self._now

    def _told(self) -> tuple[SessionEvent, ...]:
        events = tuple(self._events)
        self._events.clear()
        return events

    def _take(self, number: int, values: dict[str, int], now: float) -> None:
        marked = self._is_marked(values)
        if self.session is not None and number != self.session:
            self._end(now, SessionEnd.LAST_CHUNK if self._marked else SessionEnd.INTERRUPT)
        if self.session is None and marked and number == self._ended:
            return  # a leftover, however late
        self._last_seen = now
        if self.session is None:
            self.session = number
            self._frames = self._marked = self._expected = 0
            self._events.append(SessionEvent("start", number, now))
        self._frames += 1
        if marked:
            self._mark(values, now)

    def _mark(self, values: dict[str, int], now: float) -> None:
        self._marked += 1
        if "command_type" in values:
            interrupted = values["command_type"] == TURN_INTERRUPTED
            self._end(now, SessionEnd.INTERRUPT if interrupted else SessionEnd.LAST_CHUNK)
        elif self._tells_length():
            frames = values.get("last_frame_number", math.ceil(values.get("last_chunk_duration_ms", 0) / FRAME_MS))
            self._expected = max(self._expected, frames)
            if self._marked >= self._expected:
                self._end(now, SessionEnd.LAST_CHUNK)

    def _is_marked(self, values: dict[str, int]) -> bool:
        """Say whether a frame belongs to the end of its session; other commands are frames like any."""
        if "command_type" in values:
            return values["command_type"] in (TURN_ENDED, TURN_INTERRUPTED)
        return values[self.layout.end] == 1

    def _tells_length(self) -> bool:
        return any(field.name in ("last_chunk_duration_ms", "last_frame_number") for field in self.layout.fields)

    def _end(self, now: float, reason: SessionEnd) -> None:
        assert self.session is not None
        self._events.append(SessionEvent("end", self.session, now, reason, self._frames))
        self._ended, self.session = self.session, None


def _duration(name: str, value: Any) -> float:
    try:
        seconds = checked_time(value, name)
    except FormatError:
        seconds = -1.0
    if not 0.0 <= seconds <= 3600.0:
        raise ConfigError(f"{name} is {value!r:.60}, must be seconds, 0 to 3600")
    return seconds
