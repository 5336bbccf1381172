"""How segmenters do on annotated text that streams in: ends found, ends invented, and how long they take to say so.

    python benchmarks/segmenter_quality.py FOLDER [--sets golden,hard] [--texts 100] [--chunks char] [--json]

FOLDER holds NAME.jsonl, a line a text: text, lang, sents (joined without white space they are the text without white
space), may (positions without white space where an end is neither right nor wrong). *exact*: texts with all ends and no
other, in per cent. *f1* of the ends inside texts. *wrong*: ends that are none, for 100 sentences. *delay*: characters
received after an end until its segment was out, mean of those found. *first*: characters received until the first
segment. *same*: texts whose segments are the same character by character and whole, in per cent.

Peers are run on the same pieces: those that only know whole texts on all that has come, each time anew, and keep back
their last sentence. Peers that are not installed (dependency group ``peers``) are left out and named.
"""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Callable, Iterator, Sequence
from statistics import mean
from typing import Any

from timing import arguments, emit, existing_folder, files_in

import agora_audio as aa

SPACE = re.compile(r"[\s\u200b\ufeff]+")
TOKEN = re.compile(r"\s*\w{1,6}|\s*[^\w\s]+|\s+")
Stream = Callable[[Sequence[str], str], Iterator[tuple[str, int]]]


def main() -> None:
    parser = arguments(__doc__)
    parser.add_argument("folder", type=existing_folder, metavar="FOLDER")
    parser.add_argument("--sets", help="names of sets, with commas; all if left out")
    parser.add_argument("--texts", type=int, default=0, metavar="N", help="texts of each set; all if left out")
    parser.add_argument("--chunks", choices=("char", "tokens", "whole"), default="tokens")
    parser.add_argument(
        "--peers", default="sentencex,blingfire,pysbd,stream2sentence", help="with commas; may be empty"
    )
    parser.add_argument("--first-clause", action="store_true", help="let agora-audio cut a clause first")
    options = parser.parse_args()
    wanted = options.sets.split(",") if options.sets else None
    paths = [
        path
        for name in wanted or ["*"]
        for path in files_in(options.folder, f"{name}.jsonl", "NAME.jsonl, a line a text: text, lang, sents")
    ]
    contestants = dict(installed(options.peers.split(",")))
    contestants = {"agora-audio": lambda chunks, lang: ours(chunks, lang, options.first_clause), **contestants}
    rows = []
    for path in paths:
        cases = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
        cases = cases[: options.texts or None]
        rows += [row(f"{path.stem}  {name}", stream, cases, options.chunks) for name, stream in contestants.items()]
    emit("segmenter_quality", rows, options.json)


def chunked(text: str, size: str) -> list[str]:
    if size == "whole":
        return [text]
    return list(text) if size == "char" else TOKEN.findall(text)


def row(name: str, stream: Stream, cases: list[dict[str, Any]], size: str) -> dict[str, object]:
    scores = [score(case, list(stream(chunked(case["text"], size), case["lang"]))) for case in cases]
    same = [
        [piece for piece, _ in stream([case["text"]], case["lang"])]
        == [piece for piece, _ in stream(list(case["text"]), case["lang"])]
        for case in cases
    ]
    found, extra, missed = (sum(one[key] for one in scores) for key in ("found", "extra", "missed"))
    delays = [delay for one in scores for delay in one["delays"]]
    return {
        "set  segmenter": name,
        "exact": 100 * mean(one["extra"] + one["missed"] == 0 for one in scores),
        "f1": 200 * found / max(1, 2 * found + extra + missed),
        "wrong": 100 * extra / sum(len(case["sents"]) for case in cases),
        "delay": mean(delays) if delays else None,
        "first": mean(one["first"] for one in scores),
        "same": 100 * mean(same),
    }


def score(case: dict[str, Any], pieces: list[tuple[str, int]]) -> dict[str, Any]:
    bare = SPACE.sub("", case["text"])
    place = [0, *(at + 1 for at, char in enumerate(case["text"]) if not SPACE.match(char))]
    wanted, at = set(), 0
    for sentence in case["sents"]:
        at += len(SPACE.sub("", sentence))
        wanted.add(at)
    given, at = {}, 0
    for piece, received in pieces:
        at += len(SPACE.sub("", piece))
        if 0 < at < len(bare):
            given.setdefault(at, received)
    wanted.discard(len(bare))
    hits = wanted & set(given)
    return {
        "found": len(hits),
        "extra": len(set(given) - wanted - set(case.get("may", []))),
        "missed": len(wanted - hits),
        "delays": [max(0, given[end] - place[end]) for end in hits],
        "first": pieces[0][1] if pieces else len(case["text"]),
    }


def ours(chunks: Sequence[str], language: str, first_clause: bool = False) -> Iterator[tuple[str, int]]:
    segmenter = aa.TextSegmenter(language, first_clause=first_clause)
    received = 0
    for chunk in chunks:
        received += len(chunk)
        for segment in segmenter.feed(chunk):
            yield segment.raw, received
    for segment in segmenter.flush():
        yield segment.raw, received


def again_and_again(split: Callable[[str, str], list[str]]) -> Stream:
    """Make a stream of a splitter of whole texts: run it on what is left, and keep its last sentence back."""

    def run(chunks: Sequence[str], language: str) -> Iterator[tuple[str, int]]:
        left, received = "", 0
        for chunk in chunks:
            left += chunk
            received += len(chunk)
            *done, _ = split(left, language) or [""]
            for sentence in done:
                at = left.find(sentence.strip())
                end = at + len(sentence.strip()) if at >= 0 else len(sentence)
                yield left[:end], received
                left = left[end:]
        for sentence in split(left, language):
            yield sentence, received

    return run


def installed(names: Sequence[str]) -> Iterator[tuple[str, Stream]]:
    makers = {
        "sentencex": sentencex_stream,
        "blingfire": blingfire_stream,
        "pysbd": pysbd_stream,
        "stream2sentence": stream2sentence_stream,
    }
    for name in filter(None, names):
        try:
            yield name, makers[name]()
        except ImportError as error:
            print(f"left out: {name}: {error}", file=sys.stderr)


def sentencex_stream() -> Stream:
    import sentencex

    return again_and_again(lambda text, language: list(sentencex.segment(language, text)))


def blingfire_stream() -> Stream:
    import blingfire

    return again_and_again(lambda text, _: blingfire.text_to_sentences(text).split("\n") if text.strip() else [])


def pysbd_stream() -> Stream:
    import pysbd
    from pysbd.languages import LANGUAGE_CODES

    made: dict[str, Any] = {}

    def split(text: str, language: str) -> list[str]:
        code = language if language in LANGUAGE_CODES else "en"
        segmenter = made.setdefault(code, pysbd.Segmenter(language=code, clean=False))
        return list(segmenter.segment(text))

    return again_and_again(split)


def stream2sentence_stream() -> Stream:
    from stream2sentence import generate_sentences

    def run(chunks: Sequence[str], language: str) -> Iterator[tuple[str, int]]:
        received = 0

        def counted() -> Iterator[str]:
            nonlocal received
            for chunk in chunks:
                received += len(chunk)
                yield chunk

        for sentence in generate_sentences(counted(), minimum_sentence_length=1, cleanup_text_emojis=False):
            yield sentence, received

    return run


if __name__ == "__main__":
    main()
