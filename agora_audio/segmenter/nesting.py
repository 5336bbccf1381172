"""Brackets and quotes: what is open at a mark, looked at only when there is a mark.

A mark inside brackets or quotes is no end. What never closes must not hold the stream, so an opening counts for a
number of characters only: then, at the end of its line or at the end of the text, it is given up, and the scanner goes
back once to the first mark it had passed over. Openings before that place are not looked at again, so no character is
read more than twice.
"""

from __future__ import annotations

import re

from agora_audio.segmenter.rules import marks
from agora_audio.segmenter.rules.languages import Language
from agora_audio.segmenter.rules.quotes import APOSTROPHE_WORDS, BRACKETS, QUOTE_FAMILIES

__all__ = ["Nesting"]

_ENCLOSING = re.compile("[" + re.escape("".join({*BRACKETS, *BRACKETS.values(), *QUOTE_FAMILIES})) + "]")
_WORD = re.compile(r"[^\W_]+")
_CLOSING_BRACKETS = frozenset(BRACKETS.values())
_SINGLE = frozenset(["single", "backtick"])
# How long an opening may wait for its closing, in characters.
_PATIENCE = {"single": 100, "backtick": 100}
_DEFAULT_PATIENCE = 240


class Nesting:
    """The brackets and quotes open in one segment.

    Positions are indices into the scanner's text; `shift` moves them when text is dropped before them.
    """

    def __init__(self, language: Language) -> None:
        self._opens = {pair[0] for pair in language.quotes} - {pair[1] for pair in language.quotes}
        self._closes = {pair[1] for pair in language.quotes} - {pair[0] for pair in language.quotes}
        self.forget()

    def forget(self) -> None:
        """Begin a new text."""
        self._blind = 0
        self.clear(0)

    def clear(self, at: int) -> None:
        """Forget everything before a position: a new segment begins there."""
        self.stack: list[tuple[str, int]] = []
        self.start = at
        self.seen = max(at, self._blind)
        self.passed_over: int | None = None
        self.given_up = at < self._blind

    def shift(self, by: int) -> None:
        """Move all positions to the left."""
        self.start -= by
        self.seen -= by
        self._blind -= by
        self.stack = [(closes, at - by) for closes, at in self.stack]
        if self.passed_over is not None:
            self.passed_over -= by

    def open_at(self, text: str, at: int) -> bool:
        """Say whether `text[at]` stands inside brackets or quotes."""
        if self.seen < at:
            self._read(text, at)
        return bool(self.stack)

    def open_after(self, text: str, at: int, end: int) -> bool:
        """Say whether something is still open after the closing marks in ``text[at:end]``, without keeping it."""
        if not self.stack:
            return False
        left = [closes for closes, _ in self.stack]
        for char in text[at:end]:
            if char in QUOTE_FAMILIES or char in _CLOSING_BRACKETS:
                family = QUOTE_FAMILIES.get(char, char)
                if family in left:
                    del left[left.index(family) :]
        return bool(left)

    def deadline(self) -> int | None:
        """Return the position after which the outermost opening is given up, if marks have been passed over for it."""
        if self.passed_over is None or not self.stack:
            return None
        closes, at = self.stack[0]
        return at + _PATIENCE.get(closes, _DEFAULT_PATIENCE)

    def give_up(self, at: int) -> int:
        """Drop what is open before `at` and return where to look again."""
        again = at if self.passed_over is None else self.passed_over
        self.stack = []
        self.seen = self._blind = max(self.seen, at)
        self.passed_over = None
        self.given_up = True
        return again

    def pass_over(self, at: int) -> None:
        """Note a mark that was no end only because something is open."""
        if self.passed_over is None:
            self.passed_over = at

    def brackets(self) -> int:
        """Return how many brackets are open, quotes not counted."""
        return sum(closes in _CLOSING_BRACKETS for closes, _ in self.stack)

    def opening(self) -> int:
        """Return where the innermost thing that is open was opened."""
        return self.stack[-1][1]

    def _read(self, text: str, end: int) -> None:
        stack = self.stack
        for found in _ENCLOSING.finditer(text, self.seen, end):
            char, at = found[0], found.start()
            if char in BRACKETS:
                if not (char == "(" and at > self.start and text[at - 1] in ":;=-"):  # the mouth of a smiley
                    stack.append((BRACKETS[char], at))
            elif char in _CLOSING_BRACKETS:
                self._close(char)
            else:
                self._quote(text, char, at)
        self.seen = end
        if not stack:
            self.passed_over = None

    def _close(self, closes: str) -> None:
        for depth in range(len(self.stack) - 1, -1, -1):
            if self.stack[depth][0] == closes:
                del self.stack[depth:]
                return

    def _quote(self, text: str, char: str, at: int) -> None:
        family = QUOTE_FAMILIES[char]
        before = text[at - 1] if at > self.start else " "
        after = text[at + 1] if at + 1 < len(text) else " "
        if after in marks.ENDS or after in marks.NOT_AFTER_END:
            opens = False
        elif char in self._opens:
            opens = True
        elif char in self._closes:
            opens = False
        elif any(closes == family for closes, _ in self.stack):
            # An opening that follows a space and does not precede one opens a second time; anything else closes.
            opens = before.isspace() and not after.isspace() and char not in "»”’›"
            if opens and family == "double" and char == '"':
                self._close(family)
        else:
            opens = self._may_open(before, after, char)
        if family in _SINGLE and opens and (before.isalnum() or self._is_apostrophe(text, char, at)):
            return
        if opens:
            if not after.isspace() or char in "«»":
                self.stack.append((family, at))
        elif not (family == "single" and after.isalnum()):
            self._close(family)

    @staticmethod
    def _may_open(before: str, after: str, char: str) -> bool:
        if char in "“‘„‚«‹":
            return not before.isalnum() or ord(before) > 0x2E80
        return (before.isspace() or before in "([{（—–-:：,，/*_>" or ord(before) > 0x2E80) and not after.isspace()

    @staticmethod
    def _is_apostrophe(text: str, char: str, at: int) -> bool:
        word = _WORD.match(text, at + 1)
        return char in "'’‘" and word is not None and (word[0].lower() in APOSTROPHE_WORDS or word[0][0].isdigit())
