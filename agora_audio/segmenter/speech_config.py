"""Options of the speech text filter: frozen and checked."""

from __future__ import annotations

import string
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from agora_audio.errors import ConfigError
from agora_audio.segmenter.summaries import SUMMARIES

__all__ = ["SpeechText", "checked_speech"]

# Elements of SSML and of the dialects of text-to-speech services that change how something is said.
_KEEP = (
    *("break", "prosody", "emphasis", "voice", "lang", "speak", "mark", "speed", "volume", "pitch", "rate"),
    *(
        "emotion",
        "pause",
        "silence",
        "express-as",
        "mstts:express-as",
        "mstts:silence",
        "amazon:effect",
        "amazon:domain",
    ),
)
_RAW = ("spell", "say-as", "phoneme", "sub", "audio")
_SKIP = ("script", "style", "think", "thinking")
_LONGEST_HOLD = 10_000


def _one_of(default: str, *others: str) -> Any:
    return field(default=default, metadata={"choices": (default, *others)})


@dataclass(frozen=True)
class SpeechText:
    """What of a language model's raw text is said, and how.

    Raises
    ------
    ConfigError
        If a value has a wrong type or is none of the choices; names the field, the value and the choices.

    Examples
    --------
    >>> from agora_audio.segmenter.speech import speech_text
    >>> speech_text("See [the docs](https://a.org/b?c=d) 😀, **now**.")
    'See the docs, now.'
    >>> speech_text("Ask SQL experts.", SpeechText(pronunciation={"SQL": "sequel"}))
    'Ask sequel experts.'
    """

    markdown: bool = True
    """Take marks of Markdown off: emphasis, headings, quotes, lists, links, rules, escapes, code, tables."""
    code: Literal["summarise", "say", "skip"] = _one_of("summarise", "say", "skip")
    """Code blocks: one sentence about them, their text, or nothing. Inline code is always said."""
    code_template: str | None = None
    """What `code="summarise"` says instead of its own sentence; may hold `{lines}` and `{language}`."""
    table: Literal["say", "pairs", "summarise", "skip"] = _one_of("say", "pairs", "summarise", "skip")
    """Tables: cells row by row, each cell with its column's name, one sentence about them, or nothing."""
    table_template: str | None = None
    """What `table="summarise"` says instead of its own sentence; may hold `{rows}`, `{columns}` and `{header}`."""
    language: str | None = None
    """Language of the summaries, a key of `SUMMARIES` such as "en" or "zh-CN"; None: that of the text."""
    bullets: Literal["skip", "keep"] = _one_of("skip", "keep")
    """Bullets and the boxes of tasks. Numbers of lists are always kept."""
    url: Literal["host", "keep", "skip"] = _one_of("host", "keep", "skip")
    """Bare URLs: their host, all of them, or nothing. Links are said by their titles."""
    mail: Literal["keep", "host", "skip"] = _one_of("keep", "host", "skip")
    """Mail addresses."""
    images: Literal["alt", "skip"] = _one_of("alt", "skip")
    """Images: their alternative text, or nothing."""
    emoji: Literal["skip", "keep"] = _one_of("skip", "keep")
    """Emoji, sequences of them included."""
    latex: Literal["keep", "skip"] = _one_of("keep", "skip")
    """Formulas, inline and display: left as they are, or nothing."""
    citations: Literal["skip", "keep"] = _one_of("skip", "keep")
    """References such as [1], [2, 3], [^1] and 【1†source】."""
    html: bool = True
    """Take HTML tags off and decode entities; False: say them."""
    keep_tags: tuple[str, ...] = _KEEP
    """Names of tags that reach the text-to-speech engine as they are; what stands between them is speech text."""
    raw_tags: tuple[str, ...] = _RAW
    """Names of tags that reach it with all that stands between them untouched."""
    skip_tags: tuple[str, ...] = _SKIP
    """Names of tags that are left out with all that stands between them."""
    pronunciation: Mapping[str, str] = field(default_factory=dict, hash=False)
    """Words and phrases, and what is said for them: whole words, the longest first."""
    match_case: Literal["smart", "always", "never"] = _one_of("smart", "always", "never")
    """Case of words of `pronunciation`; "smart": it matters for those that have capitals."""
    line_break: str = "\n"
    """What one or more line breaks become."""
    hold: int = 300
    """The most characters that wait for the end of emphasis, a link, code or a formula, 16 to 10,000."""

    def __post_init__(self) -> None:
        for name, spec in self.__dataclass_fields__.items():
            if "choices" in spec.metadata:
                _check_choice(name, getattr(self, name), spec.metadata["choices"])
        for name in ("markdown", "html"):
            if not isinstance(getattr(self, name), bool):
                raise ConfigError(f"{name} is {getattr(self, name)!r}, must be True or False")
        for name in ("keep_tags", "raw_tags", "skip_tags"):
            object.__setattr__(self, name, _tag_names(name, getattr(self, name)))
        object.__setattr__(self, "pronunciation", _table(self.pronunciation))
        object.__setattr__(self, "language", _language(self.language))
        _check_template("code_template", self.code_template, {"lines", "language"})
        _check_template("table_template", self.table_template, {"rows", "columns", "header"})
        if not isinstance(self.line_break, str):
            raise ConfigError(f"line_break is {self.line_break!r}, must be text")
        if isinstance(self.hold, bool) or not isinstance(self.hold, int) or not 16 <= self.hold <= _LONGEST_HOLD:
            raise ConfigError(f"hold is {self.hold!r}, must be a whole number of 16 to {_LONGEST_HOLD}")


