"""What a presentation time stamp carries beside time: 64 bits cut into fields, in the layouts of Agora's examples.

The stamp given with a push of PCM reaches the receiver with each 10 ms frame; within a push the SDK adds 10 for every
further frame, and pushes need not continue each other. So a stamp can carry a session, a sentence or a command in its
upper bits, while its lowest field, the base, counts milliseconds. Two laws follow:

1. Bit 63 is 0. A receiver reads 0 for every stamp in which it is set, so no layout here can set it, not even where its
   first field reaches that far.
2. A push must fit into the base: what the SDK adds to a full one would be carried into the next field.

`LAYOUTS` is the table; ``docs/pts.md`` explains it.
"""

from __future__ import annotations

import operator
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from agora_audio.errors import ConfigError, FormatError

__all__ = ["LAYOUTS", "PtsField", "PtsLayout", "get_layout"]

BASE = "basepts"
FRAME_MS = 10


@dataclass(frozen=True)
class PtsField:
    """Some bits of a stamp. Values reach from 0 to what fits, but for `limit`, and never into bit 63."""

    name: str
    """Its name."""
    high: int
    """Its highest bit."""
    low: int
    """Its lowest bit."""
    limit: int | None = None
    """The largest value where that is smaller than what fits."""

    @property
    def largest(self) -> int:
        """The largest value."""
        fits = (1 << (min(self.high, 62) - self.low + 1)) - 1
        return fits if self.limit is None else self.limit

    def read(self, pts: int) -> int:
        """Return the value of the field in a stamp."""
        return pts >> self.low & ((1 << (self.high - self.low + 1)) - 1)


def _fields(text: str) -> tuple[PtsField, ...]:
    """Read fields from lines of name, highest bit, lowest bit and, maybe, largest value."""
    rows = [line.split() for line in text.splitlines() if line.strip()]
    return tuple(PtsField(name, *map(int, numbers)) for name, *numbers in rows)


@dataclass(frozen=True)
class PtsLayout:
    """How the bits of a stamp are used.

    Examples
    --------
    >>> v4 = get_layout("v4")
    >>> pts = v4.encode(version=1, session=5, last_chunk_duration_ms=60, is_session_end=1, basepts=1000)
    >>> hex(pts), v4.decode(pts)["session"]
    ('0x20002879000003e8', 5)
    """

    name: str
    """Name in `LAYOUTS`."""
    fields: tuple[PtsField, ...]
    """From the highest to the lowest bit; the last one is the base."""
    command_fields: tuple[PtsField, ...] = ()
    """The fields instead of these if bit `is_command` is 1, for a layout that has it."""
    session: str = "session"
    """Field that numbers sessions."""
    end: str = "is_session_end"
    """Field that marks the frames of a session's last push."""
    counts: bool = True
    """Whether the base counts over the whole session, or begins at 0 with each push."""

    @property
    def push_ms(self) -> int:
        """The longest push, milliseconds."""
        return self.fields[-1].largest // FRAME_MS * FRAME_MS + FRAME_MS

    def encode(self, values: Mapping[str, int] | None = None, **fields: int) -> int:
        """Return the stamp that carries some values; fields that are left out are 0.

        Raises
        ------
        ConfigError
            If a field is unknown or a value does not fit; names field, value and range.
        """
        given = {**(values or {}), **fields}
        known = {field.name: field for field in self._fields_if(bool(given.get("is_command", 0)))}
        pts = 0
        for name, value in given.items():
            if name not in known:
                raise ConfigError(f"{self.name} has no field {name!r}; it has {', '.join(known)}")
            pts |= _fitting(f"{self.name}.{name}", value, known[name].largest) << known[name].low
        return pts

    def decode(self, pts: int) -> dict[str, int]:
        """Return what a stamp carries, by field.

        Raises
        ------
        FormatError
            If it is no whole number of 0 to ``2**63 - 1``, or a field holds what this layout never puts there.
        """
        pts = checked_pts(pts)
        values: dict[str, int] = {}
        for field in self._fields_if(self._is_command(pts)):
            values[field.name] = value = field.read(pts)
            if value > field.largest:
                wrong = f"{field.name} would be {value}, at most {field.largest}"
                raise FormatError(f"pts {pts:#018x} is not of layout {self.name}: {wrong}")
        return values

    def frame_pts(self, pts: int, index: int) -> int:
        """Return the stamp that frame `index` of a push with stamp `pts` arrives with.

        Raises
        ------
        FormatError
            If the push is so long that the base overflows into the next field.
        """
        pts = checked_pts(pts)
        added = FRAME_MS * index
        if index < 0 or self.fields[-1].read(pts) + added > self.fields[-1].largest:
            raise FormatError(
                f"frame {index} of a push with pts {pts:#018x} has no stamp: the base of {self.name} ends at "
                f"{self.fields[-1].largest} ms"
            )
        return pts + added

    def _fields_if(self, command: bool) -> tuple[PtsField, ...]:
        return self.command_fields if command and self.command_fields else self.fields

    def _is_command(self, pts: int) -> bool:
        return any(field.name == "is_command" and field.read(pts) for field in self.command_fields)


