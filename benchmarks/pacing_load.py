"""Many consumers in one process, in real time, on one ticker: underruns, lateness, and what the pacing costs.

    python benchmarks/pacing_load.py [--seconds 60] [--consumers 500] [--period 20] [--json]

Each consumer speaks answers of 3 to 8 s with pauses of half a second; the sound comes from another thread in pieces of
200 ms at twice real time, and goes to a sink that keeps the last piece. *cpu %* is the ticker's thread as a share of
one core, sinks included; *us a tick* that share for each consumer and tick. *underruns* are gaps because the producer
was late, *late gaps* those that the pacing itself caused; *taken over*: how often the watchdog saw a tick stand still.
Fewer consumers are measured for a sixth of the time.
"""

from __future__ import annotations

import heapq
import random
import threading
import time

from timing import arguments, emit

import agora_audio as aa
from agora_audio.consumer.consumer import AudioConsumer
from agora_audio.consumer.ticker import Ticker

PIECE = bytes(range(1, 251)) * 26  # of 6400 bytes, 200 ms of 16 kHz mono


class Sink:
    def __init__(self) -> None:
        self.last = b""

    def write(self, pcm: bytes) -> None:
        self.last = pcm


class Meter:
    """A member of the ticker that reads the CPU time of its thread."""

    released = False

    def __init__(self) -> None:
        self.first: float | None = None
        self.last = 0.0

    def tick(self) -> int:
        self.last = time.thread_time()
        if self.first is None:
            self.first = self.last
        return 0


class Producer(threading.Thread):
    """Pushes to all consumers from one thread, and notes how late it was itself."""

    def __init__(self, consumers: list[AudioConsumer], until: float) -> None:
        super().__init__()
        rng = random.Random(3)
        self.rng, self.until, self.worst = rng, until, 0.0
        begin = time.monotonic()
        self.due = [(begin + rng.uniform(0.0, 1.0), k, 0) for k in range(len(consumers))]
        heapq.heapify(self.due)
        self.consumers = consumers

    def run(self) -> None:
        while self.due and self.due[0][0] < self.until:
            at, k, left = heapq.heappop(self.due)
            time.sleep(max(0.0, at - time.monotonic()))
            self.worst = max(self.worst, time.monotonic() - at)
            consumer = self.consumers[k]
            if not left:  # the pieces of the next answer
                consumer.begin_round()
                left = self.rng.randrange(15, 40)
                self.answer = left
            consumer.push_pcm_data(PIECE[:6400])
            left -= 1
            if left:
                heapq.heappush(self.due, (at + 0.1, k, left))
            else:
                consumer.end_round()
                spoken = (consumer.len() / 32000) + 0.5
                heapq.heappush(self.due, (at + spoken, k, 0))


def load(count: int, seconds: float, period: float) -> dict[str, object]:
    consumers = [AudioConsumer(Sink(), 16000, 1) for _ in range(count)]
    meter = Meter()
    ticker = Ticker(period_ms=period)
    for consumer in consumers:
        ticker.add(consumer)
    ticker.add(meter)
    begun = time.monotonic()
    with ticker:
        producer = Producer(consumers, begun + seconds)
        producer.start()
        producer.join()
    took = time.monotonic() - begun
    stats = ticker.stats()
    books = [consumer.stats() for consumer in consumers]
    cpu = meter.last - (meter.first or 0.0)
    return {
        "consumers": count,
        "seconds": took,
        "underruns": sum(one.underruns for one in books),
        "late gaps": sum(one.late_gaps for one in books),
        "cpu %": 100 * cpu / took,
        "us a tick": 1e6 * cpu / stats.ticks / count,
        "ticks": stats.ticks,
        "late > 10 ms %": 100 * (stats.late_ticks + stats.missed_ticks) / (stats.ticks + stats.missed_ticks),
        "worst ms": stats.worst_ms,
        "taken over": stats.blocked,
        "producer late, worst ms": 1000 * producer.worst,
        "spoken s": sum(one.sent_bytes for one in books) / 32000,
    }


def main() -> None:
    parser = arguments(__doc__)
    parser.add_argument("--seconds", type=float, default=60.0)
    parser.add_argument("--consumers", type=int, default=500)
    parser.add_argument("--period", type=float, default=20.0, metavar="MS")
    options = parser.parse_args()
    counts = [n for n in (10, 100) if n < options.consumers]
    rows = [load(n, options.seconds / 6, options.period) for n in counts]
    rows.append(load(options.consumers, options.seconds, options.period))
    emit(f"pacing_load, ticks of {options.period:g} ms, agora_audio {aa.__version__}", rows, options.json)


if __name__ == "__main__":
    main()
