"""Where a word ends in text without spaces: by a small trained model if it is installed, else by function words.

The model is BudouX (extra ``words``): Chinese, Japanese and Thai phrases, no dictionary to load, pure Python. Without
it a piece is cut before a word that begins a phrase or after a particle that ends one; where neither is in reach, where
the script changes; and only where that is not either, at any character, which may lie inside a word.
"""

from __future__ import annotations

import importlib
import re
from collections.abc import Callable
from functools import lru_cache
from typing import Any

from agora_audio.errors import ConfigError, EngineUnavailable
from agora_audio.segmenter.rules.clauses import CUT_AFTER_WIDE, CUT_BEFORE_WIDE

__all__ = ["WordBreaker", "word_breaker"]

WordBreaker = Callable[[str], list[int]]
"""Gives the places in a text without spaces where a word ends, as indices, ascending."""

_KANA = re.compile("[\u3040-\u30ff]")
_THAI = re.compile("[\u0e00-\u0e7f]")
_BEFORE = re.compile("|".join(sorted(CUT_BEFORE_WIDE, key=len, reverse=True)))
# A particle ends a phrase if the next character does not make another word of it.
_AFTER = re.compile(f"(?<=[{CUT_AFTER_WIDE}])(?![解不得{CUT_AFTER_WIDE}\u3041-\u309f])")
_SCRIPTS = re.compile(
    "(?<=[\u3400-\u9fff])(?=[A-Za-z0-9\u30a0-\u30ff])|(?<=[A-Za-z0-9])(?=[\u3400-\u9fff])|(?<=[\u3041-\u309f])(?=[\u30a0-\u30ff\u4e00-\u9fff])"
)


def word_breaker(words: str | WordBreaker) -> WordBreaker:
    """Return what finds the ends of words.

    Parameters
    ----------
    words
        "rules", "budoux", or a function of your own.

    Raises
    ------
    ConfigError
        If `words` is none of these.
    EngineUnavailable
        If BudouX is not installed.
    """
    if callable(words):
        return words
    if words == "rules":
        return _by_rules
    if words == "budoux":
        try:
            importlib.import_module("budoux")
        except ImportError:
            raise EngineUnavailable("words 'budoux' needs BudouX: pip install 'agora-audio[words]'") from None
        return _by_budoux
    raise ConfigError(f"words is {words!r}, must be 'rules', 'budoux' or a function")


def _by_rules(text: str) -> list[int]:
    for pattern in (_BEFORE, _AFTER, _SCRIPTS):
        found = [match.start() for match in pattern.finditer(text) if match.start()]
        if found:
            return found
    return []


def _by_budoux(text: str) -> list[int]:
    script = "japanese" if _KANA.search(text) else "thai" if _THAI.search(text) else "simplified_chinese"
    ends, at = [], 0
    for phrase in _parser(script).parse(text):
        at += len(phrase)
        ends.append(at)
    return ends[:-1]


@lru_cache(maxsize=3)
def _parser(script: str) -> Any:
    return getattr(importlib.import_module("budoux"), f"load_default_{script}_parser")()
