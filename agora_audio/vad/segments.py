"""The noun of the library: a stretch of speech, in seconds of the stream it was found in."""

from __future__ import annotations

import math
from dataclasses import asdict, dataclass, field

__all__ = ["Segment"]


@dataclass(frozen=True, order=True)
class Segment:
    """One stretch of speech.

    Segments are equal, ordered and hashed by `start` and `end`; the other times describe how the segment was found.
    Left out, `audio_start` and `started_at` are `start`, `audio_end` and `ended_at` are `end`.

    Examples
    --------
    >>> segment = Segment(1.2, 3.45)
    >>> round(segment.duration, 2)
    2.25
    >>> Segment(0.5, 1.0) < segment
    True
    """

    start: float
    """Beginning of the first active frame of the speech, seconds from the beginning of the stream."""
    end: float
    """End of the last active frame, seconds."""
    audio_start: float = field(default=math.nan, compare=False)
    """Beginning of the sound that was handed out, pre-roll included, seconds."""
    audio_end: float = field(default=math.nan, compare=False)
    """End of the sound that was handed out, hang-over included, seconds."""
    started_at: float = field(default=math.nan, compare=False)
    """When the start was decided, in seconds of sound seen."""
    ended_at: float = field(default=math.nan, compare=False)
    """When the end was decided, in seconds of sound seen."""

    def __post_init__(self) -> None:
        for name, fallback in (
            ("audio_start", self.start),
            ("started_at", self.start),
            ("audio_end", self.end),
            ("ended_at", self.end),
        ):
            if math.isnan(getattr(self, name)):
                object.__setattr__(self, name, fallback)

    @property
    def duration(self) -> float:
        """Length of the speech in seconds, `end - start`."""
        return self.end - self.start

    def to_dict(self) -> dict[str, float]:
        """Return the six times by name."""
        return asdict(self)
