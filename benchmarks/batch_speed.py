"""How a batch scales with its workers, and what it costs beside the bare loop.

    python benchmarks/batch_speed.py [--files 40] [--seconds 60] [--engine silero] [--repeats 3] [--json]

The same recordings with one worker and with two, in turn, from the first result to the last, so that starting the
workers does not count; *bare* is `detect_speech` in a loop in this process. *times one, wall* is what a clock on the
wall says, which on a machine that others use as well says more about them. *times one, CPU* is what the clock would say
if each worker had a core of its own: the processor time of one worker over that of the busier of two. *manager* is
processor time of the process that hands out the work and writes the manifest, for each file.
"""

from __future__ import annotations

import statistics
import tempfile
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from timing import arguments, emit

import agora_audio as aa
from agora_audio.lab.batch import Detect, read_manifest, run_batch
from agora_audio.writer import AudioWriter

TEST_DATA = Path(__file__).resolve().parent.parent / "test_data"
RATE = 16000


@dataclass(frozen=True)
class Run:
    """What one run took, seconds."""

    wall: float
    busiest: float
    work: float
    manager: float


def main() -> None:
    parser = arguments(__doc__)
    parser.add_argument("--files", type=int, default=40, help="recordings (default 40)")
    parser.add_argument("--seconds", type=int, default=60, help="length of each (default 60)")
    parser.add_argument("--engine", default="silero", help="engine (default silero)")
    parser.set_defaults(repeats=3)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        sources = recordings(Path(folder, "in"), options.files, options.seconds)
        bare, runs = [], {workers: [] for workers in (1, 2)}
        for repeat in range(options.repeats):
            bare.append(bare_loop(sources, options.engine))
            for workers, found in runs.items():
                found.append(batch(sources, Path(folder, f"out{workers}-{repeat}"), workers, options.engine))
        rows = [row(f"{workers} workers" if workers > 1 else "1 worker", runs, workers, options) for workers in runs]
        wall, cpu = zip(*bare, strict=True)
        sound = options.files * options.seconds
        rows.insert(
            0,
            {
                "what": "bare loop",
                "x real time": sound / statistics.median(wall),
                "work, CPU s": statistics.median(cpu),
            },
        )
    emit("batch_speed", rows, options.json)


def recordings(folder: Path, count: int, seconds: int) -> list[str]:
    """Write recordings of one length, each with a beginning of its own."""
    folder.mkdir()
    samples = aa.read_audio(TEST_DATA / "long_16k.flac")[0][:, 0]
    for number in range(count):
        with AudioWriter(folder / f"{number:04d}.wav", aa.AudioFormat(RATE)) as writer:
            writer.write(np.resize(np.roll(samples, -7919 * number), seconds * RATE))
    return [str(path) for path in sorted(folder.iterdir())]


def bare_loop(sources: Sequence[str], engine: str) -> tuple[float, float]:
    wall, busy = time.perf_counter(), time.process_time()
    for source in sources:
        aa.detect_speech(source, engine=engine)
    return time.perf_counter() - wall, time.process_time() - busy


def batch(sources: Sequence[str], out: Path, workers: int, engine: str) -> Run:
    """Run a batch; the first recording of each worker waits for its start and is left out of the wall time."""
    ends: list[float] = []
    busy = time.process_time()
    run_batch(
        sources, Detect(engine=engine), out, workers=workers,
        observe=lambda progress, record: ends.append(time.perf_counter()) if record else None,
    )  # fmt: skip
    manager = time.process_time() - busy
    spent: Counter[str] = Counter()
    for line in read_manifest(out):
        spent[line["worker"]] += line["cpu"]
    counted = len(ends) - workers
    wall = (ends[-1] - ends[workers - 1]) / counted * len(sources) if counted > 0 else ends[-1] - ends[0]
    return Run(wall, max(spent.values()), sum(spent.values()), manager)


def row(what: str, runs: dict[int, list[Run]], workers: int, options: object) -> dict[str, object]:
    def median(name: str, number: int = workers) -> float:
        return statistics.median(getattr(run, name) for run in runs[number])

    files, seconds = options.files, options.seconds  # type: ignore[attr-defined]
    return {
        "what": what,
        "x real time": files * seconds / median("wall"),
        "times one, wall": median("wall", 1) / median("wall"),
        "times one, CPU": median("busiest", 1) / median("busiest"),
        "work, CPU s": median("work"),
        "busiest, CPU s": median("busiest"),
        "manager, CPU ms a file": 1000 * median("manager") / files,
    }


if __name__ == "__main__":
    main()
