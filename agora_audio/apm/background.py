"""Background voice suppression: other people than the main speaker let down, by level alone, in numpy.

The main speaker is near the microphone and so the loudest talker; people farther away arrive 10 dB and more weaker.
The level of speech swings by 30 dB within a word, so levels are not compared frame by frame. An *envelope* follows the
peaks of the last syllables: up at once, down by a fixed number of dB a second. A *main level* is the envelope of the
loudest talker of the last seconds: up within a syllable or two, down slowly, and only while somebody speaks. Sound
whose envelope stays `margin_db` below the main level is background, and its gain goes to `-reduction_db`; everything
else passes unchanged. The gain opens within one frame, so that the main speaker's first syllable is not clipped, and
closes slowly, so that the ends of words are kept.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from agora_audio.apm.stages import BackgroundStage
from agora_audio.errors import FormatError
from agora_audio.frames import SILENCE_DB, AudioFormat, level_of, rms_db_of_frames

__all__ = ["BackgroundVoices"]

# Per frame of 10 ms. An envelope that falls by 40 dB/s bridges the gaps between syllables (about 0.2 s).
_ENVELOPE_FALL = 0.4
_MAIN_RISE = 0.1
# Below this nobody speaks: the main speaker's level is neither raised nor forgotten.
_SPEECH_FLOOR_DB = -60.0
_OPEN = 1.0
_CLOSE = 0.08


class BackgroundVoices:
    """One stream's background voice suppression; no delay."""

    delay = 0

    def __init__(self, format: AudioFormat, stage: BackgroundStage) -> None:
        self._format = format
        self._stage = stage
        # From the gain of the frame before to that of this one; two lengths where 100 does not divide the rate.
        lengths = {size // format.sample_bytes for size in format.frame_sizes}
        self._ramps = {n: np.linspace(1.0 / n, 1.0, n, dtype=np.float32)[:, None] for n in lengths}
        # The memory is the time in which the main level falls by the margin.
        self._main_fall = stage.margin_db / (stage.memory_s * 100)
        self.reset()

    def reset(self) -> None:
        """Begin a new stream: nobody is known yet."""
        self._envelope = self._main = SILENCE_DB
        self._gain_db = 0.0
        self._gain = 1.0
        self._frame = 0

    @property
    def main_level_db(self) -> float:
        """Envelope of the main speaker, dBFS; -127 before anybody spoke."""
        return self._main

    @property
    def gain_db(self) -> float:
        """Gain of the last frame, dB, 0 or less."""
        return self._gain_db

    def process(self, frames: NDArray[np.int16]) -> NDArray[np.int16]:
        """Take the next whole frames, shape (n, channels), and return them, let down where they are background."""
        ends = self._format.frame_ends(self._frame, len(frames))
        if frames.ndim != 2 or frames.shape[1] != self._format.channels or not ends or ends[-1] != len(frames):
            raise FormatError(f"sound of the shape {frames.shape} is not frames of 10 ms of {self._format.describe()}")
        self._frame += len(ends)
        if len(ends) == 1:
            return self._changed(frames, level_of(frames.reshape(-1)))
        out = frames
        begin = 0
        for end, level in zip(ends, rms_db_of_frames(frames, ends), strict=True):
            frame = frames[begin:end]
            changed = self._changed(frame, level)
            if changed is not frame:
                if out is frames:
                    out = frames.copy()
                out[begin:end] = changed
            begin = end
        return out

    def _changed(self, frame: NDArray[np.int16], level: float) -> NDArray[np.int16]:
        """Return a frame of the given level as it is, or let down."""
        self._follow(level)
        background = self._envelope < self._main - self._stage.margin_db
        wanted = -self._stage.reduction_db if background else 0.0
        self._gain_db += (_CLOSE if wanted < self._gain_db else _OPEN) * (wanted - self._gain_db)
        before, self._gain = self._gain, 10.0 ** (self._gain_db / 20.0)
        if before == self._gain == 1.0:
            return frame
        gains = np.float32(before) + np.float32(self._gain - before) * self._ramps[len(frame)]
        out: NDArray[np.int16] = np.rint(frame * gains).astype(np.int16)
        return out

    def _follow(self, level: float) -> None:
        self._envelope = max(level, self._envelope - _ENVELOPE_FALL)
        if self._envelope < _SPEECH_FLOOR_DB:
            return
        if self._envelope > self._main:
            self._main += max(_MAIN_RISE * (self._envelope - self._main), 0.05)
            if self._main < _SPEECH_FLOOR_DB:
                self._main = self._envelope
        else:
            self._main -= self._main_fall
