"""What has to be recognised within a line: patterns in pairs, the whole thing and what may still become one.

Every search sees a window of limited length, so that neither time nor memory depends on what never comes.
"""

from __future__ import annotations

import functools
import re
from typing import NamedTuple

__all__ = ["EMOJI", "WORD", "NeedMore", "Pattern", "interesting", "look"]


class NeedMore(Exception):
    """What comes next decides; nothing has been changed yet."""


class Pattern(NamedTuple):
    """Something to recognise."""

    whole: re.Pattern[str]
    """Matches it."""
    part: re.Pattern[str]
    """Matches, to the end of what is there, what may still become it."""
    longest: int
    """As many characters are looked at."""
    open_ended: bool = False
    """Whether what follows its last character can change the match."""


def look(pattern: Pattern, text: str, at: int, more: bool) -> re.Match[str] | None:
    """Return the match at `at`, or None; NeedMore if text that may come decides."""
    end = at + pattern.longest
    found = pattern.whole.match(text, at, end)
    if more and len(text) < end:
        if found:
            if pattern.open_ended and found.end() == len(text):
                raise NeedMore
        elif pattern.part.fullmatch(text, at):
            raise NeedMore
    return found


def _pattern(whole: str, part: str, longest: int, open_ended: bool = False) -> Pattern:
    return Pattern(re.compile(whole, re.DOTALL), re.compile(part, re.DOTALL), longest, open_ended)


# --- emoji -----------------------------------------------------------------------------------------------------------

# Shown as pictures by themselves; the signs of arithmetic among them (U+2795 to U+2797) are left to be said.
_PICTURES = (
    "\u231a\u231b\u23e9-\u23ec\u23f0\u23f3\u25fd\u25fe\u2614\u2615\u2648-\u2653\u267f\u2693\u26a1\u26aa\u26ab\u26bd"
    "\u26be\u26c4\u26c5\u26ce\u26d4\u26ea\u26f2\u26f3\u26f5\u26fa\u26fd\u2705\u270a\u270b\u2728\u274c\u274e\u2753-\u2755"
    "\u2757\u27b0\u27bf\u2b1b\u2b1c\u2b50\u2b55\U0001f004\U0001f0cf\U0001f170\U0001f171\U0001f17e\U0001f17f\U0001f18e"
    "\U0001f191-\U0001f19a\U0001f1e6-\U0001f1ff\U0001f201-\U0001f251\U0001f300-\U0001f64f\U0001f680-\U0001f6ff"
    "\U0001f7e0-\U0001f7eb\U0001f90c-\U0001faff"
)
# Text, unless U+FE0F makes a picture of them.
_EITHER = (
    "\u00a9\u00ae\u203c\u2049\u2122\u2139\u2190-\u21ff\u2300-\u23ff\u24c2\u25a0-\u27bf\u2900-\u297f\u2b00-\u2bff"
    "\u3030\u303d\u3297\u3299"
)
_MODIFIERS = "\ufe0e\ufe0f\u20e3\U0001f3fb-\U0001f3ff\U000e0020-\U000e007f"
_ONE = f"(?:[{_PICTURES}](?!\ufe0e)|[{_EITHER}]\ufe0f)[{_MODIFIERS}]*"
EMOJI = _pattern(f"{_ONE}(?:\u200d(?:{_ONE})?)*", f"[{_EITHER}]", 100, open_ended=True)

# --- tags and entities -----------------------------------------------------------------------------------------------

_NAME = r"[A-Za-z][\w:-]*"
_VALUE = r"(?:\"[^\"<]*\"|'[^'<]*'|[^\s\"'=<>`]+)"
_ATTRIBUTE = rf"\s+[A-Za-z_:][\w:.-]*\s*=\s*{_VALUE}"
_PART_VALUE = r"(?:\"[^\"<]*|'[^'<]*|[^\s\"'=<>`]*)"
TAG = _pattern(
    rf"<(?P<end>/?)(?P<name>{_NAME})(?:{_ATTRIBUTE})*\s*(?P<empty>/?)>",
    rf"<(?:/?(?:{_NAME}(?:{_ATTRIBUTE})*(?:\s+(?:[A-Za-z_:][\w:.-]*\s*(?:=\s*{_PART_VALUE})?)?)?/?)?)?",
    600,
)
COMMENT = _pattern(r"<!--.*?-->|<[!?][A-Za-z][^<>]*>", r"<(?:!(?:-(?:-.*)?)?|[!?](?:[A-Za-z][^<>]*)?)?", 2000)
AUTOLINK = _pattern(
    r"<(?:(?P<url>(?:https?|ftp)://[^\s<>]*)|(?:mailto:)?(?P<mail>\w[\w.%+-]*@[\w.-]+))>", r"<(?:\w[^\s<>]*)?", 2000
)
ENTITY = _pattern(
    r"&(?:#\d{1,7}|#[xX][0-9a-fA-F]{1,6}|[A-Za-z][A-Za-z0-9]{1,31});",
    r"&(?:#(?:\d{0,7}|[xX][0-9a-fA-F]{0,6})|[A-Za-z][A-Za-z0-9]{0,31})?",
    40,
)

