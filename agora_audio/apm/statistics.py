"""What a processor did to the sound, kept as running sums: cheap enough to leave on."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from agora_audio.apm.far_end import FarEndStats
from agora_audio.frames import SILENCE_DB

__all__ = ["LevelMeter", "ProcessorStats", "StageStats"]

_FULL_SCALE = 32768.0**2
# The floor is the lowest level of blocks of one second: minimum statistics without keeping frames.
_FLOOR_FRAMES = 100


@dataclass(frozen=True)
class StageStats:
    """One stage, or the whole chain."""

    frames: int
    """Frames of 10 ms."""
    level_in_db: float
    """Mean level of what it got, dBFS."""
    level_out_db: float
    """Mean level of what it gave, dBFS."""
    gain_db: float
    """Their difference over the last second, dB."""
    noise_floor_in_db: float
    """Lowest level of a second's quietest frame of what it got, dBFS."""
    noise_floor_out_db: float
    """The same of what it gave, dBFS."""
    clipped: int
    """Samples given at full scale."""


@dataclass(frozen=True)
class ProcessorStats:
    """What `ExternalAudioProcessor.stats` returns."""

    input_s: float
    """Sound pushed, seconds."""
    output_s: float
    """Sound given back, seconds."""
    delay_s: float
    """From the input to the output, all stages and resamplers, seconds."""
    total: StageStats
    """Before the first stage and after the last."""
    stages: dict[str, StageStats]
    """Each stage that is on."""
    far_end: FarEndStats | None
    """The far end; None: none was pushed."""
    echo_return_loss_enhancement_db: float | None
    """How much of the sound the echo stage took out while the far end was heard, dB; None: no far end yet."""
    segments: int
    """Segments of speech closed."""


class LevelMeter:
    """Levels before and after something, from its frames."""

    def __init__(self) -> None:
        self.frames = 0
        self.clipped = 0
        self._power = [0.0, 0.0]
        self._recent = [0.0, 0.0]
        self._lowest = [math.inf, math.inf]
        self._floors = [math.inf, math.inf]

    def note(self, before: NDArray[np.int16], after: NDArray[np.int16]) -> tuple[float, float]:
        """Take a frame as it went in and came out; returns the mean power of both, full scale 1."""
        powers = _power(before), _power(after)
        self.frames += 1
        for side, power in enumerate(powers):
            self._power[side] += power
            self._recent[side] += 0.01 * (power - self._recent[side])
            if power < self._lowest[side]:
                self._lowest[side] = power
        if self.frames % _FLOOR_FRAMES == 0:
            self._floors, self._lowest = self._lowest, [math.inf, math.inf]
        if after.max() == 32767 or after.min() == -32768:
            self.clipped += int(np.count_nonzero((after == 32767) | (after == -32768)))
        return powers

    def stats(self) -> StageStats:
        """Return the levels so far."""
        means = [power / max(1, self.frames) for power in self._power]
        floors = [min(pair) for pair in zip(self._floors, self._lowest, strict=True)]
        recent_in, recent_out = (_decibels(power) for power in self._recent)
        return StageStats(
            self.frames,
            _decibels(means[0]),
            _decibels(means[1]),
            recent_out - recent_in,
            _decibels(0.0 if math.isinf(floors[0]) else floors[0]),
            _decibels(0.0 if math.isinf(floors[1]) else floors[1]),
            self.clipped,
        )


def _power(frame: NDArray[np.int16]) -> float:
    values = frame.reshape(-1).astype(np.float64)
    return float(values.dot(values)) / (len(values) * _FULL_SCALE)


def _decibels(power: float) -> float:
    return max(SILENCE_DB, 10.0 * math.log10(power)) if power > 0 else SILENCE_DB
