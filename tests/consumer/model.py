"""What a pacer must do, restated by brute force: sound is bytes without a zero, so that every zero is padding."""

from __future__ import annotations

from dataclasses import dataclass, field

from agora_audio.consumer.config import PacerConfig
from agora_audio.consumer.pacer import Pacer
from agora_audio.frames import AudioFormat

FORMATS = (
    AudioFormat(16000),
    AudioFormat(8000),
    AudioFormat(11025),
    AudioFormat(22050),
    AudioFormat(44100, 2),
    AudioFormat(48000, 3),
)


def sound(count: int, begin: int = 0) -> bytes:
    """`count` bytes without a zero; where a piece of it comes from can be told."""
    return (_ROW[begin % 255 :] + _ROW * (count // 255 + 1))[:count]


_ROW = bytes(range(1, 256))


@dataclass
class Speaker:
    """A sink that plays in real time, sample by sample as the clock goes, and gives back exactly what it has not."""

    format: AudioFormat
    heard: bytearray = field(default_factory=bytearray)
    buffer: bytearray = field(default_factory=bytearray)
    since: float = 0.0
    """When the first sample of the buffer began to be played."""

    def play(self, now: float) -> None:
        unit = self.format.sample_bytes
        count = min(len(self.buffer), int((now - self.since) * self.format.sample_rate + 1e-6) * unit)
        self.heard += self.buffer[:count]
        del self.buffer[:count]
        self.since += count / unit / self.format.sample_rate

    def write(self, pcm: bytes, now: float) -> None:
        self.play(now)
        if pcm and not self.buffer:
            self.since = now
        self.buffer += pcm

    def clear(self, now: float) -> int:
        self.play(now)
        count = len(self.buffer)
        self.buffer.clear()
        return count


class Checked:
    """A pacer, a speaker behind it, and what must come out of the one into the other."""

    def __init__(self, format: AudioFormat, config: PacerConfig | None = None) -> None:
        self.pacer = Pacer(format, config)
        self.format = format
        self.speaker = Speaker(format)
        self.now = 100.0
        self.expected: dict[int, bytearray] = {}
        """Sound of each round that was taken and neither sent nor dropped, oldest first."""
        self.log: list[tuple[int, bytes]] = []
        """What was sent, with its round."""
        self.pushed = self.taken = self.refused = self.dropped = self.out = self.padding = 0
        self.current = 0

    # --- what happens

    def push(self, count: int, behind: int = 0) -> None:
        number = self.current - behind
        pcm = sound(count, self.pushed)
        self.pushed += count
        taken = self.pacer.push(pcm, number)
        if number < self.current:
            assert taken == 0
            self.refused += count
            return
        assert taken == count
        self.taken += count
        self.expected.setdefault(number, bytearray()).extend(pcm)

    def next_round(self) -> None:
        self.end_round()
        self.current += 1
        assert self.pacer.begin_round(self.current) == self.current

    def end_round(self) -> None:
        self.pacer.end_round()
        rest = self.expected.get(self.current, bytearray())
        stray = len(rest) % self.format.sample_bytes
        if stray:
            del rest[-stray:]
        self.dropped += stray

    def tick(self, seconds: float) -> bytes:
        self.now += seconds
        pcm = self.pacer.due(self.now)
        self.note_out(pcm)
        self.speaker.write(pcm, self.now)
        return pcm

    def note_out(self, pcm: bytes) -> None:
        assert len(pcm) % self.format.sample_bytes == 0
        real = pcm.replace(b"\0", b"")
        self.out += len(pcm)
        self.padding += len(pcm) - len(real)
        for number in sorted(self.expected):
            part = bytes(self.expected[number][: len(real)])
            assert real.startswith(part), "out of order, lost or repeated"
            del self.expected[number][: len(part)]
            self.log.append((number, part))
            real = real[len(part) :]
        assert not real, "sound that was never pushed"

    def fail(self, seconds: float, keep: bool) -> None:
        self.now += seconds
        pcm = self.pacer.due(self.now)
        self.note_out(pcm)
        self.pacer.failed(pcm, self.now, keep)
        self.unsend(pcm, keep)

    def unsend(self, pcm: bytes, keep: bool = True) -> None:
        """Let sound that was given back be expected again, or be dropped."""
        real = pcm.replace(b"\0", b"")
        self.out -= len(pcm)
        self.padding -= len(pcm) - len(real)
        if not keep:
            self.dropped += len(real)
        while real:
            number, part = self.log.pop()
            back = part[-len(real) :]
            assert real.endswith(back)
            if len(back) < len(part):
                self.log.append((number, part[: len(part) - len(back)]))
            if keep:
                self.expected[number][:0] = back
            real = real[: len(real) - len(back)]

    def pause(self) -> None:
        taken = self.clear_speaker()
        returned = self.pacer.pause(self.now, len(taken))
        assert returned == len(taken.replace(b"\0", b""))
        if taken:
            self.unsend(taken)

    def clear_speaker(self) -> bytes:
        self.speaker.play(self.now)
        taken = bytes(self.speaker.buffer)
        assert self.speaker.clear(self.now) == len(taken)
        return taken

    def resume(self) -> None:
        self.pacer.resume(self.now)

    def clear(self) -> None:
        taken = self.clear_speaker()
        real = len(taken.replace(b"\0", b""))
        waiting = sum(map(len, self.expected.values()))
        assert self.pacer.clear(self.now, len(taken)) == waiting + real
        self.forget(taken)

    def interrupt(self, exact: bool) -> None:
        taken = self.clear_speaker() if exact else b""
        waiting = sum(map(len, self.expected.values()))
        report = self.pacer.interrupt(self.now, len(taken) if exact else None)
        if not exact:
            self.speaker.clear(self.now)
        assert report.exact == exact
        assert report.dropped_bytes == waiting + len(taken.replace(b"\0", b""))
        assert report.next_round == self.current + 1 == self.pacer.round_id
        self.current += 1
        self.forget(taken)

    def forget(self, taken: bytes) -> None:
        real = len(taken.replace(b"\0", b""))
        self.out -= len(taken)
        self.padding -= len(taken) - real
        self.dropped += sum(map(len, self.expected.values())) + real
        self.expected.clear()

    # --- what holds

    def check(self) -> None:
        stats = self.pacer.stats()
        waiting = sum(map(len, self.expected.values()))
        assert stats.taken_bytes == self.taken
        assert stats.refused_bytes == self.refused
        assert stats.waiting_bytes == self.pacer.waiting_bytes == waiting
        assert stats.dropped_bytes == self.dropped
        assert stats.padding_bytes == self.padding
        assert stats.sent_bytes == self.out - self.padding
        assert stats.taken_bytes == stats.sent_bytes + stats.dropped_bytes + stats.waiting_bytes
