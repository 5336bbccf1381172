"""A recording as it is shown: the trace of a VAD, and the sound to listen to."""

from __future__ import annotations

import io
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from agora_audio.frames import AudioFormat, Channel, pick_channel
from agora_audio.io import Source, open_audio
from agora_audio.lab.labels.dumps import dump_folder
from agora_audio.lab.trace import VadTrace, trace_blocks, trace_labels
from agora_audio.resample import resample
from agora_audio.vad.config import AudioVadConfigV2
from agora_audio.vad.dump import read_dump
from agora_audio.vad.engines import Engine

__all__ = ["PLAYED_RATE", "Recording", "encode_flac", "encode_mp3", "record_blocks", "record_dump", "record_speech"]

PLAYED_RATE = 16000
"""Rate at which sound is played, Hz: what engines hear."""

# libsndfile's scale of 0 (much) to 1 (little): about 27 kbit/s, so that four minutes stay below a megabyte.
_MP3_LEVEL = 0.87


@dataclass(frozen=True)
class Recording:
    """What a VAD saw in a recording, and its sound."""

    trace: VadTrace
    """Labels, extent and the decisions of one config; `VadTrace.with_config` makes those of another."""
    sound: NDArray[np.int16] | None
    """What was judged, at 16 kHz, one channel, shape (n,); None: not known."""

    def with_config(self, config: AudioVadConfigV2) -> Recording:
        """Return the same recording with the decisions of another config."""
        return replace(self, trace=self.trace.with_config(config))


def record_speech(
    path_or_stream: Source,
    format: AudioFormat | None = None,
    config: AudioVadConfigV2 | None = None,
    engine: str | Engine = "silero",
    channel: Channel = "mix",
) -> Recording:
    """Run a VAD over a recording and keep its sound; parameters and errors as of `detect_speech`."""
    with open_audio(path_or_stream, format) as reader:
        return record_blocks(reader, reader.format, config, engine, channel)


def record_blocks(
    blocks: Iterable[bytes],
    format: AudioFormat,
    config: AudioVadConfigV2 | None = None,
    engine: str | Engine = "silero",
    channel: Channel = "mix",
) -> Recording:
    """Run a VAD over blocks of PCM, each of whole samples, and keep the sound.

    Examples
    --------
    >>> recording = record_blocks([bytes(32000)], AudioFormat(16000), engine="energy")
    >>> recording.trace.duration, len(recording.sound)
    (1.0, 16000)
    """
    heard: list[NDArray[np.int16]] = []

    def kept() -> Iterator[bytes]:
        for block in blocks:
            heard.append(pick_channel(np.frombuffer(block, "<i2").reshape(-1, format.channels), channel))
            yield block

    trace = trace_blocks(kept(), format, config, engine, channel)
    return Recording(trace, _played(np.concatenate(heard) if heard else np.zeros(0, np.int16), format.sample_rate))


def record_dump(path: str | Path, config: AudioVadConfigV2 | None = None) -> Recording:
    """Read a dump made here or by the SDK; `config` None: the dump's own, or where it holds none the defaults.

    Raises
    ------
    FormatError
        As of `read_dump`. A dump without ``source.pcm`` has no sound, which is no error.
    """
    labels = read_dump(dump_folder(Path(path)) or path)
    folder = dump_folder(Path(path))
    samples: NDArray[np.int16] | None = None
    if folder is not None and (folder / "source.pcm").is_file():
        data = np.fromfile(folder / "source.pcm", "<i2")
        data = data[: len(data) // labels.format.channels * labels.format.channels]
        samples = pick_channel(data.reshape(-1, labels.format.channels), "mix")
    trace = trace_labels(labels, config, samples)
    if samples is None or not len(samples):
        return Recording(trace, None)
    return Recording(trace, _played(samples, labels.format.sample_rate))


def _played(samples: NDArray[np.int16], rate: int) -> NDArray[np.int16]:
    played: NDArray[np.int16] = samples if rate == PLAYED_RATE else resample(samples, rate, PLAYED_RATE)
    return played


def encode_mp3(sound: NDArray[np.int16]) -> bytes:
    """Return sound as MP3: what every browser decodes, to the sample, since the encoder says what it added."""
    return _encoded(sound, "MP3", "MPEG_LAYER_III", bitrate_mode="AVERAGE", compression_level=_MP3_LEVEL)


def encode_flac(sound: NDArray[np.int16]) -> bytes:
    """Return sound as FLAC: large, but players go to any place in it exactly, which in MP3 they do not."""
    return _encoded(sound, "FLAC", "PCM_16")


def _encoded(sound: NDArray[np.int16], container: str, subtype: str, **options: Any) -> bytes:
    import soundfile

    stream = io.BytesIO()
    with soundfile.SoundFile(stream, "w", PLAYED_RATE, 1, subtype, format=container, **options) as file:
        for begin in range(0, len(sound), PLAYED_RATE):  # libsndfile's encoders want no more than they can stack
            file.write(sound[begin : begin + PLAYED_RATE])
    return stream.getvalue()
