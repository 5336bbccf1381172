"""A detector of loudness: how far the level stands above a tracked noise floor."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from agora_audio.errors import ConfigError
from agora_audio.frames import rms_db
from agora_audio.vad.engines.windowed import WindowedEngine

__all__ = ["EnergyEngine"]

_SMOOTHING = 0.3
_RISE_DB = 0.04
# Digital silence between words must not pull the floor to where every breath counts as speech.
_LOWEST_FLOOR_DB = -75.0


class EnergyEngine(WindowedEngine):
    """Level over a noise floor: no model, no dependency, answers at once, knows nothing of speech.

    The floor falls with the smoothed level at once and rises by 4 dB a second. The probability is a logistic curve of
    the distance between the two, 0.5 at `margin_db`.

    Parameters
    ----------
    margin_db
        Level above the floor, dB, at which the probability is one half.
    """

    hop = 160
    _heard: bool
    _level: float
    _floor: float

    def __init__(self, margin_db: float = 12.0) -> None:
        if isinstance(margin_db, bool) or not isinstance(margin_db, (int, float)) or not 0 < margin_db <= 60:
            raise ConfigError(f"margin_db is {margin_db!r}, must be a number above 0 and up to 60")
        self.margin_db = float(margin_db)
        self._reset_model()
        super().__init__()

    def _judge(self, window: NDArray[np.int16]) -> float:
        level = rms_db(window)
        self._level += (_SMOOTHING if self._heard else 1.0) * (level - self._level)
        self._heard = True
        self._floor = max(_LOWEST_FLOOR_DB, min(self._level, self._floor + _RISE_DB))
        # At most 127 dB above the floor: the exponential stays far from overflow.
        return 1.0 / (1.0 + math.exp((self.margin_db - (self._level - self._floor)) / 3.0))

    def _reset_model(self) -> None:
        self._heard = False
        self._level = 0.0
        self._floor = 0.0
