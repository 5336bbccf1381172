"""What was heard of an answer: milliseconds, and text up to the word.

Text is marked where its sound begins. With the word times of a TTS a word counts as heard once it has ended. Without
them the sound of a segment is shared out over its words by their length, which is an estimate; where the sound is still
coming, its length is estimated too, from the segments before. A word is never heard in part.
"""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Literal

from agora_audio.errors import ConfigError, FormatError

__all__ = ["Heard", "InterruptReport", "PlayedInterval", "TextMarks", "WordTime"]

TextSource = Literal["words", "length", "none"]

# Scripts that are written without spaces: each character is a word of its own here, and takes as long as three letters.
_DENSE = "\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003ffff"
_WORD = re.compile(rf"[{_DENSE}][^\w\s]*|[^\s{_DENSE}]+")
_IS_DENSE = re.compile(rf"[{_DENSE}]")
_DENSE_WEIGHT, _DIGIT_WEIGHT = 3, 3
# Seconds of speech for a letter or the end of a word, until a segment has been measured: some 15 characters a second.
_SECONDS_PER_LETTER = 0.065
# A caller who never begins a round must not make one grow.
_TEXTS_KEPT = 1000


@dataclass(frozen=True)
class WordTime:
    """When a word is spoken, as a TTS tells.

    Raises
    ------
    ConfigError
        If the times are not 0 <= start <= end.
    """

    text: str
    """The word as it stands in the text."""
    start: float
    """Seconds from the beginning of its segment's sound."""
    end: float
    """The same, of its end."""

    def __post_init__(self) -> None:
        if not isinstance(self.text, str):
            raise ConfigError(f"the text of a word is {self.text!r}, must be a str")
        try:
            fits = 0.0 <= self.start <= self.end < float("inf")
        except TypeError:
            fits = False
        if not fits:
            raise ConfigError(
                f"the word {self.text!r} is from {self.start!r} to {self.end!r} s, must be 0 <= start <= end"
            )


@dataclass(frozen=True)
class PlayedInterval:
    """A stretch of a round's sound that was heard without a gap."""

    start: float
    """When it began to be heard, seconds on the pacer's clock."""
    end: float
    """When it ended, or now."""
    offset: float
    """Where it begins in the sound of the round, seconds."""


@dataclass(frozen=True)
class Heard:
    """What was heard of a round so far."""

    round_id: int
    """The round."""
    heard_ms: int
    """Sound heard, ms, without padding."""
    text: str
    """Text heard, up to the last whole word."""
    text_source: TextSource
    """Where the words come from: `words` of the TTS, `length` of the sound, `none`: no text was given."""
    intervals: tuple[PlayedInterval, ...]
    """When what was heard, gaps between them."""
    first_sound: float | None
    """When the first sample was heard, seconds on the pacer's clock; None: not yet."""
    first_audible: float | None
    """When the first sample above -50 dBFS was heard, seconds on the pacer's clock; None: not yet."""
    leading_silence_ms: int | None
    """Sound before the first audible sample, ms; None: no audible one was sent."""
    began: float | None = None
    """When the round began, seconds; None: not known. `AudioConsumer` fills this in."""

    @property
    def time_to_first_audible(self) -> float | None:
        """From the beginning of the round to its first audible sample, leading silence counted, seconds."""
        return None if self.began is None or self.first_audible is None else self.first_audible - self.began


@dataclass(frozen=True)
class InterruptReport:
    """What an interrupt dropped, and what had been heard by then."""

    round_id: int
    """The round that was being heard, or the last one that was."""
    dropped_bytes: int
    """Sound that is never heard: what waited, of all rounds, and what the sink took back."""
    padding_bytes: int
    """Silence sent with this round, to fill frames and gaps."""
    heard_ms: int
    """Sound of this round that was heard, ms, without padding."""
    text: str
    """Text of this round that was heard, up to the last whole word."""
    exact: bool
    """Whether `heard_ms` comes from the sink, which said how much it took back; else from the clock."""
    recalled_bytes: int | None = None
    """Sound that the sink took back, a part of `dropped_bytes`; None: it did not say how much."""
    text_source: TextSource = "none"
    """Where the words of `text` come from, as in `Heard`."""
    intervals: tuple[PlayedInterval, ...] = ()
    """When what was heard of this round."""
    next_round: int = 0
    """The round that begins: what is pushed for older ones is refused."""
    last_sent_ms: float = 0.0
    """From the decision to the last sample handed to the sink, ms; 0: none after it. `AudioConsumer` fills this in."""
    silent_ms: float = 0.0
    """From the decision until nothing is heard any more, ms, as far as sink and clock tell."""


