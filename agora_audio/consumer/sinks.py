"""Where paced sound goes: memory, a WAV file, a function, a loudspeaker that is none.

A sink is anything with ``write(pcm: bytes)``, and ``clear() -> int | None`` if what was written and has not been heard
can be taken back: it returns how many bytes that were, the last ones written; None if it does not know how many, and 0
if it cannot. A sink without `clear` cannot. A `write` that raises has taken nothing, and is tried again.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from types import TracebackType
from typing import Any, Protocol

from agora_audio.consumer.schedule import NS, Timeline
from agora_audio.errors import AudioError, ConfigError, FormatError
from agora_audio.frames import AudioFormat
from agora_audio.writer import AudioWriter

__all__ = ["CallbackSink", "LoudspeakerSink", "MemorySink", "Sink", "WavSink"]


class Sink(Protocol):
    """What takes paced sound."""

    def write(self, pcm: bytes) -> Any:
        """Take the next sound, whole 10 ms frames; it should not block."""


class MemorySink:
    """Keep all that is written; nothing can be taken back.

    Attributes
    ----------
    writes : list of bytes
        What was written, a write an item.
    """

    def __init__(self) -> None:
        self.writes: list[bytes] = []

    @property
    def pcm(self) -> bytes:
        """All that was written."""
        return b"".join(self.writes)

    def write(self, pcm: bytes) -> None:
        """Keep the sound."""
        self.writes.append(bytes(pcm))

    def clear(self) -> int:
        """Take nothing back."""
        return 0


class CallbackSink:
    """Hand the sound to a function.

    Parameters
    ----------
    write
        Called with each piece of sound.
    clear
        Called to take back what has not been heard; returns how many bytes that were, None if it does not know. Left
        out: nothing can be taken back.
    """

    def __init__(self, write: Callable[[bytes], Any], clear: Callable[[], int | None] | None = None) -> None:
        if not callable(write) or not (clear is None or callable(clear)):
            raise ConfigError("write must be a function of bytes, clear a function or None")
        self.write = write
        self._clear = clear

    def clear(self) -> int | None:
        """Take back what has not been heard."""
        return self._clear() if self._clear is not None else 0


class LoudspeakerSink:
    """A model of a loudspeaker: plays what is written in real time on a clock, and knows to the sample what it played.

    Parameters
    ----------
    format
        Rate and channels of the sound.
    clock
        Returns the time, seconds.
    play
        Called with what is heard, as it is heard: sound, and zeros where nothing was there to be played; None: it is
        kept in `heard`.

    Attributes
    ----------
    gaps : list of (float, float)
        When nothing was there to be played, and for how long, seconds; not before the first sample, nor at the end.

    Examples
    --------
    >>> now = 0.0
    >>> speaker = LoudspeakerSink(AudioFormat(8000), lambda: now)
    >>> speaker.write(bytes(1600))  # a tenth of a second
    >>> now = 0.04
    >>> speaker.clear(), len(speaker.heard)
    (960, 640)
    """

    def __init__(
        self, format: AudioFormat, clock: Callable[[], float], play: Callable[[bytes], Any] | None = None
    ) -> None:
        if not isinstance(format, AudioFormat):
            raise FormatError(f"format is {format!r}, must be an AudioFormat")
        self._heard = bytearray()
        self.gaps: list[tuple[float, float]] = []
        self._unit, self._rate = format.sample_bytes, format.sample_rate
        self._clock = clock
        self._play = self._heard.extend if play is None else play
        self._timeline = Timeline()
        self._origin: int | None = None
        self._played = 0  # samples since the origin, silence included
        self._buffer = bytearray()
        self._rest = b""  # a torn sample

    def write(self, pcm: bytes) -> None:
        """Let the sound be heard after what was written before."""
        t = self._timeline.read(self._clock())
        self._advance(t)
        if self._origin is None:
            self._origin = t
        if not self._buffer and (missing := self._position(t) - self._played) > 0:
            self._play(bytes(missing * self._unit))
            self._played += missing
            self.gaps.append((self._timeline.seconds(t) - missing / self._rate, missing / self._rate))
        self._buffer += pcm

    def clear(self) -> int:
        """Take back what has not been heard, and return how many bytes that were."""
        self._advance(self._timeline.read(self._clock()))
        size = len(self._buffer)
        self._buffer.clear()
        return size

    @property
    def heard(self) -> bytes:
        """What has been heard by now, with zeros for gaps, from the first sample on."""
        self._advance(self._timeline.read(self._clock()))
        return bytes(self._heard)

    def buffered_ms(self) -> float:
        """Return how much has been written and not been heard, ms."""
        self._advance(self._timeline.read(self._clock()))
        return 1000.0 * len(self._buffer) / self._unit / self._rate

    def finish(self) -> None:
        """Let all that was written be heard, whatever the time."""
        self._hear(len(self._buffer) // self._unit)

    def _position(self, t: int) -> int:
        return 0 if self._origin is None else (t - self._origin) * self._rate // NS

    def _advance(self, t: int) -> None:
        self._hear(min(self._position(t) - self._played, len(self._buffer) // self._unit))

    def _hear(self, samples: int) -> None:
        if samples > 0:
            # In this order: where playing fails, nothing has happened, and it can be tried again.
            size = samples * self._unit
            self._play(bytes(self._buffer[:size]))
            del self._buffer[:size]
            self._played += samples


class WavSink:
    """Write a WAV file, which can be read even if nobody closes it.

    Also a context manager.

    Parameters
    ----------
    path
        Where; an existing file is replaced at once.
    format
        Rate and channels of the sound.
    clock
        Returns the time, seconds: the file then holds what a listener would have heard, gaps as silence, and what has
        not been heard can be taken back. None: the file holds all that is written, at once.

    Raises
    ------
    OSError
        If the file cannot be made; from `write`, if the sound cannot be written, as on a full disk.
    AudioError
        From `write`, after `close`.
    """

    def __init__(
        self, path: str | os.PathLike[str], format: AudioFormat, clock: Callable[[], float] | None = None
    ) -> None:
        if not isinstance(format, AudioFormat):
            raise FormatError(f"format is {format!r}, must be an AudioFormat")
        self.path = os.fspath(path)
        self.format = format
        self.speaker = None if clock is None else LoudspeakerSink(format, clock, self._store)
        self._closed = False
        self._stream = open(self.path, "wb")  # noqa: SIM115 - closed by close
        self._writer = AudioWriter(self._stream, format)  # given a stream: WAV, whatever the file is called

    def write(self, pcm: bytes) -> None:
        """Write the sound, or let it be heard first where there is a clock."""
        if self._closed:
            raise AudioError(f"{self.path} is closed: make a new WavSink")
        if self.speaker is not None:
            self.speaker.write(pcm)
        else:
            self._store(pcm)

    def clear(self) -> int:
        """Take back what has not been heard, and return how many bytes that were; without a clock nothing."""
        return self.speaker.clear() if self.speaker is not None and not self._closed else 0

    def close(self) -> None:
        """Write what is still to be heard, and the header; calling it again does nothing."""
        if self._closed:
            return
        if self.speaker is not None:
            self.speaker.finish()
        self._closed = True
        try:
            self._writer.close()
        finally:
            self._stream.close()

    def __enter__(self) -> WavSink:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.close()

    def _store(self, pcm: bytes) -> None:
        self._writer.write(pcm)


def checked_sink(sink: Any) -> Any:
    """Return `sink` if it can be written to."""
    write = getattr(sink, "write", None)
    if not callable(write):
        raise ConfigError(f"sink is a {type(sink).__name__}, must have a method write(pcm: bytes)")
    for name in ("write", "clear"):
        code = getattr(getattr(sink, name, None), "__code__", None)
        if code is not None and code.co_flags & _COROUTINE:
            raise ConfigError(
                f"{name} of the sink must not be async: put the sound into a queue that a task sends from"
            )
    return sink


# Of a function written with ``async def`` (inspect.CO_COROUTINE).
_COROUTINE = 0x80
