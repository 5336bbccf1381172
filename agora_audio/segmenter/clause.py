"""Cutting at a clause mark, for whoever cannot wait for the end of the sentence."""

from __future__ import annotations

import re

from agora_audio.segmenter.nesting import Nesting
from agora_audio.segmenter.rules import marks
from agora_audio.segmenter.rules.clauses import CLAUSE_STARTERS, CONJUNCTIONS, COORDINATORS, SUBORDINATORS
from agora_audio.segmenter.verdicts import CUT, END, HOLD, LOOK_AHEAD, NO, Verdict

__all__ = ["clause_verdict", "word_verdict"]

_WIDE = re.compile(f"[{marks.WIDE}]")
_FIRST_WORD = re.compile(r"\s{1,4}[\"“«„‘'(]?([^\W\d_]*)")
# A long word of the closed class is known before its end: "which" may still become "whichever", but no item of a list.
_LONG_STARTER = re.compile(r"\s(?:" + "|".join(sorted(word for word in CLAUSE_STARTERS if len(word) > 3)) + ")")
_LONGEST_ITEM = 30
_LIST = re.compile(rf"(?:\s+[^\s,;.!?]+){{0,2}}?(?:,|\s+(?:{'|'.join(CONJUNCTIONS)})\s)")
# Two words and the beginning of a third that is not, and does not become, what joins the last items of a list.
_BEGUN = "|".join(sorted({word[:n] for word in CONJUNCTIONS for n in range(1, len(word) + 1)}))
_NO_LIST = [
    re.compile(rf"(?:\s+[^\s,;.!?]+){{2}}\s+(?!(?:{'|'.join(CONJUNCTIONS)})\s|(?:{_BEGUN})\Z)[^\s,;.!?]"),
    re.compile(r"[^,;.!?]*[;.!?]"),
]
# How many times longer than a clause with a mark one without must be: before "which", and before "and".
VERY_LONG_CLAUSE = 8
LONG_CLAUSE = 3
_CLOSING_QUOTES = '"”’»“'


def clause_verdict(text: str, start: int, at: int, final: bool, nest: Nesting, least: int, least_wide: int) -> Verdict:
    """Decide whether the clause that ends at ``text[at]`` may be cut off.

    Not inside a figure, brackets or an address, not between the items of a list, and not before the clause has `least`
    characters, `least_wide` if they are wide.
    """
    mark = text[at]
    if mark in "、·":
        return Verdict(NO, at + 1, "between items")
    piece = text[start:at].strip()
    wide = 2 * len(_WIDE.findall(piece)) > len(piece)
    if len(piece) < (least_wide if wide else least):
        return Verdict(NO, at + 1, "clause too short")
    if nest.open_at(text, at) and nest.brackets():
        return Verdict(NO, at + 1, "clause mark inside brackets")
    if mark in "，；：" and not text[at - 1 : at].isdigit():
        return Verdict(CUT, at + 1, "clause mark")
    end = at + 1
    while end < len(text) and text[end] in _CLOSING_QUOTES and end - at < 3:
        end += 1
    if end == len(text):
        return Verdict(NO, at + 1, END) if final else Verdict(HOLD, at, "clause mark")
    if mark in "，；：":
        return Verdict(NO if text[end].isdigit() else CUT, at + 1, "clause mark after a figure")
    if mark == "—" and text[at - 1].isalpha():
        return Verdict(CUT, at + 1, "clause mark")
    if not text[end].isspace() or (mark in "—–" and text[at - 1].isdigit()):
        return Verdict(NO, at + 1, "clause mark without a space")
    return _after_comma(text, start, at, end, final) if mark == "," else Verdict(CUT, end, "clause mark")


def _after_comma(text: str, start: int, at: int, end: int, final: bool) -> Verdict:
    """Tell a clause from a list by the words that follow the comma.

    A clause begins with one of a closed class of words, "and" among them unless there was a comma before; an adverb or
    a date at the head of the sentence stands by itself; the next item of a list is short and has a comma or an "and"
    after it.
    """
    if _LONG_STARTER.match(text, end):
        return Verdict(CUT, end, "comma before a clause")
    word = _FIRST_WORD.match(text, end, end + LOOK_AHEAD)
    if word is None or word.end() == end + LOOK_AHEAD:
        return Verdict(NO, end, "no word after the comma")
    if word.end() == len(text):
        return Verdict(NO, end, END) if final else Verdict(HOLD, at, "word after the comma")
    head = text[start:at].strip()
    first = word[1].lower()
    if first in CLAUSE_STARTERS:
        if first in CONJUNCTIONS and "," in head:
            return Verdict(NO, end, "end of a list")
        return Verdict(CUT, end, "comma before a clause")
    if not first and text[word.end()].isdigit():
        return Verdict(NO, end, "comma before a figure")
    if head.isalpha() or head[-1].isdigit():
        return Verdict(CUT, end, "comma after an adverb or a date")
    most = end + LOOK_AHEAD
    # Whichever is seen first, character by character.
    ends = [found.end() for pattern in _NO_LIST if (found := pattern.match(text, end, most))]
    item = _LIST.match(text, end, most)
    if item and (not ends or item.end() <= min(ends)):
        return Verdict(NO, end, "comma in a list")
    if not ends and not final and len(text) < most:
        return Verdict(HOLD, at, "list or clause after the comma")
    return Verdict(CUT, end, "comma before several words")


def word_verdict(text: str, start: int, at: int, nest: Nesting, least: int) -> Verdict:
    """Decide at a space: what stands before a word that begins a clause may be cut off if it is long."""
    words = text[max(start, at - 16) : at].rsplit(None, 1)
    if len(words) < 2 or not (words[1] in SUBORDINATORS or words[1] in COORDINATORS or words[1][0] == "("):
        return Verdict(NO, at + 1, "space")
    begins = at - len(words[1])
    times = LONG_CLAUSE
    if words[1] in COORDINATORS:
        times = VERY_LONG_CLAUSE
        if "," in text[max(start, begins - _LONGEST_ITEM) : begins]:
            return Verdict(NO, at + 1, "end of a list")
    brackets = nest.brackets() if nest.open_at(text, at) else 0
    if begins - start < times * least or brackets > words[1].count("("):
        return Verdict(NO, at + 1, "clause too short")
    return Verdict(CUT, start + len(text[start:begins].rstrip()), "word that begins a clause")
