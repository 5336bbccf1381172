"""Silero and RNNoise together: Silero decides, and where it is in doubt RNNoise is asked.

Near the microphone RNNoise hears speech in noise that Silero misses. Far from it RNNoise knows little: in rooms it
takes noise for speech and speech for noise. A mean of the two gains near and loses far. But where RNNoise is wrong
about a room, Silero is sure of itself, so its own log-odds say how far to listen to the other:

    z(k)  = s + 1.5 * clip(r, -2, 2) * exp(-(s / 3)^2)      s, r: log-odds of Silero and RNNoise for frame k
    p(k)  = sigmoid(mean of z(k) ... z(k + 3))

At s = 0, a probability of 0.5, RNNoise counts in full, at 0.05 and 0.95 to two fifths, beyond 0.005 and 0.995 hardly at
all; and it never counts more than 1.5 * 2, however sure it is. The mean over the frame and the three after it makes up
for what both networks are late by, and costs 30 ms. ``docs/vad.md`` has the table, ``benchmarks/fusion_quality.py``
prints it.
"""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Sequence
from itertools import islice

from agora_audio.frames import FRAMES_PER_SECOND, AudioFrame
from agora_audio.vad.engines.rnnoise import RnnoiseEngine
from agora_audio.vad.engines.silero import SileroEngine

__all__ = ["FusionEngine", "fused", "smoothed"]

_WEIGHT = 1.5
_LIMIT = 2.0
_DOUBT = 3.0
_AHEAD = 3
# Probabilities of 0 and 1 have no log-odds.
_SUREST = 1e-4


def fused(silero: float, rnnoise: float) -> float:
    """Return the log-odds of speech of a frame that both engines have judged.

    Examples
    --------
    >>> round(fused(0.5, 0.9), 2), round(fused(0.999, 0.1), 2)
    (3.0, 6.89)
    """
    own, other = _log_odds(silero), _log_odds(rnnoise)
    return own + _WEIGHT * min(_LIMIT, max(-_LIMIT, other)) * math.exp(-((own / _DOUBT) ** 2))


def _log_odds(probability: float) -> float:
    held = min(1.0 - _SUREST, max(_SUREST, probability))
    return math.log(held / (1.0 - held))


def smoothed(odds: Sequence[float]) -> float:
    """Return the probability of the first of some frames, of the log-odds of all."""
    return 1.0 / (1.0 + math.exp(-sum(odds) / len(odds)))


class FusionEngine:
    """Silero and RNNoise together: as good as Silero far from the microphone, better than both in noise near it.

    Raises
    ------
    EngineUnavailable
        If the extra ``rnnoise`` is not installed.

    Notes
    -----
    A frame waits for Silero's window and for the three frames after it: up to 56 ms. At the end of a stream the mean is
    over the frames there are.
    """

    rate = SileroEngine.rate
    """Rate in which `latency` is stated, Hz."""

    def __init__(self) -> None:
        self._engines = (SileroEngine(), RnnoiseEngine())
        self._start()

    def _start(self) -> None:
        self._judged: tuple[deque[AudioFrame], deque[AudioFrame]] = (deque(), deque())
        self._waiting: deque[AudioFrame] = deque()
        self._odds: deque[float] = deque()

    @property
    def latency(self) -> int:
        """Longest wait of a frame for its label, in samples at `rate`; of 16 kHz mono before the first frame."""
        waits = [-(-engine.latency * self.rate // engine.rate) for engine in self._engines]
        return max(waits) + _AHEAD * self.rate // FRAMES_PER_SECOND

    def push(self, frame: AudioFrame) -> list[AudioFrame]:
        """Take the next frame and return, in order, the frames whose sound has been judged, labelled.

        Raises
        ------
        FormatError
            If the frame has another format than those before it.
        """
        for engine, store in zip(self._engines, self._judged, strict=True):
            store.extend(engine.push(frame))
        self._fuse()
        return self._released(_AHEAD)

    def flush(self) -> list[AudioFrame]:
        """End the stream and return the frames that still waited; the next push begins a new stream."""
        for engine, store in zip(self._engines, self._judged, strict=True):
            store.extend(engine.flush())
        self._fuse()
        frames = self._released(0)
        self._start()
        return frames

    def reset(self) -> None:
        """Begin a new stream, of whatever format."""
        for engine in self._engines:
            engine.reset()
        self._start()

    def _fuse(self) -> None:
        """Judge the frames that both engines have labelled."""
        ours, theirs = self._judged
        while ours and theirs:
            frame, other = ours.popleft(), theirs.popleft()
            assert frame.voice_prob is not None
            assert other.voice_prob is not None
            self._waiting.append(frame)
            self._odds.append(fused(frame.voice_prob, other.voice_prob))

    def _released(self, ahead: int) -> list[AudioFrame]:
        """Return the frames of which so many that follow have been judged."""
        frames: list[AudioFrame] = []
        while len(self._waiting) > ahead:
            frame = self._waiting.popleft()
            near = list(islice(self._odds, _AHEAD + 1))
            self._odds.popleft()
            assert frame.rms_db is not None
            frames.append(frame.labelled(smoothed(near), frame.rms_db))
        return frames
