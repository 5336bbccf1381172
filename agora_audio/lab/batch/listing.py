"""Which recordings a batch is about: folders, patterns, files, manifests and URLs, turned into items.

A recording is called by its path from the folder that was named. Where several were named, it is the path from the
folder they have in common: ``monday`` and ``tuesday`` give ``monday/x.wav`` and ``tuesday/x.wav``.
"""

from __future__ import annotations

import csv
import glob
import io
import json
import math
import os
import posixpath
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import IO, Any

from agora_audio.errors import ConfigError, FormatError
from agora_audio.lab.batch.items import Item, name_outputs, printable
from agora_audio.lab.batch.storage import LocalStorage, file_system, is_url, key_of_info, open_storage, told
from agora_audio.lab.recordings import SOUND_SUFFIXES

__all__ = ["LIST_SUFFIXES", "find_items", "with_far"]

LIST_SUFFIXES = (".jsonl", ".csv", ".tsv", ".txt", ".lst", ".list")
"""Suffixes of manifests that name recordings."""
# What the columns of manifests are called, here and elsewhere.
_PATHS = ("source", "path", "file", "filename", "audio", "audio_filepath", "wav")

Note = Callable[[str], None]


@dataclass(frozen=True)
class _Found:
    """A recording, and the folder from which it is named."""

    root: str
    source: str
    key: str | None = None
    far: str | None = None
    far_start: float | None = None


def find_items(
    sources: Sequence[str],
    out: str | os.PathLike[str] | None = None,
    stdin: IO[bytes] | None = None,
    note: Note = lambda text: None,
) -> list[Item]:
    """Find the recordings of a batch.

    Parameters
    ----------
    sources
        Folders, with all that is in them; patterns such as ``calls/**/*.wav``; recordings; manifests (`LIST_SUFFIXES`);
        URLs of all of these; ``-``: a manifest from `stdin`.
    out
        Where results go: what lies there is no recording.
    stdin
        What ``-`` stands for; names in it end with a line or with a NUL.
    note
        Told what was passed over.

    Returns
    -------
    list of Item
        In the order of the sources, each sorted; none twice.

    Raises
    ------
    FormatError
        If there is no recording in a source, or a manifest cannot be read.
    ConfigError
        If a source is neither sound nor a manifest.
    FileNotFoundError
        If a source is not there.
    """
    finder = _Finder(out, stdin, note)
    found: dict[str, _Found] = {}
    twice = 0
    for source in sources:
        before = len(found) + twice
        for one in finder.find(source):
            twice += one.source in found
            found.setdefault(one.source, one)
        if len(found) + twice == before:
            raise FormatError(f"{printable(source)}: no recordings in it ({', '.join(SOUND_SUFFIXES)})")
    if twice:
        note(f"{twice} recordings were named twice and are done once")
    finder.tell()
    return name_outputs(_named(list(found.values())))


