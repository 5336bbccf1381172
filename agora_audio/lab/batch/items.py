"""One recording of a batch, and the names under which its results lie: unlike each other, whatever the recordings are.

A result is called as its recording is, without the suffix: ``a/x.wav`` gives ``a/x.jsonl``. Where two recordings would
meet there (``x.wav`` and ``x.flac``; on many disks also ``X.wav``) each keeps its suffix, ``x.wav.jsonl``; where they
still would, or where a name becomes too long for a disk, eight characters of a hash of the recording's place tell them
apart. None of it depends on the order in which they were found.
"""

from __future__ import annotations

import hashlib
import os
import unicodedata
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from agora_audio.lab.recordings import SOUND_SUFFIXES

__all__ = ["MANIFEST", "ROOM", "Item", "name_outputs", "printable"]

MANIFEST = "manifest"
"""Name of the manifest without its suffix."""
ROOM = ".batch"
"""Folder in the output for what is being written, the lock and the description of the job."""
# What disks take in one part of a path, bytes, less the longest suffix of ours.
_LONGEST = 255 - len(".TextGrid")


@dataclass(frozen=True, slots=True)
class Item:
    """A recording of a batch."""

    source: str
    """Where it is: an absolute path, or a URL."""
    name: str
    """What it is called in the batch, with ``/`` between folders; no two are called the same."""
    output: str = ""
    """Name of its results in the output, without suffix."""
    key: str | None = None
    """Size and version as the listing told; None: to be looked up."""
    far: str | None = None
    """Where the far end is that belongs to it; None: there is none."""
    far_start: float | None = None
    """Second of the recording at which the far end began; None: its beginning."""


def printable(text: str) -> str:
    """Return a name as text that can be written in UTF-8: bytes that are none are shown as escapes."""
    return os.fsencode(text).decode("utf-8", "backslashreplace")


def name_outputs(items: Iterable[Item], taken: Iterable[str] = ()) -> list[Item]:
    """Give each item an `output`, and a `name` of its own.

    Parameters
    ----------
    items
        In any order.
    taken
        Outputs that belong to other recordings already.

    Examples
    --------
    >>> named = name_outputs([Item("/d/x.wav", "x.wav"), Item("/d/x.mp3", "x.mp3"), Item("/d/y.wav", "y.wav")])
    >>> [item.output for item in named]
    ['x.wav', 'x.mp3', 'y']
    """
    found = _with_own_names(list(items))
    known = {_folded(MANIFEST), *map(_folded, taken)}
    outputs = [_shortened(_stem(item.name), item.source) for item in found]
    for way in (_shortened, _marked):
        counts = Counter(map(_folded, outputs))
        for at, item in enumerate(found):
            if counts[_folded(outputs[at])] > 1 or _folded(outputs[at]) in known:
                outputs[at] = way(item.name, item.source)
    return [replace(item, output=output) for item, output in zip(found, outputs, strict=True)]


def _with_own_names(items: Sequence[Item]) -> list[Item]:
    """Mark items that are called the same, as two folders on two stores may be."""
    counts = Counter(item.name for item in items)
    return [replace(one, name=_marked(one.name, one.source)) if counts[one.name] > 1 else one for one in items]


def _stem(name: str) -> str:
    stem, suffix = os.path.splitext(name)
    return stem if suffix.lower() in SOUND_SUFFIXES and not stem.endswith("/") else name


def _folded(name: str) -> str:
    """Return what a disk that folds case and accents takes a name for."""
    return unicodedata.normalize("NFC", name).casefold()


def _marked(name: str, source: str) -> str:
    return _shortened(name, source, "~" + hashlib.sha1(os.fsencode(source)).hexdigest()[:8])


def _shortened(name: str, source: str, mark: str = "") -> str:
    """Return a name whose last part a disk can hold, with the mark of its source where it has to be cut."""
    folder, slash, last = name.rpartition("/")
    data = os.fsencode(last)
    if len(data) + len(mark) > _LONGEST:
        mark = mark or "~" + hashlib.sha1(os.fsencode(source)).hexdigest()[:8]
        last = data[: _LONGEST - len(mark)].decode("utf-8", "ignore")  # no half character at the cut
    return folder + slash + last + mark
