"""PCM in 10 ms frames: the format, the frame, the framer and the level.

PCM is int16, little endian, interleaved. Frame k of a stream ends at sample ``floor((k + 1) * sample_rate / 100)``, so
that rates which 100 does not divide (11.025 and 22.05 kHz) get frames of two sizes and no drift.
"""

from __future__ import annotations

import operator
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from math import log10
from typing import Any, Literal, TypeAlias

import numpy as np
from numpy.typing import NDArray

from agora_audio.errors import FormatError

__all__ = ["FRAMES_PER_SECOND", "SILENCE_DB", "AudioFormat", "AudioFrame", "Channel", "Framer", "rms_db"]

FRAMES_PER_SECOND = 100
MIN_SAMPLE_RATE, MAX_SAMPLE_RATE = 8_000, 96_000
MAX_CHANNELS = 64
SILENCE_DB = -127.0
"""Level of digital silence, and the lowest level there is: the 0 of the SDK's scale of 0 to 127."""

PCM = np.dtype("<i2")
"""Type of a sample, made once: looking it up by its name costs as much as reading a frame."""

_FLOAT64 = np.dtype(np.float64)
_FULL_SCALE_POWER = 32768.0**2

Channel: TypeAlias = Literal["mix"] | int
"""Which channel to listen to: the mean of all of them, or one, counted from 0."""


@dataclass(frozen=True)
class AudioFormat:
    """Sample rate and channel count of a PCM stream.

    Raises
    ------
    FormatError
        If the rate is not an integer of 8,000 to 96,000 Hz or the channel count not one of 1 to 64.

    Examples
    --------
    >>> AudioFormat(22050, 1).frame_end(0), AudioFormat(22050, 1).frame_end(1)
    (220, 441)
    """

    sample_rate: int = 16000
    """Samples per second of each channel, Hz."""
    channels: int = 1
    """Interleaved channels."""

    def __post_init__(self) -> None:
        for name, low, high in (("sample_rate", MIN_SAMPLE_RATE, MAX_SAMPLE_RATE), ("channels", 1, MAX_CHANNELS)):
            value = _whole(name, getattr(self, name))
            if not low <= value <= high:
                raise FormatError(f"{name} is {value}, must be {low} to {high}")
            object.__setattr__(self, name, value)

    @cached_property
    def sample_bytes(self) -> int:
        """Bytes of one sample of all channels."""
        return 2 * self.channels

    @cached_property
    def frame_sizes(self) -> frozenset[int]:
        """Sizes in bytes that a 10 ms frame of this format can have: one, or two where 100 does not divide the rate."""
        low, rest = divmod(self.sample_rate, FRAMES_PER_SECOND)
        return frozenset(n * self.sample_bytes for n in ((low, low + 1) if rest else (low,)))

    @cached_property
    def constant_length(self) -> int:
        """Samples of every frame; 0 where 100 does not divide the rate and frames have two lengths."""
        return 0 if self.sample_rate % FRAMES_PER_SECOND else self.sample_rate // FRAMES_PER_SECOND

    def frame_end(self, index: int) -> int:
        """Return the sample at which frame `index` ends; ``frame_end(-1)`` is 0, where frame 0 begins."""
        return (index + 1) * self.sample_rate // FRAMES_PER_SECOND

    def frame_length(self, index: int) -> int:
        """Return how many samples frame `index` has."""
        return self.frame_end(index) - self.frame_end(index - 1)

    def frame_ends(self, first: int, available: int) -> list[int]:
        """Return where the frames end that `available` samples from the beginning of frame `first` complete.

        Counted from the first of these samples.

        Examples
        --------
        >>> AudioFormat(22050).frame_ends(first=1, available=662)
        [221, 441, 662]
        """
        if length := self.constant_length:
            return [length] if available == length else list(range(length, available + 1, length))
        rate = self.sample_rate
        begin = self.frame_end(first - 1)
        # Frame k is complete once (k + 1) * rate // 100 samples are there.
        complete = ((begin + available + 1) * FRAMES_PER_SECOND - 1) // rate
        return [self.frame_end(k) - begin for k in range(first, complete)]

    def frame_time(self, index: int) -> float:
        """Return the time in seconds at which frame `index` ends."""
        return self.frame_end(index) / self.sample_rate

    def describe(self) -> str:
        """Return the format as people write it, such as ``16000 Hz mono``."""
        layout = {1: "mono", 2: "stereo"}.get(self.channels, f"{self.channels} channels")
        return f"{self.sample_rate} Hz {layout}"


