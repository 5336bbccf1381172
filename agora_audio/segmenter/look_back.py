"""What stands before a mark: an ordinary word, an abbreviation of which class, a figure, the name of something."""

from __future__ import annotations

import re

from agora_audio.segmenter.rules import lists, marks
from agora_audio.segmenter.rules.languages import Language
from agora_audio.segmenter.verdicts import LONGEST_WORD, LOOK_BACK, Place

__all__ = ["HANGUL", "ROMAN", "WIDE", "LookBack"]

WIDE = re.compile(f"[{marks.WIDE}]")
HANGUL = re.compile("[\uac00-\ud7af]")
ROMAN = re.compile(r"[IVXLC]{1,6}\Z")

_FIGURE = re.compile(r"[$€£¥]?\d[\d.,:/-]*\d(?:%|s|th|st|nd|rd|[a-z]{1,2})?\Z")
_LETTER = r"[^\W\d_" + marks.WIDE + "]"
# "z. B", "U.S", "s. r. o": up to five parts with a full stop after each but the last.
_PARTS = re.compile(rf"(?:^|(?<=[\s(\[\"“„«{marks.WIDE}]))((?:{_LETTER}{{1,5}}\.[\s\u00a0]?){{1,4}}{_LETTER}{{1,5}})\Z")
_HYPHENED = re.compile(r"[^\W\d_]\w?\.-[^\W\d_]\w?\Z")  # J.-P., Ch.-A.
_SPLIT = re.compile(r"[—–/(\[{\"“„«:,;*_\u200f\u200e\u202a-\u202e|=]+")
_NARROW_END = re.compile(f"[^{marks.WIDE}]*\\Z")
_FIGURE_BEFORE = re.compile(r"\d\s?\Z")
_CAPITAL = re.compile(r"[^\W\d_]")
_VOWEL = re.compile("[aeiouyAEIOUY]")
_DIGITS = "0123456789٠١٢٣٤٥٦٧٨٩۰۱۲۳۴۵۶۷۸۹"
_DIRECTIONS = "\u202a\u202c\u200f\u200e"
# Scripts of syllables in which words are long: a word of one or two letters is an initial.
_SYLLABIC = ("ml", "ta", "te", "kn")


