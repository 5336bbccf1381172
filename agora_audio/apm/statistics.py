"""What a processor did to the sound, kept as running sums: cheap enough to leave on.

Sound is measured between the stages, once at each point: what one stage gives is what the next one gets. It is kept
until a second of it is there and measured at once, which costs a tenth of measuring frame by frame.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from agora_audio.apm.echo_path import EchoPath, EchoPathStats
from agora_audio.apm.far_end import FarEndStats
from agora_audio.frames import FRAMES_PER_SECOND, SILENCE_DB, AudioFormat, energies_of_frames

__all__ = ["ChainMeter", "Point", "ProcessorStats", "StageStats", "between"]

_FULL_SCALE = 32768.0**2
# Quieter far ends leave no echo worth measuring: -50 dBFS.
_HEARD = 1e-5


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
    """Their difference over the last whole second, dB; over all before there is one."""
    noise_floor_in_db: float
    """Level of the quietest frame of the last second of what it got, dBFS."""
    noise_floor_out_db: float
    """The same of what it gave, dBFS."""
    clipped_in: int
    """Samples got at full scale."""
    clipped_out: int
    """Samples given at full scale."""
    delay_ms: float
    """How much later the sound comes out, milliseconds."""
    real_time_factor: float | None
    """Seconds of work for each second of sound; None: the processor was given no clock."""


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
    """Before the first stage and after the last; its real-time factor is that of the processor, VAD included."""
    stages: dict[str, StageStats]
    """Each stage that is on, by name and in order."""
    far_end: FarEndStats | None
    """How the far end kept up; None: there is no echo stage."""
    echo: EchoPathStats | None
    """The echo, and what the echo stage took out of it; None: there is no echo stage."""
    segments: int | None
    """Segments of speech closed; None: there is no VAD."""
    dropped_bytes: int
    """Bytes of an incomplete sample at the end of the stream, which are no sound; 0 before `flush`."""


class ChainMeter:
    """Levels at each point of a chain: before its first stage, between the stages and after its last.

    Parameters
    ----------
    format
        Format of the sound at all points.
    points
        How many there are.
    echo_at
        Number of the echo stage; None: there is none.
    """

    def __init__(self, format: AudioFormat, points: int, echo_at: int | None = None) -> None:
        self._format = format
        self._waiting: list[tuple[NDArray[np.int16], ...]] = []
        self._waiting_frames = self._measured = 0
        self._points = [Point() for _ in range(points)]
        self._echo_at = echo_at
        self._echo = EchoPath(format.sample_rate) if echo_at is not None else None

    def note(self, sounds: tuple[NDArray[np.int16], ...], frames: int) -> None:
        """Take the next frames at every point, each of shape (n, channels), and the far end last if there is one."""
        self._waiting.append(sounds)
        self._waiting_frames += frames
        if self._waiting_frames >= FRAMES_PER_SECOND:
            self._measure()

    def points(self) -> list[Point]:
        """Return all points as they are now."""
        self._measure()
        return self._points

    def echo(self) -> EchoPathStats | None:
        """Return what is known of the echo; None: there is no echo stage."""
        self._measure()
        return self._echo.stats() if self._echo else None

    def _measure(self) -> None:
        if not self._waiting:
            return
        sounds = [np.concatenate(parts) for parts in zip(*self._waiting, strict=True)]
        self._waiting.clear()
        ends = self._format.frame_ends(self._measured, len(sounds[0]))
        energies = []
        for point, sound in zip(self._points, sounds, strict=False):
            sums, sizes = energies_of_frames(sound, ends)
            point.add(sums, sizes, sound)
            energies.append(sums)
        if self._echo is not None and self._echo_at is not None:
            near, far = sounds[self._echo_at], sounds[-1]
            sums, sizes = energies_of_frames(far, ends)
            before_and_after = energies[self._echo_at], energies[self._echo_at + 1]
            self._echo.note(before_and_after, sums > _HEARD * _FULL_SCALE * sizes, near[:, 0], far[:, 0])
        self._measured += self._waiting_frames
        self._waiting_frames = 0


class Point:
    """The sound at one point of a chain. Its sums are of whole numbers, so that they are the same however it came."""

    def __init__(self) -> None:
        self.frames = 0
        self.clipped = 0
        self._energy = self._samples = 0
        self._second: list[float] = []
        self._last_second: list[float] = []

    def add(self, energies: NDArray[np.float64], sizes: NDArray[np.intp], sound: NDArray[np.int16]) -> None:
        """Take the next frames: the sum of squares and the number of samples of each, and the sound itself."""
        self.frames += len(energies)
        self._energy += sum(map(int, energies.tolist()))
        self._samples += int(sizes.sum())
        if sound.max() == 32767 or sound.min() == -32768:
            self.clipped += int(np.count_nonzero((sound == 32767) | (sound == -32768)))
        self._second += (energies / (sizes * _FULL_SCALE)).tolist()
        whole = len(self._second) // FRAMES_PER_SECOND * FRAMES_PER_SECOND
        if whole:
            self._last_second = self._second[whole - FRAMES_PER_SECOND : whole]
            del self._second[:whole]

    @property
    def level_db(self) -> float:
        """Mean level, dBFS."""
        return _decibels(self._energy / (self._samples * _FULL_SCALE) if self._samples else 0.0)

    @property
    def recent_db(self) -> float:
        """Level of the last whole second, or of all before there is one, dBFS."""
        recent = self._last_second or self._second
        return _decibels(math.fsum(recent) / max(1, len(recent)))

    @property
    def floor_db(self) -> float:
        """Level of the quietest frame of the last whole second and since, dBFS."""
        return _decibels(min((*self._last_second, *self._second), default=0.0))


def between(before: Point, after: Point, delay_ms: float, real_time_factor: float | None) -> StageStats:
    """Return the statistics of what lies between two points."""
    return StageStats(
        frames=after.frames,
        level_in_db=before.level_db,
        level_out_db=after.level_db,
        gain_db=after.recent_db - before.recent_db,
        noise_floor_in_db=before.floor_db,
        noise_floor_out_db=after.floor_db,
        clipped_in=before.clipped,
        clipped_out=after.clipped,
        delay_ms=delay_ms,
        real_time_factor=real_time_factor,
    )


def _decibels(power: float) -> float:
    """Return a power, full scale 1, in dBFS, not below -127."""
    return max(SILENCE_DB, 10.0 * math.log10(power)) if power > 0 else SILENCE_DB
