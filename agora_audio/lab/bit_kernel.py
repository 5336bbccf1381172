"""The state machine over bits, 64 frames a word, compiled by numba: what makes a sweep over thousands of configs short.

`VadStateMachine` is what decides in a call; this is the same machine for one recording and one config at once. What
makes it fast:

- Which frames are above a threshold is a row of bits that all configs share; which are active is two rows and an ``&``.
- A window's active frames are the bits set in one or two words.
- A window that lacks k active frames cannot have enough before k frames have passed: the search jumps.
- While speech is open only two things end it: the stop rule, or `max_speech` at a frame known beforehand. Whether the
  start was ever announced, and where the last active frame was, can be asked afterwards.

This module is imported only where numba is wanted. Without it the functions still run, as plain Python, far slower than
`agora_audio.lab.run_kernel`.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

__all__ = ["walk"]

_ALL = np.uint64(0xFFFFFFFFFFFFFFFF)
_PAIRS = np.uint64(0x5555555555555555)
_FOURS = np.uint64(0x3333333333333333)
_EIGHTS = np.uint64(0x0F0F0F0F0F0F0F0F)
_BYTES = np.uint64(0x0101010101010101)
_1, _2, _4, _56 = np.uint64(1), np.uint64(2), np.uint64(4), np.uint64(56)

_Words = NDArray[np.uint64]


def _compiled(function: Callable[..., Any]) -> Callable[..., Any]:
    """Compile a function when it is first called; kept on disk, if there is a place for it."""
    try:
        import numba
    except ImportError:  # who imports this knows; see `agora_audio.lab.decide`
        return function
    try:
        compiled: Callable[..., Any] = numba.njit(cache=True, nogil=True)(function)
    except RuntimeError:  # a system without any folder to write to
        compiled = numba.njit(nogil=True)(function)
    return compiled


@_compiled
def _bits_set(word: Any) -> Any:
    word = word - ((word >> _1) & _PAIRS)
    word = (word & _FOURS) + ((word >> _2) & _FOURS)
    word = (word + (word >> _4)) & _EIGHTS
    return np.int64((word * _BYTES) >> _56)


@_compiled
def _word(prob: _Words, level: _Words, both: Any, number: Any) -> Any:
    """Return which of 64 frames are active."""
    if both:
        return prob[number] & level[number]
    return prob[number] | level[number]


@_compiled
def _count(prob: _Words, level: _Words, both: Any, begin: Any, end: Any) -> Any:
    """Return how many frames from `begin` to before `end` are active."""
    if end <= begin:
        return 0
    first, last = begin >> 6, (end - 1) >> 6
    low, high = _ALL << np.uint64(begin & 63), _ALL >> np.uint64(63 - ((end - 1) & 63))
    if first == last:
        return _bits_set(_word(prob, level, both, first) & low & high)
    count = _bits_set(_word(prob, level, both, first) & low) + _bits_set(_word(prob, level, both, last) & high)
    for number in range(first + 1, last):
        count += _bits_set(_word(prob, level, both, number))
    return count


@_compiled
def _next(prob: _Words, level: _Words, both: Any, begin: Any, end: Any) -> Any:
    """Return the first active frame from `begin` to before `end`; `end` if there is none."""
    index = begin
    while index < end:
        word = _word(prob, level, both, index >> 6) >> np.uint64(index & 63)
        if word == 0:
            index = ((index >> 6) + 1) << 6
        elif word & _1:
            return index
        else:
            index += 1
    return end


@_compiled
def _last(prob: _Words, level: _Words, both: Any, begin: Any, end: Any) -> Any:
    """Return the last active frame from `begin` to before `end`; `begin - 1` if there is none."""
    index = end - 1
    while index >= begin:
        word = _word(prob, level, both, index >> 6) << np.uint64(63 - (index & 63))
        if word == 0:
            index = ((index >> 6) << 6) - 1
        elif word >> np.uint64(63):
            return index
        else:
            index -= 1
    return begin - 1


@_compiled
def _reference(prob: _Words, level: _Words, both: Any, rounded: NDArray[np.int8], first: Any, start: Any) -> Any:
    """Return the mean level of the active frames that started speech, on the SDK's scale, cut to a whole number."""
    total, active = 0, 0
    for index in range(first, start + 1):
        if _word(prob, level, both, index >> 6) >> np.uint64(index & 63) & _1:
            total += np.int64(rounded[index]) + 127
            active += 1
    return int(total / active)


