"""`TextSegmenter`: a stream of text in, segments to speak out; `segment_text` for a whole text."""

from __future__ import annotations

import codecs
import math
from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from agora_audio.errors import ConfigError, FormatError
from agora_audio.segmenter.rules.languages import Language, language_for
from agora_audio.segmenter.scanner import Cut, Explain, Hop, Scanner
from agora_audio.segmenter.segments import Kind, SegmentLimits, Status, TextSegment
from agora_audio.segmenter.words import WordBreaker, word_breaker

if TYPE_CHECKING:
    from agora_audio.segmenter.speech import SpeechFilter
    from agora_audio.segmenter.speech_config import SpeechText

__all__ = ["TextSegmenter", "segment_text"]

# A longer delta is read in pieces of this many characters, so that no search runs over all of it for each segment.
_PIECE = 4096
# No clock shows more seconds; beyond it a stall of some milliseconds would be lost in rounding.
_LATEST = 1e12

Abbreviations = Mapping[str, "str | Iterable[str]"] | Iterable[str]


class TextSegmenter:
    """Cut a stream of text into segments to be spoken, as soon as each is known to be over.

    The result does not depend on the pieces in which the text arrives. All of the text comes out: the `raw` of the
    final segments, joined, is the text.

    Parameters
    ----------
    language
        Code such as "en", "zh" or "pt-BR"; a `Language` or a mapping as `Language.from_dict` takes it, for a language
        of your own; None: by the script.
    first_clause
        Whether the first segment may be a clause, so that speech begins sooner.
    provisional
        Whether to hand out a segment at its mark already, with status "provisional"; it comes again under the same
        `id` as "final", perhaps longer by closing marks, or as "retracted".
    round_id
        The round that the segments are marked with.
    every_clause
        Whether every segment may be a clause. `buffered` makes clauses longer.
    abbreviations
        More abbreviations: class -> words (see `agora_audio.segmenter.rules.abbreviations`), or only words, after
        which a full stop never ends a sentence.
    speech
        How to make `TextSegment.text` of the raw text: marks of Markdown off, links by their titles, code and tables
        by choice; None: as it is, without white space around it. What is open at the end of a segment, such as a code
        block, goes on in the next; `flush` ends it. Summaries are in `language` unless `speech` names another.
    limits
        Lengths and times where no mark decides.
    words
        What finds word ends in Chinese, Japanese and Thai without marks: "rules", "dictionary" (extra ``words``), or a
        function that gives the indices where words end.
    explain
        Is called with each decision: verdict ("cut", "hold", "no"), code point in the stream, the characters, the rule.

    Raises
    ------
    ConfigError
        If a value has a wrong type or is out of range.
    EngineUnavailable
        If `words` needs a package that is not installed.

    Examples
    --------
    >>> segmenter = TextSegmenter("en")
    >>> for delta in ["Pi is 3.", "14. Dr. Who", " knows. He", " said so."]:
    ...     print([segment.text for segment in segmenter.feed(delta)])
    []
    ['Pi is 3.14.']
    ['Dr. Who knows.']
    []
    >>> [segment.text for segment in segmenter.flush()]
    ['He said so.']
    """

    _length: int
    _wakes_at: int
    _hop: Hop

    def __init__(
        self,
        language: str | Language | Mapping[str, Any] | None = None,
        first_clause: bool = False,
        provisional: bool = False,
        round_id: int = 0,
        *,
        every_clause: bool = False,
        abbreviations: Abbreviations | None = None,
        speech: SpeechText | None = None,
        limits: SegmentLimits | None = None,
        words: str | WordBreaker = "rules",
        explain: Explain | None = None,
    ) -> None:
        known = _language(language)
        if abbreviations is not None:
            known = known.with_abbreviations(abbreviations)
        if limits is not None and not isinstance(limits, SegmentLimits):
            raise ConfigError(f"limits is {limits!r}, must be a SegmentLimits")
        for name, value in (
            ("first_clause", first_clause),
            ("provisional", provisional),
            ("every_clause", every_clause),
        ):
            if not isinstance(value, bool):
                raise ConfigError(f"{name} is {value!r}, must be True or False")
        if explain is not None and not callable(explain):
            raise ConfigError(f"explain is {explain!r:.60}, must be a function of verdict, place, characters and rule")
        self.round_id = round_id
        self._heard: float | None = None
        self._limits = limits or SegmentLimits()
        self._every_clause = every_clause
        self._first_clause = first_clause or every_clause
        self._filter = _speech_filter(speech, known)
        self._preview = _speech_filter(speech, known) if provisional else None
        self._scanner = Scanner(known, self._limits, word_breaker(words), self._first_clause, provisional, explain)
        self._decoder = codecs.getincrementaldecoder("utf-8")("replace")
        self._decoding = False
        self.reset()

    @property
    def buffered(self) -> float:
        """Seconds of audio that are still to be played: clauses grow with it (`every_clause`)."""
        return self._buffered

    @buffered.setter
    def buffered(self, seconds: float) -> None:
        if isinstance(seconds, bool) or not isinstance(seconds, (int, float)) or not 0 <= seconds < math.inf:
            raise ConfigError(f"buffered is {seconds!r}, must be a number of seconds from 0")
        self._buffered = float(seconds)
        self._set_target()

    @property
    def round_id(self) -> int:
        """The round that segments are marked with; set it when a new round begins."""
        return self._round_id

    @round_id.setter
    def round_id(self, value: int) -> None:
        if isinstance(value, bool) or not isinstance(value, int):
            raise ConfigError(f"round_id is {value!r}, must be a whole number")
        self._round_id = value

    def feed(self, delta: str | bytes, now: float | None = None) -> list[TextSegment]:
        """Take the next piece of text and return the segments that are over.

        Parameters
        ----------
        delta
            Text, or UTF-8 bytes, of any length and parted anywhere; bytes that are no UTF-8 become U+FFFD.
        now
            Seconds of a monotonic clock, for `poll`.

        Raises
        ------
        ConfigError
            If `now` is no number of seconds.
        FormatError
            If `delta` is neither text nor bytes.
        """
        if now is not None:
            self._heard = _seconds(now)
        if delta.__class__ is not str or self._decoding:
            delta = self._decode(delta)
        length = self._length + len(delta)
        if length < self._wakes_at and self._hop(delta) is None:
            self._parts.append(delta)
            self._length = length
            return []
        if len(delta) > _PIECE:
            return [one for at in range(0, len(delta), _PIECE) for one in self.feed(delta[at : at + _PIECE])]
        self._parts.append(delta)
        return self._scan(False)

    def poll(self, now: float) -> list[TextSegment]:
        """Return the segment that ends in a mark if nothing has come after it for `SegmentLimits.stall` seconds.

        This is the one thing that depends on time and not only on the text: a model that calls a tool after "One
        moment." would else leave it unspoken.

        Raises
        ------
        ConfigError
            If `now` is no number of seconds.
        """
        now = _seconds(now)
        due = self.next_poll()
        if due is None:
            if self._heard is None and self._stalled_at() is not None:
                self._heard = now
            return []
        if now < due:
            return []
        at = self._stalled_at()
        if at is None:
            return []
        out = self._commit(Cut(at, self._scanner.kind_of(self._scanner.start, at)), [])
        self._settle()
        return out

    def next_poll(self) -> float | None:
        """Return the time from which `poll` has something to commit; None if it never will."""
        if self._heard is None or self._stalled_at() is None:
            return None
        return self._heard + self._limits.stall

    def flush(self) -> list[TextSegment]:
        """Return what is left: the stream is over, or a pause in it is."""
        if self._decoding:
            self._parts.append(self._decoder.decode(b"", True))
            self._decoding = False
        out = self._scan(True)
        scanner = self._scanner
        if scanner.start < len(scanner.text):
            out = self._commit(scanner.rest(), out)
        scanner.drop_front()
        scanner.restart()
        self._settle()
        return self._with_what_is_owed(out)

    def reset(self) -> None:
        """Forget everything: a new stream begins. The round stays as it is."""
        self._scanner.reset()
        self._decoder.reset()
        self._decoding = False
        self._parts: list[str] = []
        self._id = 0
        self._buffered = 0.0
        self._heard = None
        self._scanner.clauses = self._first_clause
        if self._filter is not None:
            self._filter.reset()
        self._set_target()
        self._settle()

    def interrupt(self) -> str:
        """Drop what has not been committed, begin a new stream, and return what was dropped."""
        if self._decoding:
            self._parts.append(self._decoder.decode(b"", True))
        scanner = self._scanner
        rest = scanner.text[scanner.start :] + "".join(self._parts)
        self.reset()
        return rest

    # --- inside -----------------------------------------------------------------------------------------------------

    def _decode(self, delta: Any) -> str:
        if isinstance(delta, str):
            before = self._decoder.decode(b"", True) if self._decoding else ""
            self._decoding = False
            return before + str(delta)
        if not isinstance(delta, (bytes, bytearray, memoryview)):
            raise FormatError(
                f"delta is {type(delta).__name__}, must be str or UTF-8 bytes: leave out what has no text"
            )
        text = self._decoder.decode(bytes(delta))
        self._decoding = bool(self._decoder.getstate()[0])
        return text

    def _scan(self, final: bool) -> list[TextSegment]:
        scanner = self._scanner
        if self._parts:
            scanner.text += "".join(self._parts)
            self._parts.clear()
        out: list[TextSegment] = []
        while True:
            cut = scanner.next_cut(final, self._least, self._least_wide)
            if scanner.events:
                self._announce(out)
            if cut is None:
                break
            out = self._commit(cut, out)
        if scanner.start:
            scanner.drop_front()
        self._settle()
        return out

    def _settle(self) -> None:
        """Work out until when a delta without a mark needs no look."""
        scanner = self._scanner
        self._length = len(scanner.text)
        self._hop = scanner.hop
        self._wakes_at = 0 if scanner.holding else scanner.wakes_at

    def _commit(self, cut: Cut, out: list[TextSegment]) -> list[TextSegment]:
        scanner = self._scanner
        segment = self._segment(scanner.start, cut.end, cut.kind, "final")
        out.append(segment)
        self._id += 1
        scanner.take(cut)
        if segment.text and scanner.clauses and not self._every_clause:
            scanner.clauses = False
        return out

    def _announce(self, out: list[TextSegment]) -> None:
        for status, start, end in self._scanner.events:
            out.append(self._segment(start, end, self._scanner.kind_of(start, end), status))
            if status == "retracted":
                self._id += 1
        self._scanner.events.clear()

    def _segment(self, start: int, end: int, kind: Kind, status: Status) -> TextSegment:
        scanner = self._scanner
        raw = scanner.text[start:end]
        text = raw.strip() if self._filter is None else self._spoken(raw, kind, status)
        if not text.isascii():
            text = _encodable(text)
        return TextSegment(text, raw, scanner.base + start, scanner.base + end, kind, status, self._id, self._round_id)

    def _spoken(self, raw: str, kind: Kind, status: Status) -> str:
        """Filter what is final; what is not is read by itself, since it may come again in other pieces."""
        if status == "final" or self._preview is None:
            return self._filter.text(raw, kind) if self._filter is not None else raw.strip()
        said = self._preview.text(raw, kind)
        self._preview.reset()
        return said

    def _with_what_is_owed(self, out: list[TextSegment]) -> list[TextSegment]:
        """Add what the speech filter has kept back to the last segment, or to an empty one."""
        owed = self._filter.flush() if self._filter is not None else ""
        if owed:
            end = self._scanner.base
            last = out.pop() if out else TextSegment("", "", end, end, id=self._id, round_id=self._round_id)
            out.append(replace(last, text=f"{last.text} {owed}".strip()))
            self._id = last.id + 1
        return out

    def _stalled_at(self) -> int | None:
        return None if self._parts else self._scanner.stalled_at()

    def _set_target(self) -> None:
        limits, seconds = self._limits, self._buffered
        self._least = min(limits.soft, limits.clause + int(limits.per_second * seconds))
        self._least_wide = min(limits.soft_wide, limits.clause_wide + int(limits.per_second_wide * seconds))


