"""Markdown, streamed: what a line is, and the scan over the text that comes in pieces.

At the beginning of a line it is decided what the line is (heading, quote, item, rule, fence, row of a table, or a
paragraph), with no more of it than that takes; the rest is `Inline`'s. Code blocks and tables are what they are until
they end. The buffer holds only what is not decided.
"""

from __future__ import annotations

import functools
import re

from agora_audio.segmenter.code_and_tables import Code, Table, header_names, joined_cells, row_cells
from agora_audio.segmenter.markdown_inline import Inline
from agora_audio.segmenter.markdown_marks import Marks
from agora_audio.segmenter.markdown_patterns import NeedMore, Pattern, look
from agora_audio.segmenter.speech_config import SpeechText
from agora_audio.segmenter.spoken import Spoken
from agora_audio.segmenter.summaries import code_language

__all__ = ["Markdown"]

# What stands before the buffer: handlers look back as far.
_BEFORE = "\n\n\n\n"
_CONTEXT = len(_BEFORE)
# Longer lines are no fence, rule or row.
_LONGEST_MARKER, _LONGEST_ROW = 200, 4000
_PIECE = 4096

_RULE = re.compile(r"([-*_])(?:[ \t]*\1){2,}[ \t]*|={3,}[ \t]*")
_RULE_PART = re.compile(r"([-*_])(?:[ \t]*\1)*[ \t]*|=+[ \t]*")
_HEADING = Pattern(re.compile(r"#{1,6}(?=[ \t\n])"), re.compile(r"#{1,6}"), 10)
_BULLET = re.compile(r"[-*+•‣◦▪●○·](?:[ \t]|(?=\n|\Z))")
_BOX = Pattern(re.compile(r"\[[ xX]\](?=[ \t\n])"), re.compile(r"\[(?:[ xX]\]?)?"), 10)
_FOOTNOTE = Pattern(re.compile(r"\[\^[\w.-]{1,40}\]:"), re.compile(r"\[(?:\^[\w.-]{0,40}\]?)?"), 50)
_FENCE = re.compile(r"(`{3,}|~{3,})([^`\n]*)")
_FENCE_PART = re.compile(r"`{1,2}|~{1,2}|(?:`{3,}|~{3,})[^`\n]*")
_FENCE_END_PART = re.compile(r"[ \t>]*(?:`*|~*)[ \t]*")
_DELIMITERS = re.compile(r"[ \t>]*\|?[ \t]*:?-+:?[ \t]*(?:\|[ \t]*:?-+:?[ \t]*)*\|?[ \t]*(?:\n|\Z)")
_DELIMITERS_PART = re.compile(r"[ \t>|:-]*")
_LOOSE = re.compile(r"[ \t]*:?-+:?[ \t]*(?:\|[ \t]*:?-+:?[ \t]*)+")
_LOOSE_PART = re.compile(r"[ \t]*:?(?:-+:?[ \t]*(?:\|[ \t]*:?-*:?[ \t]*)*)?")


