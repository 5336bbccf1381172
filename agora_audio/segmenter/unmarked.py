"""Ends without a sentence mark inside a line: the next item of a list, a salutation, a bracket by itself."""

from __future__ import annotations

import re

from agora_audio.segmenter.look_ahead import SPACES
from agora_audio.segmenter.look_back import WIDE
from agora_audio.segmenter.nesting import Nesting
from agora_audio.segmenter.rules import lists
from agora_audio.segmenter.rules.letters import GREETINGS
from agora_audio.segmenter.verdicts import CUT, END, HOLD, LOOK_AHEAD, NO, Verdict

__all__ = ["LONGEST_SALUTATION", "ItemLabels", "aside_verdict", "bullet_verdict", "salutation_verdict"]

_LABEL = re.compile(rf"(?:\A|(?<=[\s{lists.BULLETS}]))(\(?)(\d{{1,3}}|[A-Za-z]|[ivxIVX]{{1,5}})\Z")
_ALONG = re.compile(r"(\.[)）]|\)\.|[.)])(.)?", re.DOTALL)
_LONGEST_LABEL = 8
LONGEST_SALUTATION = 32
_SALUTATION = re.compile(rf"\s*(?:(?:{'|'.join(GREETINGS)})\s)?[^\W\d_a-z][\w'’-]+(?:\s[^\W\d_a-z][\w.'’-]*)?\Z")
_AFTER_SALUTATION = re.compile(r"\s{1,3}([^\W\d_]*)(?:\s([a-zà-ÿ])?)?")


class ItemLabels:
    """The labels of list items inside a line: "1. Open it 2. Use it", "a) this b) that"."""

    def __init__(self) -> None:
        self._item: tuple[bool, dict[str, int]] | None = None

    @property
    def in_item(self) -> bool:
        """Whether the segment began with a label."""
        return self._item is not None

    def forget(self) -> None:
        """Begin a new segment."""
        self._item = None

    def judge(self, text: str, start: int, at: int, final: bool) -> Verdict | None:
        """Decide about a full stop or bracket that may end a label; None if it ends none.

        A label at the head of a segment is no end. The next one by its number, letter or Roman number ends the item
        before it.
        """
        found = _LABEL.search(text[max(start, at - _LONGEST_LABEL) : at])
        if found is None:
            return None
        label, bracketed = found[2], bool(found[1])
        begins = at - len(label) - bracketed
        readings = lists.ordinals(label)
        if not readings or (text[at] == "." and label.isupper() and label.isalpha()):
            return None
        head = text[start:begins].strip(" \t\n\r" + lists.BULLETS + "-*+>")
        if head and not self._comes_next(readings, bracketed):
            return None
        return self._with_what_follows(text, start, at, begins, final, label, readings, bracketed, bool(head))

    def _with_what_follows(
        self,
        text: str,
        start: int,
        at: int,
        begins: int,
        final: bool,
        label: str,
        readings: dict[str, int],
        bracketed: bool,
        inner: bool,
    ) -> Verdict | None:
        along = _ALONG.match(text, at)
        if along is None:
            return None
        if along[2] is None:
            return Verdict(NO, at + 1, END) if final else Verdict(HOLD, at, "label of a list item")
        if not (along[2].isspace() or (label.isdigit() and not inner and WIDE.match(along[2]))):
            return None
        if inner:
            return Verdict(CUT, start + len(text[start:begins].rstrip()), "next item of a list")
        self._item = bracketed, readings
        return Verdict(NO, along.end(1), "label of a list item")

    def _comes_next(self, readings: dict[str, int], bracketed: bool) -> bool:
        if self._item is None or self._item[0] != bracketed:
            return False
        return any(readings.get(way) == value + 1 for way, value in self._item[1].items())


def bullet_verdict(text: str, start: int, at: int) -> Verdict:
    """Decide about a bullet inside a line."""
    body = text[start:at]
    if not body.strip() or not body[-1].isspace():
        return Verdict(NO, at + 1, "bullet")
    return Verdict(CUT, start + len(body.rstrip()), "bullet")


def salutation_verdict(text: str, start: int, at: int, final: bool, starters: frozenset[str]) -> Verdict:
    """Decide about a comma after a name at the head, before a word that only a sentence begins with a capital."""
    go_on = Verdict(NO, at + 1, "no salutation")
    if at - start > LONGEST_SALUTATION or not _SALUTATION.match(text, start, at):
        return go_on
    if at + 1 == len(text) and not final:
        return Verdict(HOLD, at, "comma after a name")
    found = _AFTER_SALUTATION.match(text, at + 1, at + LOOK_AHEAD)
    if found is None:
        return go_on
    if found.end() == len(text) and not final and found.end() - at < LOOK_AHEAD:
        return Verdict(HOLD, at, "comma after a name")
    word = found[1] or ""
    if word[:1].isupper() and word != "I" and word.lower() in starters and found[2]:
        return Verdict(CUT, at + 1, "salutation")
    return go_on


def aside_verdict(text: str, start: int, at: int, final: bool, nest: Nesting) -> Verdict:
    """Decide about a closing bracket: the segment is one bracket of several words, and a capital follows."""
    go_on = Verdict(NO, at + 1, "closing bracket")
    if text[start : start + 3].lstrip()[:1] != "(" or " " not in text[start:at].strip():
        return go_on
    if not nest.open_at(text, at) or len(nest.stack) > 1 or text[start : nest.opening()].strip():
        return go_on
    spaces = SPACES.match(text, at + 1)
    after = spaces.end() if spaces else at + 1
    if after == len(text):
        return go_on if final or after - at > LOOK_AHEAD else Verdict(HOLD, at, "what follows the bracket")
    if after > at + 1 and text[after].isupper():
        return Verdict(CUT, at + 1, "brackets around a segment")
    return go_on
