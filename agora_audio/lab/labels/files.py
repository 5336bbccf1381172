"""Label files: which formats there are, one writer for streams and files, one reader that finds the format."""

from __future__ import annotations

import codecs
import math
import os
import re
import secrets
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType, TracebackType
from typing import IO, Any

from agora_audio.errors import ConfigError, FormatError
from agora_audio.lab.labels import cues, tables, textgrid
from agora_audio.lab.labels.rows import LabelledSegment, rounded

__all__ = ["FORMATS", "LabelFormat", "LabelWriter", "format_of_suffix", "read_labels", "write_labels"]


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

_HEADERS = {"csv": tables.CSV_HEADER, "vtt": cues.VTT_HEADER}
_LINES: Mapping[str, Callable[[LabelledSegment, int], str]] = {
    "jsonl": lambda row, number: tables.jsonl_line(row),
    "csv": lambda row, number: tables.csv_line(row),
    "rttm": lambda row, number: tables.rttm_line(row),
    "audacity": lambda row, number: tables.audacity_line(row),
    "srt": cues.srt_cue,
    "vtt": lambda row, number: cues.vtt_cue(row),
}
_WHOLES: Mapping[str, Callable[[Sequence[LabelledSegment], Mapping[str, float]], str]] = {
    "textgrid": textgrid.textgrid_text,
    "scv": tables.scv_text,
}
_READERS: Mapping[str, Callable[[str, str], list[LabelledSegment]]] = {
    "jsonl": tables.read_jsonl,
    "csv": tables.read_csv,
    "rttm": tables.read_rttm,
    "audacity": tables.read_audacity,
    "textgrid": textgrid.read_textgrid,
    "srt": cues.read_srt,
    "vtt": cues.read_vtt,
    "scv": tables.read_scv,
}
_BY_SUFFIX = {spec.suffix.lower(): name for name, spec in FORMATS.items()}
_WRITE_ANY = "write " + ", ".join(name for name, spec in FORMATS.items() if spec.files and spec.channels)


