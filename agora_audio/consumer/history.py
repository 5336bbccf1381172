"""What was sent last: whose sound it was, for a sink that gives some of it back and for what was heard."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from typing import NamedTuple

from agora_audio.consumer.sound import RoundSound

__all__ = ["Given", "History"]


class Given(NamedTuple):
    """A piece that was sent: sound of a round, then padding, from sample `begin` to `end`."""

    begin: int
    end: int
    sound: RoundSound
    pcm: bytes


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
                self.pieces.append(Given(begin, cut, sound, kept))
            samples -= end - cut
            yield Given(cut, end, sound, pcm[len(kept) :])

    def unplayed(self, sound: RoundSound, played: int) -> int:
        """Return how many bytes of a round's sound lie behind sample `played`."""
        bytes_left = 0
        for piece in reversed(self.pieces):
            if piece.end <= played:
                break
            if piece.sound is sound:
                bytes_left += max(0, len(piece.pcm) - max(0, played - piece.begin) * self._unit)
        return bytes_left

    def at(self, played: int) -> RoundSound | None:
        """Return the round whose sound was the last to be heard before sample `played`, if that is known."""
        for piece in reversed(self.pieces):
            if piece.begin < played and piece.pcm:
                return piece.sound
        return self.pieces[0].sound if self.pieces else None
