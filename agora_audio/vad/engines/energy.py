"""A detector of loudness: how far the level stands above the lowest of the last seconds."""

from __future__ import annotations

import math
from collections import deque

import numpy as np
from numpy.typing import NDArray

from agora_audio.errors import ConfigError
from agora_audio.frames import rms_db
from agora_audio.vad.engines.windowed import WindowedEngine

__all__ = ["EnergyEngine"]

# Levels follow with a time constant of about 60 ms: shorter, and single clicks count; longer, and onsets are late.
_SMOOTHING = 0.15
# The floor is the lowest level of 3 s: nearly every talker pauses within that, and new noise is learned after it.
_FLOOR_FRAMES = 300
# Digital silence between words must not pull the floor to where every breath counts as speech.
_LOWEST_FLOOR_DB = -75.0
_SLOPE_DB = 2.0


class EnergyEngine(WindowedEngine):
    """Level over a noise floor: no model, no dependency, answers at once, knows nothing of speech.

    The floor is the minimum of the smoothed level over 3 s (minimum statistics, R. Martin, IEEE Trans. Speech and Audio
    Processing 9(5), 2001). The probability is a logistic curve of the distance between the two, 0.5 at `margin_db`.

    Parameters
    ----------
    margin_db
        Level above the floor, dB, at which the probability is one half.
    """

    hop = 160

    def __init__(self, margin_db: float = 6.0) -> None:
        if isinstance(margin_db, bool) or not isinstance(margin_db, (int, float)) or not 0 < margin_db <= 60:
            raise ConfigError(f"margin_db is {margin_db!r}, must be a number above 0 and up to 60")
        self.margin_db = float(margin_db)
        # Candidates for the minimum, (number, level), levels rising: the first is the minimum of the last frames.
        self._lowest: deque[tuple[int, float]] = deque()
        self._count = 0
        self._level = 0.0
        super().__init__()

    def _judge(self, window: NDArray[np.int16]) -> float:
        level = rms_db(window)
        self._level += (_SMOOTHING if self._count else 1.0) * (level - self._level)
        floor = max(_LOWEST_FLOOR_DB, self._floor())
        # At most 127 dB above the floor: the exponential stays far from overflow.
        return 1.0 / (1.0 + math.exp((self.margin_db - (self._level - floor)) / _SLOPE_DB))

    def _floor(self) -> float:
        lowest = self._lowest
        while lowest and lowest[-1][1] >= self._level:
            lowest.pop()
        lowest.append((self._count, self._level))
        self._count += 1
        if lowest[0][0] < self._count - _FLOOR_FRAMES:
            lowest.popleft()
        return lowest[0][1]

    def _reset_model(self) -> None:
        self._lowest.clear()
        self._count = 0
        self._level = 0.0
