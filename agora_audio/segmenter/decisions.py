"""The local decision at a mark: the sentence ends here, it does not, or more text must come before it can be told.

Each decision looks back at most `LOOK_BACK` characters and ahead at most `LOOK_AHEAD`, and depends on nothing but the
characters: text that is still to come can complete a decision but never change one. That is why the size of the pieces
in which the text arrives does not matter.
"""

from __future__ import annotations

import re
from typing import NamedTuple

from agora_audio.segmenter.nesting import Nesting
from agora_audio.segmenter.rules import lists, marks, speech
from agora_audio.segmenter.rules.languages import Language
from agora_audio.segmenter.rules.starters import STARTERS

__all__ = ["CUT", "END", "HOLD", "LOOK_AHEAD", "LOOK_BACK", "NO", "MarkRules", "Verdict", "item_label"]

HOLD, NO, CUT = "hold", "no", "cut"
END = "end of the text"
LOOK_BACK = 64
LOOK_AHEAD = 64
LONGEST_WORD = 24


class Verdict(NamedTuple):
    """What was decided at a mark."""

    kind: str
    """`CUT`, `NO` or `HOLD`."""
    where: int
    """CUT: where the segment ends. NO: from where to look on. HOLD: the mark."""
    rule: str
    """The rule, in a few words."""


_HANGUL = re.compile("[\uac00-\ud7af]")
_WIDE = re.compile(f"[{marks.WIDE}]")
_SMILEY = re.compile(r"(?:[:;=8][-o^']?(?:[)(\]\[|/*3]{1,4}|[DPpO]\b)|<3|\^_?\^)(?![\w(])")
_SMILEY_BEGUN = re.compile(r"(?:[:;=8][-o^']?[)(\]\[|/*3DPpO]{0,4}|<3?|\^_?\^?)\Z")
_UNFINISHED = re.compile(r"\[\d{0,3}\Z|</?[A-Za-z]?[\w:-]{0,24}\s?/?\Z")
_SPACES = re.compile(rf"\s{{0,{LOOK_AHEAD}}}")
_OPENING = re.compile(r"[\"“”„«»‹›‘’'(\[{（「『《【*_~¿¡\u200e\u200f\u202a-\u202e]{0,8}")
_LETTERS = re.compile(r"[^\W\d_]+")
_SPACED_DOTS = re.compile(r"(?:\s{0,8}[.…]){1,16}")
_GLUED_DOTS = re.compile(r"\s{1,8}(?:\.{2,3}|…)[^\W\d_]")
_NARROW_END = re.compile(f"[^{marks.WIDE}]*\\Z")
_FIGURE = re.compile(r"[$€£¥]?\d[\d.,:/-]*\d(?:%|s|th|st|nd|rd|[a-z]{1,2})?\Z")
_PARTS = re.compile(rf"(?:^|(?<=[\s(\[\"“„«{marks.WIDE}]))((?:[^\W\d_{marks.WIDE}]{{1,5}}\.[\s\u00a0]?){{1,4}}[^\W\d_{marks.WIDE}]{{1,5}})\Z")
_SPLIT = re.compile(r"[—–/(\[{\"“„«:,;*_\u200f\u200e\u202a-\u202e|=]+")
_ROMAN = re.compile(r"[IVXLC]{1,6}\Z")
_ITEM = re.compile(r"\(?(\d{1,3}|[A-Za-z]|[ivxIVX]{1,5})(\.\)|[.)])(?=\s)")
_FRONTED = re.compile(r"(?:\A|[;:—–(]\s*)\W*(?:at|by|on|in|around|about|after|before|until|till|since|from)\b(?:[^,;:]|:(?=\d))*\Z", re.I)
_WIDE_CLAUSE = re.compile(r"[^。！？!?，,；;、：:…\n]{0,14}")
_CAPITAL = re.compile(r"[^\W\d_]")
_DASHES = "-—–―"
_DOMAINS = frozenset("com net org edu gov io ai js py tv co uk us de fr".split())


