"""After a closing quote: whether the next words say who said it, so that the sentence goes on."""

from __future__ import annotations

import re

from agora_audio.segmenter.look_ahead import Follower, letters_at
from agora_audio.segmenter.look_back import HANGUL
from agora_audio.segmenter.rules import speech
from agora_audio.segmenter.rules.languages import Language
from agora_audio.segmenter.verdicts import CUT, HOLD, LONGEST_WORD, NO, Place, Verdict

__all__ = ["Attribution"]

_LONGEST_CLAUSE = 14
_CLAUSE = re.compile(rf"[^。！？!?，,；;、：:…\n]{{0,{_LONGEST_CLAUSE}}}")
_CLAUSE_KO = re.compile(rf"[^.。！？!?,\"“”\n]{{0,{_LONGEST_CLAUSE}}}")
_LETTERS = re.compile(r"[^\W\d_]+")
_QUOTES = "」』”’\"'"


class Attribution:
    """Who said it, in one language."""

    def __init__(self, language: Language) -> None:
        self._language = language
        self._particles = speech.SAID_PARTICLES.get(language.code, ())

    def after_space(self, here: Place, after: Follower) -> Verdict | None:
        """Decide about a quote with a space after it; None if what follows says nothing."""
        if after.kind in ("lower", "small dash"):
            return here.no("small letter after a closing mark")
        if after.kind == "unicase" and self._particles:
            verdict = self._particle(here, after.at, CUT)
            return self._said_in_korean(here, after.at) or verdict if verdict.kind == CUT else verdict
        # Only English puts a name before the verb: "Stop!" John cried.
        english = self._language.code in ("en", "auto") and any(mark in _QUOTES for mark in here.run)
        return self._said_by_name(here, after.at) if after.kind == "upper" and english and here.run[0] != "." else None

    def _said_by_name(self, here: Place, at: int) -> Verdict | None:
        name, known = letters_at(here.text, at, here.final)
        stop = at + len(name)
        if known and name.lower() in self._language.starters and name != "I":
            return None
        most = at + 2 * LONGEST_WORD
        verb = _LETTERS.match(here.text, stop + 1, most)
        until = verb.end() if verb else stop + 1
        if until >= len(here.text) and not here.final and until < most:
            return Verdict(HOLD, here.at, "who said it")
        if verb and verb[0] in speech.SAID_VERBS and here.text[stop] == " ":
            return here.no("who said it")
        return None

    def _said_in_korean(self, here: Place, at: int) -> Verdict | None:
        """Korean: a speech verb before the next mark: "가자." 그가 말했다."""
        if self._language.code != "ko":
            return None
        clause = _CLAUSE_KO.match(here.text, at)
        until = clause.end() if clause else at
        if any(verb in here.text[at:until] for verb in speech.SAID_KO):
            return here.no("who said it")
        if until == len(here.text) and not here.final and until - at < _LONGEST_CLAUSE:
            return Verdict(HOLD, here.at, "who said it")
        return None

    def glued(self, here: Place) -> Verdict:
        """Decide about a quote or bracket with a wide letter or a syllable of Hangul straight after it."""
        assert here.closed is not None
        before = here.text[here.start : here.closed.opening()].rstrip()
        if not any(mark in _QUOTES for mark in here.run):
            return here.no("brackets inside a sentence") if before.strip() else here.cut("brackets around a sentence")
        if self._particles:
            return self._particle(here, here.end, CUT if self._language.code == "ja" else NO)
        if HANGUL.match(here.text, here.end):
            return here.no("particle after a quote")
        if before and before[-1] in ":：":
            return here.cut("quote after a colon")
        return self._in_next_clause(here, before)

    def _in_next_clause(self, here: Place, before: str) -> Verdict:
        """Chinese: a speech verb before the next mark."""
        clause = _CLAUSE.match(here.text, here.end)
        until = clause.end() if clause else here.end
        if any(verb in here.text[here.end : until] for verb in speech.SAID_WIDE):
            return here.no("who said it")
        if until == len(here.text) and not here.final and until - here.end < _LONGEST_CLAUSE:
            return Verdict(HOLD, here.at, "who said it")
        if before and before[-1] not in "，,；;。！？!?":
            return here.no("quote inside a sentence")
        return here.cut("quote")

    def _particle(self, here: Place, at: int, otherwise: str) -> Verdict:
        """Japanese and Korean: a particle after a quote."""
        rest = here.text[at : at + 4]
        if self._language.code == "ja":
            if rest.startswith(speech.NO_PARTICLES):
                return Verdict(otherwise, here.end, "quote")
            if not here.final and any(word.startswith(rest) for word in speech.NO_PARTICLES):
                return Verdict(HOLD, here.at, "particle after a quote")
        if any(rest.startswith(particle) for particle in self._particles):
            return here.no("particle after a quote")
        if not here.final and any(particle.startswith(rest) for particle in self._particles):
            return Verdict(HOLD, here.at, "particle after a quote")
        return Verdict(otherwise, here.end, "quote")

    def thought(self, here: Place) -> Verdict | None:
        """Japanese: words after a mark outside quotes that make a quote of it all the same; None if there are none."""
        if self._language.code != "ja" or here.text[here.end] not in "とっ":
            return None
        if any(here.text.startswith(words, here.end) for words in speech.THOUGHT_WIDE):
            return here.no("thought and not ended")
        if not here.final and any(words.startswith(here.text[here.end :]) for words in speech.THOUGHT_WIDE):
            return Verdict(HOLD, here.at, "thought may go on")
        return None
