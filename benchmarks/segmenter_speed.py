"""What a piece of text costs to segment, and whether that grows with the text: side by side with peers.

    python benchmarks/segmenter_speed.py [--text FILE] [--peers sentencex,blingfire] [--json]

Four texts of 1 kB, 10 kB and 100 kB in pieces of four characters (two of Chinese): prose (FILE if given), words without
a mark, "3.14 and 2.71 and ...", Chinese without a mark. *us*: microseconds of processor time for a piece, median of
turns. *times*: the cost at 100 kB over that at 1 kB. *worst*: the dearest push of each turn, the least of them, in
milliseconds: what the segmenter needs and not what the machine was busy with. Peers run on the prose alone, on all that
has come, each time anew.
"""

from __future__ import annotations

import gc
import time
from collections.abc import Callable
from pathlib import Path
from statistics import median

from segmenter_quality import installed
from timing import arguments, emit, pin_to_one_core

import agora_audio as aa

SIZES = (1_000, 10_000, 100_000)
PROSE = (
    "The harbour was quiet when Dr. Moreno arrived at 6.30 in the morning, and only two boats, both of them small, lay "
    'at the pier. "You are early," said the man who kept the keys. He had worked there since 1998; nobody knew the '
    "tides as well as he did. Was the weather going to hold? It was, he thought, although the wind had turned. They "
    "loaded the crates (there were eleven of them) without another word. By noon the sun stood over the island, e.g. "
    "where the lighthouse is, and the sea was flat. Nothing moved! Then, far out, a sail appeared. "
)
CHINESE = "我们今天去公园看花然后回家吃饭大家都很高兴因为天气很好所以我们决定明天再去一次"


def main() -> None:
    parser = arguments(__doc__)
    parser.add_argument("--text", type=Path, metavar="FILE", help="prose to use instead of the built-in")
    parser.add_argument("--peers", default="sentencex,blingfire,stream2sentence", help="with commas; may be empty")
    options = parser.parse_args()
    pin_to_one_core()
    prose = options.text.read_text(encoding="utf-8") if options.text else PROSE
    texts = {
        "prose": (prose, "en", 4),
        "no marks": ("the quick brown fox jumps over the lazy dog and then goes home to sleep ", "en", 4),
        "3.14 and 2.71": ("3.14 and 2.71 and ", "en", 4),
        "Chinese, no marks": (CHINESE, "zh", 2),
    }
    rows = [row(name, *text, options.repeats) for name, text in texts.items()]
    for name, stream in installed(options.peers.split(",")):
        chunks = pieces(prose, 1_000, 4)
        seconds = timed(lambda stream=stream, chunks=chunks: list(stream(chunks, "en")), options.repeats)
        rows.append({"text": f"prose, {name}", "us, 1 kB": 1e6 * seconds / len(chunks)})
    emit("segmenter_speed", rows, options.json)


def pieces(unit: str, size: int, length: int) -> list[str]:
    text = (unit * (size // len(unit) + 1))[:size]
    return [text[at : at + length] for at in range(0, size, length)]


def timed(run: Callable[[], object], repeats: int) -> float:
    seconds = []
    for _ in range(repeats + 1):
        begun = time.process_time()
        run()
        seconds.append(time.process_time() - begun)
    return median(seconds[1:])


def row(name: str, unit: str, language: str, length: int, repeats: int) -> dict[str, object]:
    found: dict[str, object] = {"text": name}
    costs = []
    for size in SIZES:
        chunks = pieces(unit, size, length)
        turns = max(1, SIZES[-1] // size)  # the clock of a process is coarse
        costs.append(timed(lambda chunks=chunks, turns=turns: feed_all(chunks, language, turns), repeats) / turns)
        found[f"us, {size // 1000} kB"] = 1e6 * costs[-1] / len(chunks)
    found["times"] = (costs[-1] / SIZES[-1]) / (costs[0] / SIZES[0])
    found["worst, ms"] = 1e3 * min(worst_push(pieces(unit, SIZES[-1], length), language) for _ in range(repeats))
    return found


def feed_all(chunks: list[str], language: str, turns: int) -> None:
    for _ in range(turns):
        feed = aa.TextSegmenter(language).feed
        for chunk in chunks:
            feed(chunk)


def worst_push(chunks: list[str], language: str) -> float:
    feed = aa.TextSegmenter(language).feed
    clock = time.thread_time if hasattr(time, "thread_time") else time.perf_counter
    worst = 0.0
    gc.disable()
    try:
        for chunk in chunks:
            begun = clock()
            feed(chunk)
            worst = max(worst, clock() - begun)
    finally:
        gc.enable()
    return worst


if __name__ == "__main__":
    main()
