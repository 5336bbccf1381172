"""Run the command line: in this process, as a process of its own, and with terminals that are none."""

from __future__ import annotations

import io
import os
import select
import subprocess
import sys
from dataclasses import dataclass
from typing import IO

# A command that hangs ends its test, not the run.
PATIENCE = 60


@dataclass
class Outcome:
    code: int
    out: str
    err: str

    @property
    def lines(self) -> list[str]:
        return self.out.splitlines()

    @property
    def notes(self) -> list[str]:
        return self.err.splitlines()


class Terminal(io.StringIO):
    """A stream that claims to be a terminal."""

    def isatty(self) -> bool:
        return True


class Pipe(io.RawIOBase):
    """A pipe that gives prepared pieces, one a read, and then ends, or raises the last one."""

    name = "<stdin>"

    def __init__(self, pieces: list) -> None:
        self.pieces = list(pieces)

    def readable(self) -> bool:
        return True

    def readinto(self, buffer) -> int:
        if not self.pieces:
            return 0
        piece = self.pieces.pop(0)
        if not isinstance(piece, bytes):
            raise piece
        piece, rest = piece[: len(buffer)], piece[len(buffer) :]
        if rest:
            self.pieces.insert(0, rest)
        buffer[: len(piece)] = piece
        return len(piece)


class Stdin:
    """What sys.stdin is with a pipe behind it."""

    def __init__(self, pieces: list) -> None:
        self.buffer = io.BufferedReader(Pipe(pieces))

    def isatty(self) -> bool:
        return False


def start(*words, **options) -> subprocess.Popen:
    """Start a command as a process of its own; stdin, stdout and stderr are pipes unless said otherwise."""
    streams = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE, **options}
    command = [sys.executable, "-m", "agora_audio", *map(str, words)]
    # Where Python does not buffer, nobody would see that a flush is missing.
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONUNBUFFERED"}
    return subprocess.Popen(command, env={**environment, "COLUMNS": "200"}, **streams)


def finish(process: subprocess.Popen, data: bytes | None = None) -> Outcome:
    """Write `data`, close stdin and wait for the end."""
    try:
        out, err = process.communicate(data, timeout=PATIENCE)
    except subprocess.TimeoutExpired:
        process.kill()
        raise
    text = (err or b"").decode()
    assert "Traceback" not in text
    return Outcome(process.returncode, (out or b"").decode(), text)


def read_line(stream: IO[bytes]) -> str:
    """The next line of a pipe and no byte more; fails where none comes."""
    line = b""
    while not line.endswith(b"\n"):
        ready, _, _ = select.select([stream], [], [], PATIENCE)
        assert ready, "nothing was written"
        byte = os.read(stream.fileno(), 1)
        assert byte, "it ended within a line"
        line += byte
    return line.decode()
