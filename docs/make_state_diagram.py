"""Draw the state machines of the VAD and of interruption, ``docs/*.svg``, from their tables.

``python docs/make_state_diagram.py`` writes the pictures; with ``--check`` it only says which on disk are old.

A new row of `TRANSITIONS` appears by itself, and no label can meet a box or another label, because every arrow has a
lane of its own. The phases stand in a row. A transition to the same phase is a loop above its box; one between
neighbours is an arrow in the gap, which is as wide as the widest label; any other is an arrow below the boxes, the
first row innermost. The condition stands above the arrow, what is said and handed out below it; above a loop stand
both.
"""

from __future__ import annotations

import argparse
import enum
import sys
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple
from xml.sax.saxutils import escape

from agora_audio.consumer import policy
from agora_audio.vad import state_machine as vad

FOLDER = Path(__file__).parent


class Row(NamedTuple):
    """A transition as it is drawn: from a phase to another, two lines of text, and what gives it its colour."""

    phase: enum.Enum
    condition: str
    then: enum.Enum
    said: str
    outcome: str


class Picture(NamedTuple):
    """A picture: its file, what stands in it, and where each phase stands, from the left."""

    file: str
    title: str
    source: str
    columns: Sequence[enum.Enum]
    colours: Mapping[str, str]
    caption: str
    rows: Sequence[Row]


def vad_rows(rows: Sequence[vad.Transition]) -> list[Row]:
    """Return the rows of the VAD's table: they say a state and hand out data."""
    return [Row(row.phase, row.condition, row.then, row.state.name, f"{row.state.name}, {row.data}") for row in rows]


def policy_rows(rows: Sequence[policy.PolicyTransition]) -> list[Row]:
    """Return the rows of the table of interruption: they say an action, or nothing."""
    names = [row.action.name if row.action else "nothing" for row in rows]
    return [Row(row.phase, row.condition, row.then, name, name) for row, name in zip(rows, names, strict=True)]


GREY, GREEN, BLUE, RED = "#59636e", "#1a7f37", "#0969da", "#cf222e"

VAD = Picture(
    "vad_states.svg",
    "The state machine of the VAD",
    "agora_audio.vad.state_machine.TRANSITIONS",
    (vad.Phase.IDLE, vad.Phase.PENDING, vad.Phase.SPEAKING),
    {"NON_SPEAKING": GREY, "START_SPEAKING": GREEN, "SPEAKING": BLUE, "STOP_SPEAKING": RED},
    "First line: when. Second line: the state that is said, and what is handed out.",
    vad_rows(vad.TRANSITIONS),
)
POLICY = Picture(
    "interruption_states.svg",
    "The state machine of interruption",
    "agora_audio.consumer.policy.TRANSITIONS",
    (policy.Phase.IDLE, policy.Phase.PROTECTED, policy.Phase.OPEN, policy.Phase.PAUSED),
    {"nothing": GREY, "RESUME": GREEN, "PAUSE": BLUE, "INTERRUPT": RED},
    "First line: when. Second line: what is decided.",
    policy_rows(policy.TRANSITIONS),
)
PICTURES = (VAD, POLICY)

FONT = 13
BOX = 104  # width, and the least height
_MARGIN = 20
_LANE = 60  # between arrows one below the other
_LOOP = 34  # from the box to the top of its innermost loop
_LABEL = 42  # two lines above a loop, with air
_NEST = 12  # between loops around each other


class Grid(NamedTuple):
    """Where the boxes are, pixels: middle of the first, from one to the next, upper and lower edge."""

    left: int
    pitch: int
    top: int
    bottom: int
    columns: Sequence[enum.Enum]

    def middle(self, phase: enum.Enum) -> int:
        """Return the middle of a phase's box, from the left."""
        return self.left + self.columns.index(phase) * self.pitch

    def distance(self, row: Row) -> int:
        """Return how many boxes further to the right a row leads."""
        return self.columns.index(row.then) - self.columns.index(row.phase)


class Arrow(NamedTuple):
    """A row of the table on its way: the corners of its line, and where its two lines of text are centred."""

    row: Row
    corners: list[tuple[int, int]]
    condition: tuple[int, int]
    outcome: tuple[int, int]


