"""`ExternalAudioProcessor`: audio processing and VAD of PCM that one has, without joining a channel."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, replace
from pathlib import Path
from types import TracebackType
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from agora_audio.apm.chain import ApmChain, Clock
from agora_audio.apm.config import APMConfig
from agora_audio.apm.dump import ApmDump
from agora_audio.apm.stages import ApmStages
from agora_audio.apm.statistics import ProcessorStats
from agora_audio.errors import AudioError, ConfigError, FormatError
from agora_audio.frames import (
    FRAMES_PER_SECOND,
    PCM,
    SILENCE_DB,
    AudioFormat,
    AudioFrame,
    as_buffer,
    level_of,
    rms_db_of_frames,
)
from agora_audio.intake import Intake
from agora_audio.vad.audio_vad import AudioVadV2
from agora_audio.vad.config import AudioVadConfigV2
from agora_audio.vad.engines import Engine, WindowedEngine, as_engine
from agora_audio.vad.segments import Segment
from agora_audio.vad.state_machine import VadState

__all__ = ["ExternalAudioProcessor", "ProcessedFrame", "ProcessorObserver"]


@dataclass(frozen=True, init=False)
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

    # Written out for the hot path, as that of AudioFrame is.
    def __init__(
        self,
        frame: AudioFrame,
        vad_state: VadState | None,
        vad_data: bytes,
        input_time: float,
        pts: int = 0,
        segment: Segment | None = None,
    ) -> None:
        values = self.__dict__
        values["frame"] = frame
        values["vad_state"] = vad_state
        values["vad_data"] = vad_data
        values["input_time"] = input_time
        values["pts"] = pts
        values["segment"] = segment


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
    dump
        Folder in which a dated folder is made for each stream, with what each stage got and gave (see `ApmDump`); None:
        ``apm_dump`` if the SDK's `APMConfig` says `enable_dump`, else there is no dump.
    clock
        Monotonic seconds, such as `time.perf_counter`, for the real-time factors in `stats`; None: they are None.

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
    One object per stream; one thread at a time. An exception of the observer comes out of the push or flush that told
    it; the frames of that call which it had not been told of are not told again, and the stream goes on.
    """

    def __init__(
        self,
        apm_config: APMConfig | ApmStages | None = None,
        vad_config: AudioVadConfigV2 | None = None,
        sample_rate: int = 16000,
        channels: int = 1,
        observer: ProcessorObserver | None = None,
        engine: str | Engine = "silero",
        *,
        dump: str | Path | None = None,
        clock: Clock | None = None,
    ) -> None:
        if apm_config is None and vad_config is None:
            raise ConfigError("give an apm_config, a vad_config or both: otherwise there is nothing to do")
        if apm_config is not None and not isinstance(apm_config, (APMConfig, ApmStages)):
            raise ConfigError(f"apm_config is {apm_config!r}, must be an APMConfig or ApmStages")
        if vad_config is not None and not isinstance(vad_config, AudioVadConfigV2):
            raise ConfigError(f"vad_config is {vad_config!r}, must be an AudioVadConfigV2 (see from_agora)")
        if observer is not None and not callable(getattr(observer, "on_processed_audio_frame", None)):
            raise ConfigError("the observer has no method on_processed_audio_frame")
        if clock is not None and not callable(clock):
            raise ConfigError(f"clock is {clock!r}, must be a function of monotonic seconds")
        if dump is None and isinstance(apm_config, APMConfig) and apm_config.enable_dump:
            dump = "apm_dump"
        self.format = AudioFormat(sample_rate, channels)
        self.stages = ApmStages.from_agora(apm_config) if isinstance(apm_config, APMConfig) else apm_config
        if dump is not None and not isinstance(dump, (str, Path)):
            raise ConfigError(f"dump is {dump!r}, must be the path of a folder")
        self._dump = ApmDump(dump) if dump is not None else None
        tap = self._dump.write_points if self._dump else None
        # Without stages the chain only measures.
        self._chain = ApmChain(self.stages or ApmStages(), self.format, tap, clock)
        self._vad = AudioVadV2(vad_config) if vad_config is not None else None
        self._engine = as_engine(engine) if vad_config is not None else None
        if self._engine is not None and not callable(getattr(self._engine, "reset", None)):
            raise ConfigError("the engine has no method reset, with which each stream begins")
        # An engine of ours takes many frames at once, without frame objects.
        self._windowed = self._engine if isinstance(self._engine, WindowedEngine) else None
        self._observer = observer
        self._clock = clock
        self._released = self._ended = False
        self._last_stats: ProcessorStats | None = None
        self._intake: Intake | None = None
        self._known = (0, 0)
        self._far_format: AudioFormat | None = None
        # Sound and levels of frames that wait for their probability.
        self._waiting: deque[tuple[bytes, float]] = deque()
        self._input_rate = sample_rate
        # From which sample of the input on which time stamp counts, milliseconds.
        self._marks: deque[tuple[int, int]] = deque()
        self._start()

    @property
    def dump_directory(self) -> Path | None:
        """Folder of the dump of this stream; None before its first sound, and where there is no dump."""
        return self._dump.directory if self._dump else None

    @property
    def delay(self) -> float:
        """How much later the output is, seconds; that of the input's resampler is known with the first push."""
        return self._delay

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
            If the format changes in mid-stream, or has channels that do not fit the output's; nothing is taken then.
        ConfigError
            If `start_pts` is no whole number.
        AudioError
            After `release`.
        """
        begun = self._clock() if self._clock else 0.0
        if self._released:
            self._check_open()
        if type(pcm) is not bytes:
            pcm = bytes(as_buffer(pcm))
        if type(start_pts) is not int:
            raise ConfigError(f"start_pts is {start_pts!r}, must be a whole number of milliseconds")
        intake = self._intake
        if intake is None or sample_rate != self._known[0] or channels != self._known[1]:
            intake = self._begin(AudioFormat(sample_rate, channels))
        if start_pts:
            self._marks.append((intake.received, start_pts))
        sound = intake.frame(pcm)
        if sound is None:
            samples = intake.whole(pcm)
            sound = intake.push(samples)
        else:
            samples = sound
        if self._dump:
            self._dump.write_input(samples)
        frames = self._advance(sound)
        if self._clock:
            self._seconds += self._clock() - begun
        return self._told(frames) if self._observer else frames

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
        far_end = self._chain.far_end
        if far_end is None:
            raise ConfigError("a far end is of use with an echo stage only: switch one on (ApmStages(echo=True))")
        format = self._far_format
        if format is None or sample_rate != format.sample_rate or channels != format.channels:
            format = self._far_format = AudioFormat(sample_rate, channels)
        # Copied if it is not bytes: the caller may fill its buffer again before the near end has come.
        data = pcm if type(pcm) is bytes else bytes(as_buffer(pcm))
        if len(data) % format.sample_bytes:
            raise FormatError(f"{len(data)} bytes are not whole samples of {format.describe()}")
        if self._ended:
            self._start()
        far_end.push(np.frombuffer(data, PCM).reshape(-1, channels), format, start_time)

    def flush(self) -> list[ProcessedFrame]:
        """Drain all delays and close an open segment; the next push begins a new stream.

        The end is filled with silence up to a whole frame. Where a segment is open and nothing is left inside, or only
        its START_SPEAKING, one frame of silence carries its STOP_SPEAKING. `stats` tells of the stream until the next
        one begins.
        """
        self._check_open()
        intake = self._intake
        if intake is None or self._ended:
            return []
        frames = []
        if intake.received:
            seconds = intake.received / intake.source.sample_rate
            if self._chain.far_end is not None:
                self._chain.far_end.end(seconds)
            frames = self._advance(intake.flush())
            # The chain still holds the last of the sound: as many frames of silence push it out.
            frames += self._advance(intake.silence(seconds + self._delay))
        frames = self._closed(frames + self._drained())
        if self._dump:
            self._dump.close()
        self._ended, self._known = True, (0, 0)
        return self._told(frames)

    def stats(self) -> ProcessorStats:
        """Return what was done so far; after `release`, what was done until then."""
        if self._last_stats is not None:
            return self._last_stats
        stages = self._chain.stats()
        total = stages.pop("total")
        passed = self._intake.received / self._intake.source.sample_rate if self._intake else 0.0
        if self._clock and passed:
            total = replace(total, real_time_factor=self._seconds / passed)
        return ProcessorStats(
            input_s=passed,
            output_s=self.format.frame_time(self._given - 1),
            delay_s=self._delay,
            total=total,
            stages=stages,
            far_end=self._chain.far_end.stats() if self._chain.far_end else None,
            echo=self._chain.echo_stats(self._intake.delay if self._intake else 0.0),
            segments=None if self._engine is None else self._segments,
            dropped_bytes=self._intake.rest_bytes if self._intake and self._ended else 0,
        )

    def release(self) -> None:
        """Give up the stream; what is inside is dropped, later calls but `stats` raise. A second call does nothing."""
        if self._released:
            return
        self._last_stats = self.stats()
        self._released = True
        if self._dump:
            self._dump.close()
        # The native objects go, also where the processor itself is kept.
        del self._chain
        self._engine = self._windowed = self._vad = None

    def __enter__(self) -> ExternalAudioProcessor:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.release()

    def _start(self) -> None:
        """Be ready for a new stream, of whatever format."""
        self._intake = None
        self._known = (0, 0)
        self._waiting.clear()
        self._given = self._made = self._segments = 0
        self._seconds = 0.0
        self._marks = deque([(0, 0)])
        self._delay = self._chain.delay
        self._ended = False
        self._chain.reset()
        if self._vad:
            self._vad.reset()
        if self._engine is not None:
            self._engine.reset()

    def _begin(self, format: AudioFormat) -> Intake:
        """Begin a stream of this format, or refuse to change that of the one which runs."""
        if self._intake is not None and not self._ended:
            raise FormatError(
                f"the input is {self._intake.source.describe()}, now {format.describe()}: "
                "flush() first, to begin a new stream"
            )
        intake = Intake(format, self.format)
        if self._ended:
            self._start()
        if self._dump:
            self._dump.open(format, self._chain, intake.delay)
        self._delay += intake.delay
        self._known = (format.sample_rate, format.channels)
        if self._vad:
            self._vad.begin(self.format)
        self._input_rate = format.sample_rate
        self._intake = intake
        return intake

    def _advance(self, sound: NDArray[np.int16]) -> list[ProcessedFrame]:
        """Send whole frames through chain, engine and machine."""
        format, first, length = self.format, self._made, len(sound)
        if not length:
            return []
        ends = [length] if length == format.constant_length else format.frame_ends(first, length)
        count = len(ends)
        self._made = first + count
        sound = self._chain.process(sound, count)
        if self._dump:
            self._dump.write_output(sound)
        pcm = sound.tobytes()
        engine = self._windowed
        if engine is not None:
            if count == 1:
                self._waiting.append((pcm, level_of(sound.reshape(-1))))
            else:
                self._waiting += zip(_cut(pcm, ends, format), rms_db_of_frames(sound, ends), strict=True)
            probabilities = engine.push_block(sound, count, format)
            return self._judged(probabilities) if probabilities else []
        pieces = enumerate(_cut(pcm, ends, format), first)
        frames = [AudioFrame(piece, format, format.frame_time(k - 1)) for k, piece in pieces]
        if self._engine is None:
            return [self._processed(frame, None, b"", frame.timestamp) for frame in frames]
        return self._decided([labelled for frame in frames for labelled in self._engine.push(frame)])

    def _drained(self) -> list[ProcessedFrame]:
        """Return the frames that still wait for their labels."""
        if self._windowed is not None:
            return self._judged(self._windowed.flush_block())
        return self._decided(self._engine.flush()) if self._engine is not None else []

    def _decided(self, frames: list[AudioFrame]) -> list[ProcessedFrame]:
        """Decide about frames that an engine of the caller's has labelled."""
        assert self._vad is not None
        return [
            self._processed(frame, *self._vad.process(frame), self.format.frame_time(self._given - 1))
            for frame in frames
        ]

    def _judged(self, probabilities: list[float]) -> list[ProcessedFrame]:
        """Label the frames that wait for these probabilities, and decide about them."""
        assert self._vad is not None
        take, advance, format, rate = self._waiting.popleft, self._vad.advance, self.format, self.format.sample_rate
        done = []
        for probability in probabilities:
            pcm, level = take()
            state, data = advance(pcm, probability, level)
            begin = self._given * rate // FRAMES_PER_SECOND / rate
            done.append(self._processed(AudioFrame(pcm, format, begin, probability, level), state, data, begin))
        return done

    def _processed(self, frame: AudioFrame, state: VadState | None, data: bytes, begin: float) -> ProcessedFrame:
        """Count a frame that is given, and time it."""
        self._given += 1
        time = begin - self._delay
        marks, input_rate = self._marks, self._input_rate
        sample = round(time * input_rate) if time > 0.0 else 0
        while len(marks) > 1 and marks[1][0] <= sample:
            marks.popleft()
        mark, pts = marks[0]
        pts += (sample - mark) * 1000 // input_rate
        segment = self._segment() if state is VadState.STOP_SPEAKING else None
        return ProcessedFrame(frame, state, data, time, pts, segment)

    def _segment(self) -> Segment:
        """Return the segment that was closed, in times of the input."""
        assert self._vad is not None
        assert self._vad.segment is not None
        self._segments += 1
        # A pre-roll may reach into the silence that the delay put before the input.
        return Segment(*(max(0.0, time - self._delay) for time in self._vad.segment.to_dict().values()))

    def _closed(self, frames: list[ProcessedFrame]) -> list[ProcessedFrame]:
        """Close an open segment with the last frame."""
        if self._vad is None or self._vad.flush().state is not VadState.STOP_SPEAKING:
            return frames
        if frames and frames[-1].vad_state is not VadState.START_SPEAKING:
            last = frames[-1]
            segment = self._segment()
            stop = ProcessedFrame(last.frame, VadState.STOP_SPEAKING, last.vad_data, last.input_time, last.pts, segment)
            return [*frames[:-1], stop]
        begin = self.format.frame_time(self._made - 1)
        silence = AudioFrame(bytes(self.format.frame_length(self._made) * self.format.sample_bytes), self.format, begin)
        labelled = silence.labelled(0.0, SILENCE_DB)
        return [*frames, self._processed(labelled, VadState.STOP_SPEAKING, b"", begin)]

    def _told(self, frames: list[ProcessedFrame]) -> list[ProcessedFrame]:
        if self._observer is not None:
            for done in frames:
                self._observer.on_processed_audio_frame(self, done.frame, done.vad_state, done.vad_data)
        return frames

    def _check_open(self) -> None:
        if self._released:
            raise AudioError("the processor was released: make a new one")


def _cut(pcm: bytes, ends: list[int], format: AudioFormat) -> list[bytes]:
    unit = format.sample_bytes
    return [pcm[begin * unit : end * unit] for begin, end in zip((0, *ends), ends, strict=False)]
