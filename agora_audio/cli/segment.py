"""``agora-audio segment``: text as it streams in, segments as they are over."""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Any

import typer

from agora_audio.cli import say
from agora_audio.cli.speech_options import takes_speech
from agora_audio.errors import ConfigError
from agora_audio.segmenter.rules.languages import LANGUAGES
from agora_audio.segmenter.segmenter import TextSegmenter
from agora_audio.segmenter.segments import TextSegment
from agora_audio.segmenter.speech_config import SpeechText

__all__ = ["segment"]

_FORMATS = ("text", "jsonl")
_READ_AT_MOST = 1 << 16
_RULES = "Rules"
# A line a segment, and nothing that a terminal would obey.
_CONTROLS = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029]")


@takes_speech
def segment(
    file: Annotated[str, typer.Argument(metavar="[FILE|-]", help="UTF-8 text; stdin by default, as it comes.")] = "-",
    language: Annotated[
        str | None,
        typer.Option(
            "--language",
            "-l",
            metavar="CODE",
            help="en, de, zh, pt-BR, ...; told by the script if left out.",
            autocompletion=lambda: list(LANGUAGES),
        ),
    ] = None,
    first_clause: Annotated[bool, typer.Option("--first-clause", help="The first segment may be a clause.")] = False,
    every_clause: Annotated[bool, typer.Option("--every-clause", help="Every segment may be a clause.")] = False,
    provisional: Annotated[
        bool, typer.Option("--provisional", help="Print segments at their mark, then final or retracted.")
    ] = False,
    explain: Annotated[bool, typer.Option("--explain", help="Say on stderr which rule cut or held where.")] = False,
    format: Annotated[
        str | None,
        typer.Option("--format", "-f", metavar="NAME", help="text or jsonl. Text on a terminal, else jsonl."),
    ] = None,
    abbreviations: Annotated[
        list[str] | None,
        typer.Option(
            "--abbreviation", "-a", metavar="[CLASS:]WORD", rich_help_panel=_RULES, help="One more; repeat for several."
        ),
    ] = None,
    language_file: Annotated[
        Path | None,
        typer.Option("--language-file", metavar="FILE", rich_help_panel=_RULES, help="JSON: a language of your own."),
    ] = None,
    words: Annotated[
        str,
        typer.Option(
            "--words", metavar="rules|dictionary", rich_help_panel=_RULES, help="Word ends in Chinese, Japanese, Thai."
        ),
    ] = "rules",
    speech: SpeechText | None = None,
) -> int:
    """Cut a stream of text into segments to be spoken, and print each as soon as it is over.

    A line a segment. docs/segmenter.md says what the rules are and what a language file holds, docs/speech_text.md what
    the options of speech text do.
    """
    segmenter = TextSegmenter(
        _language(language, language_file),
        first_clause,
        provisional,
        every_clause=every_clause,
        abbreviations=_abbreviations(abbreviations or []),
        speech=speech,
        words=words,
        explain=_explain if explain else None,
    )
    write = _writer(format)
    settled = True
    try:
        for piece in _pieces(file):
            settled = False
            write(segmenter.feed(piece))
            settled = True
    finally:
        # Also when the pipe is ended from the keyboard: text that has come is not lost. Half a piece has no end.
        if settled:
            write(segmenter.flush())
    return 0


def _language(code: str | None, path: Path | None) -> Any:
    if path is None:
        return code
    if code is not None:
        raise ConfigError('--language and --language-file are given: name the language to begin with in "extends"')
    text = path.read_text(encoding="utf-8", errors="replace")
    try:
        return json.loads(text)
    except json.JSONDecodeError as error:
        raise ConfigError(f"{path}: no JSON in line {error.lineno}: {error.msg}") from None


def _abbreviations(given: list[str]) -> dict[str, list[str]] | None:
    classes: dict[str, list[str]] = {}
    for item in given:
        kind, colon, word = item.partition(":")
        classes.setdefault(kind if colon else "title", []).append(word if colon else item)
    return classes or None


def _pieces(file: str) -> Iterator[bytes]:
    """Give the bytes of a file or of stdin as they come."""
    with _opened(file) as stream:
        while piece := stream.read1(_READ_AT_MOST):
            yield piece


@contextmanager
def _opened(file: str) -> Iterator[Any]:
    if file != "-":
        with Path(file).open("rb") as stream:
            yield stream
    elif sys.stdin is None or getattr(sys.stdin, "closed", False):
        raise ConfigError("stdin is closed: pipe text into it, or name a file")
    else:
        yield sys.stdin.buffer


def _writer(name: str | None) -> Any:
    chosen = name or ("text" if sys.stdout.isatty() else "jsonl")
    if chosen not in _FORMATS:
        raise ConfigError(f"format is {chosen!r}, must be one of {', '.join(_FORMATS)}")
    line = _as_text if chosen == "text" else _as_json

    def write(segments: list[TextSegment]) -> None:
        for one in segments:
            sys.stdout.write(line(one))
        if segments:
            sys.stdout.flush()

    return write


def _as_json(segment: TextSegment) -> str:
    return json.dumps(asdict(segment), ensure_ascii=True) + "\n"


def _as_text(segment: TextSegment) -> str:
    if not segment.text:
        return ""
    notes: list[str] = [] if segment.kind == "sentence" else [segment.kind]
    notes += [] if segment.status == "final" else [segment.status]
    return _CONTROLS.sub(" ", segment.text) + (f"  [{', '.join(notes)}]" if notes else "") + "\n"


def _explain(verdict: str, at: int, characters: str, rule: str) -> None:
    say(f"{verdict:4} {at:6} {characters!r}: {rule}")
