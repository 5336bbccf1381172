"""Where recordings are read from and results go: files of this machine, or whatever fsspec reaches.

A result appears whole or not at all. On a disk it is written in `ROOM` beside the results, brought to the disk, then
renamed; to an object store it is written in a temporary file of this machine and handed over in one put.
"""

from __future__ import annotations

import os
import secrets
import shutil
import stat
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeAlias

from agora_audio.errors import AudioError, EngineUnavailable, FormatError
from agora_audio.lab.batch.items import ROOM, printable

__all__ = [
    "LocalStorage",
    "ObjectStorage",
    "Storage",
    "fetched",
    "file_system",
    "is_url",
    "key_of",
    "key_of_info",
    "open_storage",
]

Alive: TypeAlias = Callable[[], None]

# Less than this free, and what failed to be written has failed for that.
_FULL = 128 * 1024


@dataclass(frozen=True)
class LocalStorage:
    """A folder of this machine, or one that it has mounted."""

    root: str
    """Its absolute path."""

    def sweep(self) -> None:
        """Remove what was being written when somebody was killed."""
        for left in Path(self.root, ROOM).glob("tmp-*"):
            left.unlink(missing_ok=True)

    def temporary(self, suffix: str) -> Path:
        """Return a path to write to."""
        return Path(self.root, ROOM, f"tmp-{secrets.token_hex(8)}{suffix}")

    def commit(self, written: Path, name: str, alive: Alive | None = None) -> None:
        """Give what was written its name."""
        with open(written, "rb+") as file:
            os.fsync(file.fileno())
        target = Path(self.root, name)
        target.parent.mkdir(parents=True, exist_ok=True)
        os.replace(written, target)

    def read(self, name: str) -> bytes | None:
        """Return what a name holds; None: there is nothing."""
        try:
            return Path(self.root, name).read_bytes()
        except FileNotFoundError:
            return None

    def write(self, name: str, data: bytes) -> None:
        """Let a name hold `data`."""
        beside = self.temporary("")
        beside.parent.mkdir(parents=True, exist_ok=True)
        try:
            beside.write_bytes(data)
            self.commit(beside, name)
        except BaseException:
            beside.unlink(missing_ok=True)
            raise

    def modified(self, name: str) -> float | None:
        """Return when a name was written last, by the clock of the store, seconds; None: there is nothing."""
        try:
            return os.stat(os.path.join(self.root, name)).st_mtime
        except (FileNotFoundError, NotADirectoryError):
            return None

    def present(self) -> Callable[[str], bool]:
        """Return what tells whether a name holds something."""
        return lambda name: self.modified(name) is not None

    def remove(self, name: str) -> None:
        """Let a name hold nothing."""
        Path(self.root, name).unlink(missing_ok=True)

    def is_full(self) -> bool:
        """Return whether nothing more can be written."""
        return shutil.disk_usage(self.root).free < _FULL

    def shown(self, name: str) -> str:
        """Return a name as a person writes it."""
        return os.path.join(self.root, name)


@dataclass(frozen=True)
class ObjectStorage:
    """A folder of an object store, or of anything else that fsspec knows."""

    root: str
    """Its URL, without a slash at the end."""

    def sweep(self) -> None:
        """Nothing half written is left in such a store."""

    def temporary(self, suffix: str) -> Path:
        """Return a path to write to, on this machine."""
        return Path(tempfile.gettempdir(), f"tmp-{secrets.token_hex(8)}{suffix}")

    def commit(self, written: Path, name: str, alive: Alive | None = None) -> None:
        """Hand over what was written, in one put, with signs of life."""
        fs, path = file_system(self.shown(name))
        with told(self.shown(name)):
            fs.put_file(str(written), path, callback=_telling(alive))
        written.unlink()

    def read(self, name: str) -> bytes | None:
        """Return what a name holds; None: there is nothing."""
        fs, path = file_system(self.shown(name))
        with told(self.shown(name)):
            try:
                data: bytes = fs.cat_file(path)
            except FileNotFoundError:
                return None
            return data

    def write(self, name: str, data: bytes) -> None:
        """Let a name hold `data`."""
        fs, path = file_system(self.shown(name))
        with told(self.shown(name)):
            fs.pipe_file(path, data)

    def create(self, name: str, data: bytes) -> bool:
        """Let a name hold `data` if it holds nothing; return whether it did not."""
        fs, path = file_system(self.shown(name))
        with told(self.shown(name)):
            if fs.exists(path):  # stores that know no condition are asked at least
                return False
            try:
                fs.pipe_file(path, data, mode="create")
            except FileExistsError:
                return False
            return True

    def modified(self, name: str) -> float | None:
        """Return when a name was written last, by the clock of the store, seconds; None: there is nothing."""
        fs, path = file_system(self.shown(name))
        with told(self.shown(name)):
            try:
                info = fs.info(path)
            except FileNotFoundError:
                return None
        return _time_of(info)

    def present(self) -> Callable[[str], bool]:
        """Return what tells whether a name held something a moment ago: one listing instead of a question for each."""
        fs, path = file_system(self.root)
        with told(self.root):
            try:
                found = {str(one) for one in fs.find(path)}
            except FileNotFoundError:
                found = set()
        return lambda name: f"{path}/{printable(name)}" in found

    def remove(self, name: str) -> None:
        """Let a name hold nothing."""
        fs, path = file_system(self.shown(name))
        with told(self.shown(name)):
            try:
                fs.rm_file(path)
            except FileNotFoundError:
                return

    def names(self, folder: str) -> list[str]:
        """Return the names in a folder, in order."""
        fs, path = file_system(self.shown(folder))
        with told(self.shown(folder)):
            try:
                found = fs.find(path)
            except FileNotFoundError:
                return []
        return sorted(folder + "/" + str(one).rpartition("/")[2] for one in found)

    def is_full(self) -> bool:
        """Return whether nothing more can be written; such a store says so itself."""
        return False

    def shown(self, name: str) -> str:
        """Return the URL of a name."""
        return f"{self.root}/{printable(name)}"


