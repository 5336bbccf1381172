"""`ExternalAudioProcessor`: audio processing and VAD of PCM that one has, without joining a channel."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass
from math import log10
from types import TracebackType
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from agora_audio.apm.chain import ApmChain
from agora_audio.apm.config import APMConfig
from agora_audio.apm.stages import ApmStages
from agora_audio.apm.statistics import LevelMeter, ProcessorStats
from agora_audio.errors import AudioError, ConfigError, FormatError
from agora_audio.frames import AudioFormat, AudioFrame, Framer, as_buffer, pick_channel, rms_db
from agora_audio.resample import Resampler
from agora_audio.vad.audio_vad import AudioVadV2
from agora_audio.vad.config import AudioVadConfigV2
from agora_audio.vad.engines import Engine, as_engine
from agora_audio.vad.segments import Segment
from agora_audio.vad.state_machine import VadState

__all__ = ["ExternalAudioProcessor", "ProcessedFrame", "ProcessorObserver"]


@dataclass(frozen=True)
class ProcessedFrame:
    """One 10 ms frame of the output."""

    frame: AudioFrame
    """Processed sound, labelled if there is a VAD; its timestamp is the time in the output."""
    vad_state: VadState | None
    """What the VAD decided; None: there is no VAD."""
    vad_data: bytes
    """Sound that the VAD hands out, in the output's format; ``b""`` if there is none."""
    input_time: float
    """Time in the input of the beginning of the frame, all delays taken off, seconds; below 0 in the first delay."""
    pts: int = 0
    """Time stamp of the push that held this time, carried on by the milliseconds since."""
    segment: Segment | None = None
    """With STOP_SPEAKING: the segment that was closed, in times of the input."""


class ProcessorObserver(Protocol):
    """What is told of each frame, as in the SDK."""

    def on_processed_audio_frame(
        self,
        processor: ExternalAudioProcessor,
        frame: AudioFrame,
        vad_result_state: VadState | None,
        vad_result_data: bytes,
    ) -> Any:
        """Take a processed frame; the state is None where there is no VAD."""