@_compiled
def walk(  # noqa: C901 - one loop, since what numba calls it does not inline for sure
    start_prob: _Words,
    stop_prob: _Words,
    levels: NDArray[np.uint64],
    rounded: NDArray[np.int8],
    rules: NDArray[np.int64],
    factor: float,
    spans: NDArray[np.int64],
) -> Any:
    """Write a row a segment into `spans` and return how many there are.

    Parameters
    ----------
    start_prob, stop_prob
        Which frames are above the probability that counts while silent, and while speaking; shape (words,), the first
        frame in the lowest bit of the first word.
    levels
        Which frames are above each level from -127 to 0 dBFS; shape (128, words). Without the adaptive threshold only
        the two rows in use need be filled.
    rounded
        Level of each frame, rounded, of which the adaptive threshold is made; shape (frames,).
    rules
        As of `agora_audio.lab.decide.Rules.numbers`.
    factor
        Of the adaptive threshold.
    spans
        Room for half as many rows as there are frames: first active frame, last active frame, first frame handed out,
        frame of START and of STOP. STOP is the number of frames where the end of the recording closed the segment.
    """
    both, start_set, stop_set, start_count, active_needed, stop_count, inactive_needed = rules[:7]
    capacity, wait, min_frames, max_frames, adaptive, floor = rules[7:]
    frames = len(rounded)
    start_level, stop_level = levels[start_set + 127], levels[stop_set + 127]
    found = 0
    rest = 0  # first frame since the machine became idle
    while rest < frames:
        start = rest - 1 + max(wait, active_needed)
        while start < frames:
            lacking = active_needed - _count(
                start_prob, start_level, both, max(rest, start + 1 - start_count), start + 1
            )
            if lacking <= 0:
                break
            start += lacking
        if start >= frames:
            break
        onset = _next(start_prob, start_level, both, max(rest, start + 1 - start_count), start)
        if adaptive:
            first = onset
            if not both:  # the mean of `consecutive` is that of the whole run
                while first > rest and _last(start_prob, start_level, both, first - 1, first) == first - 1:
                    first -= 1
            reference = _reference(start_prob, start_level, both, rounded, first, start)
            start_db, stop_db = start_set, stop_set
            if reference:
                adapted = int(reference * factor) - 127
                start_db = max(adapted, start_set) if floor else adapted
                stop_db = max(adapted, stop_set) if floor else adapted
            start_level, stop_level = levels[min(start_db, 0) + 127], levels[min(stop_db, 0) + 127]
        first_out = max(rest, start + 1 - capacity)
        full = min(first_out + max_frames - 1, frames)  # frame at which the segment is as long as it may be
        late = max(start + 1, onset + min_frames - 1)
        announced = start
        if start + 1 - onset < min_frames:
            announced = _next(stop_prob, stop_level, both, late, full)
        stop = start + stop_count
        while stop < full:
            inactive = stop_count - _count(stop_prob, stop_level, both, stop + 1 - stop_count, stop + 1)
            if inactive < inactive_needed:
                stop += inactive_needed - inactive
            elif stop == announced:  # a START wins over a STOP at the same frame
                stop += 1
            else:
                break
        stop = min(stop, full)
        if announced < stop:
            end = _last(stop_prob, stop_level, both, start + 1, min(stop + 1, frames))
            spans[found, 0], spans[found, 1], spans[found, 2] = onset, end, first_out
            spans[found, 3], spans[found, 4] = announced, stop
            found += 1
        rest = stop + 1
    return found
