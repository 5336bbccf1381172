"""Parameters of `InterruptionPolicy`: frozen and checked. What they do stands in `agora_audio.consumer.policy`."""

from __future__ import annotations

import math
import operator
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any, Literal

from agora_audio.consumer.backchannels import BACKCHANNELS
from agora_audio.consumer.words import tokens
from agora_audio.errors import ConfigError

__all__ = ["MODES", "InterruptionConfig", "InterruptionSettings", "Mode"]

Mode = Literal["voice", "asr", "both"]
MODES = ("voice", "asr", "both")

# No wait of a conversation is longer than an hour, and nobody waits for a thousand words.
_LONGEST = 3600.0
_MOST_WORDS = 1000


@dataclass(frozen=True)
class InterruptionSettings:
    """How hard an agent is to interrupt in one of its states.

    Raises
    ------
    ConfigError
        If a value has a wrong type or lies outside its range; names the field, the value and the range.
    """

    min_voice: float = 0.5
    """Voice that interrupts, seconds from the VAD's START, its hang-over included. Mode `voice` only."""
    min_words: int = 1
    """Words that interrupt. Modes `asr` and `both`."""
    pause_after: float | None = 0.0
    """Voice that pauses, seconds from the VAD's START; None: nothing pauses. Modes `voice` and `both`."""
    protect: float = 0.5
    """From the beginning of the state on, seconds in which nothing pauses or interrupts."""

    def __post_init__(self) -> None:
        _set(self, "min_voice", _seconds("min_voice", self.min_voice))
        _set(self, "min_words", _words("min_words", self.min_words))
        if self.pause_after is not None:
            _set(self, "pause_after", _seconds("pause_after", self.pause_after, " or None"))
        _set(self, "protect", _seconds("protect", self.protect))


@dataclass(frozen=True)
class InterruptionConfig:
    """When a user's voice or words interrupt the agent.

    Raises
    ------
    ConfigError
        If a value has a wrong type or lies outside its range; names the field, the value and the range.

    Examples
    --------
    >>> InterruptionConfig("asr", speaking=InterruptionSettings(min_words=2)).speaking.min_words
    2
    """

    mode: Mode = "both"
    """What decides: `voice` (the VAD), `asr` (words), or `both`: voice pauses, words decide."""
    speaking: InterruptionSettings = field(default_factory=InterruptionSettings)
    """While the agent speaks."""
    thinking: InterruptionSettings = field(default_factory=lambda: InterruptionSettings(min_voice=0.3))
    """While the agent thinks: nothing is heard yet, so a pause only holds the answer back."""
    resume_after: float = 1.0
    """Quiet, neither voice nor new words, seconds after which a pause ends and words said so far are forgotten."""
    max_pause: float | None = 5.0
    """A pause ends after this in any case, seconds; None: never. Mode `both`."""
    asr_delay: float = 1.0
    """How late words may come, seconds: in this time after a round began, words without new voice are the question."""
    partials: bool = True
    """Whether partial transcripts decide, too, or final ones alone."""
    backchannels: tuple[str, ...] = ()
    """Languages whose `BACKCHANNELS` count as no words: "en", "zh", ..."""
    backchannel_phrases: tuple[str, ...] = ()
    """Further phrases that count as no words."""
    interrupt_phrases: tuple[str, ...] = ()
    """Phrases that interrupt wherever they occur, whatever `min_words` says. Modes `asr` and `both`."""

    def __post_init__(self) -> None:
        if not isinstance(self.mode, str) or self.mode not in MODES:
            raise ConfigError(f"mode is {self.mode!r}, must be 'voice', 'asr' or 'both'")
        for name in ("speaking", "thinking"):
            if not isinstance(getattr(self, name), InterruptionSettings):
                raise ConfigError(f"{name} is {getattr(self, name)!r:.60}, must be an InterruptionSettings")
        for name in ("resume_after", "asr_delay"):
            _set(self, name, _seconds(name, getattr(self, name)))
        if self.max_pause is not None:
            _set(self, "max_pause", _seconds("max_pause", self.max_pause, " or None"))
        if not isinstance(self.partials, bool):
            raise ConfigError(f"partials is {self.partials!r}, must be True or False")
        _set(self, "backchannels", tuple(map(_language, _strings("backchannels", self.backchannels))))
        for name in ("backchannel_phrases", "interrupt_phrases"):
            _set(self, name, _strings(name, getattr(self, name)))
            for phrase in getattr(self, name):
                if not tokens(phrase):
                    raise ConfigError(f"{name} holds {phrase!r}, in which there is no word")


def _set(config: Any, name: str, value: Any) -> None:
    object.__setattr__(config, name, value)


def _seconds(name: str, value: Any, otherwise: str = "") -> float:
    try:
        if isinstance(value, (bool, str)):
            raise TypeError
        number = float(value)
    except (TypeError, ValueError, OverflowError):
        number = math.nan
    if not 0.0 <= number <= _LONGEST:
        raise ConfigError(f"{name} is {value!r}, must be seconds, 0 to {_LONGEST:g}{otherwise}")
    return number


def _words(name: str, value: Any) -> int:
    try:
        number = 0 if isinstance(value, bool) else operator.index(value)
    except TypeError:
        number = 0
    if not 1 <= number <= _MOST_WORDS:
        raise ConfigError(f"{name} is {value!r}, must be a whole number of 1 to {_MOST_WORDS}")
    return number


def _strings(name: str, value: Any) -> tuple[str, ...]:
    items = (None,) if isinstance(value, (str, bytes)) or not isinstance(value, Iterable) else tuple(value)
    if not all(isinstance(item, str) for item in items):
        raise ConfigError(f"{name} is {value!r:.60}, must be a tuple of strings")
    return items


def _language(tag: str) -> str:
    """Return the language of a tag such as ``en-US``, if it has a list."""
    language = tag.replace("_", "-").split("-")[0].lower()
    if language not in BACKCHANNELS:
        raise ConfigError(f"backchannels holds {tag!r}; there are lists for {', '.join(BACKCHANNELS)}")
    return language
