"""The way into a sink: one writer at a time, failures told of once, and nobody waits long for a write that hangs.

Who wants to take sound back waits for the write under way; once that has taken too long they go on, and owe the sink a
clearing. It is paid before anything else is written: by the write that hangs, when it returns, or by the next one.
"""

from __future__ import annotations

import logging
import operator
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from threading import RLock
from typing import Any

from agora_audio.consumer.sinks import Sink, checked_sink
from agora_audio.errors import AudioError

__all__ = ["SinkBlocked", "SinkGate"]

_log = logging.getLogger("agora_audio")


class SinkBlocked(AudioError):
    """A sink has not returned from a write for a while."""


class SinkGate:
    """A sink and its lock.

    Parameters
    ----------
    sink
        Where the sound goes.
    lock
        Guards what is owed, together with what its owner decides on it.
    clock
        Returns the time, seconds.
    patience
        How long a write under way is waited for, seconds.
    on_error
        Called with what the sink raised, or with `SinkBlocked`, once for each time that it begins to fail; None: it
        is logged as a warning.

    Attributes
    ----------
    errors : int
        How often the sink failed.
    last_error : Exception or None
        What it raised last.
    written_at : float or None
        When the last write returned, seconds.
    failing_since : float or None
        When the first of the failures began that no success has followed, seconds.
    in_trouble : bool
        Whether the sink failed or hung, and nobody has noted yet that it works again.
    owed : bool
        Whether the sink is to be cleared before anything else is written; guarded by `lock`.
    """

    def __init__(
        self,
        sink: Sink,
        lock: Any,
        clock: Callable[[], float],
        patience: float,
        on_error: Callable[[Exception], Any] | None,
    ) -> None:
        self.errors = 0
        self.last_error: Exception | None = None
        self.written_at: float | None = None
        self.failing_since: float | None = None
        self.in_trouble = self.owed = False
        self._sink = checked_sink(sink)
        self._lock = lock
        self._clock = clock
        self._patience = patience
        self._on_error = on_error
        self._turn = RLock()
        self._writing_since: float | None = None
        self._told = False  # whether `on_error` knows that the sink fails

    # --- whose turn it is

    def enter(self) -> bool:
        """Take the turn for a write; False: somebody else has it, or this call comes out of a write."""
        if not self._turn.acquire(False):
            self._note_blocked()
            return False
        if self._writing_since is None:
            return True
        self._turn.release()  # a lock that this thread had already: it comes out of its own write
        return False

    def leave(self) -> bool:
        """Give the turn back, after what is owed; return whether anything was."""
        with self._lock:  # nobody can run up debts between this look and the end of the turn
            if not self.owed:
                self._turn.release()
                return False
            self.owed = False
        self.clear()
        self.leave()
        return True

    @contextmanager
    def quiet(self) -> Iterator[bool]:
        """Hold the turn, so that nothing is written; False: a write hangs, or this call comes out of one."""
        quiet = self._turn.acquire(timeout=self._patience)
        if quiet and self._writing_since is not None:  # as in `enter`
            self._turn.release()
            quiet = False
        try:
            yield quiet
        finally:
            if quiet:
                self.leave()

    # --- in turn only

    def write(self, pcm: bytes, now: float) -> float:
        """Hand sound over and return how long it took, seconds; what the sink raises is raised."""
        self._writing_since = now
        try:
            self._sink.write(pcm)
        except Exception:
            self.in_trouble = True
            self.failing_since = now if self.failing_since is None else self.failing_since
            raise
        finally:
            self._writing_since = None
        self.written_at = self._clock()
        return self.written_at - now

    def clear(self) -> int | None:
        """Clear the sink and return what it says: bytes taken back, 0 if it cannot, None if it does not know."""
        clear = getattr(self._sink, "clear", None)
        if clear is None:
            return 0
        try:
            taken = clear()
            return None if taken is None or isinstance(taken, bool) else operator.index(taken)
        except Exception as error:
            self.report(error)
            return None

    # --- trouble

    def works_again(self) -> None:
        """Note that it does: the next failure is told of again."""
        self.in_trouble = self._told = False
        self.failing_since = None

    def report(self, error: Exception) -> None:
        """Count a failure, and tell of it if it is the first."""
        self.errors += 1
        self.last_error = error
        self.in_trouble = True
        if self._told:
            return
        self._told = True
        try:
            if self._on_error is not None:
                self._on_error(error)
            else:
                _log.warning("the sink fails, and no on_error was given: %s: %s", type(error).__name__, error)
        except Exception as other:  # who is told of a failure must not make it worse
            self.last_error = other

    def _note_blocked(self) -> None:
        """Report a write that hangs, which is seen by a call that has to turn back because of it."""
        since = self._writing_since
        if since is not None and not self._told and (seconds := self._clock() - since) > self._patience:
            self.report(SinkBlocked(f"the sink has not returned from a write for {seconds:.1f} s"))