def checked_speech(config: Any) -> SpeechText:
    """Return `config`, or the defaults for None; ConfigError if it is no SpeechText."""
    if config is None:
        return SpeechText()
    if not isinstance(config, SpeechText):
        raise ConfigError(f"config is {config!r:.60}, must be a SpeechText: SpeechText(code='skip') makes one")
    return config


def _check_choice(name: str, value: Any, choices: tuple[str, ...]) -> None:
    if not isinstance(value, str) or value not in choices:
        raise ConfigError(f"{name} is {value!r}, must be one of {', '.join(map(repr, choices))}")


def _tag_names(name: str, value: Any) -> tuple[str, ...]:
    if isinstance(value, str) or not all(isinstance(one, str) and one.strip("<>/ ") for one in _listed(name, value)):
        raise ConfigError(f"{name} is {value!r:.60}, must be a list of names of tags, such as ('break', 'spell')")
    return tuple(one.strip("<>/ ").lower() for one in value)


def _listed(name: str, value: Any) -> list[Any]:
    try:
        return list(value)
    except TypeError:
        raise ConfigError(f"{name} is {value!r:.60}, must be a list of names of tags") from None


def _table(value: Any) -> dict[str, str]:
    if not isinstance(value, Mapping):
        raise ConfigError(
            f"pronunciation is {value!r:.60}, must map words to what is said, such as {{'SQL': 'sequel'}}"
        )
    for key, said in value.items():
        if not isinstance(key, str) or not isinstance(said, str) or not key.strip() or key != key.strip():
            raise ConfigError(
                f"pronunciation has {key!r:.60}: {said!r:.60}, must map words, without space at their ends, to text"
            )
    return dict(value)


def _language(value: Any) -> str | None:
    if value is None:
        return None
    known = value.replace("_", "-").split("-")[0].lower() if isinstance(value, str) else None
    if known not in SUMMARIES:
        raise ConfigError(f"language is {value!r}, must be None or one of {', '.join(SUMMARIES)}")
    return known


def _check_template(name: str, value: Any, known: set[str]) -> None:
    if value is None:
        return
    shown = ", ".join(f"{{{one}}}" for one in sorted(known))
    try:
        parts = list(string.Formatter().parse(value))
    except (TypeError, ValueError, AttributeError) as error:
        raise ConfigError(f"{name} is {value!r:.60}, must be text that may hold {shown}: {error}") from None
    if any(part[1] is not None and (part[1] not in known or part[2] or part[3]) for part in parts):
        raise ConfigError(f"{name} is {value!r:.60}, must hold no other fields than {shown}")
