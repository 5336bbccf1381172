"""The last step of speech text: white space, the gaps that skipped things leave, pronunciation.

Runs of white space become one space, runs with a line break one line break; none begins or ends the text. Where
something was skipped no space stays before a closing mark, and two words it stood between do not grow together.
"""

from __future__ import annotations

import re

from agora_audio.segmenter.letters import is_cjk, is_letter
from agora_audio.segmenter.pronunciation import Pronouncer

__all__ = ["Spoken"]

_RUN = re.compile(r"[ \t\n\u3000]{2,}|[\t\u3000]")
_WHITE = " \n"
_CLOSING = frozenset(".,;:!?)]}…。，、；：！？）】》」』”")
# A language is guessed from this many characters.
_SAMPLE = 300


class Spoken:
    """Take pieces of text in order and keep what is ready to be said, until it is taken.

    Parameters
    ----------
    line_break
        What a line break becomes.
    pronouncer
        The user's pronunciations, or None.
    """

    def __init__(self, line_break: str, pronouncer: Pronouncer | None) -> None:
        self._line_break = line_break
        self._pronouncer = pronouncer
        self.reset()

    def reset(self) -> None:
        """Forget everything."""
        self._out: list[str] = []
        self._recent: list[str] = []
        self._begin()

    def _begin(self) -> None:
        self._white = self._last = ""
        self._skipped = False
        if self._pronouncer:
            self._pronouncer.reset()

    @property
    def is_plain(self) -> bool:
        """Whether text that comes now, without odd white space, goes out as it is."""
        return not (self._white or self._skipped) and bool(self._last)

    def plain(self, text: str) -> str:
        """Say `text` that begins and ends with something to say, while `is_plain`; return what is ready."""
        self._last = text[-1]
        self._remember(text)
        return self._pronouncer.feed(text) if self._pronouncer else text

    def text(self, text: str) -> None:
        """Say `text`, which is not empty."""
        text = _RUN.sub(_one, text)
        core = text.strip(_WHITE)
        if not core:
            self._space(text)
            return
        if text[0] in _WHITE:
            self._space(text[0])
        core = self._separator(core[0]) + core
        self._remember(core)
        self._out.append(self._pronouncer.feed(core) if self._pronouncer else core)
        self._last = core[-1]
        self._white = text[-1] if text[-1] in _WHITE else ""

    def raw(self, text: str) -> None:
        """Let `text`, such as a tag, through untouched."""
        separator = self._separator(text[0])
        if self._pronouncer:
            self._out += [self._pronouncer.feed(separator), self._pronouncer.flush()]
        else:
            self._out.append(separator)
        self._out.append(text)
        self._last = text[-1]

    def skip(self) -> None:
        """Note that something was left out here."""
        self._skipped = True

    def take(self) -> str:
        """Return what is ready to be said."""
        said = "".join(self._out)
        self._out.clear()
        return said

    def end(self) -> str:
        """Return the rest and begin anew."""
        if self._pronouncer:
            self._out.append(self._pronouncer.flush())
        said = self.take()
        self._begin()
        return said

    @property
    def recent(self) -> str:
        """The last characters of prose, for guessing the language."""
        return "".join(self._recent)[-_SAMPLE:]

    def _remember(self, text: str) -> None:
        self._recent.append(text)
        if len(self._recent) > 2 * _SAMPLE:
            del self._recent[:-_SAMPLE]

    def _space(self, white: str) -> None:
        if self._white != "\n":
            self._white = white

    def _separator(self, first: str) -> str:
        """Return the white space that goes before `first`, and forget it."""
        white, skipped = self._white, self._skipped
        self._white, self._skipped = "", False
        if not self._last:
            return ""
        if skipped and first in _CLOSING and white != "\n":
            return ""
        if skipped and not white and _would_grow_together(self._last, first):
            return " "
        return self._line_break if white == "\n" else white


def _one(run: re.Match[str]) -> str:
    return "\n" if "\n" in run[0] else " "


def _would_grow_together(before: str, after: str) -> bool:
    return is_letter(after) and not is_cjk(before) and not is_cjk(after) and before not in "([{<"
