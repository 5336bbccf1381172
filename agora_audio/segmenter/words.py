"""Where a word ends in text without spaces: by a dictionary if one is asked for, else by function words.

The dictionary is the extra ``words``: Chinese by rjieba, that is jieba's dictionary and model, at the ends of BudouX's
phrases where both agree; Japanese and Thai by BudouX's small trained models. Without it a piece is cut before a word
that begins a phrase or after a particle that ends one; where neither is in reach, where the script changes, or in Thai
where a syllable begins; and only where that is not either, at any character, which may lie inside a word.
"""

from __future__ import annotations

import importlib
import re
from collections.abc import Callable
from functools import lru_cache, partial
from itertools import accumulate
from typing import Any

from agora_audio.errors import ConfigError, EngineUnavailable
from agora_audio.segmenter.rules.clauses import CUT_AFTER_WIDE, CUT_BEFORE_WIDE

__all__ = ["WordBreaker", "word_breaker"]

WordBreaker = Callable[[str], list[int]]
"""Gives the places in a text without spaces where a word ends, as indices, ascending."""

_KANA = re.compile("[\u3040-\u30ff]")
_THAI = re.compile("[\u0e00-\u0e7f]")
_RULES = [
    re.compile(pattern)
    for pattern in (
        "|".join(sorted(CUT_BEFORE_WIDE, key=len, reverse=True)),
        # A particle ends a phrase if the next character does not make another word of it.
        f"(?<=[{CUT_AFTER_WIDE}])(?![解不得{CUT_AFTER_WIDE}\u3041-\u309f])",
        "(?<=[^目]的)(?![确確士话話])",
        "(?<=[\u3400-\u9fff])(?=[A-Za-z0-9\u30a0-\u30ff])|(?<=[A-Za-z])(?=[\u3400-\u9fff])"
        "|(?<=[\u3041-\u309f])(?=[\u30a0-\u30ff\u4e00-\u9fff])",
        # Thai vowels that are written first begin a syllable, though not always a word.
        "(?<=[\u0e01-\u0e5b])(?=[\u0e40-\u0e44])",
    )
]


def word_breaker(words: str | WordBreaker) -> WordBreaker:
    """Return what finds the ends of words.

    Parameters
    ----------
    words
        "rules", "dictionary", or a function of your own.

    Raises
    ------
    ConfigError
        If `words` is none of these.
    EngineUnavailable
        If the packages of the extra ``words`` are not installed.
    """
    if callable(words):
        return partial(_checked, words)
    if words == "rules":
        return _by_rules
    if words == "dictionary":
        for package in ("budoux", "rjieba"):
            try:
                importlib.import_module(package)
            except ImportError:
                raise EngineUnavailable(
                    f"words 'dictionary' needs {package}: pip install 'agora-audio[words]'"
                ) from None
        return _by_dictionary
    raise ConfigError(f"words is {words!r}, must be 'rules', 'dictionary' or a function")


def _checked(words: WordBreaker, text: str) -> list[int]:
    """Return what a caller's function says, if it says where words end."""
    ends = words(text)
    try:
        return sorted(end for end in ends if 0 < int(end) == end < len(text))
    except (TypeError, ValueError):
        raise ConfigError(f"words gave {ends!r:.60}, must give a list of indices where words end") from None


def _by_rules(text: str) -> list[int]:
    """Return the ends that the best rule finds which finds any in the second half, where they are wanted."""
    for rule in _RULES:
        found = [match.start() for match in rule.finditer(text) if match.start()]
        if found and found[-1] >= len(text) // 2:
            return found
    return []


def _by_dictionary(text: str) -> list[int]:
    if _KANA.search(text):
        return _phrases("japanese", text)
    if _THAI.search(text):
        return _phrases("thai", text)
    ends = set(_ends(importlib.import_module("rjieba").cut(text)))
    return [end for end in _phrases("simplified_chinese", text) if end in ends] or sorted(ends)


def _phrases(script: str, text: str) -> list[int]:
    return _ends(_parser(script).parse(text))


def _ends(pieces: list[str]) -> list[int]:
    return list(accumulate(map(len, pieces)))[:-1]


@lru_cache(maxsize=3)
def _parser(script: str) -> Any:
    return getattr(importlib.import_module("budoux"), f"load_default_{script}_parser")()
