"""What stands after a mark: what kind of word, an item of a list, another mark, or not yet enough to tell."""

from __future__ import annotations

import re
from typing import NamedTuple

from agora_audio.segmenter.rules import lists, marks
from agora_audio.segmenter.rules.languages import Language
from agora_audio.segmenter.verdicts import LONGEST_WORD, LOOK_AHEAD

__all__ = ["DASHES", "SMILEY", "SPACES", "Follower", "follower", "letters_at"]

DASHES = "-—–―"
SPACES = re.compile(rf"\s{{0,{LOOK_AHEAD}}}")
SMILEY = re.compile(r"(?:[:;=8][-o^']?(?:[)(\]\[|/*3]{1,4}|[DPpO]\b)|<3|\^_?\^)(?![\w(])")

_SMILEY_BEGUN = re.compile(r"(?:[:;=8][-o^']?[)(\]\[|/*3DPpO]{0,4}|<3?|\^_?\^?)\Z")
_OPENING = re.compile(r"[\"“”„«»‹›‘’'(\[{（「『《【*_~¿¡\u200e\u200f\u202a-\u202e]{0,8}")
_LETTERS = re.compile(r"[^\W\d_]+")
_ITEM = re.compile(r"\(?(\d{1,3}|[A-Za-z]|[ivxIVX]{1,5})(\.\)|[.)])(?=\s)")
_ITEM_BEGUN = re.compile(r"\(?[1ai]?[.)]{0,2}\Z")


class Follower(NamedTuple):
    """What follows a mark and a space."""

    kind: str
    """upper, lower, unicase (a letter of a script without capitals), digit, item (of a list), mark, dots, dash, small
    dash (a dash and a small letter), opening (a quote or bracket and no word), other; "" if it cannot be told yet."""
    at: int
    """Where the word is, after any opening quotes and brackets."""


def follower(text: str, at: int, final: bool, language: Language) -> Follower:
    """Say what begins at a position."""
    opening = _OPENING.match(text, at)
    word = opening.end() if opening else at
    if word == len(text):
        return Follower("other" if final else "", word)
    char = text[word]
    if word == at:
        sign = _sign(text, at, char, final)
        if sign is not None:
            return sign
    if char in marks.ENDS or char in language.own_ends or char in marks.ELLIPSES:
        return Follower("mark", word)
    if char in lists.BULLETS:
        return Follower("item", word)
    if word == at or text[at] == "(":
        item = _first_item(text, at, final)
        if item is None:
            return Follower("", at)
        if item:
            return Follower("item", at)
    if char in "ei" and (text[word + 1 : word + 2].isupper() or (word + 1 == len(text) and not final)):
        return Follower("upper" if word + 1 < len(text) else "", word)  # iPhone, eBay
    return Follower(_letter(char) or ("opening" if word > at else "other"), word)


def _sign(text: str, at: int, char: str, final: bool) -> Follower | None:
    """Tell the signs that mean something only where nothing opens before them."""
    if char in ":;=8<^" and not final and _SMILEY_BEGUN.match(text, at):
        return Follower("", at)
    if char in marks.NOT_AFTER_END:
        return Follower("mark", at)
    if char == ".":
        return Follower("dots" if text[at + 1 : at + 2] or final else "", at)
    if char in DASHES:
        return _dash(text, at, final)
    return None


def _dash(text: str, at: int, final: bool) -> Follower:
    """Tell a dash that carries the sentence on: "No!" - he said."""
    word = at
    while word < len(text) and word - at < 4 and (text[word] in DASHES or text[word] == " "):
        word += 1
    if word == len(text):
        return Follower("other" if final else "", word)
    return Follower("small dash" if text[word].islower() else "dash", word)


def _first_item(text: str, at: int, final: bool) -> bool | None:
    """Say whether the label of a first item stands at a position; None if that cannot be told yet."""
    if text[at] not in "(1ai":
        return False
    found = _ITEM.match(text, at)
    if found is not None:
        return 1 in lists.ordinals(found[1]).values()
    return None if not final and len(text) - at <= 4 and _ITEM_BEGUN.match(text, at) else False


def _letter(char: str) -> str:
    if char.islower():
        return "lower"
    if char.isupper() or char.istitle():
        return "upper"
    if char.isdigit():
        return "digit"
    return "unicase" if char.isalpha() else ""


def letters_at(text: str, at: int, final: bool) -> tuple[str, bool]:
    """Return the letters at a position, and whether the word is known to go no further or to be too long to matter."""
    found = _LETTERS.match(text, at, at + LONGEST_WORD)
    word = found[0] if found else ""
    return word, final or at + len(word) < len(text) or len(word) == LONGEST_WORD
