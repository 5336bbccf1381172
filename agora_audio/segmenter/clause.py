"""Cutting at a clause mark, for whoever cannot wait for the end of the sentence."""

from __future__ import annotations

import re

from agora_audio.segmenter.decisions import CUT, END, HOLD, NO, Verdict
from agora_audio.segmenter.nesting import Nesting
from agora_audio.segmenter.rules import marks
from agora_audio.segmenter.rules.clauses import CLAUSE_STARTERS

__all__ = ["clause_verdict"]

_WIDE = re.compile(f"[{marks.WIDE}]")
_WORDS = re.compile(r"\s+([^\W\d_][\w'’-]*)?")
_ITEM_END = re.compile(r"\s+(?:[\w'’-]+\s+){0,2}[\w'’-]+\s?(?:,|(?:and|or|und|oder|et|ou|y|o|e|и|или)\b)")


def clause_verdict(
    text: str, start: int, at: int, final: bool, nest: Nesting, least: int, least_wide: int
) -> Verdict:
    """Decide whether the clause that ends at ``text[at]`` may be cut off.

    Not inside a figure, brackets, quotes or an address, not between the items of a list, and not before the clause has
    `least` characters, `least_wide` if they are wide.
    """
    mark = text[at]
    if mark in "、·":
        return Verdict(NO, at + 1, "between items")
    piece = text[start:at].strip()
    wide = len(_WIDE.findall(piece))
    if 2 * wide > len(piece):
        if len(piece) < least_wide:
            return Verdict(NO, at + 1, "clause too short")
    elif len(piece) < least:
        return Verdict(NO, at + 1, "clause too short")
    if nest.open_at(text, at):
        return Verdict(NO, at + 1, "clause mark inside brackets or quotes")
    if mark in "，；：" and not text[at - 1 : at].isdigit():
        return Verdict(CUT, at + 1, "clause mark")
    if at + 1 == len(text):
        return Verdict(NO, at + 1, END) if final else Verdict(HOLD, at, "clause mark")
    after = text[at + 1]
    if mark in "，；：":
        return Verdict(NO if after.isdigit() else CUT, at + 1, "clause mark after a figure")
    if mark in "—–" and text[at - 1 : at].isdigit():
        return Verdict(NO, at + 1, "range of figures")
    if not after.isspace():
        return Verdict(NO, at + 1, "clause mark without a space")
    if mark != ",":
        return Verdict(CUT, at + 1, "clause mark")
    return _after_comma(text, start, at, final)


def _after_comma(text: str, start: int, at: int, final: bool) -> Verdict:
    """Tell a clause from a list by what follows: the next item of a list is short and has a comma or "and" after it."""
    return Verdict(CUT, at + 1, "comma")