def draw(picture: Picture) -> str:
    """Return a picture as an SVG document.

    Raises
    ------
    ValueError
        If a row names a phase that has no column.
    """
    grid, arrows = lay_out(picture)
    width = 2 * grid.left + (len(picture.columns) - 1) * grid.pitch
    height = max([grid.bottom, *(arrow.outcome[1] for arrow in arrows)]) + 40 + _MARGIN
    said = {row.said for row in picture.rows}
    colours = {name: colour for name, colour in picture.colours.items() if name in said}
    return "\n".join(
        [
            f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}" '
            f'viewBox="0 0 {width} {height}" role="img" font-family="sans-serif" font-size="{FONT}" '
            'text-anchor="middle">',
            f"<title>{picture.title}</title>",
            f"<!-- Written by docs/make_state_diagram.py from {picture.source}. -->",
            "<defs>",
            *(_head(name, colour) for name, colour in colours.items()),
            "</defs>",
            f'<rect width="{width}" height="{height}" rx="8" fill="#ffffff"/>',
            *(_box(phase, grid) for phase in picture.columns),
            *(_arrow(arrow, colours[arrow.row.said]) for arrow in arrows),
            f'<text x="{width // 2}" y="{height - _MARGIN}" font-size="{FONT - 1}" fill="{GREY}">{picture.caption}'
            "</text>",
            "</svg>\n",
        ]
    )


