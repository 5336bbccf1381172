"""What a character is to somebody who looks for the edge of a word or of a run of marks."""

from __future__ import annotations

import functools
import unicodedata

__all__ = ["is_cjk", "is_hangul", "is_letter", "is_punctuation", "joins"]

# Scripts written without spaces between words: Han and kana, Thai, Lao, Khmer, Myanmar.
_UNSPACED = (
    (0x0E00, 0x0EFF),
    (0x1000, 0x109F),
    (0x1780, 0x17FF),
    (0x2E80, 0x2FFF),
    (0x3005, 0x3007),
    (0x3021, 0x30FF),
    (0x31F0, 0x31FF),
    (0x3400, 0x9FFF),
    (0xF900, 0xFAFF),
    (0xFF66, 0xFF9F),
    (0x20000, 0x3FFFF),
)
# Those of East Asia with their punctuation and full-width forms, and Hangul: here marks stand close to the text.
_CJK = ((0x2E80, 0x9FFF), (0xA960, 0xA97F), (0xAC00, 0xD7FF), (0xF900, 0xFAFF), (0xFE30, 0xFE4F), (0xFF00, 0xFFEF))
_QUOTES_THEY_SHARE = "“”‘’—…·"


@functools.lru_cache(maxsize=8192)
def is_cjk(char: str) -> bool:
    """Tell whether `char` is Chinese, Japanese or Korean, punctuation included."""
    code = ord(char)
    return any(low <= code <= high for low, high in _CJK) or 0x20000 <= code <= 0x3FFFF or char in _QUOTES_THEY_SHARE


@functools.lru_cache(maxsize=8192)
def is_letter(char: str) -> bool:
    """Tell whether `char` is part of a word in a script that puts spaces between words; digits and marks count."""
    code = ord(char)
    if any(low <= code <= high for low, high in _UNSPACED):
        return False
    return char == "_" or unicodedata.category(char)[0] in "LNM"


@functools.lru_cache(maxsize=8192)
def is_punctuation(char: str) -> bool:
    """Tell whether `char` is punctuation or a symbol, as CommonMark counts them for runs of marks."""
    return unicodedata.category(char)[0] in "PS"


def is_hangul(char: str) -> bool:
    """Tell whether `char` is a Korean syllable: particles follow a Korean word without a space."""
    return "\uac00" <= char <= "\ud7a3"


def joins(before: str, after: str) -> bool:
    """Tell whether two characters (or nothing) that stand side by side belong to one word."""
    return bool(before) and bool(after) and is_letter(before) and is_letter(after)