class LookBack:
    """The word before a mark, in one language."""

    def __init__(self, language: Language) -> None:
        self._language = language
        self._abbreviations = language.abbreviations
        self._starters = language.starters
        self._sure = language.sure_letters

    def is_ordinary(self, text: str, start: int, at: int) -> bool:
        """Say whether what stands before a full stop and a space is such that it is an end whatever follows."""
        low = at - LONGEST_WORD if at - LONGEST_WORD > start else start
        words = text[low:at].rsplit(None, 1)
        if not words or text[at - 1].isspace():
            return False
        word = words[-1]
        if not word.isalpha():
            word = word.lstrip("\"'“‘„«(*_¿¡-")
            if "'" in word or "’" in word or "-" in word:
                word = re.split("['’-]", word)[-1]
                known = len(word) >= self._sure and word.isalpha() and word.islower()
                return known and word not in self._abbreviations
            if not word.isalpha():
                return self._is_ordinary_figure(text, start, at, word)
        return self._is_ordinary_word(word)

    def _is_ordinary_word(self, word: str) -> bool:
        small = word.lower()
        if word in self._abbreviations or small in self._abbreviations:
            return False
        if len(word) < self._sure and (len(word) < 2 or small not in self._starters):
            return False
        if small[1:] == word[1:]:
            return small == word or len(word) > 3
        return len(word) > 2 and word.isupper() and not ROMAN.match(word)

    def _is_ordinary_figure(self, text: str, start: int, at: int, word: str) -> bool:
        """Say whether a figure or a word in brackets neither labels an item nor is an ordinal: a year, a price."""
        if self._language.ordinal_dots or text[start:at].strip() == word:
            return False
        bare = word.rstrip(')]"”’»')
        if bare != word:
            return len(bare) > 3 and bare.isalpha() and bare.lower() not in self._abbreviations
        if len(word) < 3 or not _FIGURE.match(word):
            return False
        before = text[max(start, at - LOOK_BACK) : at - len(word)].split()
        return bool(before) and before[-1][:1].isalnum() and before[-1][-1] != "."

    def is_starter(self, text: str, start: int, at: int) -> bool:
        """Say whether the word is one of those that begin sentences, and no abbreviation: "Yes."."""
        word = self.token(text, start, at)
        small = word.lower()
        listed = word in self._abbreviations or small in self._abbreviations
        return len(word) > 1 and small in self._starters and not listed

    def raw_token(self, text: str, start: int, at: int) -> str:
        """Return all that stands between the last white space and the mark: an address, a file name."""
        words = text[max(start, at - 4 * LOOK_BACK) : at].rsplit(None, 1)
        return words[-1] if words and not text[at - 1].isspace() else ""

    def token(self, text: str, start: int, at: int) -> str:
        """Return the word before the mark, without what is glued to its front; "" after white space."""
        words = text[max(start, at - LOOK_BACK) : at].rsplit(None, 1)
        if not words or text[at - 1].isspace():
            return ""
        token = words[-1].lstrip("'‘’¿¡-.•").rstrip(_DIRECTIONS)
        if not token.isascii() and token[-1:].isascii():
            token = _NARROW_END.search(token)[0]  # type: ignore[index]  # may match nothing, but always matches
        if not token.isalnum():
            token = _SPLIT.split(token)[-1].lstrip("'‘’¿¡-.")
            elided = re.split("['’]", token)[-1]
            token = elided if len(elided) > 1 else token
        return token

    def group(self, here: Place, token: str) -> str:
        """Return the class of the word before a full stop: one of the classes of abbreviations, "initial", "ordinal".

        An ordinary word has none: "".
        """
        if not token:
            return ""
        piece = here.text[max(here.start, here.at - LOOK_BACK) : here.at]
        parts = _PARTS.search(piece) if len(token) <= 5 or "." in token else None
        joined = parts[1].replace(" ", "").replace("\u00a0", "") if parts else ""
        found = self._listed(piece, joined) or self._listed(piece, token)
        if not found and ".-" in token:
            found = self._listed(piece, token.rpartition("-")[2])  # Mon.-Fri.
        if not found and token[0].isdigit() and self._listed(piece, token.lstrip(_DIGITS)) == "time":
            return "time"  # 570م.
        return found or self._by_shape(here, token, joined)

    def is_abbreviation(self, token: str, *classes: str) -> bool:
        """Say whether a word is listed as an abbreviation of one of these classes."""
        return self._abbreviations.get(token.lower()) in classes

    def _listed(self, piece: str, key: str) -> str:
        found = self._abbreviations.get(key) or (self._abbreviations.get(key.lower()) if len(key) > 1 else None) or ""
        if found == "time" and "." not in key and not _FIGURE_BEFORE.search(piece[: len(piece) - len(key)]):
            return "" if key.isascii() else "either"
        return found

    def _by_shape(self, here: Place, token: str, joined: str) -> str:
        if token.isdigit() or ROMAN.match(token):
            short = len(token) <= 2 or not token.isdigit() or self._language.code == "ko"
            if self._language.ordinal_dots and short and not self._is_numbered(here):
                return "ordinal"
            if token.isdigit() or len(token) > 1:
                return ""
        if len(token) == 1 and token.isalpha() and not WIDE.match(token) and not HANGUL.match(token):
            return self._of_letter(here, token)
        if _HYPHENED.match(token):
            return "initial"
        if len(token) == 2 and token[0] == token[1] and token.isupper():
            return "either"  # EE. UU., JJ. OO.
        if "." in token and self._abbreviations.get(token.rpartition(".")[2]) == "title":
            return "title"
        if joined and all(len(part) <= 2 for part in joined.split(".")):
            return "initial"
        if self._language.code in _SYLLABIC and sum(map(str.isalpha, token)) <= 2:
            return "initial"
        letters = token.isalpha() and token.isascii() and len(token) > 1
        return "either" if letters and not _VOWEL.search(token) and not token.isupper() else ""

    def _of_letter(self, here: Place, letter: str) -> str:
        before = here.text[max(here.start, here.at - LOOK_BACK) : here.at - 1].split()
        if letter.isupper() and not before:
            return "title"
        if letter != "I" and before and before[-1].lower() in lists.LETTERED:
            return ""
        return "" if letter.islower() and self._language.code == "en" else "initial"

    def _is_numbered(self, here: Place) -> bool:
        """Say whether the figure before the mark is that of a numbered thing: Abb. 3."""
        before = here.text[max(here.start, here.at - LOOK_BACK) : here.at].split()[:-1]
        return bool(before) and before[-1][-1] == "." and self.is_abbreviation(before[-1][:-1], "number")

    @staticmethod
    def follows_small_word(text: str, start: int, at: int) -> bool:
        """Say whether the word before the word before the mark is written small."""
        words = text[max(start, at - LOOK_BACK) : at].split()
        return len(words) > 1 and words[-2][:1].islower()

    def is_name_with_mark(self, text: str, start: int, at: int) -> bool:
        """Say whether an exclamation mark belongs to a name: Yahoo!."""
        if text[at] != "!" or text[at + 1 : at + 2] == "?":
            return False
        return self.token(text, start, at).lower() in marks.EXCLAIMING_NAMES

    @staticmethod
    def begins_small(text: str, start: int) -> bool:
        """Say whether the segment begins with a small letter: text typed without capitals."""
        found = _CAPITAL.search(text, start, start + LOOK_BACK)
        return bool(found and found[0].islower())
