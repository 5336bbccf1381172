"""NIST's UEM files: which parts of which recordings are scored, ``file channel start end`` a line."""

from __future__ import annotations

import os
from collections.abc import Iterable
from typing import IO

from agora_audio.lab.labels.reading import text_of
from agora_audio.lab.labels.rows import LabelledSegment, labelled, numbered_lines, rounded, seconds
from agora_audio.lab.labels.tables import nist_channel, nist_word
from agora_audio.lab.labels.writing import whole_text

__all__ = ["read_uem", "write_uem"]


def read_uem(path_or_stream: str | os.PathLike[str] | IO[str] | IO[bytes]) -> list[LabelledSegment]:
    """Read a UEM file into rows with the label ``"scored"``, in the order they stand.

    Parameters
    ----------
    path_or_stream : path or open stream
        As of `read_labels`. Lines that begin with ``;;`` are comments. The channel is NIST's, from 1; ``<NA>`` and 0
        are the mix.

    Raises
    ------
    FormatError
        A line is not ``file channel start end``; the message names it.

    Examples
    --------
    >>> import io
    >>> [row] = read_uem(io.StringIO("call 1 0.0 60.0"))
    >>> row.file, row.channel, row.segment.end
    ('call', 0, 60.0)
    """
    text, name = text_of(path_or_stream)
    rows = []
    for place, line in numbered_lines(text, name):
        fields = line.split()
        if not fields or line.startswith(";;"):
            continue
        if len(fields) != 4:
            raise place.error(f"{len(fields)} fields; write 'file channel start end', with no spaces in the file name")
        start, end = seconds(fields[2], "start", place), seconds(fields[3], "end", place)
        rows.append(labelled(place, start, end, fields[0], nist_channel(fields[1], place), "scored"))
    return rows


def write_uem(path: str | os.PathLike[str], rows: Iterable[LabelledSegment]) -> None:
    """Write a UEM file, whole or not at all; white space in a name becomes ``_``, the mix is channel 1.

    Raises
    ------
    FormatError
        A time is not finite, lies before 0 or ends before it starts.
    """
    with whole_text(path) as stream:
        for row in map(rounded, rows):
            channel = 1 if row.channel is None else row.channel + 1
            stream.write(f"{nist_word(row.file)} {channel} {row.segment.start:.6f} {row.segment.end:.6f}\n")
