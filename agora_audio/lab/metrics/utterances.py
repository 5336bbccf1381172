"""Utterance by utterance: what somebody who talks to an agent notices.

An utterance is a stretch of speech in the reference, stretches that touch, overlap or leave less than `pause` between
them being one. It is matched with every segment that overlaps it. What was found keeps its segments: two that touch
stay two, since a STOP and a START were decided between them; two that overlap are one. Lengths of up to 1 us count as
none, on both sides.

A segment has three starts and three ends (see `Segment`), and each answers another question. Where the boundary was
*placed* (`start`, `end`) is what a transcript shows. Where the *sound* that was handed out begins (`audio_start`) is
what a recogniser can hear. When it was *decided* (`started_at`, `ended_at`) is when an agent can act. Where labels know
only the first, it stands for the others.
"""

from __future__ import annotations

from dataclasses import dataclass, field, fields
from typing import Any

import numpy as np
from numpy.typing import NDArray

from agora_audio.errors import FormatError
from agora_audio.lab.metrics.intervals import (
    PRECISION,
    Intervals,
    checked_seconds,
    lengths,
    merge,
    overlapping,
    validate,
)

__all__ = ["UtteranceErrors", "utterance_errors"]

_Times = NDArray[np.float64]


def _no_times() -> _Times:
    return np.zeros(0)


@dataclass(frozen=True)
class UtteranceErrors:
    """What went wrong with utterances; those of several recordings add up.

    The arrays have an entry for each utterance where the question has an answer, in milliseconds.
    """

    utterances: int = 0
    """In the reference."""
    segments: int = 0
    """That were found."""
    missed: int = 0
    """Utterances that no segment overlaps."""
    false: int = 0
    """Segments that overlap no utterance: each interrupts an agent that speaks."""
    splits: int = 0
    """Segments beyond the first in an utterance, summed over utterances."""
    merges: int = 0
    """Utterances beyond the first in a segment, summed over segments."""
    decided: int = 0
    """Segments of which it is known when they were decided."""
    premature_ends: int = 0
    """Ends that were decided while an utterance went on, of segments of which that is known."""
    onset_error_ms: _Times = field(default_factory=_no_times)
    """`start` of the segment minus that of the utterance; above 0: too late."""
    onset_latency_ms: _Times = field(default_factory=_no_times)
    """From the start of the utterance until START was decided."""
    onset_clipped_ms: _Times = field(default_factory=_no_times)
    """Beginning of the utterance that is not in the sound handed out, from 0."""
    end_error_ms: _Times = field(default_factory=_no_times)
    """`end` of the segment minus that of the utterance; above 0: too late."""
    end_latency_ms: _Times = field(default_factory=_no_times)
    """From the end of the utterance until STOP was decided; below 0: while it still went on."""

    def __add__(self, other: UtteranceErrors) -> UtteranceErrors:
        def both(name: str) -> Any:
            one, two = getattr(self, name), getattr(other, name)
            return np.concatenate((one, two)) if isinstance(one, np.ndarray) else one + two

        return UtteranceErrors(*(both(spec.name) for spec in fields(self)))


def utterance_errors(
    reference: Any,
    hypothesis: Any,
    uem: Any = None,
    *,
    sound: Any = None,
    decided: Any = None,
    pause: float = 0.0,
    duration: float | None = None,
) -> UtteranceErrors:
    """Match segments with utterances and return what went wrong.

    Parameters
    ----------
    reference, hypothesis
        Speech, and the `start` and `end` of what was found: seconds, shape (n, 2), in any order.
    uem
        What is scored, shape (n, 2); None: everything. Utterances and segments that overlap it are counted whole; of
        the arrays only what concerns a boundary inside it.
    sound, decided
        `audio_start` and `audio_end`, `started_at` and `ended_at` of the same segments, shape as `hypothesis`; None:
        not known. `intervals_of` makes them of segments. Where all are equal to `hypothesis` they count as not known.
    pause
        Utterances with a pause shorter than this are one, seconds. Labels made word by word need it: no agent should
        answer within a sentence.
    duration
        Length of the recording, seconds: an end that was decided there was decided by the end of the recording and says
        nothing of latency. None: not known.

    Raises
    ------
    FormatError, ConfigError
        As of `validate`; `sound` or `decided` are not as many as `hypothesis`; `pause` is no number of seconds.

    Examples
    --------
    >>> errors = utterance_errors([(1, 3), (5, 6)], [(1.25, 2), (2.5, 3.25), (8, 9)])
    >>> errors.missed, errors.false, errors.splits
    (1, 1, 1)
    >>> errors.onset_error_ms.tolist(), errors.end_error_ms.tolist()
    ([250.0], [250.0])
    """
    wanted = merge(validate("reference", reference), checked_seconds("pause", pause))
    placed = validate("hypothesis", hypothesis)
    heard, known = _like("sound", sound, placed), _like("decided", decided, placed)
    told = bool((known != placed).any())
    found, heard, known = _joined(placed, heard, known)
    first, behind = overlapping(wanted, found)
    begin, stop = overlapping(found, wanted)
    matches, claims = np.maximum(behind - first, 0), np.maximum(stop - begin, 0)
    region = None if uem is None else merge(validate("uem", uem))
    limit = np.inf if duration is None else checked_seconds("duration", duration)
    counted, counted_found = _meets(wanted, region), _meets(found, region)
    return UtteranceErrors(
        utterances=int(counted.sum()),
        segments=int(counted_found.sum()),
        missed=int((counted & (matches == 0)).sum()),
        false=int((counted_found & (claims == 0)).sum()),
        splits=int(np.maximum(matches - 1, 0)[counted].sum()),
        merges=int(np.maximum(claims - 1, 0)[counted_found].sum()),
        decided=int(counted_found.sum()) if told else 0,
        premature_ends=int((_inside(known[:, 1], wanted) & counted_found).sum()) if told else 0,
        **_boundaries(wanted, (found, heard, known), (first, behind), (begin, stop), region, limit),
    )


