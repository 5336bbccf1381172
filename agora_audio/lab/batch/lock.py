"""One batch at a time writes to an output."""

from __future__ import annotations

import json
import os
import platform
import secrets
from pathlib import Path
from typing import IO, Any, Protocol

from agora_audio.errors import AudioError, ConfigError
from agora_audio.lab.batch.items import ROOM
from agora_audio.lab.batch.storage import LocalStorage, ObjectStorage, Storage

__all__ = ["Lock", "lock"]

_NAME = f"{ROOM}/lock"
_RENEWED_EACH = 20.0
_STALE_AFTER = 120.0


class Lock(Protocol):
    """What keeps others out until it is released, or its process is no more."""

    def renew(self, now: float) -> None:
        """Show that somebody is there; to be called every few seconds."""

    def release(self) -> None:
        """Let others in."""


def lock(storage: Storage, now: float) -> Lock:
    """Keep others out of an output.

    Raises
    ------
    ConfigError
        If another batch is writing to it.
    """
    return _LocalLock(storage) if isinstance(storage, LocalStorage) else _ObjectLock(storage, now)


def _refused(root: str, holder: dict[str, Any], hint: str) -> ConfigError:
    who = f" (process {holder['pid']} on {holder['host']})" if {"pid", "host"} <= set(holder) else ""
    return ConfigError(f"another batch is writing to {root}{who}: {hint}")


def _read(text: str | bytes | None) -> dict[str, Any]:
    try:
        holder = json.loads(text or "")
    except ValueError:
        return {}
    return holder if isinstance(holder, dict) else {}


def _holder() -> dict[str, Any]:
    return {"pid": os.getpid(), "host": platform.node()}


class _LocalLock:
    """A lock of the operating system on a file: it ends with the process, however that ends."""

    def __init__(self, storage: LocalStorage) -> None:
        path = Path(storage.root, _NAME)
        path.parent.mkdir(parents=True, exist_ok=True)
        self._file: IO[str] = open(path, "a+", encoding="utf-8")  # noqa: SIM115 - held until it is released
        if not _try_lock(self._file):
            self._file.seek(0)
            holder = _read(self._file.read())
            self._file.close()
            raise _refused(storage.root, holder, "wait for it, or name another --out")
        self._file.truncate(0)
        self._file.write(json.dumps(_holder()))
        self._file.flush()

    def renew(self, now: float) -> None:
        """Nothing is to be done."""

    def release(self) -> None:
        self._file.close()


def _try_lock(file: IO[str]) -> bool:
    try:
        if os.name == "nt":
            import msvcrt

            # A byte far behind the text, so that others can read who holds it.
            file.seek(1 << 20)
            msvcrt.locking(file.fileno(), msvcrt.LK_NBLCK, 1)  # type: ignore[attr-defined,unused-ignore]
        else:
            import fcntl

            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except (BlockingIOError, PermissionError):
        return False
    return True


class _ObjectLock:
    """An object that is made only where there is none, and renewed: who does not renew it is taken for dead."""

    def __init__(self, storage: ObjectStorage, now: float) -> None:
        self._storage = storage
        self._renewed = now
        self._text = json.dumps({**_holder(), "token": secrets.token_hex(8)}).encode()
        if storage.create(_NAME, self._text):
            return
        holder = _read(storage.read(_NAME))
        if not (_is_dead(holder) or self._is_stale()):
            hint = f"wait for it, or remove {storage.shown(_NAME)} if it is no more; it is ignored after 2 minutes"
            raise _refused(storage.root, holder, hint)
        storage.remove(_NAME)
        if not storage.create(_NAME, self._text):
            raise _refused(storage.root, _read(storage.read(_NAME)), "it was faster")

    def renew(self, now: float) -> None:
        if now - self._renewed < _RENEWED_EACH:
            return
        self._check()
        self._storage.write(_NAME, self._text)
        self._renewed = now

    def release(self) -> None:
        if self._storage.read(_NAME) == self._text:
            self._storage.remove(_NAME)

    def _check(self) -> None:
        held = self._storage.read(_NAME)
        if held != self._text:
            raise AudioError(f"another batch has taken {self._storage.root}: this one ends")

    def _is_stale(self) -> bool:
        """Return whether the lock was not renewed for long, by the clock of the store."""
        probe = f"{ROOM}/clock-{secrets.token_hex(4)}"
        self._storage.write(probe, b"")
        now, then = self._storage.modified(probe), self._storage.modified(_NAME)
        self._storage.remove(probe)
        return then is None or (now is not None and now - then > _STALE_AFTER)


def _is_dead(holder: dict[str, Any]) -> bool:
    """Return whether the holder was a process of this machine that is no more."""
    if os.name == "nt" or holder.get("host") != platform.node() or not isinstance(holder.get("pid"), int):
        return False
    try:
        os.kill(holder["pid"], 0)
    except ProcessLookupError:
        return True
    except PermissionError:
        return False
    return False
