"""Rounds: which answer is the current one, and which may still be heard.

A round is one question and its answer. Every hop on the way of an answer (segmenter, TTS pump, pacer) carries the
number of its round and refuses what is older, so that nothing of an answer is heard once the next one has begun.
"""

from __future__ import annotations

from threading import Lock
from typing import Any

from agora_audio.consumer.checks import checked_whole

__all__ = ["Rounds"]


class Rounds:
    """The number of the current round, shared by all hops of a call. Any thread may call any method.

    Parameters
    ----------
    first
        Number of the first round.

    Attributes
    ----------
    current : int
        The round that is being answered: work of older ones is refused.
    oldest : int
        The oldest round that may still be heard: `interrupt` raises it, `next` does not.

    Examples
    --------
    >>> rounds = Rounds()
    >>> answer = rounds.next()
    >>> rounds.interrupt(), rounds.is_stale(answer)
    (2, True)
    >>> rounds.interrupt(answer)  # somebody else decided the same: the new round goes on
    2
    """

    def __init__(self, first: int = 0) -> None:
        self.current = self.oldest = checked_round(first)
        self._lock = Lock()

    def next(self) -> int:
        """Begin a new answer and return its number; what older ones have queued is still heard, before it."""
        with self._lock:
            self.current += 1
            return self.current

    def interrupt(self, round_id: int | None = None) -> int:
        """Begin a new answer and return its number; what is older must be dropped, wherever it is.

        Parameters
        ----------
        round_id
            The round that the decision was about: if it may no longer be heard, somebody has interrupted it already,
            and nothing happens. None: whatever is heard now.
        """
        about = None if round_id is None else checked_round(round_id)
        with self._lock:
            if about is None or about >= self.oldest:
                self.current = self.oldest = max(self.current, self.current if about is None else about) + 1
            return self.current

    def reach(self, round_id: int) -> int:
        """Take note that a round has begun, by whoever counts, and return the current one."""
        with self._lock:
            self.current = max(self.current, checked_round(round_id))
            return self.current

    def is_stale(self, round_id: int) -> bool:
        """Return whether work of a round is to be refused because a newer one has begun."""
        return checked_round(round_id) < self.current


def checked_round(round_id: Any) -> int:
    """Return the number of a round; FormatError if it is none."""
    return checked_whole(round_id, "round_id")
