"""Many configs over the same recordings, each scored by every metric."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from agora_audio.errors import FormatError
from agora_audio.lab.decide import Decider
from agora_audio.lab.metrics import Scores, score
from agora_audio.vad.config import AudioVadConfigV2

__all__ = ["Recording", "score_config", "sweep"]


@dataclass(frozen=True, eq=False)
class Recording:
    """A recording that configs are run over, and what is speech in it."""

    name: str
    """What it is called in errors and reports."""
    decider: Decider
    """Its labels."""
    reference: NDArray[np.float64]
    """What is speech, seconds, shape (n, 2)."""
    uem: NDArray[np.float64] | None = None
    """What is scored, seconds, shape (n, 2); None: everything."""


def score_config(
    recordings: Iterable[Recording], config: AudioVadConfigV2, collar: float = 0.0, pause: float = 0.0
) -> Scores:
    """Return what a config scores over recordings: equal to `lab eval` with that config.

    Parameters
    ----------
    recordings
        At least one.
    config
        When speech starts and stops.
    collar, pause
        As of `agora_audio.lab.metrics.score`.

    Raises
    ------
    FormatError
        As of `score`; names the recording.
    """
    return Scores.sum([_score_one(recording, config, collar, pause) for recording in recordings])


def _score_one(recording: Recording, config: AudioVadConfigV2, collar: float, pause: float) -> Scores:
    found = recording.decider.decide(config)
    try:
        return score(
            recording.reference,
            found.intervals("speech"),
            recording.uem,
            collar,
            sound=found.intervals("sound"),
            decided=found.intervals("decided"),
            pause=pause,
            duration=recording.decider.features.duration,
        )
    except FormatError as error:
        raise FormatError(f"{recording.name}: {error}") from None


def sweep(
    recordings: Sequence[Recording], configs: Iterable[AudioVadConfigV2], collar: float = 0.0, pause: float = 0.0
) -> Iterator[tuple[AudioVadConfigV2, Scores]]:
    """Score configs one after the other; parameters as of `score_config`."""
    for config in configs:
        yield config, score_config(recordings, config, collar, pause)
