"""Files that appear whole or not at all."""

from __future__ import annotations

import contextlib
import os
import secrets
from collections.abc import Iterator
from pathlib import Path
from typing import IO

__all__ = ["whole_file", "write_whole"]


@contextlib.contextmanager
def whole_file(path: str | os.PathLike[str]) -> Iterator[IO[bytes]]:
    """Open a file that appears, in place of one that is there, once all of it is written; else it never does.

    What exists and is no regular file, such as ``/dev/stdout``, is written to directly.

    Raises
    ------
    OSError
        If it cannot be written; nothing is left of it then, and an existing file stays.
    """
    target = Path(path)
    if target.exists() and not target.is_file():
        with open(target, "wb") as stream:
            yield stream
        return
    real = target.resolve()  # a link stays, its file is replaced
    beside = real.with_name(f".{secrets.token_hex(8)}.tmp")
    try:
        with open(beside, "xb") as stream:
            yield stream
        os.replace(beside, real)
    except BaseException as error:
        with contextlib.suppress(OSError):
            beside.unlink()
        ours = isinstance(error, OSError) and str(error.filename) in ("None", str(beside))
        if isinstance(error, OSError) and ours and error.errno is not None:  # it would speak of the file beside
            raise OSError(error.errno, error.strerror, str(target)) from error
        raise


def write_whole(path: str | os.PathLike[str], data: bytes | str) -> None:
    """Write a file as `whole_file` does; text as UTF-8, with the line ends that it has."""
    with whole_file(path) as stream:
        stream.write(data.encode() if isinstance(data, str) else data)
