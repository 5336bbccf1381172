"""Labels with one row a line: JSON lines, CSV, RTTM, Audacity's label track; and ten-vad's line a recording."""

from __future__ import annotations

import csv
import io
import json
import math
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from agora_audio.errors import FormatError
from agora_audio.lab.labels.rows import TIMES, Item, LabelledSegment, Place, labelled, numbered_lines, seconds, tiles

__all__ = [
    "CSV_HEADER", "RTTM_TYPES", "audacity_line", "csv_line", "jsonl_line", "nist_channel", "nist_word", "one_line",
    "read_audacity", "read_csv", "read_json", "read_jsonl", "read_rttm", "read_scv", "rows_of_records", "rttm_line",
    "scv_text",
]  # fmt: skip

COLUMNS = ("file", "channel", "start", "end", "duration", *TIMES[2:], "label")
CSV_HEADER = ",".join(COLUMNS) + "\n"
RTTM_TYPES = frozenset(
    {"SPEAKER", "SPKR-INFO", "SEGMENT", "NOSCORE", "NO_RT_METADATA", "LEXEME", "NON-LEX", "NON-SPEECH", "FILLER",
     "EDIT", "IP", "SU", "CB", "A/P"}
)  # fmt: skip
"""What an RTTM line may begin with; only SPEAKER is a stretch of speech."""


def _record(row: LabelledSegment) -> dict[str, Any]:
    segment = row.segment
    times = {name: getattr(segment, name) for name in TIMES} | {"duration": _duration(row)}
    values = {"file": row.file, "channel": row.channel, "label": row.label, **times}
    return {name: values[name] for name in COLUMNS}


def _duration(row: LabelledSegment) -> float:
    return round(row.segment.end - row.segment.start, 6)


def _channel(value: Any, place: Place) -> int | None:
    if value is None or str(value).strip() == "":
        return None
    if isinstance(value, bool) or not re.fullmatch("[0-9]{1,9}", str(value).strip()):
        raise place.error(f"channel is {value!r:.60}; write a whole number from 0, or nothing for the mix")
    return int(value)


def _from_record(record: Mapping[str, Any], place: Place) -> LabelledSegment:
    for name in ("file", "label"):
        if not isinstance(record.get(name) or "", str):
            raise place.error(f"{name} is {record[name]!r:.60}; write a text")
    others = {name: seconds(record[name], name, place) for name in TIMES[2:] if record.get(name) not in (None, "")}
    start, end = (seconds(record.get(name), name, place) for name in TIMES[:2])
    channel = _channel(record.get("channel"), place)
    return labelled(place, start, end, record.get("file") or "", channel, record.get("label") or "", **others)


def jsonl_line(row: LabelledSegment) -> str:
    """Return one JSON object with every column, `channel` null for the mix."""
    return json.dumps(_record(row), ensure_ascii=False) + "\n"


def read_jsonl(text: str, name: str) -> list[LabelledSegment]:
    """Read one JSON object a line; only `start` and `end` are needed, and unknown keys are ignored."""
    rows = []
    for place, line in numbered_lines(text, name):
        if not line.strip():
            continue
        try:
            record = json.loads(line)
        except (ValueError, RecursionError) as error:
            raise place.error(f"not JSON ({error}); write one object a line") from error
        if not isinstance(record, dict):
            raise place.error(f'{line!r:.60} is not a JSON object such as {{"start": 1.2, "end": 3.45}}')
        rows.append(_from_record(record, place))
    return rows


def read_json(text: str, name: str) -> list[LabelledSegment]:
    """Read a JSON document: a list of objects with `start` and `end`, or an object with such a list.

    The list is called ``segments`` or ``speech``. Objects as of `read_jsonl`; several one after the other are that.
    """
    try:
        document = json.loads(text)
    except json.JSONDecodeError as error:
        if error.msg == "Extra data":
            return read_jsonl(text, name)
        raise Place(name, error.lineno).error(f"not JSON ({error.msg})") from error
    except RecursionError as error:
        raise Place(name, 1).error("not JSON that anybody wrote: it is nested too deeply") from error
    if isinstance(document, dict) and "start" in document:
        document = [document]
    key = ""
    if isinstance(document, dict):
        key = next((one for one in ("segments", "speech") if isinstance(document.get(one), list)), "")
        document = document.get(key)
    if not isinstance(document, list):
        raise FormatError(f'{name}: no list of segments; write {{"speech": [{{"start": 1.2, "end": 3.45}}]}}')
    return rows_of_records(document, name, key)


def rows_of_records(records: Sequence[Any], name: str, key: str) -> list[LabelledSegment]:
    """Return the rows of a list in a JSON document."""
    rows = []
    for place, record in ((Item(name, at, key), record) for at, record in enumerate(records)):
        if not isinstance(record, dict):
            raise place.error(f'{record!r:.60} is not an object such as {{"start": 1.2, "end": 3.45}}')
        rows.append(_from_record(record, place))
    return rows


def csv_line(row: LabelledSegment) -> str:
    """Return the columns of `CSV_HEADER`, quoted as RFC 4180 says."""
    return ",".join(_csv_field(value) for value in _record(row).values()) + "\n"


def _csv_field(value: Any) -> str:
    if isinstance(value, float):
        return f"{value:.6f}"
    text = "" if value is None else str(value)
    return '"' + text.replace('"', '""') + '"' if re.search(r'[",\r\n]|^\s|\s$', text) else text


