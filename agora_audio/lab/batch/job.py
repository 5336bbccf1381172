"""What the output knows of the job, and what is left to do of it."""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, is_dataclass, replace
from typing import Any

import agora_audio
from agora_audio.errors import AudioError, ConfigError
from agora_audio.lab.batch.items import ROOM, Item, name_outputs, printable
from agora_audio.lab.batch.manifest import Entry, Manifest
from agora_audio.lab.batch.storage import Storage, key_of
from agora_audio.lab.batch.task import Work
from agora_audio.lab.recordings import SOUND_SUFFIXES

__all__ = ["DONE", "FAILED", "QUARANTINED", "Plan", "begin_job", "check_apart", "make_plan"]

DONE, FAILED, QUARANTINED = "done", "failed", "quarantined"
"""What may stand in the manifest as the status of a recording."""
_JOB = f"{ROOM}/job.json"


@dataclass(frozen=True)
class Plan:
    """What is to be done."""

    todo: list[Item]
    """In the order in which they were found."""
    total: int
    """Of all recordings."""
    before: int
    """Recordings that are done."""
    quarantined: int
    """Recordings that stay in quarantine."""


def begin_job(storage: Storage, manifest: Manifest, work: Work, *, resume: bool, overwrite: bool) -> float | None:
    """Write down which job this is, or see that it is the one that was begun.

    Returns
    -------
    float or None
        When the job was begun, by the clock of the store: what is older is not its own. None: it may overwrite that.

    Raises
    ------
    ConfigError
        If there is a job already that is not to be gone on with, or another one.
    """
    if resume and overwrite:
        raise ConfigError("resume and overwrite contradict each other: give one of them")
    described = _described(work)
    before = storage.read(_JOB)
    job: dict[str, Any]
    if before is not None and resume:
        job = _read_job(before, storage)
        _check_same(job["work"], described, storage.root)
    elif before is not None and not overwrite:
        raise ConfigError(
            f"{storage.root} holds a batch already: --resume goes on with it, --overwrite begins anew, or name another"
            " --out"
        )
    else:
        manifest.keep(lambda name: False)
        job = {"work": described, "overwrite": overwrite, "agora_audio": agora_audio.__version__}
        storage.write(_JOB, json.dumps(job, indent=1).encode() + b"\n")
    return None if job["overwrite"] else storage.modified(_JOB)


def _read_job(text: bytes, storage: Storage) -> dict[str, Any]:
    try:
        job = json.loads(text)
        if isinstance(job["work"], dict) and isinstance(job["overwrite"], bool):
            return dict(job)
    except (ValueError, TypeError, KeyError):
        pass
    raise ConfigError(f"{storage.shown(_JOB)} is damaged: --overwrite begins anew, or name another --out")


def _described(work: Work) -> dict[str, Any]:
    """Return a work as JSON, so that it can be compared."""
    kind = work if hasattr(work, "__qualname__") else type(work)
    values: dict[str, Any] = asdict(work) if is_dataclass(work) and not isinstance(work, type) else {}
    described: dict[str, Any] = json.loads(json.dumps({"work": kind.__qualname__, **values}, default=str))
    return described


def _check_same(before: Mapping[str, Any], now: Mapping[str, Any], root: str) -> None:
    one, other = _flat(before), _flat(now)
    changed = [
        f"{key} was {one.get(key)!r}, now {other.get(key)!r}"
        for key in {**one, **other}
        if one.get(key) != other.get(key)
    ]
    if changed:
        raise ConfigError(
            f"{root} holds another job ({'; '.join(changed[:3])}): give what it was begun with, or another --out"
        )


def _flat(values: Mapping[str, Any], prefix: str = "") -> dict[str, Any]:
    found: dict[str, Any] = {}
    for key, value in values.items():
        found.update(_flat(value, f"{prefix}{key}.") if isinstance(value, dict) else {prefix + key: value})
    return found


def make_plan(items: Iterable[Item], storage: Storage, manifest: Manifest, retry_quarantined: bool) -> Plan:
    """Find out what is left to do, and leave the lines of what is done again out of the manifest."""
    known = list(items)
    entries = manifest.entries()
    again: dict[str, Entry] = {}
    states: dict[str, str] = {}
    present = storage.present() if entries else bool
    for item in known:
        entry = entries.get(item.name)
        if entry is None:
            continue
        stays = _stays(item, entry, retry_quarantined) and all(map(present, entry.outputs))
        states[item.name] = entry.status if stays else ""
        if not stays:
            again[item.name] = entry
    for entry in again.values():
        for name in entry.outputs:
            storage.remove(name)
    manifest.keep(lambda name: name not in again)
    new = iter(
        name_outputs((one for one in known if one.name not in entries), (one.output for one in entries.values()))
    )
    placed = (replace(item, output=entries[item.name].output) if item.name in entries else next(new) for item in known)
    todo = [item for item in placed if states.get(item.name, "") == ""]
    done = sum(state == DONE for state in states.values())
    return Plan(todo, len(known), done, len(known) - len(todo) - done)


def check_apart(todo: Iterable[Item], work: Work, storage: Storage) -> None:
    """Refuse to write sound where the recordings lie: it would take their place, or be taken for one of them."""
    sound = [suffix for suffix in getattr(work, "suffixes", ()) if suffix in SOUND_SUFFIXES]
    for item in todo if sound else ():
        if os.path.dirname(storage.shown(item.output)) == os.path.dirname(item.source):
            raise ConfigError(
                f"sound would be written beside {printable(item.source)}, among the recordings: name another --out"
            )


def _stays(item: Item, entry: Entry, retry_quarantined: bool) -> bool:
    """Return whether the line of a recording is the last word on it as it is now."""
    if entry.status == FAILED or (entry.status == QUARANTINED and retry_quarantined):
        return False
    try:
        if entry.key is not None and (item.key or key_of(item.source)) != entry.key:
            return False
    except (AudioError, OSError):
        return True  # what is not there any more was done all the same
    return True