class _Finder:
    def __init__(self, out: str | os.PathLike[str] | None, stdin: IO[bytes] | None, note: Note) -> None:
        storage = None if out is None else open_storage(out)
        self._out_path = storage.root if isinstance(storage, LocalStorage) else None
        self._out_url = None if storage is None or isinstance(storage, LocalStorage) else _normal(storage.root) + "/"
        self._stdin = stdin
        self._note = note
        self._passed: Counter[str] = Counter()

    def find(self, source: str) -> Iterator[_Found]:
        source = source.removeprefix("file://")
        if source == "-" and self._stdin is not None:
            yield from self._listed(self._stdin.read(), "-", _absolute("."))
        elif is_url(source):
            yield from self._find_url(source)
        elif os.path.isdir(source):
            yield from self._walk(_absolute(source))
        elif os.path.exists(source) or not glob.has_magic(source):
            yield from self._file(source)
        else:
            yield from self._pattern(source)

    def tell(self) -> None:
        """Say what was passed over."""
        for what, count in self._passed.items():
            self._note(f"passed over: {count} {what}")

    def _file(self, path: str) -> Iterator[_Found]:
        suffix = os.path.splitext(path)[1].lower()
        if suffix in SOUND_SUFFIXES:
            os.stat(path)
            yield _Found(os.path.dirname(_absolute(path)), _absolute(path))
        elif suffix in LIST_SUFFIXES or not os.path.exists(path):
            data = Path(path).read_bytes()
            yield from self._listed(data, path, os.path.dirname(_absolute(path)))
        else:
            raise ConfigError(
                f"{printable(path)} is neither sound ({', '.join(SOUND_SUFFIXES)}) nor a manifest of recordings "
                f"({', '.join(LIST_SUFFIXES)})"
            )

    def _pattern(self, pattern: str) -> Iterator[_Found]:
        parts = pattern.split("/")
        fixed = "/".join(parts[: next(at for at, part in enumerate(parts) if glob.has_magic(part))])
        root = _absolute(fixed or ("/" if pattern.startswith("/") else "."))
        for path in sorted(glob.iglob(pattern, recursive=True)):
            if os.path.isdir(path):
                continue  # with ** it comes by itself, and else it was not meant
            if self._is_sound(path):
                yield _Found(root, _absolute(path))

    def _walk(self, root: str) -> Iterator[_Found]:
        seen: set[tuple[int, int]] = set()
        for path in self._files_in(root, seen):
            yield _Found(root, path.replace(os.sep, "/"))

    def _files_in(self, folder: str, seen: set[tuple[int, int]]) -> Iterator[str]:
        there = os.stat(folder)
        if (there.st_dev, there.st_ino) in seen:
            self._passed["links to folders that were listed already"] += 1
            return
        seen.add((there.st_dev, there.st_ino))
        try:
            inside = sorted(os.scandir(folder), key=lambda one: one.name)
        except OSError:
            yield folder  # it fails as a recording, and is not forgotten
            return
        for one in inside:
            if one.name.startswith("."):
                self._passed["hidden files and folders"] += 1
            elif one.is_dir():
                if self._is_out(one.path):
                    self._passed["folder, the output"] += 1
                else:
                    yield from self._files_in(one.path, seen)
            elif self._is_sound(one.path) and self._is_regular(one):
                yield one.path

    def _is_regular(self, one: os.DirEntry[str]) -> bool:
        if one.is_file() or (one.is_symlink() and not os.path.exists(one.path)):  # a broken link fails as a recording
            return True
        self._passed["pipes, sockets and devices"] += 1
        return False

    def _is_out(self, folder: str) -> bool:
        return (
            self._out_path is not None and os.path.exists(self._out_path) and os.path.samefile(folder, self._out_path)
        )

    def _is_sound(self, path: str) -> bool:
        if os.path.splitext(path)[1].lower() in SOUND_SUFFIXES:
            return True
        self._passed["files whose names are not those of sound"] += 1
        return False

    def _find_url(self, url: str) -> Iterator[_Found]:
        fs, path = file_system(url)
        suffix = os.path.splitext(path)[1].lower()
        with told(url):
            if glob.has_magic(path):
                head = path[: min(path.index(sign) for sign in "*?[" if sign in path)]
                root, found = head.rpartition("/")[0], fs.glob(path, detail=True)
            elif suffix in LIST_SUFFIXES and fs.isfile(path):
                folder = url.rpartition("/")[0]
                yield from self._listed(fs.cat_file(path), url, folder)
                return
            elif suffix in SOUND_SUFFIXES and fs.isfile(path):
                root, found = path.rpartition("/")[0], {path: fs.info(path)}
            else:
                root, found = path.rstrip("/"), fs.find(path, detail=True)
        if not found and not glob.has_magic(path):
            raise FileNotFoundError(2, "there is nothing", url)
        for one, info in sorted(found.items()):
            full = str(fs.unstrip_protocol(one))
            hidden = any(part.startswith(".") for part in posixpath.relpath(one, root or "/").split("/"))
            if self._out_url is not None and full.startswith(self._out_url):
                self._passed["objects in the output"] += 1
            elif hidden:
                self._passed["hidden files and folders"] += 1
            elif info.get("type") != "directory" and self._is_sound(one):
                yield _Found(str(fs.unstrip_protocol(root)) if root else "", full, key_of_info(info))

    def _listed(self, data: bytes, name: str, folder: str) -> Iterator[_Found]:
        """Go through a manifest; what it names is not looked at."""
        for row in _rows(data, name):
            source = _place(row["path"], folder)
            far = _place(row["far"], folder) if row.get("far") else None
            below = source.startswith(folder.rstrip("/") + "/")
            root = folder if below else source.rpartition("/")[0] or "/"
            yield _Found(root, source, None, far, row.get("far_start"))