class LabelWriter:
    r"""Write rows to an open text stream, each at once where the format allows it.

    Parameters
    ----------
    stream : IO[str]
        Never closed here. Open a file with ``encoding="utf-8", newline="\n"``.
    format : str
        One of `FORMATS`.

    Notes
    -----
    As a context manager it closes itself at the end of the block, but not when an exception leaves the block: half a
    TextGrid would pass for a whole one. Rows that were written line by line are out already.

    Examples
    --------
    >>> import sys
    >>> from agora_audio.vad.segments import Segment
    >>> with LabelWriter(sys.stdout, "rttm") as writer:
    ...     writer.write(LabelledSegment(Segment(1.2, 3.45), "call"))
    SPEAKER call 1 1.200000 2.250000 <NA> <NA> speech <NA> <NA>
    """

    def __init__(self, stream: IO[str], format: str) -> None:
        self._format = _known(format)
        self._stream = stream
        self._channels: dict[str, int | None] = {}  # of each recording seen, the first
        self._rows: list[LabelledSegment] = []  # kept only where the file is written as a whole
        self._written = 0
        self._closed = False

    def write(self, row: LabelledSegment) -> None:
        """Write one row; a line format writes and flushes it before this returns.

        Raises
        ------
        ConfigError
            The format cannot hold this row beside those before it.
        FormatError
            A time is not finite, lies before 0 or ends before it starts; the stream's encoding cannot hold a name.
        """
        if self._closed:
            raise ConfigError("this LabelWriter is closed; make a new one for more rows")
        exact = rounded(row)
        self._admit(exact)
        if self._format in _WHOLES:
            self._rows.append(exact)
            return
        self._emit(self._header() + _LINES[self._format](exact, self._written + 1))
        self._written += 1

    def close(self, durations: Mapping[str, float] | None = None) -> None:
        """Write what is still to be written; a second call does nothing. The stream stays open.

        Parameters
        ----------
        durations : mapping of str to float, optional
            Length of each recording in seconds. A TextGrid and a line of ``.scv`` end there, or with the last segment
            if that is later or the length is not known. In ``.scv`` a recording without speech has a line only if it
            is named here.
        """
        if self._closed:
            return
        lengths = {file: _checked_length(file, length) for file, length in (durations or {}).items()}
        text = _WHOLES[self._format](self._rows, lengths) if self._format in _WHOLES else self._header()
        self._emit(text)
        self._closed = True

    def __enter__(self) -> LabelWriter:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        if kind is None:
            self.close()

    def _header(self) -> str:
        return "" if self._written else _HEADERS.get(self._format, "")

    def _admit(self, row: LabelledSegment) -> None:
        """Refuse a row whose file, channel or label the format would lose."""
        spec, name = FORMATS[self._format], self._format
        first = next(iter(self._channels), row.file)
        if not spec.files and row.file != first:
            raise ConfigError(
                f"format={name!r} cannot tell {row.file!r} from {first!r}: write one label file each, or {_WRITE_ANY}"
            )
        channel = self._channels.setdefault(row.file, row.channel)
        if not spec.channels and row.channel != channel:
            raise ConfigError(
                f"format={name!r} cannot tell the channels of {row.file!r} apart: write one of them, or {_WRITE_ANY}"
            )
        if not spec.labels and row.label != "speech":
            raise ConfigError(
                f"format={name!r} knows only the label 'speech', not {row.label!r}: rename it, or {_WRITE_ANY}"
            )

    def _emit(self, text: str) -> None:
        try:
            self._stream.write(text)
        except UnicodeEncodeError as error:
            odd = error.object[error.start : error.end]
            raise FormatError(
                f"the output's encoding ({error.encoding}) cannot hold {odd!r:.60}: write UTF-8 (PYTHONUTF8=1 sets "
                "it for standard output), or rename the recording"
            ) from error
        self._stream.flush()


def write_labels(
    path: str | os.PathLike[str],
    rows: Iterable[LabelledSegment],
    format: str | None = None,
    durations: Mapping[str, float] | None = None,
) -> None:
    """Write a label file, whole or not at all: a file beside it is written, then takes its place.

    Parameters
    ----------
    path : path
        Written as UTF-8 with LF line ends. What exists and is no regular file, such as ``/dev/stdout``, is written to
        directly.
    rows : iterable of LabelledSegment
        In any order.
    format : str, optional
        One of `FORMATS`; by the suffix of `path` if left out.
    durations : mapping of str to float, optional
        Length of each recording in seconds, see `LabelWriter.close`.

    Raises
    ------
    ConfigError
        The format is unknown, or cannot hold these rows.
    FormatError
        A row cannot be written, or two overlap where they must not.
    """
    target = Path(path)
    name = format_of_suffix(target.name) if format is None else _known(format)
    if target.exists() and not target.is_file():
        with open(target, "w", encoding="utf-8", newline="\n") as stream:
            _write_all(stream, name, rows, durations)
        return
    target = target.resolve()  # a link stays, its file is replaced
    beside = target.with_name(f".labels-{secrets.token_hex(8)}.tmp")
    try:
        with open(beside, "x", encoding="utf-8", newline="\n") as stream:
            _write_all(stream, name, rows, durations)
        os.replace(beside, target)
    except BaseException:
        beside.unlink(missing_ok=True)
        raise


def _write_all(
    stream: IO[str], format: str, rows: Iterable[LabelledSegment], durations: Mapping[str, float] | None
) -> None:
    with LabelWriter(stream, format) as writer:
        for row in rows:
            writer.write(row)
        writer.close(durations)


