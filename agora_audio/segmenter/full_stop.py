"""The full stop, the mark with most to tell apart: abbreviations, initials, ordinals, times, ellipses."""

from __future__ import annotations

import re

from agora_audio.segmenter.look_ahead import SPACES, Follower, letters_at
from agora_audio.segmenter.look_back import ROMAN, LookBack
from agora_audio.segmenter.rules.languages import Language
from agora_audio.segmenter.rules.starters import STARTERS
from agora_audio.segmenter.verdicts import CUT, END, HOLD, LOOK_BACK, NO, Place, Verdict

__all__ = ["FullStopRules"]

_GLUED_DOTS = re.compile(r"\s{1,8}(?:\.{2,3}|…)[^\W\d_]")
_SPACED_DOTS = re.compile(r"(?:\s{0,8}[.…]){1,16}")
_CLOSING = "\"”’'»“)]"
# A time that opens its clause: "At 5 a.m. Mr. Smith went", "In 44 B.C. Caesar died".
_FRONTED = re.compile(
    r"(?:\A|[;:—–(]\s*)\W*(?:at|by|on|in|around|about|after|before|until|till|since|from)\b(?:[^,;:]|:(?=\d))*\Z", re.I
)


class FullStopRules:
    """The rules for full stops and ellipses with a space after them, in one language."""

    def __init__(self, language: Language, back: LookBack) -> None:
        self._back = back
        self._starters = language.starters
        self._knows_starters = language.code in STARTERS
        self._dotless = "." in language.no_ends
        self.spaced_dots = False

    def judge(self, here: Place, after: Follower) -> Verdict:
        """Decide about a full stop before what follows it."""
        if self._dotless:
            return here.no("full stop is no end in this language")
        if after.kind == "mark":
            return here.no("more marks follow")
        token = self._back.token(here.text, here.start, here.at)
        group = self._back.group(here, token)
        if (
            here.closed is not None
            and after.kind != "lower"
            and "." not in here.run[1:]
            and group in ("title", "inner")
        ):
            group = ""  # what ends inside its quotes has ended
        if group in ("title", "inner"):
            return here.no(f"abbreviation ({group})")
        if group == "number":
            verdict = self._before_number(here, after, token)
            if verdict is not None:
                return verdict
            group = "initial" if len(token) == 1 else group
        if after.kind == "lower":
            return self._before_small(here, token, group)
        if group in ("either", "initial", "ordinal"):
            return self.if_starter(here, after, token, group)
        return self._after_measure(here, after, token, group)

    def _before_number(self, here: Place, after: Follower, token: str) -> Verdict | None:
        """No. 5, Vol. IV; None if no number follows."""
        is_number = after.kind == "digit"
        if after.kind == "upper" and here.text[after.at - 1].isspace() and here.text[after.at] in "IVXLC":
            numeral, known = letters_at(here.text, after.at, here.final)
            if not known:
                return Verdict(HOLD, here.at, "number after the abbreviation")
            alone = numeral == "I" and here.text[here.start : here.at].strip() == token  # "No. I will not."
            is_number = bool(ROMAN.match(numeral)) and not alone
        return here.no("abbreviation before a number") if is_number else None

    def _before_small(self, here: Place, token: str, group: str) -> Verdict:
        if here.end - here.at > 1 and any(mark in _CLOSING for mark in here.run):
            return here.no("small letter after a closing mark")
        letters = token.replace("'", "").replace("’", "")
        ordinary = not token or (letters.isalpha() and len(letters) > 1 and group in ("", "number", "closer"))
        if ordinary and self._back.begins_small(here.text, here.start):
            return here.cut("text without capitals")
        return here.no("small letter after a full stop")

    def _after_measure(self, here: Place, after: Follower, token: str, group: str) -> Verdict:
        if group == "closer" and after.kind == "digit":
            return here.no("measure before a figure")
        if group == "time":
            if after.kind in ("digit", "unicase"):
                return here.no("time, and no capital after it")
            piece = here.text[max(here.start, here.at - LOOK_BACK) : here.at]
            if after.kind in ("upper", "opening") and _FRONTED.search(piece):
                return self.if_starter(here, after, token, "time at the head of a sentence")
        return here.cut("full stop")

    def if_starter(self, here: Place, after: Follower, token: str, group: str) -> Verdict:
        """End only before a word that begins a sentence rather than carry on a name."""
        if after.kind in ("digit", "dash"):
            return here.no(f"{group} before a figure or a dash")
        if after.kind == "unicase":
            return here.no(f"{group}, no capitals to tell")
        if after.kind not in ("upper", "opening"):
            return here.cut(f"{group} before a sign")
        word, known = letters_at(here.text, after.at, here.final)
        if not known:
            return Verdict(HOLD, here.at, "word after the abbreviation")
        if group == "initial" and token == "I" and self._back.follows_small_word(here.text, here.start, here.at):
            return here.cut("the pronoun I")
        stop = after.at + len(word)
        if len(word) == 1 and word != "I" and here.text[stop : stop + 1] == ".":
            return here.no("initials")
        if word.lower() in self._starters and not (len(word) > 1 and word.isupper()):
            return here.cut(f"{group} before a word that begins a sentence")
        return here.no(f"{group} before a name")

    def ellipsis(self, here: Place, after: Follower) -> Verdict:
        """Decide about dots: a pause, or the end of an unfinished sentence."""
        if here.before in ("[", "("):
            return here.no("omission in brackets")
        if after.kind in ("lower", "digit", "mark", "dash") or self._dotless:
            return here.no("ellipsis inside a sentence")
        if after.kind == "upper" and here.run.count(".") == 3:
            word, known = letters_at(here.text, after.at, here.final)
            if not known:
                return Verdict(HOLD, here.at, "word after the ellipsis")
            if word == "I":
                return here.no("ellipsis before I")
            if self._knows_starters and word.lower() not in self._starters:
                return here.no("three dots before a name")
        return here.cut("ellipsis before a new sentence")

    def dots_after_space(self, here: Place) -> Verdict:
        """Decide about an ellipsis with spaces: three dots, and a fourth if the sentence is over."""
        text, end = here.text, here.end
        if _GLUED_DOTS.match(text, end):
            return here.cut("ellipsis begins the next sentence")
        found = _SPACED_DOTS.match(text, end)
        after = found.end() if found else end
        if after == len(text):
            return here.hold("spaced dots may go on", after)
        self.spaced_dots = True
        if not text[after].isspace():
            return Verdict(NO, after, "spaced dots")
        spaces = SPACES.match(text, after)
        word = spaces.end() if spaces else after
        if word == len(text):
            return Verdict(NO, after, END) if here.final else Verdict(HOLD, here.at, "word after the dots")
        return self._after_spaced_dots(here, after, word, text.count(".", end, after))

    @staticmethod
    def _after_spaced_dots(here: Place, after: int, word: int, dots: int) -> Verdict:
        text = here.text
        if not (text[word].isupper() or text.count("\n", after, word) > 1):
            return Verdict(NO, after, "spaced dots inside a sentence")
        if text[word] == "I" and dots < 3:
            if word + 1 == len(text) and not here.final:
                return Verdict(HOLD, here.at, "word after the dots")
            if not text[word + 1 : word + 2].isalpha():
                return Verdict(NO, after, "ellipsis before I")
        if dots == 3 and here.run == "." and not here.before.isspace():
            return here.cut("full stop before an ellipsis")
        return Verdict(CUT, after, "spaced dots before a capital")
