"""What the viewer is told: frames as bytes, decisions, errors and scores as plain values for JSON.

The viewer draws; whatever is a number that somebody might quote is computed here.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from agora_audio.errors import FormatError
from agora_audio.frames import SILENCE_DB
from agora_audio.lab.metrics import intervals_of, score
from agora_audio.lab.metrics.intervals import Intervals, clip, gaps, merge
from agora_audio.lab.report.recording import Recording
from agora_audio.lab.trace import VadTrace
from agora_audio.vad.config import AudioVadConfigV2
from agora_audio.vad.segments import Segment

__all__ = ["describe", "describe_lane", "frame_bytes"]

_SCORES = (
    "f1",
    "precision",
    "recall",
    "detection_error_rate",
    "missed_utterances",
    "false_utterances",
    "splits",
    "merges",
    "premature_ends",
    "onset_clipped_max_ms",
    "onset_latency_ms",
    "end_latency_ms",
)


def describe(
    recording: Recording,
    configs: Mapping[str, AudioVadConfigV2] | None = None,
    *,
    reference: Sequence[Segment] | None = None,
    title: str = "",
    engine: str = "",
) -> dict[str, Any]:
    """Return everything about a recording but its frames and its sound.

    Parameters
    ----------
    recording
        What `record_speech` or `record_dump` returned.
    configs
        Configs by the names they are shown with, side by side; None: that of the recording.
    reference
        What should have been found; None: not known, so there are no errors to show.
    title, engine
        Of the recording, and what judged it, for a person.

    Raises
    ------
    FormatError
        If there is no sound in the recording, or a reference is no segment.
    """
    trace = recording.trace
    if not len(trace.states):
        raise FormatError("there is no sound in the recording, so there is nothing to show")
    if reference is not None and not all(isinstance(one, Segment) for one in reference):
        raise FormatError("reference must be Segment: of a label row its .segment")
    chosen = configs or {"config": trace.config}
    lanes = [
        describe_lane(name, trace if config == trace.config else trace.with_config(config), reference)
        for name, config in chosen.items()
    ]
    return {
        "title": title,
        "summary": ", ".join(part for part in (trace.format.describe(), engine) if part),
        "duration": trace.duration,
        "frames": len(trace.states),
        "peak": _peak(trace),
        "lanes": lanes,
        "reference": None if reference is None else _rounded(merge(intervals_of(reference))),
    }


def describe_lane(name: str, trace: VadTrace, reference: Sequence[Segment] | None = None) -> dict[str, Any]:
    """Return what a config made of a recording, with its errors and scores where a reference is known."""
    config, usual = trace.config, AudioVadConfigV2().to_dict()
    values = config.to_dict()
    lane: dict[str, Any] = {
        "name": name,
        "config": values,
        "changed": [key for key, value in values.items() if value != usual[key]],
        "segments": [[round(time, 6) for time in one.to_dict().values()] for one in trace.segments],
        "voice": [config.start_voice_prob / 100, config.stop_voice_prob / 100],
        "level": _changes(trace),
        "missed": [],
        "false": [],
        "scores": None,
    }
    if reference is not None:
        wanted, found = merge(intervals_of(reference)), merge(intervals_of(trace.segments))
        region = np.array([[0.0, max(trace.duration, *wanted[-1:, 1].tolist(), 0.0)]])
        lane["missed"] = _rounded(clip(wanted, gaps(found, region)))
        lane["false"] = _rounded(clip(found, gaps(wanted, region)))
        lane["scores"] = _scores(trace, wanted)
    return lane


def _scores(trace: VadTrace, wanted: Intervals) -> dict[str, Any]:
    spoken = [intervals_of(trace.segments, kind) for kind in ("speech", "sound", "decided")]
    scores = score(wanted, spoken[0], sound=spoken[1], decided=spoken[2], duration=trace.duration)
    values = scores.values()
    return {name: values[name] for name in _SCORES}


def _rounded(intervals: Intervals) -> list[list[float]]:
    rounded: list[list[float]] = intervals.round(6).tolist()
    return rounded


def _changes(trace: VadTrace) -> list[list[float]]:
    """Return from when on which RMS threshold was in force: pairs of seconds and dBFS."""
    thresholds = trace.thresholds
    first = [0, *(np.flatnonzero(np.diff(thresholds)) + 1).tolist()]
    return [[round(trace.format.frame_time(frame - 1), 6), int(thresholds[frame])] for frame in first]


def _peak(trace: VadTrace) -> float:
    return max(float(-trace.lowest.min()), float(trace.highest.max()), 0.001)


def frame_bytes(trace: VadTrace) -> bytes:
    """Return four planes of a byte a frame, one after the other, as the viewer reads them.

    Lowest and highest sample, signed, where 127 is the peak of the recording; the probability, where 255 is 1; the
    level in steps of half a decibel from -127 dBFS.
    """
    peak = _peak(trace)
    planes: list[NDArray[Any]] = [
        (side / peak * 127).round().clip(-127, 127).astype(np.int8) for side in (trace.lowest, trace.highest)
    ]
    planes.append((trace.voice_prob * 255).round().astype(np.uint8))
    planes.append(((trace.rms_db - SILENCE_DB) * 2).round().astype(np.uint8))
    return b"".join(plane.tobytes() for plane in planes)
