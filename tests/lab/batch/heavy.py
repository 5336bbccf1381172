"""What heavy tests share: servers of their own, thousands of recordings. They run with the group batch-tests."""

from __future__ import annotations

import contextlib
import importlib.util
import os
import socket
import subprocess
import sys
import threading
import time

import pytest

from agora_audio.frames import AudioFormat
from agora_audio.io import read_audio
from agora_audio.lab.batch import read_manifest
from agora_audio.writer import AudioWriter
from tests.vad.pieces import TEST_DATA

heavy = pytest.mark.skipif(
    importlib.util.find_spec("moto") is None or os.name == "nt", reason="heavy: run with --group batch-tests"
)
PATIENCE = 60.0


@contextlib.contextmanager
def server(*words, **environment):
    """Run a module as a process of its own, killed at the end."""
    process = subprocess.Popen(
        [sys.executable, "-m", *map(str, words)],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        env={**os.environ, **environment},
    )
    try:
        yield process
    finally:
        process.kill()
        process.wait()


def until(condition, what):
    """Wait for what another process does; fails where it does not."""
    deadline = time.monotonic() + PATIENCE
    while not condition():
        assert time.monotonic() < deadline, what
        threading.Event().wait(0.02)  # another process needs the core


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def answers(port):
    with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 1.0):
        return True
    return False


def recordings(folder, count, seconds=0.3):
    """Write short recordings, each with a beginning of its own."""
    folder.mkdir(parents=True, exist_ok=True)
    samples = read_audio(TEST_DATA / "dialogue_16k.wav")[0]
    length = int(16000 * seconds)
    for number in range(count):
        begin = number * 37 % (len(samples) - length)
        with AudioWriter(folder / f"{number:04d}.wav", AudioFormat(16000)) as writer:
            writer.write(samples[begin : begin + length].copy())
    return folder


def done(out):
    return sum(line["status"] == "done" for line in read_manifest(out))
