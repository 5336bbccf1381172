r"""From the raw text of a language model to what a text-to-speech engine should say.

Models write for the screen: Markdown, links, tables, code, emoji. Here each is said, summarised or skipped, as
`SpeechText` has it, and nothing that somebody would say is lost: ``2 * 3``, ``snake_case``, ``C#`` and ``$5`` stay.
There are three ways in, with the same rules:

- `speech_text` for a whole text,
- `SpeechStream` for a text that comes in pieces, cut anywhere: the pieces that it returns, joined, are what
  `speech_text` returns,
- `SpeechFilter` for segments that have to be said one by one. A link, emphasis, code block or table may begin in one
  and end in another.
"""

from __future__ import annotations

import re
from typing import Any

from agora_audio.errors import FormatError
from agora_audio.segmenter.markdown_blocks import Markdown
from agora_audio.segmenter.markdown_patterns import WORD
from agora_audio.segmenter.pronunciation import Pronouncer
from agora_audio.segmenter.speech_config import SpeechText, checked_speech
from agora_audio.segmenter.spoken import Spoken

__all__ = ["SpeechFilter", "SpeechStream", "SpeechText", "speech_text"]

# Invisible and control characters, which no engine says; other line breaks than \n; lone surrogates.
_DIRT = re.compile("[\x00-\x08\x0b-\x1f\x7f\x80-\x9f\xad\u200b\u2028\u2029\u2060\ufeff\ud800-\udfff]")
_LINE_BREAKS = re.compile("\r\n|[\r\x0b\x0c\x85\u2028\u2029]")
_INVISIBLE = re.compile("[\x00-\x08\x0e-\x1f\x7f\x80-\x9f\xad\u200b\u2060\ufeff]")
_SURROGATES = re.compile("[\ud800-\udbff][\udc00-\udfff]|[\ud800-\udfff]")
# White space that a piece must not have to be said as it is.
_ODD = re.compile(f"  |[\t\u3000]| \\Z|{_DIRT.pattern}")
_NOTHING = re.compile("(?!)")


class SpeechStream:
    """Speech text of a stream; how the text is cut into pieces never matters.

    Parameters
    ----------
    config : SpeechText, optional
        What is said; by default `SpeechText()`.

    Notes
    -----
    Text is handed out as soon as nothing that may come can change it. What waits is the inside of emphasis, links,
    inline code and formulas until they end (at most `hold` characters), a word that may be a URL, and the white space
    at the end. The last piece, from `flush`, may therefore be all there is.

    Examples
    --------
    >>> stream = SpeechStream()
    >>> [stream.feed("Take **"), stream.feed("two* "), stream.feed("pills** da"), stream.feed("ily."), stream.flush()]
    ['Take', '', ' two* pills da', 'ily.', '']
    """

    def __init__(self, config: SpeechText | None = None) -> None:
        self.config = checked_speech(config)
        table = self.config.pronunciation
        self._spoken = Spoken(self.config.line_break, Pronouncer(table, self.config.match_case) if table else None)
        self._markdown = Markdown(self.config, self._spoken)
        self._search = self._markdown.inline.search.search
        # Words may turn out to be the names of mail addresses.
        self._is_word = WORD.match if self.config.mail == "keep" else _NOTHING.match
        self._half = ""
        self._is_plain = self._after_return = False

    def feed(self, delta: str) -> str:
        """Return what can be said after the next piece of text, which may be nothing.

        Parameters
        ----------
        delta : str
            Text of any length, empty too.

        Raises
        ------
        FormatError
            If it is no text.
        """
        if not isinstance(delta, str):
            raise _no_text(delta)
        if self._is_plain and (self._is_word(delta) or (delta and not self._search(delta) and not _ODD.search(delta))):
            self._markdown.plain(delta)
            return self._spoken.plain(delta)
        delta = self._clean(delta)
        if delta:
            self._markdown.feed(delta)
        self._is_plain = not (self._half or self._after_return) and self._markdown.is_plain and self._spoken.is_plain
        self._search = self._markdown.inline.search.search
        return self._spoken.take()

    def flush(self) -> str:
        """Return what is held, and begin anew."""
        if self._half:
            self._markdown.feed("\ufffd")
        self._markdown.finish()
        said = self._spoken.end()
        self.reset()
        return said

    def reset(self) -> None:
        """Forget everything."""
        self._markdown.reset()
        self._spoken.reset()
        self._search = self._markdown.inline.search.search
        self._is_plain = False
        self._half = ""
        self._after_return = False

    def _clean(self, delta: str) -> str:
        """Take invisible characters out, join surrogates and replace lone ones, unify line breaks."""
        if not delta or not (self._half or self._after_return or _DIRT.search(delta)):
            return delta
        if self._after_return and delta[0] == "\n":
            delta = delta[1:]
            self._after_return = False
        if delta:
            delta, self._half = self._half + delta, ""
            self._after_return = delta[-1] == "\r"
            if "\ud800" <= delta[-1] <= "\udbff":
                delta, self._half = delta[:-1], delta[-1]
        delta = _LINE_BREAKS.sub("\n", _SURROGATES.sub(_joined, delta))
        return _INVISIBLE.sub("", delta)


