"""Sets of stretches of time: checked, joined, cut out of each other. What every metric is made of.

A stretch is a row of an array of shape (n, 2): where it begins and where it ends, in seconds. Stretches of up to 1 us
are no stretches and gaps of up to 1 us are no gaps, so that times which were rounded on their way through a file meet.
All of this is arithmetic over whole arrays, in the order of time, and follows pyannote.core in every comparison: what
is summed up later comes out equal to the last bit.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from agora_audio.errors import ConfigError, FormatError
from agora_audio.vad.segments import Segment

__all__ = [
    "PRECISION", "Intervals", "checked_seconds", "clip", "cover", "gaps", "intervals_of", "lengths", "merge",
    "overlapping", "scored_region", "validate",
]  # fmt: skip

Intervals: TypeAlias = NDArray[np.float64]

PRECISION = 1e-6
"""Seconds up to which a stretch or a gap counts as none."""

LATEST = 1e9
"""Seconds; a time beyond it, 31 years, is a wrong unit."""


def validate(name: str, intervals: Any) -> Intervals:
    """Return stretches as an array of shape (n, 2), seconds, in the order given.

    Parameters
    ----------
    name
        What they are, for the error.
    intervals
        Array or sequence of pairs; `intervals_of` makes one of `Segment`.

    Raises
    ------
    FormatError
        If it is no such array, a time is not finite, negative or beyond 1e9 s, or an end lies before its start.

    Examples
    --------
    >>> validate("reference", [(0.5, 2)]).tolist()
    [[0.5, 2.0]]
    """
    try:
        array = np.asarray(intervals)
        if array.dtype.kind not in "iuf":
            raise TypeError
        array = array.astype(np.float64)
    except (TypeError, ValueError, OverflowError):
        what = "segments: intervals_of(them) is" if _are_segments(intervals) else f"{intervals!r:.60}, must be"
        raise FormatError(f"{name} is {what} an array of start and end in seconds, shape (n, 2)") from None
    if array.size == 0 and array.shape in ((0,), (0, 2)):
        return np.zeros((0, 2))
    if array.ndim != 2 or array.shape[1] != 2:
        raise FormatError(f"{name} has the shape {array.shape}, must be (n, 2): start and end in seconds")
    # Written so that NaN fails.
    good = (array[:, 0] >= 0.0) & (array[:, 1] >= array[:, 0]) & (array[:, 1] <= LATEST)
    if not good.all():
        row = int(np.flatnonzero(~good)[0])
        start, end = array[row].tolist()
        raise FormatError(
            f"{name}[{row}] is {start:g} to {end:g}: must be finite seconds from 0 to {LATEST:g}, the end not before "
            "the start"
        )
    return array + 0.0  # -0.0 is 0.0


def _are_segments(value: Any) -> bool:
    return isinstance(value, Iterable) and any(isinstance(one, Segment) for one in value)


def checked_seconds(name: str, value: Any) -> float:
    """Return a length of time, or raise the ConfigError that says why it is none."""
    try:
        if isinstance(value, (bool, str)):
            raise TypeError
        number = float(value)
    except (TypeError, ValueError, OverflowError):
        number = -1.0
    if not 0.0 <= number <= LATEST:
        raise ConfigError(f"{name} is {value!r}, must be a number of seconds of 0 to {LATEST:g}")
    return number


def intervals_of(segments: Iterable[Segment], kind: str = "speech") -> Intervals:
    """Return one of the three pairs of times of segments, shape (n, 2).

    Parameters
    ----------
    segments
        As `detect_speech` returns them, or a label row's ``.segment``.
    kind
        ``"speech"``: `start` and `end`; ``"sound"``: `audio_start` and `audio_end`; ``"decided"``: `started_at` and
        `ended_at`.

    Examples
    --------
    >>> intervals_of([Segment(1.0, 2.0, started_at=1.3, ended_at=2.5)], "decided").tolist()
    [[1.3, 2.5]]
    """
    names = {
        "speech": ("start", "end"),
        "sound": ("audio_start", "audio_end"),
        "decided": ("started_at", "ended_at"),
    }
    if kind not in names:
        raise ConfigError(f"kind is {kind!r}, must be one of {', '.join(names)}")
    try:
        pairs = [[getattr(segment, name) for name in names[kind]] for segment in segments]
    except (TypeError, AttributeError):
        raise FormatError(f"segments are {segments!r:.60}, must be Segment: of a label row its .segment") from None
    return np.array(pairs, np.float64).reshape(-1, 2)


def lengths(intervals: Intervals) -> NDArray[np.float64]:
    """Return the length of each stretch, seconds, shape (n,)."""
    difference: NDArray[np.float64] = intervals[:, 1] - intervals[:, 0]
    return difference


def merge(intervals: Intervals, gap: float = 0.0) -> Intervals:
    """Return what the stretches cover: sorted, apart, those that overlap, touch or leave less than `gap` joined."""
    kept = intervals[lengths(intervals) > PRECISION]
    if len(kept) < 2:
        return kept
    kept = kept[np.argsort(kept[:, 0], kind="stable")]
    ends = np.maximum.accumulate(kept[:, 1])
    between = kept[1:, 0] - ends[:-1]
    first = np.flatnonzero(np.concatenate(([True], (between > PRECISION) & (between >= gap))))
    return np.column_stack((kept[first, 0], ends[np.append(first[1:], len(kept)) - 1]))


def clip(intervals: Intervals, region: Intervals) -> Intervals:
    """Return the parts of stretches that lie in `region`; both are merged, and so is the result."""
    low, high = _reach(intervals, region)
    counts = np.maximum(high - low, 0)
    # All pairs that meet, stretch by stretch: entry k of a stretch's run is region `low + k`.
    one = np.repeat(np.arange(len(intervals)), counts)
    other = np.arange(len(one)) + np.repeat(low - np.cumsum(counts) + counts, counts)
    return _common(intervals[one], region[other])


def cover(intervals: Intervals, region: Intervals) -> Intervals:
    """Return what stretches, in any order and on top of each other, cover of `region`, which is merged: merged too."""
    low, high = _reach(intervals, region)
    # A stretch ends within the first and the last part of the region that it reaches; those between it covers whole.
    reaching = high > low
    first = _common(intervals[reaching], region[low[reaching]])
    last = _common(intervals[reaching], region[high[reaching] - 1])
    inner = high - low > 2
    steps = np.zeros(len(region) + 1, np.int64)
    np.add.at(steps, low[inner] + 1, 1)
    np.add.at(steps, high[inner] - 1, -1)
    whole = region[np.cumsum(steps)[:-1] > 0]
    return merge(np.concatenate((first, last, whole)))


def _reach(intervals: Intervals, region: Intervals) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Return for each stretch the first part of the region that it may meet, and the first behind it that it cannot."""
    return (
        np.searchsorted(region[:, 1], intervals[:, 0], "right"),
        np.searchsorted(region[:, 0], intervals[:, 1], "left"),
    )


