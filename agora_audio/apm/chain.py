"""The chain of stages at one format: 10 ms in, 10 ms out, the delay stated, levels counted."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from agora_audio.apm.background import BackgroundVoices
from agora_audio.apm.far_end import FarEnd
from agora_audio.apm.livekit import LiveKitEcho
from agora_audio.apm.rnnoise import RnnoiseSuppressor
from agora_audio.apm.stages import ApmStages, Stage
from agora_audio.apm.webrtc import NATIVE_RATES, WebRtcEcho, WebRtcGain, WebRtcHighPass, WebRtcNoise
from agora_audio.errors import FormatError
from agora_audio.frames import AudioFormat
from agora_audio.resample import Resampler

__all__ = ["ApmChain"]

Tap = Callable[[str, NDArray[np.int16], NDArray[np.int16]], None]


class ApmChain:
    """Run the stages of an `ApmStages` over a stream of 10 ms frames.

    Parameters
    ----------
    stages
        What runs, in what order.
    format
        Format of the frames, any rate and channel count. Native stages work at 16, 32 or 48 kHz: at other rates the
        sound is resampled to the next of them and back, which `delay` includes.

    Attributes
    ----------
    delay : float
        Delay of the whole chain, in seconds.
    """

    def __init__(self, stages: ApmStages, format: AudioFormat) -> None:
        self.stages = stages
        self.format = format
        needs_native = any(name != "background" for name in stages.active)
        self.native = AudioFormat(_native_rate(format.sample_rate), format.channels) if needs_native else format
        self.far_end = FarEnd(self.native)
        self._stages: dict[str, Stage] = {name: _made(name, stages, self.native) for name in stages.active}
        self._echo: Any = self._stages.get("echo")
        resampled = self.native != format
        self._inward = Resampler(format.sample_rate, self.native.sample_rate, format.channels) if resampled else None
        self._outward = Resampler(self.native.sample_rate, format.sample_rate, format.channels) if resampled else None
        self.delay = sum(stage.delay for stage in self._stages.values()) / self.native.sample_rate
        if self._inward and self._outward:
            self.delay += self._inward.delay / self.native.sample_rate + self._outward.delay / format.sample_rate

    def process(self, frame: NDArray[np.int16], tap: Tap | None = None) -> NDArray[np.int16]:
        """Take the next frame, shape (n, channels), and return as much sound, `delay` late.

        Parameters
        ----------
        frame
            10 ms of the format.
        tap
            Called for each stage with its name, what it got and what it gave, at the rate of the stages.

        Raises
        ------
        FormatError
            If the frame is not 10 ms; no stage has seen it then.
        """
        if frame.ndim != 2 or frame.nbytes not in self.format.frame_sizes or frame.shape[1] != self.format.channels:
            raise FormatError(f"a frame of the shape {frame.shape} is not 10 ms of {self.format.describe()}")
        length = len(frame)
        if self._inward:
            frame = self._inward.push(frame)
        if self._echo is not None:
            self._echo.take_far_end(self.far_end.take())
        for name, stage in self._stages.items():
            before = frame
            frame = stage.process(frame)
            if tap:
                tap(name, before, frame)
        if self._outward:
            frame = self._outward.push(frame)
            assert len(frame) == length
        return frame

    def __getitem__(self, name: str) -> Any:
        """Return a stage that is on, by its name."""
        return self._stages[name]

    def reset(self) -> None:
        """Begin a new stream."""
        for part in (*self._stages.values(), self.far_end, self._inward, self._outward):
            if part is not None:
                part.reset()


def _native_rate(rate: int) -> int:
    return next((native for native in NATIVE_RATES if native >= rate), NATIVE_RATES[-1])


def _made(name: str, stages: ApmStages, format: AudioFormat) -> Stage:
    stage: Any = getattr(stages, name)
    made: Stage = _ENGINES[name, getattr(stage, "engine", "numpy")](format, stage)
    return made


_ENGINES: dict[tuple[str, str], Callable[[AudioFormat, Any], Any]] = {
    ("high_pass", "webrtc"): lambda format, _: WebRtcHighPass(format),
    ("echo", "livekit"): LiveKitEcho,
    ("echo", "webrtc"): WebRtcEcho,
    ("noise", "webrtc"): WebRtcNoise,
    ("noise", "rnnoise"): lambda format, _: RnnoiseSuppressor(format),
    ("background", "numpy"): BackgroundVoices,
    ("gain", "webrtc"): WebRtcGain,
}
