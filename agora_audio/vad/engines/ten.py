"""TEN VAD, for those who bring it: its licence does not let this library install it for them."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from agora_audio.errors import ConfigError, EngineUnavailable
from agora_audio.vad.engines.windowed import WindowedEngine

__all__ = ["TenEngine"]


class TenEngine(WindowedEngine):
    """TEN VAD from the package `ten-vad`, which you install yourself.

    Its licence is Apache 2.0 with added conditions: among others it may not be deployed in a way that competes with
    Agora's offerings or enables third parties to develop applications. Read it before you install it.

    Parameters
    ----------
    hop
        Window, 160 or 256 samples at 16 kHz.

    Raises
    ------
    EngineUnavailable
        If ``ten-vad`` is not installed or its native library does not load.
    """

    def __init__(self, hop: int = 256) -> None:
        if isinstance(hop, float) or hop not in (160, 256):
            raise ConfigError(f"hop is {hop!r}, must be 160 or 256")
        self.hop = hop
        try:
            from ten_vad import TenVad
        except (ImportError, OSError) as error:
            raise EngineUnavailable(
                "ten is not shipped and no extra installs it, because its licence forbids enabling third parties; "
                f"if its conditions suit you: pip install ten-vad (and the system's libc++). {error}"
            ) from None
        self._new: Any = TenVad
        self._reset_model()
        super().__init__()

    def _judge(self, window: NDArray[np.int16]) -> float:
        probability, _ = self._model.process(np.ascontiguousarray(window))
        # With windows of 160 samples the first answer is -1: nothing known yet.
        return min(1.0, max(0.0, float(probability)))

    def _reset_model(self) -> None:
        try:
            self._model = self._new(hop_size=self.hop, threshold=0.5)
        except (OSError, NotImplementedError) as error:
            raise EngineUnavailable(f"ten: the native library of ten-vad does not load here: {error}") from None
