"""The chain of stages at one format: frames of 10 ms in, as many out, the delay stated, levels counted."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from agora_audio.apm.background import BackgroundVoices
from agora_audio.apm.echo_path import EchoPathStats
from agora_audio.apm.far_end import FarEnd
from agora_audio.apm.livekit import LiveKitEcho
from agora_audio.apm.rnnoise import RnnoiseSuppressor
from agora_audio.apm.stages import ApmStages, Stage
from agora_audio.apm.statistics import ChainMeter, StageStats, between
from agora_audio.apm.webrtc import NATIVE_RATES, WebRtcEcho, WebRtcGain, WebRtcHighPass, WebRtcNoise
from agora_audio.errors import FormatError
from agora_audio.frames import FRAMES_PER_SECOND, AudioFormat
from agora_audio.resample import Resampler

__all__ = ["ApmChain", "Clock", "Tap"]

Clock = Callable[[], float]
Tap = Callable[[tuple[NDArray[np.int16], ...]], None]
"""Told of what passed: the sound before the first stage, after each one, and last the far end of an echo stage."""


class ApmChain:
    """Run the stages of an `ApmStages` over a stream of 10 ms frames.

    Parameters
    ----------
    stages
        What runs, in what order.
    format
        Format of the frames, any rate and channel count. Native stages work at 16, 32 or 48 kHz: at other rates the
        sound is resampled to the next of them and back, which `delay` includes.
    tap
        Told of the sound at each point, at the rate of the stages.
    clock
        Monotonic seconds, such as `time.perf_counter`, to measure the work of each stage by; None: it is not measured.

    Attributes
    ----------
    delay : float
        Delay of the whole chain, in seconds.
    native : AudioFormat
        Format at which the stages work.
    delays : dict of str to int
        Delay of each stage, in samples of `native`.
    inward_delay : float
        From the input to what the first stage gets, in seconds.
    """

    def __init__(
        self, stages: ApmStages, format: AudioFormat, tap: Tap | None = None, clock: Clock | None = None
    ) -> None:
        self.stages = stages
        self.format = format
        self._tap = tap
        self._clock = clock
        needs_native = any(name != "background" for name in stages.active)
        self.native = AudioFormat(_native_rate(format.sample_rate), format.channels) if needs_native else format
        self._stages: dict[str, Stage] = {name: _made(name, stages, self.native) for name in stages.active}
        self._echo: Any = self._stages.get("echo")
        self.far_end = FarEnd(self.native) if self._echo is not None else None
        resampled = self.native != format
        self._inward = Resampler(format.sample_rate, self.native.sample_rate, format.channels) if resampled else None
        self._outward = Resampler(self.native.sample_rate, format.sample_rate, format.channels) if resampled else None
        self.delays = {name: stage.delay for name, stage in self._stages.items()}
        self.inward_delay = self._inward.delay / self.native.sample_rate if self._inward else 0.0
        self.delay = sum(self.delays.values()) / self.native.sample_rate
        if self._outward:
            self.delay += self.inward_delay + self._outward.delay / format.sample_rate
        self._start()

    def process(self, sound: NDArray[np.int16], frames: int | None = None) -> NDArray[np.int16]:
        """Take the next frames, shape (n, channels), and return as much sound, `delay` late.

        Parameters
        ----------
        sound
            One or more whole frames of 10 ms of the format.
        frames
            How many these are, from who has counted them; None: they are counted and checked.

        Raises
        ------
        FormatError
            If it is not; no stage has seen it then.
        """
        if frames is None:
            frames = self._frames_in(sound)
        self._frame += frames
        if not self._stages and not self._tap:
            self._meter.note((sound,), frames)
            return sound
        passed = [self._inward.push(sound) if self._inward else sound]
        far = self.far_end.take(frames) if self.far_end is not None else None
        if far is not None:
            self._echo.take_far_end(far)
        clock = self._clock
        for name, stage in self._stages.items():
            begun = clock() if clock else 0.0
            passed.append(stage.process(passed[-1]))
            if clock:
                self._seconds[name] += clock() - begun
        seen = (*passed, far) if far is not None else tuple(passed)
        self._meter.note(seen, frames)
        if self._tap:
            self._tap(seen)
        out = passed[-1]
        return self._outward.push(out) if self._outward else out

    def stats(self) -> dict[str, StageStats]:
        """Return the statistics of each stage, in order, and of the whole chain under ``total``."""
        points = self._meter.points()
        passed = points[0].frames / FRAMES_PER_SECOND
        found = {}
        for number, (name, delay) in enumerate(self.delays.items()):
            factor = self._seconds[name] / passed if self._clock and passed else None
            delay_ms = 1000 * delay / self.native.sample_rate
            found[name] = between(points[number], points[number + 1], delay_ms, factor)
        found["total"] = between(points[0], points[-1], 1000 * self.delay, None)
        return found

    def echo_stats(self, earlier: float = 0.0) -> EchoPathStats | None:
        """Return what is known of the echo; None: there is no echo stage.

        Parameters
        ----------
        earlier
            By how much the near end was late before it came here, seconds: that is no part of the echo's delay.
        """
        found = self._meter.echo()
        if found is None or found.delay_ms is None or self.far_end is None:
            return found
        before = list(self.delays).index("echo")
        late = earlier + self.inward_delay + sum(list(self.delays.values())[:before]) / self.native.sample_rate
        return replace(found, delay_ms=max(0.0, found.delay_ms - 1000.0 * (late - self.far_end.delay)))

    def reset(self) -> None:
        """Begin a new stream."""
        for part in (*self._stages.values(), self.far_end, self._inward, self._outward):
            if part is not None:
                part.reset()
        self._start()

    def _start(self) -> None:
        self._frame = 0
        self._seconds = dict.fromkeys(self._stages, 0.0)
        echo_at = list(self._stages).index("echo") if self._echo is not None else None
        self._meter = ChainMeter(self.native, len(self._stages) + 1, echo_at)

    def _frames_in(self, sound: NDArray[np.int16]) -> int:
        """Return how many frames these are."""
        ends = self.format.frame_ends(self._frame, len(sound))
        if sound.ndim != 2 or sound.shape[1] != self.format.channels or not ends or ends[-1] != len(sound):
            raise FormatError(f"sound of the shape {sound.shape} is not frames of 10 ms of {self.format.describe()}")
        return len(ends)


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
