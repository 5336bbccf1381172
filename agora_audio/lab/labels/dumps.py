"""Dumps as labels: the speech that a VAD found while a `VadDump`, ours or the SDK's, was written."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from agora_audio.errors import FormatError
from agora_audio.lab.labels.rows import LabelledSegment
from agora_audio.lab.labels.tables import rows_of_records
from agora_audio.vad.dump import DumpedLabels, read_dump
from agora_audio.vad.segments import Segment
from agora_audio.vad.state_machine import VadState

__all__ = ["dump_folder", "read_dump_segments"]


def dump_folder(path: Path) -> Path | None:
    """Return the folder of the run that a path means: itself, the only one in it, or that of a ``label.txt``."""
    if path.name == "label.txt" and path.is_file():
        return path.parent
    if (path / "label.txt").is_file():
        return path
    runs = [label.parent for label in path.glob("*/label.txt")] if path.is_dir() else []
    return runs[0] if len(runs) == 1 else None


def read_dump_segments(path: Path) -> list[LabelledSegment]:
    """Return the speech in a dump: the segments it lists, all six times of them, or what its states tell.

    Parameters
    ----------
    path
        Folder of a run, or the folder above it if it holds one run only, or the run's ``label.txt``.

    Raises
    ------
    FormatError
        As of `read_dump`; or its ``segments.json`` lists something else.

    Notes
    -----
    A dump of the SDK holds no times. START and STOP were decided at the end of their frames, and the length of
    ``vad_N.pcm`` says where the sound that was handed out begins. Speech begins with the run of voiced frames (``vop``)
    that leads up to START and ends with the last voiced frame before STOP; where there is none, with the sound.
    """
    folder = dump_folder(path)
    labels = read_dump(folder or path)
    assert folder is not None  # read_dump has said why
    if (folder / "segments.json").is_file():
        return rows_of_records(_listed(folder / "segments.json"), str(folder / "segments.json"), "segments")
    return [LabelledSegment(segment) for segment in _told_by_states(folder, labels)]


def _listed(path: Path) -> list[Any]:
    segments = json.loads(path.read_text(encoding="utf-8")).get("segments")  # read_dump has checked the rest
    if not isinstance(segments, list):
        raise FormatError(f"{path}: no list of segments in it")
    return segments


def _told_by_states(folder: Path, labels: DumpedLabels) -> Iterator[Segment]:
    time = labels.format.frame_time
    voiced = labels.voice_prob > 0.5
    for number, (start, stop) in enumerate(_spans(labels.states.tolist())):
        # Go's dump leaves out the sound of the STOP frame; its columns are called .txt.
        unwritten = (folder / "rms.txt").is_file()
        sound_end = time(stop - 1 if unwritten else stop)
        sound_start = _sound_start(folder / f"vad_{number}.pcm", labels, sound_end, time(start - 1))
        first, last = start, stop
        while first > 0 and voiced[first - 1] and time(first - 2) >= sound_start - 1e-9:
            first -= 1
        while last > start and not voiced[last]:
            last -= 1
        yield Segment(
            time(first - 1) if voiced[start] else sound_start,
            time(last) if voiced[last] else sound_end,
            sound_start,
            sound_end,
            time(start),
            time(stop),
        )


def _spans(states: Sequence[int]) -> Iterator[tuple[int, int]]:
    """Yield the first and last frame of each segment; one without a STOP ends before the next START, or at the end."""
    start = None
    for frame, state in enumerate(states):
        if start is not None and state in (VadState.START_SPEAKING, VadState.NON_SPEAKING):
            yield start, frame - 1
            start = None
        if start is None and state in (VadState.START_SPEAKING, VadState.SPEAKING):
            start = frame
        if start is not None and state == VadState.STOP_SPEAKING:
            yield start, frame
            start = None
    if start is not None:
        yield start, len(states) - 1


def _sound_start(path: Path, labels: DumpedLabels, end: float, latest: float) -> float:
    if not path.is_file():
        return latest
    length = path.stat().st_size / labels.format.sample_bytes / labels.format.sample_rate
    return max(0.0, min(latest, round(end - length, 6)))
