"""Feed random streams to the segmenter: no exception, nothing lost, a bounded buffer, no chunking that matters.

    python benchmarks/segmenter_fuzz.py [--streams 100000] [--seed 1]     # random streams of what is hard
    python benchmarks/segmenter_fuzz.py --atheris [CORPUS] [-runs=...]    # guided by coverage: pip install atheris

Stops at the first stream that breaks a law and prints it.
"""

from __future__ import annotations

import argparse
import random
import sys
import time

import agora_audio as aa

LANGUAGES = (None, "en", "de", "zh", "ja", "ko", "fr", "es", "ru", "hy", "el", "hi", "th", "ar", "ml", "sk")
ATOMS = (
    *".?!,;:…。！？，、।؟«»“”„‘’\"'()（）「」《》[]<>*_`#|-—–•@=/\\ \n\t",
    *(
        "\r\n",
        "\u2028",
        "\x00",
        "\u200d",
        "\ufe0f",
        "\ud83d",
        "\ude00",
        "..",
        "...",
        " . . .",
        "```",
        "```py\n",
        "\n```\n",
    ),
    *(
        "1. ",
        "2) ",
        "a. ",
        "(ii) ",
        "- ",
        "# ",
        "| x |",
        "Mr.",
        "U.S.",
        "p.m.",
        "No.",
        "etc.",
        "Ph.D.",
        "I",
        "The",
        "He",
    ),
    *(
        "Bob",
        "said",
        "and",
        "which",
        "hello",
        "3",
        "14",
        "5.5",
        "你好",
        "他说",
        "这是",
        "です",
        "と",
        "라고",
        "है",
        "ไทย",
    ),
    *("👨‍👩‍👧", "🇩🇪", "Yahoo!", "[1]", "[...]", ":)", "<b>", "</b>", "<spell>", "</spell>", '<break time="1s"/>'),
    *("http://a.b/c?d=e.f", "x@y.com", "ab" * 20, " " * 70, "!" * 70, "词" * 130, "word " * 30),
)
LONGEST_BUFFER = 4500


def main() -> None:
    if "--atheris" in sys.argv:
        sys.argv.remove("--atheris")
        guided()
        return
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--streams", type=int, default=100_000)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    begun = time.perf_counter()
    longest = max(one_stream(random.Random(f"{options.seed} {number}")) for number in range(options.streams))
    seconds = time.perf_counter() - begun
    print(f"{options.streams} streams in {seconds:.0f} s, no law broken, longest buffer {longest} characters")


def guided() -> None:
    import atheris

    def one_input(data: bytes) -> None:
        check(data.decode("utf-8", "surrogatepass" if data[:1] == b"\xed" else "replace"), random.Random(len(data)))

    atheris.instrument_all()
    atheris.Setup(sys.argv, one_input)
    atheris.Fuzz()


def one_stream(rng: random.Random) -> int:
    atoms = rng.choices(ATOMS, k=rng.randint(1, 50))
    return check("".join(atom + " " * (rng.random() < 0.35) for atom in atoms), rng)


def check(text: str, rng: random.Random) -> int:
    """Feed a text whole and in pieces, and return the longest that the buffer was."""
    language = rng.choice(LANGUAGES)
    options = {name: rng.random() < 0.3 for name in ("first_clause", "provisional", "every_clause")}
    sizes = rng.choices(range(7), k=len(text))
    whole, _ = run([text], language, options)
    parts, longest = run(chunked(text, sizes), language, options)
    raw = "".join(segment.raw for segment in whole if segment.status == "final")
    for law, holds in {
        "nothing is lost": raw == text,
        "chunking never matters": whole == parts,
        "the buffer is bounded": longest <= LONGEST_BUFFER,
    }.items():
        if not holds:
            raise AssertionError(f"{law}: {language!r} {options} {text!a}")
    return longest


def chunked(text: str, sizes: list[int]) -> list[str]:
    chunks, at = [], 0
    for size in sizes:
        chunks.append(text[at : at + size])
        at += size
    return [*chunks, text[at:]]


def run(chunks: list[str], language: str | None, options: dict[str, bool]) -> tuple[list[aa.TextSegment], int]:
    segmenter = aa.TextSegmenter(language, **options)
    found: list[aa.TextSegment] = []
    longest = 0
    for chunk in chunks:
        found += segmenter.feed(chunk)
        longest = max(longest, len(segmenter._scanner.text) + sum(map(len, segmenter._parts)))
    return found + segmenter.flush(), longest if len(chunks) > 1 else 0


if __name__ == "__main__":
    main()
