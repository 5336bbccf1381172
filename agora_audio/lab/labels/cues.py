"""Labels as subtitles: SubRip (SRT) and WebVTT, times in milliseconds."""

from __future__ import annotations

import html
import re
from collections.abc import Iterator, Sequence

from agora_audio.lab.labels.rows import LabelledSegment, Place, labelled, numbered_lines
from agora_audio.lab.labels.tables import one_line

__all__ = ["VTT_HEADER", "read_srt", "read_vtt", "srt_cue", "vtt_cue"]

VTT_HEADER = "WEBVTT\n\n"

_TIME = r"(?:(\d{1,9}):)?([0-5]?\d):([0-5]?\d)(?:[.,](\d{1,3}))?"
_TIMING = re.compile(rf"\s*{_TIME}\s*-->\s*{_TIME}(?:\s.*)?", re.ASCII)
_TAG = re.compile(r"<[^>]*>")

_Line = tuple[Place, str]


def _time(seconds: float, point: str) -> str:
    whole = int(seconds)
    ms = whole * 1000 + round((seconds - whole) * 1000)
    return f"{ms // 3_600_000:02d}:{ms // 60_000 % 60:02d}:{ms // 1000 % 60:02d}{point}{ms % 1000:03d}"


def srt_cue(row: LabelledSegment, number: int) -> str:
    """Return the cue with the blank line after it; SRT has no escapes, so ``-->`` in a label becomes ``->``."""
    times = f"{_time(row.segment.start, ',')} --> {_time(row.segment.end, ',')}"
    return f"{number}\n{times}\n{one_line(row.label).replace('-->', '->')}\n\n"


def vtt_cue(row: LabelledSegment) -> str:
    """Return the cue with the blank line after it."""
    times = f"{_time(row.segment.start, '.')} --> {_time(row.segment.end, '.')}"
    return f"{times}\n{html.escape(one_line(row.label), quote=False)}\n\n"


def read_srt(text: str, name: str) -> list[LabelledSegment]:
    """Read SubRip; numbers before the cues and anything after the times are ignored."""
    return [row for block in _blocks(text, name) for row in _cue(block)]


def read_vtt(text: str, name: str) -> list[LabelledSegment]:
    """Read WebVTT; the header, NOTE, STYLE and REGION blocks, cue ids, settings and tags are ignored."""
    rows: list[LabelledSegment] = []
    for index, block in enumerate(_blocks(text, name)):
        place, line = block[0]
        if index == 0:
            if not re.fullmatch(r"WEBVTT(\s.*)?", line):
                raise place.error(f"{line!r:.60} is no WebVTT header; the first line is WEBVTT")
            block = block[1:] if _has_times(block[1:]) else []
        elif line.split()[0] in ("NOTE", "STYLE", "REGION") and not _has_times(block[:2]):
            continue
        rows.extend(_vtt_text(row) for row in _cue(block))
    return rows


def _vtt_text(row: LabelledSegment) -> LabelledSegment:
    text = html.unescape(_TAG.sub("", row.label))
    return LabelledSegment(row.segment, label=text if text.strip() else "speech")


def _blocks(text: str, name: str) -> Iterator[list[_Line]]:
    """Yield the runs of lines between blank ones."""
    block: list[_Line] = []
    for place, line in numbered_lines(text, name):
        if line.strip():
            block.append((place, line.strip()))
        elif block:
            yield block
            block = []
    if block:
        yield block


def _has_times(block: Sequence[_Line]) -> bool:
    return any("-->" in line for _, line in block)


def _cue(block: Sequence[_Line]) -> list[LabelledSegment]:
    """Return the cue of a block: an id or none, the times, the text; no row for an id that stands alone."""
    if not block or (len(block) == 1 and block[0][1].isdecimal()):
        return []
    at = 0 if _has_times(block[:1]) else 1
    if not _has_times(block[at : at + 1]):
        raise block[0][0].error(
            f"{block[0][1]!r:.60} is no cue: 'hh:mm:ss.mmm --> hh:mm:ss.mmm' is missing, or a blank line is inside it"
        )
    (place, times), text = block[at], block[at + 1 :]
    match = _TIMING.fullmatch(times)
    if match is None:
        raise place.error(f"{times!r:.60} are no times; write 'hh:mm:ss.mmm --> hh:mm:ss.mmm'")
    for next_place, line in text:
        if "-->" in line:
            raise next_place.error("a cue begins inside the one before it; put a blank line between them")
    fields = match.groups()
    return [labelled(place, _seconds(*fields[:4]), _seconds(*fields[4:]), label=" ".join(line for _, line in text))]


def _seconds(hours: str | None, minutes: str, secs: str, fraction: str | None) -> float:
    whole = int(hours or 0) * 3600 + int(minutes) * 60 + int(secs)
    return (whole * 1000 + int((fraction or "").ljust(3, "0"))) / 1000