Storage: TypeAlias = LocalStorage | ObjectStorage
_TIMES = ("LastModified", "last_modified", "mtime", "updated", "created")


def is_url(place: str) -> bool:
    """Return whether a place is one for fsspec; ``file://`` is a path all the same."""
    return "://" in place


def open_storage(out: str | os.PathLike[str]) -> Storage:
    """Return the storage at a path or URL; nothing is made yet."""
    place = os.fspath(out)
    if place.startswith("file://"):
        place = place.removeprefix("file://")
    if not is_url(place):
        return LocalStorage(os.path.abspath(place))
    file_system(place)
    return ObjectStorage(place.rstrip("/"))


def file_system(url: str) -> tuple[Any, str]:
    """Return the file system of a URL, and the path in it.

    Raises
    ------
    EngineUnavailable
        If fsspec, or what it needs for this kind of URL, is not installed.
    """
    try:
        from fsspec.core import url_to_fs
    except ImportError:
        raise EngineUnavailable(f"{url} needs fsspec: pip install 'agora-audio[batch]' (S3: [s3])") from None
    try:
        # Others write there as well: what was listed once is not what is there now.
        fs, path = url_to_fs(url, use_listings_cache=False)
    except ImportError as error:
        extra = ": pip install 'agora-audio[s3]'" if url.startswith("s3") else ""
        raise EngineUnavailable(f"{url}: {error}{extra}") from None
    except ValueError as error:
        raise FormatError(f"{url}: {error}") from None
    return fs, str(path)


def _time_of(info: dict[str, Any]) -> float:
    when = next((info[key] for key in _TIMES if info.get(key) is not None), 0.0)
    return float(when.timestamp() if hasattr(when, "timestamp") else when)


@contextmanager
def told(url: str) -> Iterator[None]:
    """Turn what clients of stores raise into one line that names the URL."""
    try:
        yield
    except (AudioError, FileNotFoundError):
        raise
    except Exception as error:
        text = " ".join(str(error).split()) or type(error).__name__
        raise AudioError(f"{url}: {text}") from error


def key_of(source: str) -> str:
    """Return size and version of a recording, by which one sees that it was changed.

    Raises
    ------
    OSError, AudioError
        If it is not there or cannot be reached.
    FormatError
        If it is no file.
    """
    if is_url(source):
        fs, path = file_system(source)
        with told(source):
            return key_of_info(fs.info(path))
    found = os.stat(source)
    if stat.S_ISDIR(found.st_mode):
        os.scandir(source).close()  # one that could not be listed says why
    if not stat.S_ISREG(found.st_mode):
        raise FormatError(f"{printable(source)} is no file")
    return f"{found.st_size}:{found.st_mtime_ns}"


def key_of_info(info: dict[str, Any]) -> str:
    """Return the key of a recording from what fsspec tells of it."""
    version = info.get("ETag") or info.get("etag") or _time_of(info)
    return f"{info.get('size')}:{str(version).strip(chr(34))}"


def _telling(alive: Alive | None) -> Any:
    """Return what fsspec calls with each piece that it sends or gets."""
    from fsspec.callbacks import Callback

    return Callback(hooks={"alive": lambda size, value, **others: alive() if alive else None})


@contextmanager
def fetched(source: str, alive: Alive | None = None) -> Iterator[Path]:
    """Have a recording as a file of this machine.

    What comes by URL is fetched whole first: a decoder takes a connection that breaks for the end of the sound.
    """
    if not is_url(source):
        yield Path(source)
        return
    fs, path = file_system(source)
    suffix = os.path.splitext(path)[1]
    with tempfile.TemporaryDirectory(prefix="agora-batch-") as folder:
        local = Path(folder, "recording" + suffix)
        with told(source):
            size = fs.info(path).get("size")
            fs.get_file(path, str(local), callback=_telling(alive))
        if size is not None and local.stat().st_size != size:
            raise AudioError(f"{source}: {local.stat().st_size} of {size} bytes came")
        yield local