def _normal(url: str) -> str:
    """Return a URL as its file system writes it."""
    fs, path = file_system(url)
    return str(fs.unstrip_protocol(path))


def _place(path: str, folder: str) -> str:
    """Return where a manifest in a folder says that something is."""
    path = path.removeprefix("file://")
    if is_url(path):
        return path
    if is_url(folder):
        scheme, _, rest = folder.partition("://")
        return f"{scheme}://{posixpath.normpath(posixpath.join(rest, path))}"
    return _absolute(os.path.join(folder, os.path.expanduser(path)))


def _absolute(path: str) -> str:
    """Return a path from the root, with ``/`` between folders on every system."""
    return os.path.abspath(path).replace(os.sep, "/")


def _rows(data: bytes, name: str) -> Iterator[dict[str, Any]]:
    """Return path, far and far_start of each row of a manifest."""
    suffix = os.path.splitext(name)[1].lower()
    text = data.removeprefix(b"\xef\xbb\xbf").decode("utf-8", "surrogateescape")
    if suffix == ".jsonl" or (name == "-" and text.lstrip().startswith("{")):
        lines = (line for line in enumerate(text.split("\n"), 1) if line[1].strip())
        rows: Iterable[tuple[int, Any]] = ((number, _object(line, name, number)) for number, line in lines)
    elif suffix in (".csv", ".tsv"):
        reader = csv.DictReader(io.StringIO(text, newline=""), delimiter="\t" if suffix == ".tsv" else ",")
        rows = ((reader.line_num, row) for row in reader)
    else:
        ending = "\0" if "\0" in text else "\n"
        rows = (
            (number, {"path": line.removesuffix("\r")})
            for number, line in enumerate(text.split(ending), 1)
            if line.strip()
        )
    for number, row in rows:
        yield _checked(row, f"{printable(name)}, line {number}")


def _object(line: str, name: str, number: int) -> Any:
    try:
        return json.loads(line)
    except ValueError as error:
        raise FormatError(f"{printable(name)}, line {number}: not JSON: {error}") from None


def _checked(row: Any, place: str) -> dict[str, Any]:
    path = next((row[key] for key in _PATHS if row.get(key)), None) if isinstance(row, Mapping) else None
    if not isinstance(path, str) or "\0" in path:
        raise FormatError(f"{place}: names no recording: it needs a column or key {', '.join(_PATHS)}")
    far, start = row.get("far") or None, row.get("far_start")
    if far is not None and not isinstance(far, str):
        raise FormatError(f"{place}: far is {far!r:.60}, must be the path of a recording")
    try:
        start = None if start in (None, "") else float(start)
        if start is not None and not math.isfinite(start):
            raise ValueError(start)
    except (TypeError, ValueError):
        raise FormatError(f"{place}: far_start is {row['far_start']!r:.60}, must be seconds") from None
    return {"path": path, "far": far, "far_start": start}


def _named(found: Sequence[_Found]) -> list[Item]:
    """Name what was found by its path from the folder that all of its kind have in common."""
    common: dict[str, str] = {}
    for one in found:
        store = one.root.partition("://")[0] if is_url(one.root) else ""
        common[store] = _common(common.get(store, one.root), one.root)
    items = []
    for one in found:
        root = common[one.root.partition("://")[0] if is_url(one.root) else ""].rstrip("/")
        name = one.source[len(root) + 1 :]
        items.append(Item(one.source, _safe(name), "", one.key, one.far, one.far_start))
    return items


def _common(one: str, other: str) -> str:
    if one == other or other.startswith(one.rstrip("/") + "/"):
        return one
    parts = [a for a, b in _until_unlike(one.split("/"), other.split("/"))]
    return "/".join(parts) or "/"


def _until_unlike(one: Sequence[str], other: Sequence[str]) -> Iterator[tuple[str, str]]:
    for pair in zip(one, other, strict=False):
        if pair[0] != pair[1]:
            return
        yield pair


def _safe(name: str) -> str:
    """Return a name that stays in the output and out of our folder in it."""
    parts = ["_" + part if part.startswith(".") else part for part in name.split("/") if part]
    return "/".join(parts) or "recording"


def with_far(items: Iterable[Item], folder: str) -> list[Item]:
    """Give each recording the far end of the same name in a folder."""
    root = folder.rstrip("/") if is_url(folder) else _absolute(folder)
    return [item if item.far else replace(item, far=f"{root}/{item.name}") for item in items]
