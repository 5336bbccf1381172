"""The WebRTC project's Gaussian-mixture detector, from `webrtcvad-wheels`."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from agora_audio.errors import ConfigError, EngineUnavailable
from agora_audio.vad.engines.windowed import WindowedEngine

__all__ = ["WebRtcEngine"]


class WebRtcEngine(WindowedEngine):
    """WebRTC VAD: 1 or 2 microseconds a frame, fires on music and on much noise.

    The detector says yes or no, so the probability is 1.0 or 0.0: every voice threshold below 100 means the same to it.

    Parameters
    ----------
    mode
        How readily it says no, 0 (least) to 3 (most).
    """

    hop = 160

    def __init__(self, mode: int = 3) -> None:
        if not isinstance(mode, (int, np.integer)) or isinstance(mode, bool) or mode not in (0, 1, 2, 3):
            raise ConfigError(f"mode is {mode!r}, must be 0, 1, 2 or 3")
        try:
            import webrtcvad
        except ImportError:
            raise EngineUnavailable("webrtc needs webrtcvad-wheels: pip install webrtcvad-wheels") from None
        self.mode = mode
        self._new: Any = webrtcvad.Vad
        self._reset_model()
        super().__init__()

    def _judge(self, window: NDArray[np.int16]) -> float:
        return 1.0 if self._is_speech(window.tobytes(), 16000, 160) else 0.0

    def _judge_all(self, windows: NDArray[np.int16]) -> list[float]:
        pcm, is_speech = windows.tobytes(), self._is_speech
        return [1.0 if is_speech(pcm[at : at + 320], 16000, 160) else 0.0 for at in range(0, len(pcm), 320)]

    def _reset_model(self) -> None:
        self._is_speech = self._new(self.mode).is_speech