class ExternalAudioProcessor:
    """Process PCM of any size and format, as fast as it comes.

    Parameters
    ----------
    apm_config
        The SDK's `APMConfig`, or `ApmStages`; None: no processing.
    vad_config
        When speech starts and stops; None: no VAD.
    sample_rate, channels
        Format of the output.
    observer
        Told of each frame, in the caller's thread, besides the frames being returned.
    engine
        Engine of the VAD.

    Raises
    ------
    ConfigError
        If there is neither processing nor VAD.
    EngineUnavailable
        If a stage or the engine is not installed.

    Examples
    --------
    >>> with ExternalAudioProcessor(vad_config=AudioVadConfigV2(), engine="energy") as processor:
    ...     frames = processor.push_audio_pcm_data(bytes(3200), 16000, 1) + processor.flush()
    >>> len(frames), frames[0].vad_state.name
    (10, 'NON_SPEAKING')

    Notes
    -----
    One object per stream; one thread at a time.
    """

    _input: AudioFormat | None
    _rest: bytes
    _received: int

    def __init__(
        self,
        apm_config: APMConfig | ApmStages | None = None,
        vad_config: AudioVadConfigV2 | None = None,
        sample_rate: int = 16000,
        channels: int = 1,
        observer: ProcessorObserver | None = None,
        engine: str | Engine = "silero",
    ) -> None:
        if apm_config is None and vad_config is None:
            raise ConfigError("give an apm_config, a vad_config or both: otherwise there is nothing to do")
        if apm_config is not None and not isinstance(apm_config, (APMConfig, ApmStages)):
            raise ConfigError(f"apm_config is {apm_config!r}, must be an APMConfig or ApmStages")
        if vad_config is not None and not isinstance(vad_config, AudioVadConfigV2):
            raise ConfigError(f"vad_config is {vad_config!r}, must be an AudioVadConfigV2 (see from_agora)")
        if observer is not None and not callable(getattr(observer, "on_processed_audio_frame", None)):
            raise ConfigError("the observer has no method on_processed_audio_frame")
        self.format = AudioFormat(sample_rate, channels)
        self.stages = ApmStages.from_agora(apm_config) if isinstance(apm_config, APMConfig) else apm_config
        self._chain = ApmChain(self.stages, self.format) if self.stages is not None else None
        self._vad = AudioVadV2(vad_config) if vad_config is not None else None
        self._engine: Engine | None = None
        if vad_config is not None:
            self._engine = as_engine(engine)
        self._observer = observer
        self._released = False
        self._start()

    def push_audio_pcm_data(
        self, pcm: bytes, sample_rate: int, channels: int, start_pts: int = 0
    ) -> list[ProcessedFrame]:
        """Take PCM of any size and return the frames that are ready.

        Parameters
        ----------
        pcm
            int16 little endian, interleaved, bytes-like or an int16 array.
        sample_rate, channels
            Format of the input, which stays the same within a stream. It is resampled to the output's rate, mixed where
            the output is mono and repeated where the input is.
        start_pts
            Time stamp of the first sample, milliseconds; 0: carried on from the push before.

        Raises
        ------
        FormatError
            If the format changes in mid-stream, or has channels that do not fit the output's.
        AudioError
            After `release`.
        """
        self._check_open()
        format = AudioFormat(sample_rate, channels)
        if format != self._input:
            self._begin(format)
        if start_pts:
            self._marks.append((self._received, start_pts))
        data = self._rest + bytes(as_buffer(pcm))
        whole = len(data) // format.sample_bytes * format.sample_bytes
        self._rest = data[whole:]
        samples = np.frombuffer(data[:whole], "<i2").reshape(-1, format.channels)
        self._received += len(samples)
        return self._told(self._processed(self._framer.push(self._converted(samples))))

    def push_far_end(self, pcm: bytes, sample_rate: int, channels: int, start_time: float | None = None) -> None:
        """Take what the loudspeaker plays, at its own format; see `FarEnd`.

        Parameters
        ----------
        pcm, sample_rate, channels
            Whole samples of PCM that follow on what was pushed before.
        start_time
            With the first push: time in the input at which this is played, seconds; None: its beginning.

        Raises
        ------
        ConfigError
            If no echo stage is on.
        FormatError
            If these are no whole samples, or the format changes in mid-stream.
        """
        self._check_open()
        if self._chain is None or "echo" not in self._chain.stages.active:
            raise ConfigError("a far end is of use with an echo stage only: switch one on (ApmStages(echo=True))")
        format = AudioFormat(sample_rate, channels)
        data = bytes(as_buffer(pcm))
        if len(data) % format.sample_bytes:
            raise FormatError(f"{len(data)} bytes are not whole samples of {format.describe()}")
        samples = np.frombuffer(data, "<i2").reshape(-1, channels)
        self._chain.far_end.push(samples, format, start_time)

    def flush(self) -> list[ProcessedFrame]:
        """Drain all delays and close an open segment; the next push begins a new stream.

        The end is filled with silence up to a whole frame. Where nothing is left inside and a segment is open, one
        frame of silence carries its STOP_SPEAKING.
        """
        self._check_open()
        if self._input is None:
            return []
        frames: list[AudioFrame] = []
        if self._resampler:
            frames += self._framer.push(self._remixed(self._resampler.flush()).astype("<i2").tobytes())
        frames += self._framer.flush()
        drained = self._processed(frames)
        # The chain still holds the last of the sound: as many frames of silence push it out.
        for _ in range(self._frames_held()):
            drained += self._processed([self._silence()])
        if self._engine is not None:
            drained += [self._decided(frame) for frame in self._engine.flush()]
        drained = self._closed(drained)
        self._start()
        return self._told(drained)

    def stats(self) -> ProcessorStats:
        """Return what was done so far."""
        rate = self._input.sample_rate if self._input else self.format.sample_rate
        far = self._chain.far_end if self._chain and self._chain.far_end.begun else None
        return ProcessorStats(
            self._received / rate,
            self.format.frame_time(self._given - 1),
            self._delay,
            self._meter.stats(),
            {name: meter.stats() for name, meter in self._meters.items()},
            far.stats() if far else None,
            self._echo.enhancement_db() if far else None,
            self._segments,
        )

    def release(self) -> None:
        """Give up the stream; what is inside is dropped, later calls raise. Calling it again does nothing."""
        self._released = True
        self._chain = None
        self._engine = None
        self._vad = None

    def __enter__(self) -> ExternalAudioProcessor:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.release()

    def _start(self) -> None:
        self._input = None
        self._resampler: Resampler | None = None
        self._framer = Framer(self.format)
        self._rest = b""
        self._received = self._given = self._made = self._segments = 0
        self._marks: deque[tuple[int, int]] = deque([(0, 0)])
        self._delay = self._chain.delay if self._chain else 0.0
        self._meter = LevelMeter()
        self._meters = {name: LevelMeter() for name in self.stages.active} if self.stages else {}
        self._echo = _EchoMeter()
        if self._chain:
            self._chain.reset()
        if self._vad:
            self._vad.reset()
        if self._engine is not None:
            self._engine.reset()

    def _begin(self, format: AudioFormat) -> None:
        if self._input is not None:
            raise FormatError(
                f"the input is {self._input.describe()}, now {format.describe()}: flush() first, to begin a new stream"
            )
        if format.channels != self.format.channels and 1 not in (format.channels, self.format.channels):
            raise FormatError(f"{format.describe()} does not fit an output of {self.format.describe()}: mix it first")
        self._input = format
        if format.sample_rate != self.format.sample_rate:
            mixed = min(format.channels, self.format.channels)
            self._resampler = Resampler(format.sample_rate, self.format.sample_rate, mixed)
            self._delay += self._resampler.delay / self.format.sample_rate

    def _converted(self, samples: NDArray[np.int16]) -> bytes:
        if self.format.channels == 1 and samples.shape[1] > 1:
            samples = pick_channel(samples, "mix").reshape(-1, 1)
        if self._resampler:
            samples = self._resampler.push(samples)
        return self._remixed(samples).astype("<i2", copy=False).tobytes()

    def _remixed(self, samples: NDArray[np.int16]) -> NDArray[np.int16]:
        return np.repeat(samples, self.format.channels // samples.shape[1], axis=1)

    def _processed(self, frames: list[AudioFrame]) -> list[ProcessedFrame]:
        """Send frames through chain, engine and machine."""
        done = []
        for frame in frames:
            if self._chain:
                before = frame.samples()
                after = self._chain.process(before, self._tap)
                self._meter.note(before, after)
                frame = AudioFrame(after.astype("<i2", copy=False).tobytes(), self.format, frame.timestamp)
            self._made += 1
            if self._engine is None:
                done.append(self._frame(frame, None, b"", None))
            else:
                done += [self._decided(labelled) for labelled in self._engine.push(frame)]
        return done

    def _tap(self, name: str, before: NDArray[np.int16], after: NDArray[np.int16]) -> None:
        powers = self._meters[name].note(before, after)
        if name == "echo" and self._chain:
            self._echo.note(*powers, self._chain.far_end.loud)

    def _decided(self, frame: AudioFrame) -> ProcessedFrame:
        assert self._vad is not None
        state, data = self._vad.process(frame)
        segment = self._vad.segment if state is VadState.STOP_SPEAKING else None
        return self._frame(frame, state, data, segment)

    def _frame(self, frame: AudioFrame, state: VadState | None, data: bytes, segment: Segment | None) -> ProcessedFrame:
        begin = self.format.frame_time(self._given - 1)
        self._given += 1
        time = begin - self._delay
        if segment is not None:
            self._segments += 1
            segment = _shifted(segment, -self._delay)
        return ProcessedFrame(frame, state, data, time, self._pts(time), segment)

    def _pts(self, time: float) -> int:
        assert self._input is not None
        sample = max(0, round(time * self._input.sample_rate))
        while len(self._marks) > 1 and self._marks[1][0] <= sample:
            self._marks.popleft()
        begin, pts = self._marks[0]
        return pts + (sample - begin) * 1000 // self._input.sample_rate

    def _frames_held(self) -> int:
        """Return how many more frames it takes until all sound pushed has come out of the chain."""
        assert self._input is not None
        wanted = self._received / self._input.sample_rate + self._delay
        frames = 0
        while self.format.frame_time(self._made + frames - 1) < wanted - 1e-9:
            frames += 1
        return frames

    def _silence(self) -> AudioFrame:
        size = (self.format.frame_end(self._made) - self.format.frame_end(self._made - 1)) * self.format.sample_bytes
        return AudioFrame(bytes(size), self.format, self.format.frame_time(self._made - 1))

    def _closed(self, frames: list[ProcessedFrame]) -> list[ProcessedFrame]:
        """Close an open segment with the last frame."""
        if self._vad is None or self._vad.flush().state is not VadState.STOP_SPEAKING or self._vad.segment is None:
            return frames
        self._segments += 1
        segment = _shifted(self._vad.segment, -self._delay)
        if frames:
            last = frames[-1]
            stop = ProcessedFrame(last.frame, VadState.STOP_SPEAKING, last.vad_data, last.input_time, last.pts, segment)
            return [*frames[:-1], stop]
        silence = self._silence().labelled(0.0, rms_db(bytes(2)))
        return [ProcessedFrame(silence, VadState.STOP_SPEAKING, b"", silence.timestamp - self._delay, 0, segment)]

    def _told(self, frames: list[ProcessedFrame]) -> list[ProcessedFrame]:
        if self._observer is not None:
            for done in frames:
                self._observer.on_processed_audio_frame(self, done.frame, done.vad_state, done.vad_data)
        return frames

    def _check_open(self) -> None:
        if self._released:
            raise AudioError("the processor was released: make a new one")


class _EchoMeter:
    """Echo return loss enhancement: power in over power out of the echo stage while the far end is heard."""

    def __init__(self) -> None:
        self._powers = [0.0, 0.0]

    def note(self, before: float, after: float, far_is_loud: bool) -> None:
        if far_is_loud:
            self._powers[0] += before
            self._powers[1] += after

    def enhancement_db(self) -> float | None:
        before, after = self._powers
        return 10.0 * log10(before / after) if before and after else None


def _shifted(segment: Segment, seconds: float) -> Segment:
    return Segment(*(time + seconds for time in segment.to_dict().values()))
