"""Lines: what a segment is by how its line begins, and whether the end of a line ends it.

A heading, a row of a table and a code block are what they are from their first characters on and end with their line or
fence; in them no mark is an end.
"""

from __future__ import annotations

import re

from agora_audio.segmenter.look_ahead import SPACES
from agora_audio.segmenter.look_back import WIDE, LookBack
from agora_audio.segmenter.nesting import Nesting
from agora_audio.segmenter.rules import lists, marks
from agora_audio.segmenter.segments import Kind
from agora_audio.segmenter.verdicts import CUT, END, HOLD, LOOK_AHEAD, NO, Verdict

__all__ = ["begins_line", "context_of", "fence_verdict", "kind_of", "line_verdict"]

_HEAD = re.compile(r"\s*(?:(?P<heading>#{1,6}\s)|(?P<table>\|)|(?P<code>```|~~~))")
_ITEM = re.compile(
    rf"\s*(?:[-*+]\s|[{lists.BULLETS}{lists.CIRCLED}]|{lists.LABEL}(?:\.\)|\))\s|(?:\d{{1,3}}|[a-z])\.\s"
    rf"|\d{{1,3}}[、.．）](?=[^\s\d])|{lists.CHINESE_LABEL})"
)
# Begins as most sentences do, and no item does.
_WORD = re.compile(r" ?[A-Za-z]{6}")
_BLOCK = re.compile(
    rf"[-*+]\s|[{lists.BULLETS}{lists.CIRCLED}]|#{{1,6}}\s|\||>\s|```|~~~|[-*_]{{3}}"
    rf"|{lists.LABEL}(?:\.\)|[.)])\s|\d{{1,3}}[、．)）](?=\S)|{lists.CHINESE_LABEL}"
)
_BLOCK_BEGUN = re.compile(
    r"(?:[-*+_]{1,2}|`{1,2}|~{1,2}|#{1,6}|>|\(?(?:\d{0,3}|[A-Za-z]|[ivxIVX]{0,5})\.?[)）、．]?"
    r"|[（(]?[一二三四五六七八九十]{0,3})\Z"
)
_CLOSING_FENCE = re.compile(r"[ \t]*(?:`{3,}|~{3,})[ \t\r]*\Z")
_LINE_END = re.compile("[" + re.escape(marks.LINE_ENDS) + "]")
# A line without a mark that is longer than this was broken to fit a page, not ended.
_PAGE_WIDTH = 60


def begins_line(text: str, start: int) -> bool:
    """Say whether a segment begins a line: its leading white space holds the end of the line before."""
    spaces = SPACES.match(text, start)
    return bool(spaces and _LINE_END.search(spaces[0]))


def context_of(text: str, start: int, at: int) -> str:
    """Say what a segment that begins a line is, as far as its first characters up to `at` tell: "text" if no block."""
    found = _HEAD.match(text, start, at + 1)
    return str(found.lastgroup) if found else "text"


def kind_of(text: str, start: int, end: int, on_line: bool) -> Kind:
    """Say what kind of segment a piece of text is that ends in a mark or a line."""
    found = _HEAD.match(text, start, end) if on_line else None
    if found:
        return found.lastgroup  # type: ignore[return-value]  # the groups are named like the kinds
    if _WORD.match(text, start, end):
        return "sentence"
    return "list_item" if _ITEM.match(text, start, end) else "sentence"


def fence_verdict(text: str, start: int, at: int, longest: int) -> Verdict:
    """Decide at a line end in a code block: it ends after its closing fence, or is cut if it is too long."""
    begins = max(text.rfind("\n", start, at), text.rfind("\r", start, at)) + 1
    opened = _HEAD.match(text, start)
    if begins > start and (not opened or begins > opened.end()) and _CLOSING_FENCE.match(text, begins, at):
        return Verdict(CUT, at, "closing fence")
    if at - start >= longest:
        return Verdict(CUT, at, "long code")
    return Verdict(NO, at + 1, "inside code")


def line_verdict(
    text: str, start: int, at: int, end: int, final: bool, back: LookBack, nest: Nesting, in_item: bool
) -> Verdict:
    """Decide at the line end ``text[at]`` after words that end at `end`: by what the next line begins with."""
    spaces = SPACES.match(text, at)
    begins = spaces.end() if spaces else at + 1
    gap = text[at:begins]
    if gap.count("\n") > 1 or "\u2029" in gap or begins - at >= LOOK_AHEAD:
        return Verdict(CUT, end, "empty line")
    if begins == len(text):
        return Verdict(NO, begins, END) if final else Verdict(HOLD, at, "next line is not known")
    if _BLOCK.match(text, begins):
        return Verdict(CUT, end, "list item, heading, table or code follows")
    if not final and _BLOCK_BEGUN.match(text, begins):
        return Verdict(HOLD, at, "next line may be a list item")
    rule = _carries_on(text, start, end, begins, back, nest, in_item)
    return Verdict(NO, begins, rule) if rule else Verdict(CUT, end, "end of a line")


def _carries_on(
    text: str, start: int, end: int, begins: int, back: LookBack, nest: Nesting, in_item: bool
) -> str | None:
    """Name the rule by which a sentence goes on in the next line; None if it does not."""
    last, first = text[end - 1], text[begins]
    if first.islower():
        return None if back.begins_small(text, start) else "small letter in the next line"
    if last in marks.CLAUSE and last not in ":：":
        return "line ends in a clause mark"
    if last == "." and not nest.open_at(text, end):
        return "line ends in an abbreviation"
    if first in marks.ENDS or first in marks.NOT_AFTER_END:
        return "next line begins with a mark"
    line = max(text.rfind("\n", start, end), start)
    if end - line > _PAGE_WIDTH and last.isalnum() and not in_item and not WIDE.search(text, line, end):
        return "line broken at the width of a page"
    return None
