"""From sound to segments: a class for the stream, a function for the whole, equal bit for bit."""

from __future__ import annotations

import logging
import os
from typing import IO, Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from agora_audio.errors import FormatError
from agora_audio.frames import (
    AudioFormat,
    AudioFrame,
    Channel,
    as_buffer,
    check_channel,
    pick_channel,
    rms_db_of_frames,
)
from agora_audio.io import RAW_DEFAULT, open_audio
from agora_audio.vad.config import AudioVadConfigV2, checked_config
from agora_audio.vad.engines import Engine, WindowedEngine, as_engine
from agora_audio.vad.segments import Segment
from agora_audio.vad.state_machine import VadState, VadStateMachine
from agora_audio.wav import to_int16

__all__ = ["FrameLabeller", "SpeechDetector", "detect_speech"]

_log = logging.getLogger("agora_audio")

Sound: TypeAlias = str | os.PathLike[str] | IO[bytes] | bytes | NDArray[Any]


class FrameLabeller:
    """Label PCM pushed in pieces of any size: a probability and a level for each 10 ms.

    Parameters
    ----------
    format
        Rate and channels of the PCM.
    engine
        Name of an engine, or an engine with no stream in it.
    channel
        ``"mix"``: frames keep all channels, the engine hears their mean and the level is over all of them; or the
        number of a channel, from 0.

    Attributes
    ----------
    dropped_bytes : int
        Bytes of an incomplete sample that `flush` found at the end of the stream and could not turn into sound.
    """

    def __init__(self, format: AudioFormat, engine: str | Engine = "silero", channel: Channel = "mix") -> None:
        if not isinstance(format, AudioFormat):
            raise FormatError(f"format is {format!r}, must be an AudioFormat")
        self._channel = check_channel(channel, format)
        self._source = format
        self.format = format if self._channel == "mix" else AudioFormat(format.sample_rate)
        self.engine = as_engine(engine)
        self.dropped_bytes = 0
        self._rest: bytes = b""
        self._frames: int = 0
        self._levels: list[float] = []

    def push(self, pcm: bytes) -> tuple[list[float], list[float]]:
        """Take PCM and return the probabilities and the levels (dBFS) of the frames whose sound has been judged."""
        piece = as_buffer(pcm)
        data = self._rest + piece.tobytes() if self._rest else piece
        unit = self._source.sample_bytes
        available = len(data) // unit
        ends = self._source.frame_ends(self._frames, available)
        used = ends[-1] * unit if ends else 0
        self._rest = bytes(data[used:])
        if not ends:
            return [], []
        return self._label(np.frombuffer(data[:used], "<i2").reshape(-1, self._source.channels), ends)

    def flush(self) -> tuple[list[float], list[float]]:
        """End the stream: what is left of a frame is filled with zeros; the next push begins a new stream."""
        unit = self._source.sample_bytes
        whole, self.dropped_bytes = divmod(len(self._rest), unit)
        probabilities: list[float] = []
        levels: list[float] = []
        if whole:
            self._rest = self._rest[: whole * unit]
            probabilities, levels = self.push(bytes((self._source.frame_length(self._frames) - whole) * unit))
        if isinstance(self.engine, WindowedEngine):
            probabilities += self.engine.flush_block()
            levels += self._levels
        else:
            for store, new in zip((probabilities, levels), _labels(self.engine.flush()), strict=True):
                store += new
        self._start()
        return probabilities, levels

    def _start(self) -> None:
        self._rest = b""
        self._frames = 0
        self._levels = []

    def _label(self, samples: NDArray[np.int16], ends: list[int]) -> tuple[list[float], list[float]]:
        if self._channel != "mix":
            samples = pick_channel(samples, self._channel).reshape(-1, 1)
        if not isinstance(self.engine, WindowedEngine):
            return self._push_frames(samples, ends)
        # Levels wait for their probabilities.
        levels = self._levels + rms_db_of_frames(samples, ends)
        probabilities = self.engine.push_block(samples, len(ends), self.format)
        self._frames += len(ends)
        self._levels = levels[len(probabilities) :]
        return probabilities, levels[: len(probabilities)]

    def _push_frames(self, samples: NDArray[np.int16], ends: list[int]) -> tuple[list[float], list[float]]:
        labelled: list[AudioFrame] = []
        begin = 0
        for end in ends:
            start = self.format.frame_time(self._frames - 1)
            labelled += self.engine.push(AudioFrame(samples[begin:end].tobytes(), self.format, start))
            self._frames += 1
            begin = end
        return _labels(labelled)


