"""PCM of one format and any size in, whole 10 ms frames of another format out."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from agora_audio.errors import FormatError
from agora_audio.frames import PCM, AudioFormat, pick_channel
from agora_audio.resample import Resampler

__all__ = ["Intake"]


class Intake:
    """Convert a stream and cut it into whole frames, as blocks of samples; one object a stream.

    Parameters
    ----------
    source
        Format of what is pushed.
    target
        Format of the frames: mixed where it is mono, repeated where the source is, and resampled.

    Attributes
    ----------
    received : int
        Samples of the source pushed so far.
    frames : int
        Frames given so far.
    rest_bytes : int
        Bytes pushed that are no whole sample yet.

    Raises
    ------
    FormatError
        If neither format is mono and their channels differ.
    """

    def __init__(self, source: AudioFormat, target: AudioFormat) -> None:
        if source.channels != target.channels and 1 not in (source.channels, target.channels):
            raise FormatError(f"{source.describe()} does not fit an output of {target.describe()}: mix it first")
        self.source = source
        self.target = target
        self.received = self.frames = 0
        self._unit = source.sample_bytes
        self._mixed = target.channels == 1 and source.channels > 1
        self._copies = target.channels // min(source.channels, target.channels)
        self._resampler: Resampler | None = None
        if source.sample_rate != target.sample_rate:
            mixed = min(source.channels, target.channels)
            self._resampler = Resampler(source.sample_rate, target.sample_rate, mixed)
        self._length = target.constant_length
        self._frame_bytes = self._length * target.sample_bytes if source == target else 0
        self._rest = b""
        self._partial = self._nothing = np.zeros((0, target.channels), np.int16)

    @property
    def delay(self) -> float:
        """From a sample pushed to its place in the frames, seconds."""
        return self._resampler.delay / self.target.sample_rate if self._resampler else 0.0

    def frame(self, pcm: bytes) -> NDArray[np.int16] | None:
        """Return a push that is just the next frame as it is, the commonest in a call; None if it is not."""
        if len(pcm) != self._frame_bytes or not pcm or self._rest or self._partial is not self._nothing:
            return None
        self.received += self._length
        self.frames += 1
        return np.frombuffer(pcm, PCM).reshape(self._length, -1)

    @property
    def rest_bytes(self) -> int:
        """Bytes pushed that are no whole sample yet."""
        return len(self._rest)

    def whole(self, pcm: bytes) -> NDArray[np.int16]:
        """Return the whole samples that the next bytes complete, shape (n, channels of the source)."""
        if self._rest:
            pcm = self._rest + pcm
        if stray := len(pcm) % self._unit:
            self._rest, pcm = pcm[-stray:], pcm[:-stray]
        else:
            self._rest = b""
        samples = np.frombuffer(pcm, PCM).reshape(-1, self.source.channels)
        self.received += len(samples)
        return samples

    def push(self, samples: NDArray[np.int16]) -> NDArray[np.int16]:
        """Take samples of the source, shape (n, channels), and return the frames that they complete."""
        if self._mixed:
            samples = pick_channel(samples, "mix").reshape(-1, 1)
        if self._resampler:
            samples = self._resampler.push(samples)
        return self._cut(self._remixed(samples))

    def flush(self) -> NDArray[np.int16]:
        """Return what is left inside, filled with silence up to a whole frame."""
        rest = self._remixed(self._resampler.flush()) if self._resampler else self._nothing
        whole = self._cut(rest)
        held = len(self._partial)
        missing = self.target.frame_length(self.frames) - held if held else 0
        return np.concatenate((whole, self._cut(self._silence(missing))))

    def silence(self, until: float) -> NDArray[np.int16]:
        """Return the frames of silence after which as many frames have been given as hold `until` seconds."""
        first = frame = self.frames
        # A rounding error is no frame.
        while self.target.frame_time(frame - 1) < until - 1e-9:
            frame += 1
        return self._cut(self._silence(self.target.frame_end(frame - 1) - self.target.frame_end(first - 1)))

    def _silence(self, samples: int) -> NDArray[np.int16]:
        return np.zeros((samples, self.target.channels), np.int16)

    def _remixed(self, samples: NDArray[np.int16]) -> NDArray[np.int16]:
        return samples if self._copies == 1 else np.repeat(samples, self._copies, axis=1)

    def _cut(self, samples: NDArray[np.int16]) -> NDArray[np.int16]:
        partial = self._partial
        if partial is not self._nothing:
            samples = np.concatenate((partial, samples))
        ends = self.target.frame_ends(self.frames, len(samples))
        self.frames += len(ends)
        used = ends[-1] if ends else 0
        # A copy, so that a piece of a frame keeps no long push alive.
        if used == len(samples):
            self._partial = self._nothing
            return samples
        self._partial = samples[used:].copy()
        return samples[:used]