def lay_out(picture: Picture) -> tuple[Grid, list[Arrow]]:
    """Give every box its place and every row its lane."""
    rows, columns = picture.rows, picture.columns
    for phase in (phase for row in rows for phase in (row.phase, row.then)):
        if phase not in columns:
            raise ValueError(f"{phase} has no place in {picture.file}: add it in docs/make_state_diagram.py")
    grid = Grid(0, 0, 0, 0, columns)
    loops = [row for row in rows if grid.distance(row) == 0]
    steps = [row for row in rows if abs(grid.distance(row)) == 1]
    leaps = sorted((row for row in rows if abs(grid.distance(row)) > 1), key=lambda row: abs(grid.distance(row)))
    nested = max((of for _, _, of in _lanes(loops)), default=0)
    lanes = max((of for _, _, of in _lanes(steps)), default=0)
    label = max((label_width(row) for row in loops), default=0)
    reach = label + 2 * _NEST * max(nested - 1, 0)
    pitch = BOX + max(label_width(row) for row in rows) + 32
    top = _MARGIN + (_LOOP + _LABEL * nested + _NEST * (nested - 1) if loops else 0)
    bottom = top + max(BOX, lanes * _LANE)
    grid = Grid(_MARGIN + max(BOX, reach) // 2, max(pitch, reach), top, bottom, columns)
    return grid, [
        *(_loop(row, lane, of, grid, label // 2) for row, lane, of in _lanes(loops)),
        *(_step(row, lane, of, grid) for row, lane, of in _lanes(steps)),
        *(_leap(row, lane, len(leaps), grid) for lane, row in enumerate(leaps)),
    ]


def _lanes(rows: Sequence[Row]) -> Iterator[tuple[Row, int, int]]:
    """Yield each row, its number among the rows that join the same phases, and how many these are."""
    pairs = [{row.phase, row.then} for row in rows]
    for index, (row, pair) in enumerate(zip(rows, pairs, strict=True)):
        yield row, pairs[:index].count(pair), pairs.count(pair)


def _loop(row: Row, lane: int, of: int, grid: Grid, label: int) -> Arrow:
    """Arch over the box; the next one goes around it and its label, half of which is at most `label` wide."""
    x, y = grid.middle(row.phase), grid.top
    foot = 24 if of == 1 else 14 + 26 * lane // (of - 1)
    roof = y - _LOOP - _NEST * (of - 1) - _LABEL * lane
    half = [(x - foot, y)]
    if lane:
        shoulder = y - 16 - _NEST * (of - 1 - lane)
        wall = label + _NEST * lane
        half += [(x - foot, shoulder), (x - wall, shoulder), (x - wall, roof)]
    else:
        half += [(x - foot, roof)]
    corners = [*half, *((2 * x - a, b) for a, b in reversed(half))]
    return Arrow(row, corners, (x, roof - 24), (x, roof - 8))


def _step(row: Row, lane: int, of: int, grid: Grid) -> Arrow:
    """Straight through the gap between two neighbours."""
    y = (grid.top + grid.bottom + _LANE * (2 * lane + 1 - of)) // 2
    sign = 1 if grid.distance(row) > 0 else -1
    start, end = grid.middle(row.phase) + sign * BOX // 2, grid.middle(row.then) - sign * BOX // 2
    return _across(row, [(start, y), (end, y)], (start + end) // 2, y)


def _leap(row: Row, lane: int, of: int, grid: Grid) -> Arrow:
    """Below the boxes from one to another, around the lanes before it."""
    y = grid.bottom + _LANE * (lane + 1) - 12
    apart = min(24, (BOX - 32) // of)
    inward = ((of - 1) * apart // 2 - lane * apart) * (1 if grid.distance(row) > 0 else -1)
    start, end = grid.middle(row.phase) + inward, grid.middle(row.then) - inward
    # Arrows come down from boxes, never in a gap: there the label stands, beside the box that the arrow leads to.
    gap = grid.middle(row.then) + (-1 if grid.distance(row) > 0 else 1) * grid.pitch // 2
    return _across(row, [(start, grid.bottom), (start, y), (end, y), (end, grid.bottom)], gap, y)


def _across(row: Row, corners: list[tuple[int, int]], x: int, y: int) -> Arrow:
    return Arrow(row, corners, (x, y - 8), (x, y + FONT + 5))


def label_width(row: Row) -> int:
    """Return the width of the wider line of a row's label in a wide font, pixels."""
    return max(_text_width(row.condition), _text_width(row.outcome))


def _text_width(text: str) -> int:
    narrow = sum(letter in " ,.:;()|'fijltr" for letter in text)
    capital = sum(letter.isupper() for letter in text)
    return round(FONT * (0.61 * len(text) - 0.25 * narrow + 0.06 * capital))


def _box(phase: enum.Enum, grid: Grid) -> str:
    x, height = grid.middle(phase), grid.bottom - grid.top
    return (
        f'<rect x="{x - BOX // 2}" y="{grid.top}" width="{BOX}" height="{height}" rx="14" '
        'fill="#f6f8fa" stroke="#1f2328" stroke-width="1.5"/>\n'
        f'<text x="{x}" y="{grid.top + height // 2 + 5}" font-size="{FONT + 3}" font-weight="bold" fill="#1f2328">'
        f"{escape(phase.value)}</text>"
    )


def _head(name: str, colour: str) -> str:
    return (
        f'<marker id="{name}" viewBox="0 0 10 10" refX="9.5" refY="5" markerWidth="10" markerHeight="10" '
        f'markerUnits="userSpaceOnUse" orient="auto"><path d="M0,0.5 L10,5 L0,9.5 Z" fill="{colour}"/></marker>'
    )


def _arrow(arrow: Arrow, colour: str) -> str:
    row = arrow.row
    (x1, y1), (x2, y2) = arrow.condition, arrow.outcome
    return (
        f'<g data-phase="{row.phase.value}" data-then="{row.then.value}" data-state="{row.said}">\n'
        f'<path d="{_rounded(arrow.corners, 24)}" fill="none" stroke="{colour}" stroke-width="1.6" '
        f'marker-end="url(#{row.said})"/>\n'
        f'<text x="{x1}" y="{y1}" fill="#1f2328">{escape(row.condition)}</text>\n'
        f'<text x="{x2}" y="{y2}" fill="{colour}">{escape(row.outcome)}</text>\n</g>'
    )


def _rounded(corners: list[tuple[int, int]], radius: int) -> str:
    """Return the line through corners, each made round as far as the sides, level or upright, allow."""
    path = f"M{corners[0][0]},{corners[0][1]}"
    for before, (x, y), after in zip(corners, corners[1:], corners[2:], strict=False):
        r = min(radius, _length(before, (x, y)) // 2, _length((x, y), after) // 2)
        (a, b), (c, d) = _towards((x, y), before, r), _towards((x, y), after, r)
        path += f" L{a},{b} Q{x},{y} {c},{d}"
    return f"{path} L{corners[-1][0]},{corners[-1][1]}"


def _length(a: tuple[int, int], b: tuple[int, int]) -> int:
    return abs(a[0] - b[0]) + abs(a[1] - b[1])


def _towards(a: tuple[int, int], b: tuple[int, int], distance: int) -> tuple[int, int]:
    length = _length(a, b)
    return a[0] + (b[0] - a[0]) * distance // length, a[1] + (b[1] - a[1]) * distance // length


def main(arguments: Sequence[str] | None = None) -> int:
    """Write the pictures, or with ``--check`` compare them; return the exit code."""
    parser = argparse.ArgumentParser(description="Draw docs/*_states.svg from the tables of transitions.")
    parser.add_argument("--check", action="store_true", help="write nothing; fail if a picture is old")
    check = parser.parse_args(arguments).check
    old = 0
    for picture in PICTURES:
        path, new = FOLDER / picture.file, draw(picture)
        if not check:
            path.write_text(new, encoding="utf-8", newline="\n")
        elif not path.is_file() or path.read_text(encoding="utf-8") != new:
            sys.stderr.write(f"{picture.file} is old: run python docs/make_state_diagram.py\n")
            old = 1
    return old


if __name__ == "__main__":
    sys.exit(main())