class SpeechFilter:
    """Speech text of segments, one by one and in order; what is open at the end of one goes on in the next.

    A mark that opens something (``**``, ``[``) and is not closed within its segment is taken for one: its counterpart
    in a later segment is taken off, too.

    Parameters
    ----------
    config : SpeechText, optional
        What is said; by default `SpeechText()`.

    Examples
    --------
    >>> speech = SpeechFilter()
    >>> speech.text("See **all of [the long", "forced"), speech.text(" title](https://a.org)** now.", "sentence")
    ('See all of the long', 'title now.')
    """

    def __init__(self, config: SpeechText | None = None) -> None:
        self._stream = SpeechStream(config)
        self.config = self._stream.config

    def text(self, raw: str, kind: str = "sentence") -> str:
        """Return what is to be said for a segment; "" if that is nothing.

        Parameters
        ----------
        raw : str
            The text of the segment, with the white space between it and its neighbours: line breaks matter.
        kind : str
            ``"table"`` says that rows are those of a table even if the line below the header is not in the segment;
            all else shows in the text.
        """
        stream = self._stream
        said = stream.feed(raw)
        if stream._half:
            stream._half = ""
            stream._markdown.feed("\ufffd")
        stream._markdown.cut(is_table=kind == "table")
        stream._is_plain = False
        return said + stream._spoken.end()

    def flush(self) -> str:
        """Return what is still owed, such as the summary of a code block that never ended, and begin anew."""
        return self._stream.flush()

    def reset(self) -> None:
        """Forget everything."""
        self._stream.reset()


def speech_text(text: str, config: SpeechText | None = None) -> str:
    r"""Return what a text-to-speech engine should say for a whole text.

    Parameters
    ----------
    text : str
        Raw text of a language model.
    config : SpeechText, optional
        What is said; by default `SpeechText()`.

    Returns
    -------
    str
        The text to say, without white space at its ends.

    Raises
    ------
    ConfigError
        If `config` is no SpeechText.
    FormatError
        If `text` is no text.

    Examples
    --------
    >>> speech_text("## Plan\n\n- **Buy** 2 * 3 eggs\n- Read [this](https://a.org)")
    'Plan\nBuy 2 * 3 eggs\nRead this'
    """
    stream = SpeechStream(config)
    return stream.feed(text) + stream.flush()


def _joined(found: re.Match[str]) -> str:
    pair = found[0]
    if len(pair) == 1:
        return "\ufffd"
    return pair.encode("utf-16-le", "surrogatepass").decode("utf-16-le")


def _no_text(value: Any) -> FormatError:
    hint = ": decode it first, with an incremental decoder if it comes in pieces" if isinstance(value, bytes) else ""
    return FormatError(f"text is a {type(value).__name__}, must be a str{hint}")
