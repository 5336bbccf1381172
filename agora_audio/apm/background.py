"""Background voice suppression: other people than the main speaker let down, by level alone, in numpy.

The main speaker is near the microphone and so the loudest talker; people farther away arrive 10 dB and more weaker.
The level of speech swings by 30 dB within a word, so levels are not compared frame by frame but as *peaks*, the highest
level of the last 0.2 s. Of one talker nine peaks in ten lie within 12 dB. The *main level* is near the top of that
range: it follows peaks above it slowly enough that one shout does not become the measure, and falls far more slowly
still, only while somebody speaks. Sound is background when no level of the last `hold_s` came within `margin_db` of
the main level; its gain then goes to `-reduction_db`, and everything else passes unchanged. The gain opens within one
frame, so that the main speaker's first syllable is not clipped, and closes slowly, so that word endings are kept.
"""

from __future__ import annotations

from collections import deque

import numpy as np
from numpy.typing import NDArray

from agora_audio.apm.stages import BackgroundStage
from agora_audio.errors import FormatError
from agora_audio.frames import FRAMES_PER_SECOND, SILENCE_DB, AudioFormat, level_of, rms_db_of_frames

__all__ = ["BackgroundVoices"]

_PEAK_FRAMES = 20
# Shares of the way that main level and gain go in a frame of 10 ms: in 0.5 s and in 0.07 s most of it.
_MAIN_RISE = 0.02
_CLOSE = 0.15
# Below this nobody speaks: the main speaker's level is neither raised nor forgotten.
_SPEECH_FLOOR_DB = -60.0


class BackgroundVoices:
    """One stream's background voice suppression, for each channel by itself; no delay."""

    delay = 0

    def __init__(self, format: AudioFormat, stage: BackgroundStage) -> None:
        self._format = format
        self._frame = 0
        self._voices = [_OneChannel(AudioFormat(format.sample_rate), stage) for _ in range(format.channels)]

    @property
    def main_level_db(self) -> float:
        """Level of the main speaker's peaks in the channel where it is highest, dBFS; -127 before anybody spoke."""
        return max(voice.main_level_db for voice in self._voices)

    @property
    def gain_db(self) -> float:
        """Gain of the last frame in the channel where it is highest, dB, 0 or less."""
        return max(voice.gain_db for voice in self._voices)

    def process(self, frames: NDArray[np.int16]) -> NDArray[np.int16]:
        """Take the next whole frames, shape (n, channels), and return them, let down where they are background."""
        ends = self._format.frame_ends(self._frame, len(frames))
        if frames.ndim != 2 or frames.shape[1] != self._format.channels or not ends or ends[-1] != len(frames):
            raise FormatError(f"sound of the shape {frames.shape} is not frames of 10 ms of {self._format.describe()}")
        self._frame += len(ends)
        if len(self._voices) == 1:
            return self._voices[0].process(frames, ends)
        return np.hstack([voice.process(frames[:, k : k + 1], ends) for k, voice in enumerate(self._voices)])

    def reset(self) -> None:
        """Begin a new stream: nobody is known yet."""
        self._frame = 0
        for voice in self._voices:
            voice.reset()


class _OneChannel:
    """One channel: its main speaker and its gain."""

    def __init__(self, format: AudioFormat, stage: BackgroundStage) -> None:
        self._margin, self._reduction = stage.margin_db, stage.reduction_db
        # From the gain of the frame before to that of this one; two lengths where 100 does not divide the rate.
        lengths = {size // format.sample_bytes for size in format.frame_sizes}
        self._ramps = {n: np.linspace(1.0 / n, 1.0, n, dtype=np.float32)[:, None] for n in lengths}
        self._hold_frames = max(1, round(stage.hold_s * FRAMES_PER_SECOND))
        # The memory is the time in which the main level falls by the margin.
        self._main_fall = stage.margin_db / (stage.memory_s * FRAMES_PER_SECOND)
        self.reset()

    def reset(self) -> None:
        """Begin a new stream: nobody is known yet."""
        self._peak = _Highest(_PEAK_FRAMES)
        self._held = _Highest(self._hold_frames)
        self._main = SILENCE_DB
        self._gain_db = 0.0
        self._gain = 1.0

    @property
    def main_level_db(self) -> float:
        """Level of the main speaker's peaks, dBFS; -127 before anybody spoke."""
        return self._main

    @property
    def gain_db(self) -> float:
        """Gain of the last frame, dB, 0 or less."""
        return self._gain_db

    def process(self, frames: NDArray[np.int16], ends: list[int]) -> NDArray[np.int16]:
        """Take the next whole frames, shape (n, 1), and where each ends."""
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
        self._follow(self._peak.push(level))
        if self._held.push(level) < self._main - self._margin:
            self._gain_db -= _CLOSE * (self._reduction + self._gain_db)
        else:
            self._gain_db = 0.0
        before, self._gain = self._gain, 10.0 ** (self._gain_db / 20.0)
        if before == self._gain == 1.0:
            return frame
        gains = np.float32(before) + np.float32(self._gain - before) * self._ramps[len(frame)]
        out: NDArray[np.int16] = np.rint(frame * gains).astype(np.int16)
        return out

    def _follow(self, peak: float) -> None:
        if peak < _SPEECH_FLOOR_DB:
            return
        if self._main < _SPEECH_FLOOR_DB:
            self._main = peak
        elif peak > self._main:
            self._main += _MAIN_RISE * (peak - self._main)
        else:
            self._main -= self._main_fall


class _Highest:
    """The highest of the last values, in constant time: those that a later one outdoes are forgotten."""

    def __init__(self, count: int) -> None:
        self._count = count
        self._index = 0
        self._values: deque[tuple[int, float]] = deque()

    def push(self, value: float) -> float:
        values = self._values
        while values and values[-1][1] <= value:
            values.pop()
        values.append((self._index, value))
        if values[0][0] <= self._index - self._count:
            values.popleft()
        self._index += 1
        return values[0][1]
