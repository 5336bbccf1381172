"""Which label formats there are, and which of them a name or a first line means."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from agora_audio.errors import ConfigError, FormatError
from agora_audio.lab.labels.tables import RTTM_TYPES

__all__ = ["FORMATS", "SOURCES", "LabelFormat", "format_of_suffix", "format_of_text", "known_format", "suffix_of"]


@dataclass(frozen=True)
class LabelFormat:
    """What a label format is and what it can hold."""

    description: str
    """A few words for a help text."""
    suffix: str
    """Of its files, with the dot."""
    streams: bool
    """Rows are written one by one; if not, all at once when the writer is closed."""
    files: bool = True
    """Rows of several recordings fit in one label file."""
    channels: bool = True
    """Rows of several channels of one recording can be told apart."""
    labels: bool = True
    """Labels other than "speech" can be written."""


FORMATS: Mapping[str, LabelFormat] = MappingProxyType(
    {
        "jsonl": LabelFormat("one JSON object a line (canonical)", ".jsonl", streams=True),
        "csv": LabelFormat("table with a header row", ".csv", streams=True),
        "rttm": LabelFormat("NIST RTTM, speaker diarization", ".rttm", streams=True),
        "audacity": LabelFormat("Audacity label track", ".txt", streams=True, files=False, channels=False),
        "textgrid": LabelFormat("Praat TextGrid, a tier a channel", ".TextGrid", streams=False, files=False),
        "srt": LabelFormat("SubRip subtitles", ".srt", streams=True, files=False, channels=False),
        "vtt": LabelFormat("WebVTT subtitles", ".vtt", streams=True, files=False, channels=False),
        "scv": LabelFormat("ten-vad labels, 0 and 1", ".scv", streams=False, channels=False, labels=False),
    }
)
"""The label formats by name."""

SOURCES: Mapping[str, str] = MappingProxyType(
    {
        "json": "a JSON document: a list of objects with start and end, or an object with such a list",
        "dump": "the folder of a VadDump, or its label.txt",
    }
)
"""What labels are read from besides, by name; neither is written."""

_BY_SUFFIX = {spec.suffix.lower(): name for name, spec in FORMATS.items()}
_BY_NAME = {**_BY_SUFFIX, ".json": "json"}


def known_format(format: str, reading: bool = False) -> str:
    """Return the name of a format that can be written, or read, or raise the ConfigError that lists them."""
    known = [*FORMATS, *SOURCES] if reading else [*FORMATS]
    if format not in known:
        raise ConfigError(f"format={format!r} is unknown: choose one of {', '.join(known)}")
    return format


def format_of_suffix(name: str | os.PathLike[str]) -> str:
    """Return the format that a file's suffix names; ConfigError if it names none."""
    name = os.fspath(name)
    suffix = os.path.splitext(name)[1].lower()
    if suffix not in _BY_SUFFIX:
        known = ", ".join(f"{spec.suffix} ({name})" for name, spec in FORMATS.items())
        raise ConfigError(f"suffix {suffix!r} of {name!r} names no label format: give format=, or one of {known}")
    return _BY_SUFFIX[suffix]


def suffix_of(name: str | os.PathLike[str]) -> str | None:
    """Return the format that a file's suffix names, also one that is only read; None if it names none."""
    return _BY_NAME.get(os.path.splitext(os.fspath(name))[1].lower())


def format_of_text(text: str, name: str) -> str:
    """Return the format of a file: its suffix names it, or else its first line that is not blank; of a .txt the line.

    Raises
    ------
    FormatError
        Neither does.
    """
    by_suffix = suffix_of(name)
    if by_suffix and by_suffix != "audacity":
        return by_suffix
    first = next((line for line in re.split(r"[\r\n]+", text) if line.strip()), "")
    found = _sniffed(first) or by_suffix
    if found is None:
        what = f"its first line, {first!r:.60}, is" if first else "it is empty and has"
        raise FormatError(
            f"{name}, line 1: {what} of no known label format: let its suffix say which, or give format=, one of "
            f"{', '.join(FORMATS)}"
        )
    return found


def _sniffed(line: str) -> str | None:
    """Return the format that a first line betrays."""
    number = r"\d+(\.\d*)?"
    marks = {
        "dump": r"ct:\s*-?\d+ fct:.*",
        "jsonl": r'\s*\{\s*".*',
        "json": r"\s*\{\s*|\s*\[\s*(\{.*)?",
        "vtt": r"WEBVTT(\s.*)?",
        "textgrid": r'\s*(File type\s*=\s*)?"ooTextFile.*',
        "rttm": rf";;.*|({'|'.join(sorted(RTTM_TYPES))})\s.*",
        "audacity": rf"{number}\t{number}(\t.*)?",
        "scv": rf"[^,]*(,{number},{number},[01])+\s*",
        "srt": r"\s*\d+\s*|.*\d\s*-->\s*\d.*",
        "csv": r'(.*,)?\s*"?start"?\s*(,.*)?',
    }
    return next((name for name, pattern in marks.items() if re.fullmatch(pattern, line, re.ASCII)), None)
