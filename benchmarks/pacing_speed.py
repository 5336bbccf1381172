"""What pacing costs, whatever the length of a push, and that it does not grow in a day.

    python benchmarks/pacing_speed.py [--hours 24] [--json]

*push of ...*: sound pushed at once and sent in ticks of 20 ms, 16 kHz mono, CPU time on one core, medians: the pacer,
and the SDK's way to keep its buffer (``data = data[n:]``), which copies all that is left at each tick. *consume*: a
tick of an `AudioConsumer` with its locks, clock and sink. *memory*: answers, interrupts and pauses for so many virtual
hours in a process of its own; resident memory after the first and at the end.
"""

from __future__ import annotations

import subprocess
import sys
import time

from timing import arguments, emit, pin_to_one_core, take_turns

from agora_audio.consumer.consumer import AudioConsumer
from agora_audio.consumer.pacer import Pacer
from agora_audio.frames import AudioFormat
from agora_audio.testing import FakeClock

FORMAT = AudioFormat(16000)
TICK, SIZE = 0.02, 640
LENGTHS = {"1 s": 1, "10 s": 10, "1 min": 60, "10 min": 600}

MEMORY = """
import random, sys
from agora_audio.consumer.consumer import AudioConsumer
from agora_audio.consumer.sinks import LoudspeakerSink
from agora_audio.frames import AudioFormat
from agora_audio.testing import FakeClock

def resident():
    with open("/proc/self/statm") as file:
        return int(file.read().split()[1]) * 4096

rng, clock = random.Random(5), FakeClock()
speaker = LoudspeakerSink(AudioFormat(8000), clock, lambda pcm: None)
consumer = AudioConsumer(speaker, 8000, 1, clock)
piece = bytes(range(1, 241)) * 20
rounds = interrupts = 0
first = 0
while clock.now < float(sys.argv[1]) * 3600:
    rounds += 1
    consumer.begin_round()
    for _ in range(rng.randrange(1, 12)):
        consumer.mark_text("Some words of an answer.")
        consumer.push_pcm_data(piece)
    consumer.end_round()
    until = clock.now + rng.uniform(0.5, 6.0)
    while clock.now < until:
        consumer.consume()
        clock.advance(0.04)
        if rng.random() < 0.01:
            consumer.pause()
            clock.advance(rng.uniform(0.1, 2.0))
            consumer.resume()
    if rng.random() < 0.5:
        consumer.interrupt()
        interrupts += 1
    speaker.gaps.clear()
    if not first and clock.now > 3600:
        first = resident()
print(rounds, interrupts, first or resident(), resident())
"""


def paced(seconds: int) -> int:
    pacer, sent = Pacer(FORMAT), 0
    pacer.push(bytes(32000 * seconds))
    for k in range(50 * seconds):
        sent += len(pacer.due(k * TICK))
    return sent


def sliced(seconds: int) -> int:
    data, sent = bytearray(32000 * seconds), 0
    while data:
        sent += len(bytes(data[:SIZE]))
        data = data[SIZE:]
    return sent


class Nowhere:
    def write(self, pcm: bytes) -> None:
        pass


def consumed(seconds: int) -> int:
    clock = FakeClock()
    consumer = AudioConsumer(Nowhere(), 16000, 1, clock)
    consumer.push_pcm_data(bytes(32000 * seconds))
    sent = 0
    for _ in range(50 * seconds):
        sent += consumer.consume()
        clock.now += TICK
    return sent


def main() -> None:
    parser = arguments(__doc__)
    parser.add_argument("--hours", type=float, default=24.0)
    options = parser.parse_args()
    pin_to_one_core()
    rows: list[dict[str, object]] = []
    for name, seconds in LENGTHS.items():
        contestants = {"pacer": lambda s=seconds: paced(s)}
        if seconds <= 60:  # ten minutes take the other way too long for several turns
            contestants["slices"] = lambda s=seconds: sliced(s)
        medians = take_turns(contestants, options.repeats, time.process_time)
        costs = {key: value / (50 * seconds) * 1e6 for key, value in medians.items()}
        slices = costs.get("slices")
        ratio = None if slices is None else slices / costs["pacer"]
        rows.append({"what": f"push of {name}", "us a tick": costs["pacer"], "slices, us": slices, "ratio": ratio})
    took = take_turns({"consume": lambda: consumed(60)}, options.repeats, time.process_time)["consume"]
    rows.append({"what": "consume", "us a tick": took / 3000 * 1e6})
    command = [sys.executable, "-c", MEMORY, str(options.hours)]
    result = subprocess.run(command, capture_output=True, text=True, check=True)
    rounds, interrupts, first, last = map(int, result.stdout.split())
    rows.append(
        {
            "what": f"memory, {options.hours:g} virtual hours",
            "rounds": rounds,
            "interrupts": interrupts,
            "MB after 1 h": first / 1e6,
            "MB at the end": last / 1e6,
        }
    )
    emit("pacing_speed", rows, options.json)


if __name__ == "__main__":
    main()
