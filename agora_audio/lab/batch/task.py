"""One recording, worked on by whoever runs it: what goes in, what comes out, and that results appear whole."""

from __future__ import annotations

import errno
import os
import platform
import time
import traceback
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

from agora_audio.errors import AudioError, ConfigError, EngineUnavailable
from agora_audio.lab.batch.items import Item, printable
from agora_audio.lab.batch.manifest import check_record
from agora_audio.lab.batch.storage import Storage, fetched, key_of

__all__ = ["Outcome", "Target", "Task", "Work", "perform", "reason_of"]

_NO_SPACE = (errno.ENOSPC, getattr(errno, "EDQUOT", errno.ENOSPC))
_SIGN_EACH = 0.5


class Work(Protocol):
    """What is done with each recording: a function, or an object that can be pickled and called."""

    def __call__(self, item: Item, sound: Path, target: Target) -> Mapping[str, Any] | None:
        """Work on one recording.

        Parameters
        ----------
        item
            The recording.
        sound
            The recording as a file of this machine.
        target
            Gives the paths to write to.

        Returns
        -------
        mapping or None
            What is to stand in the manifest besides, as JSON.
        """


@dataclass(frozen=True)
class Task:
    """All that a worker has to know."""

    work: Work
    """What is to be done."""
    item: Item
    """With which recording."""
    storage: Storage
    """Where results go."""
    since: float | None
    """What was there before, by the clock of the store, belongs to others; None: whatever is there may go."""


@dataclass(frozen=True)
class Outcome:
    """How it went."""

    status: str
    """``done``; ``failed``: by the recording's fault; ``space``: none is left; ``died``, ``hung``, ``memory``: the
    worker is no more; ``unusable``: no recording can be worked on here."""
    details: Mapping[str, Any] = field(default_factory=dict)
    """What stands in the manifest."""

    @property
    def error(self) -> str:
        """Why it is not done."""
        return str(self.details.get("error", ""))


class Target:
    """The paths that a work writes to; what it wrote gets its name when all of the work is done.

    Parameters
    ----------
    task
        What is being done.
    alive
        Called as a sign of life.
    """

    def __init__(self, task: Task, alive: Callable[[], None]) -> None:
        self._task = task
        self._alive = alive
        self._signed = time.monotonic()
        self._written: dict[str, Path] = {}

    def path(self, suffix: str) -> Path:
        """Return a path to write a result to, whose name will be that of the recording with this suffix.

        Raises
        ------
        ConfigError
            If somebody else's file has that name.
        """
        name = self._task.item.output + suffix
        there = None if self._task.since is None else self._task.storage.modified(name)
        if there is not None and there < self._task.since:  # type: ignore[operator]  # else it is None
            raise ConfigError(
                f"{self._task.storage.shown(printable(name))} was there before this batch: move it away, name another "
                "--out, or give --overwrite"
            )
        return self._written.setdefault(name, self._task.storage.temporary(suffix))

    def alive(self) -> None:
        """Show that work goes on; a worker that does not for a while is taken for hung."""
        now = time.monotonic()
        if now - self._signed >= _SIGN_EACH:
            self._signed = now
            self._alive()

    def commit(self) -> list[str]:
        """Give all that was written its name."""
        for name, written in self._written.items():
            self._task.storage.commit(written, name, self.alive)
        return list(self._written)

    def discard(self) -> None:
        """Remove what has no name yet."""
        for written in self._written.values():
            written.unlink(missing_ok=True)


def perform(task: Task, alive: Callable[[], None] = lambda: None) -> Outcome:
    """Work on one recording; whatever goes wrong is told, not raised."""
    begun, busy = time.perf_counter(), time.process_time()
    target = Target(task, alive)
    details: dict[str, Any] = {}
    sound = ""
    try:
        details["key"] = key_of(task.item.source)
        with fetched(task.item.source, target.alive) as path:
            sound = str(path)
            found = check_record(task.work(task.item, path, target))
        details["outputs"] = target.commit()
        status = "done"
    except MemoryError:
        status, found = "memory", {"error": "out of memory"}
    except EngineUnavailable as error:
        status, found = "unusable", {"error": str(error)}
    except (Exception, SystemExit) as error:
        full = getattr(error, "errno", None) in _NO_SPACE or _is_full(task.storage)
        status, found = ("space" if full else "failed"), {"error": reason_of(error)}
        if not isinstance(error, (AudioError, OSError)):
            found["traceback"] = "".join(traceback.format_exception(error, limit=-4))
    finally:
        target.discard()
    if sound:  # what was fetched is spoken of by where it was fetched from
        found = _renamed(found, sound, printable(task.item.source))
    seconds, cpu = time.perf_counter() - begun, time.process_time() - busy
    measured = {"seconds": round(seconds, 4), "cpu": round(cpu, 4), "worker": f"{platform.node()}:{os.getpid()}"}
    return Outcome(status, {**details, **found, **measured})


def _renamed(found: Mapping[str, Any], path: str, source: str) -> dict[str, Any]:
    notes = {"notes": [str(note).replace(path, source) for note in found["notes"]]} if found.get("notes") else {}
    error = {"error": found["error"].replace(path, source)} if "error" in found else {}
    return {**found, **notes, **error}


def _is_full(storage: Storage) -> bool:
    try:
        return storage.is_full()
    except OSError:
        return False


def reason_of(error: BaseException) -> str:
    """Return an error in one line."""
    if isinstance(error, OSError) and error.strerror:
        named = error.filename if isinstance(error.filename, str) else None
        return f"{printable(named)}: {error.strerror}" if named else error.strerror
    text = " ".join(str(error).split())
    return text if isinstance(error, AudioError) and text else f"{type(error).__name__}: {text}"