def _like(name: str, given: Any, placed: Intervals) -> Intervals:
    if given is None:
        return placed
    times = np.asarray(given)
    if times.shape != placed.shape and not times.size == placed.size == 0:
        raise FormatError(f"{name} has the shape {times.shape}, hypothesis {placed.shape}: must be the same segments")
    return validate(name, given)


def _joined(placed: Intervals, heard: Intervals, known: Intervals) -> tuple[Intervals, Intervals, Intervals]:
    """Sort segments, leave out those without a length, and make one of those that overlap."""
    order = np.argsort(placed[:, 0], kind="stable")
    order = order[lengths(placed)[order] > PRECISION]
    if not len(order):
        return placed[order], heard[order], known[order]
    ends = np.maximum.accumulate(placed[order, 1])
    apart = placed[order[1:], 0] - ends[:-1] >= -PRECISION
    starts = np.flatnonzero(np.concatenate(([True], apart)))

    def one_of(times: Intervals) -> Intervals:
        early, late = np.minimum.reduceat(times[order, 0], starts), np.maximum.reduceat(times[order, 1], starts)
        return np.column_stack((early, late))

    return one_of(placed), one_of(heard), one_of(known)


def _meets(intervals: Intervals, region: Intervals | None) -> NDArray[np.bool_]:
    if region is None:
        return np.ones(len(intervals), bool)
    first, behind = overlapping(intervals, region)
    meets: NDArray[np.bool_] = behind > first
    return meets


def _inside(times: _Times, intervals: Intervals) -> NDArray[np.bool_]:
    """Return for each time whether it lies inside of a stretch, more than 1 us from its ends."""
    first, behind = overlapping(np.column_stack((times, times)), intervals)
    inside: NDArray[np.bool_] = behind > first
    return inside


def _boundaries(
    wanted: Intervals,
    segments: tuple[Intervals, Intervals, Intervals],
    matches: tuple[NDArray[np.intp], NDArray[np.intp]],
    claims: tuple[NDArray[np.intp], NDArray[np.intp]],
    region: Intervals | None,
    limit: float,
) -> dict[str, _Times]:
    """Compare the boundaries of utterances with those of the segments that found them."""
    found, heard, known = segments
    (first, behind), (begin, stop) = matches, claims
    utterance = np.flatnonzero(behind > first)
    opening, closing = first[utterance], behind[utterance] - 1
    starts, ends = wanted[utterance, 0], wanted[utterance, 1]
    start_scored, end_scored = (_within(times, region) for times in (starts, ends))
    # A segment that began for an earlier utterance says nothing about this one's start, nor one that went on its end.
    opens = start_scored & (begin[opening] == utterance)
    closes = end_scored & (stop[closing] - 1 == utterance)

    def ms(late: _Times, kept: NDArray[np.bool_]) -> _Times:
        rounded: _Times = np.round(1000.0 * late[kept], 6)  # whole nanoseconds, without the noise of binary
        return rounded

    return {
        "onset_error_ms": ms(found[opening, 0] - starts, opens),
        "onset_latency_ms": ms(known[opening, 0] - starts, opens),
        "onset_clipped_ms": ms(np.maximum(heard[opening, 0] - starts, 0.0), start_scored),
        "end_error_ms": ms(found[closing, 1] - ends, closes),
        "end_latency_ms": ms(known[closing, 1] - ends, closes & (known[closing, 1] < limit - PRECISION)),
    }


def _within(times: _Times, region: Intervals | None) -> NDArray[np.bool_]:
    if region is None:
        return np.ones(len(times), bool)
    spans = np.column_stack((np.maximum(times - 2 * PRECISION, 0.0), times + 2 * PRECISION))
    return _meets(spans, region)
