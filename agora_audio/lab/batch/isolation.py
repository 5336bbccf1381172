"""Each recording in a Python of its own, which may die or hang without taking anybody with it.

A `Child` is started afresh, not forked: some native engines do not survive a fork, and a program that starts a batch
needs no ``if __name__ == "__main__"``. It is used again for the next recording. What it worked on when it died is known
for certain. It ends by itself when its parent is no more, however that ended.
"""

from __future__ import annotations

import atexit
import contextlib
import json
import os
import pickle
import queue
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
from typing import IO, Any

from agora_audio.errors import AudioError, ConfigError
from agora_audio.lab.batch.task import Outcome, Task

__all__ = ["Child", "Children", "pickled", "work_isolated"]

_START = "import json, sys; sys.path[:] = json.loads(sys.argv[1]); from agora_audio.lab.batch.child import main; main()"
# Loading numpy and an engine takes a second or two where nobody else wants the machine.
_LONGEST_START = 120.0


class Child:
    """A Python of its own."""

    def __init__(self) -> None:
        if not sys.executable:
            raise AudioError("this Python does not know its own program, so it can start no other: isolate=False")
        self._words: IO[bytes] = tempfile.TemporaryFile()  # noqa: SIM115 - what it says to stderr
        self._folder = tempfile.mkdtemp(prefix="agora-batch-")
        try:
            self._process = self._started()
        except OSError:
            self._words.close()
            os.rmdir(self._folder)
            raise
        self._messages: queue.SimpleQueue[Any] = queue.SimpleQueue()
        threading.Thread(target=self._read, daemon=True).start()
        self._ready = False

    def _started(self) -> subprocess.Popen[bytes]:
        paths = [path if path else os.getcwd() for path in sys.path]
        return subprocess.Popen(
            [sys.executable, "-c", _START, json.dumps(paths)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._words,
            env={**os.environ, "TMPDIR": self._folder, "TEMP": self._folder, "TMP": self._folder},
            start_new_session=True,
        )

    def perform(self, data: bytes, limit: float) -> Outcome:
        """Let it work on a pickled task.

        Parameters
        ----------
        data
            The task.
        limit
            How long it may give no sign of life, seconds.
        """
        if not self._ready:
            if self._next(max(limit, _LONGEST_START)) != "ready":
                self._kill()
                return Outcome("unusable", {"error": f"no worker can be started: {self._cause()}"})
            self._ready = True
        self._words.seek(0)
        self._words.truncate()
        stdin = self._process.stdin
        assert stdin is not None
        with contextlib.suppress(OSError):  # that it is dead is read from its answer
            pickle.dump(data, stdin)
            stdin.flush()
        while (message := self._next(limit)) == "alive":
            pass
        if isinstance(message, Outcome):
            return message
        hung = message == "hung"
        self._kill()
        reason = f"no sign of life for {limit:g} s" if hung else f"the worker died: {self._cause()}"
        return Outcome("hung" if hung else "died", {"error": reason})

    def end(self) -> None:
        """End it, whatever it is doing."""
        self._kill()
        if self._process.stdin:
            with contextlib.suppress(OSError):
                self._process.stdin.close()
        self._words.close()
        shutil.rmtree(self._folder, ignore_errors=True)

    def _kill(self) -> None:
        self._process.kill()
        self._process.wait()

    def _next(self, seconds: float) -> Any:
        try:
            return self._messages.get(timeout=seconds)
        except queue.Empty:
            return "hung"

    def _read(self) -> None:
        stdout = self._process.stdout
        assert stdout is not None
        with stdout, contextlib.suppress(Exception):  # a message that was cut off is none
            while True:
                self._messages.put(pickle.load(stdout))
        self._messages.put(None)

    def _cause(self) -> str:
        code = self._process.returncode
        if code >= 0:
            return f"exit code {code}: {self._last_word()}".rstrip(": ")
        try:
            name = signal.Signals(-code).name
        except ValueError:
            name = f"signal {-code}"
        return f"{name} (out of memory?)" if name == "SIGKILL" else name

    def _last_word(self) -> str:
        self._words.seek(0, os.SEEK_END)
        self._words.seek(max(0, self._words.tell() - 1000))
        lines = self._words.read().decode("utf-8", "replace").strip().splitlines()
        return lines[-1] if lines else ""


class Children:
    """As many of them as work at the same time; a free one is used again."""

    def __init__(self) -> None:
        self._mutex = threading.Lock()
        self._free: list[Child] = []
        self._busy: set[Child] = set()
        self._closed = False

    def perform(self, data: bytes, limit: float, fresh: bool = False) -> Outcome:
        """Let one of them work on a pickled task, see `Child.perform`; `fresh`: one that has not worked before."""
        try:
            child = self._taken(fresh)
        except OSError as error:
            return Outcome("unusable", {"error": f"no worker can be started: {error}"})
        if child is None:
            return Outcome("died", {"error": "ended"})
        outcome = child.perform(data, limit)
        lives = outcome.status in ("done", "failed", "space")
        with self._mutex:
            self._busy.discard(child)
            if lives and not self._closed:
                self._free.append(child)
                return outcome
        child.end()
        return outcome

    def close(self) -> None:
        """End all of them, whatever they are doing."""
        with self._mutex:
            self._closed = True
            children = [*self._free, *self._busy]
            self._free.clear()
        for child in children:
            child.end()

    def _taken(self, fresh: bool) -> Child | None:
        with self._mutex:
            if self._closed:
                return None
            child = self._free.pop() if self._free and not fresh else Child()
            self._busy.add(child)
            return child


def pickled(task: Task) -> bytes:
    """Return a task as a child takes it.

    Raises
    ------
    ConfigError
        If the work cannot be sent to another process.
    """
    if getattr(task.work, "__module__", None) == "__main__" or type(task.work).__module__ == "__main__":
        raise ConfigError(
            "the work is defined in the program that was started, which its workers cannot import: define it in a "
            "module, or give isolate=False"
        )
    try:
        return pickle.dumps(task)
    except Exception as error:
        raise ConfigError(
            f"the work {task.work!r:.60} cannot be sent to another process ({error}): define it at the top of a "
            "module, or give isolate=False"
        ) from None


_children: tuple[int, Children] | None = None
_started = threading.Lock()


def work_isolated(data: bytes, limit: float, fresh: bool = False) -> Outcome:
    """Do in the process of any executor what `Children.perform` does; the children end with the process."""
    global _children
    with _started:
        if _children is None or _children[0] != os.getpid():  # those of a process that was forked are its own
            _children = os.getpid(), Children()
            atexit.register(_children[1].close)
    return _children[1].perform(data, limit, fresh)
