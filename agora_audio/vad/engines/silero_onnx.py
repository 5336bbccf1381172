"""The official Silero model in onnxruntime, for comparison and for accelerators that onnxruntime drives."""

from __future__ import annotations

from functools import lru_cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from agora_audio.errors import EngineUnavailable
from agora_audio.vad.engines.windowed import WindowedEngine

__all__ = ["SileroOnnxEngine"]

_CONTEXT = 64


class SileroOnnxEngine(WindowedEngine):
    """Silero VAD v6 evaluated by onnxruntime: the same labels as ``silero``, slower.

    Parameters
    ----------
    model
        Path of ``silero_vad.onnx``; None: the one of an installed package ``silero-vad``, which is not imported.

    Raises
    ------
    EngineUnavailable
        If onnxruntime or the model is missing.
    """

    hop = 512
    _state: NDArray[np.float32]

    def __init__(self, model: str | Path | None = None) -> None:
        self._session = _session(str(model) if model is not None else _installed_model())
        self._rate = np.array(self.rate, np.int64)
        self._reset_model()
        super().__init__()

    def _judge(self, window: NDArray[np.int16]) -> float:
        self._input[0, :_CONTEXT] = self._input[0, -_CONTEXT:]
        np.multiply(window, np.float32(1 / 32768), out=self._input[0, _CONTEXT:])
        feed = {"input": self._input, "state": self._state, "sr": self._rate}
        probability, self._state = self._session.run(None, feed)
        return float(probability[0, 0])

    def _reset_model(self) -> None:
        self._input = np.zeros((1, _CONTEXT + self.hop), np.float32)
        self._state = np.zeros((2, 1, 128), np.float32)


def _installed_model() -> str:
    spec = find_spec("silero_vad")
    for folder in (spec.submodule_search_locations or []) if spec else []:
        path = Path(folder, "data", "silero_vad.onnx")
        if path.exists():
            return str(path)
    raise EngineUnavailable(
        "silero-onnx needs the official model: pip install --no-deps silero-vad, or give its path as model="
    )


@lru_cache(maxsize=4)
def _session(model: str) -> Any:
    try:
        import onnxruntime
    except ImportError:
        raise EngineUnavailable("silero-onnx needs onnxruntime: pip install 'agora-audio[onnx]'") from None
    options = onnxruntime.SessionOptions()
    # A window is far too little work to share between threads.
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    try:
        return onnxruntime.InferenceSession(model, options, providers=["CPUExecutionProvider"])
    except Exception as error:  # onnxruntime raises classes of its own, one for each way to fail
        raise EngineUnavailable(f"silero-onnx: {model} cannot be loaded: {error}") from None
