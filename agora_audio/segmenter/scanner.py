"""The scanner: one way forward through the stream, from one character that may matter to the next.

It keeps the text from the beginning of the segment that is open, and a position: everything before that is decided. A
compiled expression hops to the next mark or line end; there a local decision is made (`decisions`, and here for lines,
lists, tags and code). The three ways back are bounded and happen once per cause: a quote or bracket that never closes
(`nesting`), a forced cut (`forced`), and the text held for a decision.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import NamedTuple

from agora_audio.segmenter.clause import clause_verdict, word_verdict
from agora_audio.segmenter.decisions import CUT, END, HOLD, LOOK_AHEAD, NO, MarkRules, Verdict
from agora_audio.segmenter.forced import forced_cut
from agora_audio.segmenter.nesting import Nesting
from agora_audio.segmenter.rules import lists, marks
from agora_audio.segmenter.rules.languages import Language
from agora_audio.segmenter.segments import Kind, SegmentLimits, Status
from agora_audio.segmenter.tags import tag_verdict
from agora_audio.segmenter.words import WordBreaker

__all__ = ["Cut", "Explain", "Scanner"]

Explain = Callable[[str, int, str, str], None]
"""Is told each decision: verdict (cut, hold, no), code point of the stream, the characters there, the rule."""

_HEAD = re.compile(r"\s*(?:(#{1,6}\s)|(\|)|(```|~~~))")
_KINDS = re.compile(
    rf"\s*(?:(?P<heading>#{{1,6}}\s)|(?P<table>\|)|(?P<code>```|~~~)|(?P<list_item>[-*+]\s|[{lists.BULLETS}]|[{lists.CIRCLED}]"
    r"|\(?(?:\d{1,3}|[A-Za-z]|[ivxIVX]{1,5})(?:\.\)|[)])\s|(?:\d{1,3}|[a-z])\.\s|\d{1,3}[、.．](?=[^\s\d])|[（(]?[一二三四五六七八九十]{1,3}[)）、]))"
)
_BLOCK = re.compile(
    rf"[-*+]\s|[{lists.BULLETS}{lists.CIRCLED}]|#{{1,6}}\s|\||>\s|```|~~~|[-*_]{{3}}"
    r"|\(?(?:\d{1,3}|[A-Za-z]|[ivxIVX]{1,5})(?:\.\)|[.)])\s|\d{1,3}[、．)](?=\S)|[（(]?[一二三四五六七八九十]{1,3}[)）、．]"
)
_BLOCK_BEGUN = re.compile(r"(?:[-*+_]{1,2}|`{1,2}|~{1,2}|#{1,6}|>|\(?(?:\d{0,3}|[A-Za-z]|[ivxIVX]{0,5})(?:\.?\)?)|[（(]?[一二三四五六七八九十]{0,3})\Z")
_CLOSING_FENCE = re.compile(r"[ \t]*(?:`{3,}|~{3,})[ \t\r]*\Z")
_SPACES = re.compile(rf"\s{{0,{LOOK_AHEAD}}}")
_WIDE = re.compile(f"[{marks.WIDE}]")
_LABEL = re.compile(r"\(?[A-Za-z0-9]{1,5}\Z")
_ALONG = re.compile(r"(\.[)）]|\)\.|[.)])(.)?", re.DOTALL)
_LONGEST_SALUTATION = 32
_SALUTATION = re.compile(r"\s*(?:(?:Hi|Hello|Hey|Dear|Hallo|Liebe|Lieber|Cher|Chère|Hola|Querido|Querida|Ciao|Caro|Cara)\s)?"
    r"[^\W\d_a-z][\w'’-]+(?:\s[^\W\d_a-z][\w.'’-]*)?\Z")
_AFTER_SALUTATION = re.compile(r"\s{1,3}([^\W\d_]*)(?:\s([a-zà-ÿ])?)?")
_LINE_END = re.compile("[" + re.escape(marks.LINE_ENDS) + "]")
# A line without a mark that is longer than this was broken to fit a page, not ended.
_PAGE_WIDTH = 60


def _hop(stops: str, figures: bool) -> Callable[..., re.Match[str] | None]:
    """Return what finds the next stop; a full stop before a digit is none, unless `figures` are looked at too."""
    if figures:
        return re.compile(f"[{re.escape(stops)}]").search
    return re.compile(rf"[{re.escape(stops.replace('.', ''))}]|\.(?![0-9])").search


class Cut(NamedTuple):
    """An end that was found."""

    end: int
    """Index into the scanner's text."""
    kind: Kind
    """What ends there."""