def read_csv(text: str, name: str) -> list[LabelledSegment]:
    """Read a table with a header row; the columns `start` and `end` are needed, unknown ones are ignored."""
    columns: list[str] = []
    rows = []
    for place, fields in _csv_records(text, name):
        if not columns:
            columns = [column.strip() for column in fields]
            if missing := {"start", "end"}.difference(columns):
                lacking = f"the header lacks {' and '.join(sorted(missing))}"
                if ";" in columns[0]:
                    raise place.error(f"{lacking}; write commas between columns, not semicolons, and decimal points")
                raise place.error(f"{lacking}; it should be {CSV_HEADER.strip()}")
        elif len(fields) > len(columns):
            raise place.error(f"{len(fields)} fields under {len(columns)} columns; quote a field that holds a comma")
        else:
            rows.append(_from_record(dict(zip(columns, fields, strict=False)), place))
    return rows


def _csv_records(text: str, name: str) -> Iterator[tuple[Place, list[str]]]:
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    try:
        for fields in reader:
            if any(field.strip() for field in fields):
                yield Place(name, reader.line_num), fields
    except csv.Error as error:
        raise Place(name, reader.line_num).error(f"not CSV ({error}); double the quotes inside quotes") from error


def rttm_line(row: LabelledSegment) -> str:
    """Return a SPEAKER line of NIST's RTTM; the channel counts from 1, and the mix is channel 1."""
    channel = 1 if row.channel is None else row.channel + 1
    stretch = f"{row.segment.start:.6f} {_duration(row):.6f}"
    return f"SPEAKER {nist_word(row.file)} {channel} {stretch} <NA> <NA> {nist_word(row.label)} <NA> <NA>\n"


def nist_word(text: str) -> str:
    """Return a field of a NIST file, which cannot hold white space or be empty."""
    return re.sub(r"\s", "_", text) or "<NA>"


def read_rttm(text: str, name: str) -> list[LabelledSegment]:
    """Read the SPEAKER lines of an RTTM file; a channel ``<NA>`` or 0, as Kaldi writes it, is the mix."""
    rows = []
    for place, line in numbered_lines(text, name):
        fields = line.split()
        if not fields or line.startswith(";;"):
            continue
        if fields[0] not in RTTM_TYPES:
            raise place.error(f"{fields[0]!r:.60} is no RTTM type; a row begins with SPEAKER")
        if fields[0] == "SPEAKER":
            rows.append(_rttm_row(fields, place))
    return rows


def _rttm_row(fields: Sequence[str], place: Place) -> LabelledSegment:
    if not 8 <= len(fields) <= 10:
        raise place.error(
            f"{len(fields)} fields; write 'SPEAKER file channel start duration <NA> <NA> label <NA> <NA>', "
            "with no spaces in the file name"
        )
    file, label = ("" if fields[at] == "<NA>" else fields[at] for at in (1, 7))
    start, duration = seconds(fields[3], "start", place), seconds(fields[4], "duration", place)
    end = round(start + duration, 9)  # the sum of two decimals, without the noise of binary
    if end == math.inf:
        raise place.error("start and duration are too large")
    return labelled(place, start, max(start, end), file, nist_channel(fields[2], place), label)


def nist_channel(text: str, place: Place) -> int | None:
    """Return a channel of a NIST file, which counts from 1, counted from 0; ``<NA>`` and 0 are the mix."""
    number = _channel("" if text == "<NA>" else text, place)
    return number - 1 if number else None


def one_line(text: str) -> str:
    """Return the text with every run of white space turned into one space."""
    return " ".join(text.split())


def audacity_line(row: LabelledSegment) -> str:
    """Return a line of an Audacity label track."""
    return f"{row.segment.start:.6f}\t{row.segment.end:.6f}\t{one_line(row.label)}\n"


def read_audacity(text: str, name: str) -> list[LabelledSegment]:
    r"""Read an Audacity label track; the lines that begin with ``\`` (frequency ranges) are skipped."""
    rows = []
    for place, line in numbered_lines(text, name):
        if not line.strip() or line.startswith("\\"):
            continue
        start, *rest = line.split("\t", 2)
        if not rest:
            raise place.error(f"{line!r:.60} has no tabs; write start, tab, end, tab, label")
        label = rest[1] if len(rest) == 2 else ""
        rows.append(labelled(place, seconds(start, "start", place), seconds(rest[0], "end", place), label=label))
    return rows


def scv_text(rows: Sequence[LabelledSegment], durations: Mapping[str, float]) -> str:
    """Return ten-vad's format, a line for every recording that has a duration or a row: 1 is speech, 0 the rest."""
    by_file: dict[str, list[LabelledSegment]] = {file: [] for file in durations}
    for row in rows:
        by_file.setdefault(row.file, []).append(row)
    text = ""
    for file, its_rows in by_file.items():
        covered = tiles(its_rows, durations.get(file, 0.0))
        fields = [f",{start:.6f},{end:.6f},{int(bool(label))}" for start, end, label in covered]
        text += re.sub(r"[,\r\n]", "_", file) + "".join(fields) + "\n"
    return text


def read_scv(text: str, name: str) -> list[LabelledSegment]:
    """Read ten-vad's format; what is labelled 0 is not speech and gives no row."""
    rows = []
    for place, line in numbered_lines(text, name):
        if not line.strip():
            continue
        file, *fields = line.split(",")
        if len(fields) % 3:
            raise place.error(
                f"{len(fields)} fields after the name; write start,end,label in threes, no comma in the name"
            )
        for start, end, label in zip(fields[::3], fields[1::3], fields[2::3], strict=True):
            if label.strip() not in ("0", "1"):
                raise place.error(f"label {label!r:.60}; write 1 for speech and 0 for the rest")
            row = labelled(place, seconds(start, "start", place), seconds(end, "end", place), file)
            if label.strip() == "1":
                rows.append(row)
    return rows
