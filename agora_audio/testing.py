"""Fakes for tests of what is built on agora-audio: a clock that is set, sinks that remember, fail or play on it.

>>> from agora_audio.consumer.consumer import AudioConsumer
>>> clock, sink = FakeClock(), FaultySink(failures=[OSError("gone"), None])
>>> consumer = AudioConsumer(sink, 16000, 1, clock)
>>> _ = consumer.push_pcm_data(bytes(3200))
>>> consumer.consume(), consumer.len(), consumer.sink_errors  # nothing is lost
(0, 3200, 1)
>>> consumer.consume(), len(sink.pcm)
(1600, 3200)
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import Any

from agora_audio.consumer.sinks import LoudspeakerSink, MemorySink
from agora_audio.errors import ConfigError

__all__ = ["FakeClock", "FaultySink", "LoudspeakerSink", "MemorySink"]


class FakeClock:
    """A clock that stands still until it is told: hand it in wherever a `clock` is asked for.

    Parameters
    ----------
    now
        Time to begin at, seconds.

    Attributes
    ----------
    now : float
        The time, which may be set.

    Examples
    --------
    >>> clock = FakeClock(5.0)
    >>> clock.advance(0.25)
    >>> clock()
    5.25
    """

    def __init__(self, now: float = 0.0) -> None:
        self.now = now

    def __call__(self) -> float:
        """Return the time, seconds."""
        return self.now

    def advance(self, seconds: float) -> None:
        """Let time pass; below 0 steps back, as clocks do that people set."""
        if not math.isfinite(seconds):
            raise ConfigError(f"seconds is {seconds!r}, must be finite")
        # Not adding up tenths: a test's literal times stay what they say, to the nanosecond.
        self.now = round(self.now + seconds, 9)


class FaultySink(MemorySink):
    """A `MemorySink` whose writes fail as scripted.

    Parameters
    ----------
    failures
        For each write what it raises, or None; after the last one all is well.
    """

    def __init__(self, failures: Iterable[BaseException | None] = ()) -> None:
        super().__init__()
        self._failures = iter(failures)

    def write(self, pcm: bytes) -> Any:
        """Raise what is scripted, or keep the sound."""
        failure = next(self._failures, None)
        if failure is not None:
            raise failure
        super().write(pcm)
