"""Words of a transcript, counted in every script: by spaces where there are some, by letters where there are none.

Chinese, Japanese, Thai, Lao, Khmer and Burmese write no spaces between words. Without a dictionary their words can only
be estimated, from the letters that a word of everyday speech has: two Han characters, three kana, four letters of the
others. The estimate is for thresholds such as "two words interrupt", where one character for one word would let a
single polite syllable through and one line for one word would let nothing through.
"""

from __future__ import annotations

import unicodedata
from bisect import bisect_right

__all__ = ["count", "count_words", "tokens"]

# A word has this many parts, so that letters of all scripts add up in whole numbers.
_WORD = 12
_HAN, _KANA, _LETTER = _WORD // 2, _WORD // 3, _WORD // 4

# First and last code point of scripts without spaces, and what one letter is worth.
_UNSPACED = (
    (0x0E00, 0x0EFF, _LETTER),  # Thai, Lao
    (0x1000, 0x109F, _LETTER),  # Burmese
    (0x1780, 0x17FF, _LETTER),  # Khmer
    (0x3005, 0x3007, _HAN),  # iteration mark, closing mark, zero
    (0x3040, 0x30FF, _KANA),
    (0x31F0, 0x31FF, _KANA),
    (0x3400, 0x4DBF, _HAN),
    (0x4E00, 0x9FFF, _HAN),
    (0xF900, 0xFAFF, _HAN),
    (0x20000, 0x3FFFF, _HAN),
)
_STARTS = [first for first, _, _ in _UNSPACED]
# They stand inside words ("don't", joined letters of Persian and Hindi) and are no words of their own.
_INSIDE = "'\u2019\u200c\u200d"


def count_words(text: str) -> int:
    """Return the number of words in `text`.

    Runs of letters and digits count where words are spaced; letters of unspaced scripts count as parts of a word, which
    are added up over the text and rounded up. Punctuation and symbols are no words.

    Examples
    --------
    >>> count_words("No, don't."), count_words("等一下"), count_words("ちょっと待って"), count_words("OK, 停!")
    (2, 2, 3, 2)
    """
    return count(tokens(text))


def tokens(text: str) -> list[str]:
    """Return the words of `text` in lower case, each letter of an unspaced script by itself.

    Examples
    --------
    >>> tokens("Uh-huh, 好的 OK")
    ['uh', 'huh', '好', '的', 'ok']
    """
    found: list[str] = []
    word = ""
    # Case folding can undo the composition, and full-width forms fold only once they are composed.
    for letter in unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", text).casefold()):
        mark = unicodedata.category(letter).startswith("M")
        if not mark and letter.isalnum() and _worth(letter):
            found += [word, letter] if word else [letter]
            word = ""
        elif mark and not word and found and _worth(found[-1][0]):
            found[-1] += letter
        elif letter.isalnum() or (word and (mark or letter in _INSIDE)):
            word += letter
        elif word:
            found.append(word)
            word = ""
    if word:
        found.append(word)
    return [token.rstrip(_INSIDE).replace("\u2019", "'") for token in found]


def count(found: list[str]) -> int:
    """Return the number of words that `tokens` make, parts of words rounded up."""
    return -(-sum(_worth(token[0]) or _WORD for token in found) // _WORD)


def _worth(letter: str) -> int:
    """Return what part of a word a letter of an unspaced script is; 0 in any other script."""
    index = bisect_right(_STARTS, ord(letter)) - 1
    return _UNSPACED[index][2] if index >= 0 and ord(letter) <= _UNSPACED[index][1] else 0
