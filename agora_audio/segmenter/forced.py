"""Cutting where no mark came: how long to wait, and where the best boundary lies.

A segment is forced when `SegmentLimits.hard` characters have gone by without any mark, even a comma, or twice as many
with commas. It ends, in order of preference, after the last clause mark, before a word that begins a clause, at a
space, at the end of a word; never inside a figure, an address or a character of several code points, unless a single
word is longer than `LONGEST_WORD`.
"""

from __future__ import annotations

import re
import unicodedata

from agora_audio.segmenter.rules import marks
from agora_audio.segmenter.rules.clauses import CUT_BEFORE_SPACED
from agora_audio.segmenter.segments import SegmentLimits
from agora_audio.segmenter.words import WordBreaker

__all__ = ["LONGEST_WORD", "forced_cut"]

LONGEST_WORD = 1000

_WIDE = re.compile(f"[{marks.WIDE}\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff]")
_THAI = re.compile("[\u0e00-\u0eff\u1780-\u17ff]")
_CLAUSE_MARK = re.compile(r"[,;:،؛](?=\s)|(?<!\d)[，、；：]|[—–](?=\s)|[.!?…)\]\"”»](?=\s)")
_FLAG_LETTERS = re.compile("[\U0001f1e6-\U0001f1ff]+\\Z")
_SPACED_WORD = re.compile(r"(?<=\S)\s+(\S+)")


def forced_cut(text: str, start: int, at: int, limits: SegmentLimits, words: WordBreaker) -> tuple[int, int]:
    """Decide about a segment that begins at `start` and has no end up to `at`, the limit asked about.

    Returns
    -------
    where, limit
        Where to cut, or -1 and the place at which to ask again.
    """
    piece = text[start:at]
    letters = max(1, len(piece) - piece.count(" "))
    wide = 2 * len(_WIDE.findall(piece)) > letters
    soft, hard = (limits.soft_wide, limits.hard_wide) if wide else (limits.soft, limits.hard)
    if wide and _THAI.search(piece) and len(piece) < hard and len(piece) >= soft:
        space = piece.rfind(" ", soft // 3)
        if space > 0:
            return start + space, 0
    if len(piece) < hard:
        return -1, start + (soft if len(piece) < soft and _THAI.search(piece) and wide else hard)
    clause = max((found.end() for found in _CLAUSE_MARK.finditer(piece)), default=0)
    if clause and len(piece) - clause < hard and len(piece) < 2 * hard:
        return -1, min(start + clause + hard, start + 2 * hard)
    if clause >= soft // 2:
        return start + clause, 0
    where = _wide_boundary(piece, soft, words) if wide else _spaced_boundary(piece, soft)
    if where:
        return start + where, 0
    if len(piece) < (2 * hard if wide else LONGEST_WORD):
        return -1, min(at + soft // 4 if wide else at + hard, start + LONGEST_WORD)
    return start + _whole_character(piece), 0


def _spaced_boundary(piece: str, soft: int) -> int:
    """Return the last place from `soft` on that is before a word that begins a clause, else the last space."""
    last = before_clause = 0
    for found in _SPACED_WORD.finditer(piece):
        if found.end() == len(piece) and last:
            break  # the word may go on, into one that begins no clause
        last = found.start()
        if last >= soft and found[1].lower() in CUT_BEFORE_SPACED:
            before_clause = last
    return before_clause or last


def _wide_boundary(piece: str, soft: int, words: WordBreaker) -> int:
    spaces = [found.start() for found in re.finditer(r"\s", piece) if found.start() >= soft // 2]
    if spaces:
        return spaces[-1]
    # The end of the piece may lie inside a word: only what ends well before it is sure.
    ends = [end for end in words(piece) if soft // 2 <= end <= len(piece) - 4 and _between_characters(piece, end)]
    late = [end for end in ends if end >= soft]
    return late[-1] if late else ends[-1] if ends else 0


def _between_characters(piece: str, at: int) -> bool:
    """Say whether a cut parts neither a figure or Latin word nor a character of several code points."""
    if not 0 < at < len(piece):
        return False
    before, after = piece[at - 1], piece[at]
    if (before.isascii() and after.isascii() and before.isalnum() and after.isalnum()) or before in "\u200d":
        return False
    if after in "\u200d\ufe0f\u20e3" or unicodedata.category(after) in ("Mn", "Mc", "Me"):
        return False
    if "\ud800" <= before <= "\udbff" or "\U0001f3fb" <= after <= "\U0001f3ff":
        return False
    flags = _FLAG_LETTERS.search(piece[:at])
    return not (flags and len(flags[0]) % 2 and _FLAG_LETTERS.match(after))


def _whole_character(piece: str) -> int:
    for at in range(len(piece) - 1, max(1, len(piece) - 40), -1):
        if _between_characters(piece, at):
            return at
    return len(piece)
