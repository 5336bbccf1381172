"""Writing label files: one writer for streams and files."""

from __future__ import annotations

import io
import math
import os
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType
from typing import IO

from agora_audio.errors import ConfigError, FormatError
from agora_audio.lab.files import whole_file
from agora_audio.lab.labels import cues, tables, textgrid
from agora_audio.lab.labels.formats import FORMATS, format_of_suffix, known_format
from agora_audio.lab.labels.rows import LabelledSegment, rounded

__all__ = ["LabelWriter", "whole_text", "write_labels"]

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
        self._format = known_format(format)
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
    name = format_of_suffix(Path(path).name) if format is None else known_format(format)
    with whole_text(path) as stream:
        _write_all(stream, name, rows, durations)


@contextmanager
def whole_text(path: str | os.PathLike[str]) -> Iterator[IO[str]]:
    """Open a text file of labels, see `whole_file`."""
    with whole_file(path) as stream, io.TextIOWrapper(stream, "utf-8", newline="\n", write_through=True) as text:
        yield text
        text.flush()


def _write_all(
    stream: IO[str], format: str, rows: Iterable[LabelledSegment], durations: Mapping[str, float] | None
) -> None:
    with LabelWriter(stream, format) as writer:
        for row in rows:
            writer.write(row)
        writer.close(durations)


def _checked_length(file: str, length: float) -> float:
    if not 0.0 <= length < math.inf:
        raise ConfigError(f"durations[{file!r}]={length!r} must be a finite number of seconds from 0")
    return round(float(length), 6)
