"""A mark with a letter straight after it: a lost space, part of a name or an address, or a script without spaces."""

from __future__ import annotations

from agora_audio.segmenter.attribution import Attribution
from agora_audio.segmenter.look_ahead import letters_at
from agora_audio.segmenter.look_back import HANGUL, ROMAN, WIDE, LookBack
from agora_audio.segmenter.rules import marks
from agora_audio.segmenter.rules.languages import Language
from agora_audio.segmenter.rules.words import words
from agora_audio.segmenter.verdicts import HOLD, LONGEST_WORD, Place, Verdict

__all__ = ["GluedRules"]

_DOMAINS = frozenset(words("com net org edu gov io ai js py tv co uk us de fr"))


class GluedRules:
    """The rules for a letter or digit straight after a mark, in one language."""

    def __init__(self, language: Language, back: LookBack, attribution: Attribution) -> None:
        self._back = back
        self._attribution = attribution
        self._dotless = "." in language.no_ends
        self._strong = frozenset(marks.STRONG + marks.INSTANT + language.own_ends)

    def judge(self, here: Place) -> Verdict:
        """Decide about a run of marks with ``text[end]``, a letter or digit, after it."""
        char = here.text[here.end]
        if WIDE.match(char) or HANGUL.match(char):
            return self._before_wide(here)
        if WIDE.match(here.before) or here.run[0] in self._strong:
            if here.closed is not None and char.islower():
                return here.no("small letter after a closing mark")
            if here.run == "." and char.islower():
                return here.no("small letter straight after a full stop")  # .net, an address
            return here.cut("mark without a space")
        if char.isupper() or char.istitle():
            return self._before_capital(here)
        last = self._back.token(here.text, here.start, here.at).split(".")[-1]
        if char.isalpha() and not char.islower() and here.end == here.at + 1 and len(last) > 3:
            return here.cut("full stop without a space")
        return here.no("letter or figure after the mark")

    def _before_capital(self, here: Place) -> Verdict:
        """Tell a lost space ("done.Then") from part of a name ("Example.Com")."""
        raw = self._back.raw_token(here.text, here.start, here.at)
        if self._dotless and "." in here.run:
            return here.no("full stop is no end in this language")
        if any(sign in raw for sign in "@/\\_=<#&"):
            return here.no("inside an address or a name")
        word, known = letters_at(here.text, here.end, here.final)
        stop = here.end + len(word)
        glued = here.text[stop : stop + 1]
        if not known or (glued == "." and stop + 1 == len(here.text) and not here.final):
            return Verdict(HOLD, here.at, "word after the mark")
        if len(word) == LONGEST_WORD or word.lower() in _DOMAINS or (here.run == "." and not self._is_word(here, raw)):
            return here.no("capital inside a name")
        ordinary = word[1:].islower() or word in ("I", "A") or (len(word) > 1 and ROMAN.match(word))
        ends = glued == "." and here.text[stop + 1 : stop + 2].isspace()
        if ordinary and (not glued or glued.isspace() or glued in ",;:!?'’" or ends):
            return here.cut("lost space")
        if len(here.run) > 2 and "." in here.run:
            return here.cut("dots before a capital")
        return here.no("capital inside a name")

    def _is_word(self, here: Place, raw: str) -> bool:
        token = self._back.token(here.text, here.start, here.at)
        if not token.isalpha() or not token[1:].islower() or "." in raw:
            return False
        if not (len(token) > 2 or (len(token) == 2 and token.islower())):
            return False
        return not self._back.is_abbreviation(token, "title", "inner", "either")

    def _before_wide(self, here: Place) -> Verdict:
        run = here.run
        if any(mark in "》〉" for mark in run):
            return here.no("mark in a title")
        if run[:2] == ".." or (
            any(mark in marks.ELLIPSES for mark in run) and not any(mark in marks.ENDS for mark in run)
        ):
            return here.no("ellipsis inside a sentence")
        token = self._back.token(here.text, here.start, here.at)
        if run[0] == "." and self._back.group(here, token) not in ("", "number", "closer"):
            return here.no("abbreviation")
        if here.closed is not None:
            return self._attribution.glued(here)
        if self._back.is_name_with_mark(here.text, here.start, here.at):
            return here.no("name with a mark")
        thought = self._attribution.thought(here)
        if thought is not None:
            return thought
        return self._full_stop_before_wide(here, token) if run == "." else here.cut("mark")

    @staticmethod
    def _full_stop_before_wide(here: Place, token: str) -> Verdict:
        if here.text[here.start : here.at].strip().isdigit():
            return here.no("label of a list item")
        if HANGUL.match(here.text, here.end) and len(token) == 1 and not here.before.isdigit():
            return here.no("abbreviation")
        return here.cut("full stop")
