r"""Where LaTeX begins and ends: ``$..$``, ``$$..$$``, ``\(..\)`` and ``\[..\]``, and what only looks like it.

Money is the trap: ``$5 and $6`` is none. A single ``$`` opens a formula if no letter or digit stands before it and no
space behind it, closes one the other way round, and what is between must look like a formula.
"""

from __future__ import annotations

import re

from agora_audio.segmenter.markdown_patterns import NeedMore

__all__ = ["formula_end"]

# A display formula may be longer than what waits otherwise: nobody would say it half.
_LONGEST_DISPLAY = 2000
_SIGNS = re.compile(r"[\\^_={}<>]|[\w)] ?[+*/-] ?[\w(\\]")
_SHORT = re.compile(r"(?!\d+(?:[.,]\d+)*\Z)[^\s$]{1,12}")
# Both of these must hold of a text as soon as they hold of its beginning: formulas are given up early by them.
# Words of prose: letters between spaces, as no command of LaTeX, and no sign of arithmetic after them.
_PROSE = re.compile(r"(?:\A|(?<=\$)|\s)[A-Za-z]{2,}(?:\s+[^\s=^_\\+*/<>{}-]|[,.;:!?]\s)")
_AMOUNT = re.compile(
    r"\$\d+(?:[.,]\d+)*(?:\s?[^\W\d_]{2}|\s[^\s\\^=+*/<>-]|[kKmMbB][^\w\\^=+*/$({-]|[^\w\s\\^=+*/<>({.,$-]"
    r"|[.,][^\d$]|-\$?\d|/[A-Za-z]{2}|\n)"
)
_DOLLARS = re.compile(r"\${1,3}")


def formula_end(text: str, at: int, more: bool, hold: int) -> int:
    """Return where the formula that begins at `at` ends, 0 if there is none; NeedMore if text to come decides."""
    if text[at] == "\\":
        closing = "\\)" if text[at + 1] == "(" else "\\]"
        limit = hold if closing == "\\)" else max(hold, _LONGEST_DISPLAY)
        return _paired(text, at, closing, more, limit)
    run = _DOLLARS.match(text, at)
    dollars = run.end() - at if run and text[at - 1] != "$" else 0
    if 0 < dollars < 3 and at + dollars == len(text) and more:
        raise NeedMore
    if dollars == 2:
        return _paired(text, at, "$$", more, max(hold, _LONGEST_DISPLAY))
    return _inline(text, at, more, hold) if dollars == 1 else 0


def _paired(text: str, at: int, closing: str, more: bool, limit: int) -> int:
    """Return the end of a formula with two-character delimiters."""
    window = min(len(text), at + limit)
    end = text.find(closing, at + 2, window)
    blank = text.find("\n\n", at + 2, window)
    if end >= 0 and not 0 <= blank < end:
        return end + 2 if _is_formula(text[at + 2 : end].strip()) else 0
    if blank < 0 and more and len(text) < at + limit:
        raise NeedMore
    return 0


def _inline(text: str, at: int, more: bool, hold: int) -> int:
    if text[at - 1].isalnum() or text[at + 1 : at + 2].isspace():
        return 0
    window = min(len(text), at + hold)
    grows = more and len(text) < at + hold
    end = text.find("$", at + 1, window)
    line = text.find("\n", at + 1, window if end < 0 else end)
    if end < 0 or line >= 0:
        if line < 0 and grows and not _is_money_or_prose(text[at:window]):
            raise NeedMore
        return 0
    if end + 1 == len(text) and more:
        raise NeedMore
    inside, after = text[at + 1 : end], text[end + 1 : end + 2]
    if inside[-1:].isspace() or after.isalnum() or _is_money_or_prose(text[at:end]):
        return 0
    return end + 1 if _is_formula(inside) else 0


def _is_money_or_prose(text: str) -> bool:
    return bool(_AMOUNT.match(text) or _PROSE.search(text, 1))


def _is_formula(text: str) -> bool:
    """Tell whether what stands between the delimiters looks like a formula."""
    return bool(_SIGNS.search(text) or _SHORT.fullmatch(text)) and not _PROSE.search(text)