@dataclass(frozen=True, init=False)
class AudioFrame:
    """One 10 ms frame of sound with the labels that engines and the SDK put on it.

    Raises
    ------
    FormatError
        If `pcm` is not exactly one 10 ms frame of `format`.
    """

    pcm: bytes
    """The samples, int16 little endian, interleaved."""
    format: AudioFormat
    """Rate and channels of `pcm`."""
    timestamp: float = 0.0
    """Beginning of the frame, seconds from the beginning of its stream."""
    voice_prob: float | None = None
    """Probability of speech, 0 to 1; None: not judged yet."""
    rms_db: float | None = None
    """Level over all samples of all channels, dBFS, -127 to 0; None: not measured yet."""
    far_field: bool | None = None
    """Whether the talker is far from the microphone; None: not known."""
    music_prob: float | None = None
    """Probability of music, 0 to 1; None: not known."""
    pitch: float | None = None
    """Fundamental frequency, Hz, 0 for unvoiced sound; None: not known."""

    # Written out because the guarded assignments of the generated constructor take three times as long, for each frame.
    def __init__(
        self,
        pcm: bytes,
        format: AudioFormat,
        timestamp: float = 0.0,
        voice_prob: float | None = None,
        rms_db: float | None = None,
        far_field: bool | None = None,
        music_prob: float | None = None,
        pitch: float | None = None,
    ) -> None:
        if type(pcm) is not bytes:
            pcm = bytes(as_buffer(pcm))
        try:
            fits = len(pcm) in format.frame_sizes
        except AttributeError:
            raise FormatError(f"format is {format!r}, must be an AudioFormat") from None
        if not fits:
            raise FormatError(
                f"a frame of {len(pcm)} bytes is not 10 ms of {format.describe()} "
                f"({' or '.join(map(str, sorted(format.frame_sizes)))} bytes): cut the sound with Framer"
            )
        values = self.__dict__
        values["pcm"] = pcm
        values["format"] = format
        values["timestamp"] = timestamp
        values["voice_prob"] = voice_prob
        values["rms_db"] = rms_db
        values["far_field"] = far_field
        values["music_prob"] = music_prob
        values["pitch"] = pitch

    def labelled(self, voice_prob: float, rms_db: float) -> AudioFrame:
        """Return the same frame with a probability of speech (0 to 1) and a level (dBFS)."""
        frame = object.__new__(AudioFrame)
        labels = frame.__dict__
        labels.update(self.__dict__)
        labels["voice_prob"] = voice_prob
        labels["rms_db"] = rms_db
        return frame

    def samples(self) -> NDArray[np.int16]:
        """Return the samples, read-only, shape (n, channels)."""
        return np.frombuffer(self.pcm, PCM).reshape(-1, self.format.channels)