# --- links and citations ---------------------------------------------------------------------------------------------

_INSIDE = r"(?:<[^<>\n]*>|[^\s()<]?[^\s()]*(?:\([^\s()]*\)[^\s()]*)*)"
_TITLE = r"(?:\s+(?:\"[^\"\n]*\"|'[^'\n]*'|\([^()\n]*\)))?"
DESTINATION = _pattern(
    rf"\]\(\s*{_INSIDE}{_TITLE}\s*\)",
    r"\](?:\(\s*(?:<[^<>\n]*>?|[^\s()<]?[^\s()]*(?:\([^\s()]*\)[^\s()]*)*(?:\([^\s()]*)?)"
    r"(?:\s+(?:\"[^\"\n]*\"?|'[^'\n]*'?|\([^()\n]*\)?)?\s*)?)?",
    2100,
)
# A destination that is one even without a title before it.
SURE_DESTINATION = re.compile(r"\]\(\s*<?(?:[a-z][a-z0-9+.-]*:|www\.|/|#|\./)", re.IGNORECASE)
DEFINITION = _pattern(
    r"\]:[ \t]*<?(?:[a-z][a-z0-9+.-]*://|www\.|/|#|mailto:)[^\s>]*>?(?:[ \t]+[\"'(][^\n]*)?[ \t]*(?=\n|\Z)",
    r"\](?::[ \t]*<?(?:\S*>?(?:[ \t]+(?:[\"'(][^\n]*)?)?)?)?",
    2100,
    open_ended=True,
)
_NUMBERS = r"\^?[1-9]\d{0,2}(?:\s?[,;–-]\s?\^?[1-9]\d{0,2})*"
CITATION = _pattern(
    rf"\[(?:{_NUMBERS}|\^[\w.-]{{1,40}})\](?P<link>\()?(?P<colon>:)?",
    r"\[(?:\^[\w.-]{0,40}\]?|\^?\d[\d\s,;–^-]{0,60}\]?|)",
    110,
    open_ended=True,
)
LENTICULAR = _pattern(
    r"【\d+(?::\d+)?†[^】\n]{0,100}】|\ue200[^\ue200\ue201\n]{0,200}\ue201",
    r"【(?:\d+(?::\d*)?(?:†[^】\n]{0,100})?)?|\ue200[^\ue200\ue201\n]{0,200}",
    210,
)
_WIDE = "\u2e80-\u9fff\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe4f\uff00-\uffef“”‘’"
URL = _pattern(
    rf"(?:(?P<mailto>mailto:)|(?:https?|ftp)://|www\.)(?=\w)[^\s<>\"`|{{}}\[\]\\^{_WIDE}]+",
    r"h|htt?|https?(?::/{0,2})?|f|ftp?|ftp:/{0,2}|ww?|www\.?|m|ma|mai|mailt?|mailto:?",
    2000,
    open_ended=True,
)
MAIL = _pattern(
    r"[A-Za-z0-9][A-Za-z0-9_.%+-]{0,63}@(?P<host>[A-Za-z0-9-]{1,63}(?:\.[A-Za-z0-9-]{1,63})+)",
    r"[A-Za-z0-9][A-Za-z0-9_.%+-]{0,63}(?:@[A-Za-z0-9.-]{0,200})?",
    330,
    open_ended=True,
)

# --- what stops the search -------------------------------------------------------------------------------------------

_URL_BEGINS = r"https?://|ftp://|www\.|mailto:"
_URL_MAY_BEGIN = r"(?:h|htt?|https?:?/?|f|ftp?:?/?|ww?|www|m|ma|mai|mailt?|mailto)\Z"
_MAIL_MAY_BEGIN = r"(?<![A-Za-z0-9_.%+-])[A-Za-z0-9][A-Za-z0-9_.%+-]{0,63}(?:@|\Z)"
# Most pieces of a stream are one word. One that may become a URL is none of these.
WORD = re.compile(r" ?(?!(?:h|htt?|https?|f|ftp?|ww?w?|m|ma|mai|mailt?|mailto)\b)[^\W_]+[,.;，。；、]?\Z")


@functools.lru_cache(maxsize=64)
def interesting(markdown: bool, html: bool, emoji: bool, citations: bool, mail: bool, heading: bool) -> re.Pattern[str]:
    """Return the pattern of where plain text may end."""
    chars = r"\n$\\"
    chars += r"*_`\[\]" if markdown else r"\["
    chars += "#" if heading else ""
    chars += r"<&" if html else "<"
    chars += _PICTURES + _EITHER + "\ufe0f\u20e3" if emoji else ""
    chars += "【\ue200" if citations else ""
    parts = [_MAIL_MAY_BEGIN] if mail else []
    parts += [rf"[{chars}]", rf"(?<![A-Za-z0-9_@.])(?:{_URL_BEGINS}|{_URL_MAY_BEGIN})"]
    parts += [r"~(?=~|\Z)", r"!(?=\[|\Z)"] if markdown else []
    return re.compile("|".join(parts))
