"""From labels or sound to scores: what `lab eval` does with a recording."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np

from agora_audio.errors import FormatError
from agora_audio.frames import AudioFormat, Channel
from agora_audio.lab.labels import LabelledSegment
from agora_audio.lab.metrics import Scores, intervals_of, score
from agora_audio.lab.recordings import Labels, Pair
from agora_audio.vad.config import AudioVadConfigV2
from agora_audio.vad.detect import FrameLabeller
from agora_audio.vad.dump import DumpedLabels, replay

__all__ = ["find_speech", "score_pair"]


def find_speech(
    blocks: Iterable[bytes],
    format: AudioFormat,
    config: AudioVadConfigV2,
    engine: str,
    channels: Sequence[int | None],
) -> Labels:
    """Return the speech in a recording, in each of some channels, with the probability of every frame.

    Parameters
    ----------
    blocks
        PCM of `format`, in pieces of any size.
    format
        Rate and channels.
    config, engine
        As of `detect_speech`, whose segments these are, bit for bit.
    channels
        Numbers from 0; None: the mix.
    """
    heard: list[Channel] = ["mix" if number is None else number for number in channels]
    labellers = [FrameLabeller(format, engine, channel) for channel in heard]
    known: list[tuple[list[float], list[float]]] = [([], []) for _ in labellers]
    samples = 0
    for block in blocks:
        samples += len(block)
        for labeller, stores in zip(labellers, known, strict=True):
            _extend(stores, labeller.push(block))
    for labeller, stores in zip(labellers, known, strict=True):
        _extend(stores, labeller.flush())
    rows = [
        LabelledSegment(segment, channel=number)
        for number, labeller, (probabilities, levels) in zip(channels, labellers, known, strict=True)
        for _, segment in replay(_labels(labeller.format, probabilities, levels), config)
        if segment is not None
    ]
    seconds = samples / format.sample_bytes / format.sample_rate
    probability = np.array(known[0][0]) if len(known) == 1 else None
    return Labels(tuple(rows), None, True, frozenset(channels), probability, seconds)


def _extend(stores: tuple[list[float], list[float]], new: tuple[list[float], list[float]]) -> None:
    for store, values in zip(stores, new, strict=True):
        store += values


def _labels(format: AudioFormat, probabilities: list[float], levels: list[float]) -> DumpedLabels:
    states = np.zeros(len(levels), np.int64)
    return DumpedLabels(np.array(probabilities), np.array(levels), states, format, None, True)


def score_pair(pair: Pair, collar: float = 0.0, pause: float = 0.0) -> Scores:
    """Score a recording by every metric; `collar` and `pause` as of `score`, whose errors name the recording here."""
    found = [row.segment for row in pair.hypothesis.rows]
    try:
        return score(
            intervals_of(row.segment for row in pair.reference.rows),
            intervals_of(found),
            pair.uem,
            collar,
            sound=intervals_of(found, "sound"),
            decided=intervals_of(found, "decided"),
            pause=pause,
            duration=pair.hypothesis.duration,
            voice_prob=pair.hypothesis.voice_prob,
        )
    except FormatError as error:
        raise FormatError(f"{pair.name}: {error}") from None