def read_labels(
    path_or_stream: str | os.PathLike[str] | IO[str] | IO[bytes], format: str | None = None
) -> list[LabelledSegment]:
    """Read a label file into rows, in the order they stand.

    Parameters
    ----------
    path_or_stream : path or open stream
        UTF-8, with or without a byte order mark, or UTF-16 with one. A stream is read to its end and not closed.
    format : str, optional
        One of `FORMATS`. Left out, the suffix tells, or else the first line that is not blank; of a ``.txt`` the line.

    Returns
    -------
    list of LabelledSegment
        Empty for a file without segments.

    Raises
    ------
    ConfigError
        The format is unknown.
    FormatError
        The file is not what it should be; the message names the file and the line.
    """
    if format is not None:
        _known(format)
    if isinstance(path_or_stream, (str, os.PathLike)):
        name = os.fspath(path_or_stream)
        data: str | bytes = Path(path_or_stream).read_bytes()
    else:
        name = str(getattr(path_or_stream, "name", "<stream>"))
        data = _read_stream(path_or_stream, name)
    text = _decoded(data, name) if isinstance(data, bytes) else data.removeprefix("\ufeff")
    return _READERS[format or _found_format(text, name)](text, name)


def _read_stream(stream: IO[Any], name: str) -> str | bytes:
    try:
        data: str | bytes = stream.read()
    except UnicodeDecodeError as error:
        raise FormatError(f"{name}: not {error.encoding} text ({error.reason}); save it as UTF-8") from error
    return data


def _decoded(data: bytes, name: str) -> str:
    encoding = "utf-16" if data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)) else "utf-8-sig"
    try:
        return data.decode(encoding)
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise FormatError(
            f"{name}, line {line}: not {error.encoding} text ({error.reason}); save it as UTF-8"
        ) from error


def _known(format: str) -> str:
    if format not in FORMATS:
        raise ConfigError(f"format={format!r} is unknown: choose one of {', '.join(FORMATS)}")
    return format


def format_of_suffix(name: str | os.PathLike[str]) -> str:
    """Return the format that a file's suffix names; ConfigError if it names none."""
    name = os.fspath(name)
    suffix = os.path.splitext(name)[1].lower()
    if suffix not in _BY_SUFFIX:
        known = ", ".join(f"{spec.suffix} ({name})" for name, spec in FORMATS.items())
        raise ConfigError(f"suffix {suffix!r} of {name!r} names no label format: give format=, or one of {known}")
    return _BY_SUFFIX[suffix]


def _checked_length(file: str, length: float) -> float:
    if not 0.0 <= length < math.inf:
        raise ConfigError(f"durations[{file!r}]={length!r} must be a finite number of seconds from 0")
    return round(float(length), 6)


def _found_format(text: str, name: str) -> str:
    suffix = os.path.splitext(name)[1].lower()
    by_suffix = _BY_SUFFIX.get(suffix)
    if by_suffix and suffix != ".txt":
        return by_suffix
    first = next((line for line in re.split(r"[\r\n]+", text) if line.strip()), "")
    found = _sniffed(first) or by_suffix
    if found is None:
        what = f"its first line, {first!r:.60}, is" if first else "it is empty and has"
        raise FormatError(f"{name}, line 1: {what} of no known label format: give format=, one of {', '.join(FORMATS)}")
    return found


def _sniffed(line: str) -> str | None:
    """Return the format that a first line betrays."""
    number = r"\d+(\.\d*)?"
    marks = {
        "jsonl": r"\s*\{.*",
        "vtt": r"WEBVTT(\s.*)?",
        "textgrid": r'\s*(File type\s*=\s*)?"ooTextFile.*',
        "rttm": rf";;.*|({'|'.join(sorted(tables.RTTM_TYPES))})\s.*",
        "audacity": rf"{number}\t{number}(\t.*)?",
        "scv": rf"[^,]*(,{number},{number},[01])+\s*",
        "srt": r"\s*\d+\s*|.*\d\s*-->\s*\d.*",
        "csv": r'(.*,)?\s*"?start"?\s*(,.*)?',
    }
    return next((name for name, pattern in marks.items() if re.fullmatch(pattern, line, re.ASCII)), None)
