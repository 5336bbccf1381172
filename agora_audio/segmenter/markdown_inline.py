"""What stands within a line: emphasis, links, code, tags, formulas, URLs, emoji. Each has one handler.

A handler is called with the text and the position of the character that stopped the search, and returns the position
after what it took. It raises `NeedMore` before it has changed anything if text that may still come decides.
"""

from __future__ import annotations

import functools
import html.entities
import re
from collections.abc import Callable

from agora_audio.segmenter.formulas import formula_end
from agora_audio.segmenter.letters import is_cjk, is_letter
from agora_audio.segmenter.markdown_marks import Mark, Marks, flanks
from agora_audio.segmenter.markdown_patterns import (
    AUTOLINK,
    CITATION,
    COMMENT,
    DEFINITION,
    DESTINATION,
    EMOJI,
    ENTITY,
    LENTICULAR,
    MAIL,
    SURE_DESTINATION,
    TAG,
    URL,
    NeedMore,
    interesting,
    look,
)
from agora_audio.segmenter.markdown_tags import AMBIGUOUS, BREAKS, ELEMENTS, Until, end_tag, may_compare
from agora_audio.segmenter.speech_config import SpeechText

__all__ = ["Inline"]

_ESCAPABLE = frozenset("!\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~")
# Longer runs are ornaments.
_LONGEST_RUN = 6
_ALT = re.compile(r"\salt\s*=\s*(?:\"([^\"]*)\"|'([^']*)')", re.IGNORECASE)
_CITED = frozenset(".!?%。！？…])）】」』”’\"'*_`")
_TRAILING = ".,;:!?'…"
_TICKS = re.compile("`+")
_HASHES = re.compile(r"#+[ \t]*")


