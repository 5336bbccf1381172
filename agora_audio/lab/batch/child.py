"""The Python that `isolation.Child` starts: it works on what comes through its stdin, one recording at a time.

Messages are pickles. In: the bytes of a pickled `Task`. Out: ``"ready"``, ``"alive"`` while it works, and an `Outcome`.
"""

from __future__ import annotations

import os
import pickle
import queue
import signal
import threading
from typing import IO, Any

from agora_audio.lab.batch.task import Outcome, perform, reason_of

__all__ = ["main"]


def main() -> None:
    """Work until stdin ends."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # who started us decides what the keyboard means
    # What native libraries print to stdout must not get between the messages.
    replies = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)
    requests = os.fdopen(os.dup(0), "rb")
    nothing = os.open(os.devnull, os.O_RDONLY)
    os.dup2(nothing, 0)
    os.close(nothing)
    tasks: queue.SimpleQueue[bytes] = queue.SimpleQueue()
    threading.Thread(target=_read, args=(requests, tasks), daemon=True).start()

    def send(message: Any) -> None:
        pickle.dump(message, replies)
        replies.flush()

    send("ready")
    while True:
        data = tasks.get()
        try:
            task = pickle.loads(data)
        except Exception as error:
            send(Outcome("unusable", {"error": f"the work cannot be loaded: {reason_of(error)}"}))
        else:
            send(perform(task, lambda: send("alive")))


def _read(requests: IO[bytes], tasks: queue.SimpleQueue[bytes]) -> None:
    """Hand on what comes; where nothing will come any more, nobody waits for an answer either."""
    try:
        while True:
            tasks.put(pickle.load(requests))
    except Exception:
        os._exit(0)


if __name__ == "__main__":
    main()
