"""WebRTC's high-pass filter, noise suppression, gain control and echo cancelling, from `pywebrtc-audio`."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from agora_audio.apm.stages import EchoStage, GainStage, NoiseStage, check_frames
from agora_audio.errors import EngineUnavailable, FormatError
from agora_audio.frames import AudioFormat

__all__ = ["NATIVE_RATES", "WebRtcEcho", "WebRtcGain", "WebRtcHighPass", "WebRtcNoise"]

NATIVE_RATES = (16000, 32000, 48000)
"""Rates at which these stages work."""

# Delays of the band splitting at 32 and 48 kHz, and of the suppressor's overlapping windows on top, measured by
# cross-correlation (tests/apm/test_webrtc.py repeats that); samples.
SPLIT_DELAY = {16000: 0, 32000: 4, 48000: 46}
_NOISE_DELAY = {16000: 96, 32000: 196, 48000: 334}


class _Native:
    """What the stages share: a native object, sound interleaved for it, lengths checked before it sees them."""

    delay: int

    def __init__(self, format: AudioFormat, make: Callable[..., Any], **options: Any) -> None:
        self._make = partial(make, format.sample_rate, format.channels, **options)
        self._format = format
        self.reset()

    def process(self, frames: NDArray[np.int16]) -> NDArray[np.int16]:
        """Take the next whole frames, shape (n, channels), and return as much sound, `delay` samples late."""
        check_frames(frames, self._format)
        out: NDArray[np.int16] = self._native.process(_interleaved(frames))
        return out.reshape(frames.shape)

    def reset(self) -> None:
        """Begin a new stream, with a new native object: at 32 and 48 kHz its own reset keeps the sound of the split."""
        self._native = self._make()


class WebRtcHighPass(_Native):
    """Second-order high-pass filter at 80 Hz."""

    def __init__(self, format: AudioFormat) -> None:
        super().__init__(format, _library().AudioProcessor, high_pass_filter=True)
        self.delay = SPLIT_DELAY[format.sample_rate]


class WebRtcNoise:
    """Noise suppression with a Wiener filter over an estimated noise spectrum, for each channel by itself.

    One native object for several channels would give all of them the least gain of any: who speaks alone in a channel
    would be let down by 12 dB.
    """

    def __init__(self, format: AudioFormat, stage: NoiseStage) -> None:
        self._format = format
        mono, make = AudioFormat(format.sample_rate), _library().NoiseSuppressor
        self._channels = [_Native(mono, make, level=stage.level) for _ in range(format.channels)]
        self.delay = _NOISE_DELAY[format.sample_rate]

    def process(self, frames: NDArray[np.int16]) -> NDArray[np.int16]:
        """Take the next whole frames, shape (n, channels), and return as much sound, `delay` samples late."""
        check_frames(frames, self._format)
        if len(self._channels) == 1:
            return self._channels[0].process(frames)
        return np.hstack([one.process(frames[:, k : k + 1]) for k, one in enumerate(self._channels)])

    def reset(self) -> None:
        """Begin a new stream."""
        for one in self._channels:
            one.reset()


class WebRtcGain(_Native):
    """AGC2: adaptive digital gain and a limiter."""

    def __init__(self, format: AudioFormat, stage: GainStage) -> None:
        levels = {"max_gain_db": stage.max_gain_db, "headroom_db": stage.headroom_db}
        super().__init__(format, _library().GainController, **levels)
        self.delay = 0

    @property
    def gain_db(self) -> float:
        """Gain of the last frame, dB."""
        return float(self._native.gain_db)


class WebRtcEcho(_Native):
    """AEC3 as of pywebrtc-audio; near and far end go in together."""

    def __init__(self, format: AudioFormat, stage: EchoStage) -> None:
        super().__init__(format, _library().EchoCanceller, stream_delay_ms=stage.delay_ms)
        # 8 ms at 16 kHz; the split adds its own.
        self.delay = format.sample_rate * 8 // 1000 + SPLIT_DELAY[format.sample_rate]
        self._far: NDArray[np.int16] = np.zeros((0, format.channels), np.int16)

    def take_far_end(self, frames: NDArray[np.int16]) -> None:
        """Take what the loudspeaker played while the next near-end frames were recorded, shape (n, channels)."""
        self._far = frames

    def process(self, frames: NDArray[np.int16]) -> NDArray[np.int16]:
        """Take the next whole near-end frames, shape (n, channels), and return them without the far end's echo."""
        check_frames(frames, self._format)
        if self._far.shape != frames.shape:
            raise FormatError(f"near end {frames.shape}, far end {self._far.shape}: they must be of one shape")
        out: NDArray[np.int16] = self._native.process(_interleaved(frames), _interleaved(self._far))
        return out.reshape(frames.shape)


def _interleaved(frames: NDArray[np.int16]) -> NDArray[np.int16]:
    return np.ascontiguousarray(frames).reshape(-1)


def _library() -> Any:
    try:
        import pywebrtc_audio
    except ImportError as error:
        raise EngineUnavailable(
            f"webrtc processing needs pywebrtc-audio: pip install pywebrtc-audio ({error})"
        ) from None
    return pywebrtc_audio
