"""The state machine over runs of frames, in numpy alone: what sweeps use where numba is not installed.

A start or stop rule looks at the active frames in a window. One cumulative sum gives every window's count, and so the
runs of frames at which the rule holds; then the walk goes from run to run by bisection instead of from frame to frame.
Only the frames just after the machine became idle need another look, since their window is not full yet.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterator
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from agora_audio.vad.config import SDK_RMS_OFFSET

__all__ = ["Opening", "Side", "openings"]

_NEVER = 1 << 62


class _Runs(NamedTuple):
    """Runs of frames at which something holds, in order."""

    firsts: list[int]
    lasts: list[int]

    def next(self, begin: int) -> int:
        """Return the first frame of any run from `begin` on, far away if there is none."""
        run = bisect_left(self.lasts, begin)
        return max(begin, self.firsts[run]) if run < len(self.lasts) else _NEVER

    def previous(self, end: int) -> int:
        """Return the last frame of any run up to `end`, -1 if there is none."""
        run = bisect_right(self.firsts, end) - 1
        return min(end, self.lasts[run]) if run >= 0 else -1


class Side:
    """Which frames of a recording are active for one pair of thresholds, and the runs that follow from it."""

    def __init__(self, active: NDArray[np.bool_]) -> None:
        self._sums = np.zeros(len(active) + 1, np.int32)
        np.cumsum(active, out=self._sums[1:])
        self._counts = memoryview(self._sums.data)
        self._active = active
        self._known: dict[tuple[int, int, bool], _Runs] = {}

    @property
    def active(self) -> _Runs:
        """Runs of active frames."""
        return self.runs(1, 1)

    def runs(self, window: int, needed: int, inactive: bool = False) -> _Runs:
        """Return the frames at which at least `needed` of the last `window` frames are active, or inactive."""
        key = (window, needed, inactive)
        if key not in self._known:
            self._known[key] = _runs(self._holds(window, needed, inactive), window - 1)
        return self._known[key]

    def _holds(self, window: int, needed: int, inactive: bool) -> NDArray[np.bool_]:
        """Return for each full window whether the rule holds."""
        if window == needed == 1:
            return ~self._active if inactive else self._active
        counts = self._sums[window:] - self._sums[:-window]
        return counts <= window - needed if inactive else counts >= needed

    def first_start(self, rest: int, wait: int, window: int, needed: int) -> int:
        """Return the frame at which `needed` of the last `window` frames, none of them before `rest`, are active."""
        begin = rest - 1 + max(wait, needed)
        wanted = np.int32(min(self._counts[rest] + needed, 2**31 - 1))
        reached = max(begin, int(self._sums.searchsorted(wanted)) - 1)
        return reached if reached < rest + window else self.runs(window, needed).next(max(begin, rest + window))

    def mean_level(self, rounded: NDArray[np.int8], first: int, last: int) -> int:
        """Return the mean level of the active frames, on the SDK's scale, cut to a whole number."""
        levels = rounded[first : last + 1][self._active[first : last + 1]].astype(np.int64) + SDK_RMS_OFFSET
        return int(int(levels.sum()) / len(levels))


def _runs(holds: NDArray[np.bool_], offset: int) -> _Runs:
    """Return the runs of true values, their places moved by `offset`."""
    flips = np.flatnonzero(holds[1:] != holds[:-1]) + 1
    edges = np.concatenate((np.flatnonzero(holds[:1]), flips, len(holds) + np.flatnonzero(holds[-1:]))) + offset
    return _Runs(edges[::2].tolist(), (edges[1::2] - 1).tolist())


class Opening(NamedTuple):
    """What came of a start rule that held: a segment, or nothing if it stayed shorter than `min_speech`."""

    start: int
    """Frame at which the rule held."""
    span: tuple[int, int, int, int, int]
    """The row of a segment as `agora_audio.lab.bit_kernel.walk` writes it."""
    start_db: int
    """RMS threshold from the frame after STOP on."""
    stop_db: int
    """RMS threshold from the frame after `start` to that of STOP."""

    @property
    def announced(self) -> bool:
        """Whether it became a segment."""
        return self.span[3] < self.span[4]


def openings(
    side: Callable[[int, int], Side],
    rounded: NDArray[np.int8],
    both: int,
    start_set: int,
    stop_set: int,
    start_count: int,
    active_needed: int,
    stop_count: int,
    inactive_needed: int,
    capacity: int,
    wait: int,
    min_frames: int,
    max_frames: int,
    adaptive: int,
    floor: int,
    start_prob: int,
    stop_prob: int,
    factor: float,
) -> Iterator[Opening]:
    """Give all openings in order; `side` gives which frames are active for a pair of thresholds."""
    frames, rest, levels = len(rounded), 0, [start_set, stop_set]
    starting, speaking = side(start_prob, start_set), side(stop_prob, stop_set)
    while rest < frames:
        start = starting.first_start(rest, wait, start_count, active_needed)
        if start >= frames:
            break
        onset = starting.active.next(max(rest, start + 1 - start_count))
        if adaptive:
            first = onset if both else max(rest, starting.runs(1, 1, True).previous(start) + 1)
            reference = starting.mean_level(rounded, first, start)
            levels = [start_set, stop_set]
            if reference:
                adapted = int(reference * factor) - SDK_RMS_OFFSET
                levels = [max(adapted, level) if floor else adapted for level in levels]
            starting, speaking = side(start_prob, min(levels[0], 0)), side(stop_prob, min(levels[1], 0))
        first_out = max(rest, start + 1 - capacity)
        full = min(first_out + max_frames - 1, frames)
        announced = start
        if start + 1 - onset < min_frames:
            announced = speaking.active.next(max(start + 1, onset + min_frames - 1))
        stops = speaking.runs(stop_count, inactive_needed, True)
        stop = stops.next(start + stop_count)
        if stop == announced:  # a START wins over a STOP at the same frame
            stop = stops.next(stop + 1)
        stop = min(stop, full)
        end = max(start, speaking.active.previous(stop))
        yield Opening(start, (onset, end, first_out, announced, stop), *levels)
        rest = stop + 1
