"""The far end: what the loudspeaker plays, paired with the near end by sample index."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from agora_audio.errors import ConfigError, FormatError
from agora_audio.frames import AudioFormat, pick_channel
from agora_audio.resample import Resampler

__all__ = ["FarEnd", "FarEndStats"]


@dataclass(frozen=True)
class FarEndStats:
    """How the far end kept up with the near end."""

    pushed_s: float
    """Far end pushed, seconds."""
    missing_s: float
    """Near end processed while its far end was not there yet, seconds: it counted as silence."""
    late_s: float
    """Far end that came after its near end had been processed, seconds: it was left out."""
    waiting_s: float
    """Far end that waits for its near end, seconds."""
    drift_ppm: float | None
    """How much faster far end is pushed than near end, parts per million; None before 10 s of both, and where it came
    in other than real time: no two clocks differ by more than 0.1 %."""


class FarEnd:
    """Keep the far end until the near end of the same time is processed.

    Sample 0 of the first push belongs to sample 0 of the near end, or to `start_time` of it. What has not come when its
    near end is processed counts as silence; when it comes after all, it is left out. Both are counted. A far end of
    another rate is heard `delay` later, 2 to 4 ms, by its resampler: pushed in step with the near end, it would else
    lack the end of each push. To the canceller the way of the echo is so much shorter.

    Parameters
    ----------
    format
        Rate and channels of the near end as the echo canceller hears it.
    """

    def __init__(self, format: AudioFormat) -> None:
        self._format = format
        self._length = format.sample_rate // 100
        self._mono = format.channels == 1
        self.reset()

    def reset(self) -> None:
        """Begin a new stream."""
        self._pieces: deque[NDArray[np.int16]] = deque()
        self._resampler: Resampler | None = None
        self._source: AudioFormat | None = None
        self._begin = 0  # index of the first sample that is kept
        self._arrival = 0  # index at which the next pushed sample belongs
        self._pushed = self._missing = self._late = self._processed = 0
        self._end: int | None = None  # of the near end, once it is known
        self._drift = _Drift()

    @property
    def begun(self) -> bool:
        """Whether any far end has been pushed."""
        return self._source is not None

    @property
    def delay(self) -> float:
        """How much later than pushed it is heard, seconds; 0 where no resampling is needed."""
        return self._resampler.delay / self._format.sample_rate if self._resampler else 0.0

    def push(self, samples: NDArray[np.int16], format: AudioFormat, start_time: float | None = None) -> None:
        """Take far-end sound, shape (n, channels), that follows on what was pushed before.

        Parameters
        ----------
        samples, format
            Sound and its rate and channels, which stay the same within a stream.
        start_time
            With the first push: time in the near end at which this sound was played, seconds; None: its beginning.

        Raises
        ------
        FormatError
            If the format changes.
        ConfigError
            If `start_time` is negative, or is given again.
        """
        if self._source is None:
            self._start(format, start_time)
        elif start_time is not None:
            raise ConfigError("start_time belongs to the first push of the far end; later ones follow on it")
        elif format != self._source:
            said = f"the far end is {self._source.describe()}, now {format.describe()}"
            raise FormatError(f"{said}: flush() or reset() first")
        self._keep(pick_channel(samples, "mix"))

    def take(self, frames: int = 1) -> NDArray[np.int16]:
        """Return the far end of the next frames of near end, shape (n, channels); silence where there is none."""
        begin, after = self._processed, self._processed + frames * self._length
        end = after if self._end is None else min(after, self._end)
        sound = self._taken(begin, end, after)
        # What is still to come, or comes too late, counts as silence; what begins later by its start time does not.
        if not self._pieces:
            self._missing += max(0, end - max(self._arrival, begin))
        self._processed = after
        if self.begun and end == after:
            self._drift.note(end / self._format.sample_rate, self._pushed / self._format.sample_rate)
        return sound

    def _taken(self, begin: int, end: int, after: int) -> NDArray[np.int16]:
        pieces = self._pieces
        if pieces and self._begin == begin and len(pieces[0]) == end - begin == after - begin and self._mono:
            self._begin = end
            return pieces.popleft().reshape(-1, 1)
        sound = np.zeros((after - begin, self._format.channels), np.int16)
        while pieces and self._begin < end:
            piece = pieces[0]
            at = self._begin - begin
            count = min(len(piece), end - self._begin)
            sound[at : at + count] = piece[:count, None]
            self._begin += count
            if count == len(piece):
                pieces.popleft()
            else:
                pieces[0] = piece[count:]
        return sound

    def end(self, seconds: float) -> None:
        """Take note of where the near end ends: what drains it hears silence, and what lies behind keeps waiting."""
        # A rounding error is no sample.
        self._end = int(seconds * self._format.sample_rate + 1e-6)

    def stats(self) -> FarEndStats:
        """Return how the far end kept up."""
        rate = self._format.sample_rate
        waiting = sum(map(len, self._pieces))
        return FarEndStats(
            self._pushed / rate, self._missing / rate, self._late / rate, waiting / rate, self._drift.ppm()
        )

    def _start(self, format: AudioFormat, start_time: Any) -> None:
        number = isinstance(start_time, (int, float)) and not isinstance(start_time, bool)
        if start_time is not None and not (number and 0 <= start_time < 1e6):
            raise ConfigError(f"start_time is {start_time!r}, must be seconds from 0 on")
        self._source = format
        self._arrival = round((start_time or 0.0) * self._format.sample_rate)
        if format.sample_rate != self._format.sample_rate:
            self._resampler = Resampler(format.sample_rate, self._format.sample_rate)

    def _keep(self, mono: NDArray[np.int16]) -> None:
        if self._resampler:
            mono = self._resampler.push(mono)
        self._pushed += len(mono)
        late = min(len(mono), max(0, self._processed - self._arrival))
        self._late += late
        self._arrival += late
        mono = mono[late:]
        if len(mono):
            if not self._pieces:
                self._begin = self._arrival
            self._pieces.append(mono.copy())
            self._arrival += len(mono)


class _Drift:
    """Slope of far-end time over near-end time, by least squares over points 0.1 s apart."""

    _SECONDS = 10.0
    _APART = 0.1
    _MOST_PPM = 1000.0

    def __init__(self) -> None:
        self._count = 0
        self._first = self._last = self._next = 0.0
        self._sums = [0.0] * 4

    def note(self, near: float, far: float) -> None:
        if near < self._next:
            return
        if not self._count:
            self._first = near
        self._last, self._next = near, near + self._APART
        self._count += 1
        x, y = near - self._first, far - near
        for place, value in enumerate((x, y, x * y, x * x)):
            self._sums[place] += value

    def ppm(self) -> float | None:
        if self._last - self._first < self._SECONDS:
            return None
        x, y, xy, xx = (value / self._count for value in self._sums)
        ppm = 1e6 * (xy - x * y) / (xx - x * x)
        return ppm if abs(ppm) <= self._MOST_PPM else None
