"""Rounds: which answer is the current one, and which may still be heard.

A round is one question and its answer. Every hop on the way of an answer (segmenter, TTS pump, pacer) carries the
number of its round and refuses what is older, so that nothing of an answer is heard once the next one has begun.
"""

from __future__ import annotations

from threading import Lock
from typing import Any

from agora_audio.errors import ConfigError

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
        with self._lock:
            if round_id is None or checked_round(round_id) >= self.oldest:
                self.current += 1
                self.oldest = self.current
            return self.current

    def reach(self, round_id: int) -> int:
        """Take note that a round has begun, by whoever counts, and return the current one."""
        with self._lock:
            self.current = max(self.current, checked_round(round_id))
            return self.current

    def is_stale(self, round_id: int) -> bool:
        """Return whether work of a round is to be refused because a newer one has begun."""
        return round_id < self.current


def checked_round(round_id: Any) -> int:
    """Return `round_id` if it is the number of a round."""
    if isinstance(round_id, bool) or not isinstance(round_id, int):
        raise ConfigError(f"round_id is {round_id!r}, must be a whole number")
    return round_id