class SpeechDetector:
    """Find speech in PCM pushed in pieces of any size.

    Parameters
    ----------
    format
        Rate and channels of the PCM.
    config
        When speech starts and stops; None: Agora's defaults.
    engine, channel
        As of `FrameLabeller`.

    Examples
    --------
    >>> detector = SpeechDetector(AudioFormat(16000), engine="energy")
    >>> detector.push(bytes(32000)) + detector.flush()
    []
    """

    def __init__(
        self,
        format: AudioFormat,
        config: AudioVadConfigV2 | None = None,
        engine: str | Engine = "silero",
        channel: Channel = "mix",
    ) -> None:
        self.config = checked_config(config)
        self.labeller = FrameLabeller(format, engine, channel)
        self._machine = VadStateMachine(self.config, self.labeller.format)

    def push(self, pcm: bytes) -> list[Segment]:
        """Take PCM and return the segments that it closes."""
        return self._decide(*self.labeller.push(pcm))

    def flush(self) -> list[Segment]:
        """End the stream and return the segments that this closes, an open one too; then begin a new stream."""
        segments = self._decide(*self.labeller.flush())
        if self._machine.flush() is VadState.STOP_SPEAKING:
            segments += _closed(self._machine)
        self._machine.reset()
        return segments

    def _decide(self, probabilities: list[float], levels: list[float]) -> list[Segment]:
        segments: list[Segment] = []
        step = self._machine.step
        for probability, level in zip(probabilities, levels, strict=True):
            if step(probability, level) is VadState.STOP_SPEAKING:
                segments += _closed(self._machine)
        return segments


def detect_speech(
    path_or_array: Sound,
    format: AudioFormat | None = None,
    config: AudioVadConfigV2 | None = None,
    engine: str | Engine = "silero",
    channel: Channel = "mix",
) -> list[Segment]:
    """Find the speech in a recording.

    Equal, bit for bit, to what `SpeechDetector`, and an engine with `AudioVadV2`, find in the same sound live.

    Parameters
    ----------
    path_or_array
        Path or binary stream of a recording (see `open_audio`); or PCM as bytes; or samples, int16 or float in
        -1 to 1, shape (n,) or (n, channels).
    format
        Rate and channels of raw PCM and of arrays; None: the header's, and 16 kHz where there is none.
    config
        When speech starts and stops; None: Agora's defaults.
    engine
        Name of an engine, or an engine with no stream in it.
    channel
        ``"mix"`` or the number of a channel, from 0.

    Returns
    -------
    list of Segment
        In order of time; empty if nobody speaks.

    Raises
    ------
    FormatError
        If the sound is empty, damaged or not what `format` says.
    ConfigError, EngineUnavailable
        If the engine is unknown, or not installed.

    Examples
    --------
    >>> detect_speech(np.zeros(16000, np.int16), AudioFormat(16000), engine="energy")
    []
    """
    if isinstance(path_or_array, (np.ndarray, bytes, bytearray, memoryview)):
        pcm, format = _from_memory(path_or_array, format)
        detector = SpeechDetector(format, config, engine, channel)
        # In blocks, as from a file: the levels of hours at once would take several times the memory of the sound.
        size, view = format.sample_rate * format.sample_bytes, memoryview(pcm)
        segments = [found for at in range(0, len(pcm), size) for found in detector.push(bytes(view[at : at + size]))]
        segments += detector.flush()
        if stray := detector.labeller.dropped_bytes:
            _log.warning("the PCM: %d stray bytes after the last whole sample left out", stray)
        return segments
    with open_audio(path_or_array, format) as reader:
        detector = SpeechDetector(reader.format, config, engine, channel)
        segments = [segment for block in reader for segment in detector.push(block)]
        for note in reader.notes:
            _log.warning(note)
        return segments + detector.flush()


def _from_memory(sound: Any, format: AudioFormat | None) -> tuple[bytes, AudioFormat]:
    if format is not None and not isinstance(format, AudioFormat):
        raise FormatError(f"format is {format!r}, must be an AudioFormat or None")
    if not isinstance(sound, np.ndarray):
        return bytes(as_buffer(sound)), format or RAW_DEFAULT
    if sound.ndim not in (1, 2):
        raise FormatError(f"samples have the shape {sound.shape}, must be (n,) or (n, channels)")
    channels = sound.shape[1] if sound.ndim == 2 else 1
    known = format or AudioFormat(RAW_DEFAULT.sample_rate, channels)
    if sound.ndim == 2 and channels != known.channels:
        raise FormatError(f"samples have the shape {sound.shape}, the format says {known.describe()}")
    if sound.size % known.channels:
        raise FormatError(f"{sound.size} interleaved samples are not a whole number of samples of {known.describe()}")
    if np.issubdtype(sound.dtype, np.floating):
        if (np.abs(sound) > 1.0).any():
            raise FormatError("float samples go beyond 1.0: scale them to -1 to 1, or convert them to int16")
        sound = to_int16(sound.reshape(-1, known.channels), "the array", 0, known)[0]
    if sound.dtype != np.int16:
        raise FormatError(f"samples are {sound.dtype}, must be int16 or float")
    return sound.astype("<i2", copy=False).tobytes(), known


def _labels(frames: list[AudioFrame]) -> tuple[list[float], list[float]]:
    probabilities = [frame.voice_prob for frame in frames if frame.voice_prob is not None]
    levels = [frame.rms_db for frame in frames if frame.rms_db is not None]
    if not len(frames) == len(probabilities) == len(levels):
        raise FormatError("the engine handed out a frame without voice_prob or rms_db")
    return probabilities, levels


def _closed(machine: VadStateMachine) -> list[Segment]:
    return [machine.segment] if machine.segment else []
