"""The scanner: one way forward through the stream, from one character that may matter to the next.

It keeps the text from the beginning of the segment that is open, and a position: everything before that is decided. A
compiled expression hops to the next stop; there a local decision is made (`decisions` for marks, `lines` for line ends,
`unmarked` for lists and letters, `tags`, `clause`). The ways back are bounded and happen once per cause: a quote or
bracket that never closes (`nesting`), a forced cut (`forced`), and the text held for a decision.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import NamedTuple

from agora_audio.segmenter import lines
from agora_audio.segmenter.clause import clause_verdict, word_verdict
from agora_audio.segmenter.decisions import MarkRules
from agora_audio.segmenter.forced import forced_cut
from agora_audio.segmenter.nesting import Nesting
from agora_audio.segmenter.rules import lists, marks
from agora_audio.segmenter.rules.languages import Language
from agora_audio.segmenter.segments import Kind, SegmentLimits, Status
from agora_audio.segmenter.tags import tag_verdict
from agora_audio.segmenter.unmarked import (
    LONGEST_SALUTATION,
    ItemLabels,
    aside_verdict,
    bullet_verdict,
    salutation_verdict,
)
from agora_audio.segmenter.verdicts import CUT, END, HOLD, NO, Verdict
from agora_audio.segmenter.words import WordBreaker

__all__ = ["Cut", "Explain", "Hop", "Scanner"]

Explain = Callable[[str, int, str, str], None]
"""Is told each decision: verdict (cut, hold, no), code point of the stream, the characters there, the rule."""

Hop = Callable[..., "re.Match[str] | None"]
"""Finds the next character that may matter."""

_ONCE_MORE = "quote or bracket given up at the line end"
_CLAUSE_RULES = ("clause", "comma", "word that begins")


def _hop(stops: str, figures: bool) -> Hop:
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
        self._rules = MarkRules(language)
        self._nest = Nesting(language)
        self._labels = ItemLabels()
        self._limits = limits
        self._words = words
        self._explain = explain
        self._provisional = provisional
        none = set(language.no_ends) - {"."}  # a full stop still closes labels, and its rules know that it is no end
        self._marks = frozenset(marks.ENDS + marks.ELLIPSES + language.own_ends) - none
        stops = "".join(sorted(self._marks)) + marks.LINE_ENDS + "<)," + lists.BULLETS
        self._hop_sentences = _hop(stops, provisional)
        self._hop_clauses = _hop(stops + marks.CLAUSE + " ", provisional)
        self._first_check = min(limits.soft_wide, limits.soft)
        self.clauses = clauses
        self.events: list[tuple[Status, int, int]] = []
        self.reset()

    def reset(self) -> None:
        """Begin a new stream."""
        self.text = ""
        self.base = 0
        self.events.clear()
        self._nest.forget()
        self._begin(0, on_line=True)
        self._rules.full_stop.spaced_dots = False

    def restart(self) -> None:
        """Go on after all of the text has been taken, as at the head of a line."""
        self._begin(self.start, on_line=True)

    def _begin(self, at: int, on_line: bool = False) -> None:
        self.start = self._position = at
        self._nest.clear(at)
        self._labels.forget()
        self.holding = False
        self._limit = at + self._first_check
        self._context: str | None = None
        self._closed = False
        self._on_line = on_line
        self._announced: int | None = None

    @property
    def hop(self) -> Hop:
        """What finds the next character that may matter."""
        return self._hop_clauses if self.clauses else self._hop_sentences

    @property
    def wakes_at(self) -> int:
        """The length of the text at which there is something to decide without a stop."""
        if self._nest.passed_over is None:
            return self._limit
        deadline = self._nest.deadline()
        return self._limit if deadline is None else min(self._limit, deadline + 1)

    def drop_front(self) -> None:
        """Forget the text of the segments that are done."""
        by = self.start
        if by:
            self.text = self.text[by:]
            self.base += by
            self._nest.shift(by)
            self.start = 0
            self._position -= by
            self._limit -= by
            if self._announced is not None:
                self._announced -= by

    def next_cut(self, final: bool, least: int, least_wide: int) -> Cut | None:
        """Look on for the next end; None if more text is needed (`holding`: any more may do).

        `least` and `least_wide` are the least lengths of a clause, in characters.
        """
        text, hop, nest = self.text, self.hop, self._nest
        while True:
            found = hop(text, self._position)
            at = found.start() if found else len(text)
            if at >= (self._limit if nest.passed_over is None else self.wakes_at) and self._context != "code":
                cut = self._overdue()
                if cut:
                    return cut
            elif found is None:
                if not self._give_up_at_the_end(final):
                    return None
            elif text[at] == "," and at - self.start > LONGEST_SALUTATION and not self.clauses:
                self._position = at + 1
            else:
                verdict = self._decide(text, at, final, least, least_wide)
                if verdict.kind == CUT:
                    return Cut(verdict.where, self._kind(text, verdict))
                if verdict.kind == HOLD:
                    self._position = at
                    self.holding = True
                    return None
                self._position = verdict.where

    def take(self, cut: Cut) -> None:
        """Leave a segment that was found behind."""
        goes_on = self._context == "code" and not self._closed
        self._begin(cut.end)
        if goes_on:
            self._context = "code"

    def rest(self) -> Cut:
        """Return what is left at the end of the text, as a segment."""
        kind = "code" if self._context == "code" else self.kind_of(self.start, len(self.text))
        return Cut(len(self.text), kind)

    def stalled_at(self) -> int | None:
        """Return where the segment would end if nothing more came: after a mark that looks like an end."""
        at = self._position
        if not self.holding or at >= len(self.text) or self.text[at] not in self._marks:
            return None
        end = len(self.text.rstrip())
        inside = self._nest.open_at(self.text, at) and self._nest.open_after(self.text, at, end)
        if inside or not self._rules.promising(self.text, self.start, at):
            return None
        return end if all(char in self._marks or char in marks.CLOSERS for char in self.text[at:end]) else None

    def kind_of(self, start: int, end: int) -> Kind:
        """Say what kind of segment a piece of the text is."""
        return lines.kind_of(self.text, start, end, self._is_on_line(start))

    # --- what is due without a stop ---------------------------------------------------------------------------------

    def _overdue(self) -> Cut | None:
        """Deal with a quote that never closes and with text that goes on without a mark, whichever is due first."""
        deadline = self._nest.deadline()
        if deadline is not None and deadline < self._limit:
            if self._nest.open_at(self.text, deadline) and self._nest.deadline() == deadline:
                self._position = self._nest.give_up(deadline)
                self._tell("no", deadline, "quote or bracket given up")
            return None
        where, again = forced_cut(self.text, self.start, self._limit, self._limits, self._words)
        if where < 0:
            self._limit = max(again, self._limit + 1)
            return None
        self._tell("cut", where, "no mark for too long")
        return Cut(max(where, self.start + 1), "forced")

    def _give_up_at_the_end(self, final: bool) -> bool:
        """At the end of the text, say whether there is something to look at again."""
        self._position = len(self.text)
        self.holding = False
        if final and self._nest.passed_over is not None and self._nest.open_at(self.text, len(self.text)):
            self._position = self._nest.give_up(len(self.text))
            return True
        return False

    def _tell(self, kind: str, at: int, rule: str) -> None:
        if self._explain is not None:
            self._explain(kind, self.base + at, self.text[max(at - 1, 0) : at], rule)

    # --- one stop ---------------------------------------------------------------------------------------------------

    def _decide(self, text: str, at: int, final: bool, least: int, least_wide: int) -> Verdict:
        """Decide at a stop, and announce or retract what looks like an end."""
        if self._provisional and self._announced is None and self._looks_like_an_end(text, at):
            self._announced = at
            self.events.append(("provisional", self.start, at + 1))
        verdict = self._judge(text, at, final, least, least_wide)
        if self._announced == at and verdict.kind == NO and verdict.rule != END:
            self._announced = None
            self.events.append(("retracted", self.start, at + 1))
        if self._explain is not None:
            self._explain(verdict.kind, self.base + at, text[at : max(verdict.where, at + 1)][:16], verdict.rule)
        if verdict.kind == NO and verdict.rule != _ONCE_MORE and verdict.where <= at:
            return verdict._replace(where=at + 1)
        return verdict

    def _judge(self, text: str, at: int, final: bool, least: int, least_wide: int) -> Verdict:
        char = text[at]
        if char in marks.LINE_ENDS:
            return self._line(text, at, final)
        if char == " " and (at == self.start or text[self.start : at].isspace()):
            return Verdict(NO, at + 1, "space before the first word")  # a line end may still follow
        if (self._context or self._find_context(text, at)) != "text":
            return Verdict(NO, at + 1, f"inside a {self._context}")
        if at + 1 == len(text) and char in self._marks and char not in marks.INSTANT and not final:
            return Verdict(HOLD, at, "mark at the end of what has come")
        if char in ".)" and at > self.start and text[at - 1].isalnum():
            label = self._labels.judge(text, self.start, at, final)
            if label is not None:
                return label
        if char in self._marks:
            return self._rules.judge(text, self.start, at, final, self._nest)
        return self._other(text, at, char, final, least, least_wide)

    def _other(self, text: str, at: int, char: str, final: bool, least: int, least_wide: int) -> Verdict:
        if char == "<":
            return tag_verdict(text, at, final)
        if char == ")":
            return aside_verdict(text, self.start, at, final, self._nest)
        if char in lists.BULLETS:
            return bullet_verdict(text, self.start, at)
        if char == ",":
            ended = salutation_verdict(text, self.start, at, final, self._rules.language.starters)
            if ended.kind != NO or not self.clauses:
                return ended
        if char == " ":
            return word_verdict(text, self.start, at, self._nest, least)
        return clause_verdict(text, self.start, at, final, self._nest, least, least_wide)

    def _kind(self, text: str, verdict: Verdict) -> Kind:
        if self._context == "code":
            self._closed = verdict.rule == "closing fence"
            return "code"
        if self.clauses and verdict.rule.startswith(_CLAUSE_RULES):
            return "clause"
        return self.kind_of(self.start, verdict.where)

    def _line(self, text: str, at: int, final: bool) -> Verdict:
        end = self.start + len(text[self.start : at].rstrip())
        if end == self.start:
            return Verdict(NO, at + 1, "line end before the first word")
        context = self._find_context(text, at)
        if context == "code":
            return lines.fence_verdict(text, self.start, at, self._limits.code)
        if context != "text":
            return Verdict(CUT, end, f"end of a {context}")
        back, nest = self._rules.back, self._nest
        verdict = lines.line_verdict(text, self.start, at, end, final, back, nest, self._labels.in_item)
        if verdict.kind == CUT and nest.passed_over is not None and nest.open_at(text, at):
            return Verdict(NO, nest.give_up(at), _ONCE_MORE)
        return verdict

    def _find_context(self, text: str, at: int) -> str:
        """Say what block the segment is in, decided once, at its first stop."""
        if self._context is None:
            self._on_line = self._is_on_line(self.start)
            self._context = lines.context_of(text, self.start, at) if self._on_line else "text"
        return self._context

    def _is_on_line(self, start: int) -> bool:
        if start == self.start and (self._on_line or self._context is not None):
            return self._on_line
        return lines.begins_line(self.text, start)

    def _looks_like_an_end(self, text: str, at: int) -> bool:
        if text[at] not in self._marks or text[at] in marks.INSTANT or self._find_context(text, at) != "text":
            return False
        return not self._nest.open_at(text, at) and self._rules.promising(text, self.start, at)
