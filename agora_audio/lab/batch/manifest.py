"""The manifest: one JSON line for each recording that a batch is through with, written when its results are there.

In a folder it is ``manifest.jsonl``, appended to and brought to the disk before anybody is told. An object store cannot
append: there ``manifest.jsonl`` is a folder of numbered parts, the last of which is put anew every few seconds.

A line holds ``file`` (the recording's name in the batch), ``source``, ``status`` (done, failed or quarantined), ``key``
(size and version of the recording), ``output`` and ``outputs`` (names of its results, without and with suffix), what
the work says of a recording that is done, ``error`` of one that is not, and ``seconds``, ``cpu`` and ``worker``.
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol, TypeAlias

from agora_audio.errors import FormatError
from agora_audio.lab.batch.items import MANIFEST
from agora_audio.lab.batch.storage import LocalStorage, ObjectStorage, Storage, open_storage

__all__ = ["Entry", "Manifest", "check_record", "open_manifest", "read_manifest"]

_FILE = f"{MANIFEST}.jsonl"
_PART_LINES = 1000
_PUT_EACH = 5.0

Record: TypeAlias = Mapping[str, Any]


@dataclass(frozen=True)
class Entry:
    """What the next run has to know of a recording in the manifest."""

    status: str
    """done, failed or quarantined."""
    output: str
    """Name of its results, without suffix."""
    outputs: tuple[str, ...]
    """Names of its results."""
    key: str | None
    """Size and version of the recording as it was read."""


class Manifest(Protocol):
    """The lines of one output."""

    def entries(self) -> dict[str, Entry]:
        """Return what is in it, by the names of the recordings."""

    def keep(self, wanted: Callable[[str], bool]) -> None:
        """Leave out the lines of recordings that are not wanted, lines torn by an end in mid-word, and second ones."""

    def append(self, records: Iterable[Record], now: float) -> None:
        """Add lines; none of them if it raises."""

    def flush(self, now: float, at_once: bool = False) -> None:
        """Write what waits, if it is time."""

    def close(self) -> None:
        """Give up the file."""


def read_manifest(out: str | os.PathLike[str]) -> Iterator[dict[str, Any]]:
    """Go through the manifest of an output, a recording at a time.

    Parameters
    ----------
    out
        Folder or URL that a batch wrote to.

    Yields
    ------
    dict
        See `agora_audio.lab.batch.manifest` for its keys. A line that was torn is left out.
    """
    storage = open_storage(out)
    seen: set[str] = set()
    for text in _texts(storage):
        record = _parsed(text)
        if record is not None and record["file"] not in seen:
            seen.add(record["file"])
            yield record


def open_manifest(storage: Storage, now: float) -> Manifest:
    """Return the manifest of an output, to be gone on with."""
    return _LocalManifest(storage) if isinstance(storage, LocalStorage) else _ObjectManifest(storage, now)


def _texts(storage: Storage) -> Iterator[bytes]:
    if isinstance(storage, LocalStorage):
        try:
            with open(storage.shown(_FILE), "rb") as lines:
                yield from lines
        except FileNotFoundError:
            return
    else:
        for part in storage.names(_FILE):
            yield from (storage.read(part) or b"").splitlines(keepends=True)


def _parsed(line: bytes) -> dict[str, Any] | None:
    """Return the record of a line; None if it is not whole."""
    try:
        record = json.loads(line)
    except ValueError:
        return None
    return record if line.endswith(b"\n") and isinstance(record, dict) and isinstance(record.get("file"), str) else None


def _line(record: Record) -> bytes:
    # Names that are no text in any encoding come back from their escapes.
    return json.dumps(record).encode() + b"\n"


def _entries(texts: Iterable[bytes]) -> dict[str, Entry]:
    found: dict[str, Entry] = {}
    for record in filter(None, map(_parsed, texts)):
        outputs = tuple(record.get("outputs", ()))
        entry = Entry(record.get("status", ""), record.get("output", ""), outputs, record.get("key"))
        found.setdefault(record["file"], entry)
    return found


def _kept(texts: Iterable[bytes], wanted: Callable[[str], bool], seen: set[str]) -> Iterator[bytes]:
    for text in texts:
        record = _parsed(text)
        if record is not None and record["file"] not in seen and wanted(record["file"]):
            seen.add(record["file"])
            yield text


class _LocalManifest:
    def __init__(self, storage: LocalStorage) -> None:
        self._storage = storage
        self._path = Path(storage.shown(_FILE))
        self._file = os.open(self._path, os.O_RDWR | os.O_CREAT | getattr(os, "O_BINARY", 0), 0o666)

    def entries(self) -> dict[str, Entry]:
        return _entries(_texts(self._storage))

    def keep(self, wanted: Callable[[str], bool]) -> None:
        beside = self._storage.temporary(".jsonl")
        size = 0
        try:
            with open(beside, "wb") as stream:
                for text in _kept(_texts(self._storage), wanted, set()):
                    size += stream.write(text)
            if size != os.fstat(self._file).st_size:
                os.close(self._file)
                self._storage.commit(beside, _FILE)
                self._file = os.open(self._path, os.O_RDWR | getattr(os, "O_BINARY", 0))
        finally:
            beside.unlink(missing_ok=True)

    def append(self, records: Iterable[Record], now: float) -> None:
        data = b"".join(map(_line, records))
        end = os.lseek(self._file, 0, os.SEEK_END)
        try:
            view = memoryview(data)
            while view:
                view = view[os.write(self._file, view) :]
            os.fsync(self._file)
        except BaseException:
            os.ftruncate(self._file, end)  # a full disk took a part, or somebody is in a hurry
            raise

    def flush(self, now: float, at_once: bool = False) -> None:
        """Nothing waits."""

    def close(self) -> None:
        os.close(self._file)


class _ObjectManifest:
    def __init__(self, storage: ObjectStorage, now: float) -> None:
        self._storage = storage
        self._parts = storage.names(_FILE)
        self._number = max((int(name[-11:-6]) for name in self._parts if name[-11:-6].isdecimal()), default=0) + 1
        self._lines: list[bytes] = []
        self._waiting = False
        self._put = now

    def entries(self) -> dict[str, Entry]:
        return _entries(_texts(self._storage))

    def keep(self, wanted: Callable[[str], bool]) -> None:
        seen: set[str] = set()
        for part in self._parts:
            before = self._storage.read(part) or b""
            after = b"".join(_kept(before.splitlines(keepends=True), wanted, seen))
            if after != before:
                self._storage.write(part, after)

    def append(self, records: Iterable[Record], now: float) -> None:
        self._lines += map(_line, records)
        self._waiting = True
        self.flush(now, at_once=len(self._lines) >= _PART_LINES)

    def flush(self, now: float, at_once: bool = False) -> None:
        if not self._waiting or not (at_once or now - self._put >= _PUT_EACH):
            return
        self._storage.write(f"{_FILE}/{self._number:05d}.jsonl", b"".join(self._lines))
        self._waiting, self._put = False, now
        if len(self._lines) >= _PART_LINES:
            self._number += 1
            self._lines.clear()

    def close(self) -> None:
        self.flush(self._put, at_once=True)


def check_record(details: Any) -> dict[str, Any]:
    """Return what a work says of a recording if it can stand in a manifest.

    Raises
    ------
    FormatError
        If it is no mapping of JSON.
    """
    if details is None:
        return {}
    try:
        json.dumps(details, allow_nan=False)
        return dict(details)
    except (TypeError, ValueError) as error:
        raise FormatError(f"the work returned {details!r:.60}, must be a mapping that JSON can hold: {error}") from None
