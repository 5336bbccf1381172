"""The same bursts of TTS sound through this pacer and through the rules of others: gaps, losses, time to silence.

    python benchmarks/pacing_rivals.py [--answers 200] [--json]

Virtual time, so that the figures are the same on every machine. Each answer is sound of a random length that arrives in
pieces, several times faster than real time, with a pause of the service now and then that stays shorter than what has
been sent ahead of it: all gaps that are heard are the pacer's own. Timers: *even* ticks when it should; *jitter* up to
10 ms late; *stalls*, 150 to 400 ms late once a second; *slow* ticks each 120 ms, for those whose timer is the caller's.

The rivals are restated here from descriptions of what they do, not from their code:

sdk        AudioConsumer of Agora's SDK: 10 ms packages, nothing until 100 ms are there, a burst of 100 ms, then what
           the clock says; more than 100 ms due and less than 100 ms there: nothing at all, for ever; more than 100 ms
           due and there: it begins anew. `clear` leaves what the native sender holds, which is cleared beside it.
livekit    pieces cut to 50 ms go into a queue of 200 ms whenever there is room; a rest below 50 ms at once at the end.
           An interrupt clears the queue; a pause clears it too, and does not play that again.
pipecat    (WebSocket) chunks of 40 ms, each sent one chunk's time after the last: no lead. The rest is filled up. On an
           interrupt the sender stops; what the other side has is dropped there.

*gaps*: silence within an answer, heard at a sink that plays in real time; *lost*: sound of answers that nobody
interrupted that was never heard; *lost by pauses*: the same where an answer is paused for a second and goes on (sdk and
pipecat know no pause: they are stopped and the sink is cleared); *to silence*: from the decision to interrupt to the
last sample heard, at a sink that can be cleared, and at one that cannot.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from statistics import mean

from timing import arguments, emit

from agora_audio.consumer.config import PacerConfig
from agora_audio.consumer.pacer import Pacer
from agora_audio.frames import AudioFormat

FORMAT = AudioFormat(16000)
MS = 32  # bytes


@dataclass
class Answer:
    """Sound of an answer: pieces as ``(time, bytes)``; when the last one has come; what happens to it, and when."""

    pieces: list[tuple[float, int]]
    interrupt: float | None = None
    pause: float | None = None

    @property
    def size(self) -> int:
        return sum(size for _, size in self.pieces)


class Ours:
    """The pacer, a tick each 20 ms unless the timer says otherwise."""

    name, period = "agora-audio", 0.02

    def __init__(self) -> None:
        self.pacer = Pacer(FORMAT, PacerConfig())

    def push(self, size: int) -> None:
        self.pacer.push(bytes(size))

    def end(self) -> None:
        self.pacer.end_round()

    def tick(self, now: float) -> int:
        return len(self.pacer.due(now))

    def interrupt(self, now: float, taken: int) -> None:
        self.pacer.interrupt(now, taken)

    def pause(self, now: float, taken: int) -> None:
        self.pacer.pause(now, taken)

    def resume(self, now: float) -> None:
        self.pacer.resume(now)


class Rival:
    """What they share: a buffer of bytes, and a pause that only stops."""

    def __init__(self) -> None:
        self.buffer = 0
        self.over = self.paused = False

    def push(self, size: int) -> None:
        self.buffer += size

    def end(self) -> None:
        self.over = True

    def interrupt(self, now: float, taken: int) -> None:
        self.buffer = 0

    def pause(self, now: float, taken: int) -> None:
        self.paused = True

    def resume(self, now: float) -> None:
        self.paused = False


class Sdk(Rival):
    name, period = "sdk", 0.04

    def __init__(self) -> None:
        super().__init__()
        self.start = self.consumed = 0

    def tick(self, now: float) -> int:
        if self.paused:
            return 0
        milliseconds = int(now * 1000)
        want, there = (milliseconds - self.start) // 10 - self.consumed, self.buffer // (10 * MS)
        if want > 10 and there < 10:
            return 0
        if want > 10:
            self.start, self.consumed, want = milliseconds, -10, min(10, there)
        count = min(want, there)
        if count < 1:
            return 0
        self.consumed += count
        self.buffer -= count * 10 * MS
        return count * 10 * MS


class LiveKit(Rival):
    name, period = "livekit", 0.01  # it waits for the queue and not for a timer

    def __init__(self) -> None:
        super().__init__()
        self.held = 0

    def tick(self, now: float) -> int:
        sent = 0
        while not self.paused and self.held + sent < 200 * MS:
            piece = 50 * MS if self.buffer >= 50 * MS else self.buffer if self.over else 0
            if not piece:
                break
            self.buffer -= piece
            sent += piece
        return sent


class Pipecat(Rival):
    name, period = "pipecat", 0.01

    def __init__(self) -> None:
        super().__init__()
        self.next = 0.0

    def tick(self, now: float) -> int:
        if self.paused or now < self.next - 1e-9 or (self.buffer < 40 * MS and not self.over) or not self.buffer:
            return 0
        self.next = (self.next if now - self.next < 1e-6 else now) + 0.04  # anew where it was late
        self.buffer -= min(self.buffer, 40 * MS)
        return 40 * MS


class Sink:
    """Plays in real time; counts silence between what is played."""

    def __init__(self, recall: bool) -> None:
        self.recall = recall
        self.empty_at: float | None = None
        self.given = self.gaps = 0
        self.silence = 0.0

    def held(self, now: float) -> float:
        return 0.0 if self.empty_at is None else max(0.0, self.empty_at - now)

    def write(self, size: int, now: float) -> None:
        if self.empty_at is not None and now > self.empty_at + 1e-6:
            self.gaps += 1
            self.silence += now - self.empty_at
        self.empty_at = max(now, self.empty_at or now) + size / MS / 1000
        self.given += size

    def clear(self, now: float) -> int:
        if not self.recall:
            return 0
        taken = round(self.held(now) * 16000) * 2
        self.empty_at = None
        self.given -= taken
        return taken


def answers(count: int, rng: random.Random, kind: str) -> Iterator[Answer]:
    for _ in range(count):
        left = rng.randrange(20, 8000) * MS + rng.choice([0, 7 * MS])
        at, pieces, ahead = 0.0, [], 0.0
        while left > 0:
            size = min(left, rng.randrange(20, 400) * MS)
            pieces.append((at, size))
            left -= size
            ahead += size / MS / 1000
            step = size / MS / 1000 / rng.uniform(2.0, 6.0)
            if rng.random() < 0.1:  # the service pauses, but not longer than what has come lasts
                step = max(step, 0.8 * (ahead - 0.05))
            step = min(step, max(0.0, ahead - 0.05))
            at += step
            ahead -= step
        answer = Answer(pieces)
        length = answer.size / MS / 1000
        if kind == "interrupt":
            answer.interrupt = rng.uniform(0.05, 0.95) * length
        elif kind == "pause":
            answer.pause = rng.uniform(0.05, 0.95) * length
        yield answer


def timer(kind: str, period: float, rng: random.Random) -> Iterator[float]:
    """Give the times of ticks: against absolute deadlines, late as the kind says."""
    period = 0.12 if kind == "slow" else period
    k, stalled = 0, 1.0
    while True:
        at = k * period
        late = rng.uniform(0.0, 0.01) if kind == "jitter" else 0.0
        if kind == "stalls" and at >= stalled:
            late, stalled = rng.uniform(0.15, 0.4), at + 1.0
        yield at + late
        k = max(k + 1, int((at + late) / period + 1e-9) + 1) if late else k + 1


def play(make: Callable[[], Ours | Rival], answer: Answer, timers: str, recall: bool, seed: int) -> dict[str, float]:
    """Play one answer, each in a new conversation whose first second has passed."""
    pacer, sink = make(), Sink(recall)
    pieces, over, to_silence = list(answer.pieces), False, 0.0
    actions = [(answer.interrupt, "interrupt")] if answer.interrupt is not None else []
    if answer.pause is not None:
        actions = [(answer.pause, "pause"), (answer.pause + 1.0, "resume")]
    begin = 1000.0
    for tick in timer(timers, pacer.period, random.Random(seed)):
        while actions and actions[0][0] <= tick:
            at, name = actions.pop(0)
            now = begin + at
            if name == "resume":
                sink.empty_at = None  # the silence of a pause is none of the pacer's gaps
                pacer.resume(now)
                continue
            getattr(pacer, name)(now, sink.clear(now))
            if name == "interrupt":
                to_silence = sink.held(now)
                pieces, over = [], True
        while pieces and pieces[0][0] <= tick:
            pacer.push(pieces.pop(0)[1])
        if not pieces and not over:
            pacer.end()
            over = True
        now = begin + tick
        if isinstance(pacer, LiveKit):
            pacer.held = round(sink.held(now) * 1000) * MS
        if sent := pacer.tick(now):
            sink.write(sent, now)
            if answer.interrupt is not None and tick > answer.interrupt:
                to_silence = now - begin - answer.interrupt + sink.held(now)
        if tick > answer.size / MS / 1000 * 3 + 5:
            break
    return {"gaps": sink.gaps, "silence": sink.silence, "lost": max(0, answer.size - sink.given), "to": to_silence}


def main() -> None:
    parser = arguments(__doc__)
    parser.add_argument("--answers", type=int, default=200, metavar="N", help="answers of each kind (default 200)")
    options = parser.parse_args()
    kinds = {kind: list(answers(options.answers, random.Random(7), kind)) for kind in ("whole", "pause", "interrupt")}
    seconds = sum(answer.size for answer in kinds["whole"]) / MS / 1000
    rows = []
    for timers in ("even", "jitter", "stalls", "slow"):
        for make in (Ours, Sdk) if timers == "slow" else (Ours, Sdk, LiveKit, Pipecat):
            whole, pause, cut = (
                [play(make, answer, timers, True, k) for k, answer in enumerate(kinds[kind])]
                for kind in ("whole", "pause", "interrupt")
            )
            deaf = [play(make, answer, timers, False, k) for k, answer in enumerate(kinds["interrupt"])]
            rows.append(
                {
                    "timer, rule": f"{timers}: {make.name}",
                    "gaps a minute": sum(one["gaps"] for one in whole) / seconds * 60,
                    "silence %": 100 * sum(one["silence"] for one in whole) / seconds,
                    "lost ms": sum(one["lost"] for one in whole) / MS,
                    "lost by pauses ms": sum(one["lost"] for one in pause) / MS,
                    "to silence ms": 1000 * mean(one["to"] for one in cut),
                    "worst": 1000 * max(one["to"] for one in cut),
                    "no recall: ms": 1000 * mean(one["to"] for one in deaf),
                    "no recall: worst": 1000 * max(one["to"] for one in deaf),
                }
            )
    emit(f"pacing_rivals, {options.answers} answers, {seconds:.0f} s", rows, options.json)


if __name__ == "__main__":
    main()
