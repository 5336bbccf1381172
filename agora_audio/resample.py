"""Streaming resampler: 10 ms in, 10 ms out, a few milliseconds of delay, one filter for streams and whole signals.

The theory in three lines. A band-limited signal is resampled by reading it, through a low-pass filter ``h``, at the
times of the output samples: ``y(t) = sum_i x[i] h(t - i / rate_in)``. Here ``h`` is a sinc under a Kaiser window [1]_,
cut within the band between 0.875 and 1.0 of the lower of the two Nyquist frequencies. Every 10 ms frame sees the same
instants again (every second frame at 22.05 kHz, every fourth at 11.025 kHz), so one table of weights per distinct
frame, made once, turns resampling into a product of fixed shape: the same bits however the sound was cut.

.. [1] J. F. Kaiser, R. W. Schafer, "On the use of the I0-sinh window for spectrum analysis", IEEE Trans. Acoustics,
   Speech, and Signal Processing 28(1), 1980.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.lib.stride_tricks import as_strided
from numpy.typing import NDArray

from agora_audio.errors import FormatError
from agora_audio.frames import FRAMES_PER_SECOND, AudioFormat

__all__ = ["Resampler", "resample"]

# Half the length of the filter, in zero crossings of a sinc at the lower Nyquist frequency: 2 ms of delay at 16 kHz,
# 4 ms at 8 kHz. With this beta and cutoff, a little below the middle of the band, the response is above -0.1 dB up to
# 0.875 and below -70 dB from 1.0 of that frequency.
_HALF_CROSSINGS = 32
_BETA = 6.8
_CUTOFF = 0.93
# Products with a vector above 9,216 weights are split over threads by OpenBLAS, at more cost than gain; cutting the
# frame into ten keeps each below for every pair of rates.
_GROUPS = 10


class Resampler:
    """Resample a stream in pieces of any size.

    Frames of 10 ms are converted as soon as they are complete; ``delay`` is what the filter adds to that.

    Parameters
    ----------
    rate_in, rate_out
        Sample rates in Hz, 8,000 to 96,000.
    channels
        Channels of the stream.

    Raises
    ------
    FormatError
        If a rate or the channel count is out of range, or pushed samples have another shape or type.

    Notes
    -----
    One object per stream. int16 is rounded to the nearest and clipped; float32 is neither.

    Examples
    --------
    >>> stream = Resampler(48000, 16000)
    >>> [len(stream.push(np.zeros(480, np.int16))) for _ in range(3)], stream.delay
    ([160, 160, 160], 32)
    """

    def __init__(self, rate_in: int, rate_out: int, channels: int = 1) -> None:
        self.format_in = AudioFormat(rate_in, channels)
        self.format_out = AudioFormat(rate_out, channels)
        rates = self.format_in.sample_rate, self.format_out.sample_rate
        self._plan = None if rate_in == rate_out else _plan(*rates)
        self.reset()

    @property
    def delay(self) -> int:
        """Delay of the filter, in samples of the output."""
        return self._plan.delay if self._plan else 0

    def reset(self) -> None:
        """Forget the stream; the next push begins a new one."""
        channels = self.format_in.channels
        self._pending = np.zeros((0, channels), np.float32)
        self._frame = 0
        # One line per channel: the tail of what came before, then the frame, then zeros that a product may read.
        self._line = np.zeros((channels, self._plan.line if self._plan else 0), np.float32)
        self._flat = False
        self._dtype: np.dtype[Any] = np.dtype(np.int16)

    def push(self, samples: NDArray[Any]) -> NDArray[Any]:
        """Take samples and return those of the 10 ms frames that they complete.

        Parameters
        ----------
        samples
            int16 or float32, shape (n,) for one channel or (n, channels).

        Returns
        -------
        ndarray
            Same type and number of dimensions.
        """
        samples = self._checked(samples)
        if self._plan is None:
            return samples
        block = samples.reshape(-1, self.format_in.channels).astype(np.float32)
        if len(self._pending):
            block = np.concatenate((self._pending, block))
        outputs = []
        used = 0
        while (end := used + self._frame_length()) <= len(block):
            outputs.append(self._convert(block[used:end]))
            used = end
        self._pending = block[used:]
        return self._as_given(outputs, samples)

    def flush(self, dtype: Any = None) -> NDArray[Any]:
        """Return what is still inside, up to the last sample pushed and rounded up to a sample of the output.

        Parameters
        ----------
        dtype
            int16 or float32; None: that of the last samples pushed, int16 if there were none.
        """
        dtype = self._dtype if dtype is None else dtype
        empty = np.zeros((0,) if self._flat else (0, self.format_in.channels), dtype)
        if self._plan is None or not (self._frame or len(self._pending)):
            return empty
        before = self.format_in.frame_end(self._frame - 1)
        total = math.ceil((before + len(self._pending)) * self.format_out.sample_rate / self.format_in.sample_rate)
        missing = total + self.delay - self.format_out.frame_end(self._frame - 1)
        pieces = [self.push(np.zeros_like(empty))]
        while sum(map(len, pieces)) < missing:
            zeros = np.zeros((self._frame_length() - len(self._pending), *empty.shape[1:]), dtype)
            pieces.append(self.push(zeros))
        self.reset()
        return np.concatenate(pieces)[:missing]

    def _checked(self, samples: NDArray[Any]) -> NDArray[Any]:
        channels = self.format_in.channels
        if not isinstance(samples, np.ndarray) or samples.dtype not in (np.int16, np.float32):
            kind = getattr(samples, "dtype", type(samples).__name__)
            raise FormatError(f"samples are {kind}, must be an array of int16 or float32")
        if samples.ndim != 2 and (samples.ndim != 1 or channels != 1):
            raise FormatError(f"samples have the shape {samples.shape}, must be (n, {channels})")
        if samples.ndim == 2 and samples.shape[1] != channels:
            raise FormatError(f"samples have {samples.shape[1]} channels, this stream has {channels}")
        self._flat = samples.ndim == 1
        self._dtype = samples.dtype
        return samples

    def _frame_length(self) -> int:
        return self.format_in.frame_length(self._frame)

    def _convert(self, frame: NDArray[np.float32]) -> NDArray[np.float32]:
        plan = self._plan
        assert plan is not None
        table = plan.tables[self._frame % len(plan.tables)]
        line, tail = self._line, plan.tail
        line[:, tail : tail + len(frame)] = frame.T
        windows = as_strided(line, (len(line), _GROUPS, table.width, 1), (line.strides[0], 4 * table.step, 4, 4))
        product = np.matmul(table.weights, windows).reshape(len(line), -1)
        line[:, :tail] = line[:, len(frame) : len(frame) + tail].copy()
        self._frame += 1
        frame_out: NDArray[np.float32] = product[:, : table.length].T
        return frame_out

    def _as_given(self, outputs: list[NDArray[np.float32]], samples: NDArray[Any]) -> NDArray[Any]:
        if not outputs:
            return samples[:0]
        out = np.concatenate(outputs) if len(outputs) > 1 else outputs[0]
        if samples.dtype == np.int16:
            np.rint(out, out=out)
            out = np.clip(out, -32768, 32767).astype(np.int16)
        return out[:, 0] if samples.ndim == 1 else out


def resample(samples: NDArray[Any], rate_in: int, rate_out: int) -> NDArray[Any]:
    """Resample a whole signal, without the delay of the stream: output sample 0 is at the time of input sample 0.

    Equal, bit for bit, to what `Resampler` gives for the same samples after its first ``delay`` samples.

    Parameters
    ----------
    samples
        int16 or float32, shape (n,) or (n, channels).
    rate_in, rate_out
        Sample rates in Hz, 8,000 to 96,000.

    Returns
    -------
    ndarray
        Same type and number of dimensions, ``ceil(n * rate_out / rate_in)`` long.

    Examples
    --------
    >>> resample(np.zeros(441, np.float32), 44100, 16000).shape
    (160,)
    """
    channels = samples.shape[1] if getattr(samples, "ndim", 1) == 2 else 1
    stream = Resampler(rate_in, rate_out, channels)
    delay = stream.delay
    return np.concatenate((stream.push(samples), stream.flush(samples.dtype)))[delay:]


@dataclass(frozen=True)
class _Table:
    """The weights of one frame: a stack of `_GROUPS` matrices, each applied to its own stretch of the line."""

    weights: NDArray[np.float32]
    """Shape (groups, outputs of a group, width of its stretch)."""
    step: int
    """From the stretch of one group to that of the next, samples of the input."""
    length: int
    """Output samples of the frame; the last group may compute more."""

    @property
    def width(self) -> int:
        return int(self.weights.shape[-1])

    @property
    def reach(self) -> int:
        """Samples of the line that the products read."""
        return self.step * (_GROUPS - 1) + self.width


@dataclass(frozen=True)
class _Plan:
    """All weights of a pair of rates."""

    tables: list[_Table]
    """One for each distinct frame, in turn."""
    delay: int
    """Delay of the filter, samples of the output."""
    tail: int
    """Samples of the input that the filter needs from before a frame."""
    line: int
    """Samples of the line that all tables can read."""


@lru_cache(maxsize=32)
def _plan(rate_in: int, rate_out: int) -> _Plan:
    lower = min(rate_in, rate_out)
    delay = math.ceil(_HALF_CROSSINGS * rate_out / lower)
    tail = math.ceil(2 * delay * rate_in / rate_out) + 1
    period = math.lcm(*(FRAMES_PER_SECOND // math.gcd(rate, FRAMES_PER_SECOND) for rate in (rate_in, rate_out)))
    tables = [_table(rate_in, rate_out, index, delay, tail) for index in range(period)]
    longest = max(table.reach for table in tables)
    return _Plan(tables, delay, tail, max(longest, tail + rate_in // FRAMES_PER_SECOND + 1))


def _table(rate_in: int, rate_out: int, index: int, delay: int, tail: int) -> _Table:
    begin_in, end_in = (AudioFormat(rate_in).frame_end(i) for i in (index - 1, index))
    begin_out, end_out = (AudioFormat(rate_out).frame_end(i) for i in (index - 1, index))
    height = math.ceil((end_out - begin_out) / _GROUPS)
    span = height * rate_in / rate_out
    step = int(span)
    # A stretch covers its outputs' span, the filter, and what whole steps have fallen behind by the last group.
    width = math.ceil(span) + tail + math.ceil((span - step) * _GROUPS) + 2
    group = np.arange(_GROUPS)[:, None, None]
    output = begin_out + group * height + np.arange(height)[:, None]
    source = begin_in - tail + group * step + np.arange(width)
    half = delay / rate_out
    weights = _kernel((output - delay) / rate_out - source / rate_in, half, _CUTOFF * min(rate_in, rate_out) / 2)
    weights *= source < end_in
    weights /= weights.sum(axis=-1, keepdims=True)
    return _Table(np.ascontiguousarray(weights, np.float32), step, end_out - begin_out)


def _kernel(seconds: NDArray[np.float64], half: float, cutoff: float) -> NDArray[np.float64]:
    """Return the windowed sinc at times from its centre, zero beyond `half` seconds."""
    position = np.clip(1.0 - (seconds / half) ** 2, 0.0, None)
    window = np.where(np.abs(seconds) < half, np.i0(_BETA * np.sqrt(position)), 0.0)
    result: NDArray[np.float64] = np.sinc(2.0 * cutoff * seconds) * window
    return result
