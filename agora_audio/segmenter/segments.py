"""What the segmenter hands out, and its settings."""

from __future__ import annotations

import math
from dataclasses import dataclass, fields
from typing import Literal

from agora_audio.errors import ConfigError

__all__ = ["Kind", "SegmentLimits", "Status", "TextSegment"]

Kind = Literal["sentence", "clause", "heading", "list_item", "code", "table", "forced"]
Status = Literal["provisional", "final", "retracted"]


@dataclass(frozen=True)
class TextSegment:
    """A piece of text to be spoken.

    The `raw` of all final segments of a stream, joined, is the stream. White space between two segments stands at the
    head of the second; the white space that ends a stream may be a segment of its own, whose `text` is empty: there is
    nothing to say then.
    """

    text: str
    """What to speak: `raw` without white space around it, or what a speech filter made of it."""
    raw: str
    """The characters of the stream, untouched."""
    start: int
    """Code point of the stream at which `raw` begins."""
    end: int
    """Code point of the stream after the last of `raw`."""
    kind: Kind = "sentence"
    """sentence, clause, heading, list_item, code, table; forced: cut because no mark came."""
    status: Status = "final"
    """final; or, if asked for, provisional, to be made final or retracted under the same `id`."""
    id: int = 0
    """Number of the segment in its stream; what was retracted has one too."""
    round_id: int = 0
    """The round the segment belongs to."""


@dataclass(frozen=True)
class SegmentLimits:
    """Lengths and times that decide where there is no mark to decide.

    Wide text is Chinese, Japanese or Thai: no spaces between words, more said by each character.
    """

    soft: int = 120
    """The least length of a forced segment, if there is a word boundary after it, in characters."""
    hard: int = 300
    """Characters without any mark, even a comma, after which a segment is cut."""
    soft_wide: int = 60
    """The same as `soft` for wide text."""
    hard_wide: int = 120
    """The same as `hard` for wide text."""
    clause: int = 6
    """The least length of a clause that is cut off, in characters."""
    clause_wide: int = 2
    """The same for wide text."""
    per_second: float = 15.0
    """Characters spoken in a second: every second of audio still to be played makes a clause so much longer."""
    per_second_wide: float = 5.0
    """The same for wide text."""
    code: int = 4000
    """Characters of a code block after which it is cut at the end of a line."""
    stall: float = 0.15
    """Seconds without a delta after which `poll` commits what ends in a mark."""

    def __post_init__(self) -> None:
        """Check every field.

        Raises
        ------
        ConfigError
            If a value is out of range, or a hard limit lies below its soft one.
        """
        for spec in fields(self):
            value = getattr(self, spec.name)
            least = 0 if isinstance(spec.default, float) else 2 if "clause" in spec.name else 20
            whole = not isinstance(spec.default, float)
            if isinstance(value, bool) or not isinstance(value, int if whole else (int, float)) or not value >= least:
                raise ConfigError(f"{spec.name} is {value!r}, must be a {'whole ' if whole else ''}number from {least}")
        for name in ("per_second", "per_second_wide"):
            if getattr(self, name) == math.inf:
                raise ConfigError(f"{name} is inf, must be a finite number")
        for hard, soft in (("hard", "soft"), ("hard_wide", "soft_wide")):
            if getattr(self, hard) < getattr(self, soft):
                raise ConfigError(f"{hard} is {getattr(self, hard)}, must be at least {soft}, {getattr(self, soft)}")
