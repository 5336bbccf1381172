"""Speech in the order of the text, some of it waiting until it is known whether a mark is one.

An opening mark such as ``**`` or ``[`` is one only if its counterpart comes. What follows it waits in a queue with it,
at most `hold` characters; then, or where the text is cut, a mark that looks like one is taken for one. At the end of
its paragraph a mark without counterpart is text.
"""

from __future__ import annotations

from collections import deque
from typing import Literal

from agora_audio.segmenter.letters import is_cjk, is_punctuation
from agora_audio.segmenter.spoken import Spoken

__all__ = ["Mark", "Marks", "flanks"]

Kind = Literal["text", "raw", "skip"]
# As far down as counterparts are looked for, and as many as are kept.
_DEPTH, _MOST = 8, 64
_BOTH = 3


class Mark:
    """An opening mark in the queue.

    Parameters
    ----------
    char
        Its character; ``[`` for links and ``!`` for images.
    count
        How many there are.
    at
        Position in the stream, for the longest wait.
    likely
        Whether to take it for a mark where it has to be decided early.
    inner
        Whether it stands inside a word.
    """

    __slots__ = ("at", "char", "citation", "count", "decided", "inner", "likely", "taken")

    def __init__(self, char: str, count: int, at: int, likely: bool = True, inner: bool = False) -> None:
        self.char, self.count, self.at, self.likely, self.inner = char, count, at, likely, inner
        self.decided = self.taken = self.citation = False

    @property
    def text(self) -> str:
        """What is left of it as text."""
        return "![" if self.char == "!" else self.char * self.count


class Marks:
    """The queue of what is to be said, and the marks that are open in it.

    Parameters
    ----------
    spoken
        Takes what is decided.
    hold
        The most characters that an undecided mark waits.
    """

    def __init__(self, spoken: Spoken, hold: int) -> None:
        self.spoken = spoken
        self.hold = hold
        self.reset()

    def reset(self) -> None:
        """Forget everything."""
        self._queue: deque[Mark | tuple[Kind, str]] = deque()
        self._emphasis: list[Mark] = []
        self._brackets: list[Mark] = []

    @property
    def is_empty(self) -> bool:
        """Whether nothing waits."""
        return not self._queue

    def text(self, text: str) -> None:
        """Say `text`."""
        if self._queue:
            self._queue.append(("text", text))
        else:
            self.spoken.text(text)

    def raw(self, text: str) -> None:
        """Let `text` through untouched."""
        self._add("raw", text)

    def skip(self) -> None:
        """Note that something is left out."""
        self._add("skip", "")

    def _add(self, kind: Kind, text: str) -> None:
        if self._queue:
            self._queue.append((kind, text))
        else:
            self._say((kind, text))

    def open(self, mark: Mark) -> None:
        """Put an opening mark."""
        stack = self._brackets if mark.char in "[!" else self._emphasis
        stack.append(mark)
        self._queue.append(mark)
        if len(stack) > _MOST:
            stack.pop(0).decided = True
            self._settle()

    def is_open(self, char: str) -> bool:
        """Tell whether emphasis with `char` is open."""
        return any(mark.char == char for mark in self._emphasis)

    def bracket(self) -> Mark | None:
        """Return the innermost open bracket, or None."""
        return self._brackets[-1] if self._brackets else None

    def close_bracket(self, mark: Mark, is_link: bool) -> bool:
        """Close the innermost bracket; True if it was taken for a link before, so that its text is gone."""
        self._brackets.pop()
        was_taken, mark.taken = mark.taken, mark.taken or is_link
        mark.decided = True
        self._settle()
        return was_taken

    def drop_from(self, mark: Mark) -> bool:
        """Leave out all that was queued since `mark`; False if some of it has been said."""
        if mark.decided:
            return False
        self._brackets.pop()
        while self._queue and self._queue.pop() is not mark:
            pass
        self._emphasis = [one for one in self._emphasis if one.at < mark.at]
        self._settle()
        return True

    def skip_from(self, mark: Mark) -> None:
        """Leave out what was queued since `mark`, if it can still be; note the gap."""
        if self.drop_from(mark):
            self.skip()
        else:
            self.close_bracket(mark, is_link=True)

    def close(self, char: str, count: int, inner: bool) -> int:
        """Close open emphasis with `count` of `char`; return how many are left over."""
        while count and (mark := self._counterpart(char, count, inner)):
            while self._emphasis[-1] is not mark:
                self._emphasis.pop().decided = True
            used = min(count, mark.count)
            mark.count -= used
            count -= used
            if not mark.count:
                self._emphasis.pop()
                mark.decided = True
        self._settle()
        return count

    def _counterpart(self, char: str, count: int, inner: bool) -> Mark | None:
        nearest = None
        for mark in self._emphasis[: -_DEPTH - 1 : -1]:
            if mark.char != char or (inner and mark.inner):
                continue
            if mark.count == count:
                return mark
            # Three are bold and italic, which may end apart; else one never ends two: `**a 5* hotel**`.
            if nearest is None and max(mark.count, count) >= _BOTH:
                nearest = mark
        return nearest

    def expire(self, at: int) -> None:
        """Decide on the marks that have waited too long, now that everything before `at` is known."""
        while self._queue:
            mark = self._queue[0]
            if not isinstance(mark, Mark) or at - mark.at <= self.hold:
                return
            self._decide_early(mark)
            self._settle()

    def cut(self) -> None:
        """Say all of it: the text goes on, but what comes now has to be said without it."""
        for mark in self._queue:
            if isinstance(mark, Mark) and not mark.decided:
                self._decide_early(mark)
        self._settle()

    def end_paragraph(self) -> None:
        """Say all of it: no mark closes beyond its paragraph."""
        for mark in self._queue:
            if isinstance(mark, Mark):
                mark.decided = True
        self._emphasis.clear()
        self._brackets.clear()
        self._settle()

    def _decide_early(self, mark: Mark) -> None:
        mark.decided = True
        mark.taken = mark.likely
        if not mark.likely:
            self._emphasis.remove(mark)

    def _settle(self) -> None:
        while self._queue:
            item = self._queue[0]
            if isinstance(item, Mark):
                if not item.decided:
                    return
                if item.count and not item.taken:
                    self.spoken.text(item.text)
            else:
                self._say(item)
            self._queue.popleft()

    def _say(self, item: tuple[Kind, str]) -> None:
        kind, text = item
        if kind == "text":
            self.spoken.text(text)
        elif kind == "raw":
            self.spoken.raw(text)
        else:
            self.spoken.skip()


def flanks(char: str, count: int, before: str, after: str) -> tuple[bool, bool]:
    """Return whether a run of marks can open and can close.

    The rules are CommonMark's, but next to Chinese, Japanese and Korean, and for bold, punctuation does not matter:
    ``**重点：**内容`` and ``**Note:**this`` are what models write.
    """
    strict = count == 1 or char == "_"
    free = not strict or is_cjk(before) or is_cjk(after)
    space_before, space_after = before.isspace(), after.isspace()
    mark_before, mark_after = is_punctuation(before), is_punctuation(after)
    left = not space_after and (free or not mark_after or space_before or mark_before)
    right = not space_before and (free or not mark_before or space_after or mark_after)
    if char == "_":
        return left and (not right or mark_before), right and (not left or mark_after)
    return left, right