def _common(intervals: Intervals, others: Intervals) -> Intervals:
    """Return what the stretches of each pair have in common, where that is more than nothing."""
    (start, end), (begin, stop) = intervals.T, others.T
    meet = np.where(start < begin, begin < end - PRECISION, (start == begin) | (start < stop - PRECISION))
    parts = np.column_stack((np.maximum(start, begin), np.minimum(end, stop)))
    kept: Intervals = parts[meet & (lengths(parts) > PRECISION)]
    return kept


def gaps(intervals: Intervals, region: Intervals) -> Intervals:
    """Return the parts of `region`, which is merged, that none of the stretches covers."""
    covered = cover(intervals, region)
    starts = np.sort(np.concatenate((region[:, 0], covered[:, 1])))
    ends = np.sort(np.concatenate((covered[:, 0], region[:, 1])))
    free: Intervals = np.column_stack((starts, ends))
    return free[lengths(free) > PRECISION]


def scored_region(
    reference: Intervals, hypothesis: Intervals, uem: Intervals | None = None, collar: float = 0.0
) -> Intervals:
    """Return the time that is scored, without `collar` seconds to each side of every boundary in the reference.

    That is `uem`, or from the first start to the last end in either.
    """
    if uem is None:
        both = np.concatenate((reference, hypothesis))
        both = both[lengths(both) > PRECISION]
        region = np.array([[both[:, 0].min(), both[:, 1].max()]]) if len(both) else both
    else:
        region = merge(uem)
    if collar == 0.0:
        return region
    boundaries = reference[lengths(reference) > PRECISION].ravel()
    return gaps(merge(np.column_stack((boundaries - collar, boundaries + collar))), region)


def overlapping(intervals: Intervals, others: Intervals) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Return for each stretch which of `others`, sorted and apart, it overlaps: from the first up to before the second.

    Where it overlaps none, the second is not above the first.
    """
    first = np.searchsorted(others[:, 1], intervals[:, 0] + PRECISION, "right")
    last = np.searchsorted(others[:, 0], intervals[:, 1] - PRECISION, "left")
    return first, last
