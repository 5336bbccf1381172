"""Everything a VAD saw and decided in one recording, as arrays: what plots, scores and sweeps start from."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from agora_audio.frames import AudioFormat, Channel, pick_channel
from agora_audio.io import Source, open_audio
from agora_audio.lab.decide import Decider
from agora_audio.lab.features import Features
from agora_audio.vad.config import AudioVadConfigV2
from agora_audio.vad.detect import FrameLabeller
from agora_audio.vad.dump import DumpedLabels
from agora_audio.vad.engines import Engine
from agora_audio.vad.segments import Segment

__all__ = ["VadTrace", "trace_blocks", "trace_labels", "trace_speech"]


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


def trace_labels(
    labels: DumpedLabels, config: AudioVadConfigV2 | None = None, samples: NDArray[np.int16] | None = None
) -> VadTrace:
    """Return what a config makes of the labels of a dump.

    Parameters
    ----------
    labels
        What `read_dump` returned.
    config
        None: the dump's own, or where it holds none Agora's defaults.
    samples
        The sound of the dump, mixed to shape (n,); frames that it does not reach, all without it, have no extent.
    """
    lowest, highest = _envelope(samples if samples is not None else np.zeros(0, np.int16), labels.format)
    count = len(labels.voice_prob)
    lowest, highest = (np.pad(side[:count], (0, max(0, count - len(side)))) for side in (lowest, highest))
    config = config or labels.config or AudioVadConfigV2()
    return _decided(labels.format, config, labels.voice_prob, labels.rms_db, lowest, highest)


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
    # Equal to the machine that decides in a call, frame by frame, and a slider does not wait for it.
    decisions, thresholds = Decider(Features(format, voice_prob, rms_db), "numpy").decide_with_thresholds(config)
    arrays = (voice_prob, rms_db, lowest, highest, decisions.states, thresholds)
    return VadTrace(format, config, *arrays, tuple(decisions.segments))