def _tail(ends: str) -> re.Pattern[str]:
    """Return what matches a run of marks with the closing quotes, brackets, tags, references and pictures glued to it."""
    return re.compile(
        rf"(?:[{re.escape(ends + marks.ELLIPSES + marks.CLOSERS)}{marks.EMOJI}]|\[\d{{1,3}}\]|</[A-Za-z][\w:-]*>"
        rf"|<[A-Za-z][\w:-]*\s?/>){{1,{LOOK_AHEAD}}}"
    )


class MarkRules:
    """The rules for the marks of one language."""

    def __init__(self, language: Language) -> None:
        self.language = language
        self._ends = frozenset(marks.ENDS + language.own_ends)
        self._tail = _tail(marks.ENDS + language.own_ends)
        self._sure = language.sure_letters
        self._abbreviations = language.abbreviations
        self._starters = language.starters
        self._knows_starters = language.code in STARTERS
        self._strong = frozenset(marks.STRONG + language.own_ends)
        self._particles = speech.SAID_PARTICLES.get(language.code, ())
        self.spaced_dots = False

    def sure(self, text: str, start: int, at: int) -> bool:
        """Say whether the word before a full stop is an ordinary word, which ends a sentence whatever follows."""
        low = at - 24 if at - 24 > start else start
        words = text[low:at].rsplit(None, 1)
        if not words:
            return False
        word = words[-1]
        if not word.isalpha():
            word = word.lstrip("\"'“‘„«(*_¿¡-")
            if "'" in word or "’" in word or "-" in word:
                word = re.split("['’-]", word)[-1]
                return len(word) >= self._sure and word.isalpha() and word.islower()
            if not word.isalpha():
                return self._sure_figure(text, start, at, word)
        if word in self._abbreviations:
            return False
        small = word.lower()
        if len(word) < self._sure and (len(word) < 2 or small not in self._starters):
            return False
        if small in self._abbreviations or text[at - 1].isspace():
            return False
        if small[1:] == word[1:]:
            return small == word or len(word) > 3
        return len(word) > 2 and word.isupper() and not _ROMAN.match(word)

    def _sure_figure(self, text: str, start: int, at: int, word: str) -> bool:
        """A year or another long figure, or a closed bracket, that neither labels an item nor is an ordinal."""
        if self.language.ordinal_dots or text[start:at].strip() == word:
            return False
        bare = word.rstrip(")]\"”’»")
        if bare != word:
            return len(bare) > 3 and bare.isalpha() and bare.lower() not in self._abbreviations
        if len(word) < 3 or not _FIGURE.match(word):
            return False
        before = text[max(start, at - LOOK_BACK) : at - len(word)].split()
        return bool(before) and before[-1][:1].isalnum() and before[-1][-1] != "."

    def judge(self, text: str, start: int, at: int, final: bool, nest: Nesting) -> Verdict:
        """Decide at ``text[at]``, a mark that may end the segment that begins at `start`."""
        mark = text[at]
        after = text[at + 1 : at + 2]
        if not after and not final and mark not in marks.INSTANT:
            return Verdict(HOLD, at, "mark at the end of what has come")
        if mark in ".．:" and after.isdigit() and text[at - 1 : at].isdigit():
            return Verdict(NO, at + 1, "inside a figure")
        if at - start < 8 and not any(map(str.isalnum, text[start:at])):
            return Verdict(NO, at + 1, "mark at the head of a segment")
        inside = nest.open_at(text, at)
        if mark in marks.INSTANT and not inside and not nest.given_up:
            if text[max(start, at - 6) : at].endswith(marks.NAMES_WITH_STOP):
                return Verdict(NO, at + 1, "name with a full stop")
            return Verdict(CUT, at + 1, "full-width full stop")
        if not inside and after in " \n":
            if mark == "." and after and not self.spaced_dots and self.sure(text, start, at):
                return Verdict(CUT, at + 1, "ordinary word, full stop, space")
            if after and mark in self._strong and mark not in "！？":
                return Verdict(CUT, at + 1, "mark of one meaning, space")
        found = self._tail.match(text, at, at + LOOK_AHEAD)
        end = found.end() if found else at + 1
        if end - at == LOOK_AHEAD:
            return Verdict(CUT, end, "run of marks too long")
        if end == len(text) or (len(text) < at + LOOK_AHEAD and _UNFINISHED.match(text, end)):
            if final:
                return Verdict(NO, len(text), END)
            return Verdict(HOLD, at, "run of marks may go on")
        if inside and text[end] in " \u00a0\u202f" and nest.open_after(text, at, end) and text[end + 1 : end + 2] in "»›":
            if end + 1 == len(text):
                return Verdict(NO, end, END) if final else Verdict(HOLD, at, "closing quote may follow")
            end += 2
            if end == len(text):
                return Verdict(NO, end, END) if final else Verdict(HOLD, at, "run of marks may go on")
        if inside and nest.open_after(text, at, end):
            nest.pass_over(at)
            return Verdict(NO, end, "inside brackets or quotes")
        return self._after_run(text, start, at, end, final, nest if inside else None)

    def promising(self, text: str, start: int, at: int, nest: Nesting) -> bool:
        """Say whether a mark looks like an end before anything after it is known."""
        if nest.open_at(text, at):
            return False
        mark = text[at]
        if mark in ".．":
            return at > start and not text[at - 1].isdigit() and (
                self.sure(text, start, at) or _WIDE.match(text, at - 1) is not None
            )
        return mark not in marks.ELLIPSES and self._plain_mark(text, start, at)

    # --- after the run of marks and closing quotes ------------------------------------------------------------------

    def _after_run(self, text: str, start: int, at: int, end: int, final: bool, closed: Nesting | None) -> Verdict:
        char = text[end]
        if char.isspace():
            return self._before_space(text, start, at, end, final, closed)
        if char == "-" and not final and end + 3 > len(text) and text[end:].strip("-") == "":
            return Verdict(HOLD, at, "dashes after the mark")
        if char == "-" and text.startswith("---", end):
            return Verdict(CUT, end, "line of dashes")
        if char in marks.NOT_AFTER_END or char == "@" or (char in _DASHES and not text[end - 1].isspace()):
            return Verdict(NO, end, "the sentence goes on after the mark")
        if char.isalnum():
            return self._before_letter(text, start, at, end, final, closed)
        if char == "<" or char in "@\\|#$+":
            return self._by_mark(text, start, at, end, "other", end, final, closed)
        return self._by_mark(text, start, at, end, *self._kind(text, end, final), final, closed)

    def _before_space(self, text: str, start: int, at: int, end: int, final: bool, closed: Nesting | None) -> Verdict:
        spaces = _SPACES.match(text, end)
        after = spaces.end() if spaces else end
        gap = text[end:after]
        if gap.count("\n") > 1:
            return Verdict(CUT, end, "empty line")
        if after - end >= LOOK_AHEAD:
            return Verdict(CUT, end, "wide space")
        if after == len(text):
            if final:
                return Verdict(NO, after, END)
            return Verdict(HOLD, at, "what follows the space is not known")
        smiley = _SMILEY.match(text, after)
        if smiley and smiley.end() < len(text):
            return Verdict(CUT, smiley.end(), "smiley after the mark")
        kind, word = self._kind(text, after, final)
        if kind == "dots":
            return self._spaced_dots(text, start, at, end, final)
        return self._by_mark(text, start, at, end, kind, word, final, closed)

    def _kind(self, text: str, at: int, final: bool) -> tuple[str, int]:
        """Say what begins at a position: a kind of word, and where the word is; kind "" if that cannot be told yet."""
        opening = _OPENING.match(text, at)
        word = opening.end() if opening else at
        if word == len(text):
            return ("other" if final else ""), word
        char = text[word]
        if word == at and char in ":;=8<^" and not final and _SMILEY_BEGUN.match(text, at):
            return "", at
        if word == at and char in marks.NOT_AFTER_END:
            return "mark", word
        if char == "." and word == at:
            return ("dots", at) if text[at + 1 : at + 2] or final else ("", at)
        if char in self._ends or char in marks.ELLIPSES:
            return "mark", word
        if char in _DASHES and word == at:
            return self._after_dash(text, at, final)
        if char in lists.BULLETS:
            return "item", word
        if word == at or text[at] == "(":
            item = self._item(text, at, final)
            if item is None:
                return "", at
            if item:
                return "item", at
        if char.islower():
            return "lower", word
        if char.isupper() or char.istitle():
            return "upper", word
        if char.isdigit():
            return "digit", word
        if char.isalpha():
            return "unicase", word
        return ("opening" if word > at else "other"), word

    def _after_dash(self, text: str, at: int, final: bool) -> tuple[str, int]:
        """A dash and a small letter carry the sentence on: "No!" - he said."""
        word = at
        while word < len(text) and word - at < 4 and (text[word] in _DASHES or text[word] == " "):
            word += 1
        if word == len(text):
            return ("other" if final else ""), word
        return ("dash lower" if text[word].islower() else "dash"), word

    def _item(self, text: str, at: int, final: bool) -> bool | None:
        """Say whether the label of a first item stands at a position; None if that cannot be told yet."""
        char = text[at]
        if char not in "(1ai":
            return False
        found = _ITEM.match(text, at)
        if found is None:
            rest = text[at : at + 4]
            return None if not final and at + len(rest) == len(text) and re.fullmatch(r"\(?[1ai]?[.)]{0,2}", rest) else False
        return 1 in lists.ordinals(found[1]).values()

    def _spaced_dots(self, text: str, start: int, at: int, end: int, final: bool) -> Verdict:
        """An ellipsis with spaces: three dots, and a fourth if the sentence is over."""
        if _GLUED_DOTS.match(text, end):
            return Verdict(CUT, end, "ellipsis begins the next sentence")
        found = _SPACED_DOTS.match(text, end)
        after = found.end() if found else end
        dots = text.count(".", end, after)
        if after == len(text):
            return Verdict(NO, after, END) if final else Verdict(HOLD, at, "spaced dots may go on")
        self.spaced_dots = True
        closing = self._tail.match(text, after)
        if closing:
            return Verdict(NO, after, "spaced dots before a closing mark")
        if not text[after].isspace():
            return Verdict(NO, after, "spaced dots")
        spaces = _SPACES.match(text, after)
        word = spaces.end() if spaces else after
        if word == len(text):
            return Verdict(NO, after, END) if final else Verdict(HOLD, at, "word after the dots")
        if not (text[word].isupper() or text.count("\n", after, word) > 1):
            return Verdict(NO, after, "spaced dots inside a sentence")
        if text[word] == "I" and dots < 3:
            if word + 1 == len(text) and not final:
                return Verdict(HOLD, at, "word after the dots")
            if not text[word + 1 : word + 2].isalpha():
                return Verdict(NO, after, "ellipsis before I")
        if dots == 3 and end == at + 1 and text[at] == "." and at > start and not text[at - 1].isspace():
            return Verdict(CUT, end, "full stop before an ellipsis")
        return Verdict(CUT, after, "spaced dots before a capital")

    # --- by the mark -------------------------------------------------------------------------------------------------

    def _by_mark(
        self, text: str, start: int, at: int, end: int, kind: str, word: int, final: bool, closed: Nesting | None
    ) -> Verdict:
        if kind == "":
            return Verdict(HOLD, at, "what follows is not known")
        if kind == "item":
            return Verdict(CUT, end, "list item follows")
        run = text[at:end]
        if closed is not None and kind in ("lower", "unicase", "upper", "dash lower"):
            said = self._said(text, at, end, kind, word, final, closed)
            if said is not None:
                return said
        if kind == "dash lower":
            return Verdict(NO, end, "dash and small letter")
        dots = run.count(".") + 3 * sum(run.count(mark) for mark in marks.ELLIPSES)
        others = [mark for mark in run if mark in self._ends and mark != "."]
        if dots > 1 and not others:
            return self._after_ellipsis(text, at, end, kind, word, final)
        if others and kind == "upper" and self._names_itself(text, start, at):
            return self._if_starter(text, start, at, end, kind, word, final, "", "name with a mark")
        if not others or others == ["．"]:
            return self._after_full_stop(text, start, at, end, kind, word, final, closed)
        return self._after_strong(text, start, at, end, kind, dots)

    def _after_strong(self, text: str, start: int, at: int, end: int, kind: str, dots: int) -> Verdict:
        if kind == "mark":
            return Verdict(NO, end, "more marks follow")
        if kind == "lower" and text[at] not in self._strong:
            if end - at > 1 and dots < 2 and text[at:end].count(text[at]) > 1:
                return Verdict(CUT, end, "several marks")
            if dots > 1 and text[at:end].rstrip(marks.CLOSERS).endswith("."):
                return Verdict(NO, end, "ellipsis and small letter")
            if at > start and text[at - 1].isspace():
                return Verdict(NO, end, "mark set apart, small letter")
            if self._names_itself(text, start, at):
                return Verdict(NO, end, "name with a mark")
            if text[at] == "!" and not self.is_small(text, start):
                return Verdict(NO, end, "exclamation mark and small letter")
        return Verdict(CUT, end, "mark")

    def _after_ellipsis(self, text: str, at: int, end: int, kind: str, word: int, final: bool) -> Verdict:
        if text[at - 1 : at] in ("[", "("):
            return Verdict(NO, end, "omission in brackets")
        if kind in ("lower", "digit", "mark", "dash") or "." in self.language.no_ends:
            return Verdict(NO, end, "ellipsis inside a sentence")
        if kind == "upper":
            letters = _LETTERS.match(text, word, word + LONGEST_WORD)
            stop = letters.end() if letters else word
            if stop == len(text) and not final and stop - word < LONGEST_WORD:
                return Verdict(HOLD, at, "word after the ellipsis")
            if text[word:stop] == "I" and text[at:end].count(".") == 3:
                return Verdict(NO, end, "ellipsis before I")
            if self._knows_starters and text[at:end].count(".") == 3 and text[word:stop].lower() not in self._starters:
                return Verdict(NO, end, "three dots before a name")
        return Verdict(CUT, end, "ellipsis before a new sentence")

    def _after_full_stop(
        self, text: str, start: int, at: int, end: int, kind: str, word: int, final: bool, closed: Nesting | None
    ) -> Verdict:
        if "." in self.language.no_ends:
            return Verdict(NO, end, "full stop is no end in this language")
        token = self._token(text, start, at)
        if kind == "mark":
            return Verdict(NO, end, "more marks follow")
        group = self._group(text, start, at, token)
        if closed is not None and "." not in text[at + 1 : end] and group in ("title", "inner") and kind != "lower":
            group = ""  # what ends inside its quotes ends
        if group in ("title", "inner"):
            return Verdict(NO, end, f"abbreviation ({group})")
        if group == "number" and kind == "upper" and text[word - 1].isspace() and text[word] in "IVXLC":
            numeral = self._word(text, word)
            if word + len(numeral) == len(text) and not final and len(numeral) < LONGEST_WORD:
                return Verdict(HOLD, at, "number after the abbreviation")
            alone = numeral == "I" and text[start:at].strip() == token
            kind = "digit" if _ROMAN.match(numeral) and not alone else kind
        if group == "number" and kind == "digit":
            return Verdict(NO, end, "abbreviation before a number")
        if kind == "lower":
            return self._before_small(text, start, at, end, token, group)
        if group in ("either", "initial", "ordinal"):
            return self._if_starter(text, start, at, end, kind, word, final, token, group)
        if group == "closer" and kind == "digit":
            return Verdict(NO, end, "measure before a figure")
        if group == "time" and kind in ("upper", "opening") and _FRONTED.search(text[max(start, at - LOOK_BACK) : at]):
            return self._if_starter(text, start, at, end, kind, word, final, token, "time at the head of a sentence")
        if group == "time" and kind in ("digit", "unicase"):
            return Verdict(NO, end, "time, and no capital after it")
        return Verdict(CUT, end, "full stop")

    def _before_small(self, text: str, start: int, at: int, end: int, token: str, group: str) -> Verdict:
        if end - at > 1 and any(mark in "\"”’'»“)]" for mark in text[at:end]):
            return Verdict(NO, end, "small letter after a closing mark")
        letters = token.replace("'", "").replace("’", "")
        ordinary = not token or (letters.isalpha() and len(letters) > 1 and group in ("", "number", "closer"))
        if not ordinary or not self.is_small(text, start):
            return Verdict(NO, end, "small letter after a full stop")
        return Verdict(CUT, end, "text without capitals")

    def _if_starter(
        self, text: str, start: int, at: int, end: int, kind: str, word: int, final: bool, token: str, group: str
    ) -> Verdict:
        if kind in ("digit", "dash"):
            return Verdict(NO, end, f"{group} before a figure or a dash")
        if kind == "unicase":
            return Verdict(NO, end, f"{group}, no capitals to tell")
        if kind not in ("upper", "opening"):
            return Verdict(CUT, end, f"{group} before a sign")
        letters = _LETTERS.match(text, word, word + LONGEST_WORD)
        stop = letters.end() if letters else word
        if stop == len(text) and not final and stop - word < LONGEST_WORD:
            return Verdict(HOLD, at, "word after the abbreviation")
        follower = text[word:stop]
        if group == "initial" and token == "I" and self._lower_before(text, start, at):
            return Verdict(CUT, end, "the pronoun I")
        if len(follower) == 1 and follower != "I" and text[stop : stop + 1] == ".":
            return Verdict(NO, end, "initials")
        if follower.lower() in self._starters and not (len(follower) > 1 and follower.isupper()):
            return Verdict(CUT, end, f"{group} before a word that begins a sentence")
        return Verdict(NO, end, f"{group} before a name")

    # --- without a space -----------------------------------------------------------------------------------------------

    def _before_letter(self, text: str, start: int, at: int, end: int, final: bool, closed: Nesting | None) -> Verdict:
        mark, char, before = text[at], text[end], text[at - 1 : at]
        if _WIDE.match(char) or _HANGUL.match(char):
            return self._before_wide(text, start, at, end, final, closed)
        if _WIDE.match(before) or mark in self._strong or mark in marks.INSTANT:
            if closed is not None and char.islower():
                return Verdict(NO, end, "small letter after a closing mark")
            return Verdict(CUT, end, "mark without a space")
        if char.isdigit():
            return Verdict(NO, end, "figure after the mark")
        if not (char.isupper() or char.istitle()):
            if char.isalpha() and not char.islower() and len(self._token(text, start, at).split(".")[-1]) > 3 and end == at + 1:
                return Verdict(CUT, end, "full stop without a space")
            return Verdict(NO, end, "letter after the mark")
        return self._before_capital(text, start, at, end, final)

    def _before_capital(self, text: str, start: int, at: int, end: int, final: bool) -> Verdict:
        """A capital after a mark without a space: a lost space, or part of a name such as Example.Com."""
        run, raw = text[at:end], self._raw_token(text, start, at)
        if "." in self.language.no_ends and "." in run:
            return Verdict(NO, end, "full stop is no end in this language")
        if any(sign in raw for sign in "@/\\_=<#&"):
            return Verdict(NO, end, "inside an address or a name")
        letters = _LETTERS.match(text, end, end + LONGEST_WORD)
        stop = letters.end() if letters else end
        if stop == len(text) and not final and stop - end < LONGEST_WORD:
            return Verdict(HOLD, at, "word after the mark")
        if stop - end == LONGEST_WORD:
            return Verdict(NO, end, "long word after the mark")
        token, follower = self._token(text, start, at), text[end:stop]
        ordinary = follower[1:].islower() or follower in ("I", "A") or (len(follower) > 1 and _ROMAN.match(follower))
        if follower.lower() in _DOMAINS:
            return Verdict(NO, end, "inside an address or a name")
        glued = text[stop : stop + 1]
        if glued == "." and stop + 1 == len(text) and not final:
            return Verdict(HOLD, at, "word after the mark")
        if text[at] == "." and len(run) == 1:
            plain = token.isalpha() and token[1:].islower() and (len(token) > 2 or token.islower()) and len(token) > 1 and "." not in raw
            if not plain or self._abbreviations.get(token.lower()) in ("title", "inner", "either"):
                return Verdict(NO, end, "capital inside a name")
        if ordinary and (not glued or glued.isspace() or glued in ",;:!?'’" or (glued == "." and text[stop + 1 : stop + 2].isspace())):
            return Verdict(CUT, end, "lost space")
        if len(run) > 2 and "." in run:
            return Verdict(CUT, end, "dots before a capital")
        return Verdict(NO, end, "capital inside a name")

    def _before_wide(self, text: str, start: int, at: int, end: int, final: bool, closed: Nesting | None) -> Verdict:
        run = text[at:end]
        if any(mark in "》〉" for mark in run):
            return Verdict(NO, end, "mark in a title")
        if any(mark in marks.ELLIPSES for mark in run) and not any(mark in marks.ENDS for mark in run):
            return Verdict(NO, end, "ellipsis inside a sentence")
        if run[0] == "." and self._group(text, start, at, self._token(text, start, at)) not in ("", "number", "closer"):
            return Verdict(NO, end, "abbreviation")
        if closed is not None:
            return self._said_wide(text, start, at, end, final, closed)
        if self._names_itself(text, start, at):
            return Verdict(NO, end, "name with a mark")
        if self.language.code == "ja" and text[end] in "とっ":
            if any(text.startswith(words, end) for words in speech.THOUGHT_WIDE):
                return Verdict(NO, end, "thought and not ended")
            if not final and any(words.startswith(text[end:]) for words in speech.THOUGHT_WIDE):
                return Verdict(HOLD, at, "thought may go on")
        if run[0] == "." and len(run) > 1 and run[1] == ".":
            return Verdict(NO, end, "ellipsis inside a sentence")
        if run == "." and text[at - 1 : at].isdigit() and not text[start:at].strip().isdigit():
            return Verdict(CUT, end, "full stop after a figure")
        if run == "." and not _WIDE.match(text, at - 1) and not text[at - 1 : at].isalnum():
            return Verdict(CUT, end, "full stop")
        if _HANGUL.match(text, end) and run == "." and len(self._token(text, start, at)) < 2:
            return Verdict(NO, end, "abbreviation")
        if run == "." and text[start:at].strip().isdigit():
            return Verdict(NO, end, "label of a list item")
        return Verdict(CUT, end, "mark")

    # --- who said it -----------------------------------------------------------------------------------------------------

    def _said(
        self, text: str, at: int, end: int, kind: str, word: int, final: bool, closed: Nesting
    ) -> Verdict | None:
        """After a closing quote: words that say who said it carry the sentence on."""
        if kind in ("lower", "dash lower"):
            return Verdict(NO, end, "small letter after a closing mark")
        if kind == "unicase" and self._particles and word < len(text):
            return self._particle(text, at, end, word, final, CUT)
        if kind != "upper" or text[at] == "." or self.language.code not in ("en", "auto") or not any(mark in "\"”'’" for mark in text[at:end]):
            return None
        first = _LETTERS.match(text, word, word + LONGEST_WORD)
        stop = first.end() if first else word
        if stop < len(text) and text[word:stop].lower() in self._starters and text[word:stop] != "I":
            return None
        second = _LETTERS.match(text, stop + 1, word + 2 * LONGEST_WORD)
        until = second.end() if second else stop + 1
        if until >= len(text) and not final and until - word < 2 * LONGEST_WORD:
            return Verdict(HOLD, at, "who said it")
        if second and second[0] in speech.SAID_VERBS and text[stop : stop + 1] == " ":
            return Verdict(NO, end, "who said it")
        return None

    def _particle(self, text: str, at: int, end: int, word: int, final: bool, otherwise: str) -> Verdict:
        """Japanese and Korean: a particle after a quote carries the sentence on."""
        rest = text[word : word + 4]
        if any(rest.startswith(particle) for particle in self._particles):
            return Verdict(NO, end, "particle after a quote")
        if not final and any(particle.startswith(rest) for particle in self._particles):
            return Verdict(HOLD, at, "particle after a quote")
        return Verdict(otherwise, end, "quote")

    def _said_wide(self, text: str, start: int, at: int, end: int, final: bool, closed: Nesting) -> Verdict:
        run = text[at:end]
        if not any(mark in "」』”’\"'" for mark in run):
            if text[start : closed.opening()].strip():
                return Verdict(NO, end, "brackets inside a sentence")
            return Verdict(CUT, end, "brackets around a sentence")
        if self._particles:
            return self._particle(text, at, end, end, final, CUT if self.language.code == "ja" else NO)
        if _HANGUL.match(text, end):
            return Verdict(NO, end, "particle after a quote")
        opened = closed.opening()
        before = text[start:opened].rstrip()
        if before and before[-1] in ":：":
            return Verdict(CUT, end, "quote after a colon")
        clause = _WIDE_CLAUSE.match(text, end)
        until = clause.end() if clause else end
        if any(verb in text[end:until] for verb in speech.SAID_WIDE):
            return Verdict(NO, end, "who said it")
        if until == len(text) and not final and until - end < 14:
            return Verdict(HOLD, at, "who said it")
        if before and before[-1] not in "，,；;。！？!?":
            return Verdict(NO, end, "quote inside a sentence")
        return Verdict(CUT, end, "quote")

    # --- the word before --------------------------------------------------------------------------------------------------

    def _raw_token(self, text: str, start: int, at: int) -> str:
        low = max(start, at - 4 * LOOK_BACK)
        words = text[low:at].rsplit(None, 1)
        return words[-1] if words and not text[at - 1].isspace() else ""

    def _token(self, text: str, start: int, at: int) -> str:
        low = max(start, at - LOOK_BACK)
        words = text[low:at].rsplit(None, 1)
        if not words or text[at - 1].isspace():
            return ""
        token = words[-1].lstrip("'‘’¿¡-.•").rstrip("\u202a\u202c\u200f\u200e")
        if not token.isascii() and token[-1:].isascii():
            token = _NARROW_END.search(token)[0]  # type: ignore[index]  # its last character is one
        if not token.isalnum():
            token = _SPLIT.split(token)[-1].lstrip("'‘’¿¡-.")
            elided = re.split("['’]", token)[-1]
            token = elided if len(elided) > 1 else token
        return token

    def _group(self, text: str, start: int, at: int, token: str) -> str:
        """Return the class of the word before a full stop; "" for an ordinary word."""
        if not token:
            return ""
        low = max(start, at - LOOK_BACK)
        table = self._abbreviations
        parts = _PARTS.search(text[low:at]) if len(token) <= 5 or "." in token else None
        keys = [parts[1].replace(" ", "").replace("\u00a0", "")] if parts else []
        for key in (*keys, token):
            found = table.get(key) or (table.get(key.lower()) if len(key) > 1 else None)
            if found == "time" and "." not in key and not re.search(r"\d\s?\Z", text[low : at - len(key)]):
                found = "" if key.isascii() else "either"
            if found:
                return found
        if token.isdigit() or _ROMAN.match(token):
            if self.language.ordinal_dots and (len(token) <= 2 or not token.isdigit() or self.language.code == "ko"):
                return "ordinal"
            if token.isdigit() or len(token) > 1:
                return ""
        if len(token) == 1 and token.isalpha() and not _WIDE.match(token) and not _HANGUL.match(token):
            return "title" if token.isupper() and not text[start : at - 1].strip() else "initial"
        if len(token) == 2 and token[0] == token[1] and token.isupper():
            return "either"
        if "." in token and table.get(token.rpartition(".")[2]) == "title":
            return "title"
        if parts and all(len(part.strip()) <= 2 for part in parts[1].split(".")) and "." in parts[1]:
            return "initial" if parts[1].replace(" ", "").replace(".", "") != "" else ""
        if self.language.code in ("ml", "ta", "te", "kn") and sum(map(str.isalpha, token)) <= 2:
            return "initial"
        if token.isalpha() and token.isascii() and len(token) > 1 and not re.search("[aeiouyAEIOUY]", token) and not token.isupper():
            return "either"
        return ""

    @staticmethod
    def _word(text: str, at: int) -> str:
        found = _LETTERS.match(text, at, at + LONGEST_WORD)
        return found[0] if found else ""

    @staticmethod
    def _lower_before(text: str, start: int, at: int) -> bool:
        words = text[max(start, at - LOOK_BACK) : at].split()
        return len(words) > 1 and words[-2][:1].islower()

    def _names_itself(self, text: str, start: int, at: int) -> bool:
        return text[at] == "!" and "?" not in text[at + 1 : at + 2] and self._token(text, start, at).lower() in marks.EXCLAIMING_NAMES

    def _plain_mark(self, text: str, start: int, at: int) -> bool:
        return at > start and not text[at - 1].isspace() and not self._names_itself(text, start, at)

    @staticmethod
    def is_small(text: str, start: int) -> bool:
        """Say whether the segment begins with a small letter: text typed without capitals."""
        found = _CAPITAL.search(text, start, start + LOOK_BACK)
        return bool(found and found[0].islower())


def item_label(text: str, at: int) -> re.Match[str] | None:
    """Return the label of a list item at a position: "1.", "b)", "(iv)", followed by a space."""
    return _ITEM.match(text, at)
