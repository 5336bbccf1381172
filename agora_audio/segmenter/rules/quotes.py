"""Brackets, and the quotation marks of each language.

A mark that opens in one language closes in another. Where the table of a language does not say, the place of the mark
does: after a space it opens, after a letter or a mark it closes what is open.
"""

from __future__ import annotations

from agora_audio.segmenter.rules.words import words

__all__ = ["APOSTROPHE_WORDS", "BRACKETS", "QUOTE_FAMILIES", "QUOTE_PAIRS"]

# Opening bracket to closing bracket, the same in all languages.
BRACKETS = {
    "(": ")",
    "[": "]",
    "{": "}",
    "（": "）",
    "［": "］",
    "｛": "｝",
    "「": "」",
    "『": "』",
    "《": "》",
    "〈": "〉",
    "【": "】",
    "〔": "〕",
    "〖": "〗",
}

# Which marks can close each other's openings.
QUOTE_FAMILIES = {
    **dict.fromkeys('"“”„‟＂', "double"),
    **dict.fromkeys("'‘’‚‛", "single"),
    **dict.fromkeys("«»", "guillemet"),
    **dict.fromkeys("‹›", "single guillemet"),
    "`": "backtick",
}

_ENGLISH = "“” ‘’"
_LOW_HIGH = "„“ ‚‘"
_LOW_RIGHT = "„” ‚’"
_GUILLEMETS = "«» ‹›"
_SAME_RIGHT = "”” ’’"

# Opening and closing mark of each pair; what is not named here is told by its place.
QUOTE_PAIRS = {
    "en": _ENGLISH,
    "es": _GUILLEMETS + " " + _ENGLISH,
    "pt": _GUILLEMETS + " " + _ENGLISH,
    "it": _GUILLEMETS + " " + _ENGLISH,
    "fr": _GUILLEMETS + " " + _ENGLISH,
    "el": _GUILLEMETS + " " + _ENGLISH,
    "tr": _ENGLISH,
    "nl": _ENGLISH + " „” ‚’",
    "de": _LOW_HIGH,
    "cs": _LOW_HIGH,
    "sk": _LOW_HIGH,
    "bg": _LOW_HIGH,
    "ru": "«» „“",
    "uk": "«» „“",
    "kk": "«» „“",
    "hy": "«»",
    "pl": _LOW_RIGHT + " «»",
    "hu": _LOW_RIGHT + " »«",
    "ro": _LOW_RIGHT + " «»",
    "fi": _SAME_RIGHT + " »»",
    "sv": _SAME_RIGHT + " »»",
    "da": "”” »«",
    "no": "«»",
    "zh": _ENGLISH,
    "ja": _ENGLISH,
    "ko": _ENGLISH,
    "ar": "«» “”",
    "fa": "«»",
}

# Words that begin with an apostrophe, which opens nothing.
APOSTROPHE_WORDS = frozenset(
    words(
        """
    em til tis twas twere cause n bout round nuff neath nother sup nineties eighties seventies sixties fifties
    twenties thirties forties s t
    """
    )
)
