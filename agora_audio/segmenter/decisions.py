"""The local decision at a mark: the sentence ends here, it does not, or more text must come before it can be told.

Each decision looks back at most `LOOK_BACK` characters and ahead at most `LOOK_AHEAD`, and depends on nothing but the
characters: text that is still to come can complete a decision but never change one. That is why the size of the pieces
in which the text arrives does not matter.
"""

from __future__ import annotations

import re

from agora_audio.segmenter.attribution import Attribution
from agora_audio.segmenter.full_stop import FullStopRules
from agora_audio.segmenter.glued import GluedRules
from agora_audio.segmenter.look_ahead import DASHES, SMILEY, SPACES, Follower, follower
from agora_audio.segmenter.look_back import WIDE, LookBack
from agora_audio.segmenter.nesting import Nesting
from agora_audio.segmenter.rules import marks
from agora_audio.segmenter.rules.languages import Language
from agora_audio.segmenter.verdicts import CUT, HOLD, LOOK_AHEAD, NO, Place, Verdict

__all__ = ["MarkRules"]

_UNFINISHED = re.compile(r"\[\d{0,3}\Z|</?(?:[A-Za-z][\w:-]{0,24}(?:\s[^<>]{0,40})?)?\Z")
# A segment with fewer characters than this is looked at for whether it has any letter yet.
_HEAD = 8


def _tail(language: Language) -> re.Pattern[str]:
    """Return what matches a run of marks with the quotes, brackets, tags, references and pictures glued to it.

    A quotation mark that only opens in the language is none of it, nor is one that opens next to one that closed.
    """
    ends = marks.ENDS + language.own_ends + marks.ELLIPSES
    only_open = {pair[0] for pair in language.quotes} - {pair[1] for pair in language.quotes}
    closers = "".join(char for char in marks.CLOSERS if char not in only_open and char != "“")
    german = "" if "“" in only_open else "|(?<!”)“"
    return re.compile(
        rf"(?:[{re.escape(ends + closers)}{marks.EMOJI}]{german}|\[\d{{1,3}}\]|</[A-Za-z][\w:-]*>"
        rf"|<[A-Za-z][\w:-]*(?:\s[^<>]{{0,40}})?/>){{1,{LOOK_AHEAD}}}"
    )


