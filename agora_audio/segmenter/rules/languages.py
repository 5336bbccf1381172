"""All that is known about one language, put together from the tables and from what a caller adds."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from functools import lru_cache
from typing import Any

from agora_audio.errors import ConfigError
from agora_audio.segmenter.rules.abbreviations import ABBREVIATIONS, CLASSES, INTERNATIONAL
from agora_audio.segmenter.rules.quotes import QUOTE_PAIRS
from agora_audio.segmenter.rules.starters import STARTERS
from agora_audio.segmenter.rules.words import words

__all__ = ["LANGUAGES", "Language", "language_for"]

# Languages in which a word with a capital may follow an ordinal with a full stop: der 3. Oktober. In others a capital
# after a figure and a full stop begins a sentence. Korean writes dates so: 2020. 5. 3.
_ORDINAL_DOTS = frozenset(words("de cs sk hu hr sr sl et lv ko"))

# Marks that end a sentence in one language only, and marks that there do not.
_OWN_ENDS = {"el": ";", "hy": ":"}
_NO_ENDS = {"hy": "."}

# How many small letters before a full stop and a space make it an end that needs no look at the next word.
_SURE_LETTERS = {"en": 2, "de": 4, "fr": 4, "es": 4, "it": 4, "pt": 4, "nl": 4, "ko": 2, "ja": 2, "zh": 3}

_ALIASES = {"nb": "no", "nn": "no", "iw": "he", "cmn": "zh", "yue": "zh"}

LANGUAGES = tuple(sorted({*ABBREVIATIONS, *STARTERS, *QUOTE_PAIRS}))
"""The codes of the languages that have tables of their own; any other falls back to the marks and to English names."""


@dataclass(frozen=True)
class Language:
    """What the segmenter knows about a language.

    Made by `language_for`; a caller's own is made with `from_dict`, from data.
    """

    code: str
    """ISO 639 code, or any name."""
    abbreviations: Mapping[str, str] = field(default_factory=dict, repr=False)
    """Abbreviation without its last full stop -> class: title, inner, number, either, closer or time."""
    starters: frozenset[str] = field(default=frozenset(), repr=False)
    """Words, written small, that begin a sentence after an abbreviation."""
    quotes: tuple[tuple[str, str], ...] = ()
    """Opening and closing mark of each pair of quotation marks."""
    ordinal_dots: bool = False
    """Whether a figure with a full stop is an ordinal, as in "3. Oktober"."""
    own_ends: str = ""
    """Marks that end a sentence in this language, besides the common ones."""
    no_ends: str = ""
    """Common marks that do not end a sentence in this language."""
    sure_letters: int = 5
    """Small letters before a full stop and a space that make it an end without a look at the next word."""

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Language:
        """Make a language of data, as read from JSON.

        Parameters
        ----------
        data
            ``code`` (text), and as needed ``extends`` (code of the language to begin with), ``abbreviations`` (class ->
            words, as a list or a text), ``starters``, ``quotes`` (pairs, as "«» “”"), ``ordinal_dots``, ``own_ends``,
            ``no_ends``, ``sure_letters``.

        Raises
        ------
        ConfigError
            If a key is unknown or a value has the wrong type.

        Examples
        --------
        >>> own = Language.from_dict({"code": "x", "extends": "de", "abbreviations": {"title": "Vikar"}})
        >>> own.abbreviations["Vikar"]
        'title'
        """
        known = {"code", "extends", "abbreviations", "starters", "quotes", "ordinal_dots", "own_ends", "no_ends"}
        known.add("sure_letters")
        if not isinstance(data, Mapping):
            raise ConfigError(f"language is {data!r}, must be a mapping with a code, see Language.from_dict")
        unknown = sorted(map(str, set(data) - known))
        if unknown:
            raise ConfigError(f"language has no field {unknown[0]!r}, known are {', '.join(sorted(known))}")
        base = language_for(data["extends"]) if "extends" in data else cls("")
        values: dict[str, Any] = {"code": _checked(data.get("code", base.code), str, "code")}
        if not values["code"]:
            raise ConfigError("language has no code: name it, or the language that it extends")
        for name in ("own_ends", "no_ends"):
            values[name] = _marks(data.get(name, getattr(base, name)), name)
        values["ordinal_dots"] = _checked(data.get("ordinal_dots", base.ordinal_dots), bool, "ordinal_dots")
        values["sure_letters"] = _checked(data.get("sure_letters", base.sure_letters), int, "sure_letters")
        if values["sure_letters"] < 1:
            raise ConfigError(f"sure_letters is {values['sure_letters']}, must be at least 1")
        values["starters"] = base.starters | frozenset(_words(data.get("starters", ""), "starters"))
        values["quotes"] = (*_pairs(data.get("quotes", "")), *base.quotes)
        return cls(**values).with_abbreviations(data.get("abbreviations", {}), base.abbreviations)

    def with_abbreviations(
        self, added: Mapping[str, str | Iterable[str]] | Iterable[str], base: Mapping[str, str] | None = None
    ) -> Language:
        """Return this language with more abbreviations.

        Parameters
        ----------
        added
            Class -> words, as a list or a text; or only words, which are then titles: their full stop never ends.
        base
            What to add them to; what the language has if left out.

        Raises
        ------
        ConfigError
            If a class is unknown or words are no text.
        """
        table = dict(self.abbreviations if base is None else base)
        for kind, listed in added.items() if isinstance(added, Mapping) else [("title", added)]:
            if kind not in CLASSES:
                raise ConfigError(f"abbreviation class is {kind!r}, must be one of {', '.join(CLASSES)}")
            name = f"abbreviations, class {kind}," if isinstance(added, Mapping) else "abbreviations"
            table.update(dict.fromkeys(_words(listed, name), kind))
        return replace(self, abbreviations=table)


def language_for(code: str | None) -> Language:
    """Return what is known about a language.

    Parameters
    ----------
    code
        ISO 639 code, with or without a region ("en", "pt-BR", "zh_TW"); None: told by the script, sentence by
        sentence, with the abbreviations of English and of each language that has a script of its own.

    Raises
    ------
    ConfigError
        If `code` is no such code.
    """
    if code is None:
        return _automatic()
    if not isinstance(code, str) or not code.replace("-", "").replace("_", "").isalnum() or not code[0].isalpha():
        raise ConfigError(f"language is {code!r}, must be a code such as 'en', 'de' or 'zh-TW', or None")
    short = code.replace("_", "-").split("-")[0].lower()
    return _language(_ALIASES.get(short, short))


@lru_cache(maxsize=64)
def _language(code: str) -> Language:
    own = ABBREVIATIONS.get(code) or ABBREVIATIONS["en"]
    foreign = ABBREVIATIONS["en"] if code in ("da", "no", "sv") else INTERNATIONAL
    return Language(
        code=code,
        abbreviations={**_table(foreign), **_table(own)},
        starters=frozenset((STARTERS.get(code, "") + STARTERS["en"]).split()),
        quotes=_pairs(QUOTE_PAIRS.get(code, "")),
        ordinal_dots=code in _ORDINAL_DOTS,
        own_ends=_OWN_ENDS.get(code, ""),
        no_ends=_NO_ENDS.get(code, ""),
        sure_letters=_SURE_LETTERS.get(code, 5),
    )


@lru_cache(maxsize=1)
def _automatic() -> Language:
    scripts = words("kk bg uk ru el hy am ar fa ur he mr hi ml ta bn pa my th")
    table: dict[str, str] = {}
    for code in scripts:
        table.update(_table(ABBREVIATIONS[code]))
    starters = " ".join(STARTERS.get(code, "") for code in (*scripts, "en", "de", "fr", "es", "it", "pt"))
    return Language("auto", {**table, **_table(ABBREVIATIONS["en"])}, frozenset(starters.split()), sure_letters=4)


def _table(classes: Mapping[str, str]) -> dict[str, str]:
    """Turn class -> words round; of two classes that hold a word, the one that comes first in `CLASSES` has it."""
    return {word: kind for kind in reversed(CLASSES) for word in classes.get(kind, "").split()}


def _pairs(pairs: Any) -> tuple[tuple[str, str], ...]:
    found = pairs.split() if isinstance(pairs, str) else list(pairs) if isinstance(pairs, Iterable) else [pairs]
    if not all(isinstance(pair, (str, list, tuple)) and len(pair) == 2 and _are_marks(pair) for pair in found):
        raise ConfigError(f"quotes is {pairs!r}, must be pairs of marks such as '«» “”'")
    return tuple((pair[0], pair[1]) for pair in found)


def _words(given: Any, name: str) -> list[str]:
    found = given.split() if isinstance(given, str) else list(given) if isinstance(given, Iterable) else [given]
    if not all(isinstance(word, str) and (word.strip(" .") or not word) for word in found):
        raise ConfigError(f"{name} is {given!r}, must be words, as a list or as one text")
    return [word.strip().rstrip(".").replace(" ", "") for word in found if word]


def _marks(value: Any, name: str) -> str:
    if not isinstance(value, str) or not _are_marks(value):
        raise ConfigError(f"{name} is {value!r}, must be marks of punctuation such as '¶;'")
    return value


def _are_marks(found: Iterable[Any]) -> bool:
    return all(isinstance(one, str) and len(one) == 1 and not (one.isalnum() or one.isspace()) for one in found)


def _checked(value: Any, kind: type, name: str) -> Any:
    if type(value) is not kind:
        raise ConfigError(f"{name} is {value!r}, must be of type {kind.__name__}")
    return value
