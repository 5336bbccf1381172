"""RNNoise as a noise suppressor (extra ``rnnoise``): 48 kHz inside, one state for each channel."""

from __future__ import annotations

import weakref

import numpy as np
from numpy.typing import NDArray

from agora_audio.apm.stages import check_frames
from agora_audio.frames import AudioFormat
from agora_audio.resample import Resampler
from agora_audio.vad.engines.rnnoise import native_library

__all__ = ["RnnoiseSuppressor"]

_RATE = 48000
_FRAME = 480
# The library's overlapping windows: its output is two frames behind, measured by cross-correlation.
_OWN_DELAY = 960


class RnnoiseSuppressor:
    """Noise suppression by RNNoise's recurrent network."""

    def __init__(self, format: AudioFormat) -> None:
        self._library = native_library()
        self._format = format
        self._states = [self._library.rnnoise_create(None) for _ in range(format.channels)]
        for state in self._states:
            weakref.finalize(self, self._library.rnnoise_destroy, state)
        self._buffer = np.zeros((format.channels, _FRAME), np.float32)
        resampled = format.sample_rate != _RATE
        self._up = Resampler(format.sample_rate, _RATE, format.channels) if resampled else None
        self._down = Resampler(_RATE, format.sample_rate, format.channels) if resampled else None
        up = self._up.delay if self._up else 0
        down = self._down.delay if self._down else 0
        self.delay = (_OWN_DELAY + up) * format.sample_rate // _RATE + down

    def process(self, frames: NDArray[np.int16]) -> NDArray[np.int16]:
        """Take the next whole frames, shape (n, channels), and return as much sound, `delay` samples late."""
        check_frames(frames, self._format)
        wide = self._up.push(frames) if self._up else frames
        cleaned = np.empty(wide.shape, np.float32)
        for at in range(0, len(wide), _FRAME):
            self._buffer[...] = wide[at : at + _FRAME].T
            for state, channel in zip(self._states, self._buffer, strict=True):
                self._library.rnnoise_process_frame(state, channel.ctypes.data, channel.ctypes.data)
            cleaned[at : at + _FRAME] = self._buffer.T
        # The model's output may lie beyond int16: clipped, where a cast would wrap around.
        out = np.clip(np.rint(cleaned), -32768, 32767).astype(np.int16)
        return self._down.push(out) if self._down else out

    def reset(self) -> None:
        """Begin a new stream."""
        for state in self._states:
            self._library.rnnoise_init(state, None)
        for resampler in (self._up, self._down):
            if resampler:
                resampler.reset()
