"""Everything a VAD saw and decided in one recording, as arrays: what plots, scores and sweeps start from."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from agora_audio.frames import AudioFormat, Channel, pick_channel
from agora_audio.io import Source, open_audio
from agora_audio.vad.config import AudioVadConfigV2
from agora_audio.vad.detect import FrameLabeller
from agora_audio.vad.engines import Engine
from agora_audio.vad.segments import Segment
from agora_audio.vad.state_machine import Phase, VadState, VadStateMachine

__all__ = ["VadTrace", "trace_blocks", "trace_speech"]


@dataclass(frozen=True)
class VadTrace:
    """One recording through one engine and one config; all arrays have an entry a frame, shape (n,)."""

    format: AudioFormat
    """Format of the frames."""
    config: AudioVadConfigV2
    """When speech starts and stops."""
    voice_prob: NDArray[np.float64]
    """Probability of speech, 0 to 1."""
    rms_db: NDArray[np.float64]
    """Level, dBFS."""
    lowest: NDArray[np.float32]
    """Smallest sample of the mix or the channel in the frame, -1 to 1."""
    highest: NDArray[np.float32]
    """Largest sample, -1 to 1."""
    states: NDArray[np.int64]
    """`VadState` that the frame led to."""
    thresholds: NDArray[np.int64]
    """RMS threshold in force for the frame, dBFS."""
    segments: tuple[Segment, ...]
    """Speech found, in order."""

    @property
    def duration(self) -> float:
        """Length of the recording in whole frames, seconds."""
        return self.format.frame_time(len(self.states) - 1)

    def with_config(self, config: AudioVadConfigV2) -> VadTrace:
        """Return what another config makes of the same labels."""
        return _decided(self.format, config, self.voice_prob, self.rms_db, self.lowest, self.highest)


def trace_speech(
    path_or_stream: Source,
    format: AudioFormat | None = None,
    config: AudioVadConfigV2 | None = None,
    engine: str | Engine = "silero",
    channel: Channel = "mix",
) -> VadTrace:
    """Run a VAD over a recording and keep all it saw; parameters and errors as of `detect_speech`."""
    with open_audio(path_or_stream, format) as reader:
        return trace_blocks(reader, reader.format, config, engine, channel)


def trace_blocks(
    blocks: Iterable[bytes],
    format: AudioFormat,
    config: AudioVadConfigV2 | None = None,
    engine: str | Engine = "silero",
    channel: Channel = "mix",
) -> VadTrace:
    """Run a VAD over blocks of PCM, each of whole samples, and keep all it saw."""
    labeller = FrameLabeller(format, engine, channel)
    probabilities: list[float] = []
    levels: list[float] = []
    samples: list[NDArray[np.int16]] = []
    for block in blocks:
        samples.append(pick_channel(np.frombuffer(block, "<i2").reshape(-1, format.channels), channel))
        for store, new in zip((probabilities, levels), labeller.push(block), strict=True):
            store += new
    for store, new in zip((probabilities, levels), labeller.flush(), strict=True):
        store += new
    lowest, highest = _envelope(np.concatenate(samples) if samples else np.zeros(0, np.int16), format)
    config = config if config is not None else AudioVadConfigV2()
    return _decided(labeller.format, config, np.array(probabilities), np.array(levels), lowest, highest)


def _envelope(samples: NDArray[np.int16], format: AudioFormat) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    if not len(samples):
        return np.zeros(0, np.float32), np.zeros(0, np.float32)
    frames = (len(samples) * 100 + format.sample_rate - 1) // format.sample_rate
    starts = [format.frame_end(k - 1) for k in range(frames) if format.frame_end(k - 1) < len(samples)]
    scale = np.float32(1 / 32768)
    return np.minimum.reduceat(samples, starts) * scale, np.maximum.reduceat(samples, starts) * scale


def _decided(
    format: AudioFormat,
    config: AudioVadConfigV2,
    voice_prob: NDArray[np.float64],
    rms_db: NDArray[np.float64],
    lowest: NDArray[np.float32],
    highest: NDArray[np.float32],
) -> VadTrace:
    machine = VadStateMachine(config, format)
    states, thresholds, segments = [], [], []
    for probability, level in zip(voice_prob.tolist(), rms_db.tolist(), strict=True):
        thresholds.append(machine.effective_thresholds[machine.phase is not Phase.IDLE])
        states.append(machine.step(probability, level))
        if states[-1] is VadState.STOP_SPEAKING and machine.segment is not None:
            segments.append(machine.segment)
    if machine.flush() is VadState.STOP_SPEAKING and machine.segment is not None:
        segments.append(machine.segment)
    arrays = (voice_prob, rms_db, lowest, highest, np.array(states, np.int64), np.array(thresholds, np.int64))
    return VadTrace(format, config, *arrays, tuple(segments))
