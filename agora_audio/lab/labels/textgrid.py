"""Labels as a Praat TextGrid: written in the long text format, read in the long and the short one.

Praat reads only the free-standing texts, numbers and flags of such a file and takes every other word for a comment,
which is why one reader does for both formats.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence

from agora_audio.errors import ConfigError, FormatError
from agora_audio.lab.labels.rows import LabelledSegment, Place, labelled, seconds, tiles

__all__ = ["read_textgrid", "textgrid_text"]

_TOKEN = re.compile(r'"(?P<text>[^"]*(?:""[^"]*)*)"|(?P<open>")|![^\r\n]*|(?P<word>[^\s"]+)')
_NUMBER = re.compile(r"[-+]?(\d+\.?\d*|\.\d+)([eE][-+]?\d+)?", re.ASCII)


def textgrid_text(rows: Sequence[LabelledSegment], durations: Mapping[str, float]) -> str:
    """Return the TextGrid of one recording, a tier a channel: "speech" for the mix, else "channel N", N from 0."""
    files = list(dict.fromkeys(row.file for row in rows)) or list(durations)
    if len(files) > 1:
        raise ConfigError(f"durations of {len(files)} recordings, but a TextGrid holds one; write one file for each")
    total = max([durations.get(file, 0.0) for file in files] + [row.segment.end for row in rows], default=0.0)
    if total <= 0.0:
        raise ConfigError(
            "a TextGrid without segments needs the length of the recording: give durations={file: seconds}"
        )
    channels = sorted({row.channel for row in rows}, key=lambda channel: -1 if channel is None else channel) or [None]
    tiers = (_tier(n, c, [row for row in rows if row.channel == c], total) for n, c in enumerate(channels, 1))
    head = 'File type = "ooTextFile"\nObject class = "TextGrid"\n\n'
    extent = f"xmin = 0\nxmax = {total:.6f}\n"
    return head + extent + f"tiers? <exists>\nsize = {len(channels)}\nitem []:\n" + "".join(tiers)


def _tier(number: int, channel: int | None, rows: Sequence[LabelledSegment], total: float) -> str:
    for row in rows:
        if row.segment.start == row.segment.end:
            raise FormatError(
                f"{row.file!r}: the segment at {row.segment.start:.6f} has no length, which a TextGrid cannot hold; "
                "leave it out, or write jsonl, csv or rttm"
            )
    covered = tiles(rows, total)
    name = "speech" if channel is None else f"channel {channel}"
    lines = [
        f"    item [{number}]:",
        '        class = "IntervalTier"',
        f'        name = "{name}"',
        "        xmin = 0",
        f"        xmax = {total:.6f}",
        f"        intervals: size = {len(covered)}",
    ]
    for index, (start, end, label) in enumerate(covered, 1):
        quoted = label.replace('"', '""')
        lines += [
            f"        intervals [{index}]:",
            f"            xmin = {start:.6f}",
            f"            xmax = {end:.6f}",
            f'            text = "{quoted}"',
        ]
    return "\n".join(lines) + "\n"


class _Tokens:
    """The texts ('"'), numbers ("0") and flags ("<") of a file, taken one by one."""

    def __init__(self, text: str, name: str) -> None:
        self._text = text
        self._name = name
        self._line = 1
        self._tokens = self._scan()

    def _scan(self) -> Iterator[tuple[str, str]]:
        counted = 0
        for match in _TOKEN.finditer(self._text):
            self._line += self._text.count("\n", counted, match.start())
            counted = match.start()
            word = match["word"] or ""
            if match["open"]:
                raise self.place.error('a text has no closing quote; a quote inside a text is written twice, ""')
            if match["text"] is not None:
                yield '"', match["text"].replace('""', '"')
            elif _NUMBER.fullmatch(word):
                yield "0", word
            elif word.startswith("<") and word.endswith(">"):
                yield "<", word
        self._line += self._text.rstrip().count("\n", counted)

    @property
    def place(self) -> Place:
        """Where the token last taken stands."""
        return Place(self._name, self._line)

    def take(self, kind: str, what: str) -> str:
        found, value = next(self._tokens, ("", ""))
        if not found:
            raise self.place.error(f"the file ends before {what}; is it whole?")
        if found != kind:
            raise self.place.error(f"{value!r:.60} where {what} should be")
        return value

    def count(self, what: str) -> int:
        value = self.take("0", what)
        if not re.fullmatch("[0-9]{1,9}", value):
            raise self.place.error(f"{value!r:.60} where {what}, a whole number, should be")
        return int(value)


def read_textgrid(text: str, name: str) -> list[LabelledSegment]:
    """Read the interval tiers; intervals without text and point tiers give no rows.

    A tier called "channel N" is that channel; the names of other tiers are not kept.
    """
    tokens = _Tokens(text, name)
    file_type, object_class = tokens.take('"', "the file type"), tokens.take('"', "the object class")
    if file_type not in ("ooTextFile", "ooTextFile short") or object_class != "TextGrid":
        raise tokens.place.error(f"a {file_type!r:.40} with a {object_class!r:.40} is not a TextGrid saved as text")
    tokens.take("0", "xmin")
    tokens.take("0", "xmax")
    if tokens.take("<", "<exists>") != "<exists>":
        return []
    return [row for _ in range(tokens.count("the number of tiers")) for row in _read_tier(tokens)]


def _read_tier(tokens: _Tokens) -> Iterator[LabelledSegment]:
    kind = tokens.take('"', "the class of a tier")
    if kind not in ("IntervalTier", "TextTier"):
        raise tokens.place.error(f"{kind!r:.60} is no class of tiers; Praat knows IntervalTier and TextTier")
    match = re.fullmatch("channel ([0-9]{1,9})", tokens.take('"', "the name of a tier"))
    channel = int(match[1]) if match else None
    tokens.take("0", "xmin of the tier")
    tokens.take("0", "xmax of the tier")
    for _ in range(tokens.count("the number of intervals or points")):
        start = tokens.take("0", "a time")
        if kind == "TextTier":
            tokens.take('"', "the text of a point")
            continue
        end, place = tokens.take("0", "xmax of an interval"), tokens.place
        label = tokens.take('"', "the text of an interval")
        if label.strip():
            yield labelled(place, seconds(start, "xmin", place), seconds(end, "xmax", place), "", channel, label)