class Markdown:
    """From raw text in pieces to pieces of speech in a `Spoken`.

    Parameters
    ----------
    config
        What is said.
    spoken
        Takes the speech.
    """

    def __init__(self, config: SpeechText, spoken: Spoken) -> None:
        self.config = config
        self.spoken = spoken
        self.marks = Marks(spoken, config.hold)
        self.inline = Inline(config, self.marks)
        self.reset()

    def reset(self) -> None:
        """Forget everything."""
        self.marks.reset()
        self.inline.reset()
        self._text, self._at = _BEFORE, _CONTEXT
        self._line_start = True
        self._bullet = self._quote = ""
        self._in_list = self._ends_in_colon = False
        self._code: Code | None = None
        self._in_code_line = False
        self._table: Table | None = None
        self._is_table_segment = False

    @property
    def is_plain(self) -> bool:
        """Whether nothing is held and text without marks that comes now is said as it is."""
        return not (self._line_start or self._code or self.inline.until) and (
            self._at == len(self._text) and self.marks.is_empty
        )

    def plain(self, text: str) -> None:
        """Note text that was said as it is."""
        self._text = text[-_CONTEXT:] if len(text) >= _CONTEXT else (self._text + text)[-_CONTEXT:]
        self.inline.base += len(text)

    def feed(self, text: str) -> None:
        """Say what is decided by what has come."""
        # A table puts its rows into the buffer anew: a long text must not be copied for each.
        for at in range(0, len(text), _PIECE):
            self._text += text[at : at + _PIECE]
            self._scan(more=True)

    def cut(self, is_table: bool = False) -> None:
        """Say all that is held; the text goes on, but what comes now is said without it."""
        self.inline.cut, self._is_table_segment = True, is_table
        self._scan(more=False)
        if self._table and is_table:
            # Said with its segment, not with what comes after; rows that may follow are of the same table.
            if self._table.new and self._table.rows:
                self._say_table(self._table)
            self._table.new = False
        self.marks.cut()
        self.inline.cut = self._is_table_segment = False

    def finish(self) -> None:
        """Say all that is held, and what a code block or a table still owes: the text is over."""
        self._scan(more=False)
        self._end_block()
        self._end_table()
        self._end_code()

    def _scan(self, more: bool) -> None:
        try:
            while self._at < len(self._text):
                self._at = self._step(self._text, self._at, more)
        except NeedMore:
            pass
        known = self._at
        self.marks.expire(self.inline.base + known)
        drop = known - _CONTEXT
        self._text, self._at = self._text[drop:], _CONTEXT
        self.inline.base += drop

    def _step(self, text: str, at: int, more: bool) -> int:
        if self._code:
            return self._take_code(self._code, text, at, more)
        if self.inline.until:
            return self.inline.take_until(text, at, more)
        if self._line_start:
            return self._begin_line(text, at, more)
        found = self.inline.search.search(text, at)
        stop = found.start() if found else len(text)
        if stop > at:
            self.marks.text(text[at:stop])
            return stop
        if text[at] == "\n":
            return self._end_line(at)
        return self.inline.take(text, at, more)

    # --- lines -------------------------------------------------------------------------------------------------------

    def _end_line(self, at: int) -> int:
        self._ends_in_colon = self._text[at - _CONTEXT : at].rstrip("*_ ").endswith((":", "："))
        if self.inline.heading:
            self._end_block()
        self.marks.text("\n")
        self._line_start = True
        self._bullet = ""
        return at + 1

    def _begin_line(self, text: str, at: int, more: bool) -> int:
        char = text[at]
        if char in " \t":
            self.marks.text(char)
            return at + 1
        if char == "\n":
            self._blank_line()
            return at + 1
        if self._table and self._table.loose:
            end = self._take_row(text, at, more)
            if end:
                return end
            self._end_table()
        take = _TAKERS.get(char) if self.config.markdown else None
        end = take(self, text, at, more) if take else 0
        if end:
            return end
        self._end_table()
        if not self._bullet:
            self._in_list = self._in_list and text[at - 1] in " \t"
        self.inline.line_at = self.inline.base + at
        self._line_start = False
        return at

    def _blank_line(self) -> None:
        self._end_block()
        self._end_table()
        self.marks.text("\n")
        self._bullet = self._quote = ""

    def _end_block(self) -> None:
        self.marks.expire(self.inline.base + self._at)
        self.marks.end_paragraph()
        self.inline.set_heading(False)

    def _begin_block(self) -> None:
        self._end_block()
        self._end_table()

    def _wait(self, part: re.Pattern[str], text: str, at: int, more: bool) -> None:
        """Raise NeedMore if the line may still become what `part` begins."""
        if more and len(text) < at + _LONGEST_MARKER and part.fullmatch(text, at):
            raise NeedMore

    def _whole_line(self, whole: re.Pattern[str], text: str, at: int, more: bool) -> re.Match[str] | None:
        """Return the match of `whole` if it takes all of the line."""
        found = whole.match(text, at, at + _LONGEST_MARKER - 1)
        if found and (text.startswith("\n", found.end()) or (not more and found.end() == len(text))):
            return found
        return None

    def _take_heading(self, text: str, at: int, more: bool) -> int:
        found = look(_HEADING, text, at, more)
        if not found:
            return 0
        self._begin_block()
        self.inline.set_heading(True)
        self._line_start = False
        return found.end()

    def _take_quote(self, text: str, at: int, more: bool) -> int:
        if not self._quote and self._is_amount(text, at, more):
            return 0
        self._quote = self._quote or ">"
        return at + 1

    def _is_amount(self, text: str, at: int, more: bool) -> bool:
        """Tell whether a number follows the sign at `at`: below zero, or more than."""
        end = at + 1
        while end < min(len(text), at + _LONGEST_MARKER) and text[end] in " \t":
            end += 1
        if end == len(text) and more and end < at + _LONGEST_MARKER:
            raise NeedMore
        return text[end : end + 1].isdigit()

    def _take_marker(self, text: str, at: int, more: bool) -> int:
        """Take a rule, or a bullet."""
        self._wait(_RULE_PART, text, at, more)
        if text[at] in "-:":
            self._wait(_LOOSE_PART, text, at, more)
            loose = self._whole_line(_LOOSE, text, at, more)
            if loose:
                self._begin_block()
                self._table = Table([], loose=True)
                return min(loose.end() + 1, len(text))
        rule = self._whole_line(_RULE, text, at, more)
        if rule:
            self._begin_block()
            self._line_start = False
            return rule.end()
        if at + 1 == len(text) and more:
            raise NeedMore
        bullet = _BULLET.match(text, at)
        if not bullet:
            return 0
        if text[at] in "-+" and not (self._in_list or self._ends_in_colon) and self._is_amount(text, at, more):
            return 0
        self._begin_block()
        self._bullet, self._in_list = text[at], True
        if self.config.bullets == "keep":
            self.marks.text(text[at : bullet.end()])
        return bullet.end()

    def _take_bracket(self, text: str, at: int, more: bool) -> int:
        """Take the box of a task, or the label of a footnote."""
        box = look(_BOX, text, at, more) if self._bullet else None
        if box:
            if self.config.bullets == "keep":
                self.marks.text(box[0])
            return box.end()
        label = look(_FOOTNOTE, text, at, more) if self.config.citations == "skip" else None
        if label:
            self._begin_block()
            return label.end()
        return 0

    # --- code --------------------------------------------------------------------------------------------------------

    def _take_fence(self, text: str, at: int, more: bool) -> int:
        self._wait(_FENCE_PART, text, at, more)
        found = self._whole_line(_FENCE, text, at, more)
        if not found:
            return 0
        self._begin_block()
        self._code = Code(found[1], code_language(found[2]))
        self._in_code_line = False
        return found.end()

    def _take_code(self, code: Code, text: str, at: int, more: bool) -> int:
        if code.opening:
            code.opening = False
            if text[at] == "\n":
                return at + 1
        if not self._in_code_line:
            self._wait(_FENCE_END_PART, text, at, more)
            end = self._whole_line(_fence_end(code.fence), text, at, more)
            if end:
                self._end_code()
                self._line_start = False
                return end.end()
            code.lines += 1
        newline = text.find("\n", at)
        end_of_line = newline + 1 or len(text)
        self._in_code_line = newline < 0
        if self.config.code == "say":
            self.marks.text(text[at:end_of_line])
        return end_of_line

    def _end_code(self) -> None:
        code, self._code = self._code, None
        said = code.summary(self.config, self.spoken.recent) if code else ""
        if said:
            self.marks.text(f"\n{said}\n")

    # --- tables ------------------------------------------------------------------------------------------------------

    def _take_row(self, text: str, at: int, more: bool) -> int:
        newline = text.find("\n", at, at + _LONGEST_ROW)
        if newline < 0 and more and len(text) < at + _LONGEST_ROW:
            raise NeedMore
        if newline < 0 and len(text) >= at + _LONGEST_ROW:
            return 0
        end = newline + 1 or len(text)
        delimits = _DELIMITERS.match(text, at, end)
        if self._table and not delimits:
            if self._table.loose and "|" not in text[at:end]:
                return 0
            self._say_row(self._table, text, at, end)
            return self._at
        if delimits:
            if not self._table:
                self._begin_block()
                self._table = Table([])
            return end
        return self._take_header(text, at, end, more)

    def _take_header(self, text: str, at: int, end: int, more: bool) -> int:
        """Take a row that the delimiters below make the header of a table."""
        if more and len(text) < end + _LONGEST_ROW and _DELIMITERS_PART.fullmatch(text, end):
            raise NeedMore
        delimiters = _DELIMITERS.match(text, end, end + _LONGEST_ROW) if text[end - 1] == "\n" else None
        if not delimiters and not self._is_table_segment:
            return 0
        self._begin_block()
        self._table = Table(header_names(text[at:end]))
        after = delimiters.end() if delimiters else end
        self._say_cells(row_cells(text[at:end]) if self.config.table == "say" else [], text, after)
        return self._at

    def _say_row(self, table: Table, text: str, at: int, end: int) -> None:
        table.rows += 1
        self._say_cells(table.spoken_cells(self.config, text[at:end]), text, end)

    def _say_cells(self, cells: list[str], text: str, end: int) -> None:
        """Put the cells of a row as a line of prose in the place of the row, for the scan to go on with."""
        line = joined_cells(cells)
        self._text = text[: self._at] + (line and line + "\n") + text[end:]
        self._line_start = not line

    def _end_table(self) -> None:
        table, self._table = self._table, None
        if table:
            self._say_table(table)

    def _say_table(self, table: Table) -> None:
        said = table.summary(self.config, self.spoken.recent)
        if said:
            self.marks.text(f"\n{said}\n")


@functools.lru_cache(maxsize=64)
def _fence_end(fence: str) -> re.Pattern[str]:
    return re.compile(rf"[ \t>]*{fence[0]}{{{len(fence)},}}[ \t]*")


_TAKERS = {
    "#": Markdown._take_heading,
    ">": Markdown._take_quote,
    "[": Markdown._take_bracket,
    "|": Markdown._take_row,
    **dict.fromkeys("-:*+_=•‣◦▪●○·", Markdown._take_marker),
    **dict.fromkeys("`~", Markdown._take_fence),
}
