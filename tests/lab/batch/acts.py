"""Recordings that are words, and a work that does as they say: each way in which a worker can end."""

from __future__ import annotations

import errno
import os
import signal
import sys
import time
from dataclasses import dataclass, field

from agora_audio.lab.batch import Detect


@dataclass(frozen=True)
class Act:
    """Do what the file says; `seconds` is how long "slow" takes, `log` is told who was worked on when."""

    seconds: float = 0.2
    log: str = ""

    suffixes = (".txt",)

    def __call__(self, item, sound, target):
        word, _, rest = sound.read_text(encoding="utf-8").partition(" ")
        if self.log:
            with open(self.log, "a", encoding="utf-8") as log:
                log.write(f"{item.name}\n")
        path = target.path(".txt")
        path.write_text("half of")
        getattr(self, f"_{word}", lambda rest, target: None)(rest, target)
        path.write_text(f"{word} is done", encoding="utf-8")
        return {"word": word, "duration": 1.0, "notes": [rest] if word == "note" else []}

    def _die(self, rest, target):
        os.kill(os.getpid(), signal.SIGKILL)

    def _exit(self, rest, target):
        print("the last word", file=sys.stderr, flush=True)
        os._exit(7)

    def _segfault(self, rest, target):
        os.kill(os.getpid(), signal.SIGSEGV)

    def _once(self, rest, target):
        """Die the first time; `rest` is a path that remembers."""
        if not os.path.exists(rest):
            open(rest, "x").close()
            os.kill(os.getpid(), signal.SIGKILL)

    def _hang(self, rest, target):
        time.sleep(600)

    def _slow(self, rest, target):
        time.sleep(self.seconds)

    def _lively(self, rest, target):
        """Take twice the time limit of a second, with signs of life."""
        for _ in range(40):
            time.sleep(0.05)
            target.alive()

    def _fail(self, rest, target):
        raise ValueError("it says so")

    def _leave(self, rest, target):
        sys.exit("never mind")

    def _full(self, rest, target):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    def _memory(self, rest, target):
        raise MemoryError

    def _chatter(self, rest, target):
        print("native engines print")
        os.write(1, b"and do not ask Python\n")


@dataclass(frozen=True)
class Poisoned:
    """Detection, but for recordings with "poison" in their names, which kill their workers."""

    detect: Detect = field(default_factory=lambda: Detect(engine="energy"))

    def __call__(self, item, sound, target):
        if "poison" in item.name:
            os.kill(os.getpid(), signal.SIGKILL)
        return self.detect(item, sound, target)


def nothing(item, sound, target):
    """Write nothing, say nothing."""


def odd(item, sound, target):
    """Say what is no JSON."""
    return {"answer": {1, 2}}


def words(folder, **files):
    """Write recordings; `_` in a name stands for the dot of its suffix."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, text in files.items():
        (folder / f"{name}.wav").write_text(text, encoding="utf-8")
    return folder