@dataclass
class _Mark:
    text: str
    begin: int
    words: list[WordTime]


class TextMarks:
    """The last 1,000 texts of one round and where in its sound they begin, in bytes."""

    def __init__(self) -> None:
        self._marks: deque[_Mark] = deque(maxlen=_TEXTS_KEPT)

    def add(self, text: str, begin: int, words: Iterable[Any] | None = None) -> None:
        """Let the sound from byte `begin` on be that of `text`."""
        if not isinstance(text, str):
            raise FormatError(f"text is a {type(text).__name__}, must be a str")
        self._marks.append(_Mark(text, begin, checked_words(words)))

    def add_words(self, words: Iterable[Any]) -> None:
        """Add word times, which some services send after the sound, to the last text."""
        if not self._marks:
            raise FormatError("words came before any text: call mark_text first")
        self._marks[-1].words += checked_words(words)

    def heard(self, heard: int, pushed: int, ended: bool, second: int) -> tuple[str, TextSource]:
        """Return the text heard, given bytes heard and pushed, and bytes of a second."""
        if not self._marks:
            return "", "none"
        parts: list[str] = []
        source: TextSource = "words"
        pace = _SECONDS_PER_LETTER
        marks = list(self._marks)
        for mark, following in zip(marks, [*marks[1:], None], strict=True):
            if mark.begin > heard:
                break
            complete = following is not None or ended
            length = ((following.begin if following else pushed) - mark.begin) / second
            letters = _weight(mark.text)
            if complete and letters and length > 0:
                pace = length / letters
            if not mark.words:
                source = "length"
            span = length if complete else max(length, pace * letters)
            parts.append(_part(mark, (heard - mark.begin) / second, span, complete))
        return _joined(parts), source


def checked_words(words: Iterable[Any] | None) -> list[WordTime]:
    """Return word times, given as such or as ``(text, start, end)``."""
    try:
        return [word if isinstance(word, WordTime) else WordTime(*word) for word in words or ()]
    except TypeError:
        raise FormatError(f"words are {words!r:.60}, must be WordTime or (text, start, end), seconds") from None


def _part(mark: _Mark, heard: float, length: float, complete: bool) -> str:
    """Return how much of a text was heard, after so many seconds of its sound."""
    # Half a millisecond: times of a TTS are rounded, and so is the end of a frame.
    if complete and heard >= length - 0.0005:
        return mark.text
    if mark.words:
        return mark.text[: _end_of_words(mark, heard + 0.0005)]
    if length <= 0:
        return ""
    share, spoken, end = heard / length * _weight(mark.text) + 1e-9, 0, 0
    for word in _WORD.finditer(mark.text):
        spoken += _word_weight(word[0])
        if spoken > share:
            break
        end = word.end()
    return mark.text[:end]


def _end_of_words(mark: _Mark, heard: float) -> int:
    """Return where in the text the last word ends that has been heard; a word that is not in it says nothing."""
    text, end = mark.text, 0
    for word in mark.words:
        if word.end > heard:
            break
        at = text.find(word.text.strip(), end)
        if at >= 0:
            end = at + len(word.text.strip())
    # Punctuation belongs to the word before it.
    while end and end < len(text) and not (text[end].isalnum() or text[end].isspace()):
        end += 1
    return end


def _weight(text: str) -> int:
    return sum(_word_weight(word[0]) for word in _WORD.finditer(text))


def _word_weight(word: str) -> int:
    if _IS_DENSE.match(word):
        return _DENSE_WEIGHT
    return 1 + sum(_DIGIT_WEIGHT if char.isdigit() else char.isalpha() for char in word)


def _joined(parts: list[str]) -> str:
    """Join texts, with a space between words of two texts that bring none."""
    text = ""
    for part in parts:
        glued = bool(text and part) and not (text[-1].isspace() or part[0].isspace())
        text += " " + part if glued and not (_IS_DENSE.match(part) or _DENSE_END.search(text)) else part
    return text


_DENSE_END = re.compile(rf"[{_DENSE}][^\w\s]*$")
