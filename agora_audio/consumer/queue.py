"""The rounds whose sound waits to be sent, oldest first, and the books of what came in."""

from __future__ import annotations

from collections import deque
from typing import Any

from agora_audio.consumer.rounds import checked_round
from agora_audio.consumer.sound import RoundSound
from agora_audio.frames import as_buffer

__all__ = ["SoundQueue"]


class SoundQueue:
    """What was taken and neither sent nor dropped. `Pacer` documents its verbs.

    Parameters
    ----------
    unit
        Bytes of one sample of all channels.
    round_id
        Number of the first round.

    Attributes
    ----------
    newest : RoundSound
        The round that takes sound.
    rounds : deque of RoundSound
        Those that wait, oldest first.
    taken, refused, dropped, waiting : int
        Bytes: taken = dropped + waiting + what was sent.
    """

    __slots__ = ("_unit", "dropped", "newest", "refused", "rounds", "taken", "waiting")

    def __init__(self, unit: int, round_id: int) -> None:
        self._unit = unit
        self.newest = RoundSound(checked_round(round_id))
        self.rounds: deque[RoundSound] = deque()
        self.taken = self.refused = self.dropped = self.waiting = 0

    def push(self, pcm: Any, round_id: int | None) -> int:
        """Take sound, or refuse that of an older round, and return how many bytes were taken."""
        data = pcm if type(pcm) is bytes else bytes(as_buffer(pcm))
        if not self.takes(round_id):
            self.refused += len(data)
            return 0
        if data:
            sound = self.newest
            if not sound.queued:
                sound.queued = True
                self.rounds.append(sound)
            sound.push(data)
            self.waiting += len(data)
            self.taken += len(data)
        return len(data)

    def takes(self, round_id: int | None) -> bool:
        """Return whether sound of a round is still taken, beginning the round if it is new."""
        if round_id is None or round_id == self.newest.id:
            return True
        if checked_round(round_id) < self.newest.id:
            return False
        self.begin(round_id)
        return True

    def begin(self, round_id: int) -> None:
        """Let the newest round be the one of that number, or a newer one that there is already."""
        if round_id > self.newest.id:
            self.end()
            self.newest = RoundSound(round_id)

    def end(self) -> None:
        """Let no more come for the newest round."""
        stray = self.newest.end(self._unit)
        self.waiting -= stray
        self.dropped += stray

    def finish(self) -> None:
        """Let the first round go, of which nothing waits and nothing comes."""
        self.rounds.popleft().queued = False

    def put_back(self, sound: RoundSound, pcm: bytes, padding: int) -> None:
        """Let sound wait again that was the last to be sent."""
        sound.unsend(pcm, padding)
        self.waiting += len(pcm)
        if pcm and not sound.queued:
            sound.queued = True
            self.rounds.appendleft(sound)

    def skip(self, count: int) -> None:
        """Drop the next `count` bytes, which are there."""
        self.waiting -= count
        self.dropped += count
        for sound in self.rounds:
            count -= sound.skip(count)

    def drop(self, older_than: int | None = None) -> int:
        """Drop all that waits, or that of older rounds only, and return how many bytes that is."""
        kept: deque[RoundSound] = deque()
        dropped = 0
        for sound in self.rounds:
            if older_than is not None and sound.id >= older_than:
                kept.append(sound)
            else:
                dropped += sound.drop()
                sound.queued = False
        self.rounds = kept
        self.waiting -= dropped
        self.dropped += dropped
        return dropped
