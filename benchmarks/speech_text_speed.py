"""What speech text costs a token, and that no text makes it cost more than its length.

    python benchmarks/speech_text_speed.py [--kilobytes 100] [--part tokens|marks|both] [--json]

*tokens*: texts in pieces of about four characters (two of Chinese) through `SpeechStream`, side by side with joining
the same pieces, and with a Markdown parser that gets the whole text once, which a stream cannot wait for. *marks*:
texts of one mark repeated, at one fifth of the length and at the full length, as a whole and one character at a time;
*growth* is the cost of a character at the full length over that at a fifth: 1 is linear, 5 is quadratic.
"""

from __future__ import annotations

import gc
import re
import time
from collections.abc import Callable, Sequence
from functools import partial

from timing import arguments, emit, pin_to_one_core, take_turns

from agora_audio.segmenter.speech import SpeechFilter, SpeechStream, SpeechText, speech_text

PROSE = "The quick brown fox jumps over the lazy dog, and then it runs home to rest for the night. "
CHINESE = "今天的天气很好，我们一起去公园散步吧。"
MARKDOWN = (
    "## Heading\n\nThis is **bold text** in a longer sentence, and then a [link](https://example.org/x) to follow.\n\n"
    "- one *item* of the list\n- two with `code` in it\n\nA paragraph of plain words comes after the list.\n\n"
)
MARKS = (
    *("*", "_", "[", "]", "`", "<", "$", "~", "#", ">", "|", "-", "\\", "&", "!", "=", "(", "【", "😀", " ", "\n"),
    *(
        "* ",
        "*a ",
        "**a ",
        "_a ",
        "x*",
        "[a ",
        "](",
        "![",
        "`a ",
        "``a` ",
        "<a ",
        "<b c=",
        "<!--",
        "$a ",
        "$5 ",
        "$$ ",
        "$\\",
    ),
    *(
        "\\(",
        "\\[",
        "- ",
        "> ",
        "| a ",
        "| a | b |\n|---|---|\n",
        "```\n",
        "&amp",
        "http://",
        "www.",
        "h",
        "[1]",
        "<think>",
    ),
)


def main() -> None:
    parser = arguments(__doc__)
    parser.add_argument("--kilobytes", type=int, default=100, help="length of the texts (default 100)")
    parser.add_argument(
        "--part", choices=("tokens", "marks", "both"), default="both", help="what to measure (default both)"
    )
    options = parser.parse_args()
    pin_to_one_core()
    length = options.kilobytes * 1000
    rows = token_rows(length, options.repeats) if options.part != "marks" else []
    rows += mark_rows(length) if options.part != "tokens" else []
    emit("speech_text_speed", rows, options.json)


def token_rows(length: int, repeats: int) -> list[dict[str, object]]:
    table = SpeechText(
        pronunciation={"SQL": "sequel", "nginx": "engine x", "lazy dog": "lay zee dog", "公园": "gōng yuán"}
    )
    rows = []
    for name, text, size in (("prose", PROSE, 4), ("Markdown", MARKDOWN, 4), ("Chinese", CHINESE, 2)):
        text = repeated(text, length)
        tokens = pieces(text, size)
        contestants: dict[str, Callable[[], object]] = {
            "joined": partial("".join, tokens),
            "SpeechStream": partial(stream, tokens, None),
            "SpeechStream, pronunciations": partial(stream, tokens, table),
            "SpeechFilter, a sentence a call": partial(segments, re.findall(r".*?(?:[.。] ?|\n)", text)),
            "speech_text, whole": partial(speech_text, text),
        }
        try:
            from markdown_it import MarkdownIt

            contestants["markdown-it-py, whole"] = partial(MarkdownIt("commonmark").parse, text)
        except ImportError:
            pass
        medians = take_turns(contestants, repeats)
        rows += [
            {
                "what": f"{name}: {who}",
                "us per token": seconds / len(tokens) * 1e6,
                "ns per character": seconds / length * 1e9,
            }
            for who, seconds in medians.items()
        ]
    return rows


def mark_rows(length: int) -> list[dict[str, object]]:
    rows = []
    for mark in MARKS:
        long, short = repeated(mark, length), repeated(mark, length // 5)
        row: dict[str, object] = {"what": f"marks: {mark!r}"}
        for way, run in (("whole", speech_text), ("one by one", partial(stream, config=None))):
            seconds = timed(run, long, 1)
            row[f"{way}, ns per character"] = seconds / length * 1e9
            row[f"{way}, growth"] = seconds / length / (timed(run, short, 3) / (length // 5))
        rows.append(row)
    return rows


def timed(run: Callable[[str], object], text: str, runs: int) -> float:
    """Return the shortest of some runs, in seconds."""
    seconds = []
    gc.disable()
    for _ in range(runs):
        begun = time.perf_counter()
        run(text)
        seconds.append(time.perf_counter() - begun)
    gc.enable()
    return min(seconds)


def repeated(text: str, length: int) -> str:
    return (text * (length // len(text) + 1))[:length]


def pieces(text: str, size: int) -> list[str]:
    """Cut text as tokenizers do: a word or the beginning of one with the space before it."""
    if size == 2:
        return [text[at : at + 2] for at in range(0, len(text), 2)]
    return re.findall(r" ?[^\W_]{1,5}| ?[^\w\s]+|\s+|_", text)


def stream(pieces: Sequence[str], config: SpeechText | None) -> int:
    speech = SpeechStream(config)
    said = 0
    for piece in pieces:
        said += len(speech.feed(piece))
    return said + len(speech.flush())


def segments(raws: Sequence[str]) -> int:
    speech = SpeechFilter()
    return sum(len(speech.text(raw)) for raw in raws)


if __name__ == "__main__":
    main()