class Scanner:
    """Find the ends in a text that grows."""

    def __init__(
        self,
        language: Language,
        limits: SegmentLimits,
        words: WordBreaker,
        clauses: bool,
        provisional: bool,
        explain: Explain | None,
    ) -> None:
        self.rules = MarkRules(language)
        self.nest = Nesting(language)
        self.limits = limits
        self._words = words
        self._explain = explain
        ends = "".join(mark for mark in marks.ENDS + marks.ELLIPSES + language.own_ends if mark not in "⋯")
        self._marks = frozenset(ends)
        other = marks.LINE_ENDS + "<)," + lists.BULLETS
        self.hop_sentences = _hop(ends + other, provisional)
        self.hop_clauses = _hop(ends + other + marks.CLAUSE + " ", provisional)
        self._checkpoint = min(limits.soft_wide, limits.hard_wide)
        self.clauses = clauses
        self._provisional = provisional
        self.events: list[tuple[Status, int, int]] = []
        self.reset()

    def reset(self) -> None:
        """Begin a new stream."""
        self.text = ""
        self.base = 0
        self.begin(0, line=True)
        self.rules.spaced_dots = False

    def begin(self, at: int, line: bool = False) -> None:
        """Begin a new segment at a position."""
        self.start = self.position = at
        self.nest.clear(at)
        self.holding = False
        self._announced: int | None = None
        self._fence_closed = False
        self.limit = at + self._checkpoint
        self._context: str | None = None
        self._on_line = line
        self._item: tuple[str, dict[str, int]] | None = None

    @property
    def hop(self) -> Callable[..., re.Match[str] | None]:
        """What finds the next character that may matter."""
        return self.hop_clauses if self.clauses else self.hop_sentences

    @property
    def wakes_at(self) -> int:
        """The length of the text at which there is something to decide without a mark."""
        deadline = self.nest.deadline()
        return self.limit if deadline is None else min(self.limit, deadline + 1)

    def drop_front(self) -> None:
        """Forget the text of the segments that are done."""
        by = self.start
        if by:
            self.text = self.text[by:]
            self.base += by
            self.nest.shift(by)
            self.start = 0
            self.position -= by
            self.limit -= by
            if self._announced is not None:
                self._announced -= by

    def next_cut(self, final: bool, least: int, least_wide: int) -> Cut | None:
        """Look on for the next end; None if more text is needed (`holding` says whether any more will do)."""
        text = self.text
        while True:
            found = self.hop(text, self.position)
            at = found.start() if found else len(text)
            if at >= self.wakes_at and self._context != "fence":
                cut = self._overdue(at)
                if cut:
                    return cut
                continue
            if found is None:
                self.position = len(text)
                self.holding = False
                if final and self.nest.passed_over is not None and self.nest.open_at(text, len(text)):
                    self.position = self.nest.give_up(len(text))
                    continue
                return None
            if self._provisional and self._announced is None and self._looks_like_end(text, at):
                self._announced = at
                self.events.append(("provisional", self.start, at + 1))
            verdict = self._judge(text, at, final, least, least_wide)
            if self._announced == at and verdict.kind == NO and verdict.rule != END:
                self._announced = None
                self.events.append(("retracted", self.start, at + 1))
            if self._explain is not None:
                self._explain(verdict.kind, self.base + at, text[at : max(verdict.where, at + 1)][:16], verdict.rule)
            if verdict.kind == CUT:
                return self._cut(text, verdict)
            if verdict.kind == HOLD:
                self.position = at
                self.holding = True
                return None
            self.position = max(verdict.where, at + 1) if verdict.rule != "once more" else verdict.where

    def stalled_at(self) -> int | None:
        """Return where the segment would end if nothing more came: after a mark that looks like an end."""
        at = self.position
        if not self.holding or at >= len(self.text) or not self._ends_if_all(self.text, at):
            return None
        end = len(self.text.rstrip())
        run = self.text[at:end]
        return end if all(char in self._marks or char in marks.CLOSERS for char in run) else None

    def rest(self) -> Cut:
        """Return what is left at the end of the text, as a segment."""
        kind = "code" if self._context == "fence" else self.kind_of(self.start, len(self.text))
        return Cut(len(self.text), kind)

    def take(self, cut: Cut) -> None:
        """Leave a segment that was found behind."""
        fence = self._context == "fence" and cut.kind == "code" and not self._fence_closed
        self.begin(cut.end)
        if fence:
            self._context = "fence"

    def kind_of(self, start: int, end: int) -> Kind:
        """Say what kind of segment a piece of the text is."""
        found = _KINDS.match(self.text, start, end)
        if found is None:
            return "sentence"
        kind = found.lastgroup
        if kind in ("heading", "table", "code") and not self._at_line(self.text, start):
            return "sentence"
        return kind  # type: ignore[return-value]  # the groups are named like the kinds

    # --- what is overdue ------------------------------------------------------------------------------------------------

    def _overdue(self, at: int) -> Cut | None:
        """Deal with a quote that never closes and with text that goes on without a mark, whichever is due first."""
        deadline = self.nest.deadline()
        if deadline is not None and deadline < self.limit:
            if self.nest.open_at(self.text, deadline) and self.nest.deadline() == deadline:
                self.position = self.nest.give_up(deadline)
                self._say("no", deadline, "quote or bracket given up")
            return None
        where, again = forced_cut(self.text, self.start, self.limit, self.limits, self._words)
        if where < 0:
            self.limit = max(again, self.limit + 1)
            return None
        self._say("cut", where, "no mark for too long")
        return Cut(max(where, self.start + 1), "forced")

    def _say(self, kind: str, at: int, rule: str) -> None:
        if self._explain is not None:
            self._explain(kind, self.base + at, self.text[max(at - 1, 0) : at], rule)

    # --- one character --------------------------------------------------------------------------------------------------

    def _judge(self, text: str, at: int, final: bool, least: int, least_wide: int) -> Verdict:
        char = text[at]
        if char in marks.LINE_ENDS:
            return self._line(text, at, final)
        if self._context is None:
            self._context = self._find_context(text, at)
        if self._context != "text":
            return Verdict(NO, at + 1, f"inside a {self._context}")
        if char in ".)" and at > self.start and text[at - 1].isalnum():
            label = self._label(text, at, final)
            if label is not None:
                return label
        if char in self._marks:
            return self.rules.judge(text, self.start, at, final, self.nest)
        if char == "<":
            return tag_verdict(text, at, final)
        if char in lists.BULLETS:
            return self._bullet(text, at)
        if char in ",)":
            ended = self._salutation(text, at, final) if char == "," else self._aside(text, at, final)
            if ended.kind != NO or char == ")":
                return ended
        if char == " ":
            return word_verdict(text, self.start, at, self.nest, least)
        if char in marks.CLAUSE and self.clauses:
            return clause_verdict(text, self.start, at, final, self.nest, least, least_wide)
        return Verdict(NO, at + 1, "no end")

    def _cut(self, text: str, verdict: Verdict) -> Cut:
        end = verdict.where
        self._fence_closed = True
        if self._context == "fence":
            self._fence_closed = verdict.rule == "closing fence"
            return Cut(end, "code")
        if verdict.rule.startswith(("clause mark", "comma", "word that begins")):
            return Cut(end, "clause")
        return Cut(end, self.kind_of(self.start, end))

    def _at_line(self, text: str, start: int) -> bool:
        """Say whether a segment begins a line: its leading white space holds the end of the line before."""
        if self._on_line and start == self.start:
            return True
        spaces = _SPACES.match(text, start)
        return bool(spaces and _LINE_END.search(spaces[0]))

    def _find_context(self, text: str, at: int) -> str:
        found = _HEAD.match(text, self.start, at + 1)
        if found is None or not self._at_line(text, self.start):
            return "text"
        return "heading" if found[1] else "table" if found[2] else "fence"

    def _ends_if_all(self, text: str, at: int) -> bool:
        return text[at] in self._marks and self.rules.promising(text, self.start, at, self.nest)

    def _looks_like_end(self, text: str, at: int) -> bool:
        if text[at] not in self._marks or text[at] in marks.INSTANT or self._context not in (None, "text"):
            return False
        if self._context is None and self._find_context(text, at) != "text":
            return False
        return self._ends_if_all(text, at)

    # --- lines ----------------------------------------------------------------------------------------------------------

    def _line(self, text: str, at: int, final: bool) -> Verdict:
        body = text[self.start : at]
        end = self.start + len(body.rstrip())
        if end == self.start:
            return Verdict(NO, at + 1, "line end before the first word")
        if self._context is None:
            self._context = self._find_context(text, at)
        if self._context == "fence":
            return self._fence(text, at)
        if self._context != "text":
            return Verdict(CUT, end, f"end of a {self._context}")
        verdict = self._after_line(text, at, end, final)
        if verdict.kind == CUT and self.nest.passed_over is not None and self.nest.open_at(text, at):
            return Verdict(NO, self.nest.give_up(at), "once more")
        return verdict

    def _fence(self, text: str, at: int) -> Verdict:
        begins = max((text.rfind(mark, self.start, at) for mark in "\n\r"), default=-1) + 1
        opened = _HEAD.match(text, self.start)
        if begins > self.start and (not opened or begins > opened.end()) and _CLOSING_FENCE.match(text, begins, at):
            return Verdict(CUT, at, "closing fence")
        if at - self.start >= self.limits.code:
            return Verdict(CUT, at, "long code")
        return Verdict(NO, at + 1, "inside code")

    def _after_line(self, text: str, at: int, end: int, final: bool) -> Verdict:
        spaces = _SPACES.match(text, at)
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
        last, first = text[end - 1], text[begins]
        if first.islower():
            small = self.rules.is_small(text, self.start)
            return Verdict(CUT, end, "line of small letters") if small else Verdict(NO, begins, "line goes on")
        if last in marks.CLAUSE and last not in ":：":
            return Verdict(NO, begins, "line ends in a clause mark")
        if last == "." and not self.nest.open_at(text, end):
            return Verdict(NO, begins, "line ends in an abbreviation")
        if first in marks.ENDS or first in marks.NOT_AFTER_END:
            return Verdict(NO, begins, "next line begins with a mark")
        line = max(text.rfind("\n", self.start, end), self.start)
        if end - line > _PAGE_WIDTH and not _WIDE.search(text, line, end) and last.isalnum() and self._item is None:
            return Verdict(NO, begins, "line broken at the width of a page")
        return Verdict(CUT, end, "end of a line")

    # --- lists inside a line ----------------------------------------------------------------------------------------------

    def _label(self, text: str, at: int, final: bool) -> Verdict | None:
        """Decide about a mark that may end the label of a list item: "1.", "b)", "(iv)"; None if it is none."""
        low = max(self.start, at - 6)
        word = text[low:at].rsplit(None, 1)
        if not word:
            return None
        word[-1] = word[-1].lstrip(lists.BULLETS)
        if not _LABEL.match(word[-1]):
            return None
        begins = at - len(word[-1])
        if begins > self.start and not text[begins - 1].isspace() and text[begins - 1] not in lists.BULLETS:
            return None
        label = word[-1].lstrip("(")
        readings = lists.ordinals(label)
        bracketed = word[-1][0] == "("
        if not readings or (text[at] == "." and label.isupper() and label.isalpha()) or len(label) > 3 and label.isdigit():
            return None
        head = text[self.start : begins].strip(" \t\n\r" + lists.BULLETS + "-*+>")
        if head and not self._follows(readings, bracketed):
            return None
        along = _ALONG.match(text, at)
        if along is None:
            return None
        if along[2] is None:
            return Verdict(NO, at + 1, END) if final else Verdict(HOLD, at, "label of a list item")
        if not (along[2].isspace() or (label.isdigit() and not head and _WIDE.match(along[2]))):
            return None
        if head:
            return Verdict(CUT, self.start + len(text[self.start : begins].rstrip()), "next item of a list")
        self._item = ("(" if bracketed else along[1], readings)
        return Verdict(NO, along.end(1), "label of a list item")

    def _follows(self, readings: dict[str, int], bracketed: bool) -> bool:
        if self._item is None or (self._item[0] == "(") != bracketed:
            return False
        return any(readings.get(way) == value + 1 for way, value in self._item[1].items())

    # --- what ends without a mark -----------------------------------------------------------------------------------------

    def _salutation(self, text: str, at: int, final: bool) -> Verdict:
        """A name and a comma at the head, then a word that is written with a capital only where a sentence begins."""
        go_on = Verdict(NO, at + 1, "comma")
        if at - self.start > _LONGEST_SALUTATION or not _SALUTATION.match(text, self.start, at):
            return go_on
        if at + 1 == len(text) and not final:
            return Verdict(HOLD, at, "comma after a name")
        found = _AFTER_SALUTATION.match(text, at + 1, at + LOOK_AHEAD)
        if found is None:
            return go_on
        if found.end() == len(text) and not final and found.end() - at < LOOK_AHEAD:
            return Verdict(HOLD, at, "comma after a name")
        word = found[1] or ""
        if word[:1].isupper() and word != "I" and word.lower() in self.rules.language.starters and found[2]:
            return Verdict(CUT, at + 1, "salutation")
        return go_on

    def _aside(self, text: str, at: int, final: bool) -> Verdict:
        """A bracket that is a segment by itself: several words, and a capital after it."""
        go_on = Verdict(NO, at + 1, "closing bracket")
        head = text[self.start : self.start + 3].lstrip()
        if head[:1] != "(" or " " not in text[self.start : at].strip():
            return go_on
        if not self.nest.open_at(text, at) or len(self.nest.stack) > 1 or text[self.start : self.nest.opening()].strip():
            return go_on
        spaces = _SPACES.match(text, at + 1)
        after = spaces.end() if spaces else at + 1
        if after == len(text):
            return go_on if final or after - at > LOOK_AHEAD else Verdict(HOLD, at, "what follows the bracket")
        if after > at + 1 and text[after].isupper():
            return Verdict(CUT, at + 1, "brackets around a segment")
        return go_on

    def _bullet(self, text: str, at: int) -> Verdict:
        body = text[self.start : at]
        if not body.strip() or not body[-1].isspace():
            return Verdict(NO, at + 1, "bullet")
        return Verdict(CUT, self.start + len(body.rstrip()), "bullet")
