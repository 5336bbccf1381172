"""Files that appear whole or not at all."""

from __future__ import annotations

import contextlib
import os
import secrets
from pathlib import Path

__all__ = ["write_whole"]


def write_whole(target: Path, data: bytes) -> None:
    """Write a file beside its place and move it there once it is complete.

    Raises
    ------
    OSError
        If it cannot be written; nothing is left of it then, and an existing file stays.
    """
    real = target.resolve()  # a link stays, its file is replaced
    beside = real.with_name(f".{secrets.token_hex(8)}.tmp")
    try:
        with open(beside, "xb") as stream:
            stream.write(data)
        os.replace(beside, real)
    except BaseException as error:
        with contextlib.suppress(OSError):
            beside.unlink()
        if isinstance(error, OSError):  # which speaks of the file beside
            raise OSError(error.errno, error.strerror, str(target)) from error
        raise