def segment_text(
    text: str | bytes, language: str | Language | Mapping[str, Any] | None = None, **options: Any
) -> list[TextSegment]:
    """Cut a whole text into segments: what `TextSegmenter` makes of it in a stream.

    Parameters
    ----------
    text
        The text, or its UTF-8 bytes.
    language
        See `TextSegmenter`.
    options
        Other parameters of `TextSegmenter`.

    Examples
    --------
    >>> [segment.raw for segment in segment_text("It works. It does!")]
    ['It works.', ' It does!']
    """
    segmenter = TextSegmenter(language, **options)
    return segmenter.feed(text) + segmenter.flush()


def _seconds(now: float) -> float:
    if now.__class__ is not float and (isinstance(now, bool) or not isinstance(now, (int, float))):
        raise ConfigError(f"now is {now!r:.60}, must be seconds of a monotonic clock")
    if not -_LATEST < now < _LATEST:
        raise ConfigError(f"now is {now!r:.60}, must be seconds of a monotonic clock")
    return float(now)


def _language(language: str | Language | Mapping[str, Any] | None) -> Language:
    if isinstance(language, Language):
        return language
    if isinstance(language, Mapping):
        return Language.from_dict(language)
    return language_for(language)


def _speech_filter(speech: SpeechText | None, language: Language) -> SpeechFilter | None:
    if speech is None:
        return None
    # As long to import as all the rest; who takes the text as it is does not wait for it.
    from agora_audio.segmenter.speech import SpeechFilter, SpeechText
    from agora_audio.segmenter.summaries import SUMMARIES

    if not isinstance(speech, SpeechText):
        raise ConfigError(f"speech is {speech!r:.60}, must be a SpeechText: SpeechText(code='skip') makes one")
    if speech.language is None and language.code in SUMMARIES:
        speech = replace(speech, language=language.code)
    return SpeechFilter(speech)


def _encodable(text: str) -> str:
    """Join the halves of a character that came apart, and replace one that stayed alone."""
    try:
        text.encode("utf-8")
    except UnicodeEncodeError:
        return text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
    return text
