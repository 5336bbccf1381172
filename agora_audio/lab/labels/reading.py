"""Reading label files: the bytes to text, the format found, the rows."""

from __future__ import annotations

import codecs
import os
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import IO, Any

from agora_audio.errors import FormatError
from agora_audio.lab.labels import cues, tables, textgrid
from agora_audio.lab.labels.dumps import read_dump_segments
from agora_audio.lab.labels.formats import format_of_text, known_format
from agora_audio.lab.labels.rows import LabelledSegment

__all__ = ["read_labels", "text_of"]

_READERS: Mapping[str, Callable[[str, str], list[LabelledSegment]]] = {
    "jsonl": tables.read_jsonl,
    "csv": tables.read_csv,
    "rttm": tables.read_rttm,
    "audacity": tables.read_audacity,
    "textgrid": textgrid.read_textgrid,
    "srt": cues.read_srt,
    "vtt": cues.read_vtt,
    "scv": tables.read_scv,
    "json": tables.read_json,
}


def read_labels(
    path_or_stream: str | os.PathLike[str] | IO[str] | IO[bytes], format: str | None = None
) -> list[LabelledSegment]:
    """Read a label file into rows, in the order they stand.

    Parameters
    ----------
    path_or_stream : path or open stream
        UTF-8, with or without a byte order mark, or UTF-16 with one. A stream is read to its end and not closed.
    format : str, optional
        One of `FORMATS` or `SOURCES`. Left out, the suffix tells, or else the first line that is not blank; of a
        ``.txt`` the line. A folder is a dump.

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
        known_format(format, reading=True)
    if isinstance(path_or_stream, (str, os.PathLike)):
        path = Path(path_or_stream)
        if format == "dump" or (format is None and path.is_dir()):
            return read_dump_segments(path)
    text, name = text_of(path_or_stream)
    found = format or format_of_text(text, name)
    if found == "dump":
        if not isinstance(path_or_stream, (str, os.PathLike)):
            raise FormatError(f"{name}: of a dump, name the folder or its label.txt: its other files are needed too")
        return read_dump_segments(Path(path_or_stream))
    return _READERS[found](text, name)


def text_of(path_or_stream: str | os.PathLike[str] | IO[str] | IO[bytes]) -> tuple[str, str]:
    """Return the text of a label file and its name, for errors; FormatError if it is no text."""
    if isinstance(path_or_stream, (str, os.PathLike)):
        name = os.fspath(path_or_stream)
        data: str | bytes = Path(path_or_stream).read_bytes()
    else:
        if not hasattr(path_or_stream, "read"):
            raise FormatError(f"labels are {path_or_stream!r:.60}, must be a path or an open stream")
        name = str(getattr(path_or_stream, "name", "<stream>"))
        data = _read_stream(path_or_stream, name)
    return _decoded(data, name) if isinstance(data, bytes) else data.removeprefix("\ufeff"), name


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
