"""The speech detector inside RNNoise, called in the native library that the wheel `pyrnnoise` carries."""

from __future__ import annotations

import ctypes
import sys
import weakref
from functools import lru_cache
from importlib.util import find_spec
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from agora_audio.errors import EngineUnavailable
from agora_audio.vad.engines.windowed import WindowedEngine

__all__ = ["RnnoiseEngine", "native_library"]

_LIBRARIES = {"darwin": "librnnoise.dylib", "win32": "rnnoise.dll"}


class RnnoiseEngine(WindowedEngine):
    """RNNoise: the most robust engine at 0 dB of noise, weak far from the microphone; 48 kHz inside.

    Raises
    ------
    EngineUnavailable
        If the extra ``rnnoise`` is not installed.
    """

    hop = 480
    rate = 48000

    def __init__(self) -> None:
        self._library = native_library()
        self._state = self._library.rnnoise_create(None)
        weakref.finalize(self, self._library.rnnoise_destroy, self._state)
        self._frame = np.zeros(self.hop, np.float32)
        self._address = self._frame.ctypes.data
        super().__init__()

    def _judge(self, window: NDArray[np.int16]) -> float:
        # The model takes floats on the scale of int16, and writes the denoised sound over them.
        self._frame[:] = window
        probability = self._library.rnnoise_process_frame(self._state, self._address, self._address)
        return min(1.0, max(0.0, float(probability)))

    def _reset_model(self) -> None:
        self._library.rnnoise_init(self._state, None)


@lru_cache(maxsize=1)
def native_library() -> ctypes.CDLL:
    """Return RNNoise's native library, its functions declared; EngineUnavailable if it is not installed."""
    # The package itself is not imported: it would load video, plotting and network libraries for one function call.
    spec = find_spec("pyrnnoise")
    folders = (spec.submodule_search_locations or []) if spec else []
    for folder in folders:
        path = Path(folder, _LIBRARIES.get(sys.platform, "librnnoise.so"))
        if path.exists():
            return _declared(_loaded(path))
    wheels = " (it has wheels for macOS 26 only)" if sys.platform == "darwin" else ""
    raise EngineUnavailable(f"rnnoise needs pyrnnoise{wheels}: pip install 'agora-audio[rnnoise]'")


def _loaded(path: Path) -> ctypes.CDLL:
    try:
        return ctypes.CDLL(str(path))
    except OSError as error:
        raise EngineUnavailable(f"rnnoise: {path.name} of pyrnnoise cannot be loaded: {error}") from None


def _declared(library: ctypes.CDLL) -> ctypes.CDLL:
    pointer = ctypes.c_void_p
    library.rnnoise_create.argtypes, library.rnnoise_create.restype = [pointer], pointer
    library.rnnoise_init.argtypes, library.rnnoise_init.restype = [pointer, pointer], ctypes.c_int
    library.rnnoise_destroy.argtypes, library.rnnoise_destroy.restype = [pointer], None
    library.rnnoise_process_frame.argtypes = [pointer, pointer, pointer]
    library.rnnoise_process_frame.restype = ctypes.c_float
    return library