class MarkRules:
    """The rules for the marks of one language."""

    def __init__(self, language: Language) -> None:
        self.language = language
        self.back = LookBack(language)
        self.full_stop = FullStopRules(language, self.back)
        self._attribution = Attribution(language)
        self._glued = GluedRules(language, self.back, self._attribution)
        self._ends = frozenset(marks.ENDS + language.own_ends)
        self._strong = frozenset(marks.STRONG + language.own_ends)
        self._sure_marks = self._strong - set("！？")
        self._tail = _tail(language)

    def judge(self, text: str, start: int, at: int, final: bool, nest: Nesting) -> Verdict:
        """Decide at ``text[at]``, a mark that may end the segment that begins at `start`."""
        mark = text[at]
        after = text[at + 1 : at + 2]
        if after.isdigit() and (mark == "." or (mark in "．:" and text[at - 1 : at].isdigit())):
            return Verdict(NO, at + 1, "inside a figure")
        if at - start < _HEAD and not any(map(str.isalnum, text[start:at])):
            return Verdict(NO, at + 1, "mark at the head of a segment")
        inside = nest.open_at(text, at)
        if not inside:
            early = self._without_a_look(text, start, at, after, nest)
            if early is not None:
                return early
        return self._run(text, start, at, final, nest, inside)

    def promising(self, text: str, start: int, at: int) -> bool:
        """Say whether a mark outside brackets and quotes looks like an end before anything after it is known."""
        if at == start or text[at] in marks.ELLIPSES:
            return False
        if text[at] in marks.FULL_STOPS:
            before = text[at - 1]
            if before.isdigit():
                return False
            known = self.back.is_ordinary(text, start, at) or self.back.is_starter(text, start, at)
            return known or bool(WIDE.match(before))
        return not text[at - 1].isspace() and not self.back.is_name_with_mark(text, start, at)

    def _without_a_look(self, text: str, start: int, at: int, after: str, nest: Nesting) -> Verdict | None:
        """Decide what needs no look at the next word: the commonest ends, at the least delay."""
        mark = text[at]
        if mark in marks.INSTANT and not nest.given_up:
            if text[max(start, at - 6) : at].endswith(marks.NAMES_WITH_STOP):
                return Verdict(NO, at + 1, "name with a full stop")
            return Verdict(CUT, at + 1, "full-width full stop")
        if after in (" ", "\n"):
            if mark == "." and not self.full_stop.spaced_dots and self.back.is_ordinary(text, start, at):
                return Verdict(CUT, at + 1, "ordinary word, full stop, space")
            if mark in self._sure_marks:
                return Verdict(CUT, at + 1, "mark of one meaning, space")
        return None

    def _run(self, text: str, start: int, at: int, final: bool, nest: Nesting, inside: bool) -> Verdict:
        """Take in the marks and what closes after them, then decide by what follows."""
        found = self._tail.match(text, at, at + LOOK_AHEAD)
        here = Place(text, start, at, found.end() if found else at + 1, final, nest if inside else None)
        if here.end - at == LOOK_AHEAD:
            return here.cut("run of marks too long")
        if here.end == len(text) or (len(text) < at + LOOK_AHEAD and _UNFINISHED.match(text, here.end)):
            return here.hold("run of marks may go on", len(text))
        if inside and nest.open_after(text, at, here.end):
            if text[here.end] in " \u00a0\u202f" and text[here.end + 1 : here.end + 2] in "»›":
                here.end += 2  # « … » with spaces, as in French
            if here.end >= len(text):
                return here.hold("closing quote may follow", len(text))
            if nest.open_after(text, at, here.end):
                nest.pass_over(at)
                return here.no("inside brackets or quotes")
        return self._after_run(here)

    def _after_run(self, here: Place) -> Verdict:
        text, char = here.text, here.text[here.end]
        if char.isspace():
            return self._before_space(here)
        if char == "-" and not here.final and here.end + 3 > len(text) and not text[here.end :].strip("-"):
            return Verdict(HOLD, here.at, "dashes after the mark")
        if text.startswith("---", here.end):
            return here.cut("line of dashes")
        if char in marks.NOT_AFTER_END or char == "@" or (char in DASHES and not text[here.end - 1].isspace()):
            return here.no("the sentence goes on after the mark")
        if char.isalnum():
            return self._glued.judge(here)
        if char in "<\\|#$+":
            return self._by_mark(here, Follower("other", here.end))
        return self._by_mark(here, follower(text, here.end, here.final, self.language))

    def _before_space(self, here: Place) -> Verdict:
        spaces = SPACES.match(here.text, here.end)
        after = spaces.end() if spaces else here.end
        if here.text.count("\n", here.end, after) > 1:
            return here.cut("empty line")
        if after - here.end >= LOOK_AHEAD:
            return here.cut("wide space")
        if after == len(here.text):
            return here.hold("what follows the space is not known", after)
        smiley = SMILEY.match(here.text, after)
        if smiley and smiley.end() < len(here.text):
            return Verdict(CUT, smiley.end(), "smiley after the mark")
        what = follower(here.text, after, here.final, self.language)
        return self.full_stop.dots_after_space(here) if what.kind == "dots" else self._by_mark(here, what)

    def _by_mark(self, here: Place, after: Follower) -> Verdict:
        if after.kind == "":
            return Verdict(HOLD, here.at, "what follows is not known")
        if after.kind == "item" and self._is_numbered(here, after):
            after = Follower("digit", after.at)
        if after.kind == "item":
            return here.cut("list item follows")
        said = self._attribution.after_space(here, after) if here.closed is not None else None
        if said is not None:
            return said
        if after.kind == "small dash":
            return here.no("dash and small letter")
        run = here.run
        dots = run.count(".") + 3 * sum(run.count(mark) for mark in marks.ELLIPSES)
        others = [mark for mark in run if mark in self._ends and mark != "."]
        if dots > 1 and not others:
            return self.full_stop.ellipsis(here, after)
        if not others or others == ["．"]:
            return self.full_stop.judge(here, after)
        if after.kind == "upper" and self.back.is_name_with_mark(here.text, here.start, here.at):
            return self.full_stop.if_starter(here, after, "", "name with a mark")
        return self._after_strong(here, after.kind, dots)

    def _is_numbered(self, here: Place, after: Follower) -> bool:
        """Say whether a figure is that of the abbreviation before it and no label: "It is No. 1. We won."."""
        if here.run != "." or not here.text[after.at].isdigit() or "\n" in here.text[here.end : after.at]:
            return False
        token = self.back.token(here.text, here.start, here.at)
        return self.back.group(here, token) in ("number", "title", "inner")

    def _after_strong(self, here: Place, kind: str, dots: int) -> Verdict:
        """Decide about "?", "!" and their like."""
        if kind == "mark":
            return here.no("more marks follow")
        mark = here.run[0]
        if kind != "lower" or mark in self._strong or (dots < 2 and here.run.count(mark) > 1):
            return here.cut("mark")
        if dots > 1 and here.run.rstrip(marks.CLOSERS).endswith("."):
            return here.no("ellipsis and small letter")
        if here.before.isspace():
            return here.no("mark set apart, small letter")
        if self.back.is_name_with_mark(here.text, here.start, here.at):
            return here.no("name with a mark")
        if mark == "!" and not self.back.begins_small(here.text, here.start):
            return here.no("exclamation mark and small letter")
        return here.cut("mark")