class Inline:
    """Handlers of what stops plain text, and what is open between two of them.

    Parameters
    ----------
    config
        What is said.
    marks
        Takes the speech.
    """

    def __init__(self, config: SpeechText, marks: Marks) -> None:
        self.config = config
        self.marks = marks
        switches = (
            config.markdown,
            config.html,
            config.emoji == "skip",
            config.citations == "skip",
            config.mail != "keep",
        )
        self._searches = [interesting(*switches, heading) for heading in (False, True)]
        self._keep = {*config.keep_tags, *config.raw_tags}
        self._handlers: dict[str, Callable[[str, int, bool], int]] = {
            "<": self._tag, "$": self._formula, "\\": self._backslash, "[": self._bracket, "]": self._close_bracket,
            "*": self._emphasis, "_": self._emphasis, "~": self._emphasis, "`": self._code, "!": self._image,
            "&": self._entity, "#": self._closing_hashes, "【": self._citation, "\ue200": self._citation,
            "\ufe0f": self._drop, "\u20e3": self._drop,
        }  # fmt: skip
        self.reset()

    def reset(self) -> None:
        """Forget what is open."""
        self.set_heading(False)
        self.base = self.line_at = 0
        self.cut = False
        self.until: Until | None = None

    def set_heading(self, heading: bool) -> None:
        """Note whether the line is a heading, whose closing marks are none of its text."""
        self.heading = heading
        self.search = self._searches[heading]

    def take(self, text: str, at: int, more: bool) -> int:
        """Take what begins at `at`; return where it ends."""
        self.marks.expire(self.base + at)
        char = text[at]
        handler = self._handlers.get(char)
        if handler is None:
            handler = self._address if char.isalnum() and char < "\x80" else self._emoji
        return handler(text, at, more)

    def literal(self, text: str, at: int, end: int) -> int:
        """Say what stands there."""
        self.marks.text(text[at:end])
        return end

    def _drop(self, text: str, at: int, more: bool) -> int:
        return at + 1

    # --- emphasis, code, escapes -------------------------------------------------------------------------------------

    def _emphasis(self, text: str, at: int, more: bool) -> int:
        char, end = text[at], at + 1
        while text.startswith(char, end) and end - at <= _LONGEST_RUN:
            end += 1
        if end == len(text) and more and end - at <= _LONGEST_RUN:
            raise NeedMore
        count, before, after = end - at, text[at - 1], text[end : end + 1] or "\n"
        if count > _LONGEST_RUN or (char == "~" and count != 2) or before == char:
            return self.literal(text, at, end)
        opens, closes = flanks(char, count, before, after)
        inner = is_letter(before) and is_letter(after) and not (is_cjk(before) or is_cjk(after))
        if char == "*" and inner and (count == 1 or after.isdigit()):
            opens = closes = False
        if closes:
            count = self.marks.close(char, count, inner)
        if opens and count:
            likely = is_letter(after) or is_cjk(after) or after in "\"'([$`_*~"
            self.marks.open(Mark(char, count, self.base + at, likely, inner))
        elif count:
            self.marks.text(char * count)
        return end

    def _code(self, text: str, at: int, more: bool) -> int:
        window = at + self.config.hold
        grows = more and len(text) < window
        ticks = _TICKS.match(text, at, window)[0]  # type: ignore[index]
        end = at + len(ticks)
        if end == len(text) and grows:
            raise NeedMore
        found = _closing(ticks).search(text, end, window) if text[at - 1] != "`" else None
        blank = text.find("\n\n", end, window)
        if found and (blank < 0 or found.start() < blank):
            if grows and found.end() == len(text):
                raise NeedMore
            code = text[end : found.start()]
            self.marks.text(code[1:-1] if len(code) > 2 and code[0] == code[-1] == " " and code.strip() else code)
            return found.end()
        if grows and blank < 0:
            raise NeedMore
        if self.cut and text[at - 1] != "`":
            self.until = Until("code", _closing(ticks))
            return end
        return self.literal(text, at, end)

    def _backslash(self, text: str, at: int, more: bool) -> int:
        char = text[at + 1 : at + 2]
        if not char and more:
            raise NeedMore
        if char and char in "([":
            return self._formula(text, at, more)
        if self.config.markdown and char and char in _ESCAPABLE:
            return self.literal(text, at + 1, at + 2)
        if self.config.markdown and char == "\n":
            return at + 1
        return self.literal(text, at, at + 1)

    def _formula(self, text: str, at: int, more: bool) -> int:
        end = formula_end(text, at, more, self.config.hold)
        if end:
            self._skip_or_raw(self.config.latex == "skip", text[at:end])
            return end
        opening = text[at : at + 2]
        if self.cut and opening in ("$$", "\\[") and self.config.latex == "skip" and "\n\n" not in text[at:]:
            self.until = Until("skip", re.compile(r"\$\$" if opening == "$$" else r"\\\]"))
            self.marks.skip()
            return at + 2
        if opening[0] == "\\":
            # What stands between is prose: an escaped bracket, unless the backslashes are to be kept.
            return self.literal(text, at + self.config.markdown, at + 2)
        return self.literal(text, at, at + 2 if opening == "$$" else at + 1)

    # --- links, citations, images ------------------------------------------------------------------------------------

    def _bracket(self, text: str, at: int, more: bool) -> int:
        found = look(CITATION, text, at, more)
        is_citation = found is not None and self.config.citations == "skip" and _may_be_citation(text, at)
        if found and is_citation and not found["link"] and not (found["colon"] and self.base + at == self.line_at):
            self.marks.skip()
            return found.end() - bool(found["colon"])
        if not self.config.markdown:
            return self.literal(text, at, at + 1)
        mark = Mark("[", 1, self.base + at)
        mark.citation = is_citation
        self.marks.open(mark)
        return at + 1

    def _image(self, text: str, at: int, more: bool) -> int:
        before = text[at - 1]
        if is_letter(before) and not is_cjk(before):
            return self.literal(text, at, at + 1)
        if at + 1 == len(text):
            if more:
                raise NeedMore
            return self.literal(text, at, at + 1)
        self.marks.open(Mark("!", 1, self.base + at))
        return at + 2

    def _close_bracket(self, text: str, at: int, more: bool) -> int:
        mark = self.marks.bracket()
        if mark is None:
            found = look(DESTINATION, text, at, more)
            return found.end() if found and SURE_DESTINATION.match(text, at) else self.literal(text, at, at + 1)
        found = look(DESTINATION, text, at, more)
        if found:
            skip = mark.citation or (mark.char == "!" and self.config.images == "skip")
            if skip:
                self.marks.skip_from(mark)
            else:
                self.marks.close_bracket(mark, is_link=True)
            return found.end()
        found = look(DEFINITION, text, at, more)
        if found and self._begins_line(mark) and self.marks.drop_from(mark):
            return found.end()
        if self.marks.close_bracket(mark, is_link=False):
            return at + 1
        return self.literal(text, at, at + 1)

    def _begins_line(self, mark: Mark) -> bool:
        return mark.at == self.line_at and mark.char == "["

    def _citation(self, text: str, at: int, more: bool) -> int:
        found = look(LENTICULAR, text, at, more)
        if not found:
            return self.literal(text, at, at + 1)
        self.marks.skip()
        return found.end()

    # --- tags, entities, addresses, emoji ----------------------------------------------------------------------------

    def _tag(self, text: str, at: int, more: bool) -> int:
        found = look(TAG, text, at, more)
        if found:
            if more and found.end() == len(text) and len(found["name"]) == 1 and text[at - 1].isalnum():
                raise NeedMore
            return self._known_tag(text, found)
        found = look(COMMENT, text, at, more)
        if found and self.config.html:
            self.marks.skip()
            return found.end()
        found = look(AUTOLINK, text, at, more)
        if found and self.config.markdown:
            if found["url"]:
                self._say_url(found["url"])
            else:
                self._say_mail(found["mail"], found["mail"].split("@")[1])
            return found.end()
        return self.literal(text, at, at + 1)

    def _known_tag(self, text: str, found: re.Match[str]) -> int:
        name, is_end = found["name"].lower(), bool(found["end"])
        begins = not is_end and not found["empty"]
        if name in self._keep and not (name in AMBIGUOUS and "=" not in found[0]):
            self.marks.raw(found[0])
            if begins and name in self.config.raw_tags:
                self.until = Until("raw", end_tag(name), f"</{name}")
        elif name in self.config.skip_tags:
            self.marks.skip()
            if begins:
                self.until = Until("skip", end_tag(name), f"</{name}")
        elif not self.config.html or may_compare(text, found, name):
            return self.literal(text, found.start(), found.start() + 1)
        elif name not in ELEMENTS:
            self.marks.raw(found[0])
        elif name in BREAKS:
            self.marks.text("\n")
        elif name == "img" and self.config.images == "alt" and (alt := _ALT.search(found[0])):
            self.marks.text(html.unescape(alt[1] or alt[2] or " "))
        return found.end()

    def _entity(self, text: str, at: int, more: bool) -> int:
        found = look(ENTITY, text, at, more)
        if not found or (found[0][1] != "#" and found[0][1:] not in html.entities.html5):
            return self.literal(text, at, at + 1)
        char = html.unescape(found[0])
        self.marks.text(" " if char.isspace() else char)
        return found.end()

    def _address(self, text: str, at: int, more: bool) -> int:
        found = look(URL, text, at, more)
        if found:
            end = self._without_trailing(text, at, found.end())
            mail = text[at + len(found["mailto"]) : end] if found["mailto"] else ""
            if mail:
                self._say_mail(mail, mail.split("@")[-1].split("?")[0])
                return end
            if not found["mailto"]:
                self._say_url(text[at:end])
                return end
        found = look(MAIL, text, at, more) if self.config.mail != "keep" else None
        if found:
            if more and text[found.end() :] == ".":
                raise NeedMore
            self._say_mail(found[0], found["host"])
            return found.end()
        return self.literal(text, at, at + 1)

    def _without_trailing(self, text: str, at: int, end: int) -> int:
        """Return the end of a URL without the marks that belong to the sentence."""
        while end > at:
            char = text[end - 1]
            is_marks = char in "*_~" and self.marks.is_open(char)
            if not (is_marks or char in _TRAILING or (char == ")" and not _is_balanced(text[at:end]))):
                break
            end -= 1
        return end

    def _say_url(self, url: str) -> None:
        if self.config.url == "host":
            host = re.split(r"[/?#]", url.split("://", 1)[-1], maxsplit=1)[0].rsplit("@", 1)[-1]
            self.marks.text(host.removeprefix("www.") or url)
        else:
            self._skip_or_raw(self.config.url == "skip", url)

    def _say_mail(self, mail: str, host: str) -> None:
        if self.config.mail == "host":
            self.marks.text(host)
        else:
            self._skip_or_raw(self.config.mail == "skip", mail)

    def _emoji(self, text: str, at: int, more: bool) -> int:
        found = look(EMOJI, text, at, more)
        if not found:
            return self.literal(text, at, at + 1)
        self.marks.skip()
        return found.end()

    def _closing_hashes(self, text: str, at: int, more: bool) -> int:
        if text[at - 1] not in " \t":
            return self.literal(text, at, at + 1)
        end = at + len(_HASHES.match(text, at, at + 100)[0])  # type: ignore[index]
        if end == len(text) and more and end < at + 100:
            raise NeedMore
        return end if text[end : end + 1] in ("", "\n") else self.literal(text, at, end)

    def _skip_or_raw(self, skip: bool, text: str) -> None:
        if skip:
            self.marks.skip()
        else:
            self.marks.raw(text)

    # --- what stays open ---------------------------------------------------------------------------------------------

    def take_until(self, text: str, at: int, more: bool) -> int:
        """Take text while an element, code or a formula is open."""
        until = self.until
        assert until is not None
        found = until.closing.search(text, at)
        blank = -1 if until.end_tag else text.find("\n\n", at)
        if blank >= 0 and (not found or blank < found.start()):
            self.until = None
            return self._within(until.kind, text, at, blank)
        if found:
            self.until = None
            self._within(until.kind, text, at, found.end() if until.kind == "raw" else found.start())
            return found.end()
        end = len(text)
        if more and until.end_tag:
            last = text.rfind("<", max(at, end - _LONGEST_END_TAG))
            if last >= 0 and (text[last:].lower() + until.end_tag).startswith(until.end_tag[: end - last]):
                end = last
        if end == at:
            raise NeedMore
        return self._within(until.kind, text, at, end)

    def _within(self, kind: str, text: str, at: int, end: int) -> int:
        if end > at and kind == "raw":
            self.marks.raw(text[at:end])
        elif end > at and kind == "code":
            self.marks.text(text[at:end])
        return end


_LONGEST_END_TAG = 80


@functools.lru_cache(maxsize=64)
def _closing(ticks: str) -> re.Pattern[str]:
    return re.compile(f"(?<!`){ticks}(?!`)")


def _may_be_citation(text: str, at: int) -> bool:
    """Tell whether what stands before a number in brackets may be cited for: no sign, no variable of one letter."""
    before = text[at - 1]
    if before.isalpha() and before < "\x80" and not text[at - 2].isalnum():
        return False
    if before in " \t":
        return text[at - 2].isalnum() or text[at - 2] in _CITED
    return before.isalnum() or before in _CITED or before in ",;:，；：、"


def _is_balanced(url: str) -> bool:
    return url.count("(") >= url.count(")")
