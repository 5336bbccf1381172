"""Speech in a recording, channel by channel: what `vad detect` and a batch do with each file."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

from agora_audio.frames import AudioFormat, Channel, check_channel
from agora_audio.io import RAW_DEFAULT, RAW_SUFFIXES, AudioReader, open_audio
from agora_audio.vad.config import AudioVadConfigV2
from agora_audio.vad.detect import SpeechDetector
from agora_audio.vad.segments import Segment

__all__ = ["ChannelDetectors", "channel_of", "channels_of", "open_recording", "stated_format"]


def stated_format(path: str | os.PathLike[str], sample_rate: int | None, channels: int | None) -> AudioFormat | None:
    """Return the format that a caller states for raw PCM; what was left out is that of the header, where there is one.

    Parameters
    ----------
    path
        A file, or ``-`` for a pipe, whose header can be read only once.
    sample_rate, channels
        None: not stated.
    """
    if sample_rate is None and channels is None:
        return None
    # What was left out is not checked against a header.
    known = RAW_DEFAULT if sample_rate is not None and channels is not None else _header(path) or RAW_DEFAULT
    return AudioFormat(
        known.sample_rate if sample_rate is None else sample_rate, known.channels if channels is None else channels
    )


def open_recording(
    path: str | os.PathLike[str], sample_rate: int | None = None, channels: int | None = None
) -> AudioReader:
    """Open a file for reading, see `open_audio` and `stated_format`."""
    reader = open_audio(path, stated_format(path, sample_rate, channels))
    # A name that is no text in any encoding would make output that is none.
    reader.name = os.fsencode(path).decode("utf-8", "backslashreplace")
    return reader


def _header(name: str | os.PathLike[str]) -> AudioFormat | None:
    """Return the format in a file's header; None for raw PCM and for a pipe."""
    path = Path(name)
    if str(path) == "-" or path.suffix.lower() in RAW_SUFFIXES or not path.is_file():
        return None
    with open_audio(path) as reader:
        return reader.format


def channel_of(text: str, format: AudioFormat) -> Channel:
    """Return the channel that a word means: ``mix`` or a number; ConfigError if the sound has no such channel."""
    return check_channel(int(text) if text.isdecimal() and len(text) < 10 else text, format)


def channels_of(text: str, format: AudioFormat) -> list[Channel]:
    """Return the channels that a word means: ``each`` of them, or one as of `channel_of`."""
    return list(range(format.channels)) if text == "each" else [channel_of(text, format)]


class ChannelDetectors:
    """Find speech in the mix, in one channel, or in each by itself.

    Parameters
    ----------
    format
        Rate and channels of the PCM.
    config, engine
        As of `SpeechDetector`.
    channel
        ``mix``, a number from 0, or ``each``.

    Examples
    --------
    >>> detectors = ChannelDetectors(AudioFormat(16000, 2), AudioVadConfigV2(), "energy", "each")
    >>> detectors.push(bytes(64000)) + detectors.flush()
    []
    """

    def __init__(self, format: AudioFormat, config: AudioVadConfigV2, engine: str, channel: str = "mix") -> None:
        self._detectors = {
            None if one == "mix" else one: SpeechDetector(format, config, engine, one)
            for one in channels_of(channel, format)
        }

    def push(self, pcm: bytes) -> list[tuple[Segment, int | None]]:
        """Take PCM and return the segments that it closes, with their channels (None: the mix), as they were closed."""
        return self._closed(lambda one: one.push(pcm))

    def flush(self) -> list[tuple[Segment, int | None]]:
        """End the stream and return what this closes."""
        return self._closed(SpeechDetector.flush)

    def _closed(self, by: Callable[[SpeechDetector], list[Segment]]) -> list[tuple[Segment, int | None]]:
        new = [(segment, number) for number, one in self._detectors.items() for segment in by(one)]
        return sorted(new, key=lambda pair: pair[0].ended_at)
