"""Sound to push in pieces: speech of the recordings in any format, and ways to cut it."""

from __future__ import annotations

import functools
import itertools
import json
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
from hypothesis import settings
from hypothesis import strategies as st

from agora_audio.frames import AudioFormat, AudioFrame, Framer
from agora_audio.resample import resample

TEST_DATA = Path(__file__).parents[2] / "test_data"

RATES = (8000, 11025, 16000, 22050, 44100, 48000)

# The same examples on every machine, and none judged by how long it took.
steady = settings(max_examples=30, deadline=None, derandomize=True)

# A byte, a torn sample, a bit less and a bit more than 10 ms of several rates, a packet, a second.
SIZES = (1, 2, 3, 7, 319, 320, 321, 441, 882, 960, 1001, 4096, 32000)


def sizes() -> st.SearchStrategy[list[int]]:
    """Lengths of pieces, used round and round."""
    few = st.lists(st.sampled_from(SIZES[:6]), min_size=1, max_size=4)
    return st.one_of(few, st.lists(st.sampled_from(SIZES), min_size=1, max_size=6))


def cut(sound: bytes, lengths: Sequence[int], most: int = 3000) -> Iterator[bytes]:
    """Cut `sound` into pieces of these lengths, round and round; after `most` pieces the rest is one."""
    begin = 0
    for length in itertools.islice(itertools.cycle(lengths), most):
        if begin >= len(sound):
            return
        yield sound[begin : begin + length]
        begin += length
    yield sound[begin:]


@functools.cache
def talk(rate: int = 16000, channels: int = 1, start: float = 0.3, end: float = 4.6) -> bytes:
    """Two people talking, then silence; further channels are quieter, and delayed against the first.

    It ends in the middle of a frame.
    """
    pcm = np.frombuffer((TEST_DATA / "dialogue_16k.pcm").read_bytes(), "<i2")
    piece = pcm[round(start * 16000) : round(end * 16000) + 37]
    sound = resample(piece, 16000, rate)
    delayed = [np.roll(sound, 50 * number) // (number + 1) for number in range(channels)]
    return np.stack(delayed, axis=1).astype("<i2").tobytes()


def frames_of(sound: bytes, format: AudioFormat) -> list[AudioFrame]:
    """All frames of a sound, the last one filled with zeros."""
    framer = Framer(format)
    return framer.push(sound) + framer.flush()


def recordings() -> list[Path]:
    """Every recording that has a reference."""
    names = [path.name.removesuffix(".json") for path in TEST_DATA.glob("*.json")]
    paths = [TEST_DATA / (name + suffix) for name in names for suffix in ("", ".wav", ".flac")]
    return sorted(path for path in paths if path.is_file())


def reference(path: Path) -> dict:
    """What is said in a recording: `speech` is a list of dictionaries with start and end in seconds."""
    sidecar = path.with_name(path.name + ".json") if path.suffix == ".pcm" else path.with_suffix(".json")
    return json.loads(sidecar.read_text(encoding="utf-8"))
