"""From labels or sound to scores: what `lab eval` does with a recording."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np

from agora_audio.errors import FormatError
from agora_audio.frames import AudioFormat, Channel
from agora_audio.lab.features import Features, features_of_channels
from agora_audio.lab.labels import LabelledSegment
from agora_audio.lab.metrics import Scores, intervals_of, score
from agora_audio.lab.recordings import Labels, Pair
from agora_audio.vad.config import AudioVadConfigV2
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
        Numbers from 0; None: the mix. At least one.
    """
    heard: list[Channel] = ["mix" if number is None else number for number in channels]
    known = features_of_channels(blocks, format, engine, heard)
    rows = [
        LabelledSegment(segment, channel=number)
        for number, features in zip(channels, known, strict=True)
        for _, segment in replay(_labels(features), config)
        if segment is not None
    ]
    probability = known[0].voice_prob if len(known) == 1 else None
    return Labels(tuple(rows), None, True, frozenset(channels), probability, known[0].duration)


def _labels(features: Features) -> DumpedLabels:
    states = np.zeros(len(features.rms_db), np.int64)
    return DumpedLabels(features.voice_prob, features.rms_db, states, features.format, None, True)


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