_V8_COMMON = """
    agora                  62 62
    version                61 58
    turn                   57 50
    is_command             49 49
"""

LAYOUTS = {
    layout.name: layout
    for layout in (
        PtsLayout(
            "v2",
            _fields("""
                version                63 60
                session                59 44
                sentence               43 28
                chunk                  27 18
                is_session_end         17 16 1
                basepts                15  0
            """),
            counts=False,
        ),
        PtsLayout(
            "v4",
            _fields("""
                version                63 61
                session                60 43
                last_chunk_duration_ms 42 33
                is_session_end         32 32
                basepts                31  0
            """),
        ),
        PtsLayout(
            "v5",
            _fields("""
                version                63 50
                session                49 40
                last_frame_number      39 24
                is_session_end         23 23
                unused                 22 21
                basepts                20  0
            """),
        ),
        PtsLayout(
            "v6",
            _fields("""
                version                63 48
                session                47 44
                sentence               43 33
                is_end                 32 32
                basepts                31  0
            """),
            end="is_end",
        ),
        PtsLayout(
            "v7",
            _fields("""
                agora                  63 62 0
                version                61 58
                session                57 52
                sentence               51 40
                chunk                  39 35
                is_session_end         34 34
                reserved               33 16
                basepts                15  0
            """),
        ),
        PtsLayout(
            "v8",
            _fields(
                f"""{_V8_COMMON}
                sentence               48 37
                reserved1              36 32
                reserved2              31 16
                basepts                15  0
            """
            ),
            _fields(
                f"""{_V8_COMMON}
                command_type           48 44
                turn_duration_packs    43 32
                reserved               31 16
                basepts                15  0
            """
            ),
            session="turn",
            end="is_command",
        ),
    )
}
"""Layouts by name, as ``PtsAllocator`` and ``SessionParser`` take it."""


def get_layout(name: Any) -> PtsLayout:
    """Return a layout by its name, "v2" or "v4" to "v8"; ConfigError for any other."""
    found = LAYOUTS.get(name.lower()) if isinstance(name, str) else None
    if found is None:
        raise ConfigError(f"layout is {name!r:.60}, must be one of {', '.join(LAYOUTS)}")
    return found


def checked_pts(pts: Any) -> int:
    """Return a stamp as an int; FormatError if it is none that a receiver can see."""
    try:
        number = -1 if isinstance(pts, bool) else operator.index(pts)
    except TypeError:
        number = -1
    if not 0 <= number < 1 << 63:
        raise FormatError(f"pts is {pts!r:.60}, must be a whole number of 0 to 2**63 - 1: bit 63 is always 0")
    return number


def _fitting(name: str, value: Any, largest: int) -> int:
    try:
        number = operator.index(value)
    except TypeError:
        number = -1
    if not 0 <= number <= largest:
        raise ConfigError(f"{name} is {value!r:.60}, must be a whole number of 0 to {largest}")
    return number
