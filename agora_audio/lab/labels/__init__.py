"""Speech labels in the formats engineers exchange, read and written.

============ =========== ====== ===== ======== ======= ================================================
format       suffix      live   files channels labels  written times
============ =========== ====== ===== ======== ======= ================================================
``jsonl``    .jsonl      yes    many  yes      any     1 us, all six of a segment; the canonical format
``csv``      .csv        yes    many  yes      any     1 us, all six of a segment
``rttm``     .rttm       yes    many  yes      any     1 us
``audacity`` .txt        yes    one   one      any     1 us
``textgrid`` .TextGrid   no     one   yes      any     1 us
``srt``      .srt        yes    one   one      any     1 ms
``vtt``      .vtt        yes    one   one      any     1 ms
``scv``      .scv        no     many  one      speech  1 us
============ =========== ====== ===== ======== ======= ================================================

Read, never written: ``json``, a document with a list of segments (``.json``), and ``dump``, what `VadDump` or the SDK's
wrote. Which part of a recording is scored stands in a UEM file, see `read_uem`.

*Live*: rows are written one by one, as they are found; the others are written when the writer is closed. What a format
cannot hold is refused by name when it is written, never dropped: a second recording in an SRT file, for one. A format
that does not name the recording or the channel reads back as file ``""`` and channel None, a row without a label as
``"speech"``.

Notes
-----
RTTM has no quoting and no way to say "the mix": white space in a name or a label becomes ``_``, channel None is written
as 1 and comes back as channel 0. The line breaks and runs of spaces in a label become one space in Audacity, SRT and
VTT, and ``-->`` becomes ``->`` in SRT; a comma or a line break in a file name becomes ``_`` in ``.scv``.
"""

from __future__ import annotations

from agora_audio.lab.labels.formats import FORMATS, SOURCES, LabelFormat, format_of_suffix
from agora_audio.lab.labels.reading import read_labels
from agora_audio.lab.labels.rows import LabelledSegment
from agora_audio.lab.labels.uem import read_uem, write_uem
from agora_audio.lab.labels.writing import LabelWriter, write_labels

__all__ = [
    "FORMATS",
    "SOURCES",
    "LabelFormat",
    "LabelWriter",
    "LabelledSegment",
    "format_of_suffix",
    "read_labels",
    "read_uem",
    "write_labels",
    "write_uem",
]
