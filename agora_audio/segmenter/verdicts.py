"""What a decision is: where it is made, what it says, and how far it may look."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

from agora_audio.segmenter.nesting import Nesting

__all__ = ["CUT", "END", "HOLD", "LONGEST_WORD", "LOOK_AHEAD", "LOOK_BACK", "NO", "Place", "Verdict"]

HOLD, NO, CUT = "hold", "no", "cut"

END = "end of the text"
"""The rule of a `NO` that is one only because nothing more will come."""

LOOK_BACK = 64
"""Characters before a mark that a decision may read."""

LOOK_AHEAD = 64
"""Characters after a mark that a decision may wait for."""

LONGEST_WORD = 24
"""Letters after which a word is no word that a table knows."""


class Verdict(NamedTuple):
    """What was decided at a character."""

    kind: str
    """`CUT`, `NO` or `HOLD`."""
    where: int
    """CUT: where the segment ends. NO: from where to look on. HOLD: the character."""
    rule: str
    """The rule, in a few words."""


@dataclass(slots=True)
class Place:
    """A run of marks with its closing quotes and brackets, in its text."""

    text: str
    """The text that has come."""
    start: int
    """Where the segment begins."""
    at: int
    """The first mark."""
    end: int
    """After the last mark, closing quote or bracket."""
    final: bool
    """Whether nothing more will come."""
    closed: Nesting | None
    """What the run closes, if it stands at the end of brackets or quotes."""

    @property
    def run(self) -> str:
        """The marks and what closes after them."""
        return self.text[self.at : self.end]

    @property
    def before(self) -> str:
        """The character before the marks."""
        return self.text[self.at - 1 : self.at]

    def no(self, rule: str) -> Verdict:
        """Go on after the marks."""
        return Verdict(NO, self.end, rule)

    def cut(self, rule: str) -> Verdict:
        """End the segment after the marks."""
        return Verdict(CUT, self.end, rule)

    def hold(self, rule: str, known: int) -> Verdict:
        """Wait for more text, or go on from `known` if nothing more will come."""
        return Verdict(NO, known, END) if self.final else Verdict(HOLD, self.at, rule)
