"""The pacer: sound in as it comes, sound out when it is due. No clock, no thread, no sink: `now` is an argument.

How it paces
    The first sound of a round goes out at once, `lead_ms` of it; from then on what has been heard is replaced, in whole
    10 ms frames. So the sink always holds the lead, and what has been sent is never more than what could have been
    heard, plus the bound (`PacerConfig.bound_ms`). In incremental sending the lead grows at the beginning of a round.
What is late
    *The sound*: the clock of the schedule waits for it, and the lead is sent anew when it comes; an underrun, if sound
    of the same round follows. *The timer*: up to `catch_up_ms` beyond the lead is sent at once, so that a timer slower
    than the lead costs one gap and not one at each tick; the sink then holds that much more. Later than that the sound
    is heard later, and none is lost.
How a round ends
    `end_round()` says that no more comes: the last frame is filled with silence. Without it, a last part of a frame
    goes out when nothing has followed and all else will have been heard at the next tick. Sound of a newer round is
    heard after what the older ones have queued; they take no more.
The books
    Bytes taken = bytes of sound sent + dropped + waiting, at any time; bytes sent = bytes of sound + padding. What a
    sink took back counts as never sent.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable
from typing import Any, Literal

from agora_audio.consumer.books import Cause, PacerStats, PacingGap
from agora_audio.consumer.config import PacerConfig, checked_pacer_config
from agora_audio.consumer.heard import Heard, InterruptReport
from agora_audio.consumer.history import History
from agora_audio.consumer.queue import SoundQueue
from agora_audio.consumer.rounds import checked_round
from agora_audio.consumer.schedule import NS, Schedule, Timeline
from agora_audio.consumer.sound import RoundSound
from agora_audio.errors import FormatError
from agora_audio.frames import FRAMES_PER_SECOND, AudioFormat

__all__ = ["Pacer"]

# How long a part of a frame must have been the last sound before it is sent without an end of the round.
_FRAME = NS // 100
# A timer is slower than that by accident only.
_LONGEST_TICK = NS // 5
# An agent reads events as it goes; one that never does must not grow.
_GAPS_KEPT = 1000


class Pacer:
    """Pace sound in real time: push it as it comes, ask what is due, and be told when to ask again.

    Parameters
    ----------
    format
        Rate and channels of the sound.
    config
        Lead and limits; None: a lead of 100 ms.
    round_id
        Number of the first round.

    Attributes
    ----------
    gaps : deque of PacingGap
        Gaps heard, oldest first: take out what has been read. The last 1,000 are kept.

    Raises
    ------
    FormatError, ConfigError
        If `format` or `config` are not what they should be.

    Examples
    --------
    >>> pacer = Pacer(AudioFormat(16000, 1))
    >>> pacer.push(bytes(16000), round_id=1)  # half a second
    16000
    >>> [len(pacer.due(now)) for now in (10.0, 10.04, 10.08)]
    [3200, 1280, 1280]
    >>> pacer.next_due()
    10.09
    >>> report = pacer.interrupt(10.08)
    >>> report.heard_ms, report.dropped_bytes, pacer.push(bytes(320), round_id=1)
    (80, 10240, 0)

    Notes
    -----
    `now` is in seconds on any one clock; times that it is given come from that clock. Where it steps back, no time has
    passed; where it steps forward, that is a late timer. One thread at a time; `AudioConsumer` takes care of that.
    """

    def __init__(self, format: AudioFormat, config: PacerConfig | None = None, round_id: int = 0) -> None:
        if not isinstance(format, AudioFormat):
            raise FormatError(f"format is {format!r}, must be an AudioFormat")
        self.format = format
        self.config = checked_pacer_config(config)
        self.gaps: deque[PacingGap] = deque(maxlen=_GAPS_KEPT)
        self._unit = format.sample_bytes
        self._second = format.sample_rate * format.sample_bytes
        self._frame = -(-format.sample_rate // FRAMES_PER_SECOND)
        # The sink holds no more than that, and a second is for one that gives back more than it should have.
        kept_ms = self.config.bound_ms + self.config.catch_up_ms + 1000
        self._kept = kept_ms * format.sample_rate // 1000
        self._timeline = Timeline()
        self._schedule = Schedule(format.sample_rate, self.config)
        self._padding = None if self.config.padding_ms is None else self.config.padding_ms * format.sample_rate // 1000
        self._high_water = self.config.high_water_ms * self._second // 1000
        self._queue = SoundQueue(self._unit, round_id)
        self._playing = self._queue.newest
        self._history = History(self._unit)
        self._paused = False
        self._sent = self._padded = self._underruns = self._underrun = self._late_gaps = self._late = 0
        # Samples of silence sent since the last sound; why silence before the next sound is none of a gap, or whose
        # fault it is; whether the next sound begins a new interval; since when a part of a frame waits.
        self._silence = 0
        self._excuse: Literal["", "over", "sink"] = ""
        self._broken = True
        self._noted: PacingGap | None = None
        self._rest: tuple[int, int, int] = (0, -1, 0)
        # When `due` was called last; the time before that call and the one before.
        self._ticks = (0, 0, 0)

    # --- in

    def push(self, pcm: Any, round_id: int | None = None) -> int:
        """Take the next piece of sound, of any size, and return how many bytes were taken.

        Parameters
        ----------
        pcm
            int16 little endian, interleaved, bytes-like or an int16 array; a sample may be torn between two pieces.
        round_id
            The round it belongs to; None: the newest. A higher number begins a round: older ones take no more, and what
            they have queued is heard before it.

        Returns
        -------
        int
            All of it, or 0: it belongs to an older round, and is counted as refused.

        Raises
        ------
        FormatError
            If `pcm` is neither bytes-like nor an int16 array.
        """
        return self._queue.push(pcm, round_id)

    def begin_round(self, round_id: int | None = None) -> int:
        """Begin a round, the next one or the one of that number, and return the newest; those before it have ended."""
        self._queue.begin(self.round_id + 1 if round_id is None else checked_round(round_id))
        return self.round_id

    def end_round(self, round_id: int | None = None) -> None:
        """Say that the newest round is complete, so that its last frame is filled up; an older one has ended anyway.

        Sound pushed for it afterwards opens it again. An incomplete sample at its end is dropped, and counted.
        """
        if self._queue.takes(round_id):
            self._queue.end()

    def mark_text(self, text: str, words: Iterable[Any] | None = None, round_id: int | None = None) -> bool:
        """Say of what text the sound is that is pushed next, up to the next text; False: of an older round, refused.

        Parameters
        ----------
        text
            What is spoken.
        words
            `WordTime` or ``(text, start, end)``, seconds from the beginning of this text's sound; `add_words` adds
            those that come later. None: they are estimated by the length of the sound.
        round_id
            As of `push`.
        """
        takes = self._queue.takes(round_id)
        if takes:
            self._queue.newest.marks.add(text, self._queue.newest.pushed, words)
        return takes

    def add_words(self, words: Iterable[Any], round_id: int | None = None) -> bool:
        """Add word times to the last text; False: of an older round, refused."""
        takes = self._queue.takes(round_id)
        if takes:
            self._queue.newest.marks.add_words(words)
        return takes

    # --- out

    def due(self, now: float) -> bytes:
        """Return the sound that is due at `now`, in whole 10 ms frames, or ``b""``.

        Raises
        ------
        ConfigError
            If `now` is no finite number.
        """
        t = self._timeline.read(now)
        self._ticks = (t, t - self._ticks[0], self._ticks[1])
        self._noted = None
        rounds = self._queue.rounds
        if self._paused or not rounds:
            return b""
        parts: list[bytes] = []
        while rounds and self._send(rounds[0], t, parts):
            self._queue.finish()
            self._excuse = "over"
        self._schedule.left = self._queue.waiting // self._unit
        return parts[0] if len(parts) == 1 else b"".join(parts)

    def next_due(self) -> float | None:
        """Return when sound, as far as it is there now, will be due; a time that has passed: at once. None: no sound.

        What is pushed afterwards, an end of the round and a resume may make it earlier.
        """
        if self._paused or not self._queue.rounds:
            return None
        now = self._timeline.t
        if now is None:
            return float("-inf")
        sound, schedule = self._queue.rounds[0], self._schedule
        available = sound.size // self._unit
        t = now
        if not available and not sound.ended:
            if self._padding is None or not sound.sent:
                return None
            t = schedule.time_due(schedule.frame_end() - self._padding)
        elif available < self._frame and not sound.ended and self._rest[:2] == (sound.id, sound.pushed):
            t = self._rest_due(self._ticks[1])
        if available and sound is self._playing and schedule.origin is not None:
            t = max(t, schedule.time_to_send(schedule.frame_end()))
        return self._timeline.seconds(t)

    def pause(self, now: float, taken_back: int | None = 0) -> int:
        """Send nothing until `resume`; what the sink took back is sent again then.

        Parameters
        ----------
        now
            Time, seconds.
        taken_back
            What the sink took back when it was cleared for the pause, bytes; None: all that has not been heard, as far
            as the clock tells; 0: the sink was not cleared.

        Returns
        -------
        int
            Bytes of sound that will be sent again.
        """
        t = self._timeline.read(now)
        self._paused = True
        returned, _ = self._take_back(_checked_taken(taken_back), t)
        self._schedule.left = 0
        self._excuse = "over"
        return returned

    def resume(self, now: float) -> None:
        """Go on where the listener stopped hearing; without a pause it does nothing."""
        self._timeline.read(now)
        self._paused = False

    def interrupt(self, now: float, taken_back: int | None = None, next_round: int | None = None) -> InterruptReport:
        """Drop everything older than the round that begins, and report what was heard. It also ends a pause.

        Parameters
        ----------
        now
            Time, seconds.
        taken_back
            What the sink took back when it was cleared, bytes, 0 if it cannot: the report is exact. None: it was
            cleared and does not say, or there is none: heard is what the clock tells.
        next_round
            Number of the round that begins; None: the next. What is queued for it already stays.
        """
        t = self._timeline.read(now)
        taken = _checked_taken(taken_back)
        number = self.round_id + 1 if next_round is None else checked_round(next_round)
        schedule = self._schedule
        if taken is None:
            newer = sum(len(pcm) for _, _, sound, pcm in self._history.pieces if sound.id >= number)
            recalled, honest = 0, False
            self._take_back(newer, t, empty=False)
        else:
            recalled, honest = self._take_back(taken, t)
        played = schedule.played(t) if taken is None else schedule.sent
        sound = self._sound_at(played)
        heard = self._heard(sound, played)
        silent = 0 if taken is None else schedule.sent - schedule.played(t)
        dropped = self._drop(number)
        if taken is None:
            schedule.restart(t)
        self._history.pieces.clear()
        self._playing = RoundSound(number)  # none that is known: the next one is begun with
        self._paused = False
        self.begin_round(number)
        return InterruptReport(
            round_id=sound.id,
            dropped_bytes=dropped,
            padding_bytes=sound.padding,
            heard_ms=heard.heard_ms,
            text=heard.text,
            exact=honest,
            recalled_bytes=None if taken is None else recalled,
            text_source=heard.text_source,
            intervals=heard.intervals,
            next_round=self.round_id,
            silent_ms=1000.0 * silent / self.format.sample_rate,
        )

    def clear(self, now: float, taken_back: int | None = 0) -> int:
        """Drop what waits, and what the sink took back, and return how many bytes; the round goes on."""
        self._take_back(_checked_taken(taken_back), self._timeline.read(now))
        return self._drop()

    def failed(self, pcm: bytes, now: float, keep: bool = True) -> None:
        """Undo the last `due`, whose `pcm` the sink did not take: it is sent again, or else dropped and counted.

        The time that this takes is not caught up with, as the sink had nothing to play.
        """
        gap = self._noted
        returned, _ = self._take_back(len(pcm), self._timeline.read(now), empty=False)
        if not keep:
            # It is over as if it had been heard: the next sound falls due when it would have.
            self._schedule.sent += len(pcm) // self._unit
            self._queue.skip(returned)
        elif gap is not None:  # it is not over yet
            self.gaps.remove(gap)
            self._count(gap, -1)
            self._silence = round(gap.seconds * self.format.sample_rate)
        self._schedule.left = 0
        self._excuse = "sink"
        self._noted = None

    # --- what was

    @property
    def round_id(self) -> int:
        """The newest round: sound of older ones is refused."""
        return self._queue.newest.id

    @property
    def paused(self) -> bool:
        """Whether nothing is sent until `resume`."""
        return self._paused

    @property
    def waiting_bytes(self) -> int:
        """Bytes of sound that wait to be sent."""
        return self._queue.waiting

    @property
    def is_full(self) -> bool:
        """Whether more waits than the high-water mark: its producer should pause."""
        return self._queue.waiting > self._high_water

    def unplayed_ms(self, now: float) -> float:
        """Return how much of what was sent has not been heard yet, ms, as far as the clock tells."""
        t = self._timeline.read(now)
        return 1000.0 * (self._schedule.sent - self._schedule.played(t)) / self.format.sample_rate

    def is_complete(self, now: float) -> bool:
        """Return whether all sound has been sent and, as far as the clock tells, heard."""
        t = self._timeline.read(now)
        return (
            all(one.size < self._unit for one in self._queue.rounds) and self._schedule.played(t) >= self._schedule.sent
        )

    def heard(self, now: float) -> Heard:
        """Return what has been heard, by the clock, of the round at the playhead."""
        played = self._schedule.played(self._timeline.read(now))
        return self._heard(self._sound_at(played), played)

    def stats(self) -> PacerStats:
        """Return the books."""
        rate = self.format.sample_rate
        return PacerStats(
            taken_bytes=self._queue.taken,
            refused_bytes=self._queue.refused,
            sent_bytes=self._sent,
            padding_bytes=self._padded,
            dropped_bytes=self._queue.dropped,
            waiting_bytes=self._queue.waiting,
            underruns=self._underruns,
            underrun_ms=1000 * self._underrun // rate,
            late_gaps=self._late_gaps,
            late_ms=1000 * self._late // rate,
        )

    # --- sending

    def _send(self, sound: RoundSound, t: int, parts: list[bytes]) -> bool:
        """Send what is due of the first round in the queue, and return whether there is no more of it."""
        schedule, unit = self._schedule, self._unit
        available = sound.size // unit
        if not available:
            if not sound.ended and sound.sent and self._padding is not None:
                self._pad(sound, t, parts)
            return sound.ended
        last = sound.ended
        if available < self._frame and (last or available < schedule.frame_end() - schedule.sent):
            last = last or self._is_left_alone(sound, t)
            if not last:
                return False
            # The silence that fills it up is always there.
            schedule.left = max(schedule.left, self._frame)
        self._get_ready(sound, t)
        allowed = schedule.allowed(t)
        count = schedule.whole(min(allowed, schedule.sent + available)) - schedule.sent
        if count > 0:
            self._give(sound, sound.take(count * unit), count, parts)
            available -= count
        if available and last:
            end = schedule.frame_end()
            if schedule.sent + available < end <= allowed:
                self._give(sound, sound.take(available * unit), end - schedule.sent, parts)
                available = 0
        return sound.ended and not available

    def _get_ready(self, sound: RoundSound, t: int) -> None:
        """Bring the schedule to `t`, where sound is at hand."""
        if sound is not self._playing or self._schedule.origin is None:
            self._schedule.begin_round(t)
            self._playing = sound
            self._broken = True
            self._silence = 0
            return
        gap = self._schedule.catch_up(t)
        if gap or self._silence:
            self._note_gap(gap + self._silence, sound, t)

    def _give(self, sound: RoundSound, pcm: bytes, count: int, parts: list[bytes]) -> None:
        """Send `count` samples: sound, then silence."""
        schedule = self._schedule
        begin = schedule.sent
        padding = count * self._unit - len(pcm)
        if pcm:
            if self._broken or not sound.audible:
                self._note_begin(sound, pcm)
            sound.sent += len(pcm)
            self._sent += len(pcm)
            self._queue.waiting -= len(pcm)
            self._broken = False
            self._excuse = ""
        if padding:
            sound.padding += padding
            self._padded += padding
        schedule.sent = begin + count
        pieces = self._history.pieces
        pieces.append((begin, begin + count, sound, pcm))
        while pieces[0][1] < begin - self._kept:
            pieces.popleft()
        parts.append(pcm + bytes(padding) if padding else pcm)

    def _note_begin(self, sound: RoundSound, pcm: bytes) -> None:
        """Note when an interval, or the first audible sample, will be heard."""
        schedule, begin = self._schedule, self._schedule.sent
        sound.note(pcm, self._unit, lambda at: schedule.time_of(begin + at), self._broken)

    def _pad(self, sound: RoundSound, t: int, parts: list[bytes]) -> None:
        """Send silence while a round waits for its sound."""
        schedule = self._schedule
        assert self._padding is not None
        elapsed = schedule.elapsed(t)
        schedule.left = max(0, elapsed - schedule.sent)  # silence is always there: no delay of it is its own
        self._silence += schedule.catch_up(t)
        count = schedule.whole(min(schedule.elapsed(t) + self._padding, schedule.allowed(t))) - schedule.sent
        if count > 0:
            self._give(sound, b"", count, parts)
            self._silence += count
            self._broken = True

    def _is_left_alone(self, sound: RoundSound, t: int) -> bool:
        """Return whether a part of a frame is the last sound, although nobody said so."""
        if self._rest[:2] != (sound.id, sound.pushed):
            self._rest = (sound.id, sound.pushed, t)
            return False
        # At the next tick all else would have been heard: then it is too late for this without a gap.
        return t >= self._rest_due(self._ticks[2])

    def _rest_due(self, tick: int) -> int:
        """Return when a part of a frame is sent that is left alone, with so much time between calls of `due`."""
        since = self._rest[2] + _FRAME
        if self._schedule.origin is None:
            return since
        return max(since, self._schedule.time_of(self._schedule.sent) - min(_LONGEST_TICK, max(_FRAME, tick)))

    def _note_gap(self, gap: int, sound: RoundSound, t: int) -> None:
        """Count a gap before sound that follows it."""
        self._broken = True
        self._silence = 0
        if self._excuse == "over":
            return
        cause: Cause = self._excuse or ("timer" if self._schedule.left >= gap else "sound")
        self._noted = PacingGap(self._timeline.seconds(t), gap / self.format.sample_rate, cause, sound.id)
        self.gaps.append(self._noted)
        self._count(self._noted, 1)

    def _count(self, gap: PacingGap, times: int) -> None:
        samples = times * round(gap.seconds * self.format.sample_rate)
        if gap.cause == "sound":
            self._underruns += times
            self._underrun += samples
        else:
            self._late_gaps += times
            self._late += samples

    # --- taking back

    def _take_back(self, taken: int | None, t: int, empty: bool = True) -> tuple[int, bool]:
        """Put the last `taken` bytes, or what has not been heard, into the queue again.

        Returns
        -------
        tuple
            Bytes of sound put back; whether the sink's number can be true.
        """
        schedule = self._schedule
        samples = schedule.sent - schedule.played(t) if taken is None else taken // self._unit
        returned = done = 0
        for begin, end, sound, pcm in self._history.take_back(samples):
            self._queue.put_back(sound, pcm, (end - begin) * self._unit - len(pcm))
            returned += len(pcm)
            done += end - begin
        if done:
            schedule.take_back(done, t, empty)
            self._broken = True
            self._silence = 0
            self._sent -= returned
            self._padded -= done * self._unit - returned
            if self._queue.rounds and self._queue.rounds[0].sent:
                self._playing = self._queue.rounds[0]
        return returned, taken is None or (done == samples and taken % self._unit == 0)

    def _drop(self, older_than: int | None = None) -> int:
        self._schedule.left = self._silence = 0
        self._excuse = "over"
        return self._queue.drop(older_than)

    # --- what was heard

    def _sound_at(self, played: int) -> RoundSound:
        """Return the round whose sound is heard now, or was the last to be heard, or will be the first."""
        known = self._history.at(played)
        if known is not None:
            return known
        if self._playing.sent or not self._queue.rounds:
            return self._playing if self._playing.sent else self._queue.newest
        return self._queue.rounds[0]

    def _heard(self, sound: RoundSound, played: int) -> Heard:
        heard = sound.sent - self._history.unplayed(sound, played)
        return sound.heard(heard, self._second, self._timeline.seconds)


def _checked_taken(taken: Any) -> int | None:
    """Return the bytes that a sink says it took back; what is no such number is not known."""
    return taken if isinstance(taken, int) and not isinstance(taken, bool) and taken >= 0 else None