class Framer:
    """Cut a stream of PCM pushed in pieces of any size into 10 ms frames.

    Parameters
    ----------
    format
        Rate and channels of the stream.

    Attributes
    ----------
    dropped_bytes : int
        Bytes of an incomplete sample that `flush` found at the end of the stream and could not turn into sound.

    Examples
    --------
    >>> framer = Framer(AudioFormat(8000))
    >>> [len(framer.push(bytes(50))) for _ in range(4)]
    [0, 0, 0, 1]
    >>> len(framer.flush()[0].pcm)
    160
    """

    def __init__(self, format: AudioFormat) -> None:
        if not isinstance(format, AudioFormat):
            raise FormatError(f"format is {format!r}, must be an AudioFormat")
        self.format = format
        self.dropped_bytes = 0
        self._constant_size = min(format.frame_sizes) if len(format.frame_sizes) == 1 else 0
        self._rate = format.sample_rate
        self._rest = bytearray()
        self._next = 0

    def push(self, pcm: bytes) -> list[AudioFrame]:
        """Take the next piece of PCM, of any size, and return the frames that it completes.

        Raises
        ------
        FormatError
            If `pcm` is neither bytes-like nor an int16 array.
        """
        if type(pcm) is not bytes:
            pcm = bytes(as_buffer(pcm))
        if not self._rest:
            if pcm and len(pcm) == self._constant_size:
                return [self._frame(pcm)]
            source: bytes | bytearray = pcm
        else:
            self._rest += pcm
            source = self._rest
        frames, used = self._cut(source)
        self._rest = bytearray(source[used:])
        return frames

    def flush(self) -> list[AudioFrame]:
        """Return what is left as one last frame, padded with zeros; the next push begins a new stream.

        An incomplete sample at the very end is not sound: it is left out and counted in `dropped_bytes`.
        """
        stray = len(self._rest) % self.format.sample_bytes
        self.dropped_bytes = stray
        rest = bytes(self._rest[: len(self._rest) - stray])
        frames = [self._frame(rest.ljust(self._size(self._next), b"\0"))] if rest else []
        self._rest.clear()
        self._next = 0
        return frames

    def _cut(self, source: bytes | bytearray) -> tuple[list[AudioFrame], int]:
        frames = []
        used = 0
        while (end := used + self._size(self._next)) <= len(source):
            frames.append(self._frame(bytes(source[used:end])))
            used = end
        return frames, used

    def _size(self, index: int) -> int:
        if self._constant_size:
            return self._constant_size
        return self.format.frame_length(index) * self.format.sample_bytes

    def _frame(self, pcm: bytes) -> AudioFrame:
        index = self._next
        self._next = index + 1
        return AudioFrame(pcm, self.format, index * self._rate // FRAMES_PER_SECOND / self._rate)


def rms_db(pcm: bytes | NDArray[np.int16]) -> float:
    """Return the level of PCM in dBFS, ``20 log10(rms / 32768)`` over all samples, not below -127.

    Parameters
    ----------
    pcm
        int16 samples of any channel count, as bytes or as an array.

    Raises
    ------
    FormatError
        If `pcm` is neither bytes of whole samples nor an int16 array.

    Examples
    --------
    >>> rms_db(bytes(320))
    -127.0
    """
    data = as_buffer(pcm)
    if len(data) % PCM.itemsize:
        raise FormatError(f"{len(data)} bytes are not whole int16 samples")
    return level_of(np.frombuffer(data, PCM))


def level_of(samples: NDArray[np.int16]) -> float:
    """Return the level of samples, shape (n,), in dBFS: `rms_db` for the hot path, without its choices."""
    values = samples.astype(_FLOAT64)
    power = values.dot(values)
    return max(SILENCE_DB, 10.0 * log10(power / (len(values) * _FULL_SCALE_POWER))) if power else SILENCE_DB


def rms_db_of_frames(samples: NDArray[np.int16], ends: Sequence[int]) -> list[float]:
    """Return the level of each frame in dBFS, equal to `rms_db` of each bit for bit.

    Parameters
    ----------
    samples
        Shape (n, channels).
    ends
        For each frame the row at which it ends; the first begins at row 0.
    """
    sums, sizes = energies_of_frames(samples, ends)
    return [
        max(SILENCE_DB, 10.0 * log10(power / (size * _FULL_SCALE_POWER))) if power else SILENCE_DB
        for power, size in zip(sums.tolist(), sizes.tolist(), strict=True)
    ]


def energies_of_frames(samples: NDArray[np.int16], ends: Sequence[int]) -> tuple[NDArray[np.float64], NDArray[np.intp]]:
    """Return the sum of squares of each frame, a whole number, and how many samples of all channels it is of.

    Parameters
    ----------
    samples, ends
        As of `rms_db_of_frames`.
    """
    # Squares of int16 and their sums over 10 ms are whole numbers below 2**53: exact in any order of addition.
    power = samples.astype(np.float64)
    np.square(power, out=power)
    starts = np.concatenate(([0], ends[:-1])).astype(np.intp)
    sums = np.add.reduceat(power.sum(axis=1) if power.shape[1] > 1 else power[:, 0], starts)
    return sums, np.diff(starts, append=ends[-1]) * samples.shape[1]


def pick_channel(samples: NDArray[np.int16], channel: Channel) -> NDArray[np.int16]:
    """Return one channel, or the mean of all (halves rounded up), shape (n,).

    Parameters
    ----------
    samples
        Shape (n, channels).
    channel
        ``"mix"`` or the number of a channel, from 0.
    """
    count = samples.shape[1]
    if count == 1:
        return samples[:, 0]
    if channel != "mix":
        return samples[:, channel]
    total = samples.sum(axis=1, dtype=np.int32)
    mean: NDArray[np.int16] = ((total + count // 2) // count).astype(np.int16)
    return mean


def check_channel(channel: Any, format: AudioFormat) -> Channel:
    """Return `channel` if it is ``"mix"`` or the number of a channel of `format`."""
    if isinstance(channel, str) and channel == "mix":
        return "mix"
    if isinstance(channel, bool) or not isinstance(channel, (int, np.integer)) or not 0 <= channel < format.channels:
        raise FormatError(
            f"channel is {channel!r}, must be 'mix' or 0 to {format.channels - 1}: the sound is {format.describe()}"
        )
    return int(channel)


def as_buffer(pcm: Any) -> memoryview:
    """Return a flat view of the bytes of `pcm`: anything bytes-like, or int16 samples in an array."""
    try:
        view = memoryview(pcm)
    except TypeError:
        raise FormatError(f"PCM is a {type(pcm).__name__}, must be bytes or an int16 array") from None
    if view.format not in ("B", "b", "c", "h", "<h"):
        raise FormatError(f"PCM holds items of format {view.format!r}, must be bytes or int16: convert it first")
    # A view of no samples in rows of several cannot be cast.
    return view.cast("B") if view.c_contiguous and view.nbytes else memoryview(view.tobytes())


def _whole(name: str, value: Any) -> int:
    try:
        if isinstance(value, bool):
            raise TypeError
        return operator.index(value)
    except TypeError:
        raise FormatError(f"{name} is {value!r}, must be a whole number") from None
