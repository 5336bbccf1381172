"""One row of a label file, and how its numbers are checked on the way in and on the way out."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from agora_audio.errors import FormatError
from agora_audio.vad.segments import Segment

__all__ = ["TIMES", "Item", "LabelledSegment", "Place", "labelled", "numbered_lines", "rounded", "seconds", "tiles"]

TIMES = ("start", "end", "audio_start", "audio_end", "started_at", "ended_at")
"""The six times of a segment, in the order label files list them."""


@dataclass(frozen=True)
class LabelledSegment:
    """One row of a label file.

    Examples
    --------
    >>> LabelledSegment(Segment(1.2, 3.45), "call.wav", channel=0).label
    'speech'
    """

    segment: Segment
    """The stretch, in seconds from the beginning of the recording."""
    file: str = ""
    """The recording it belongs to; empty where the format does not say."""
    channel: int | None = None
    """The channel, counted from 0; None: the mix of all, or not said."""
    label: str = "speech"
    """What is heard; never blank."""


@dataclass(frozen=True)
class Place:
    """A line of a label file; it makes the error that names it."""

    name: str
    """The label file."""
    line: int
    """Counted from 1."""

    def error(self, problem: str) -> FormatError:
        """Return the error that says what is wrong here."""
        return FormatError(f"{self.name}, line {self.line}: {problem}")


@dataclass(frozen=True)
class Item(Place):
    """An entry of a list in a JSON document, whose lines mean nothing; `line` counts the entries, from 0."""

    key: str = ""
    """What the list is called."""

    def error(self, problem: str) -> FormatError:
        """Return the error that says what is wrong here."""
        return FormatError(f"{self.name}, {self.key}[{self.line}]: {problem}")


def numbered_lines(text: str, name: str) -> Iterator[tuple[Place, str]]:
    """Yield the lines with their places, blank ones included; LF, CR LF and CR end a line, nothing else does."""
    for number, line in enumerate(re.split(r"\r\n|\r|\n", text), 1):
        yield Place(name, number), line


def seconds(value: Any, what: str, place: Place) -> float:
    """Return a time read from a file, or raise the `FormatError` that says why it is none."""
    if value is None or value == "":
        raise place.error(f"{what} is missing")
    try:
        number = math.nan if isinstance(value, bool) else float(value)
    except (TypeError, ValueError, OverflowError):
        number = math.nan
    if not 0.0 <= number < math.inf:
        raise place.error(f"{what} is {value!r:.60}; write seconds, a finite number from 0 with a decimal point")
    return number + 0.0  # -0.0 is 0.0


def labelled(
    place: Place,
    start: float,
    end: float,
    file: str = "",
    channel: int | None = None,
    label: str = "",
    **others: float,
) -> LabelledSegment:
    """Return the row read at a place; a blank label means speech."""
    if end < start:
        raise place.error(f"end {end} lies before start {start}; swap them or remove the row")
    return LabelledSegment(Segment(start, end, **others), file, channel, label if label.strip() else "speech")


def rounded(row: LabelledSegment) -> LabelledSegment:
    """Return the row in whole microseconds, or raise the `FormatError` that says why it cannot be written."""
    times = {name: round(float(getattr(row.segment, name)), 6) + 0.0 for name in TIMES}
    problem = ""
    if not all(0.0 <= time < math.inf for time in times.values()):
        problem = "every time must be a finite number of seconds from 0"
    elif times["end"] < times["start"]:
        problem = "its end lies before its start"
    elif row.channel is not None and row.channel < 0:
        problem = f"channel {row.channel} must be 0 or more, or None for the mix"
    elif not row.label.strip():
        problem = "its label is blank; name what is heard, such as 'speech'"
    if problem:
        listed = ", ".join(f"{name}={time}" for name, time in times.items())
        raise FormatError(f"cannot write the row of {row.file!r} with {listed}: {problem}")
    channel = None if row.channel is None else int(row.channel)  # NumPy's integers are not JSON
    return LabelledSegment(Segment(**times), row.file, channel, row.label)


def tiles(rows: Iterable[LabelledSegment], total: float) -> list[tuple[float, float, str]]:
    """Cover a recording without gaps: (start, end, label) in order, the label empty where no row is.

    Parameters
    ----------
    rows : iterable of LabelledSegment
        The rows of one channel, in any order.
    total : float
        Length of the recording, seconds; a row that ends later makes it longer.

    Raises
    ------
    FormatError
        Two rows overlap.
    """
    covered: list[tuple[float, float, str]] = []
    now = 0.0
    for row in sorted(rows, key=lambda row: row.segment):
        start, end = row.segment.start, row.segment.end
        if start < now:
            where = f"{row.file!r}" + ("" if row.channel is None else f", channel {row.channel}")
            last_start, last_end, _ = covered[-1]
            raise FormatError(
                f"{where}: {last_start:.6f}-{last_end:.6f} and {start:.6f}-{end:.6f} overlap, which this format cannot "
                "hold; merge them, or write jsonl, csv or rttm"
            )
        if start > now:
            covered.append((now, start, ""))
        covered.append((start, end, row.label))
        now = end
    if total > now:
        covered.append((now, total, ""))
    return covered
