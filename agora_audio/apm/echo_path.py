"""The way from the loudspeaker to the microphone, seen from outside the canceller: delay, drift, what was taken out.

The delay is found by generalised cross-correlation with phase transform [1]_ between far and near end, over windows of
2 s in which the far end is heard. Sound cards whose clocks differ let it creep; the slope over the last minutes, the
median of the slopes of all pairs of windows (Theil and Sen), is the drift, which steps of a buffer do not disturb.

.. [1] C. Knapp, G. Carter, "The generalized correlation method for estimation of time delay", IEEE Trans. Acoustics,
   Speech, and Signal Processing 24(4), 1976.
"""

from __future__ import annotations

import math
from collections import deque
from dataclasses import dataclass
from itertools import combinations
from statistics import median

import numpy as np
from numpy.typing import NDArray

from agora_audio.frames import FRAMES_PER_SECOND

__all__ = ["EchoPath", "EchoPathStats"]

# Echo and speech are strongest below 2 kHz, and a quarter of the samples is an eighth of the work.
_RATE = 4000
_WINDOW = 2 * _RATE
_LONGEST = _RATE // 2
_TRANSFORM = 16384
# Frames of 200 in a window in which the far end must be heard.
_HEARD = 60
# A peak this many times the rms of its surroundings is no chance: noise alone reached 4.6 in 10,000 windows.
_SURE = 7.0
_KEPT = 90
_SHORTEST_SPAN_S = 20.0
_LEAST_POINTS = 5


@dataclass(frozen=True)
class EchoPathStats:
    """What is known of the echo."""

    heard_s: float
    """Near end processed while the far end was loud enough to leave an echo, seconds."""
    return_loss_enhancement_db: float | None
    """Power over the echo stage, in over out, while the far end was heard, dB; low where both talk. None: not heard."""
    recent_return_loss_enhancement_db: float | None
    """The same over the last second in which it was heard, dB."""
    delay_ms: float | None
    """From the far end to its echo in the near end, milliseconds, 0 to 500; None: no clear echo yet."""
    drift_ppm: float | None
    """How much faster the far end's clock runs, by the creeping of the delay, ppm; None: not known yet."""


class EchoPath:
    """Measure the echo from near and far end; one object a stream.

    Parameters
    ----------
    rate
        Rate of both, Hz: a multiple of 4,000.
    """

    def __init__(self, rate: int) -> None:
        self._step = rate // _RATE
        self._energies = [0, 0]
        self._recent: deque[tuple[float, float]] = deque(maxlen=100)
        self._heard = 0
        self._near, self._far = np.zeros(_WINDOW, np.float32), np.zeros(_WINDOW, np.float32)
        self._filled = self._heard_in_window = self._windows = 0
        self._delays: deque[tuple[float, float]] = deque(maxlen=_KEPT)

    def note(
        self,
        energies: tuple[NDArray[np.float64], NDArray[np.float64]],
        heard: NDArray[np.bool_],
        near: NDArray[np.int16],
        far: NDArray[np.int16],
    ) -> None:
        """Take the next frames.

        Parameters
        ----------
        energies
            Sums of squares of each frame before and after the echo stage, whole numbers.
        heard
            Whether the far end is loud, for each frame.
        near, far
            Their sound, shape (n,).
        """
        before, after = (side[heard].tolist() for side in energies)
        self._heard += len(before)
        # Whole numbers, which of hours at once are beyond what a float holds.
        self._energies[0] += sum(map(int, before))
        self._energies[1] += sum(map(int, after))
        self._recent.extend(zip(before, after, strict=True))
        thin_near, thin_far = self._thinned(near), self._thinned(far)
        frame = _RATE // FRAMES_PER_SECOND
        begin = 0
        while begin < len(thin_near):
            end = min(begin + _WINDOW - self._filled, len(thin_near))
            self._fill(thin_near[begin:end], thin_far[begin:end], int(heard[begin // frame : end // frame].sum()))
            begin = end

    def stats(self) -> EchoPathStats:
        """Return what is known so far."""
        recent = [sum(side) for side in zip(*self._recent, strict=True)] if self._recent else [0.0, 0.0]
        latest = [delay for _, delay in list(self._delays)[-5:]]
        return EchoPathStats(
            self._heard / 100,
            _ratio_db(*self._energies),
            _ratio_db(*recent),
            1000 * median(latest) if latest else None,
            self._drift_ppm(),
        )

    def _thinned(self, sound: NDArray[np.int16]) -> NDArray[np.float32]:
        thinned: NDArray[np.float32] = sound.astype(np.float32).reshape(-1, self._step).sum(axis=1)
        return thinned

    def _fill(self, near: NDArray[np.float32], far: NDArray[np.float32], heard: int) -> None:
        begin, end = self._filled, self._filled + len(near)
        self._near[begin:end] = near
        self._far[begin:end] = far
        self._heard_in_window += heard
        self._filled = end
        if end == _WINDOW:
            self._windows += 1
            if self._heard_in_window >= _HEARD:
                self._look()
            self._filled = self._heard_in_window = 0

    def _look(self) -> None:
        """Look for the far end in the near end of a window."""
        near, far = (np.fft.rfft(side - side.mean(), _TRANSFORM) for side in (self._near, self._far))
        cross = near * far.conj()
        cross /= np.abs(cross) + 1e-9
        correlation = np.fft.irfft(cross)[:_LONGEST]
        at = int(np.argmax(correlation))
        if correlation[at] > _SURE * math.sqrt(float(np.mean(correlation**2))):
            self._delays.append((self._windows * _WINDOW / _RATE, (at + _vertex(correlation, at)) / _RATE))

    def _drift_ppm(self) -> float | None:
        points = list(self._delays)
        if len(points) < _LEAST_POINTS or points[-1][0] - points[0][0] < _SHORTEST_SPAN_S:
            return None
        slopes = [(delay - before) / (time - earlier) for (earlier, before), (time, delay) in combinations(points, 2)]
        return -1e6 * median(slopes)


def _vertex(values: NDArray[np.float64], at: int) -> float:
    """Return where, relative to its highest value, the parabola through it and its neighbours is highest."""
    if not 0 < at < len(values) - 1:
        return 0.0
    left, here, right = values[at - 1 : at + 2].tolist()
    return float(0.5 * (left - right) / (left - 2.0 * here + right))


def _ratio_db(before: float, after: float) -> float | None:
    # Nothing left is less than one step of one sample.
    return 10.0 * math.log10(before / max(after, 1.0)) if before else None
