"""How presets and engines do on labelled speech: what was missed, split, clipped, and how long decisions take.

    python benchmarks/vad_quality.py FOLDER [--engines silero,webrtc] [--json | --markdown]

FOLDER holds NAME.wav (16 kHz mono) and NAME.scv (NAME,start,end,label,... in seconds, 1 = speech). References are
merged over gaps shorter than 0.5 s, those shorter than 0.35 s left out. *onset* is the error of `Segment.start`; *said*
how long after the speech began its start was decided; *end* the error of `Segment.end`; *stop* how long after it ended
that was decided. Milliseconds, median and 90th percentile. Each clip gets 0.5 s of silence before it and 1 s after it.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from timing import arguments, emit, ended_quietly, existing_folder, files_in

import agora_audio as aa
from agora_audio.lab.labels import read_labels
from agora_audio.lab.trace import VadTrace, trace_blocks
from agora_audio.vad.config import PRESETS

LEAD = 0.5
MERGE_GAP = 0.5
SHORTEST = 0.35


def main() -> None:
    parser = arguments(__doc__)
    parser.add_argument("folder", type=existing_folder, metavar="FOLDER")
    parser.add_argument("--engines", default="silero,webrtc,energy")
    parser.add_argument("--markdown", action="store_true", help="print a Markdown table")
    options = parser.parse_args()
    clips = files_in(options.folder, "*.wav", "NAME.wav (16 kHz mono) and NAME.scv", ".scv")
    references = [list(merged(path.with_suffix(".scv"))) for path in clips]
    rows = []
    for engine in options.engines.split(","):
        try:
            aa.create_engine(engine)
        except aa.EngineUnavailable as error:
            print(f"left out: {error}", file=sys.stderr)
            continue
        traces = [traced(path, engine) for path in clips]
        rows += [row(engine, preset, traces, references) for preset in PRESETS]
    if options.markdown:
        print_markdown(rows)
    else:
        emit("vad_quality", rows, options.json)


def traced(path: Path, engine: str) -> VadTrace:
    samples, format = aa.read_audio(path)
    lead = bytes(int(LEAD * format.sample_rate) * format.sample_bytes)
    return trace_blocks([lead, samples.tobytes(), lead + lead], format, engine=engine)


def merged(path: Path) -> Iterator[aa.Segment]:
    held: aa.Segment | None = None
    for segment in (labelled.segment for labelled in read_labels(path)):
        if held and segment.start - held.end < MERGE_GAP:
            held = aa.Segment(held.start, segment.end)
            continue
        if held and held.duration >= SHORTEST:
            yield held
        held = segment
    if held and held.duration >= SHORTEST:
        yield held


def row(engine: str, preset: str, traces: list[VadTrace], references: list[list[aa.Segment]]) -> dict[str, object]:
    missed = splits = false = 0
    errors: dict[str, list[float]] = {"onset": [], "said": [], "end": [], "stop": []}
    for trace, wanted in zip(traces, references, strict=True):
        found = trace.with_config(PRESETS[preset]).segments
        false += sum(not any(overlap(segment, true) for true in wanted) for segment in found)
        taken: set[aa.Segment] = set()
        for index, true in enumerate(wanted):
            over = [segment for segment in found if overlap(segment, true)]
            missed += not over
            splits += max(0, len(over) - 1)
            if over and over[0] not in taken:
                errors["onset"].append(over[0].start - LEAD - true.start)
                errors["said"].append(over[0].started_at - LEAD - true.start)
            taken.update(over)
            follows = wanted[index + 1].start if index + 1 < len(wanted) else float("inf")
            if over and over[-1].end - LEAD <= follows:
                errors["end"].append(over[-1].end - LEAD - true.end)
                errors["stop"].append(over[-1].ended_at - LEAD - true.end)
    count = sum(map(len, references))
    result: dict[str, object] = {
        "engine, preset": f"{engine}, {preset}",
        "missed": f"{missed}/{count}",
        "splits": splits,
        "false": false,
    }
    for name, values in errors.items():
        p50, p90 = (round(1000 * float(np.percentile(values, q))) if values else None for q in (50, 90))
        result[f"{name} p50/p90"] = f"{p50} / {p90}"
    return result


def overlap(found: aa.Segment, true: aa.Segment) -> bool:
    return found.start - LEAD < true.end and found.end - LEAD > true.start


@ended_quietly()
def print_markdown(rows: list[dict[str, object]]) -> None:
    names = list(rows[0])
    for line in [names, ["---", *["--:"] * (len(names) - 1)], *([str(row[name]) for name in names] for row in rows)]:
        print(f"| {' | '.join(line)} |")


if __name__ == "__main__":
    main()
