"""The books of a pacer, and the gaps that it noted."""

from __future__ import annotations

from collections import deque
from contextlib import suppress
from dataclasses import dataclass
from typing import Literal

__all__ = ["Cause", "GapBook", "PacerStats", "PacingGap"]

Cause = Literal["sound", "timer", "sink"]

# An agent reads events as it goes; one that never does must not grow.
_GAPS_KEPT = 1000


@dataclass(frozen=True)
class PacingGap:
    """A gap that was heard within a round."""

    time: float
    """When sound came again, seconds on the pacer's clock."""
    seconds: float
    """How long nothing, or padding, was heard."""
    cause: Cause
    """What was late: the `sound`, the `timer`, or a `sink` that failed."""
    round_id: int
    """The round in which it was."""


@dataclass(frozen=True)
class PacerStats:
    """Everything since the pacer was made: taken = sent + dropped + waiting, to the byte."""

    taken_bytes: int = 0
    """Sound taken by `push`: what was sent, dropped, or still waits."""
    refused_bytes: int = 0
    """Sound of older rounds, not taken."""
    sent_bytes: int = 0
    """Sound sent, less what was taken back, without padding."""
    padding_bytes: int = 0
    """Silence sent, to fill frames and gaps, less what was taken back."""
    dropped_bytes: int = 0
    """Sound taken that no sink keeps: interrupts, clearing, failed writes, incomplete samples at the end of a round."""
    waiting_bytes: int = 0
    """Sound taken and not yet sent."""
    underruns: int = 0
    """Gaps heard because the sound was late."""
    underrun_ms: int = 0
    """How long they were together, ms."""
    late_gaps: int = 0
    """Gaps heard because the timer or the sink was late, although the sound was there."""
    late_ms: int = 0
    """How long they were together, ms."""


class GapBook:
    """The gaps that were heard, and whose fault they were; lengths in samples of each channel.

    Parameters
    ----------
    sample_rate
        Samples of each channel in a second.

    Attributes
    ----------
    gaps : deque of PacingGap
        Oldest first; the last 1,000 are kept.
    silence : int
        Samples of silence sent since the last sound.
    excuse : str
        Why silence before the next sound is none of a gap ("over"), or that the "sink" is to blame; else "".
    underruns, underrun, late_gaps, late : int
        Gaps because the sound was late, and their length; the same of the timer and the sink.
    """

    __slots__ = ("_noted", "_rate", "excuse", "gaps", "late", "late_gaps", "silence", "underrun", "underruns")

    def __init__(self, sample_rate: int) -> None:
        self.gaps: deque[PacingGap] = deque(maxlen=_GAPS_KEPT)
        self.silence = self.underruns = self.underrun = self.late_gaps = self.late = 0
        self.excuse: Literal["", "over", "sink"] = ""
        self._rate = sample_rate
        self._noted: PacingGap | None = None

    def begin_tick(self) -> None:
        """Take it that what was noted before is final."""
        self._noted = None

    def excuse_silence(self) -> None:
        """Take it that what nobody hears from now on is meant, up to the next sound."""
        self.silence = 0
        self.excuse = "over"

    def note(self, samples: int, time: float, kept_waiting: bool, round_id: int) -> None:
        """Count a gap before sound that follows it, which had been there or not."""
        self.silence = 0
        if self.excuse == "over":
            return
        cause: Cause = self.excuse or ("timer" if kept_waiting else "sound")
        self._noted = PacingGap(time, samples / self._rate, cause, round_id)
        self.gaps.append(self._noted)
        self._count(self._noted, 1)

    def undo(self) -> None:
        """Take it that the gap noted last is not over yet, as the sound after it was not taken."""
        gap, self._noted = self._noted, None
        if gap is None:
            return
        with suppress(ValueError, IndexError):  # another thread may have taken it out, or be taking out others
            self.gaps.remove(gap)
        self._count(gap, -1)
        self.silence = round(gap.seconds * self._rate)

    def _count(self, gap: PacingGap, times: int) -> None:
        samples = times * round(gap.seconds * self._rate)
        if gap.cause == "sound":
            self.underruns += times
            self.underrun += samples
        else:
            self.late_gaps += times
            self.late += samples
