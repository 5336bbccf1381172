"""The sound of one round: pushed at one end, sent at the other, and put back where a sink gave it back."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable

import numpy as np

from agora_audio.consumer.heard import Heard, PlayedInterval, TextMarks

__all__ = ["RoundSound"]

# -50 dBFS: below it nobody hears an answer begin.
_AUDIBLE = 104
# A caller who never begins a round must not make one grow.
_INTERVALS_KEPT = 1000


class RoundSound:
    """Bytes of one round, in order. A piece is never copied as a whole: a long push costs what is taken from it.

    Attributes
    ----------
    size : int
        Bytes waiting.
    pushed : int
        Bytes that have come, less those dropped unsent.
    sent, padding : int
        Bytes of sound sent, and of silence sent to fill frames and gaps, less those that were taken back.
    ended : bool
        Whether no more is to come.
    queued : bool
        Whether the round stands in the pacer's queue.
    marks : TextMarks
        What is spoken.
    """

    __slots__ = (
        *("_audible", "_first", "_intervals", "_offset", "_pieces"),
        *("ended", "id", "marks", "padding", "pushed", "queued", "sent", "size"),
    )

    def __init__(self, round_id: int) -> None:
        self.id = round_id
        self.size = self.pushed = self.sent = self.padding = 0
        self.ended = self.queued = False
        self.marks = TextMarks()
        # When, in nanoseconds, sound from which byte on is heard, a new pair after each gap; the first pair of all, and
        # that of the first audible sample.
        self._intervals: deque[tuple[int, int]] = deque(maxlen=_INTERVALS_KEPT)
        self._first: tuple[int, int] | None = None
        self._audible: tuple[int, int] | None = None
        self._pieces: deque[bytes | memoryview] = deque()
        self._offset = 0

    def push(self, pcm: bytes) -> None:
        """Take the next piece; sound after an end opens the round again."""
        self._pieces.append(pcm)
        self.size += len(pcm)
        self.pushed += len(pcm)
        self.ended = False

    def take(self, count: int) -> bytes:
        """Hand out the next `count` bytes, which are there."""
        self.size -= count
        first, begin = self._pieces[0], self._offset
        end = begin + count
        if end < len(first):
            self._offset = end
            return bytes(first[begin:end])
        parts = []
        while count:
            first = self._pieces[0]
            part = first[self._offset : self._offset + count]
            parts.append(part)
            count -= len(part)
            self._offset += len(part)
            if self._offset == len(first):
                self._pieces.popleft()
                self._offset = 0
        return bytes(parts[0]) if len(parts) == 1 else b"".join(parts)

    def put_back(self, pcm: bytes) -> None:
        """Put bytes that were taken before the others again."""
        if self._offset:
            self._pieces[0] = memoryview(self._pieces[0])[self._offset :]
            self._offset = 0
        if pcm:
            self._pieces.appendleft(pcm)
            self.size += len(pcm)

    def end(self, unit: int) -> int:
        """Let no more come, drop an incomplete sample of `unit` bytes at the end, and return how many bytes that is."""
        self.ended = True
        stray = self.size % unit
        if stray:
            self._drop_last(stray)
        return stray

    def skip(self, count: int) -> int:
        """Drop up to `count` of the bytes that come next and return how many."""
        skipped = len(self.take(min(count, self.size))) if self.size else 0
        self.pushed -= skipped
        return skipped

    def drop(self) -> int:
        """Forget what waits and return how many bytes that is."""
        size, self.size = self.size, 0
        self.pushed -= size
        self._pieces.clear()
        self._offset = 0
        return size

    # --- what was sent

    @property
    def audible(self) -> bool:
        """Whether a sample was sent that can be heard."""
        return self._audible is not None

    def note(self, pcm: bytes, unit: int, time_of: Callable[[int], int], new_interval: bool) -> None:
        """Note what is sent next; `time_of` tells when a sample counted from its first is heard, in nanoseconds."""
        if new_interval:
            self._intervals.append((time_of(0), self.sent))
            self._first = self._first or self._intervals[0]
        if self._audible is None:
            at = _first_audible(pcm, unit)
            self._audible = None if at is None else (time_of(at), self.sent + at * unit)

    def unsend(self, pcm: bytes, padding: int) -> None:
        """Take back what was sent last, and as much padding."""
        self.put_back(pcm)
        self.sent -= len(pcm)
        self.padding -= padding
        while self._intervals and self._intervals[-1][1] >= self.sent:
            self._intervals.pop()
        if self._first and self._first[1] >= self.sent:
            self._first = None
        if self._audible and self._audible[1] >= self.sent:
            self._audible = None

    def heard(self, heard: int, second: int, seconds: Callable[[int], float]) -> Heard:
        """Return what was heard, given bytes heard, bytes of a second, and what turns nanoseconds into seconds."""
        text, source = self.marks.heard(heard, self.pushed, self.ended, second)
        first, audible = self._first, self._audible
        return Heard(
            round_id=self.id,
            heard_ms=1000 * heard // second,
            text=text,
            text_source=source,
            intervals=self._heard_intervals(heard, second, seconds),
            first_sound=seconds(first[0]) if first and heard else None,
            first_audible=seconds(audible[0]) if audible and audible[1] < heard else None,
            leading_silence_ms=1000 * audible[1] // second if audible else None,
        )

    def _heard_intervals(self, heard: int, second: int, seconds: Callable[[int], float]) -> tuple[PlayedInterval, ...]:
        found = []
        end = heard
        for t, offset in reversed(self._intervals):
            if offset < end:
                begin = seconds(t)
                found.append(PlayedInterval(begin, begin + (end - offset) / second, offset / second))
            end = min(end, offset)
        return tuple(reversed(found))

    def _drop_last(self, count: int) -> None:
        self.size -= count
        self.pushed -= count
        while count:
            last = self._pieces.pop()
            begin = self._offset if not self._pieces else 0
            kept = max(begin, len(last) - count)
            count -= len(last) - kept
            if kept > begin:
                self._pieces.append(memoryview(last)[:kept])
            elif not self._pieces:
                self._offset = 0


def _first_audible(pcm: bytes, unit: int) -> int | None:
    """Return the first sample of `pcm` that can be heard."""
    if pcm.count(0) == len(pcm):
        return None
    loud = np.flatnonzero(np.abs(np.frombuffer(pcm, "<i2").astype(np.int32)) > _AUDIBLE)
    return int(loud[0]) * 2 // unit if len(loud) else None
