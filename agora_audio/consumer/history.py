"""What was sent last: whose sound it was, for a sink that gives some of it back and for what was heard."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from typing import TypeAlias

from agora_audio.consumer.sound import RoundSound

__all__ = ["Given", "History"]


Given: TypeAlias = tuple[int, int, RoundSound, bytes]
"""A piece that was sent, from one sample to another: whose it is, and its sound, which padding may follow.

A plain tuple, as one is made at each tick.
"""


class History:
    """The pieces sent, oldest first, of which the listener may not have heard all.

    Parameters
    ----------
    unit
        Bytes of one sample of all channels.

    Attributes
    ----------
    pieces : deque of Given
        The pacer adds them, and lets those go that no sink can hold any more.
    """

    __slots__ = ("_unit", "pieces")

    def __init__(self, unit: int) -> None:
        self._unit = unit
        self.pieces: deque[Given] = deque()

    def take_back(self, samples: int) -> Iterator[Given]:
        """Take the last `samples`, or all there are, out again, newest first."""
        while samples and self.pieces:
            begin, end, sound, pcm = self.pieces.pop()
            cut = max(begin, end - samples)
            kept = pcm[: (cut - begin) * self._unit]
            if cut > begin:
                self.pieces.append((begin, cut, sound, kept))
            samples -= end - cut
            yield cut, end, sound, pcm[len(kept) :]

    def unplayed(self, sound: RoundSound, played: int) -> int:
        """Return how many bytes of a round's sound lie behind sample `played`."""
        bytes_left = 0
        for begin, end, owner, pcm in reversed(self.pieces):
            if end <= played:
                break
            if owner is sound:
                bytes_left += max(0, len(pcm) - max(0, played - begin) * self._unit)
        return bytes_left

    def at(self, played: int) -> RoundSound | None:
        """Return the round whose sound was the last to be heard before sample `played`, if that is known."""
        for begin, _, sound, pcm in reversed(self.pieces):
            if begin < played and pcm:
                return sound
        return self.pieces[0][2] if self.pieces else None
